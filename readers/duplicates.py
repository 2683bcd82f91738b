"""What was told before: a broker may deliver a message twice, a read counts once. Pure.

A read is known by (device, EPC, antenna, device time), a scan by (device, code, device time), a
weight by (device, grams, device time). Where a device gives no time of its own (`at_ns` is the
gateway's), two of them cannot be told from one told twice: nothing is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from readers.observations import Observation, Read, Reading, Scan

READS_PER_DEVICE = 65_536
"""A redelivery repeats at most a receive window (1,000 messages) of some tens of reads each.
Costs up to 5 MB for a device that fills it."""


@dataclass(slots=True)
class _Memory:
    """Two generations of keys: the newest half of the bound is always remembered.

    Hashes stand for the keys (a clash of 64 bits among 65,536 has odds below 1 in 10^9), so that
    no EPC is kept alive. An ordered map would evict exactly the oldest, at three times the memory.
    """

    newer: set[int] = field(default_factory=set)
    older: set[int] = field(default_factory=set)

    def is_new(self, key: int, bound: int) -> bool:
        if key in self.newer:
            return False
        fresh = key not in self.older
        if len(self.newer) >= bound // 2:
            self.older, self.newer = self.newer, set()
        self.newer.add(key)
        return fresh


class Duplicates:
    """The recent reads of all devices. The number of devices is bounded by the configuration."""

    def __init__(self, reads_per_device: int = READS_PER_DEVICE) -> None:
        self._bound = max(2, reads_per_device)
        self._memories: dict[str, _Memory] = {}

    def fresh(self, device: str, observations: Sequence[Observation]) -> list[Observation]:
        """Return the observations but for what `device` has told before, in order."""
        return [observation for observation in observations if self.is_fresh(device, observation)]

    def is_fresh(self, device: str, observation: Observation) -> bool:
        """Take one observation in; return whether `device` has not told it before."""
        if isinstance(observation, Read):
            key = hash((observation.epc, observation.antenna, observation.at_ns))
        elif isinstance(observation, Scan):
            key = hash((observation.text, observation.at_ns))
        elif isinstance(observation, Reading):
            key = hash((observation.weight_g, observation.at_ns))
        else:
            return True
        if observation.at_ns == observation.received_ns:
            return True
        memory = self._memories.get(device)
        if memory is None:
            memory = self._memories[device] = _Memory()
        return memory.is_new(key, self._bound)
