"""Weight shelves: readings in, settled piece counts out. Pure.

    reading ─▶ plateau (readings that agree) ─▶ settled after settle_ns ─▶ whole pieces, or a doubt

Rules:
- A reading that differs from the plateau by more than a fraction of a piece starts a new one: a hand
  on the shelf never becomes stock.
- A plateau is settled once two readings or more span `settle_ns`; its median counts (absolute
  rounding after a settled median beat delta trackers).
- A weight that is no whole number of pieces is a foreign item or drift: the count stays, in doubt.
- A reading older than the last is late and dropped; readings are absolute, so repeats are harmless.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median

from readers.counts import StageCounts

PLATEAU_SHARE = 0.3
"""Readings of one plateau agree within this share of a piece."""
MIN_PLATEAU_G = 12.0
"""… and never less than the noise of a cheap load cell (5 g) allows."""
WHOLE_SHARE = 0.35
"""A weight further than this share of a piece from a whole number is in doubt."""
MAX_PLATEAU_READINGS = 256
"""A plateau keeps its newest readings: a median of more is no better."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A shelf came to rest. `pieces` None: in doubt, the last count stands."""

    shelf: str
    at_ns: int
    weight_g: float
    pieces: int | None


class Shelf:
    """One weight shelf."""

    def __init__(self, shelf: str, unit_weight_g: float, tare_g: float, settle_ns: int) -> None:
        self.counts = StageCounts()
        self.last_ns = 0
        self.pieces: int | None = None
        self.in_doubt = False
        self._shelf = shelf
        self._unit_g = unit_weight_g
        self._tare_g = tare_g
        self._settle_ns = settle_ns
        self._step_g = max(PLATEAU_SHARE * unit_weight_g, MIN_PLATEAU_G)
        self._plateau: deque[tuple[int, float]] = deque(maxlen=MAX_PLATEAU_READINGS)

    def feed(self, weight_g: float, at_ns: int) -> Settled | None:
        """Take a reading in; return what settled with it, if its count or doubt changed."""
        self.counts.received += 1
        if at_ns <= self.last_ns:
            self.counts.drop("late")
            return None
        self.counts.passed += 1
        self.last_ns = at_ns
        if self._plateau and abs(weight_g - self._middle()) > self._step_g:
            self._plateau.clear()
        if not self._plateau:
            self._start_ns = at_ns
        self._plateau.append((at_ns, weight_g))
        if len(self._plateau) < 2 or at_ns - self._start_ns < self._settle_ns:
            return None
        return self._settle(at_ns)

    def restore(self, pieces: int | None) -> None:
        """Take up the count of an earlier life."""
        self.pieces = pieces

    def _middle(self) -> float:
        return median(weight for _, weight in self._plateau)

    def _settle(self, at_ns: int) -> Settled | None:
        weight_g = self._middle()
        exact = (weight_g - self._tare_g) / self._unit_g
        pieces = max(0, round(exact))
        in_doubt = abs(exact - round(exact)) > WHOLE_SHARE or exact < -WHOLE_SHARE
        if in_doubt == self.in_doubt and (in_doubt or pieces == self.pieces):
            return None
        self.in_doubt = in_doubt
        if in_doubt:
            return Settled(self._shelf, at_ns, weight_g, None)
        self.pieces = pieces
        return Settled(self._shelf, at_ns, weight_g, pieces)
