"""A simulated serial device as a process of its own: `storefloor simulate device`, on a named port."""

import subprocess
import sys
from pathlib import Path
from typing import Self

STOREFLOOR = [sys.executable, "-c", "from gateway.cli import main; raise SystemExit(main())"]
STOP_WAIT_S = 60.0


class PlayedDevice:
    """`path` is the port to open. Ends with the block."""

    def __init__(self, folder: Path, kind: str, *options: str, name: str = "") -> None:
        self.path = folder / (name or kind)
        command = [*STOREFLOOR, "simulate", "device", "--kind", kind, "--link", str(self.path), *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        assert self._process.stdout
        assert self._process.stdout.readline() == f"port: {self.path}\n".encode()
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=STOP_WAIT_S)
