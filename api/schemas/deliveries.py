"""Schemas of expected deliveries. Pure."""

from typing import Self

from pydantic import Field, model_validator

from api.schemas.base import STORE_PATTERN, Answer, Instant, NextCursor, Question, StoreField, Timestamp
from api.schemas.documents import DocumentLine, DocumentLineAmended, DocumentLineIn, ReferenceIn
from gateway.deliveries.model import MAX_LINES, DeliveryState

SOURCE_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"


class DeliveryIn(Question):
    """A delivery that is on its way: `expected_at`, or `expected_from` and `expected_to`."""

    store: str = Field(
        pattern=STORE_PATTERN, description="Id of the store that gets it.", examples=["lyon-1"]
    )
    reference: ReferenceIn = None
    sender: str | None = Field(
        None,
        alias="from",
        pattern=SOURCE_PATTERN,
        description="Who sends it: the caller's own name, or the id of a store of this gateway, whose tags then count "
        "as delivered too.",
        examples=["dc-nord"],
    )
    expected_at: Instant | None = Field(
        None, description="When it is expected (RFC 3339).", examples=["2026-11-24T07:00:00Z"]
    )
    expected_from: Instant | None = Field(
        None, description="Of a span: its beginning (RFC 3339).", examples=["2026-11-24T06:00:00Z"]
    )
    expected_to: Instant | None = Field(
        None,
        description="Of a span: its end (RFC 3339). It is late after this.",
        examples=["2026-11-24T09:00:00Z"],
    )
    lines: list[DocumentLineIn] = Field(
        min_length=1, max_length=MAX_LINES, description="What it brings: 1 to 1,000 lines."
    )

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.expected_at is None) == (self.expected_to is None):
            raise ValueError("say expected_at, or expected_to (with expected_from), not both")
        if self.expected_at is not None and self.expected_from is not None:
            raise ValueError("expected_from goes with expected_to, not with expected_at")
        if self.expected_from is not None and self.expected_from > (self.expected_to or 0):
            raise ValueError("expected_from lies behind expected_to")
        return self

    def span_ns(self) -> tuple[int, int]:
        """Return from when and until when it is expected."""
        due_ns = self.expected_at if self.expected_to is None else self.expected_to
        until_ns = due_ns or 0
        return (until_ns if self.expected_from is None else self.expected_from), until_ns


class DeliveryPatch(Question):
    """Another time, or other quantities. What is left out stays."""

    expected_from: Instant | None = Field(
        None, description="From when it is expected (RFC 3339).", examples=["2026-11-24T12:00:00Z"]
    )
    expected_to: Instant | None = Field(
        None, description="Until when it is expected (RFC 3339).", examples=["2026-11-24T15:00:00Z"]
    )
    lines: list[DocumentLineAmended] = Field(
        default_factory=list,
        max_length=MAX_LINES,
        description="New quantities of articles, of new ones too; those not named stay as they are.",
    )


class Delivery(Answer):
    """A delivery. Its ETag is `"<version>"`."""

    id: str = Field(description="Its id.", examples=["dl_6f1c2a0b9d3e"])
    store: StoreField
    reference: str | None = Field(description="Its sender's name for it; null: none.", examples=["ASN-20931"])
    sender: str | None = Field(
        alias="from", description="Who sends it; null: nobody said.", examples=["dc-nord"]
    )
    state: DeliveryState = Field(
        description="expected, partly_received, received; or ended by a person: closed (what did not come will not "
        "come), cancelled.",
        examples=["partly_received"],
    )
    is_late: bool = Field(
        description="Whether pieces are missing after `expected_to`, as of this answer.", examples=[False]
    )
    expected_from: Timestamp = Field(
        description="From when it is expected (RFC 3339, UTC).", examples=["2026-11-24T06:00:00Z"]
    )
    expected_to: Timestamp = Field(
        description="Until when it is expected (RFC 3339, UTC).", examples=["2026-11-24T09:00:00Z"]
    )
    pieces: int = Field(ge=1, description="Pieces announced, in all.", examples=[48])
    arrived: int = Field(ge=0, description="Pieces that have come.", examples=[44])
    missing: int = Field(
        ge=0, description="Pieces that have not come: pieces = arrived + missing.", examples=[4]
    )
    lines: tuple[DocumentLine, ...] = Field(description="One line per article.")
    created_at: Timestamp = Field(
        description="When it was announced (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    changed_at: Timestamp = Field(
        description="When it last changed (RFC 3339, UTC).", examples=["2026-11-24T07:12:40Z"]
    )
    closed_at: Timestamp | None = Field(
        description="When the last piece came, or it was ended (RFC 3339, UTC); null: it is open.",
        examples=[None],
    )
    version: int = Field(ge=1, description="Grows with each change.", examples=[3])


class DeliveryList(Answer):
    """A page of deliveries, those due first before others."""

    items: tuple[Delivery, ...] = Field(description="The deliveries of this page.")
    next_cursor: NextCursor
