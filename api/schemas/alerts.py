"""Schemas of alerts, of what people do about them, and of silences. Pure."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.base import (
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    Instant,
    NextCursor,
    Question,
    StoreField,
    Timestamp,
)
from gateway.alerts.records import (
    MAX_COMMENT_CHARS,
    MAX_COMMENTS,
    MAX_USER_CHARS,
    AlertState,
    AlertType,
    Severity,
)

WORDS = r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"
"""Words for people: one line, and not only blanks."""


class AlertComment(Answer):
    """What somebody said of an alert."""

    at: Timestamp = Field(description="When it was said (RFC 3339, UTC).", examples=["2026-11-21T18:07:30Z"])
    by: str = Field(description="Id of the API key that said it.", examples=["4f1d7c0e9a1b"])
    text: str = Field(description="The words.", examples=["Boxes are on their way"])


class Alert(Answer):
    """One episode of an alert."""

    id: str = Field(description="Id of the episode.", examples=["01JDA7"])
    fingerprint: str = Field(
        description="What the alert is about, over all its episodes.",
        examples=["low_stock/lyon-1//DEN-501-32/"],
    )
    type: AlertType = Field(description="Kind of alert.", examples=["low_stock"])
    severity: Severity = Field(description="How soon a person should act.", examples=["warning"])
    state: AlertState = Field(
        description="pending (holds, not yet long enough), firing, acknowledged (somebody sees to it), snoozed "
        "(nobody is told until `snoozed_until`), resolved.",
        examples=["firing"],
    )
    store: StoreField
    zone: str | None = Field(description="Zone it is about; null: none.", examples=["denim"])
    sku: str | None = Field(description="Article it is about; null: none.", examples=["DEN-501-32"])
    device: str | None = Field(description="Device it is about; null: none.", examples=[None])
    since: Timestamp = Field(
        description="When the condition began (RFC 3339, UTC).", examples=["2026-11-21T17:50:00Z"]
    )
    fired_at: Timestamp | None = Field(
        description="When staff were told (RFC 3339, UTC); null: not yet.", examples=["2026-11-21T18:00:00Z"]
    )
    resolved_at: Timestamp | None = Field(
        description="When it was over (RFC 3339, UTC); null: not yet.", examples=[None]
    )
    suppressed_by: str | None = Field(
        description="Why it can neither fire nor clear now: the fingerprint of the alert of a dead reader, or a "
        "reason such as zone_unwatched:denim; or silence:<id>, because of which nobody is told; null: nothing.",
        examples=[None],
    )
    evidence: dict[str, int | float | str | None] = Field(
        description="The facts that it rests on, by name with unit.", examples=[{"available": 1}]
    )
    assignee: str | None = Field(description="Who is to see to it; null: nobody yet.", examples=["Camille"])
    snoozed_until: Timestamp | None = Field(
        description="Until when nobody is told (RFC 3339, UTC); null: it is not snoozed.", examples=[None]
    )
    changed_at: Timestamp | None = Field(
        description="When a person, or the end of a snooze, last changed its state (RFC 3339, UTC); null: never.",
        examples=[None],
    )
    changed_by: str | None = Field(
        description="Id of the API key that changed its state then; null: nobody did.", examples=[None]
    )
    resolved_reason: str | None = Field(
        description="Why somebody said that it is over; `rule_off`: its rule was switched off; null: the evidence did.",
        examples=[None],
    )
    useful: bool | None = Field(
        description="Whether it was of use, as staff said; null: nobody said.", examples=[None]
    )
    rule: str = Field(
        description="Id of the rule that fired it (`GET /v1/alert-rules`).", examples=["default-low-stock"]
    )
    comments: tuple[AlertComment, ...] = Field(
        description=f"What staff said of it, oldest first; at most {MAX_COMMENTS}."
    )


class WordedAlert(Alert):
    """One episode of an alert, and the same in words of the language that was asked for (`Accept-Language`)."""

    title: str = Field(description="The alert in one line.", examples=["Jeans 501 is running low"])
    body: str = Field(
        description="What is known of it; empty: no more than its title.", examples=["1 piece left to sell."]
    )
    action: str = Field(
        description="What to do about it first; empty: nothing.", examples=["Reorder, or ask another store."]
    )


class AlertList(Answer):
    """A page of alerts, newest first."""

    items: tuple[WordedAlert, ...] = Field(description="The episodes of this page.")
    next_cursor: NextCursor


class SnoozeIn(Question):
    """Until when nobody is to be told."""

    until: Instant = Field(
        description="When it fires on (RFC 3339), within 90 days.", examples=["2026-11-21T20:00:00Z"]
    )


class AssignIn(Question):
    """Who is to see to an alert."""

    user: Annotated[str, Field(pattern=WORDS, max_length=MAX_USER_CHARS)] | None = Field(
        description="Name or id of a person, as your shop has them; null: nobody any more.",
        examples=["Camille"],
    )


class ResolveIn(Question):
    """Why an alert is over."""

    reason: str = Field(
        pattern=WORDS,
        max_length=MAX_COMMENT_CHARS,
        description="A few words for people.",
        examples=["Article is being taken out of the range"],
    )


class CommentIn(Question):
    """Something to be said of an alert."""

    text: str = Field(
        pattern=WORDS,
        max_length=MAX_COMMENT_CHARS,
        description="A line of words for people.",
        examples=["Boxes are on their way"],
    )


class FeedbackIn(Question):
    """Whether an alert was of use."""

    useful: bool = Field(
        description="true: there was something to do; false: there was nothing.", examples=[True]
    )


class SilenceMatch(Answer):
    """Which alerts are meant: all that is given must be so."""

    store: str | None = Field(description="Of this store; null: of each.", examples=["lyon-1"])
    type: str | None = Field(description="Of this type; null: of each.", examples=["low_stock"])
    zone: str | None = Field(description="In this zone; null: in each.", examples=["denim"])
    sku: str | None = Field(description="Of this article; null: of each.", examples=[None])
    department: str | None = Field(
        description="Of articles of this department; null: of each.", examples=[None]
    )


class Silence(SilenceMatch):
    """Alerts of which nobody is told until a time. They live on, and are shown as suppressed."""

    id: str = Field(description="Id of the silence.", examples=["si_6f1c2a0b9d3e"])
    until: Timestamp = Field(
        description="When it ends by itself (RFC 3339, UTC).", examples=["2026-11-22T08:00:00Z"]
    )
    reason: str = Field(description="Why, for people.", examples=["The denim wall is being rebuilt"])
    created_at: Timestamp = Field(
        description="When it began (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    created_by: str = Field(description="Id of the API key that made it.", examples=["4f1d7c0e9a1b"])


class SilenceList(Answer):
    """The silences that are not over, the one that ends first before others."""

    items: tuple[Silence, ...] = Field(description="The silences.")


class SilenceIn(Question):
    """A silence from now on. At least one of the five that say which alerts are meant."""

    store: str | None = Field(
        None,
        pattern=STORE_PATTERN,
        description="Alerts of this store; left out: of each.",
        examples=["lyon-1"],
    )
    type: str | None = Field(
        None, pattern=r"^[a-z_]{1,64}$", description="Alerts of this type.", examples=["low_stock"]
    )
    zone: str | None = Field(
        None, pattern=STORE_PATTERN, description="Alerts in this zone.", examples=["denim"]
    )
    sku: str | None = Field(
        None, pattern=SKU_PATTERN, description="Alerts of this article.", examples=["DEN-501-32"]
    )
    department: str | None = Field(
        None,
        pattern=WORDS,
        max_length=100,
        description="Alerts of articles of this department.",
        examples=["denim"],
    )
    until: Instant = Field(
        description="When it ends by itself (RFC 3339), within 366 days.", examples=["2026-11-22T08:00:00Z"]
    )
    reason: str = Field(
        pattern=WORDS,
        max_length=MAX_COMMENT_CHARS,
        description="Why, for people.",
        examples=["The denim wall is being rebuilt"],
    )

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not (self.store or self.type or self.zone or self.sku or self.department):
            raise ValueError("say which alerts are meant: store, type, zone, sku or department")
        return self

    @model_validator(mode="after")
    def _known_type(self) -> Self:
        if self.type is not None and self.type not in set(AlertType):
            raise ValueError(f"type: known are {', '.join(AlertType)}")
        return self


class AlertPrecision(Answer):
    """How often the alerts of a rule were of use."""

    rule: str = Field(
        description="Id of the rule (`GET /v1/alert-rules`; it may be deleted since).",
        examples=["default-low-stock"],
    )
    useful: int = Field(ge=0, description="Number of alerts that staff said were of use.", examples=[18])
    false_alerts: int = Field(ge=0, description="Number of alerts that staff said were not.", examples=[1])
    precision: float | None = Field(
        ge=0, le=1, description="The share that was of use; null: nobody said anything.", examples=[0.9474]
    )
    interval_90: tuple[float, float] = Field(
        description="Where the precision lies with 90 % probability, as so many words prove it.",
        examples=[[0.8034, 0.9903]],
    )


class AlertPrecisions(Answer):
    """The rules whose alerts staff said anything of, by name."""

    items: tuple[AlertPrecision, ...] = Field(description="The rules.")
