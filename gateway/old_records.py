"""Levels of long ago, asked of a place that may be slow or gone: aside, a few at a time, for a while. I/O.

Such a question has threads of its own. Neither the loop nor the embedded store's reads ever wait for it.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from gateway.ports.records import RecordsRefused
from gateway.storage.combined import CombinedLevels
from gateway.storage.errors import StoreError
from gateway.storage.influx.read_errors import SeriesRefused, SeriesTooLarge, SeriesUnavailable
from gateway.storage.ports import HistoryStep
from gateway.storage.steps import Window

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_AT_ONCE: Final = 4
"""Threads: a healthy server answers in milliseconds, one that is gone holds each for its timeout."""
MAX_WAITING: Final = 32
"""Questions under way and waiting; beyond it they are refused at once."""
WAIT_S: Final = 15.0
"""An answer is waited for so long in all: a person at a chart waits no longer."""
_GONE: Final = (SeriesUnavailable, SeriesRefused, TimeoutError)


class OldRecords:
    """History and as-of over CombinedLevels, for an asyncio loop."""

    def __init__(self, levels: CombinedLevels, end: Callable[[], None], wait_s: float = WAIT_S) -> None:
        """`end` breaks off the questions that are under way."""
        self._levels = levels
        self._end = end
        self._wait_s = wait_s
        self._threads = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="old-records")
        self.waiting = 0
        """Questions under way and waiting."""
        self._is_gone = False
        self._is_closed = False

    def has(self, window: Window) -> bool:
        """Return whether a history over the window is to be asked here. May block for the embedded store."""
        return self._levels.needs_older(window)

    def has_at(self, at_ns: int) -> bool:
        """Return whether levels as of a time are to be asked here. May block for the embedded store."""
        return self._levels.needs_older_at(at_ns)

    async def history(self, store: str, sku: str, window: Window, zone: str | None) -> list[HistoryStep]:
        """Return the window's steps; raise RecordsRefused."""
        return await self._ask(partial(self._levels.history, store, sku, window, zone))

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was; raise RecordsRefused."""
        return await self._ask(partial(self._levels.levels_at, store, sku, at_ns))

    def close(self) -> None:
        """End what is under way, and refuse what comes; idempotent."""
        self._is_closed = True
        self._end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, question: Callable[[], T]) -> T:
        if self.waiting >= MAX_WAITING:
            raise RecordsRefused("old_records_unavailable", "InfluxDB has too many questions waiting.")
        if self._is_closed:
            raise RecordsRefused("old_records_unavailable", "The gateway stops.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, question)
        except SeriesTooLarge as error:
            raise RecordsRefused(
                "too_many_changes", f"InfluxDB keeps this time, and {error.detail}."
            ) from error
        except _GONE as error:
            self._note_gone(error)
            raise RecordsRefused(
                "old_records_unavailable", "InfluxDB keeps what is this old, and gives no answer now."
            ) from error
        finally:
            self.waiting -= 1
        self._note_answered()
        return found

    def _note_gone(self, error: Exception) -> None:
        if not self._is_gone:
            self._is_gone = True
            said = str(error) if isinstance(error, StoreError) else f"no answer within {self._wait_s:g} s"
            log.warning("InfluxDB: old levels cannot be read: %s", said)

    def _note_answered(self) -> None:
        if self._is_gone:
            self._is_gone = False
            log.info("InfluxDB: old levels can be read again")
