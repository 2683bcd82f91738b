"""Ends what a killed demo leaves behind: its broker, its shop, its folder. A process of its own; I/O.

It reads from a pipe that the demo alone holds open: a line with the id of each process that was started, and `done`
once all is ended in good order. Where the pipe ends without that word, the demo was killed. Run by its path, with the
standard library alone: it is up in some 20 ms, and costs the start of the demo nothing.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Self

DONE = "done"
STOP_S = 5.0
"""Real seconds that a process has to end in good order."""
POLL_S = 0.05


class DemoKeeper:
    """The keeper as the demo has it: watches `folder` while it is entered, and the processes it is told of."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-I", "-S", __file__, str(folder)]
        # A session of its own: it must outlive what is sent to the demo's group.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._say(DONE)
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._process.wait()

    def watch(self, process_id: int) -> None:
        """Have a process ended with the demo."""
        self._say(str(process_id))

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # it was killed: nobody keeps watch, and the demo goes on
            self._pipe.write(f"{line}\n")
            self._pipe.flush()

    @property
    def _pipe(self) -> IO[str]:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdin


def main(folder: str) -> int:
    """Wait for the demo's end; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the demo, and with nothing else
    process_ids = []
    for line in sys.stdin:
        if line.strip() == DONE:
            return 0
        process_ids.append(int(line))
    _end(process_ids)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _end(process_ids: list[int]) -> None:
    """End processes. An id cannot be another's: the demo has not waited for it, and died a moment ago."""
    left = [number for number in process_ids if _signalled(number, signal.SIGTERM)]
    give_up_s = time.monotonic() + STOP_S
    while left and time.monotonic() < give_up_s:
        time.sleep(POLL_S)
        left = [number for number in left if _signalled(number, 0)]
    for number in left:
        _signalled(number, signal.SIGKILL)


def _signalled(process_id: int, number: int) -> bool:
    """Return whether the process was there to be signalled."""
    try:
        os.kill(process_id, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
