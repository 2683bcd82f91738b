"""Schemas of questions about many pairs, and of where a basket can be picked up. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from api.schemas.availability import Availability, BandedAvailability
from api.schemas.base import (
    CHANNEL_PATTERN,
    MAX_QTY,
    OWNER_PATTERN,
    RESERVATION_PATTERN,
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    Question,
    SkuField,
    StatusField,
    StoreField,
    Timestamp,
)
from gateway.channels.model import Fulfilment

MAX_ITEMS, MAX_LINES, MAX_STORES, MAX_OPTIONS = 1_000, 100, 100, 50

StoreId = Annotated[str, Field(pattern=STORE_PATTERN)]


class ItemAsked(Question):
    """Pieces of an article that are asked for."""

    sku: str = Field(pattern=SKU_PATTERN, description="The article's SKU.", examples=["DEN-501-32"])
    qty: int = Field(
        1,
        ge=1,
        le=MAX_QTY,
        description="Pieces that the promise is asked for. With availability:read alone at most 10.",
        examples=[1],
    )


class Near(Question):
    """Where somebody is. Stores without a position are left out."""

    lat: float = Field(ge=-90, le=90, description="Degrees north (WGS 84).", examples=[45.7640])
    lon: float = Field(ge=-180, le=180, description="Degrees east.", examples=[4.8357])
    radius_km: float = Field(
        50, gt=0, le=20_100, description="How far a store may be, great circle, km.", examples=[50]
    )


class AtStores(Question):
    """A question about some stores, about those near a place, or about all that the caller sees."""

    stores: tuple[StoreId, ...] | None = Field(
        None,
        min_length=1,
        max_length=MAX_STORES,
        description="Ids of the stores. Left out, with `near` too: all that the caller sees.",
        examples=[["lyon-1"]],
    )
    near: Near | None = Field(None, description="Instead of `stores`: those around a place, nearest first.")
    min_probability: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Promise nothing that is less sure than this probability (0 to 1). The store's own threshold holds "
        "too. With availability:read alone 0.9, 0.95 or 0.99.",
        examples=[0.95],
    )
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
    channel: str | None = Field(
        None,
        pattern=CHANNEL_PATTERN,
        description="Channel that the answers are for: its safety stock, quota and stores. Left out: none in particular.",
        examples=["web"],
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.stores is not None and self.near is not None:
            raise ValueError("stores and near exclude each other: name the stores, or a place")
        return self


class AvailabilityQuery(AtStores):
    """Availability of many articles in many stores, at most 1,000 pairs."""

    items: tuple[ItemAsked, ...] = Field(
        min_length=1,
        description="What is asked for, each item by itself; items × stores are at most 1,000.",
        json_schema_extra={"maxItems": MAX_ITEMS},  # beyond it: too_many_pairs, as with more stores
    )
    fulfilment: Fulfilment = Field(
        "pickup",
        description="How the customer gets the pieces: pickup in a store, or ship from it.",
        examples=["pickup"],
    )


class PickupQuery(AtStores):
    """Where can all of this be picked up?"""

    lines: tuple[ItemAsked, ...] = Field(
        min_length=1,
        max_length=MAX_LINES,
        description="The basket. Lines of one article count as one, with the sum of their pieces.",
    )
    limit: int = Field(5, ge=1, le=MAX_OPTIONS, description="Most stores in the answer.", examples=[5])
    alternatives: bool = Field(
        False,
        description="Whether to look for other sizes and colours of what the best store cannot promise.",
        examples=[True],
    )


class StoreDistance(Answer):
    """A store that was asked, and how far it is."""

    store: StoreField
    distance_km: float | None = Field(
        description="Great-circle distance in km, to 0.1; null: nobody said from where.", examples=[3.4]
    )


class AvailabilityQueryAnswer(Answer):
    """One answer per store and known SKU: by store (nearest first with `near`), then as the items were asked."""

    items: tuple[Availability | BandedAvailability, ...] = Field(description="The answers.")
    unknown_skus: tuple[str, ...] = Field(
        description="SKUs asked for that the gateway does not know (all unknown: 404 instead).", examples=[[]]
    )
    stores: tuple[StoreDistance, ...] = Field(description="The stores that were asked, in the same order.")


class PickupLine(Answer):
    """One line of the basket in one store."""

    sku: SkuField
    qty: int = Field(description="Pieces wanted.", examples=[1])
    status: StatusField
    pickup: Literal["yes", "no"] = Field(description="Whether they may be promised.", examples=["yes"])
    p_at_least_requested: float | None = Field(
        description="Probability (0 to 1) that as many are there beyond those spoken for; null: not measured, UNKNOWN, "
        "or a key without availability:exact.",
        examples=[0.981],
    )
    ready_by: Timestamp | None = Field(
        description="By when they lie ready (RFC 3339, UTC); null: not promised by a time.",
        examples=["2026-11-21T18:20:00Z"],
    )
    reasons: tuple[str, ...] = Field(description="Codes that say why not; empty with yes.", examples=[[]])


class PickupOption(Answer):
    """What one store can do for the basket."""

    store: StoreField
    distance_km: float | None = Field(
        description="Great-circle distance in km, to 0.1; null: nobody said from where.", examples=[3.4]
    )
    coverable: bool = Field(description="Whether every line may be promised here.", examples=[True])
    probability: float | None = Field(
        description="Probability (0 to 1) that all lines are there, taken to be independent; null: a line is UNKNOWN or "
        "nothing is measured, or a key without availability:exact.",
        examples=[0.962],
    )
    ready_by: Timestamp | None = Field(
        description="By when the last line lies ready (RFC 3339, UTC); null: one of them is not promised by a time.",
        examples=["2026-11-21T18:20:00Z"],
    )
    lines: tuple[PickupLine, ...] = Field(description="Each line, in the order asked.")


class Variant(Answer):
    """Another size or colour of an article that the best store cannot promise."""

    instead_of: SkuField
    sku: SkuField
    size: str | None = Field(description="Its size; null: not given.", examples=["33"])
    colour: str | None = Field(description="Its colour; null: not given.", examples=["indigo"])
    differs_in: tuple[Literal["size", "colour"], ...] = Field(
        description="What is not as asked; empty where the catalogue does not say.", examples=[["size"]]
    )
    stores: tuple[str, ...] = Field(
        description="Stores that may promise as many pieces, best first as in `items`.", examples=[["lyon-1"]]
    )


class PickupOptions(Answer):
    """Stores for the basket, best first: whole basket, then most lines, surest, soonest, nearest."""

    items: tuple[PickupOption, ...] = Field(description="The best stores.")
    unknown_skus: tuple[str, ...] = Field(
        description="SKUs that the gateway does not know; the rest was answered (all unknown: 404 instead).",
        examples=[[]],
    )
    variants: tuple[Variant, ...] = Field(
        description="Other sizes and colours that may be promised, where alternatives were asked for; the nearest "
        "in kind (same colour or same size) first."
    )
