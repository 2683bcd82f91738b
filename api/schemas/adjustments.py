"""Schemas of adjustments: a level corrected by compare and swap. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from api.schemas.base import (
    MAX_QTY,
    SKU_PATTERN,
    STORE_PATTERN,
    Answer,
    NextCursor,
    Question,
    SkuField,
    StoreField,
    Timestamp,
)

MAX_EPCS = 100
"""Tags of one adjustment: what one person holds in hand."""
MAX_ADJUSTED = 1_000
"""Pieces of one adjustment: more is a count."""
REFERENCE_PATTERN = r"^[!-:<-~]{0,64}$"
NOTE_PATTERN = r"^[^\x00-\x1f\x7f]{0,200}$"
EpcIn = Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}){2,62}$")]
Reason = Literal["damaged", "lost", "found", "theft", "sample", "donated", "correction"]


class AdjustmentIn(Question):
    """A correction of one level: `delta`, or `set_to`; of a zone, or of the store."""

    sku: str = Field(pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"])
    zone: str | None = Field(
        None,
        pattern=STORE_PATTERN,
        description="Zone that is corrected. Left out: the store; pieces are then taken where customers take them, "
        "and come in where deliveries do.",
        examples=["denim"],
    )
    delta: int | None = Field(
        None,
        ge=-MAX_ADJUSTED,
        le=MAX_ADJUSTED,
        description="Pieces more (or fewer, below 0).",
        examples=[-1],
    )
    set_to: int | None = Field(
        None, ge=0, le=MAX_QTY, description="Pieces that there are; instead of delta.", examples=[None]
    )
    change_from: int = Field(
        ge=0,
        le=MAX_QTY,
        description="on_hand of the zone (or of the store) as you know it, in pieces: if it is another by now,"
        " nothing is done.",
        examples=[5],
    )
    reason: Reason = Field(
        description="Why. damaged, theft, sample, donated: pieces went; lost, found, correction: nothing moved, "
        "the number was wrong.",
        examples=["damaged"],
    )
    reference: str = Field(
        "",
        pattern=REFERENCE_PATTERN,
        description="The caller's own id for it: up to 64 visible ASCII characters but `;`.",
        examples=["DMG-2026-117"],
    )
    note: str = Field(
        "",
        pattern=NOTE_PATTERN,
        description="A few words for people, up to 200 characters.",
        examples=["zip torn"],
    )
    epcs: list[EpcIn] = Field(
        default_factory=list,
        max_length=MAX_EPCS,
        description="The very pieces, by their tags (hex), as many as delta says: they depart, or are where they "
        "were found. Left out: a number alone.",
        examples=[["3034257BF400B7800004CB2F"]],
    )

    @field_validator("epcs")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(epc.upper() for epc in value))

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        if (self.delta is None) == (self.set_to is None):
            raise ValueError("one of delta and set_to says what changes")
        if self.delta == 0:
            raise ValueError("a delta of 0 changes nothing")
        pieces = self.delta if self.delta is not None else (self.set_to or 0) - self.change_from
        if abs(pieces) > MAX_ADJUSTED:
            raise ValueError(f"at most {MAX_ADJUSTED} pieces are corrected at once: count the zone")
        if self.epcs and len(self.epcs) != abs(pieces):
            raise ValueError("epcs names as many tags as pieces change")
        return self


class AdjustedZone(Answer):
    """What a correction did to one zone."""

    zone: str = Field(description="Id of the zone.", examples=["denim"])
    pieces: int = Field(description="Pieces more (or fewer, below 0).", examples=[-1])


class Adjustment(Answer):
    """A correction that took effect."""

    id: str = Field(
        description="Its id: `ref` of its movements in the journal.", examples=["19aa5d3c6b04f1d27c90be1"]
    )
    store: StoreField
    sku: SkuField
    at: Timestamp = Field(
        description="When it took effect (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    zones: tuple[AdjustedZone, ...] = Field(description="What it did, by zone.")
    reason: str = Field(description="Why.", examples=["damaged"])
    reference: str = Field(description="The caller's own id for it; empty: none.", examples=["DMG-2026-117"])
    note: str = Field(description="A few words for people; empty: none.", examples=["zip torn"])
    epcs: tuple[str, ...] = Field(
        description="The very pieces, upper-case hex.", examples=[["3034257BF400B7800004CB2F"]]
    )
    on_hand: int | None = Field(
        description="Pieces of the zone (or of the store) after it; null in the listing.", examples=[4]
    )


class AdjustmentList(Answer):
    """A page of adjustments, one per movement of the journal, newest first."""

    items: tuple[Adjustment, ...] = Field(description="The adjustments of this page.")
    next_cursor: NextCursor
