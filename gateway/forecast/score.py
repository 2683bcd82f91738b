"""What forecasts were worth: each hour of some articles is predicted, then compared with what was sold. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gateway.calibration import Bin, Mean, share
from gateway.forecast.model import ForecastReport
from gateway.forecast.negative_binomial import Doubles
from gateway.forecast.week import HOURS_OF_WEEK, NS_PER_HOUR

EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""Of P(at least one is sold in an hour): most articles sell one in days, so the bins are narrow at the low end."""
MAX_WEEKS = 8
P_LEAST = 1e-9
"""Least probability of a logarithmic loss: what was called impossible costs 21, not infinity."""


def _zeros() -> list[float]:
    return [0.0] * (len(EDGES) - 1)


@dataclass(slots=True)
class Score:
    """Sums over one week."""

    first_ns: int = 0
    last_ns: int = 0
    n: float = 0.0
    log_loss: float = 0.0
    brier: float = 0.0
    sold: float = 0.0
    unlearnt: float = 0.0
    bin_n: list[float] = field(default_factory=_zeros)
    bin_p: list[float] = field(default_factory=_zeros)
    bin_yes: list[float] = field(default_factory=_zeros)

    def add(self, other: "Score") -> None:
        """Add another week's sums."""
        for name in (f.name for f in fields(self) if not f.name.endswith("_ns")):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name.startswith("bin_"):
                setattr(self, name, [a + b for a, b in zip(mine, theirs, strict=True)])
            else:
                setattr(self, name, mine + theirs)
        self.first_ns = min(self.first_ns, other.first_ns) if self.first_ns else other.first_ns
        self.last_ns = max(self.last_ns, other.last_ns)

    def to_text(self) -> str:
        """Return the sums as text."""
        return json.dumps({f.name: getattr(self, f.name) for f in fields(self)}, separators=(",", ":"))


def score_of(text: str) -> Score:
    """Return the sums of a text, of which it takes what this version knows."""
    known = {f.name for f in fields(Score)}
    return Score(**{name: value for name, value in json.loads(text).items() if name in known})


class Scores:
    """The scores of one store by weeks since 1970; of the last of them alone."""

    def __init__(self) -> None:
        self.weeks: dict[int, Score] = {}
        self._dirty: set[int] = set()

    def at(self, hour: int) -> Score:
        """Return the sums of an hour's week, to be added to; what is older than all weeks goes into the oldest."""
        week = max(hour // HOURS_OF_WEEK, max(self.weeks, default=0) - MAX_WEEKS + 1)
        score = self.weeks.setdefault(week, Score(first_ns=hour * NS_PER_HOUR))
        score.last_ns = max(score.last_ns, (hour + 1) * NS_PER_HOUR)
        self._dirty.add(week)
        for old in [w for w in self.weeks if w <= week - MAX_WEEKS]:
            del self.weeks[old]
            self._dirty.add(old)
        return score

    def count(self, hour: int, p: Doubles, came_true: NDArray[np.bool_], losses: Doubles) -> None:
        """Take in predictions of an hour: P(at least one is sold), whether one was, and their losses."""
        score = self.at(hour)
        bins = np.clip(np.searchsorted(EDGES, p, "right") - 1, 0, len(EDGES) - 2)
        sums = [np.bincount(bins, x, len(EDGES) - 1) for x in (np.ones(len(p)), p, came_true)]
        for name, added in zip(("bin_n", "bin_p", "bin_yes"), sums, strict=True):
            setattr(score, name, (np.array(getattr(score, name)) + added).tolist())
        score.n += len(p)
        score.log_loss += float(losses.sum())
        score.brier += float(((p - came_true) ** 2).sum())

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (week, text) of the weeks that changed; None: let go."""
        weeks, self._dirty = self._dirty, set()
        for week in sorted(weeks):
            score = self.weeks.get(week)
            yield str(week), None if score is None else score.to_text()

    def restore(self, week: str, text: str) -> None:
        """Take up a week."""
        self.weeks[int(week)] = score_of(text)


def report_of(store: str, weeks: list[Score], dispersion: float) -> ForecastReport | None:
    """Return what the weeks' forecasts were worth; None where none was scored."""
    total = Score()
    for week in weeks:
        total.add(week)
    n = int(total.n)
    if n == 0:
        return None
    bins = tuple(
        Bin(low, high, total.bin_p[i] / total.bin_n[i] if total.bin_n[i] else None,
            share(int(total.bin_n[i]), int(total.bin_yes[i])))
        for i, (low, high) in enumerate(pairwise(EDGES))
    )  # fmt: skip
    gaps = sum(abs(p - yes) for p, yes in zip(total.bin_p, total.bin_yes, strict=True))
    return ForecastReport(
        store=store,
        since_ns=total.first_ns,
        until_ns=total.last_ns,
        log_loss=Mean(n, total.log_loss / n),
        brier=Mean(n, total.brier / n),
        ece=Mean(n, gaps / n),
        bins=bins,
        dispersion=dispersion,
        sold_pieces=int(total.sold),
        unlearnt_pieces=int(total.unlearnt),
    )
