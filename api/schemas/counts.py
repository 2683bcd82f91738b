"""Schemas of counts: a session, what people see, what came out. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from api.schemas.adjustments import NOTE_PATTERN, EpcIn
from api.schemas.base import (
    EVENT_ID_PATTERN,
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
from api.schemas.events import check_digit

MAX_ZONES, MAX_SKUS = 100, 1_000
MAX_BATCH = 1_000
"""Entries of one request: a batch is one transaction."""
MAX_RECOUNT = 1_000
COUNTER_PATTERN = r"^[A-Za-z0-9._-]{0,32}$"
CountState = Literal["open", "submitted", "approved", "rejected", "cancelled"]
By = Literal["rfid", "scanner", "hand", "mixed"]
SkuIn = Annotated[str, Field(pattern=SKU_PATTERN)]
ZoneIn = Annotated[str, Field(pattern=STORE_PATTERN)]
_HIDDEN = " null: this key is not shown what is expected of a blind count."


class ToleranceIn(Question):
    """How far a line may be off and be right all the same: the larger of the two."""

    pieces: int = Field(0, ge=0, le=1_000, description="Pieces, either way.", examples=[1])
    percent: float = Field(
        0.0, ge=0, le=50, description="Of the pieces expected, in per cent.", examples=[2.0], strict=False
    )


class CountIn(Question):
    """A count to be opened: of zones, of all articles in them or of some."""

    zones: list[ZoneIn] = Field(
        default_factory=list,
        max_length=MAX_ZONES,
        description="Ids of the zones. Left out: the whole store.",
        examples=[["denim"]],
    )
    skus: list[SkuIn] = Field(
        default_factory=list,
        max_length=MAX_SKUS,
        description="SKUs of the articles. Left out: all (of the department, if one is given).",
        examples=[["DEN-501-32"]],
    )
    department: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Department of the articles. Left out: all.",
        examples=["Denim"],
    )
    blind: bool = Field(
        description="Whether those who count are not to see what is expected. A count that shows it is opened by a "
        "key with availability:exact.",
        examples=[True],
    )
    by: By = Field(
        "mixed",
        description="How it is counted. rfid, mixed: tags that readers see in these zones from now on are seen, too.",
        examples=["mixed"],
    )
    tolerance: ToleranceIn = Field(
        default_factory=lambda: ToleranceIn(pieces=0, percent=0.0),
        description="What is within it is approved at once.",
    )
    second_key: bool = Field(
        False,
        description="Whether another key must approve than the one that submitted.",
        examples=[False],
    )
    note: str = Field(
        "",
        pattern=NOTE_PATTERN,
        description="A few words for people, up to 200 characters.",
        examples=["Inventory"],
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.skus and self.department is not None:
            raise ValueError("skus or a department, not both")
        return self


class CountEntryIn(Question):
    """What somebody saw: one of sku, gtin and epc names the article."""

    entry_id: str = Field(
        pattern=EVENT_ID_PATTERN,
        description="Id of the entry, unique within the count: a repeat is answered `duplicate` and changes nothing.",
        examples=["tablet-3:000184"],
    )
    zone: ZoneIn | None = Field(
        None,
        description="Zone that it was seen in. May be left out where one alone is counted.",
        examples=["denim"],
    )
    sku: SkuIn | None = Field(None, description="SKU of the article.", examples=["DEN-501-32"])
    gtin: str | None = Field(
        None,
        pattern=r"^[0-9]{8}$|^[0-9]{12,14}$",
        description="GTIN-8, -12, -13 or -14 with its check digit.",
        examples=["03012345000024"],
    )
    epc: EpcIn | None = Field(
        None, description="EPC of the very piece, hex; then qty is 1.", examples=["3034257BF400B7800004CB2F"]
    )
    qty: int = Field(
        1, ge=0, le=MAX_QTY, description="Pieces; 0 with set alone: there is none.", examples=[4]
    )
    mode: Literal["add", "set"] = Field(
        "add",
        description="add: so many more were seen; set: this counter saw so many in all, tags included.",
        examples=["add"],
    )
    counter: str = Field(
        "",
        pattern=COUNTER_PATTERN,
        description="Who of several counts here: each counter's figure is its own, and they are summed.",
        examples=["a"],
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

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(name is not None for name in (self.sku, self.gtin, self.epc)) != 1:
            raise ValueError("one of sku, gtin and epc names the article")
        if self.epc is not None and (self.qty != 1 or self.mode == "set"):
            raise ValueError("an epc is one piece more: qty 1, mode add")
        if self.qty == 0 and self.mode == "add":
            raise ValueError("qty 0 says something with mode set alone")
        return self


class CountEntriesIn(Question):
    """What was seen, in a batch."""

    entries: list[CountEntryIn] = Field(
        min_length=1, max_length=MAX_BATCH, description="1 to 1,000 entries; each gets its own result."
    )


class SubmitIn(Question):
    """All was counted."""

    incomplete: list[ZoneIn] = Field(
        default_factory=list,
        max_length=MAX_ZONES,
        description="Zones of which a part alone was gone through: what nobody saw there is left as it is, and "
        "what was seen only ever adds. In the others, what nobody saw is not there.",
        examples=[[]],
    )


class RecountLineIn(Question):
    """A line to be counted once more."""

    zone: ZoneIn = Field(description="Id of the zone.", examples=["denim"])
    sku: SkuIn | None = Field(
        None, description="SKU of the article. Left out: all of the zone.", examples=["DEN-501-32"]
    )


class RecountIn(Question):
    """Some lines are to be counted once more; the others stand."""

    lines: list[RecountLineIn] = Field(
        min_length=1, max_length=MAX_RECOUNT, description="The lines to be counted again."
    )


class DecisionIn(Question):
    """Why, if there is something to say."""

    reason: str = Field(
        "",
        pattern=NOTE_PATTERN,
        description="A few words for people, up to 200 characters.",
        examples=["agreed"],
    )


class CountTolerance(Answer):
    """How far a line may be off and be right all the same: the larger of the two."""

    pieces: int = Field(ge=0, description="Pieces, either way.", examples=[1])
    percent: float = Field(ge=0, description="Of the pieces expected, in per cent.", examples=[2.0])


class CountTotals(Answer):
    """What came out, summed up."""

    lines: int = Field(ge=0, description="Lines counted: articles by zone.", examples=[120])
    right: int = Field(ge=0, description="Lines that are exactly as expected.", examples=[117])
    expected: int = Field(description="Pieces expected.", examples=[1_480])
    counted: int = Field(ge=0, description="Pieces seen.", examples=[1_476])
    off: int = Field(ge=0, description="Pieces that lines are off by, either way, added up.", examples=[6])


class CountBody(Answer):
    """A count. Its ETag is `"<version>"`."""

    id: str = Field(description="Its id.", examples=["19aa5d3c6b04f1d27c90be1"])
    store: StoreField
    state: CountState = Field(
        description="open; submitted: waits for approval; approved; rejected; cancelled.", examples=["open"]
    )
    zones: tuple[str, ...] = Field(description="Zones that are counted.", examples=[["denim"]])
    skus: tuple[str, ...] = Field(description="Articles that are counted; empty: all.", examples=[[]])
    department: str | None = Field(description="Department that is counted; null: all.", examples=["Denim"])
    blind: bool = Field(description="Whether those who count do not see what is expected.", examples=[True])
    by: By = Field(description="How it is counted.", examples=["mixed"])
    tolerance: CountTolerance = Field(description="What is within it is approved at once.")
    second_key: bool = Field(
        description="Whether another key must approve than the one that submitted.", examples=[False]
    )
    note: str = Field(description="A few words for people; empty: none.", examples=["Inventory"])
    started_at: Timestamp = Field(
        description="When it began: what is expected is of this moment (RFC 3339, UTC).",
        examples=["2026-11-21T18:02:11Z"],
    )
    submitted_at: Timestamp | None = Field(
        description="When it was submitted (RFC 3339, UTC); null: not.", examples=[None]
    )
    closed_at: Timestamp | None = Field(
        description="When it was decided, or cancelled (RFC 3339, UTC); null: not.", examples=[None]
    )
    opened_by: str = Field(description="Id of the key that opened it.", examples=["k3f9"])
    submitted_by: str | None = Field(
        description="Id of the key that submitted it; null: none.", examples=[None]
    )
    closed_by: str | None = Field(
        description="Id of the key that decided; null: none, or `auto`.", examples=[None]
    )
    auto: bool = Field(description="Whether its tolerance approved it, and nobody.", examples=[False])
    reason: str = Field(description="What was said of the decision; empty: nothing.", examples=[""])
    incomplete: tuple[str, ...] = Field(
        description="Zones of which a part alone was gone through.", examples=[[]]
    )
    entries: int = Field(ge=0, description="Entries taken in.", examples=[41])
    totals: CountTotals | None = Field(
        description="What came out. null: not submitted yet, or not for this key."
    )
    version: int = Field(ge=1, description="Grows with each step and each batch of entries.", examples=[3])


class CountCounter(Answer):
    """The figure of one who counts."""

    counter: str = Field(description="Who.", examples=["a"])
    qty: int = Field(ge=0, description="Pieces, single tags left out.", examples=[4])


class CountLineBody(Answer):
    """One article in one zone of a count."""

    sku: SkuField
    zone: str = Field(description="Id of the zone.", examples=["denim"])
    seen: int | None = Field(description="Pieces seen; null: nobody counted it yet.", examples=[4])
    expected: int | None = Field(
        description="Pieces expected at the moment it was counted: those at the start, and what moved until then."
        + _HIDDEN,
        examples=[5],
    )
    expected_at_start: int | None = Field(
        description="Pieces expected when the count began." + _HIDDEN, examples=[6]
    )
    missing: int | None = Field(description="Pieces expected and not seen." + _HIDDEN, examples=[1])
    extra: int | None = Field(description="Pieces seen and not expected." + _HIDDEN, examples=[0])
    missing_epcs: tuple[str, ...] | None = Field(
        description="Tags that are believed here and were not seen, upper-case hex." + _HIDDEN,
        examples=[["3034257BF400B7800004CB2F"]],
    )
    extra_epcs: tuple[str, ...] | None = Field(
        description="Tags that were seen here and are believed elsewhere, or gone, upper-case hex." + _HIDDEN,
        examples=[[]],
    )
    moved_meanwhile: int | None = Field(
        description="Pieces that moved between its first and its last entry; above 0 it needs a person."
        + _HIDDEN,
        examples=[0],
    )
    within_tolerance: bool | None = Field(
        description="Whether it is within the tolerance; null: not submitted yet, or not for this key.",
        examples=[None],
    )
    counters: tuple[CountCounter, ...] = Field(description="Figures of those who count, which add up.")
    counted_at: Timestamp | None = Field(
        description="When something of it was last seen (RFC 3339, UTC); null: not yet.",
        examples=["2026-11-21T18:12:40Z"],
    )
    to_recount: bool = Field(description="Whether it is to be counted once more.", examples=[False])


class CountLineList(Answer):
    """A page of lines, by zone and SKU. Of a count that is over, the lines that were off."""

    items: tuple[CountLineBody, ...] = Field(description="The lines of this page.")
    next_cursor: NextCursor


class CountList(Answer):
    """A page of counts, newest first."""

    items: tuple[CountBody, ...] = Field(description="The counts of this page.")
    next_cursor: NextCursor


class CountEntryOutcome(Answer):
    """What became of one entry."""

    index: int = Field(ge=0, description="Place of the entry in the batch, from 0.", examples=[0])
    entry_id: str = Field(description="Its id.", examples=["tablet-3:000184"])
    outcome: Literal["applied", "duplicate", "refused"] = Field(
        description="applied: on disk now. duplicate: was applied before; nothing changed. refused: see code.",
        examples=["applied"],
    )
    sku: str | None = Field(description="SKU that it was taken for; null: none.", examples=["DEN-501-32"])
    code: str | None = Field(
        description="Why it was refused: unknown_sku, zone_not_counted, sku_not_counted, not_to_recount, "
        "entry_id_reused, count_full; null: it was not.",
        examples=[None],
    )
    detail: str | None = Field(description="The same for a person; null: not refused.", examples=[None])
    pointer: str | None = Field(
        description="JSON pointer to what was wrong in the request's body; null: not refused.",
        examples=[None],
    )


class CountEntryOutcomes(Answer):
    """What became of a batch."""

    results: tuple[CountEntryOutcome, ...] = Field(description="One result per entry, in order.")
    applied: int = Field(ge=0, description="Entries applied.", examples=[1])
    duplicate: int = Field(ge=0, description="Entries that were applied before.", examples=[0])
    refused: int = Field(ge=0, description="Entries refused.", examples=[0])
    version: int = Field(ge=1, description="Version of the count after them.", examples=[4])
