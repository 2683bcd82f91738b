"""Schemas of till events: each item of a batch is judged by itself. Pure."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from api.schemas.base import (
    EVENT_ID_PATTERN,
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    Instant,
    Question,
)

MAX_EVENTS = 1_000
"""A batch is one transaction: more would keep other writers waiting."""
MAX_EVENT_QTY = 1_000
"""Pieces that one event may move: more is a typing error."""
_EVENT_ID = re.compile(EVENT_ID_PATTERN)


class TillEventIn(Question):
    """Something that a till or a handheld tells: at least one of sku, gtin and epc names the article."""

    event_id: str = Field(
        pattern=EVENT_ID_PATTERN,
        description="Id of the event, unique per key: a repeat is answered `duplicate`, not applied. "
        "1 to 128 visible ASCII characters.",
        examples=["till-1:2026-11-21:000184:1"],
    )
    type: Literal["sale", "return", "receive", "transfer", "count"] = Field(
        description="What happened. transfer: pieces leave `store` for `to_store`. count: `qty` pieces were found "
        "in `zone`, or the very tag `epc` was.",
        examples=["sale"],
    )
    store: str = Field(pattern=STORE_PATTERN, description="Id of the store.", examples=["lyon-1"])
    at: Instant = Field(
        description="When it happened (RFC 3339), at most 5 minutes ahead of the gateway's clock.",
        examples=["2026-11-21T18:02:11Z"],
    )
    sku: str | None = Field(
        None, pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"]
    )
    gtin: str | None = Field(
        None,
        pattern=r"^[0-9]{8}$|^[0-9]{12,14}$",
        description="GTIN-8, -12, -13 or -14 with its check digit.",
        examples=["03012345000024"],
    )
    epc: str | None = Field(
        None,
        pattern=r"^([0-9A-Fa-f]{2}){2,62}$",
        description="EPC of the very piece, hex; then `qty` is 1.",
        examples=["3034257BF400B7800004CB2F"],
    )
    qty: int = Field(
        1, ge=0, le=MAX_EVENT_QTY, description="Pieces; 0 in a count alone: none was found.", examples=[1]
    )
    zone: str | None = Field(
        None,
        pattern=STORE_PATTERN,
        description="Zone where it happened; left out: the gateway chooses by type.",
        examples=["till"],
    )
    to_store: str | None = Field(
        None,
        pattern=STORE_PATTERN,
        description="Of a transfer: id of the store it goes to.",
        examples=["lyon-2"],
    )
    complete: bool = Field(
        False,
        description="Of a count: the whole zone was counted for the article, so it holds `qty` and no more; "
        "otherwise it holds at least `qty`.",
        examples=[True],
    )

    @field_validator("gtin")
    @classmethod
    def _gtin_14(cls, value: str | None) -> str | None:
        if value is None:
            return None
        gtin = value.zfill(14)
        if check_digit(gtin[:13]) != gtin[13]:
            raise ValueError("the check digit of the GTIN is wrong")
        return gtin

    @field_validator("epc")
    @classmethod
    def _upper(cls, value: str | None) -> str | None:
        return None if value is None else value.upper()

    @field_validator("qty")
    @classmethod
    def _finds_none(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("type") != "count":
            raise ValueError("qty must be 1 or more, but in a count")
        return value

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type == "transfer") != (self.to_store is not None):
            raise ValueError("a transfer, and no other event, has a to_store")
        if self.type == "count" and self.zone is None:
            raise ValueError("a count names the zone that was counted")
        if self.complete and self.type != "count":
            raise ValueError("only a count is complete")
        return self

    @model_validator(mode="after")
    def _names_an_article(self) -> Self:
        if self.sku is None and self.gtin is None and self.epc is None:
            raise ValueError("one of sku, gtin and epc must name the article")
        if self.epc is not None and self.qty != 1:
            raise ValueError("an epc is one piece: qty must be 1")
        return self


def check_digit(digits: str) -> str:
    """Return the GS1 check digit of 13 digits (GS1 General Specifications, §7.9)."""
    return str(-sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(digits)) % 10)


@dataclass(frozen=True, slots=True)
class MalformedEvent:
    """An item of a batch that is no event: its id as far as it has one, and what is wrong with it."""

    event_id: str | None
    error: ValidationError


def _keep_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the event, or the malformed item as a value: one bad item does not refuse its batch."""
    try:
        return validate(value)
    except ValidationError as error:
        event_id = value.get("event_id") if isinstance(value, dict) else None
        is_id = isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id) is not None
        return MalformedEvent(event_id if is_id else None, error)


class EventBatch(Question):
    """A batch of events. (In Python an item may be a MalformedEvent instead: see `items`.)"""

    events: list[Annotated[TillEventIn, WrapValidator(_keep_malformed)]] = Field(
        min_length=1, max_length=MAX_EVENTS, description="1 to 1,000 events; each gets its own result."
    )

    def items(self) -> list[TillEventIn | MalformedEvent]:
        """Return the events as they were judged, in order."""
        return list(self.events)


class EventOutcome(Answer):
    """What became of one event."""

    index: int = Field(ge=0, description="Place of the event in the batch, from 0.", examples=[0])
    event_id: str | None = Field(
        description="Its id; null where it had no valid one.", examples=["till-1:2026-11-21:000184:1"]
    )
    outcome: Literal["applied", "duplicate", "refused"] = Field(
        description="applied: on disk now. duplicate: was applied before; nothing changed. "
        "refused: see code; do not send it again unchanged.",
        examples=["applied"],
    )
    sku: str | None = Field(description="SKU that it was applied to; null: none.", examples=["DEN-501-32"])
    code: str | None = Field(
        description="Why it was refused: invalid_event, forbidden_store, unknown_store, unknown_zone, "
        "same_store, time_in_future, unknown_sku, contradictory_product, bad_quantity, event_id_reused; null: it "
        "was not.",
        examples=[None],
    )
    detail: str | None = Field(description="The same for a person; null: not refused.", examples=[None])
    pointer: str | None = Field(
        description="JSON pointer to what was wrong in the request's body; null: not refused.",
        examples=[None],
    )


class EventOutcomes(Answer):
    """What became of a batch."""

    results: tuple[EventOutcome, ...] = Field(description="One result per event, in order.")
    applied: int = Field(ge=0, description="Events applied.", examples=[1])
    duplicate: int = Field(ge=0, description="Events that were applied before.", examples=[0])
    refused: int = Field(ge=0, description="Events refused.", examples=[0])
