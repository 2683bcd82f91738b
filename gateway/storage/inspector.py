"""Looks the whole file through for damage while the gateway works, soon after its start and weekly. Runtime.

One table after the other, on a reading connection of its own: commits go on, and the write-ahead log grows no
longer than the largest table takes. Damage ends the gateway: what is written on it would be lost too.
"""

import asyncio
import logging
import time
from contextlib import AbstractContextManager
from typing import Protocol

from gateway.clock import Clock
from gateway.storage.upkeep import StoreUpkeep

log = logging.getLogger(__name__)

START_AFTER_S = 30.0
"""Real seconds after the start: the shop is served first."""
EVERY_S = 7 * 86_400.0
"""Real seconds between looks: a disk that forgets is found while a backup of last week is still there."""


class Look(Protocol):
    """A look at a file on a connection of its own."""

    tables: list[str]

    def at(self, table: str) -> None:
        """Look a table through; raise StoreCorrupt where it is damaged. Blocks: in any one thread."""
        ...

    def stop(self) -> None:
        """Break off the look that is under way, from any thread: it raises StoreError."""
        ...


class InspectedStore(Protocol):
    """What the inspector asks of a store."""

    checked_s: float | None
    """Real seconds that the look at the whole file took before the start; None where it was not whole."""

    def looking(self) -> AbstractContextManager[Look]:
        """Give a look at the file."""
        ...


class Inspector:
    """One task; its findings stand in `upkeep`."""

    def __init__(self, store: InspectedStore, clock: Clock, upkeep: StoreUpkeep) -> None:
        self._store = store
        self._clock = clock
        self._upkeep = upkeep

    async def run(self) -> None:
        """Work until cancelled. Raises StoreCorrupt, naming the damage and the remedy."""
        if self._store.checked_s is None:
            await asyncio.sleep(START_AFTER_S)
            await self.look_through()
        else:
            self._note(self._store.checked_s)
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look_through()

    async def look_through(self) -> None:
        """Look through all tables once."""
        started_s = time.monotonic()
        loop = asyncio.get_running_loop()
        with self._store.looking() as look:
            for table in look.tables:
                running = loop.run_in_executor(None, look.at, table)
                try:
                    await asyncio.shield(running)
                except asyncio.CancelledError:
                    look.stop()
                    await asyncio.wait([running])
                    running.exception()
                    raise
        self._note(time.monotonic() - started_s)
        log.info("store: looked through in %.1f s, no damage", self._upkeep.check_s)

    def _note(self, took_s: float) -> None:
        self._upkeep.checked_ns, self._upkeep.check_s = self._clock.now_ns(), took_s
