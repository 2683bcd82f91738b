"""Schemas of an explained number: its terms, each with its evidence. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, Phase, SkuField, StoreField, Timestamp
from api.schemas.channels import QuotaInForce, SafetyRule


class ExplainedTerms(Answer):
    """The terms of one zone's level, in pieces: level = tags + scanned + weighed + announced - sold."""

    zone: str = Field(description="Id of the zone; in-hand: with a customer.", examples=["denim"])
    level: int = Field(ge=0, description="Pieces of the zone: the sum of its terms.", examples=[4])
    tags: int = Field(ge=0, description="Tags believed there (pieces).", examples=[4])
    scanned: int = Field(ge=0, description="Pieces known by a scan or a count alone.", examples=[0])
    weighed: int = Field(
        ge=0,
        description="Pieces on its weight shelves; in-hand: pieces that a shelf lost and no till sold yet.",
        examples=[0],
    )
    announced: int = Field(
        ge=0, description="Pieces returned or received whose tag is not seen yet.", examples=[1]
    )
    sold: int = Field(
        ge=0, description="Pieces sold that are not seen leaving yet; they are subtracted.", examples=[1]
    )


class ExplainedItem(Answer):
    """A single tag of the article."""

    epc: str = Field(description="EPC, upper-case hex.", examples=["3034257BF400B7800004CB2F"])
    zone: str | None = Field(
        description="Id of the zone in whose level it counts; null: in none.", examples=["denim"]
    )
    p_zone: float | None = Field(
        ge=0, le=1, description="Probability (0 to 1) that it is in that zone; null: not computed.",
        examples=[0.99],
    )  # fmt: skip
    p_present: float | None = Field(
        ge=0, le=1, description="Probability (0 to 1) that it is in the store; null: not computed.",
        examples=[0.9999],
    )  # fmt: skip
    last_seen_at: Timestamp | None = Field(
        description="Its newest read (RFC 3339, UTC); null: none since the gateway began.",
        examples=["2026-11-21T18:02:01Z"],
    )
    is_cloned: bool = Field(
        description="Whether another store goes on reading the same EPC: one of the two is a copy.",
        examples=[False],
    )


class OpenEvent(Answer):
    """A piece that a till or a scanner told of, and that no tag has answered for yet."""

    type: Literal["sale", "return", "receive", "transfer", "count", "correction"] = Field(
        description="What was told. correction: a person found it, or (among the sales) said that it is not there.",
        examples=["sale"],
    )
    ref: str = Field(description="Id of the event, or scanner and time.", examples=["till-1:000184:1"])
    at: Timestamp = Field(description="When it happened (RFC 3339, UTC).", examples=["2026-11-21T18:01:31Z"])
    zone: str | None = Field(description="Id of the zone told; null: none.", examples=["denim"])
    epc: str | None = Field(description="EPC told, upper-case hex; null: the article alone.", examples=[None])


class ExplainedHold(Answer):
    """A reservation whose pieces of the article are taken."""

    id: str = Field(description="Id of the reservation.", examples=["19aa5d3c6b04f1d27c90be1"])
    state: str = Field(description="held, confirmed, picking or ready.", examples=["held"])
    channel: str = Field(description="Channel that holds them.", examples=["web"])
    pieces: int = Field(ge=0, description="Pieces that it holds.", examples=[1])
    picked: int = Field(ge=0, description="Pieces of them that lie picked.", examples=[0])
    until: Timestamp = Field(
        description="When it ends by itself (RFC 3339, UTC).", examples=["2026-11-21T18:12:11Z"]
    )


class ExplainedBook(Answer):
    """What the ERP's ledger says: in a store whose `source` is `ledger`, the stock is `pieces` + `moved`."""

    pieces: int = Field(description="Pieces by the ledger's newest figure.", examples=[8])
    as_of: Timestamp = Field(
        description="When the ledger had it (RFC 3339, UTC).", examples=["2026-11-21T04:00:00Z"]
    )
    moved: int = Field(
        description="Pieces that came (or, below 0, went) since then, as tills and people told it.",
        examples=[-2],
    )


class ExplainedDelivery(Answer):
    """An open delivery with pieces of the article."""

    id: str = Field(description="Id of the delivery.", examples=["dl_6f1c2a0b9d3e"])
    reference: str | None = Field(description="Its sender's name for it; null: none.", examples=["ASN-20931"])
    expected_at: Timestamp = Field(
        description="When it is expected (RFC 3339, UTC).", examples=["2026-11-24T07:00:00Z"]
    )
    pieces: int = Field(ge=1, description="Pieces of the article that have not come.", examples=[6])


