"""What a soak must show, judged by rule: memory and files that stay, nothing lost, a load that was there. Pure.

A slope is that of Theil and Sen over the medians of blocks of samples, with Sen's 95 % range: one stray
sample, or a step while memory settles, moves neither far; a leak moves both. What holds is what the range
shows: a run too short to tell does not hold.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median

MIB = 1 << 20
WARM_UP_SHARE, MOST_WARM_UP_S = 0.25, 300.0
"""Not judged: tables and caches of the interpreter, of SQLite and of belief fill up to what the load needs."""
BLOCKS = 15
LEAST_BLOCKS = 6
"""Fewer than this, and no order of them would be beyond chance."""
NORMAL_95 = 1.96
MOST_MEMORY_MIB_PER_H = 24.0
"""One byte kept of each read is 69 MiB/h at 20,000 reads/s; an allocator's last pages are some MiB in half an hour."""
MOST_FILE_MIB_PER_H = 24.0
"""One row kept of each movement and till event is above this; what pruning leaves to grow is pages not yet reused."""
MOST_WAL_BYTES = 96 * MIB
"""The write-ahead log is cut at 64 MiB; a commit that is under way comes on top."""
MOST_LOOK_UP_P99_MS = 250.0
"""An answer that a shop's page waits for; the end of an epoch is in it, and a publisher and a broker on the same cores."""
MOST_IN_A_PASS = 20_000
"""Observations of one pass of the gateway: those that wait for the end of their epoch are counted after it."""
LEAST_RATE = 0.95
"""Share of the asked load that must have come, else the run shows nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look from outside. `at_s` counts from the begin of the load; reads count from then on too.

    `missing`: reads that the gateway's own counts cannot account for, over all stages; `let_go`: rows that
    retention took out; `rows` by table.
    """

    at_s: float
    rss_bytes: int
    db_bytes: int
    wal_bytes: int
    held: int
    acknowledged: int
    received: int
    missing: int
    let_go: int
    look_up_p50_ms: float
    look_up_p99_ms: float
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known once the load has ended and all of it has settled.

    Reads: handed to the broker, acknowledged by it, and counted by the gateway, taken or dropped for a
    reason. Till events: pieces that the acknowledged ones leave, and pieces in stock.
    """

    published: int
    acknowledged: int
    taken: int
    dropped: Counter[str]
    till_events: int
    till_pieces: int
    stock_pieces: int
    missing: int
    reconnects: int
    look_ups: int
    failed_look_ups: int
    look_up_p50_ms: float
    look_up_p99_ms: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the run was set up with."""

    reads_per_s: float
    max_held: int


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth per hour, in the unit of the values, with its 95 % range."""

    per_hour: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: what was found, in words, and whether it holds."""

    name: str
    holds: bool
    words: str


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples after the warm-up."""
    if not samples:
        return []
    warm_up_s = min(WARM_UP_SHARE * samples[-1].at_s, MOST_WARM_UP_S)
    return [sample for sample in samples if sample.at_s >= warm_up_s]


def slope(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Slope:
    """Return how a value grows; without end in both directions where there is too little to tell."""
    points = list(_blocks(samples, value))
    if len(points) < LEAST_BLOCKS:
        return Slope(math.nan, -math.inf, math.inf)
    slopes = sorted(
        3_600 * (later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in combinations(points, 2)
    )
    n = len(points)
    spread = NORMAL_95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low, high = math.floor((len(slopes) - spread) / 2), math.ceil((len(slopes) + spread) / 2)
    return Slope(median(slopes), slopes[max(low, 0)], slopes[min(high, len(slopes) - 1)])


def _blocks(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Iterator[tuple[float, float]]:
    """Yield the medians of blocks as (time, value)."""
    count = min(BLOCKS, len(samples))
    for number in range(count):
        block = samples[len(samples) * number // count : len(samples) * (number + 1) // count]
        yield median(s.at_s for s in block), median(value(s) for s in block)


def judge(samples: Sequence[Sample], ending: Ending, bounds: Bounds) -> list[Check]:
    """Return every rule's verdict."""
    calm = settled(samples)
    return [
        _load(samples, ending, bounds),
        _growth("memory", slope(calm, lambda s: s.rss_bytes / MIB), MOST_MEMORY_MIB_PER_H),
        _growth("store's file", slope(calm, lambda s: s.db_bytes / MIB), MOST_FILE_MIB_PER_H),
        _let_go(samples),
        _most("write-ahead log", max((s.wal_bytes for s in samples), default=0) / MIB, MOST_WAL_BYTES / MIB, "MiB"),
        _most("held observations", max((s.held for s in samples), default=0), bounds.max_held, "observations"),
        _nothing_lost(ending),
        _conserved(samples, ending),
        _till(ending),
        _most("look-ups, p99", ending.look_up_p99_ms, MOST_LOOK_UP_P99_MS, "ms"),
        _most("look-ups that failed", ending.failed_look_ups, 0, "look-ups"),
        _most("connections lost", ending.reconnects, 0, "reconnects"),
    ]  # fmt: skip


def _load(samples: Sequence[Sample], ending: Ending, bounds: Bounds) -> Check:
    took_s = samples[-1].at_s if samples else 0.0
    rate = ending.published / took_s if took_s else 0.0
    return Check(
        "load", rate >= LEAST_RATE * bounds.reads_per_s, f"{rate:,.0f} reads/s of {bounds.reads_per_s:,.0f} asked"
    )  # fmt: skip


def _growth(name: str, found: Slope, most: float) -> Check:
    words = f"{found.per_hour:+.1f} MiB/h, between {found.low:+.1f} and {found.high:+.1f} (95 %); at most {most:g}"
    if found.high > most:
        words += ": it grows" if found.low > 0 else ": too short a run to tell; give it more minutes"
    return Check(name, found.high <= most, words)


def _most(name: str, value: float, most: float, unit: str) -> Check:
    return Check(name, value <= most, f"{value:,.6g} {unit}; at most {most:,.6g}")


def _let_go(samples: Sequence[Sample]) -> Check:
    rows = samples[-1].let_go if samples else 0
    return Check("retention", rows > 0, f"{rows:,} rows were let go for their age; at least one")


def _nothing_lost(ending: Ending) -> Check:
    counted = ending.taken + ending.dropped.total()
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(ending.dropped.items())) or "none"
    words = (
        f"{ending.acknowledged:,} acknowledged by the broker of {ending.published:,} published; "
        f"{ending.taken:,} taken, dropped: {reasons}"
    )
    return Check("reads", ending.published == ending.acknowledged == counted, words)


def _conserved(samples: Sequence[Sample], ending: Ending) -> Check:
    most = max((sample.missing for sample in samples), default=0)
    words = (
        f"received = passed + dropped + held but for {ending.missing:,} at the end, "
        f"and {most:,} at most amid a pass of up to {MOST_IN_A_PASS:,}"
    )
    return Check("counts of the stages", ending.missing == 0 and most <= MOST_IN_A_PASS, words)


def _till(ending: Ending) -> Check:
    words = (
        f"{ending.till_events:,} acknowledged leave {ending.till_pieces:,} pieces, "
        f"in stock are {ending.stock_pieces:,}"
    )
    return Check("till events", ending.till_pieces == ending.stock_pieces, words)
