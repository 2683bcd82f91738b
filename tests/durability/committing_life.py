"""A nursery of writers: each opens a store, as a gateway does, and commits through the real group commit.

The words of a life: its `synchronous`, its store's file. It goes on without end, from several tasks at once,
and says the number of each commit once it is acknowledged (A). It is meant to be cut off.
"""

import asyncio
import signal
from pathlib import Path

from gateway.storage.connection import Synchronous
from gateway.storage.errors import StoreError
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from tests.durability.nursery import say, serve
from tests.support.committing_child import numbered

TASKS = 4
"""Callers that wait for their commit at once: as many tills, posting devices and passes of the engine."""
SETTINGS: dict[str, Synchronous] = {"FULL": "FULL", "NORMAL": "NORMAL"}


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


def live(words: list[str]) -> int:
    """Commit until the disk is gone, then wait for the end: who ordered this life knows when."""
    synchronous, path = words
    try:
        store = SqliteStore.open(Path(path), synchronous=SETTINGS[synchronous])
        asyncio.run(_commit_for_ever(store))
    except* (StoreError, OSError):
        while True:
            signal.pause()
    return 0


if __name__ == "__main__":
    serve(live)
