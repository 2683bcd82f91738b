"""The tags of one store in columns: what is believed of each, a row a tag. Pure.

A row holds P(zone), P(state of being here) and P(gone); `p_zone` sums to 1, `states` to 1 - `p_gone`.
Rows are freed when a tag is gone for good, and used again. Shapes: (capacity,) or (capacity, n).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.presence.buckets import bucket_of
from gateway.presence.rule import STATES, Floats

FIRST_CAPACITY = 256
FREE, PRESENT, DOUBTFUL, LEFT = 0, 1, 2, 3
"""Of a row: not in use; believed in the store; believed gone by silence, but not for sure; left within
this epoch (the row is freed at the end of it)."""


class Columns:
    """Grows by a quarter; `epcs[row]` is the tag of a row."""

    def __init__(self, zones: int) -> None:
        self.zones = zones
        self.used = 0
        self.capacity = FIRST_CAPACITY
        self.epcs: list[str] = []
        self.index: dict[str, int] = {}
        self._free: list[int] = []
        n = self.capacity
        self.state = np.zeros(n, np.uint8)
        self.place = np.full(n, -1, np.int16)
        self.last_zone = np.full(n, -1, np.int16)
        self.p_zone = np.zeros((n, zones), np.float32)
        self.states = np.zeros((n, STATES), np.float32)
        self.p_gone = np.zeros(n, np.float32)
        self.silence = np.zeros(n, np.float32)
        self.leaving = np.zeros(n, np.float32)
        self.passing = np.zeros(n, np.uint8)
        self.heard = np.zeros((n, zones), np.float16)
        self.last_ns = np.zeros(n, np.int64)
        self.home_ns = np.zeros(n, np.int64)
        self.changed_ns = np.zeros(n, np.int64)
        self.saved_quality = np.zeros(n, np.uint8)
        self.bucket = np.zeros(n, np.uint16)

    def add(self, epc: str) -> int:
        """Return a new row for a tag."""
        if self._free:
            row = self._free.pop()
            self.epcs[row] = epc
        else:
            row = self.used
            if row == self.capacity:
                self._grow(self.capacity + max(FIRST_CAPACITY, self.capacity // 4))
            self.used += 1
            self.epcs.append(epc)
        self.index[epc] = row
        self.heard[row] = 0
        self.silence[row] = 0.0
        self.leaving[row] = 0.0
        self.passing[row] = 0
        self.last_zone[row] = -1
        self.saved_quality[row] = 0
        self.bucket[row] = bucket_of(epc)
        return row

    def add_all(self, epcs: Sequence[str]) -> slice:
        """Return new rows for tags that are in none. Their buckets are the caller's to set."""
        first = self.used
        self.reserve(first + len(epcs))
        self.used += len(epcs)
        self.epcs += epcs
        self.index.update(zip(epcs, range(first, self.used), strict=True))
        rows = slice(first, self.used)
        self.last_zone[rows] = -1
        return rows

    def free(self, row: int) -> None:
        """Give a row back, whose tag is no more in the index."""
        self.epcs[row] = ""
        self.state[row] = FREE
        self.place[row] = -1
        self._free.append(row)

    def reserve(self, rows: int) -> None:
        """Make room for so many rows at least."""
        if rows > self.capacity:
            self._grow(max(rows, self.capacity + self.capacity // 4))

    def live(self) -> NDArray[np.intp]:
        """Return the rows in use, ascending."""
        return np.flatnonzero(self.state[: self.used])

    def _grow(self, capacity: int) -> None:
        self.capacity = capacity
        for name in (
            "state", "place", "last_zone", "p_zone", "states", "p_gone", "silence", "leaving", "passing", "heard", "last_ns",
            "home_ns", "changed_ns", "saved_quality", "bucket",
        ):  # fmt: skip
            old = getattr(self, name)
            new = np.zeros((capacity, *old.shape[1:]), old.dtype)
            new[: self.used] = old[: self.used]
            setattr(self, name, new)

    def p_present(self, row: int) -> float:
        """Return P(in the store)."""
        return float(1.0 - self.p_gone[row])

    def bytes_per_row(self) -> int:
        """Return what a row takes in the columns alone."""
        p: Floats = self.p_zone
        return p.itemsize * self.zones + 4 * STATES + 2 * self.zones + 4 + 4 + 8 * 3 + 1 + 2 + 2 + 1 + 2
