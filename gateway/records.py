"""What was, read from disk off the loop: implements gateway.ports.records.RecordsPort. I/O."""

import asyncio
from collections.abc import Sequence
from functools import partial

from gateway.alerts.records import AlertRecord, AlertState
from gateway.old_records import OldRecords
from gateway.ports.records import DeadLetterInfo, HistoryPoint
from gateway.storage.ports import GatewayStore, HistoryStep
from gateway.storage.steps import Window


class Records:
    """History, alerts and refusals of one store on disk; levels of long ago of another place, if there is one."""

    def __init__(self, store: GatewayStore, old: OldRecords | None = None) -> None:
        self._store = store
        self._old = old

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        """Return the history of a level; raise RecordsRefused where its place does not answer."""
        steps = await self._steps(store, sku, Window(from_ns, to_ns, step_ns), zone)
        return [HistoryPoint(s.at_ns, s.minimum, s.mean, s.maximum) for s in steps]

    async def _steps(self, store: str, sku: str, window: Window, zone: str | None) -> list[HistoryStep]:
        if self._old is not None and await asyncio.to_thread(self._old.has, window):
            return await self._old.history(store, sku, window, zone)
        span = (window.from_ns, window.to_ns, window.step_ns)
        return await asyncio.to_thread(self._store.history, store, sku, *span, zone)

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was; raise RecordsRefused where its place does not answer."""
        if self._old is not None and await asyncio.to_thread(self._old.has_at, at_ns):
            return await self._old.levels_at(store, sku, at_ns)
        return await asyncio.to_thread(self._store.levels_at, store, sku, at_ns)

    async def alerts(
        self,
        *,
        stores: Sequence[str],
        states: Sequence[AlertState],
        types: Sequence[str],
        before: tuple[int, str] | None,
        limit: int,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest first."""
        read = partial(
            self._store.alerts,
            states=states,
            types=types,
            before=before,
            limit=limit,
            severities=severities,
            assignee=assignee,
        )
        if not stores:
            return await asyncio.to_thread(read)
        found: list[AlertRecord] = []
        for store in stores:
            found += await asyncio.to_thread(read, store=store)
        return sorted(found, key=lambda a: (a.since_ns, a.id), reverse=True)[:limit]

    async def dead_letters(self, limit: int) -> list[DeadLetterInfo]:
        """Return what was refused last, newest first."""
        letters = await asyncio.to_thread(self._store.dead_letters, limit)
        return [DeadLetterInfo(x.device, x.reason, x.detail, x.sample, x.at_ns) for x in letters]
