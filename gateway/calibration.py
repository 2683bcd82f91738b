"""What past answers were worth: scored where a count or a till proved them right or wrong. Pure.

    count of an article in a zone ─▶ the level answered just before it, against what was counted
    sale of a piece               ─▶ one-sided: at that moment there was at least one

The two are kept apart. A count that would also have told of none says whether P(N >= 1) came true; one
that names what it found alone (a scanner's) always finds something, so it judges quantities and no
probability. What was answered UNKNOWN promised nothing: it is counted and not scored.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import log, sqrt

BINS = 10
"""Bins of P(N >= 1): a tenth each, as reliability diagrams are drawn."""
MIN_N = 20
"""Proofs below which a share is not drawn: of 20 right ones a share still may be as low as 0.84."""
P_LEAST = 0.0001
"""Least probability of a logarithmic loss: a sale of what was called impossible costs 9.2, not infinity."""
PERIOD_NS = 30 * 86_400 * 1_000_000_000
MAX_PERIODS = 13
"""Months kept of each store: a year and a bit, so that seasons show and old readers do not flatter new ones."""
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered just before the proof, of the very scope that it proved. Pieces.

    `expected` and `p_at_least_one` are None where no belief was told; `is_unknown`: nothing was promised.
    """

    pieces: int
    expected: float | None
    p_at_least_one: float | None
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """`yes` of `n`, with the range that holds the true share 19 times of 20 (Wilson); None where n = 0."""

    n: int
    yes: int
    share: float | None
    range_95: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose P(N >= 1) lay in [low, high): their mean, and how often it came true."""

    low: float
    high: float
    mean_p: float | None
    came_true: Share


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `n` values; None where n = 0."""

    n: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What past answers of one store were worth. Times in ns, errors in pieces.

    `bins`, `brier` and `ece` are of P(N >= 1), by counts that would have told of none.
    `error`: mean of |answered - counted|; `bias`: mean of answered - counted; the same for `expected`.
    """

    store: str
    since_ns: int
    until_ns: int
    min_n: int
    exact: Share
    error: Mean
    bias: Mean
    expected_error: Mean
    counts_unknown: int
    bins: tuple[Bin, ...]
    brier: Mean
    ece: Mean
    sales_out_of_stock: Share
    sales_log_loss: Mean
    sales_unknown: int
    sales_left_before: int
    sales_late: int


def _zeros() -> list[float]:
    return [0.0] * BINS


@dataclass(slots=True)
class Tally:
    """Sums over one period: of constant size, whatever is proved. `bin_*` have one entry per bin."""

    first_ns: int = 0
    last_ns: int = 0
    n: int = 0
    exact: int = 0
    error: float = 0.0
    bias: float = 0.0
    n_expected: int = 0
    expected_error: float = 0.0
    counts_unknown: int = 0
    brier: float = 0.0
    bin_n: list[float] = field(default_factory=_zeros)
    bin_p: list[float] = field(default_factory=_zeros)
    bin_yes: list[float] = field(default_factory=_zeros)
    sales: int = 0
    sales_out_of_stock: int = 0
    n_log_loss: int = 0
    log_loss: float = 0.0
    sales_unknown: int = 0
    sales_left_before: int = 0
    sales_late: int = 0

    def note(self, at_ns: int) -> None:
        """Take note of when something was proved."""
        self.first_ns = min(self.first_ns, at_ns) if self.first_ns else at_ns
        self.last_ns = max(self.last_ns, at_ns)

    def add(self, other: "Tally") -> None:
        """Add another period's sums."""
        first_ns, last_ns = self.first_ns, self.last_ns
        for name in (f.name for f in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            both = (
                [a + b for a, b in zip(mine, theirs, strict=True)]
                if name.startswith("bin_")
                else mine + theirs
            )
            setattr(self, name, both)
        self.first_ns, self.last_ns = first_ns, last_ns
        self.note(other.first_ns)
        self.note(other.last_ns)


class Calibration:
    """The proofs of all stores, by months. One owner calls it."""

    def __init__(self) -> None:
        self._periods: dict[str, dict[int, Tally]] = {}
        self._dirty: set[tuple[str, int]] = set()

    def counted(
        self, store: str, answered: Answered, pieces: int, at_ns: int, *, tells_of_none: bool
    ) -> None:
        """A person counted `pieces` where `answered` was the answer just before.

        `tells_of_none`: the count would have told of an article of which there is none.
        """
        tally = self._tally(store, at_ns)
        if answered.is_unknown:
            tally.counts_unknown += 1
            return
        tally.n += 1
        tally.exact += answered.pieces == pieces
        tally.error += abs(answered.pieces - pieces)
        tally.bias += answered.pieces - pieces
        if answered.expected is not None:
            tally.n_expected += 1
            tally.expected_error += abs(answered.expected - pieces)
        if tells_of_none and answered.p_at_least_one is not None:
            p = min(1.0, max(0.0, answered.p_at_least_one))
            place = min(BINS - 1, int(p * BINS))
            tally.bin_n[place] += 1
            tally.bin_p[place] += p
            tally.bin_yes[place] += pieces > 0
            tally.brier += (p - (pieces > 0)) ** 2

    def sold(self, store: str, answered: Answered, at_ns: int, *, had_left: bool = False) -> None:
        """A piece was sold: at `at_ns` there was at least one. `had_left`: it was noticed leaving before."""
        tally = self._tally(store, at_ns)
        if had_left:
            tally.sales_left_before += 1
        elif answered.is_unknown:
            tally.sales_unknown += 1
        else:
            tally.sales += 1
            tally.sales_out_of_stock += answered.pieces <= 0
            if answered.p_at_least_one is not None:
                tally.n_log_loss += 1
                tally.log_loss -= log(min(1.0, max(P_LEAST, answered.p_at_least_one)))

    def sold_late(self, store: str, at_ns: int) -> None:
        """A sale was told too late for what was answered at its time to be known any more."""
        self._tally(store, at_ns).sales_late += 1

    def report(self, store: str) -> CalibrationReport | None:
        """Return what is proved of a store; None where nothing is."""
        periods = self._periods.get(store)
        if not periods:
            return None
        total = Tally()
        for tally in periods.values():
            total.add(tally)
        return _report(store, total)

    def _tally(self, store: str, at_ns: int) -> Tally:
        """Return the month's sums; what lies before the oldest month kept goes into that one."""
        periods = self._periods.setdefault(store, {})
        month = at_ns // PERIOD_NS
        if month not in periods and len(periods) >= MAX_PERIODS:
            month = max(month, min(periods))
        tally = periods.setdefault(month, Tally())
        if len(periods) > MAX_PERIODS:
            oldest = min(periods)
            del periods[oldest]
            self._dirty.add((store, oldest))
        tally.note(at_ns)
        self._dirty.add((store, month))
        return tally

    # -- persistence ---------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (key, text) of the months that changed since the last call; None: let go."""
        dirty, self._dirty = self._dirty, set()
        rows: list[tuple[str, str | None]] = []
        for store, month in sorted(dirty):
            tally = self._periods[store].get(month)
            text = None if tally is None else json.dumps(_saved(tally), separators=(",", ":"))
            rows.append((f"{store}/{month}", text))
        return rows

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` wrote, with the sums that this version knows."""
        known = {f.name for f in fields(Tally)}
        for key, text in rows:
            store, _, month = key.rpartition("/")
            kept = {name: value for name, value in json.loads(text).items() if name in known}
            self._periods.setdefault(store, {})[int(month)] = Tally(**kept)


def _saved(tally: Tally) -> dict[str, object]:
    return {f.name: getattr(tally, f.name) for f in fields(tally)}


def _report(store: str, total: Tally) -> CalibrationReport:
    bins = tuple(
        Bin(i / BINS, (i + 1) / BINS, total.bin_p[i] / n if n else None, share(int(n), int(total.bin_yes[i])))
        for i, n in enumerate(total.bin_n)
    )
    n_p = int(sum(total.bin_n))
    gaps = sum(abs(p - yes) for p, yes in zip(total.bin_p, total.bin_yes, strict=True))
    return CalibrationReport(
        store=store,
        since_ns=total.first_ns,
        until_ns=total.last_ns,
        min_n=MIN_N,
        exact=share(total.n, total.exact),
        error=_mean(total.n, total.error),
        bias=_mean(total.n, total.bias),
        expected_error=_mean(total.n_expected, total.expected_error),
        counts_unknown=total.counts_unknown,
        bins=bins,
        brier=_mean(n_p, total.brier),
        ece=_mean(n_p, gaps),
        sales_out_of_stock=share(total.sales, total.sales_out_of_stock),
        sales_log_loss=_mean(total.n_log_loss, total.log_loss),
        sales_unknown=total.sales_unknown,
        sales_left_before=total.sales_left_before,
        sales_late=total.sales_late,
    )


def _mean(n: int, total: float) -> Mean:
    return Mean(n, total / n if n else None)


def share(n: int, yes: int) -> Share:
    """Return a share with its 95 % range (Wilson 1927: right for small n and for shares near 0 or 1)."""
    if n == 0:
        return Share(0, 0, None, None)
    p, z2 = yes / n, Z_95 * Z_95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Share(n, yes, p, (max(0.0, middle - half), min(1.0, middle + half)))
