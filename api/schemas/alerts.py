"""Schemas of alerts. Pure."""

from pydantic import Field

from api.schemas.base import Answer, NextCursor, StoreField, Timestamp
from gateway.alerts.records import AlertState, AlertType, Severity


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
        description="pending (holds, not yet long enough), firing, resolved.", examples=["firing"]
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
        "reason such as zone_unwatched:denim; null: it can.",
        examples=[None],
    )
    evidence: dict[str, int | float | str | None] = Field(
        description="The facts that it rests on, by name with unit.", examples=[{"available": 1}]
    )


class AlertList(Answer):
    """A page of alerts, newest first."""

    items: tuple[Alert, ...] = Field(description="The episodes of this page.")
    next_cursor: NextCursor
