"""A broker or another server as a process of its own, on one port for its whole life, through stops and kills."""

import contextlib
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
START_WAIT_S = 60.0
STOP_WAIT_S = 60.0


class BrokerProcess(ABC):
    """Start, stop, kill and start again. Subclasses say which command runs."""

    host = "127.0.0.1"
    name = "broker"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line that serves on `self.port`."""

    def start(self) -> None:
        """Return once it takes connections."""
        log = self.folder / f"{self.name}.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(self.command(), cwd=ROOT, stdout=output, stderr=output)
        give_up_s = time.monotonic() + START_WAIT_S
        while not self._answers():
            code = self._process.poll()
            if code is not None or time.monotonic() > give_up_s:
                raise AssertionError(f"{self.name} did not start (exit {code}):\n{log.read_text()[-2_000:]}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Stop it and start it on the same port."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it answer nothing, with its connections open."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 5.0):
            return True
        return False
