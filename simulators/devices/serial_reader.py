"""What all simulated RFID readers on a serial line have in common: power, a line, commands in, frames out. Pure.

Sans-I/O: `feed` what the host wrote, `emit` what the air brought; both return the bytes to send.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, TypeVar

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.devices.faults import LineFaults, NoisyLine

BOOT_NS = NS_PER_S
HALF_COMMAND_NS = NS_PER_S
"""A command that stops half way is forgotten after this: else a wrong length would swallow the next ones."""
FIELD_NS = NS_PER_S
"""How long a tag that answered is still in the field."""
MAX_CACHED_TAGS = 2_000
"""Texts and frames prepared per tag: more tags than a small shop sees in weeks; beyond it a cache starts over."""

NO_FRAME = -1
"""What a `LengthOf` returns where no command begins."""
MORE = 0
"""What it returns while a command is incomplete."""
LengthOf = Callable[[bytes], int]
"""Bytes from the host -> the length of the intact command at their start, MORE, or NO_FRAME."""

Prepared = TypeVar("Prepared")


class HostParser:
    """Bytes from the host to intact commands; what is broken is skipped, and counted."""

    def __init__(self, length_of: LengthOf) -> None:
        self.skipped_bytes = 0
        self._length_of = length_of
        self._buffer = b""

    def clear(self) -> None:
        """Forget a half command."""
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the commands that are complete now."""
        self._buffer += data
        commands = []
        while self._buffer:
            length = self._length_of(self._buffer)
            if length == MORE:
                break
            if length == NO_FRAME:
                self.skipped_bytes += 1
                self._buffer = self._buffer[1:]
                continue
            commands.append(self._buffer[:length])
            self._buffer = self._buffer[length:]
        return commands


class Cache(Generic[Prepared]):
    """What is prepared per tag, bounded."""

    def __init__(self, make: Callable[[str], Prepared]) -> None:
        self.made: dict[str, Prepared] = {}
        self._make = make

    def of(self, epc: str) -> Prepared:
        """Return what is prepared for a tag."""
        found = self.made.get(epc)
        if found is None:
            if len(self.made) >= MAX_CACHED_TAGS:
                self.made.clear()
            found = self.made[epc] = self._make(epc)
        return found


class SerialReader(ABC):
    """One reader: a device fills in its commands and its reports."""

    def __init__(
        self,
        length_of: LengthOf,
        faults: LineFaults,
        seed: str,
        checksum_at: int,
        error_frames: Sequence[bytes],
    ) -> None:
        self.line = NoisyLine(faults, Random(seed), checksum_at, error_frames)
        self._parser = HostParser(length_of)
        self._silent_until_ns = 0
        self._heard_ns = 0

    @abstractmethod
    def _reset(self) -> None:
        """Forget what the device forgets without power."""

    @abstractmethod
    def _answer(self, command: bytes, now_ns: int) -> list[bytes]:
        """Return the frames that answer one intact command; some are answered by none."""

    @abstractmethod
    def _report(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        """Return the frames that the device sends by itself, now that these tags answered it."""

    def power_on(self, now_ns: int) -> None:
        """Start anew: the device was unplugged, or rebooted itself."""
        self._parser.clear()
        self._reset()
        self._silent_until_ns = max(self._silent_until_ns, now_ns + BOOT_NS)

    def silence(self, until_ns: int) -> None:
        """Say and hear nothing until a time (a loose wire)."""
        self._silent_until_ns = until_ns

    def is_silent(self, now_ns: int) -> bool:
        """Return whether the device boots, or its wire is loose."""
        return now_ns < self._silent_until_ns

    def feed(self, data: bytes, now_ns: int) -> bytes:
        """Return the answers to what the host wrote."""
        if self.is_silent(now_ns) or not data:
            return b""
        if now_ns - self._heard_ns > HALF_COMMAND_NS:
            self._parser.clear()
        self._heard_ns = now_ns
        commands = self._parser.feed(self._hear(data))
        return self.line.send([frame for command in commands for frame in self._answer(command, now_ns)])

    def emit(self, seen: Sequence[TagSeen], now_ns: int) -> bytes:
        """Return what the device sends by itself, given the tags that answered until now."""
        frames = self._report(seen, now_ns)
        return b"" if self.is_silent(now_ns) else self.line.send(frames)

    def _hear(self, data: bytes) -> bytes:
        """Return what the device hears of its host's bytes."""
        return data
