"""Writes what the pipeline took to a recording, beside its work and never in its way. Runtime.

    pipeline ─ batches ─▶ waiting (bounded) ─▶ thread: lines ─▶ gzip ─▶ file, flushed every second or two

A gateway that is killed leaves a file that can be read up to its last flush. A recording ends at its size; one that is
to go on for ever begins a new part there, and deletes the oldest parts (see parts.py).
"""

import logging
import threading
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.ports.intake import TillEvent
from gateway.recording.parts import Parts
from gateway.recording.recorded import ToldEvent
from gateway.recording.writing import is_recordable, line_of
from readers.observations import Observation

log = logging.getLogger(__name__)

FLUSH_EVERY_S = 1.0
"""Real seconds between two flushes at most: what a kill may lose."""
MAX_WAITING = 200_000
"""Observations that wait for the thread; beyond them a batch is left out and counted: ten seconds of the
busiest chain, 60 MB."""
CHUNK_LINES = 256
"""Lines written at a time: a chunk is below 64 KiB but for the longest scans."""
GZIP_LEVEL, GZIP_WBITS = 5, 31
END_BYTES = 64
"""Room for the end of a gzip member."""
MIN_BYTES = 65_536


class Recorder:
    """A recording that is being made. Use as a context; `observed` and `told` are called on the loop's thread.

    `recorded`, `left_out`: lines written, and observations and events that are not in a file. `written_bytes`: of the
    file, or part, that is being written.
    """

    def __init__(self, path: Path, max_bytes: int, parts: Parts | None = None) -> None:
        """`max_bytes`: of the file, or of each of `parts` where they are given."""
        self.recorded = self.left_out = self.written_bytes = 0
        self.ended = ""
        self._max_bytes = max(max_bytes, MIN_BYTES)
        self._parts = parts
        self.path, self._file = (path, path.open("xb")) if parts is None else parts.begin(self._max_bytes)
        self._is_packed = path.suffix == ".gz"
        self._packer = self._new_packer()
        self._unflushed_bytes = 0
        self._waiting: deque[Sequence[Observation] | ToldEvent] = deque()
        self._offered = self._taken = 0  # each is written by one thread alone
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder")

    # -- the loop's side ------------------------------------------------------------------------------

    def observed(self, observations: Sequence[Observation]) -> None:
        """Record observations."""
        self._offer(observations, len(observations))

    def told(self, source: str, event: TillEvent, now_ns: int) -> None:
        """Record an event that was applied."""
        self._offer(ToldEvent(event, now_ns, source), 1)

    def _offer(self, batch: Sequence[Observation] | ToldEvent, n: int) -> None:
        if self.ended or self._offered - self._taken + n > MAX_WAITING:
            self.left_out += n
        elif n:
            self._offered += n
            self._waiting.append(batch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    # -- the thread's side ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stop.wait(FLUSH_EVERY_S) and not self.ended:
                self._write_waiting()
                self._flush()
            self._write_waiting()
            self._finish()
        except OSError as error:
            self._end(f"{self.path} cannot be written: {error.strerror}")
        finally:
            self._file.close()

    def _finish(self) -> None:
        """End the file as a whole one."""
        if self._packer is not None:
            self._put(self._packer.flush())
        self._file.close()

    def _begin_next(self, parts: Parts) -> None:
        self._finish()
        self.path, self._file = parts.begin(self._max_bytes)
        self._packer = self._new_packer()
        self.written_bytes = self._unflushed_bytes = 0

    def _new_packer(self) -> "zlib._Compress | None":
        return zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WBITS) if self._is_packed else None

    def _write_waiting(self) -> None:
        """Write all that waits, as far as there is room."""
        chunk: list[str] = []
        for line in self._lines():
            chunk.append(line)
            if len(chunk) >= CHUNK_LINES:
                self._write(chunk)
                chunk = []
        if chunk:
            self._write(chunk)

    def _lines(self) -> Iterator[str]:
        while self._waiting:
            batch = self._waiting.popleft()
            if isinstance(batch, ToldEvent):
                self._taken += 1
                yield line_of(batch)
                continue
            self._taken += len(batch)
            for observation in batch:
                if is_recordable(observation):
                    yield line_of(observation)

    def _write(self, chunk: list[str]) -> None:
        data = ("\n".join(chunk) + "\n").encode()
        if not self.ended and not self._has_room(len(data)) and self._parts is not None:
            self._begin_next(self._parts)
        elif not self.ended and not self._has_room(len(data)):
            self._end(f"{self.path} is full, with {self.recorded} lines")
        if self.ended:
            self.left_out += len(chunk)
            return
        self.recorded += len(chunk)
        self._unflushed_bytes += len(data)
        self._put(data if self._packer is None else self._packer.compress(data))

    def _has_room(self, more_bytes: int) -> bool:
        """Return whether so many bytes fit for sure; what is packed already is looked at before saying no."""
        room = self._max_bytes - END_BYTES - more_bytes
        if self.written_bytes + self._unflushed_bytes > room:
            self._flush()
        return self.written_bytes + self._unflushed_bytes <= room

    def _flush(self) -> None:
        if self._unflushed_bytes and self._packer is not None:
            self._put(self._packer.flush(zlib.Z_SYNC_FLUSH))
        self._unflushed_bytes = 0
        self._file.flush()

    def _put(self, data: bytes) -> None:
        self.written_bytes += len(data)
        self._file.write(data)

    def _end(self, why: str) -> None:
        self.ended = why
        log.warning("recording ended: %s; the gateway goes on without it", why)
