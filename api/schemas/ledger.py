"""Schemas of the ledger: what the ERP tells, and how it compares with what is believed. Pure."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from api.schemas.base import (
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    Instant,
    NextCursor,
    Question,
    SkuField,
    StoreField,
    Timestamp,
)
from gateway.book_stock.model import MAX_BOOK_PIECES, MAX_LINES


class LedgerLineIn(Question):
    """The pieces of an article in a store, by the ledger."""

    store: str = Field(pattern=STORE_PATTERN, description="Id of the store.", examples=["web-1"])
    sku: str = Field(pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"])
    qty: int = Field(
        ge=-MAX_BOOK_PIECES,
        le=MAX_BOOK_PIECES,
        description="Pieces; below 0, as some ledgers have it, counts as none.",
        examples=[12],
    )
    as_of: Instant | None = Field(
        None,
        description="When the ledger had this figure (RFC 3339); left out: now. What moved later is added to it.",
        examples=["2026-11-21T04:00:00Z"],
    )


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """An item of a batch that is no line."""

    error: ValidationError


def _keep_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the line, or the malformed item as a value: one bad item does not refuse its batch."""
    try:
        return validate(value)
    except ValidationError as error:
        return MalformedLine(error)


class LedgerBatch(Question):
    """Lines of the ledger. (In Python an item may be a MalformedLine instead: see `items`.)"""

    lines: list[Annotated[LedgerLineIn, WrapValidator(_keep_malformed)]] = Field(
        min_length=1, max_length=MAX_LINES, description="1 to 5,000 lines; each gets its own result."
    )

    def items(self) -> list[LedgerLineIn | MalformedLine]:
        """Return the lines as they were judged, in order."""
        return list(self.lines)


class LineOutcome(Answer):
    """What became of one line."""

    index: int = Field(ge=0, description="Place of the line in the batch, from 0.", examples=[0])
    line: int | None = Field(description="Number of its line in the CSV; null: it was JSON.", examples=[2])
    store: str | None = Field(description="Its store; null where it had none.", examples=["web-1"])
    sku: str | None = Field(description="Its SKU; null where it had none.", examples=["DEN-501-32"])
    outcome: Literal["applied", "unchanged", "refused"] = Field(
        description="applied: it is the newest figure now. unchanged: it was that already, or a newer one is known. "
        "refused: see code.",
        examples=["applied"],
    )
    code: str | None = Field(
        description="Why nothing came of it: older (a newer figure is known), or, where it was refused, invalid_line, "
        "forbidden_store, unknown_store, unknown_sku, time_in_future, too_old (more has moved since than is kept); "
        "null: something did, or the same is known.",
        examples=[None],
    )
    detail: str | None = Field(description="The same for a person; null: no code.", examples=[None])
    pointer: str | None = Field(
        description="JSON pointer to what was wrong in the request's body; null: nothing, or it was CSV.",
        examples=[None],
    )


class LedgerOutcomes(Answer):
    """What became of a batch."""

    results: tuple[LineOutcome, ...] = Field(description="One result per line, in order.")
    applied: int = Field(ge=0, description="Lines that are the newest figure now.", examples=[1])
    unchanged: int = Field(ge=0, description="Lines that changed nothing.", examples=[0])
    refused: int = Field(ge=0, description="Lines refused.", examples=[0])


class BookLine(Answer):
    """An article in a store by the ledger, against what is believed."""

    store: StoreField
    sku: SkuField
    book: int = Field(description="Pieces by the ledger's newest figure.", examples=[8])
    as_of: Timestamp = Field(
        description="When the ledger had it (RFC 3339, UTC).", examples=["2026-11-21T04:00:00Z"]
    )
    moved: int = Field(
        description="Pieces sold, returned, received and sent since then, as tills and people told it: the ledger "
        "will have them too.",
        examples=[-2],
    )
    on_hand: int = Field(ge=0, description="Pieces believed in the store.", examples=[5])
    expected: float | None = Field(
        description="Mean of that belief, pieces; null: nothing is believed of it.", examples=[4.92]
    )
    p_book_or_more: float | None = Field(
        description="Probability that there are `book` + `moved` pieces or more; null: nothing is believed of it.",
        examples=[0.031],
    )
    difference: int = Field(description="on_hand − (book + moved), pieces.", examples=[-1])
    since: Timestamp | None = Field(
        description="Since when they differ (RFC 3339, UTC); null: they do not.",
        examples=["2026-11-21T09:14:02Z"],
    )


class BookList(Answer):
    """A page of the ledger, by store and SKU."""

    items: tuple[BookLine, ...] = Field(description="The articles of this page.")
    next_cursor: NextCursor
