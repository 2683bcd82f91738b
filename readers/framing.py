"""Bytes to frames, for every protocol that has headers, lengths and checksums. Pure.

The rules:
1. A frame may start wherever the protocol's header pattern matches; bytes before it are garbage.
2. At a start, the protocol's `measure` says: this many bytes are an intact frame, or more bytes are
   wanted, or no frame starts here (with the reason).
3. After a bad start exactly one byte is dropped, so a good frame that a false header claimed as its
   own content is found again: garbage between frames loses no intact frame.
4. A false header at the end of the stream can hold back at most `max_frame_bytes`, and only until
   the owner calls `flush`, when its first byte is older than any frame takes to arrive. (A timeout
   between bytes would not do: slow traffic behind the false header keeps that one from passing.)

Because `measure` sees only the bytes from a start on, and says "more" until it can say something
final, any chunking of a stream gives the same frames.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from readers.counts import StageCounts
from readers.errors import Malformed

MORE = 0
"""What `measure` returns when the bytes so far could be the beginning of a frame."""

Measure = Callable[[bytes, int], int | str]
"""(buffer, start) -> the length of the intact frame at `start`, or MORE, or why none starts there."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes that are in no frame, and why; `after` frames of the same call came before them."""

    reason: str
    data: bytes
    after: int


def require_whole(raw: bytes, header: re.Pattern[bytes], measure: Measure, protocol: str) -> None:
    """Pass when `raw` is exactly one intact frame. Raises Malformed otherwise."""
    size = measure(raw, 0) if header.match(raw) else "header"
    if size != len(raw):
        raise Malformed(size if isinstance(size, str) else "length", f"not one frame of {protocol}", raw)


class Framer:
    """Cuts one stream into frames. `counts` is in bytes: received == in frames + dropped + held."""

    def __init__(self, header: re.Pattern[bytes], measure: Measure, max_frame_bytes: int) -> None:
        """`header` matches where a frame may start; `max_frame_bytes` bounds what is held back."""
        self.counts = StageCounts()
        self._find_header = header.search
        self._measure = measure
        self._max_frame_bytes = max_frame_bytes
        self._held = b""

    @property
    def held(self) -> int:
        """Return how many bytes wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes, refused: list[Refused] | None = None) -> list[bytes]:
        """Return the intact frames that `data` completes, in order; add what is dropped to `refused`."""
        self.counts.received += len(data)
        return self._cut(self._held + data if self._held else data, refused, is_final=False)

    def flush(self, refused: list[Refused] | None = None) -> list[bytes]:
        """Give up waiting: drop the unfinished frame as stale, and return the intact ones inside it."""
        return self._cut(self._held, refused, is_final=True)

    def clear(self, reason: str) -> None:
        """Forget what is held (the port was opened anew), counted as dropped for `reason`."""
        if self._held:
            self.counts.drop(reason, len(self._held))
        self._hold(b"")

    def _cut(self, buffer: bytes, refused: list[Refused] | None, *, is_final: bool) -> list[bytes]:
        frames: list[bytes] = []
        measure, find_header, counts, drop = self._measure, self._find_header, self.counts, self._drop
        start, end = 0, len(buffer)
        while start < end:
            match = find_header(buffer, start)
            if match is None:
                drop("garbage", buffer[start:], frames, refused)
                start = end
                break
            if match.start() > start:
                drop("garbage", buffer[start : match.start()], frames, refused)
                start = match.start()
            size = measure(buffer, start)
            if size == MORE:
                if not is_final and end - start < self._max_frame_bytes:
                    break
                size = "stale" if is_final else "too_long"
            if isinstance(size, str):
                drop(size, buffer[start : start + 1], frames, refused)
                start += 1
                continue
            frames.append(buffer[start : start + size])
            counts.passed += size
            start += size
        self._hold(buffer[start:])
        return frames

    def _drop(self, reason: str, data: bytes, before: list[bytes], refused: list[Refused] | None) -> None:
        self.counts.drop(reason, len(data))
        if refused is not None:
            refused.append(Refused(reason, data, len(before)))

    def _hold(self, rest: bytes) -> None:
        self._held = rest
        self.counts.held = len(rest)
