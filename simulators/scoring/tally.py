"""Sums per article and day, from which every metric and its uncertainty are made; tallies add up. Pure.

A unit is one article on one day of one run: what goes wrong with an article goes wrong for hours, so
single epochs are no independent witnesses, and the bootstrap draws units.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CHANCE_EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of P(N ≥ 1): narrow at both ends, where nearly all answers are, so that ECE sees them."""
CHANCE_BINS = len(CHANCE_EDGES) - 1
HOURS = 24


@dataclass(slots=True)
class Tally:
    """`sums[name][unit]`; `bins[name][unit, bin]` of P(N ≥ 1); `samples[name]`: [(unit, value)], such as
    delays; `parts[kind][label][name]`: sums by tag quality, by zone and by hour, over all units.
    """

    units: int
    sums: dict[str, Floats] = field(default_factory=dict)
    bins: dict[str, Floats] = field(default_factory=dict)
    samples: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    parts: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    def add(self, name: str, units: NDArray[np.int64], values: NDArray[np.float64] | float = 1.0) -> None:
        """Add values to their units."""
        weights = np.broadcast_to(np.asarray(values, dtype=np.float64), units.shape)
        total = np.bincount(units.ravel(), weights=weights.ravel(), minlength=self.units)
        self.sums[name] = self.sums.get(name, np.zeros(self.units)) + total

    def count(self, name: str, unit: int) -> None:
        """Count one event of a unit."""
        sums = self.sums.get(name)
        if sums is None:
            sums = self.sums[name] = np.zeros(self.units)
        sums[unit] += 1

    def add_part(self, kind: str, label: str, name: str, value: float) -> None:
        """Add to a sum of one part of all that there is."""
        part = self.parts.setdefault(kind, {}).setdefault(label, {})
        part[name] = part.get(name, 0.0) + value

    def sum_of(self, name: str) -> Floats:
        """Return the sums of a name, zeros where nothing was added."""
        return self.sums.get(name, np.zeros(self.units))


def merged(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of several runs: their units side by side."""
    parts = list(tallies)
    whole = Tally(sum(part.units for part in parts))
    offset = 0
    for part in parts:
        span = slice(offset, offset + part.units)
        for name, sums in part.sums.items():
            whole.sums.setdefault(name, np.zeros(whole.units))[span] = sums
        for name, bins in part.bins.items():
            whole.bins.setdefault(name, np.zeros((whole.units, bins.shape[1])))[span] = bins
        for name, samples in part.samples.items():
            whole.samples.setdefault(name, []).extend((unit + offset, value) for unit, value in samples)
        for kind, labels in part.parts.items():
            for label, names in labels.items():
                for name, value in names.items():
                    whole.add_part(kind, label, name, value)
        offset += part.units
    return whole
