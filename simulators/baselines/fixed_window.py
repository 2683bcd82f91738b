"""Fixed windows: an item is there while one of the last W epochs read it. Pure.

Source: the static sliding-window smoothing filter that SMURF (VLDB 2006, §3) is compared with, and what
most middleware does with a "departed after" setting.

Rule. Epochs last 5 s. A tag is in a zone's window while an antenna of the zone read it in the last W
epochs, and in the shop while it is in any; its place is the zone that read it most within the window
(ties: the one that read it last). W = 5, 25, 120 and 720: the shorter flickers, the longer is late.

Not used: signal strength, device time (a late read looks live), heartbeats, sales, returns, deliveries,
what kind of zone it is.
"""

from collections import deque
from collections.abc import Mapping

import numpy as np

from simulators.baselines.epoch_reads import EpochReads, Integers, ReadColumns, strongest_places
from simulators.baselines.observed import EPOCH_NS, ArticleCounts, Observed, ObservedRead, ShopSetup


class FixedWindow:
    """One window length for all tags."""

    def __init__(self, setup: ShopSetup, window_epochs: int) -> None:
        if window_epochs < 1:
            raise ValueError(f"a window of {window_epochs} epochs holds nothing; give at least 1")
        self._window_epochs = window_epochs
        self._columns = ReadColumns()
        self._held: deque[tuple[Integers, Integers]] = deque()  # the epochs of the window: columns, reads
        self._reads = np.zeros(0, dtype=np.int64)  # by column, within the window
        self._last_epoch = np.zeros(0, dtype=np.int64)  # by column
        self._epoch = 0
        self._closed_ns = setup.start_ns
        self._places: Mapping[str, str] | None = {}
        self._articles = ArticleCounts(setup.sku_of)

    def observe(self, observation: Observed) -> None:
        """Count a read into the running epoch."""
        if isinstance(observation, ObservedRead):
            self._columns.add(observation)

    def advance(self, now_ns: int) -> None:
        """Close the epochs that ended; the reads shown since the last call belong to the newest."""
        passed = (now_ns - self._closed_ns) // EPOCH_NS
        if passed < 1:
            return
        self._closed_ns += passed * EPOCH_NS
        self._epoch += passed
        empty = np.zeros(0, dtype=np.int64)
        for _ in range(min(passed - 1, self._window_epochs)):
            self._slide(empty, empty)
        self._take(self._columns.close())
        self._places = None

    def _take(self, epoch: EpochReads) -> None:
        more = len(self._columns) - len(self._reads)
        if more:
            self._reads = np.pad(self._reads, (0, more))
            self._last_epoch = np.pad(self._last_epoch, (0, more))
        self._slide(epoch.columns, epoch.reads)
        self._last_epoch[epoch.columns] = self._epoch

    def _slide(self, columns: Integers, reads: Integers) -> None:
        self._reads[columns] += reads
        self._held.append((columns, reads))
        if len(self._held) > self._window_epochs:
            columns, reads = self._held.popleft()
            self._reads[columns] -= reads

    def places(self, now_ns: int) -> Mapping[str, str]:  # noqa: ARG002 - stands for the last advance
        """Return the zone of each tag that the window holds."""
        if self._places is None:
            present = np.flatnonzero(self._reads)
            self._places = strongest_places(
                self._columns, present, self._reads[present], self._last_epoch[present]
            )
        return self._places

    def counts(self) -> Mapping[str, int]:
        """Return the pieces by SKU."""
        return self._articles.count(self.places(self._closed_ns))
