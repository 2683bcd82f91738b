"""Writers to be cut off: a process that forks one for each order, so that a life begins within milliseconds.

Run as `python -m tests.durability.nursery`. An order is a line `<synchronous> <store file>`. Each life opens
the store, as a gateway does, and commits through the real group commit without end, from several tasks.

    stdout, records of 9 bytes:  B pid  ·  A number …  ·  E exit code     begun, acknowledged, ended
"""

import asyncio
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Literal, NoReturn, cast

from gateway.storage.errors import StoreError
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from tests.support.committing_child import numbered

RECORD = struct.Struct("<cQ")
TASKS = 4
"""Callers that wait for their commit at once: as many tills, posting devices and passes of the engine."""


def say(kind: bytes, number: int) -> None:
    """Tell it to who ordered: one write, whole or not at all."""
    os.write(1, RECORD.pack(kind, number))


async def _commit_for_ever(store: SqliteStore) -> None:
    number = store.last_seq("lyon-1")

    async def work() -> None:
        nonlocal number
        while True:
            number += 1
            mine = number
            await writer.commit(numbered(mine))
            say(b"A", mine)

    async with Writer(store) as writer, asyncio.TaskGroup() as tasks:
        for _ in range(TASKS):
            tasks.create_task(work())


def _live(synchronous: str, path: Path) -> NoReturn:
    try:
        store = SqliteStore.open(path, synchronous=cast("Literal['FULL', 'NORMAL', 'OFF']", synchronous))
        asyncio.run(_commit_for_ever(store))
    except* (StoreError, OSError):
        while True:
            signal.pause()  # the disk is gone: that is what it is for; who ordered this life ends it
    os._exit(0)


def _serve() -> None:
    for line in sys.stdin:
        synchronous, path = line.rstrip("\n").split(" ", 1)
        pid = os.fork()
        if pid == 0:
            _live(synchronous, Path(path))
        say(b"B", pid)
        _, status = os.waitpid(pid, 0)
        say(b"E", status)


if __name__ == "__main__":
    _serve()
