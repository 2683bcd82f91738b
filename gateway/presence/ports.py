"""Where reads wait for the end of their epoch: one list per antenna, a few appends a read. Pure."""

import numpy as np
from numpy.typing import NDArray

from gateway.presence.rule import Floats


class Port:
    """One antenna. The hot path appends to its three lists, in step; `index` gives a tag's row.

    `index` holds the tags that are believed in the antenna's store; others go through
    `BeliefPresence.observe`.
    """

    __slots__ = ("antenna", "at_ns", "index", "place", "reader", "rows", "rssi_dbm", "zone")

    def __init__(self, reader: str, antenna: int, place: int, zone: int, index: dict[str, int]) -> None:
        self.reader = reader
        self.antenna = antenna
        self.place = place
        self.zone = zone
        self.index = index
        self.rows: list[int] = []
        self.at_ns: list[int] = []
        self.rssi_dbm: list[float | None] = []

    def take(self, until_ns: int) -> tuple[NDArray[np.intp], NDArray[np.int64], Floats]:
        """Return (rows, times, RSSI; NaN where none) of the reads before `until_ns`; the others wait on."""
        rows = np.array(self.rows, np.intp)
        at_ns = np.array(self.at_ns, np.int64)
        rssi_dbm = np.array(self.rssi_dbm, np.float32)
        self.rows, self.at_ns, self.rssi_dbm = [], [], []
        later = at_ns >= until_ns
        if later.any():
            self.rows, self.at_ns = rows[later].tolist(), at_ns[later].tolist()
            self.rssi_dbm = rssi_dbm[later].tolist()
            return rows[~later], at_ns[~later], rssi_dbm[~later]
        return rows, at_ns, rssi_dbm

    def take_back(self, freed: set[int]) -> list[tuple[int, int, float | None]]:
        """Return (row, time, RSSI) of the reads of rows that are free now, and wait for them no more."""
        if freed.isdisjoint(self.rows):
            return []
        waiting = list(zip(self.rows, self.at_ns, self.rssi_dbm, strict=True))
        kept = [read for read in waiting if read[0] not in freed]
        self.rows, self.at_ns = [read[0] for read in kept], [read[1] for read in kept]
        self.rssi_dbm = [read[2] for read in kept]
        return [read for read in waiting if read[0] in freed]


MANY = 500


def tag_count(rows: NDArray[np.intp]) -> int:
    """Return how many tags were read (a bound from above where they are many: it costs less)."""
    return len(np.unique(rows)) if len(rows) < MANY else len(rows)
