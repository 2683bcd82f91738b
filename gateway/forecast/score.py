"""What forecasts were worth: each hour of some articles is predicted, then compared with what was sold. Pure."""

import json
from dataclasses import dataclass, field, fields
from itertools import pairwise

from gateway.calibration import Bin, Mean, share
from gateway.forecast.model import ForecastReport

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
