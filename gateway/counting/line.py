"""The figures of one line of a count, an article in a zone: what was expected, what was seen, when. Pure.

What is compared, and why it is right while the shop is open:

    expected at the start (frozen) + what moved until the line was counted  ==?  what was seen

- A line that people count is counted at its last entry. Pieces that move between its first and its last
  entry may be in what was seen or not: they are shown, and such a line is never approved by itself.
- A line that tags tell of alone is counted until the count is submitted: a tag that leaves after it was
  seen is taken out on both sides, one that readers see coming in is seen.
- What corrected the books meanwhile (an adjustment, another count) moved nothing: it changes what is expected
  of a line counted later, and is taken back from what an approval has to change.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from gateway.counting.model import CountEntry

MAX_EPCS_TOLD = 1_000
"""Single tags told of one line: more of one article in one zone is another mistake than a lost piece."""


@dataclass(slots=True)
class Moves:
    """Pieces that levels of a line changed by since the start: `all` of them, of which `known` were corrections
    of what was known, and `faded` tags that readers lost or found again. `stirred`: moves of either sign added up.
    """

    all: int = 0
    known: int = 0
    faded: int = 0
    stirred: int = 0

    def copy(self) -> "Moves":
        """Return them as they are now."""
        return Moves(self.all, self.known, self.faded, self.stirred)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out of a line when it was submitted. `off`: seen - expected; tags by EPC."""

    expected: int
    seen: int
    off: int
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(slots=True)
class LineFigures:
    """One line. `answered`: what was answered just before the start (pieces, expected, P(N >= 1), unknown)."""

    sku: str
    zone: str
    expected: int
    since_ns: int
    answered: tuple[int, float | None, float | None, bool]
    moves: Moves = field(default_factory=Moves)
    counted_at: Moves | None = None
    first_stirred: int = 0
    counted_ns: int | None = None
    told: dict[str, int] = field(default_factory=dict)
    is_set: bool = False
    seen: dict[str, None] = field(default_factory=dict)
    came: dict[str, None] = field(default_factory=dict)
    sold_unnamed: int = 0
    to_recount: bool = False
    is_named: bool = False
    """Whether somebody said of this very article that it is to be counted again."""
    compared: Compared | None = None

    # -- what people and readers say ------------------------------------------------------------------

    def enter(self, entry: CountEntry, epc: str | None, now_ns: int) -> None:
        """Take in what somebody saw; `epc`: this very tag."""
        if self.counted_at is None or entry.mode == "set":
            self.first_stirred = self.moves.stirred
        if epc is not None:
            self.seen[epc] = None
        elif entry.mode == "set":
            self.told[entry.counter] = entry.qty
            self.is_set = True
        else:
            self.told[entry.counter] = self.told.get(entry.counter, 0) + entry.qty
        self.counted_at, self.counted_ns = self.moves.copy(), now_ns

    def read(self, epc: str, at_ns: int) -> None:
        """A reader saw a tag here since the line began to be counted."""
        self.seen[epc] = None
        self.counted_ns = max(at_ns, self.counted_ns or 0)

    def moved(self, pieces: int, *, known: bool, faded: bool) -> None:
        """The level changed by so many pieces."""
        self.moves.all += pieces
        self.moves.known += pieces if known else 0
        self.moves.faded += pieces if faded else 0
        self.moves.stirred += 0 if known else abs(pieces)

    def left(self, epc: str) -> bool:
        """A tag left; return whether it was seen before. Where people told a number too, it leaves both sides."""
        known = epc in self.seen or epc in self.came
        if epc in self.seen and self.counted_at is not None and self.told:
            self.counted_at.all -= 1
            self.first_stirred += 1
        self.seen.pop(epc, None)
        self.came.pop(epc, None)
        return known

    def begin_again(self, now_ns: int, *, is_named: bool) -> None:
        """Forget what was seen: it is counted once more."""
        self.is_named = is_named or self.is_counted
        self.told, self.seen, self.came, self.is_set = {}, {}, {}, False
        self.counted_at = self.counted_ns = self.compared = None
        self.since_ns, self.sold_unnamed, self.to_recount = now_ns, 0, True

    # -- what comes out -------------------------------------------------------------------------------

    @property
    def is_counted(self) -> bool:
        """Return whether anybody, or any reader, saw something of it (or that there is nothing)."""
        return bool(self.told or self.seen or self.counted_ns is not None)

    def pieces_seen(self, missing: int, *, by_tags: bool) -> int:
        """Return the pieces seen; `missing`: tags that were not, of which unnamed sales may have been."""
        told = sum(self.told.values())
        if by_tags:
            return max(0, len(self.seen.keys() | self.came.keys()) - max(0, self.sold_unnamed - missing))
        return told if self.is_set else told + len(self.seen)

    def is_by_tags(self, *, live: bool) -> bool:
        """Return whether tags alone tell of it; `live`: readers do, and it is tracked by them."""
        return not self.told and not self.is_set and (live or bool(self.seen))

    def expected_now(self, *, by_tags: bool) -> int:
        """Return what is expected: of tags, and of what nobody counted, now; else when it was counted last."""
        at = self.moves if by_tags or self.counted_at is None else self.counted_at
        return self.expected + at.all

    def at_compare(self, *, by_tags: bool) -> Moves:
        """Return the moves up to the moment that it is compared at."""
        return self.moves.copy() if by_tags or self.counted_at is None else self.counted_at.copy()

    @property
    def moved_meanwhile(self) -> int:
        """Return the pieces that moved between the first and the last entry of people."""
        if self.counted_at is None or not self.told:
            return 0
        return max(0, self.counted_at.stirred - self.first_stirred)

    @property
    def to_change(self) -> int:
        """Return the pieces by which the level is to change now, so that it is what was seen and what moved since."""
        if self.compared is None or self.counted_at is None:
            return 0
        return self.compared.off - (self.moves.known - self.counted_at.known)

    @property
    def seen_at_start(self) -> int:
        """Return what was there at the start, by what was seen and what moved (in truth) until then."""
        if self.compared is None or self.counted_at is None:
            return 0
        at = self.counted_at
        return max(0, self.compared.seen - (at.all - at.known - at.faded))

    # -- as JSON --------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return it to be kept over a restart."""
        state: dict[str, Any] = {
            "expected": self.expected,
            "since": self.since_ns,
            "answered": self.answered,
            "moves": _moves(self.moves),
            "counted_at": None if self.counted_at is None else _moves(self.counted_at),
            "first": self.first_stirred,
            "counted_ns": self.counted_ns,
            "told": self.told,
            "set": self.is_set,
            "seen": list(self.seen),
            "came": list(self.came),
            "unnamed": self.sold_unnamed,
            "recount": self.to_recount,
            "named": self.is_named,
        }
        if self.compared is not None:
            c = self.compared
            state["compared"] = [c.expected, c.seen, c.off, c.missing, c.extra]
        return json.dumps(state, separators=(",", ":"))


def line_of(sku: str, zone: str, text: str) -> LineFigures:
    """Return the line that `to_json` wrote."""
    raw = json.loads(text)
    pieces, expected, p, unknown = raw["answered"]
    line = LineFigures(sku, zone, raw["expected"], raw["since"], (pieces, expected, p, unknown))
    line.moves = Moves(*raw["moves"])
    line.counted_at = None if raw["counted_at"] is None else Moves(*raw["counted_at"])
    line.first_stirred, line.counted_ns, line.told = raw["first"], raw["counted_ns"], raw["told"]
    line.is_set, line.seen, line.came = raw["set"], dict.fromkeys(raw["seen"]), dict.fromkeys(raw["came"])
    line.sold_unnamed, line.to_recount, line.is_named = raw["unnamed"], raw["recount"], raw["named"]
    if "compared" in raw:
        expected_then, seen, off, missing, extra = raw["compared"]
        line.compared = Compared(expected_then, seen, off, tuple(missing), tuple(extra))
    return line


def _moves(moves: Moves) -> list[int]:
    return [moves.all, moves.known, moves.faded, moves.stirred]
