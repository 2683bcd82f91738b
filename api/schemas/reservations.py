"""Schemas of reservations: what is asked, and a reservation as it stands. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from api.schemas.base import (
    CHANNEL_PATTERN,
    OWNER_PATTERN,
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    Instant,
    NextCursor,
    Question,
    StoreField,
    Timestamp,
)
from gateway.channels.model import Fulfilment

MAX_LINES = 100
"""Articles of one order: more is a delivery."""
MAX_LINE_QTY = 1_000
"""Pieces of one line: more is a typing error."""
MAX_RANKED = 20
MAX_PICKED = 1_000
"""Tags of one pick: what a handheld reads off a trolley."""
MIN_TTL_S, MAX_TTL_S = 30, 14_400

ReservationState = Literal[
    "held", "confirmed", "picking", "ready", "collected", "released", "expired", "short"
]  # fmt: skip
SkuIn = Annotated[str, Field(pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"])]
TtlIn = Annotated[
    int | None,
    Field(
        ge=MIN_TTL_S,
        le=MAX_TTL_S,
        description="How long the pieces are held, in seconds from now. Left out: as the site's file says "
        "(600).",
        examples=[600],
    ),
]
CollectByIn = Annotated[
    Instant | None,
    Field(
        description="Until when the customer may collect (RFC 3339). Left out: as the site's file says, in days.",
        examples=["2026-11-24T18:02:11Z"],
    ),
]


class LineIn(Question):
    """Pieces of one article."""

    sku: SkuIn
    qty: int = Field(1, ge=1, le=MAX_LINE_QTY, description="Pieces.", examples=[1])


class LineAmended(Question):
    """Another quantity of one article."""

    sku: SkuIn
    qty: int = Field(
        ge=0, le=MAX_LINE_QTY, description="Pieces from now on; 0 takes the line out.", examples=[2]
    )


class ReservationIn(Question):
    """Pieces to be held: `store` or `stores_ranked`, and lines. Lines of one article are summed."""

    store: str | None = Field(
        None, pattern=STORE_PATTERN, description="Id of the store that is to hold them.", examples=["lyon-1"]
    )
    stores_ranked: list[Annotated[str, Field(pattern=STORE_PATTERN)]] | None = Field(
        None,
        min_length=1,
        max_length=MAX_RANKED,
        description="Ids of stores, the best first: the first that has all of it holds it.",
        examples=[["lyon-1", "lyon-2"]],
    )
    lines: list[LineIn] = Field(min_length=1, max_length=MAX_LINES, description="What is wanted.")
    channel: str = Field(
        pattern=CHANNEL_PATTERN,
        description="Who sells: one of `GET /v1/channels`; where the site names none, the caller's own word.",
        examples=["web"],
    )
    fulfilment: Fulfilment = Field(
        "pickup",
        description="pickup: the customer comes for the pieces; ship: a carrier does, and `collect` says when.",
        examples=["pickup"],
    )
    owner_ref: str | None = Field(
        None,
        pattern=OWNER_PATTERN,
        description="The caller's opaque name for whose it is (a cart, an order), never a person's: 1 to 128 "
        "visible ASCII characters. Erased some days after the reservation is over.",
        examples=["cart-81c2"],
    )
    ttl_s: TtlIn = None
    allow_partial: bool = Field(
        False,
        description="Whether fewer pieces than asked for are welcome too, at least one.",
        examples=[False],
    )
    min_probability: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Pieces are held where they are there at least so surely (0 to 1), whoever else has holds, and "
        "never less surely than the channel's own threshold. Left out: the channel's, else the site's (0.9). Says "
        "nothing of articles that scans alone track.",
        examples=[0.9],
        strict=False,
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.store is None) == (self.stores_ranked is None):
            raise ValueError("name a store, or stores_ranked, not both")
        return self

    def stores(self) -> tuple[str, ...]:
        """Return the stores in which to try, in order, each once."""
        return tuple(dict.fromkeys(self.stores_ranked or [self.store or ""]))


class ConfirmIn(Question):
    """The order is placed."""

    collect_by: CollectByIn = None


class EmptyIn(Question):
    """Nothing needs to be said."""


class PickIn(Question):
    """Pieces that were taken from their place: by their tags, and of articles without tags by number."""

    epcs: list[Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}){2,62}$")]] = Field(
        default_factory=list,
        max_length=MAX_PICKED,
        description="EPCs of the pieces, hex.",
        examples=[["3034257BF400B7800004CB2F"]],
    )
    lines: list[LineIn] = Field(
        default_factory=list,
        max_length=MAX_LINES,
        description="Articles without tags: pieces picked so far, in all (so a repeat changes nothing).",
    )

    @field_validator("epcs")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(epc.upper() for epc in value))


class CollectIn(Question):
    """The customer has the pieces."""

    sold_by_till: bool = Field(
        False,
        description="Whether a till tells of the sale itself (the customer pays in the shop): then nothing "
        "departs here, and no piece leaves twice.",
        examples=[False],
    )


class TransferIn(Question):
    """Another store is to give the pieces."""

    store: str = Field(pattern=STORE_PATTERN, description="Id of that store.", examples=["lyon-2"])


class ReservationPatch(Question):
    """More time, or other quantities. What is left out stays."""

    ttl_s: TtlIn = None
    collect_by: CollectByIn = None
    lines: list[LineAmended] = Field(
        default_factory=list,
        max_length=MAX_LINES,
        description="New quantities of articles; those not named stay as they are.",
    )

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.ttl_s is not None and self.collect_by is not None:
            raise ValueError("ttl_s is of a hold, collect_by of a confirmed reservation: not both")
        return self


class ReservationLine(Answer):
    """The pieces of one article."""

    sku: str = Field(description="SKU of the article.", examples=["DEN-501-32"])
    requested: int = Field(ge=1, description="Pieces asked for.", examples=[2])
    secured: int = Field(ge=0, description="Pieces held; fewer only with allow_partial.", examples=[2])
    picked: int = Field(ge=0, description="Pieces that lie picked.", examples=[1])
    epcs: tuple[str, ...] = Field(
        description="Tags of the picked pieces, upper-case hex.", examples=[["3034257BF400B7800004CB2F"]]
    )


class ReservationRisk(Answer):
    """Why pieces may not be there in the end."""

    sku: str = Field(description="SKU of the article.", examples=["DEN-501-32"])
    reason: Literal["not_enough", "stock_unknown", "not_sure", "picked_piece_left"] = Field(
        description="not_enough: fewer pieces than are held; stock_unknown: readers are down; not_sure: the "
        "evidence fades; picked_piece_left: a picked tag is not in the store any more.",
        examples=["not_enough"],
    )


class Reservation(Answer):
    """A reservation. Its ETag is `"<version>"`."""

    id: str = Field(description="Its id.", examples=["19aa5d3c6b04f1d27c90be1"])
    store: StoreField
    state: ReservationState = Field(
        description="held, confirmed, picking, ready, collected; or its end: released, expired, short (not found).",
        examples=["held"],
    )
    channel: str = Field(description="Who sells.", examples=["web"])
    fulfilment: Fulfilment = Field(
        description="pickup: the customer comes for the pieces; ship: they are handed to a carrier (`collect`).",
        examples=["pickup"],
    )
    owner_ref: str | None = Field(
        description="The caller's name for whose it is; null: none, erased, or left out (in the stream).",
        examples=["cart-81c2"],
    )
    lines: tuple[ReservationLine, ...] = Field(description="One line per article.")
    min_probability: float = Field(
        ge=0, le=1, description="How surely the pieces had to be there at the grant.", examples=[0.9]
    )
    created_at: Timestamp = Field(
        description="When it was made (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    expires_at: Timestamp | None = Field(
        description="When the hold ends by itself (RFC 3339, UTC); null: it is confirmed.",
        examples=["2026-11-21T18:12:11Z"],
    )
    collect_by: Timestamp | None = Field(
        description="When the time to collect ends (RFC 3339, UTC); null: not confirmed yet.", examples=[None]
    )
    confirmed_at: Timestamp | None = Field(
        description="When it was confirmed (RFC 3339, UTC); null: not.", examples=[None]
    )
    ready_at: Timestamp | None = Field(
        description="When all lay ready (RFC 3339, UTC); null: not yet.", examples=[None]
    )
    closed_at: Timestamp | None = Field(
        description="When it was collected, or ended (RFC 3339, UTC); null: it is open.", examples=[None]
    )
    at_risk: bool = Field(
        description="Whether its pieces may not be there in the end; `risks` says why. It ends with its cause.",
        examples=[False],
    )
    risks: tuple[ReservationRisk, ...] = Field(description="Why it is at risk; else empty.")
    version: int = Field(ge=1, description="Grows with each change.", examples=[1])


class ReservationList(Answer):
    """A page of reservations, newest first."""

    items: tuple[Reservation, ...] = Field(description="The reservations of this page.")
    next_cursor: NextCursor