class ExplainedShelf(Answer):
    """A weight shelf of the article."""

    device: str = Field(description="Id of the shelf.", examples=["shelf-1"])
    zone: str = Field(description="Id of its zone.", examples=["denim"])
    pieces: int | None = Field(description="Pieces at rest on it; null: not known yet.", examples=[4])
    in_doubt: bool = Field(description="Whether its weight fits no number of pieces.", examples=[False])
    weighed_at: Timestamp | None = Field(
        description="When it was last heard (RFC 3339, UTC); null: never.", examples=["2026-11-21T18:02:06Z"]
    )
    p_pieces: tuple[tuple[int, float], ...] = Field(
        description="Pairs of a number of pieces and the probability (0 to 1) of exactly so many; empty: not "
        "computed.",
        examples=[[[3, 0.02], [4, 0.98]]],
    )


class ExplainedZone(Answer):
    """How well a zone of the store is seen."""

    zone: str = Field(description="Id of the zone.", examples=["denim"])
    coverage: float = Field(
        ge=0,
        le=1,
        description="Share (0 to 1) of what its readers could tell that they do tell now.",
        examples=[0.97],
    )
    phase: Phase | None = Field(
        description="How well its readers are known by now; null: no reader sees tags there, or nothing is "
        "learned of it.",
        examples=["learned"],
    )
    phase_since: Timestamp | None = Field(
        description="Since when it is in that phase (RFC 3339, UTC); null: without a phase.",
        examples=["2026-11-20T18:02:11Z"],
    )


class Explanation(Answer):
    """Why an answer is what it is: available = max(0, on_hand - not_pickable - reserved - safety_stock)."""

    store: StoreField
    sku: SkuField
    at: Timestamp = Field(
        description="As of when this is true (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    model: str = Field(description="Rule of presence and its version.", examples=["belief/1"])
    on_hand: int = Field(ge=0, description="Pieces in the store: the levels' sum.", examples=[6])
    not_pickable: int = Field(ge=0, description="Pieces in hand that cannot be picked now.", examples=[1])
    reserved: int = Field(ge=0, description="Pieces promised to somebody.", examples=[0])
    safety_stock: int = Field(ge=0, description="Pieces that are never promised.", examples=[1])
    available: int = Field(ge=0, description="Pieces that may be promised.", examples=[4])
    channel: str | None = Field(
        description="Channel that it was asked for; null: for none in particular.", examples=["web"]
    )
    safety_rule: SafetyRule | None = Field(description="By which rule so much is kept back.")
    quota: QuotaInForce | None = Field(
        description="How much of it the channel may hold here, and has (see `holds`); null: it has no quota."
    )
    reasons: tuple[str, ...] = Field(description="Codes that say why not; else empty.", examples=[[]])
    terms: tuple[ExplainedTerms, ...] = Field(description="What each zone's level is made of.")
    items: tuple[ExplainedItem, ...] = Field(
        description="Tags of the article, the least certain first, at most 200."
    )
    more_items: int = Field(ge=0, description="Tags left off beyond that bound.", examples=[0])
    open_sales: tuple[OpenEvent, ...] = Field(description="Sales whose piece was not seen leaving yet.")
    announced: tuple[OpenEvent, ...] = Field(description="Returns and receipts whose piece was not seen yet.")
    incoming: tuple[OpenEvent, ...] = Field(
        description="Pieces on their way from another store: in no level yet."
    )
    shelves: tuple[ExplainedShelf, ...] = Field(description="Weight shelves of the article.")
    zones: tuple[ExplainedZone, ...] = Field(description="How well each zone of the store is seen.")
    holds: tuple[ExplainedHold, ...] = Field(
        description="Reservations that hold pieces of it, the oldest first, at most 200; they sum to `reserved`."
    )
    deliveries: tuple[ExplainedDelivery, ...] = Field(
        description="Open deliveries that bring pieces of it, those due first before others, at most 200; with "
        "`incoming` they are the pieces that are to come."
    )
    book: ExplainedBook | None = Field(description="What the ERP's ledger says; null: nothing yet.")
    p_at_least: tuple[float, ...] = Field(
        description="Probability (0 to 1) of at least 1, 2, 3 … pieces in the store, up to 64; empty: not computed.",
        examples=[[1.0, 1.0, 0.9999, 0.9941, 0.9702, 0.8811]],
    )
