"""What was told of tags row by row since their chunks were written: kept short, a few chunks at a time. Pure."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gateway.presence.buckets import BUCKETS

LEAST_TAIL = 2_000
"""Rows that are never worth a chunk: a start reads them in 20 ms."""
TAIL_SHARE = 32
"""One row in so many tags at most, in the long run: 0.2 s of the start of a million. Each change of a tag then
costs 32 rows of a chunk beside its own row (2 kB): a shop that moves 40,000 pieces a day writes 80 MB."""
CHUNKS_PER_PASS = 2
"""Chunks that one pass writes at most: 4 ms of the loop and 220 kB at a million tags."""


class Tail:
    """Rows per store and bucket since its last chunk; a row written over another counts again."""

    def __init__(self, stores: Iterable[str], least: int = LEAST_TAIL) -> None:
        self._least = least
        self._stores = tuple(stores)
        self.rows: NDArray[np.int64] = np.zeros((len(self._stores), BUCKETS), np.int64)
        self._number = {store: number for number, store in enumerate(self._stores)}

    def grew(self, store: str, bucket: int) -> None:
        """Take note of a row."""
        self.rows[self._number[store], bucket] += 1

    def due(self, tags: int) -> list[tuple[str, int]]:
        """Return the fullest (store, bucket) where the tail of so many tags is too long: their chunks are written
        now, and their rows count no more.
        """
        due: list[tuple[str, int]] = []
        most = self._least + tags // TAIL_SHARE
        while len(due) < CHUNKS_PER_PASS and self.rows.sum() > most:
            store, bucket = divmod(int(self.rows.argmax()), BUCKETS)
            self.rows[store, bucket] = 0
            due.append((self._stores[store], bucket))
        return due
