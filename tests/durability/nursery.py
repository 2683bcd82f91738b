"""Processes that begin within milliseconds: forked for each order from one that has imported everything. I/O.

    orders, JSON lines: the words of a life          answers, records of 9 bytes:
                                                     B pid  ·  A number …  ·  E wait status
A nursery's module calls `serve`; who orders lives of it makes a `Nursery`. One life at a time.
"""

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import NoReturn, Self

from tests.support.source import ROOT

RECORD = struct.Struct("<cQ")
ANSWER_S = 120.0


def say(kind: bytes, number: int) -> None:
    """Tell it to who ordered: one write, whole or not at all."""
    os.write(1, RECORD.pack(kind, number))


def serve(live: Callable[[list[str]], int]) -> None:
    """Fork for each order, and let the child `live` on its words, until there are no more orders."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(live, json.loads(line))
        say(b"B", pid)
        _, status = os.waitpid(pid, 0)
        say(b"E", status)


def _live(live: Callable[[list[str]], int], words: list[str]) -> NoReturn:
    code = 1
    try:
        code = live(words)
    finally:
        sys.stderr.flush()
        os._exit(code)


class Nursery:
    """The process that lives are forked from. Use as a context."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._told = self._process.stdin, self._process.stdout
        self._buffer = b""

    def begin(self, *words: str) -> int:
        """Let a life begin; return its process id."""
        self._orders.write(f"{json.dumps(words)}\n".encode())
        kind, pid = self.next()
        assert kind == b"B", kind
        return pid

    def has_said(self, wait_s: float = 0.0) -> bool:
        """Return whether there is a record to be read."""
        return len(self._buffer) >= RECORD.size or bool(select.select([self._told], [], [], wait_s)[0])

    def next(self) -> tuple[bytes, int]:
        """Return the next record."""
        while len(self._buffer) < RECORD.size:
            assert self.has_said(ANSWER_S), "the nursery does not answer"
            data = self._told.read(65_536)
            assert data, "the nursery ended"
            self._buffer += data
        record, self._buffer = self._buffer[: RECORD.size], self._buffer[RECORD.size :]
        kind, number = RECORD.unpack(record)
        return kind, number

    def until(self, kind: bytes) -> int:
        """Return the number of the next record of this kind, passing over others."""
        while (record := self.next())[0] != kind:
            assert record[0] != b"E", "the life has ended"
        return record[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait(ANSWER_S)
        self._told.close()


class Forked:
    """A life as subprocess.Popen tells of a process: as much of it as tests.support.processes asks for."""

    stdin = None

    def __init__(self, nursery: Nursery, *words: str) -> None:
        self.returncode: int | None = None
        self._nursery = nursery
        self._asking = threading.Lock()
        self.pid = nursery.begin(*words)

    def poll(self) -> int | None:
        """Return its exit code, None while it lives."""
        with self._asking:
            if self.returncode is None and self._nursery.has_said():
                self._take_end()
            return self.returncode

    def wait(self, timeout_s: float) -> int:
        """Return its exit code once it has ended."""
        with self._asking:
            if self.returncode is None:
                if not self._nursery.has_said(timeout_s):
                    raise subprocess.TimeoutExpired(f"life {self.pid}", timeout_s)
                self._take_end()
            assert self.returncode is not None
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now, and its end is not told yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def _take_end(self) -> None:
        self.returncode = os.waitstatus_to_exitcode(self._nursery.until(b"E"))
