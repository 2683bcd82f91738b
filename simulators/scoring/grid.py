"""The instants at which beliefs are compared with the truth, and states spread over them. Pure.

The k-th instant is `start + (k + 1) · epoch`; a state counts at an instant if it was the last one to
begin at or before it. The first part of a run is not scored: every method starts knowing nothing, and
a benchmark of stock-keeping is not one of first sightings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
WARM_UP_NS = 1_800 * NS_PER_S
WARM_UP_SHARE = 0.25
"""A run of less than two hours is warmed up for this share of it."""

Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Grid:
    """The instants of one run. `day_ns`: how long a day of the shop lasts, its night cut short or not."""

    start_ns: int
    end_ns: int
    epoch_ns: int
    day_ns: int

    @property
    def size(self) -> int:
        """Return the number of instants."""
        return (self.end_ns - self.start_ns) // self.epoch_ns

    @property
    def days(self) -> int:
        """Return the number of days that the instants fall in; the last may be a part of one."""
        return -(-self.size * self.epoch_ns // self.day_ns)

    @property
    def scored_ns(self) -> int:
        """Return when scoring begins."""
        return self.start_ns + min(WARM_UP_NS, round((self.end_ns - self.start_ns) * WARM_UP_SHARE))

    @property
    def first(self) -> int:
        """Return the first instant that is scored."""
        return self.index(self.scored_ns)

    def index(self, at_ns: int) -> int:
        """Return the first instant at or after a time, 0 … size."""
        return max(0, min(self.size, -(-(at_ns - self.start_ns) // self.epoch_ns) - 1))

    def indices(self, at_ns: Ints) -> Ints:
        """Return `index` of many times."""
        return np.clip(-(-(at_ns - self.start_ns) // self.epoch_ns) - 1, 0, self.size)

    def day(self, at_ns: int) -> int:
        """Return the day of the run that a time falls in."""
        return max(0, min(self.days - 1, (at_ns - self.start_ns) // self.day_ns))

    def day_starts(self) -> Ints:
        """Return the first instant of each day."""
        return np.arange(self.days, dtype=np.int64) * self.day_ns // self.epoch_ns


def spread(keys: Ints, at: Ints, values: Ints, shape: tuple[int, int], default: int) -> Bytes:
    """Return the state of each key at each instant, from its changes in order of time.

    `at`: the instant from which a change counts; at equal ones the last change wins. Before a key's
    first change its state is `default`.
    """
    n_keys, size = shape
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange(n_keys))
    sorted_keys = np.insert(keys[order], starts, np.arange(n_keys))
    sorted_at = np.insert(at[order], starts, 0)
    sorted_values = np.insert(values[order], starts, default)
    ends = np.append(sorted_at[1:], size)
    ends[np.append(sorted_keys[1:] != sorted_keys[:-1], True)] = size
    return np.repeat(sorted_values.astype(np.int8), ends - sorted_at).reshape(shape)


def running_sum(keys: Ints, at: Ints, deltas: Ints, shape: tuple[int, int]) -> NDArray[np.int16]:
    """Return the sum of each key's deltas up to each instant."""
    steps = np.zeros((shape[0], shape[1] + 1), dtype=np.int16)
    np.add.at(steps, (keys, at), deltas.astype(np.int16))
    return np.cumsum(steps[:, :-1], axis=1, dtype=np.int16)


def column(values: Sequence[int]) -> Ints:
    """Return whole numbers as a column."""
    return np.asarray(values, dtype=np.int64)
