"""The values of key figures: what is told to them, what is written down, what is asked. Plain values. Pure."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.kpis.tally import Tally

By = Literal["store", "department", "day"]
MAX_KPI_DAYS = 400
"""Days of one question: a year, and the same weeks of the year before at its ends."""
MAX_KPI_ROWS = 50_000
"""Stored days that one answer is summed from: more would be a second of a core."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of one article in one store now, in pieces.

    `behind`: in the back room and in receiving; `is_known`: the answer is not UNKNOWN; `is_shelf_known`: something
    watches where its pieces stand. `changed_ns`: when a level of it changed last.
    """

    store: str
    sku: str
    department: str
    on_hand: int
    available: int
    floor: int
    behind: int
    is_known: bool
    is_shelf_known: bool
    changed_ns: int | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Pieces asked for per open hour; the range holds the true rate 8 times of 10."""

    low: float
    mean: float
    high: float


class Rates(Protocol):
    """Knows how fast articles sell."""

    def rate(self, store: str, sku: str, now_ns: int) -> Rate | None:
        """Return the rate of an article; None where nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class KpiDay:
    """The sums of one local day of a store; `department` None: of all of it. `day`: its ordinal."""

    store: str
    day: int
    department: str | None
    record: str


@dataclass(frozen=True, slots=True)
class KpiQuery:
    """Days [first, last] of stores. `department` None: whole stores, or each department where asked by that."""

    stores: tuple[str, ...]
    first: int
    last: int
    by: By
    department: str | None = None


@dataclass(slots=True)
class KpiRow:
    """One row of an answer: whose sums. `days`: how many days had any."""

    store: str
    department: str | None
    day: int | None
    days: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class KpiStore:
    """What must be known of a store to read its rows. `since_ns`: from when it counts; None: not yet."""

    store: str
    since_ns: int | None
    has_hours: bool
    today: int


@dataclass(frozen=True, slots=True)
class KpiReport:
    """The rows asked for, in order of store, department and day."""

    rows: tuple[KpiRow, ...]
    stores: tuple[KpiStore, ...]


class TooManyRowsError(Exception):
    """More than MAX_KPI_ROWS stored days would have to be summed."""


class KpisPort(Protocol):
    """Answers for key figures."""

    def today(self, store: str) -> int:
        """Return the number of a store's local day now."""
        ...

    async def report(self, query: KpiQuery) -> KpiReport:
        """Return the sums asked for, today's as far as it got. Raises TooManyRowsError."""
        ...
