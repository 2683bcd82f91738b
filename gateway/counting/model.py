"""Counts and adjustments as values: what is asked, how a count stands, why something is refused. Pure.

open ──submit──▶ submitted ──approve──▶ approved
  ▲                  │ └────reject────▶ rejected
  └─────recount──────┘
open, submitted ──cancel──▶ cancelled
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

CountState = Literal["open", "submitted", "approved", "rejected", "cancelled"]
By = Literal["rfid", "scanner", "hand", "mixed"]
Mode = Literal["add", "set"]
Verb = Literal["submit", "approve", "reject", "cancel", "recount"]
Reason = Literal["damaged", "lost", "found", "theft", "sample", "donated", "correction"]

KNOWLEDGE = frozenset({"lost", "found", "correction"})
"""Reasons by which nothing moves in the shop: what was known of it was wrong."""
LASTING_REFUSALS = frozenset(
    {"zone_being_counted", "stale_quantity", "below_zero", "tags_elsewhere", "nothing_to_count"}
)
"""Refusals that the shop's state decided: they answer the repeats of a request too."""
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a line may be off and be right all the same: pieces, or a share of those expected in percent."""

    pieces: int = 0
    percent: float = 0.0

    def allows(self, expected: int, off: int) -> bool:
        """Return whether a line that is off by so many pieces (either way) is within it."""
        return abs(off) <= max(self.pieces, expected * self.percent / 100.0)


@dataclass(frozen=True, slots=True)
class NewCount:
    """A count to be opened. Empty `zones`: the whole store; neither `skus` nor `department`: every article.

    `second_key`: what is beyond the tolerance is approved by another key than the one that submitted it.
    """

    store: str
    zones: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    department: str | None = None
    blind: bool = False
    by: By = "mixed"
    tolerance: Tolerance = Tolerance()
    second_key: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class CountTotals:
    """A count in figures, its lines summed up. Pieces; `off`: the sum of what each line is off by, either way."""

    lines: int = 0
    right: int = 0
    expected: int = 0
    counted: int = 0
    off: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """A count session as it stands. Times in ns; `totals` None until it was submitted.

    `auto`: it was approved by its tolerance, by nobody. `version` grows with each step and batch of entries.
    """

    id: str
    store: str
    state: CountState
    zones: tuple[str, ...]
    skus: tuple[str, ...]
    department: str | None
    blind: bool
    by: By
    tolerance: Tolerance
    second_key: bool
    note: str
    started_ns: int
    opened_by: str
    submitted_ns: int | None = None
    submitted_by: str | None = None
    closed_ns: int | None = None
    closed_by: str | None = None
    auto: bool = False
    reason: str = ""
    incomplete: tuple[str, ...] = ()
    entries: int = 0
    totals: CountTotals | None = None
    version: int = 1

    @property
    def is_live(self) -> bool:
        """Return whether it is not over."""
        return self.state in {"open", "submitted"}


@dataclass(frozen=True, slots=True)
class CountLine:
    """One article in one zone of a count. Pieces.

    `expected`: at the moment it was counted, which is the level at the start and what moved until then;
    `seen` None: nobody looked yet. `missing_epcs`, `extra_epcs`: single tags, where it is known by tags.
    `moved_meanwhile`: pieces moved between its first and its last entry, so that nobody can say whether
    they are in what was seen.
    """

    sku: str
    zone: str
    expected_at_start: int
    expected: int
    seen: int | None
    missing: int
    extra: int
    missing_epcs: tuple[str, ...]
    extra_epcs: tuple[str, ...]
    counters: tuple[tuple[str, int], ...]
    counted_ns: int | None
    moved_meanwhile: int
    to_recount: bool
    within_tolerance: bool | None


@dataclass(frozen=True, slots=True)
class CountEntry:
    """What somebody saw: `qty` pieces of an article in a zone, or this very tag. `counter`: who of several."""

    entry_id: str
    zone: str | None
    sku: str | None = None
    gtin: str | None = None
    epc: str | None = None
    qty: int = 1
    mode: Mode = "add"
    counter: str = ""


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one entry. `pointer` is relative to the entry."""

    entry_id: str
    outcome: Literal["applied", "duplicate", "refused"]
    sku: str | None = None
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a batch, and the count after it."""

    count: Count
    results: tuple[EntryResult, ...]


@dataclass(frozen=True, slots=True)
class CountCommand:
    """A step of a count. `version`: that it is known at; None: whichever. `incomplete` (submit): zones of which
    not all was gone through. `lines` (recount): (sku, zone), a SKU of None being all of the zone.
    """

    verb: Verb
    version: int | None = None
    incomplete: tuple[str, ...] = ()
    lines: tuple[tuple[str | None, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was done. `faults`: (JSON pointer, reason). `current`: pieces now, of a stale quantity."""

    code: str
    detail: str
    faults: tuple[tuple[str, str], ...] = ()
    current: int | None = None


