"""Schemas of where a basket is best sent from. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import (
    CHANNEL_PATTERN,
    OWNER_PATTERN,
    RESERVATION_PATTERN,
    STORE_PATTERN,
    Answer,
    Question,
    SkuField,
    StatusField,
    StoreField,
)
from api.schemas.query import MAX_LINES, MAX_OPTIONS, MAX_STORES, ItemAsked

StoreId = Annotated[str, Field(pattern=STORE_PATTERN)]
Share = Annotated[float, Field(ge=0, le=1)]


class Destination(Question):
    """Where the parcel goes."""

    lat: float = Field(ge=-90, le=90, description="Degrees north (WGS 84).", examples=[45.7640])
    lon: float = Field(ge=-180, le=180, description="Degrees east.", examples=[4.8357])


class ShipQuery(Question):
    """From where is all of this best sent?"""

    lines: tuple[ItemAsked, ...] = Field(
        min_length=1,
        max_length=MAX_LINES,
        description="The basket. Lines of one article count as one, with the sum of their pieces.",
    )
    to: Destination | None = Field(
        None, description="Where the customer is. Left out: distance does not count."
    )
    stores: tuple[StoreId, ...] | None = Field(
        None,
        min_length=1,
        max_length=MAX_STORES,
        description="Ids of the stores. Left out: all that the caller sees, that ship, and that the channel sells from.",
        examples=[["lyon-1"]],
    )
    channel: str | None = Field(
        None,
        pattern=CHANNEL_PATTERN,
        description="Channel that sells: its safety stock, quota and stores. Left out: none in particular.",
        examples=["web"],
    )
    min_probability: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Promise no line that is less sure than this. The channel's own threshold holds too. With "
        "availability:read alone 0.9, 0.95 or 0.99.",
        examples=[0.95],
    )
    allow_split: bool = Field(
        False,
        description="Whether two stores may send a parcel each where no single one has all of it. A line is not divided.",
        examples=[True],
    )
    limit: int = Field(5, ge=1, le=MAX_OPTIONS, description="Most options in the answer.", examples=[5])
    exclude_reservation: str | None = Field(
        None,
        pattern=RESERVATION_PATTERN,
        description="Id of a reservation whose pieces count as free: a shopper is not blocked by their own hold.",
        examples=["19aa5d3c6b04f1d27c90be1"],
    )
    owner_ref: str | None = Field(
        None,
        pattern=OWNER_PATTERN,
        description="The same for all open reservations of an owner_ref.",
        examples=["cart-81c2"],
    )


class ShippedLine(Answer):
    """One line of a parcel. Figures are null for a key without availability:exact."""

    sku: SkuField
    qty: int = Field(description="Pieces wanted.", examples=[1])
    status: StatusField
    ship: Literal["yes", "no"] = Field(
        description="Whether they may be promised from there.", examples=["yes"]
    )
    p_at_least_requested: float | None = Field(
        description="Probability (0 to 1) that as many are there beyond those spoken for; null: not measured, UNKNOWN.",
        examples=[0.981],
    )
    lost_pieces: float | None = Field(
        description="Pieces of them that the store's own customers would have bought within a week, on the mean; null: "
        "they are not sent from there.",
        examples=[0.12],
    )
    days_left: float | None = Field(
        description="Days that the rest lasts the store's own customers, on the mean, at most 7; null: nobody buys at "
        "its shelves, or they are not sent from there.",
        examples=[7.0],
    )
    is_low: bool | None = Field(
        description="Whether the rest is at or below where staff are told of low stock, and was not before; null: they "
        "are not sent from there.",
        examples=[False],
    )
    reasons: tuple[str, ...] = Field(description="Codes that say why not; empty with yes.", examples=[[]])


class Parcel(Answer):
    """What one store sends."""

    store: StoreField
    distance_km: float | None = Field(
        description="Great-circle distance to the customer in km, to 0.1; null: not known.", examples=[3.4]
    )
    lines: tuple[ShippedLine, ...] = Field(description="Its lines, in the order asked.")


class ShipTerms(Answer):
    """What the score is made of, each between 0 and 1 (higher shares are worse)."""

    probability: Share = Field(
        description="P(all is there) as it counts: 0.9 for a line that nothing measures and that may be promised; 0 with "
        "one that is UNKNOWN, or neither measured nor promised.",
        examples=[0.962],
    )
    lost_share: Share = Field(
        description="Share of the pieces that the stores' own customers would have bought.", examples=[0.06]
    )
    low_share: Share = Field(description="Share of the lines whose article it leaves low.", examples=[0.0])
    far_share: Share = Field(
        description="Distance as a share of 1,000 km, at most 1; 0 without `to`; 1 for a store of unknown place.",
        examples=[0.003],
    )
    more_parcels: int = Field(ge=0, description="Parcels beyond the first.", examples=[0])


class ShipWeights(Answer):
    """What the score takes off for each term: score = probability - sum of weight x term."""

    lost_share: float = Field(description="Weight of lost sales in the store.", examples=[0.5])
    low_share: float = Field(description="For articles left low.", examples=[0.1])
    far_share: float = Field(description="Weight of distance.", examples=[0.2])
    more_parcels: float = Field(description="Weight of each further parcel.", examples=[0.2])


class ShipOption(Answer):
    """One way to send the basket. Figures are null for a key without availability:exact."""

    coverable: bool = Field(description="Whether every line is sent.", examples=[True])
    probability: float | None = Field(
        description="Probability (0 to 1) that all lines are there, taken to be independent; null: a line is UNKNOWN or "
        "nothing is measured.",
        examples=[0.962],
    )
    distance_km: float | None = Field(
        description="How far its parcels travel, together, km to 0.1; null: not known.", examples=[3.4]
    )
    score: float | None = Field(description="Score: how good it is, by its terms.", examples=[0.931])
    terms: ShipTerms | None = Field(description="What the score is made of.")
    parcels: tuple[Parcel, ...] = Field(description="One, or two with allow_split.")


class ShipOptions(Answer):
    """Ways to send the basket, best first: whole, then most lines, one parcel before two, highest score."""

    items: tuple[ShipOption, ...] = Field(description="The best ones.")
    weights: ShipWeights = Field(description="What the score takes off for each term.")
    unknown_skus: tuple[str, ...] = Field(
        description="SKUs that the gateway does not know; the rest was answered (all unknown: 404 instead).",
        examples=[[]],
    )
