"""A line scanner on a serial port: bytes and terminators in, one Scan per code out. Pure.

    message = [prefix] code terminator          (an AIM id such as ]E0 is part of the code)

Rules:
1. All work is on bytes: str.strip, str.split and str.splitlines take GS (0x1D), which separates GS1
   elements, for white space.
2. A terminator that is the beginning of a longer one (CR of CR LF) ends the code at once; the rest
   of the longer one is swallowed when it comes. An empty line is no code.
3. A code without terminator ends after a pause of `idle_flush_s`.
4. A line longer than `max_code_bytes` is dropped up to its terminator: it is no code, and memory
   stays bounded.

A scanner is silent between codes, so it proves no life of its own: the open port is its life.
"""

import re

from readers.counts import StageCounts
from readers.errors import DeviceRefused
from readers.observations import Scan
from readers.protocol import Steps
from readers.settings import ScannerSettings

NS_PER_S = 1_000_000_000
GS = b"\x1d"
MAX_TERMINATOR_BYTES = 2
"""CR LF is the longest suffix that a scanner is set to; two bytes keep rule 2 a look at one byte."""


class ScannerSession:
    """The SerialProtocol of a scanner that sends lines."""

    def __init__(self, settings: ScannerSettings) -> None:
        """Raises DeviceRefused when the settings leave no way to tell where a code ends."""
        terminators = sorted(set(settings.terminators), key=len, reverse=True)
        if any(not 1 <= len(mark) <= MAX_TERMINATOR_BYTES for mark in terminators):
            raise DeviceRefused(f"{settings.device}: a terminator has 1 or {MAX_TERMINATOR_BYTES} bytes")
        if not terminators and settings.idle_flush_s is None:
            raise DeviceRefused(f"{settings.device}: give a terminator or idle_flush_s")
        self._settings = settings
        self._find_end = re.compile(b"|".join(map(re.escape, terminators)) or rb"(?!)").search
        self._tails = {
            short: frozenset(
                mark[-1:] for mark in terminators if len(mark) > len(short) and mark.startswith(short)
            )
            for short in terminators
        }
        self._overlap = max(map(len, terminators), default=1) - 1
        self._idle_ns = None if settings.idle_flush_s is None else round(settings.idle_flush_s * NS_PER_S)
        self.bytes_counts = StageCounts()
        self.frame_counts = StageCounts()
        self._held = b""
        self._swallow: frozenset[bytes] = frozenset()
        self._is_skipping = False
        self._last_byte_ns = 0

    def opened(self, now_ns: int) -> Steps:  # noqa: ARG002 - the port's contract
        """Forget a half code of the old connection."""
        if self._held:
            self.bytes_counts.drop("reopened", len(self._held))
        self._hold(b"")
        self._swallow, self._is_skipping = frozenset(), False
        return Steps()

    def feed(self, data: bytes, now_ns: int) -> Steps:
        """Take bytes from the wire."""
        self._last_byte_ns = now_ns
        self.bytes_counts.received += len(data)
        steps = Steps()
        if data and self._swallow:
            if data[:1] in self._swallow:
                self.bytes_counts.passed += 1
                data = data[1:]
            self._swallow = frozenset()
        searched = max(0, len(self._held) - self._overlap)
        buffer, start = self._held + data, 0
        while (end := self._find_end(buffer, max(start, searched))) is not None:
            self.bytes_counts.passed += len(end.group())
            self._end_line(buffer[start : end.start()], now_ns, steps)
            start = end.end()
            if start == len(buffer):
                self._swallow = self._tails[end.group()]
        self._hold(buffer[start:])
        self._bound_line()
        return steps

    def tick(self, now_ns: int) -> Steps:
        """End a code that has no terminator."""
        steps = Steps()
        deadline_ns = self.deadline_ns
        if deadline_ns is not None and now_ns >= deadline_ns:
            self._end_line(self._held, now_ns, steps)
            self._hold(b"")
            self._swallow = frozenset()
        return steps

    def closing(self, now_ns: int) -> Steps:  # noqa: ARG002 - the port's contract
        """A scanner needs no farewell."""
        return Steps()

    @property
    def deadline_ns(self) -> int | None:
        """When the pause after the last byte ends a code that has no terminator."""
        is_waiting = self._idle_ns is not None and (self._held or self._is_skipping)
        return self._last_byte_ns + self._idle_ns if is_waiting and self._idle_ns is not None else None

    def _end_line(self, line: bytes, now_ns: int, steps: Steps) -> None:
        if self._is_skipping or len(line) > self._settings.max_code_bytes:
            if not self._is_skipping:
                self._drop_frame("too_long")
            self.bytes_counts.drop("too_long", len(line))
            self._is_skipping = False
            return
        prefix = self._settings.prefix
        if not line:
            return
        if not line.startswith(prefix):
            self._drop_frame("prefix")
            self.bytes_counts.drop("prefix", len(line))
            return
        self.bytes_counts.passed += len(line)
        code = line[len(prefix) :]
        if not code:
            return
        if self._settings.gs_replacement:
            code = code.replace(self._settings.gs_replacement, GS)
        self.frame_counts.received += 1
        self.frame_counts.passed += 1
        steps.observations.append(Scan(self._settings.device, decode_text(code), now_ns, now_ns))

    def _bound_line(self) -> None:
        """Drop all but the bytes that a terminator may begin with once a line is too long."""
        if not self._is_skipping and len(self._held) - self._overlap > self._settings.max_code_bytes:
            self._is_skipping = True
            self._drop_frame("too_long")
        if self._is_skipping:
            keep = self._held[len(self._held) - self._overlap :] if self._overlap else b""
            self.bytes_counts.drop("too_long", len(self._held) - len(keep))
            self._hold(keep)

    def _drop_frame(self, reason: str) -> None:
        self.frame_counts.received += 1
        self.frame_counts.drop(reason)

    def _hold(self, rest: bytes) -> None:
        self._held = rest
        self.bytes_counts.held = len(rest)


def decode_text(code: bytes) -> str:
    """Return the text: UTF-8, else Latin-1, in which every byte is a character."""
    try:
        return code.decode()
    except UnicodeDecodeError:
        return code.decode("latin-1")
