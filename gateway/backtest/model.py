"""Values of a backtest: what is stored of a store, what a rule would have told, and what came of it. Pure.

past: levels at its begin ─ steps: movements, promises, sights ─▶ the rule ─▶ episodes ─┐
                                   └──────────────────────────▶ real stock-outs ────────┴─▶ score
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.movements import Movement

NS_PER_S = 1_000_000_000
REAL_STOCK_OUT_NS = 600 * NS_PER_S
"""Nothing on hand for so long is a real stock-out: a shorter one is a piece between two antennas."""
DEFAULT_HORIZON_NS = 24 * 3_600 * NS_PER_S
"""A stock-out that comes later is not what the alert told of, where nothing else is asked for."""
MAX_TRACED = 2_000_000
"""Changes of levels that are kept for the picture (16 B each); of more, the picture shows the first ones."""
MAX_DAYS = 366
"""Longer than any season; the retention of movements is two years."""


@dataclass(frozen=True, slots=True)
class Promised:
    """Pieces of an article that were promised to a customer, or (below 0) are so no longer."""

    at_ns: int
    sku: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Sight:
    """A device that saw nothing (or too little) from a time on, or sees again. `by`: the fingerprint of its alert."""

    at_ns: int
    device: str
    by: str
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement, at the time when the gateway knew of it: so it was judged."""

    at_ns: int
    movement: Movement


Step = Moved | Promised | Sight


@dataclass(frozen=True, slots=True)
class Past:
    """What is stored of one store in [from_ns, to_ns): the levels at `from_ns` by (SKU, zone), and all steps after,
    in order of time. `movements`: how many of the steps are movements.
    """

    store: str
    from_ns: int
    to_ns: int
    levels: Mapping[tuple[str, str], int]
    steps: Iterable[Step]
    movements: int


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert that the rule would have told. `cleared_ns` None: it still stood at the end."""

    store: str
    sku: str
    zone: str | None
    since_ns: int
    fired_ns: int
    cleared_ns: int | None


@dataclass(frozen=True, slots=True)
class StockOut:
    """A time in which nothing was on hand. `until_ns` None: it lasted at the end."""

    store: str
    sku: str
    at_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The pieces on hand of an article: from each of `at_ns` on, `pieces`."""

    at_ns: "array[int]" = field(default_factory=lambda: array("q"))
    pieces: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class Lived:
    """What one store lived through while the rule was tried on it.

    `article_ns`, `unknown_ns`: time of all articles that were ever in stock, and of it what could not be known
    (nothing fires or clears then). `blind`: stretches (from, to) in which some of it could not be.
    """

    store: str
    from_ns: int
    to_ns: int
    articles: int = 0
    article_ns: int = 0
    unknown_ns: int = 0
    changes: int = 0
    episodes: list[Episode] = field(default_factory=list)
    stock_outs: list[StockOut] = field(default_factory=list)
    blind: list[tuple[int, int]] = field(default_factory=list)
    traces: dict[str, Trace] = field(default_factory=dict)


Outcome = Literal["stock_out", "none", "open"]
"""What followed an alert within the horizon; "open": the period ended before that could be said."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An episode and what came of it. `lead_ns`: from the alert to the stock-out; below 0: told after it."""

    episode: Episode
    outcome: Outcome
    lead_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Quantiles."""

    p10: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a rule would have been worth. Counts of the period; `stock_outs` = warned + told_late + missed.

    `alerts` = followed + not_followed + open. `lead_ns`: of the stock-outs that had an alert; None: of none.
    """

    days: float
    articles: int
    article_days: float
    changes: int
    unknown_share: float
    alerts: int
    followed: int
    not_followed: int
    open: int
    stock_outs: int
    warned: int
    told_late: int
    missed: int
    lead_ns: Range | None
    judged: tuple[Judged, ...]

    @property
    def alerts_per_day(self) -> float:
        """Return how often somebody would have been told, in all stores."""
        return self.alerts / self.days if self.days else 0.0

    @property
    def alerts_per_100_article_days(self) -> float | None:
        """Return it for a hundred articles in stock; None where none ever was."""
        return 100 * self.alerts / self.article_days if self.article_days else None
