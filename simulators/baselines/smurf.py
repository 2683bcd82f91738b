"""SMURF: a window per tag that adapts to how well the tag is read. Pure.

Source: Jeffery, Garofalakis, Franklin, "Adaptive Cleaning for RFID Data Streams", VLDB 2006, §4 (per-tag
cleaning, its algorithm 1), one window per tag and zone, the paper's spatial granule.

Rule. At each epoch, with S the epochs of the window of w that read the tag and p the mean over those
epochs of its read rate: the tag is present while S > 0. Then `w* = ceil(ln(1/δ) / p)`, and

    w* > w                                    → w = max(min(w + 2, w*), 1)      not yet complete: grow
    |S - w p| > 2 sqrt(w p (1 - p))           → w = max(min(w / 2, w*), 1)      a transition: shrink
    otherwise                                 → w stays

A window that holds no read starts again at w = 1 (as the paper says). The place is the zone with the most of the tag's rate
within its window (ties: the one with more epochs).

Where the paper leaves a choice: an epoch's read rate is the share of the rounds of the zone's antennas
that read the tag (epoch_reads.py says how rounds are known); the answer stands for the end of the window,
not for its middle, because stock is asked for now; windows end at 720 epochs, an hour, which bounds memory.

It takes misses for independent, which they are not: people shadow tags for minutes.

Not used: signal strength, device time (a late read looks live), heartbeats, sales, returns, deliveries,
what kind of zone it is.
"""

import math
from collections.abc import Mapping

import numpy as np

from simulators.baselines.epoch_reads import EpochReads, Floats, Integers, ReadColumns, strongest_places
from simulators.baselines.observed import EPOCH_NS, ArticleCounts, Observed, ObservedRead, ShopSetup

MAX_WINDOW_EPOCHS = 720
FIRST_COLUMNS = 1024


def required_window(rate: Floats, delta: float) -> Integers:
    """Return w*: the epochs in which a tag of this read rate is missed with probability δ at most."""
    epochs = np.ceil(math.log(1.0 / delta) / rate)
    return np.minimum(epochs, MAX_WINDOW_EPOCHS).astype(np.int64)


def adapted_window(window: Integers, seen: Integers, rate: Floats, delta: float) -> Integers:
    """Return the windows of the next epoch; `seen` is S (≥ 1), `rate` p (0 < p ≤ 1)."""
    required = required_window(rate, delta)
    grown = np.maximum(np.minimum(window + 2, required), 1)
    shrunk = np.maximum(np.minimum(window // 2, required), 1)
    expected = window * rate
    transition = np.abs(seen - expected) > 2.0 * np.sqrt(expected * (1.0 - rate))
    return np.where(required > window, grown, np.where(transition, shrunk, window))


class Smurf:
    """One δ for all tags: the chance that a window misses a tag that is there."""

    def __init__(self, setup: ShopSetup, delta: float) -> None:
        if not 0.0 < delta < 1.0:
            raise ValueError(f"δ = {delta} is no probability of a miss; give one between 0 and 1")
        self._delta = delta
        self._columns = ReadColumns()
        rows = MAX_WINDOW_EPOCHS + 1
        self._seen_sum = np.zeros((rows, FIRST_COLUMNS), dtype=np.int32)  # epochs that read, since the start
        self._rate_sum = np.zeros((rows, FIRST_COLUMNS), dtype=np.float64)
        self._window = np.ones(FIRST_COLUMNS, dtype=np.int64)
        self._seen = np.zeros(0, dtype=np.int64)  # by column, within its window, as last judged
        self._rate = np.zeros(0, dtype=np.float64)
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
        empty = EpochReads(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))
        for _ in range(passed - 1):
            self._judge(empty)
        reads = self._columns.close()
        self._make_room()
        self._judge(reads)
        self._places = None

    def _make_room(self) -> None:
        room = len(self._window)
        while room < len(self._columns):
            room *= 2
        more = room - len(self._window)
        if more:
            self._seen_sum = np.pad(self._seen_sum, ((0, 0), (0, more)))
            self._rate_sum = np.pad(self._rate_sum, ((0, 0), (0, more)))
            self._window = np.pad(self._window, (0, more), constant_values=1)

    def _judge(self, epoch: EpochReads) -> None:
        """Count one epoch, look through each column's window, and adapt the windows."""
        rows, n = MAX_WINDOW_EPOCHS + 1, min(len(self._columns), len(self._window))
        before, self._epoch = self._epoch % rows, self._epoch + 1
        now = self._epoch % rows
        self._seen_sum[now] = self._seen_sum[before]
        self._rate_sum[now] = self._rate_sum[before]
        self._seen_sum[now, epoch.columns] += 1
        self._rate_sum[now, epoch.columns] += epoch.rate
        window = self._window[:n]
        start = (self._epoch - np.minimum(window, self._epoch)) % rows
        column = np.arange(n)
        self._seen = (self._seen_sum[now, :n] - self._seen_sum[start, column]).astype(np.int64)
        self._rate = self._rate_sum[now, :n] - self._rate_sum[start, column]
        present = np.flatnonzero(self._seen)
        seen = self._seen[present]
        mean_rate = np.minimum(self._rate[present] / seen, 1.0)
        adapted = np.ones(n, dtype=np.int64)
        adapted[present] = adapted_window(window[present], seen, mean_rate, self._delta)
        self._window[:n] = adapted

    def places(self, now_ns: int) -> Mapping[str, str]:  # noqa: ARG002 - stands for the last advance
        """Return the zone of each tag that a window holds."""
        if self._places is None:
            present = np.flatnonzero(self._seen)
            self._places = strongest_places(self._columns, present, self._rate[present], self._seen[present])
        return self._places

    def counts(self) -> Mapping[str, int]:
        """Return the pieces by SKU."""
        return self._articles.count(self.places(self._closed_ns))
