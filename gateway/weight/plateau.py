"""Readings in, rests out: what lies still long enough to be weighed. Pure.

    reading ─▶ plateau (readings that agree) ─▶ settled after settle_ns: Rest(is_step=True)
                                             └▶ each REST_NS more:      Rest(is_step=False)

Rules:
- A reading that differs from the plateau by more than noise, or by a good part of a piece, starts a
  new plateau: a hand on the shelf is never at rest for long.
- Pieces lighter than that are seen in the mean of the newest readings (5 and 15 of them) instead.
- The median of a rest counts; each reading counts in one rest.
"""

from collections import deque
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median

from gateway.weight.noise import Noise

NS_PER_S = 1_000_000_000
REST_NS = 60 * NS_PER_S
"""How often a shelf that rests is weighed again: drift is a few grams in the hour."""
BREAK_SD = 5.0
"""One reading so many deviations off ends a plateau: less than one false end in a week at 1 Hz."""
MEAN_BREAK_SD = 4.5
"""The same for the mean of several."""
LEAST_BREAK_G = 12.0
"""A device that rounds to 10 g flips by as much at rest."""
BREAK_SHARE = 0.03
"""… nor does less than this share of a piece: it decides nothing."""
MEANS_OF = (5, 15)
LEAST_MEAN_BREAK_G = 6.0
MEAN_BREAK_SHARE = 0.3
"""A mean this far off ends a plateau; of a light piece, this share of it."""
KEPT_READINGS = 60
"""What readings are compared with: the newest minute at 1 Hz, so that drift stays within it."""
KEPT_NS = 120 * NS_PER_S
LEAST_KEPT = 5
"""… or the newest five of a device that reports each few minutes."""
REFERENCE_EVERY = 5
"""The reference is taken anew with every so many readings."""
MAX_FRESH = 256
"""A rest's median of more readings is no better."""
MEDIAN_VARIANCE = 1.571
"""Variance of a median of normal readings against their mean: π / 2."""
CREEP_G = 1.0
"""What a cell creeps and rounds by, that no number of readings averages out."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A shelf lay still until `at_ns`. `is_step`: something happened to it before."""

    at_ns: int
    weight_g: float
    variance_g2: float
    is_step: bool


class Plateau:
    """The readings of one shelf that agree."""

    def __init__(self, unit_weight_g: float, settle_ns: int) -> None:
        self.noise = Noise()
        self.is_settled = False
        self._unit_g = unit_weight_g
        self._settle_ns = settle_ns
        self._kept: deque[tuple[int, float]] = deque(maxlen=KEPT_READINGS)
        self._fresh: deque[float] = deque(maxlen=MAX_FRESH)
        self._since_ns = 0
        self._reference_g = 0.0
        self._reference_due = 0

    def feed(self, weight_g: float, at_ns: int) -> Rest | None:
        """Take a reading in; return the rest that is complete with it."""
        self.noise.feed(weight_g)
        if not self._kept or self._is_broken(weight_g):
            self._begin(at_ns)
        self._keep(weight_g, at_ns)
        wait_ns = REST_NS if self.is_settled else self._settle_ns
        if at_ns - self._since_ns < wait_ns or (not self.is_settled and len(self._fresh) < 2):
            return None
        return self._rest(at_ns)

    def _begin(self, at_ns: int) -> None:
        self._kept.clear()
        self._fresh.clear()
        self._since_ns = at_ns
        self._reference_due = 0
        self.is_settled = False

    def _keep(self, weight_g: float, at_ns: int) -> None:
        self._kept.append((at_ns, weight_g))
        self._fresh.append(weight_g)
        while len(self._kept) > LEAST_KEPT and self._kept[0][0] < at_ns - KEPT_NS:
            self._kept.popleft()
        self._reference_due -= 1
        if self._reference_due <= 0 or len(self._kept) < LEAST_KEPT:
            self._reference_due = REFERENCE_EVERY
            self._reference_g = median([weight for _, weight in self._kept])

    def _is_broken(self, weight_g: float) -> bool:
        least_g = max(LEAST_BREAK_G, BREAK_SHARE * self._unit_g)
        if abs(weight_g - self._reference_g) > max(BREAK_SD * self.noise.sd_g, least_g):
            return True
        if self._reference_due != 1:
            return False
        weights_g = [weight for _, weight in self._kept]
        return any(self._is_mean_off(weights_g, size) for size in MEANS_OF)

    def _is_mean_off(self, weights_g: list[float], size: int) -> bool:
        before = len(weights_g) - size
        if before < size:
            return False
        off_g = fmean(weights_g[before:]) - median(weights_g[:before])
        noise_g = MEAN_BREAK_SD * self.noise.sd_g * sqrt(1 / size + MEDIAN_VARIANCE / before)
        least_g = max(min(LEAST_MEAN_BREAK_G, MEAN_BREAK_SHARE * self._unit_g), BREAK_SHARE * self._unit_g)
        return abs(off_g) > max(noise_g, least_g)

    def _rest(self, at_ns: int) -> Rest:
        is_step, self.is_settled = not self.is_settled, True
        variance_g2 = MEDIAN_VARIANCE * self.noise.sd_g**2 / len(self._fresh) + CREEP_G**2
        rest = Rest(at_ns, median(self._fresh), variance_g2, is_step)
        self._fresh.clear()
        self._since_ns = at_ns
        return rest
