"""Schemas of tasks: what staff are asked to do, and what is told of it. Pure."""

from typing import Annotated, Literal, Self

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

MAX_TASK_QTY = 1_000
"""Pieces of one task: more is a delivery."""
TEXT_PATTERN = r"^[^\x00-\x1f\x7f]*$"
TaskKind = Literal["replenish", "count", "find", "pick", "put_back"]
TaskState = Literal["open", "claimed", "completed", "failed", "withdrawn"]
TaskPriority = Literal["high", "normal", "low"]
ZoneIn = Annotated[str | None, Field(pattern=STORE_PATTERN, examples=["denim"])]
_PRIORITY = "How urgent it is beside others that are due at the same time."


class TaskIn(Question):
    """A task that somebody thought of."""

    store: str = Field(pattern=STORE_PATTERN, description="Id of the store.", examples=["lyon-1"])
    kind: TaskKind = Field(
        description="replenish: bring pieces to `to_zone`; count: count an article, or `to_zone`; find: look for "
        "pieces; pick: fetch them; put_back: bring them home to `to_zone`.",
        examples=["replenish"],
    )
    sku: str | None = Field(
        None,
        pattern=SKU_PATTERN,
        description="SKU of the article; only a count of a zone goes without.",
        examples=["DEN-501-32"],
    )
    qty: int = Field(1, ge=1, le=MAX_TASK_QTY, description="Pieces.", examples=[3])
    from_zone: ZoneIn = Field(None, description="Zone where they are taken from.")
    to_zone: ZoneIn = Field(
        None,
        description="Zone where they belong, or that is counted. Tags that come there tick off replenish and put_back.",
    )
    due_at: Instant | None = Field(
        None,
        description="By when it should be done (RFC 3339). Left out: when there is time.",
        examples=["2026-11-21T18:30:00Z"],
    )
    priority: TaskPriority = Field("normal", description=_PRIORITY, examples=["normal"])
    note: str = Field(
        "",
        max_length=200,
        pattern=TEXT_PATTERN,
        description="A line for whoever does it.",
        examples=["For the window"],
    )

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.sku is None and self.kind != "count":
            raise ValueError(f"{self.kind} needs a sku")
        if self.to_zone is None and self.kind in {"replenish", "put_back"}:
            raise ValueError(f"{self.kind} needs a to_zone: where the pieces belong")
        if self.sku is None and self.to_zone is None:
            raise ValueError("a count needs a sku, or a to_zone to be counted")
        return self


class ClaimIn(Question):
    """Who does it."""

    by: str = Field(
        min_length=1,
        max_length=64,
        pattern=TEXT_PATTERN,
        description="Who does it, as the shop calls them: a name, a team, a handheld. Kept with the task, and erased "
        "with it.",
        examples=["handheld-3"],
    )


class FailIn(Question):
    """Why it could not be done."""

    reason: str = Field(
        min_length=1,
        max_length=200,
        pattern=TEXT_PATTERN,
        description="Why it could not be done.",
        examples=["not found in the back room"],
    )


class TaskCause(Answer):
    """Why a task is there."""

    type: Literal["alert", "reservation", "count", "hand"] = Field(
        description="What it comes of; hand: somebody made it.", examples=["alert"]
    )
    ref: str = Field(
        description="The alert's fingerprint, the id of the reservation or of the count, or of the task itself.",
        examples=["shelf_empty_backroom_has_stock|lyon-1|DEN-501-32|"],
    )
    episode: str = Field(
        description="Which time of several: of an alert its id; empty: the first.", examples=["a1f2c3d4e5"]
    )
    gone: bool = Field(description="Whether it is over.", examples=[False])


class TaskPiece(Answer):
    """A piece that the task is about."""

    epc: str = Field(description="Its tag, upper-case hex.", examples=["3034257BF400B7800004CB2F"])
    zone: str | None = Field(
        description="Where it is believed; null: nowhere in particular.", examples=["back-room"]
    )
    probability: float = Field(
        ge=0, le=1, description="Probability (0 to 1) that it is there.", examples=[0.98]
    )


class StaffTask(Answer):
    """A task. Its ETag is `"<version>"`."""

    id: str = Field(description="Its id.", examples=["tk_6f1c2a0b9d3e4f51"])
    kind: TaskKind = Field(description="What is to be done.", examples=["replenish"])
    state: TaskState = Field(
        description="open, claimed; or how it ended: completed, failed, withdrawn (nobody needs it any more).",
        examples=["open"],
    )
    store: StoreField
    sku: str | None = Field(description="SKU of the article; null: a whole zone.", examples=["DEN-501-32"])
    qty: int = Field(ge=1, description="Pieces wanted; of a count of a zone 1.", examples=[5])
    done: int = Field(ge=0, description="Pieces of them that are where they should be.", examples=[3])
    items: tuple[TaskPiece, ...] = Field(
        description="Pieces to take: surely there first, then the easiest to reach; at most 10. Empty where the article "
        "bears no tags, and when the task is over."
    )
    zone: str | None = Field(
        description="Where whoever does it goes first: tasks in walking order are grouped by it.",
        examples=["back-room"],
    )
    from_zone: str | None = Field(
        description="Zone where they are taken from; null: not known.", examples=["back-room"]
    )
    to_zone: str | None = Field(
        description="Zone where they belong, or that is counted; null: none.", examples=["denim"]
    )
    due_at: Timestamp | None = Field(
        description="By when it should be done (RFC 3339, UTC); null: when there is time.", examples=[None]
    )
    priority: TaskPriority = Field(description=_PRIORITY, examples=["normal"])
    causes: tuple[TaskCause, ...] = Field(
        description="Why it is there; several alerts of one shelf are one task."
    )
    note: str = Field(description="A line for whoever does it; empty: none.", examples=[""])
    claimed_by: str | None = Field(
        description="Who does it, or did; null: nobody claimed it.", examples=["handheld-3"]
    )
    claimed_key: str | None = Field(
        description="Id of the key that claimed it; null: none.", examples=["k_7d21"]
    )
    verified_by: Literal["rfid", "user"] | None = Field(
        description="Who says that it is completed: the tags, or a person; null: it is not.", examples=[None]
    )
    reason: str = Field(description="Why it failed; empty: it did not.", examples=[""])
    created_at: Timestamp = Field(
        description="When it was made (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    claimed_at: Timestamp | None = Field(
        description="When it was claimed (RFC 3339, UTC); null: it is not.", examples=["2026-11-21T18:05:00Z"]
    )
    closed_at: Timestamp | None = Field(
        description="When it was over (RFC 3339, UTC); null: it is not.", examples=[None]
    )
    took_s: float | None = Field(
        description="Seconds from when it was made until it was completed; null: it is not.", examples=[None]
    )
    version: int = Field(ge=1, description="Grows with each change; the ETag.", examples=[2])


class StaffTaskList(Answer):
    """A page of tasks, in the order asked for."""

    items: tuple[StaffTask, ...] = Field(description="The tasks of this page.")
    next_cursor: NextCursor
