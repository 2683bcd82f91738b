"""What the fuzzer feeds, and the laws that hold for whatever it is fed. Pure."""

import gc
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType

from readers.counts import StageCounts
from readers.observations import Observation, Read, Scan

MAX_HELD_BYTES = 512 * 1024
"""More than any decoder has a reason to keep between inputs, its tables included."""
MAX_REASONS = 40
"""Reasons become metric labels: a fixed set, never words of the input."""
MAX_REASON_CHARACTERS = 32
MAX_SCAN_CHARACTERS = 4_096 * 4
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType)


class Target(ABC):
    """One decoder with its state. A broken law is an AssertionError; any other exception is a crash.

    `taken` counts what was decoded: a fuzzer that is always turned away at the door finds nothing.
    """

    taken = 0

    @abstractmethod
    def next_input(self) -> bytes:
        """Return an input for it."""

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Decode `data`, and hold the result to the laws."""

    def state(self) -> object:
        """Return what it keeps between inputs."""
        return None


def check_counts(counts: StageCounts) -> None:
    """Hold counts to their law: what came in went on, was dropped for a known reason, or is held."""
    assert counts.is_conserved(), counts
    assert min(counts.received, counts.passed, counts.held) >= 0, counts
    assert len(counts.dropped) <= MAX_REASONS, counts.dropped


def check_observations(observations: Iterable[Observation]) -> None:
    """Hold observations to what the gateway builds on."""
    for seen in observations:
        assert isinstance(seen, Observation), seen
        if isinstance(seen, Read):
            assert 4 <= len(seen.epc) <= 124, seen
            assert not len(seen.epc) % 2, seen
            assert not set(seen.epc) - set("0123456789ABCDEF"), seen
        elif isinstance(seen, Scan):
            assert len(seen.text) <= MAX_SCAN_CHARACTERS, len(seen.text)


def check_reason(reason: str, prefix: str = "") -> None:
    """Hold a reason to what a metric label may be: a short word."""
    assert reason.isidentifier(), reason
    assert len(reason) < MAX_REASON_CHARACTERS, reason
    assert reason.startswith(prefix), reason


def held_bytes(root: object) -> int:
    """Return what `root` keeps alive, code aside."""
    waiting, known, total = [root], {id(root)}, 0
    while waiting:
        thing = waiting.pop()
        total += sys.getsizeof(thing)
        for other in gc.get_referents(thing):
            if id(other) not in known and not isinstance(other, _SHARED):
                known.add(id(other))
                waiting.append(other)
    return total
