"""What a day of a store (or of one department of it) adds up to: sums that days are merged by. Pure.

areas   articles × open time, by what was known of them (ns)
lost    expected demand while nothing could be sold: low, mean, high (millionths of a piece)
events  how often something happened, and how long things took, in bins of 10 %
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any, Literal

FLOOR, BEHIND, ELSEWHERE, NONE, SHELF_UNKNOWN, OUT, STOCK_UNKNOWN = range(7)
"""Places in `areas`. The first five share out all articles; OUT and STOCK_UNKNOWN tell of their stock besides."""
SLOTS = 7
SHELF_SLOTS = 5
BOUNDS = 3
"""low, mean, high."""
MICRO = 1_000_000
BIN_RATIO = 1.1
MAX_BIN = 160
"""Of durations in seconds: 1.1^160 s is seven weeks; longer ones count as that."""

Event = Literal[
    "made", "collected", "released", "expired", "short", "at_risk", "resecured", "counted", "counted_exact",
    "counted_unknown", "counted_pieces", "counted_error", "reads_of_sold",
]  # fmt: skip
Timing = Literal["ready", "refill"]


def bin_of(seconds: float) -> int:
    """Return the bin of a duration; its value is off by 5 % at most."""
    return min(MAX_BIN, max(0, round(log(max(1.0, seconds)) / log(BIN_RATIO))))


def quantile(bins: Mapping[int, int], share: float) -> float | None:
    """Return the duration (s) that `share` of those binned do not exceed; None of none."""
    total = sum(bins.values())
    reached = 0
    for place in sorted(bins):
        reached += bins[place]
        if reached >= share * total:
            return float(BIN_RATIO**place)
    return None


@dataclass(slots=True)
class Tally:
    """The sums. `open_ns`: open time that was accounted for."""

    open_ns: int = 0
    areas: list[int] = field(default_factory=lambda: [0] * SLOTS)
    lost: list[int] = field(default_factory=lambda: [0] * BOUNDS)
    is_rated: bool = False
    events: Counter[str] = field(default_factory=Counter)
    ready: Counter[int] = field(default_factory=Counter)
    refill: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add another time of the same articles."""
        self.open_ns += other.open_ns
        self.add_articles(other)
        self.events.update(other.events)
        self.ready.update(other.ready)
        self.refill.update(other.refill)

    def add_articles(self, other: "Tally") -> None:
        """Add what other articles were like at the same time."""
        self.areas = [mine + theirs for mine, theirs in zip(self.areas, other.areas, strict=True)]
        self.lost = [mine + theirs for mine, theirs in zip(self.lost, other.lost, strict=True)]
        self.is_rated = self.is_rated or other.is_rated

    def took(self, timing: Timing, seconds: float) -> None:
        """Note how long something took."""
        bins = self.ready if timing == "ready" else self.refill
        bins[bin_of(seconds)] += 1

    @property
    def has_events(self) -> bool:
        """Return whether anything happened."""
        return bool(self.events or self.ready or self.refill)

    def to_json(self) -> str:
        """Return it as JSON."""
        fields: dict[str, Any] = {"open": self.open_ns, "areas": self.areas, "lost": self.lost}
        counted = {"events": self.events, "ready": self.ready, "refill": self.refill}
        fields |= {"rated": self.is_rated} | {name: counts for name, counts in counted.items() if counts}
        return json.dumps(fields, separators=(",", ":"))


def tally_of(text: str) -> Tally:
    """Return what `Tally.to_json` wrote."""
    raw = json.loads(text)
    return Tally(
        raw["open"],
        list(raw["areas"]),
        list(raw["lost"]),
        raw["rated"],
        Counter(raw.get("events", {})),
        Counter({int(place): n for place, n in raw.get("ready", {}).items()}),
        Counter({int(place): n for place, n in raw.get("refill", {}).items()}),
    )
