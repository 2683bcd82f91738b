"""Schemas of availability: the exact answer, the banded one, the past, and histories. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Answer, SkuField, StatusField, StoreField, Timestamp


class Quantities(Answer):
    """The terms of what is available, in pieces."""

    on_hand: int = Field(
        ge=0, description="Pieces believed to be in the store; the zones sum to it.", examples=[5]
    )
    not_pickable: int = Field(
        ge=0, description="Pieces in hand that cannot be picked now (fitting room, till).", examples=[1]
    )
    reserved: int = Field(ge=0, description="Pieces promised to somebody, not yet picked.", examples=[0])
    safety_stock: int = Field(ge=0, description="Pieces that are never promised.", examples=[1])
    available: int = Field(
        ge=0,
        description="Pieces that may be promised: max(0, on_hand - not_pickable - reserved - safety_stock); where "
        "the channel has a quota, at most quota_left.",
        examples=[3],
    )
    incoming: int = Field(
        ge=0, description="Pieces of open deliveries and transfers that have not come yet.", examples=[12]
    )
    shortfall: int = Field(
        ge=0, description="Pieces by which the sum lies below 0: what the clamp of `available` hides.",
        examples=[0],
    )  # fmt: skip
    quota_left: int | None = Field(
        ge=0,
        description="Pieces that the channel asked for may still hold here; null: it has no quota, or none was named.",
        examples=[None],
    )


class ZoneDetail(Answer):
    """The pieces of one zone, and how fresh that is."""

    zone: str = Field(description="Id of the zone.", examples=["denim"])
    pieces: int = Field(ge=0, description="Pieces believed to be there.", examples=[2])
    watched: bool = Field(description="Whether a living reader watches the zone now.", examples=[True])
    last_seen_at: Timestamp | None = Field(
        description="Newest evidence of a piece there (RFC 3339, UTC); null: never.",
        examples=["2026-11-21T18:02:11Z"],
    )
    coverage: float | None = Field(
        ge=0,
        le=1,
        description="Share (0 to 1) of what the zone's readers could tell that they do tell now; null: "
        "not measured there.",
        examples=[0.97],
    )


class Belief(Answer):
    """How sure the quantity is. Probabilities are rounded down to 0.0001: 0.99996 is never told as 1."""

    expected: float = Field(
        ge=0, description="Pieces in the store, the mean of what is believed.", examples=[4.8]
    )
    p_at_least_requested: float = Field(
        ge=0, le=1, description="Probability (0 to 1) that there are at least `qty` pieces in the store beyond those "
        "reserved and those that cannot be picked.",
        examples=[0.981],
    )  # fmt: skip
    interval_90: tuple[int, int] = Field(
        description="Least and most pieces in the store, with 90 % probability.", examples=[[4, 5]]
    )


class Promise(Answer):
    """What may be promised to a shopper now."""

    pickup: Literal["yes", "no"] | None = Field(
        description="Whether `qty` pieces may be promised for pickup; null: asked with fulfilment=ship.",
        examples=["yes"],
    )
    ship: Literal["yes", "no"] | None = Field(
        description="Whether they may be promised to be shipped from there; null: not asked with fulfilment=ship.",
        examples=[None],
    )
    ready_by: Timestamp | None = Field(
        description="By when they lie ready for a customer who orders now (RFC 3339, UTC), to the next five minutes: "
        "opening hours, and how long it takes to fetch them from where they are. null: with pickup no, for a store "
        "without opening hours, with fulfilment=ship (no carrier's cut-off is known), and in events of the stream.",
        examples=["2026-11-21T18:20:00Z"],
    )
    incoming_at: Timestamp | None = Field(
        description="When the next pieces are expected from a delivery (RFC 3339, UTC); null: none is announced, or "
        "they are late.",
        examples=["2026-11-24T07:00:00Z"],
    )
    reasons: tuple[str, ...] = Field(description="Codes that say why not; empty with yes.", examples=[[]])


class EvidenceOfStock(Answer):
    """What the answer rests on."""

    last_seen_at: Timestamp | None = Field(
        description="Newest evidence of a piece in the store (RFC 3339, UTC); null: never.",
        examples=["2026-11-21T18:02:11Z"],
    )
    last_changed_at: Timestamp | None = Field(
        description="When a quantity last changed (RFC 3339, UTC); null: never.",
        examples=["2026-11-21T17:40:02Z"],
    )
    coverage: float = Field(
        ge=0, le=1, description="Share (0 to 1) of the article's zones that are watched.", examples=[0.97]
    )
    readers_ok: bool = Field(
        description="Whether all readers that this answer needs are alive.", examples=[True]
    )
    sources: tuple[str, ...] = Field(description="Kinds of evidence used.", examples=[["rfid", "pos"]])


class AvailabilityLinks(Answer):
    """Where more is known."""

    history: str = Field(
        description="Path of the levels over time.",
        examples=["/v1/stores/lyon-1/availability/DEN-501-32/history"],
    )
    explain: str = Field(
        description="Path of the terms of the number, each with its evidence.",
        examples=["/v1/stores/lyon-1/availability/DEN-501-32/explain"],
    )


class Availability(Answer):
    """What may be promised of one article in one store, and why (scope availability:exact)."""

    store: StoreField
    sku: SkuField
    gtin: str | None = Field(
        description="GTIN-14 of the article; null: none known.", examples=["03012345000024"]
    )
    status: StatusField
    quantities: Quantities = Field(description="The terms of what is available, in pieces.")
    zones: dict[str, int] = Field(
        description="Pieces by zone id; they sum to on_hand.", examples=[{"denim": 3, "back-room": 2}]
    )
    zone_details: tuple[ZoneDetail, ...] = Field(description="The same zones with their freshness.")
    belief: Belief | None = Field(
        description="How sure the quantity is; null with the status UNKNOWN, and where nothing computes it. "
        "Nothing is guessed."
    )
    promise: Promise = Field(description="What may be promised to a shopper now.")
    evidence: EvidenceOfStock = Field(description="What the answer rests on.")
    valid_until: Timestamp = Field(
        description="Until when the answer may be used without asking again (RFC 3339, UTC).",
        examples=["2026-11-21T18:12:00Z"],
    )
    version: int = Field(
        ge=0, description="Grows with each change of the gateway's state; no unit.", examples=[8841]
    )
    links: AvailabilityLinks = Field(description="Where more is known.")


BandField = Annotated[
    Literal["OK", "LOW", "NONE", "UNKNOWN"],
    Field(description="How much there is: enough, little, nothing, or not known.", examples=["OK"]),
]


class BandedAvailability(Answer):
    """The answer for a key that holds availability:read alone: never a quantity."""

    store: StoreField
    sku: SkuField
    gtin: str | None = Field(
        description="GTIN-14 of the article; null: none known.", examples=["03012345000024"]
    )
    status: StatusField
    band: BandField
    promise: Promise = Field(description="What may be promised to a shopper now.")
    valid_until: Timestamp = Field(
        description="Until when the answer may be used without asking again (RFC 3339, UTC).",
        examples=["2026-11-21T18:12:00Z"],
    )


class PastLevels(Answer):
    """The levels as they were at a time (`as_of`)."""

    store: StoreField
    sku: SkuField
    as_of: Timestamp = Field(
        description="The time asked about (RFC 3339, UTC).", examples=["2026-11-21T12:00:00Z"]
    )
    on_hand: int = Field(ge=0, description="Pieces in the store then.", examples=[6])
    zones: dict[str, int] = Field(
        description="Pieces by zone id then; they sum to on_hand.", examples=[{"denim": 4, "back-room": 2}]
    )


class AvailabilityList(Answer):
    """Answers for several pairs, in the order asked: by store, then by SKU."""

    items: tuple[Availability | BandedAvailability, ...] = Field(
        description="One answer per store and known SKU."
    )
    unknown_skus: tuple[str, ...] = Field(
        description="SKUs asked for that the gateway does not know (all unknown: 404 instead).", examples=[[]]
    )


class HistoryStep(Answer):
    """A level over one step of time, in pieces."""

    at: Timestamp = Field(description="Begin of the step (RFC 3339, UTC).", examples=["2026-11-21T17:00:00Z"])
    min: int = Field(description="Least pieces within the step.", examples=[4])
    mean: float = Field(description="Mean pieces, weighted by time.", examples=[4.6])
    max: int = Field(description="Most pieces within the step.", examples=[5])


class History(Answer):
    """The level of an article over time: of one zone, or of the whole store."""

    store: StoreField
    sku: SkuField
    zone: str | None = Field(description="Id of the zone; null: the whole store.", examples=[None])
    from_: Timestamp = Field(
        alias="from",
        description="Begin, rounded down to a whole step (RFC 3339, UTC).",
        examples=["2026-11-20T18:00:00Z"],
    )
    to: Timestamp = Field(description="End, excluded (RFC 3339, UTC).", examples=["2026-11-21T18:00:00Z"])
    step_s: int = Field(description="Length of a step in seconds.", examples=[300])
    points: tuple[HistoryStep, ...] = Field(
        description="Steps in order of time; steps before the first record are left out."
    )