@dataclass(frozen=True, slots=True)
class NewAdjustment:
    """A correction of one level: of a zone, or (None) of the store. One of `delta` and `set_to` is given.

    `change_from`: the pieces as the caller knew them.
    """

    store: str
    sku: str
    change_from: int
    reason: Reason
    zone: str | None = None
    delta: int | None = None
    set_to: int | None = None
    reference: str = ""
    note: str = ""
    epcs: tuple[str, ...] = ()

    @property
    def pieces(self) -> int:
        """Return the pieces to be added."""
        return self.delta if self.delta is not None else (self.set_to or 0) - self.change_from


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction that took effect. `zones`: (zone, pieces added to it); `seq`: place in the store's journal,
    0 where that is not told yet.
    """

    id: str
    store: str
    sku: str
    at_ns: int
    zones: tuple[tuple[str, int], ...]
    reason: str
    reference: str
    note: str
    epcs: tuple[str, ...] = ()
    on_hand: int | None = None
    seq: int = 0


CountOutcome = Count | Refused
EnteredOutcome = Entered | Refused
AdjustmentOutcome = Adjustment | Refused


@dataclass(frozen=True, slots=True)
class CountQuery:
    """Which counts are wanted, newest first; `before` = (started_ns, id) of the last of the page before."""

    store: str
    states: tuple[str, ...] = ()
    before: tuple[int, str] | None = None
    limit: int = 50


# -- as JSON ---------------------------------------------------------------------------------------------


def count_json(count: Count) -> dict[str, Any]:
    """Return a count for JSON."""
    return asdict(count)


def count_of(raw: dict[str, Any]) -> Count:
    """Return the count that `count_json` wrote."""
    totals = raw.get("totals")
    return Count(
        **{
            **raw,
            "zones": tuple(raw["zones"]),
            "skus": tuple(raw["skus"]),
            "incomplete": tuple(raw["incomplete"]),
            "tolerance": Tolerance(**raw["tolerance"]),
            "totals": None if totals is None else CountTotals(**totals),
        }
    )


class CountForm:
    """How the answer to a request for a count is stored."""

    def is_lasting(self, outcome: CountOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Count) or outcome.code in LASTING_REFUSALS

    def write(self, outcome: CountOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, Refused):
            return json.dumps({"refused": asdict(outcome)})
        return json.dumps({"count": count_json(outcome)})

    def read(self, text: str) -> CountOutcome:
        """Return the outcome that `write` wrote."""
        raw = json.loads(text)
        return refused_of(raw["refused"]) if "refused" in raw else count_of(raw["count"])


class AdjustmentForm:
    """How the answer to a request for an adjustment is stored."""

    def is_lasting(self, outcome: AdjustmentOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Adjustment) or outcome.code in LASTING_REFUSALS

    def write(self, outcome: AdjustmentOutcome) -> str:
        """Return the outcome as JSON."""
        name = "refused" if isinstance(outcome, Refused) else "adjustment"
        return json.dumps({name: asdict(outcome)})

    def read(self, text: str) -> AdjustmentOutcome:
        """Return the outcome that `write` wrote."""
        raw = json.loads(text)
        if "refused" in raw:
            return refused_of(raw["refused"])
        made = raw["adjustment"]
        zones = tuple((zone, pieces) for zone, pieces in made["zones"])
        return Adjustment(**{**made, "zones": zones, "epcs": tuple(made["epcs"])})


def refused_of(raw: dict[str, Any]) -> Refused:
    """Return a refusal from JSON."""
    return Refused(**{**raw, "faults": tuple((p, r) for p, r in raw["faults"])})
