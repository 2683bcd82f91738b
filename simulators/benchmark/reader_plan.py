"""A reader of the benchmark's shop, and what it has to tell: the ground its dialects stand on. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.agenda import NS_PER_S
from simulators.benchmark.messages import MqttMessage, SerialBytes
from simulators.times import rfc3339

Told = MqttMessage | SerialBytes
SERIAL_KIND = "uhfreader288"
MQTT_LATENCY_NS = 20_000_000
"""From the reader through the broker, with the wires at their best."""


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """One reader: its kind, how often it reports, and how often it proves its life where it does."""

    id: str
    kind: str
    report_ns: int
    heartbeat_ns: int
    tells_rssi: bool = True

    @property
    def topic(self) -> str:
        """Return where it publishes tags."""
        return f"{self.kind}/{self.id}/tags"

    @property
    def status_topic(self) -> str:
        """Return where a zebra reader publishes its heartbeats."""
        return f"{self.kind}/{self.id}/management"


@dataclass(frozen=True, slots=True)
class Columns:
    """The reads of one reader in one epoch, in order of time."""

    epcs: list[str]
    at_ns: NDArray[np.int64]
    ports: list[int]
    rssi_dbm: NDArray[np.float64]
    rounds: list[int]


class Dialect(Protocol):
    """How one reader says what it saw."""

    def begin(self, now_ns: int) -> list[Told]:
        """Return what it says when its inventory begins."""

    def tell(self, columns: Columns, epoch_ns: int) -> list[Told]:
        """Return what it says of one epoch."""


def flushes(columns: Columns, epoch_ns: int, report_ns: int) -> Iterator[tuple[int, int, int]]:
    """Yield (time, first, end): when the reader sends what, its reads numbered in order of time."""
    if not columns.epcs:
        return
    numbers = (columns.at_ns - epoch_ns) // report_ns
    edges = np.searchsorted(numbers, np.arange(int(numbers[-1]) + 2)).tolist()
    for number, (first, end) in enumerate(pairwise(edges)):
        if first < end:
            yield epoch_ns + (number + 1) * report_ns, first, end


def times(told_ns: NDArray[np.int64]) -> list[tuple[str, int]]:
    """Return (second as text, ns within it) of each time; an epoch spans a handful of seconds."""
    seconds, ns = np.divmod(told_ns, NS_PER_S)
    names = {second: rfc3339(second * NS_PER_S)[:19] for second in np.unique(seconds).tolist()}
    return [(names[second], part) for second, part in zip(seconds.tolist(), ns.tolist(), strict=True)]
