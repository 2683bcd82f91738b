"""Schemas of transfers between stores. Pure."""

from pydantic import Field

from api.schemas.base import STORE_PATTERN, Answer, NextCursor, Question, Timestamp
from api.schemas.documents import DocumentLine, DocumentLineIn, ReferenceIn
from gateway.transfers.model import MAX_LINES, TransferState


class StoreTransferIn(Question):
    """Pieces that are to go from one store to another. Nothing moves before it is sent."""

    sender: str = Field(
        alias="from",
        pattern=STORE_PATTERN,
        description="Id of the store that gives them.",
        examples=["lyon-1"],
    )
    to: str = Field(pattern=STORE_PATTERN, description="Id of the store that gets them.", examples=["lyon-2"])
    reference: ReferenceIn = None
    lines: list[DocumentLineIn] = Field(
        min_length=1, max_length=MAX_LINES, description="What is to go: 1 to 100 lines, 1,000 pieces in all."
    )


class SendIn(Question):
    """The pieces leave."""

    force: bool = Field(
        False,
        description="Whether pieces go too that are reserved, or that are not believed to be there.",
        examples=[False],
    )


class StoreTransfer(Answer):
    """A transfer. Its ETag is `"<version>"`."""

    id: str = Field(description="Its id.", examples=["tr_6f1c2a0b9d3e"])
    sender: str = Field(
        alias="from", description="Id of the store that gives the pieces.", examples=["lyon-1"]
    )
    to: str = Field(description="Id of the store that gets them.", examples=["lyon-2"])
    reference: str | None = Field(description="The caller's name for it; null: none.", examples=["TO-118"])
    state: TransferState = Field(
        description="requested, sent, partly_received, received; or ended by a person: cancelled before it was sent, "
        "closed with what did not come.",
        examples=["sent"],
    )
    pieces: int = Field(ge=1, description="Pieces in all.", examples=[12])
    arrived: int = Field(ge=0, description="Pieces that have come.", examples=[10])
    in_transit: int = Field(ge=0, description="Pieces on their way: incoming where they go.", examples=[2])
    difference: int = Field(
        ge=0,
        description="Pieces that were sent and did not come: of a closed transfer, or of one that was sent longer ago "
        "than `incoming_late_s` of the site's file.",
        examples=[0],
    )
    lines: tuple[DocumentLine, ...] = Field(description="One line per article.")
    created_at: Timestamp = Field(
        description="When it was requested (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    sent_at: Timestamp | None = Field(
        description="When the pieces left (RFC 3339, UTC); null: not yet.", examples=["2026-11-21T18:30:00Z"]
    )
    changed_at: Timestamp = Field(
        description="When it last changed (RFC 3339, UTC).", examples=["2026-11-21T18:30:00Z"]
    )
    closed_at: Timestamp | None = Field(
        description="When the last piece came, or it was ended (RFC 3339, UTC); null: it is open.",
        examples=[None],
    )
    version: int = Field(ge=1, description="Grows with each change.", examples=[2])


class StoreTransferList(Answer):
    """A page of transfers, newest first."""

    items: tuple[StoreTransfer, ...] = Field(description="The transfers of this page.")
    next_cursor: NextCursor
