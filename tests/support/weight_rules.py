"""Rules that weight shelves are counted by elsewhere, for comparison: absolute rounding and delta trackers."""

from collections import deque
from statistics import median

PLATEAU_SHARE = 0.3
MIN_PLATEAU_G = 12.0
WHOLE_SHARE = 0.35
MAX_READINGS = 256


class SettledMedian:
    """Readings that agree within a share of a piece, and their median once they span `settle_ns`."""

    def __init__(self, unit_g: float, settle_ns: int) -> None:
        self._settle_ns = settle_ns
        self._step_g = max(PLATEAU_SHARE * unit_g, MIN_PLATEAU_G)
        self._plateau: deque[tuple[int, float]] = deque(maxlen=MAX_READINGS)
        self._start_ns = 0
        self._due = 0
        self._middle_g = 0.0

    def feed(self, weight_g: float, at_ns: int) -> float | None:
        """Take a reading in; return the median of what has settled."""
        if self._plateau and abs(weight_g - self._middle_g) > self._step_g:
            self._plateau.clear()
        if not self._plateau:
            self._start_ns = at_ns
            self._due = 0
        self._plateau.append((at_ns, weight_g))
        self._due -= 1
        if self._due <= 0 or len(self._plateau) < 16:
            self._due = 5
            self._middle_g = median([weight for _, weight in self._plateau])
        settled = len(self._plateau) > 1 and at_ns - self._start_ns >= self._settle_ns
        return self._middle_g if settled else None


class AbsoluteRounding:
    """The settled weight over the unit weight, rounded; far from a whole number the last count stands."""

    def __init__(self, unit_g: float, tare_g: float, settle_ns: int = 15_000_000_000) -> None:
        self.pieces: int | None = None
        self._unit_g = unit_g
        self._tare_g = tare_g
        self._settled = SettledMedian(unit_g, settle_ns)

    def feed(self, weight_g: float, at_ns: int) -> None:
        """Take a reading in."""
        if (settled_g := self._settled.feed(weight_g, at_ns)) is None:
            return
        exact = (settled_g - self._tare_g) / self._unit_g
        if abs(exact - round(exact)) <= WHOLE_SHARE and exact >= -WHOLE_SHARE:
            self.pieces = max(0, round(exact))


class DeltaTracker:
    """The first count by rounding; then each step between two settled weights, rounded, is added.

    With `settle_ns` of 3 s the quick tracker, with 15 s the patient one. Drift is followed at rest.
    """

    def __init__(self, unit_g: float, tare_g: float, settle_ns: int) -> None:
        self.pieces: int | None = None
        self._unit_g = unit_g
        self._tare_g = tare_g
        self._level_g = 0.0
        self._settled = SettledMedian(unit_g, settle_ns)

    def feed(self, weight_g: float, at_ns: int) -> None:
        """Take a reading in."""
        if (settled_g := self._settled.feed(weight_g, at_ns)) is None:
            return
        if self.pieces is None:
            self.pieces = max(0, round((settled_g - self._tare_g) / self._unit_g))
        else:
            self.pieces = max(0, self.pieces + round((settled_g - self._level_g) / self._unit_g))
        self._level_g = settled_g
