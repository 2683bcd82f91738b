"""Serves all webhook endpoints, each in a lane of its own: one that is away holds nobody up. Runtime.

The log is the queue, and a position is all that is kept of it: nothing is copied, however long a receiver is
away. At least once, in order per store: a crash between an answer and the position sends a message again, with
the same id.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.audit import AuditEntry
from gateway.changes.model import Change
from gateway.clock import Clock
from gateway.webhooks.lane import Lane, Service, wait_for_sign
from gateway.webhooks.messages import test_message
from gateway.webhooks.model import Delivery, Endpoint, NewEndpoint, Position, WebhookCounts
from gateway.webhooks.ports import Posting, Table

MAX_SENDING = 8
"""Messages under way at once; each takes a thread while its receiver thinks."""


class Dispatcher:
    """`describe(change)` returns a subject as it reads now (an alert that is over: as it read then), as JSON, or None
    where there is no such thing any more.
    """

    def __init__(
        self,
        table: Table,
        sender: Posting,
        pepper: bytes,
        clock: Clock,
        describe: Callable[[Change], Awaitable[bytes | None]],
        rfc3339: Callable[[int], str],
        *,
        chance: Callable[[], float] = random.random,
        monotonic_s: Callable[[], float] = time.monotonic,
        rest: Callable[[asyncio.Event, float], Awaitable[None]] = wait_for_sign,
    ) -> None:
        self._service = Service(
            table,
            sender,
            pepper,
            clock,
            describe,
            rfc3339,
            WebhookCounts(),
            asyncio.Semaphore(MAX_SENDING),
            chance,
            monotonic_s,
            rest,
        )
        self._table = table
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tests = 0
        self._group: asyncio.TaskGroup | None = None

    # -- what is told to whom -------------------------------------------------------------------------

    def counts(self) -> WebhookCounts:
        """Return the counts, with how many endpoints there are now."""
        endpoints = self.endpoints()
        disabled = sum(not endpoint.is_enabled for endpoint in endpoints)
        return replace(self._service.counts, endpoints=len(endpoints), disabled=disabled)

    def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, oldest first."""
        return [lane.endpoint for lane in self._lanes.values()]

    def position(self, endpoint_id: str, store: str) -> int | None:
        """Return how far an endpoint was told of a store."""
        lane = self._lanes.get(endpoint_id)
        found = lane.positions.get(store) if lane is not None else None
        return None if found is None else found.seq

    def failing(self, endpoint_id: str) -> int:
        """Return how often in a row an endpoint took nothing."""
        lane = self._lanes.get(endpoint_id)
        return 0 if lane is None else lane.tries

    def adopt(self, made: NewEndpoint) -> None:
        """Serve a new endpoint, which is on disk already."""
        own = {position.store: position for position in made.positions}
        lane = self._lanes[made.endpoint.id] = Lane(made.endpoint, own, self._service)
        self._serve(lane)

    async def ends_of(self, endpoint: Endpoint) -> tuple[Position, ...]:
        """Return where the logs of an endpoint's stores end now."""
        return tuple([await self._service.end_of(endpoint.id, store) for store in endpoint.stores])

    async def put(self, endpoint: Endpoint, audited: AuditEntry | None = None) -> None:
        """Add an endpoint, or change one, which is tried at once; a new store is told from now on. Durable on return."""
        lane = self._lanes.get(endpoint.id) or Lane(endpoint, {}, self._service)
        begun = [
            await self._service.end_of(endpoint.id, store)
            for store in endpoint.stores
            if store not in lane.positions
        ]
        await lane.change(endpoint, begun, audited)
        if endpoint.id not in self._lanes:
            self._lanes[endpoint.id] = lane
            self._serve(lane)

    async def drop(self, endpoint_id: str, audited: AuditEntry) -> bool:
        """Delete an endpoint; return whether there was one."""
        self._lanes.pop(endpoint_id, None)
        task = self._tasks.pop(endpoint_id, None)
        if task is not None:
            task.cancel()
        return await self._table.drop(endpoint_id, audited)

    async def replay(self, endpoint_id: str, store: str, seq: int, audited: AuditEntry | None = None) -> bool:
        """Tell an endpoint again what came after `seq`; return False where that is not known any more."""
        if await asyncio.to_thread(self._table.changes_after, store, seq, 1) is None:
            return False
        place = Position(endpoint_id, store, self._table.journal_id, seq, seq)
        await self._lanes[endpoint_id].tell_again(place, audited)
        return True

    async def test(self, endpoint_id: str) -> Delivery:
        """Send one message that says nothing, now; return what became of it."""
        endpoint = self._lanes[endpoint_id].endpoint
        self._tests += 1
        now = self._service.rfc3339(self._clock.now_ns())
        _, delivery = await self._service.try_once(endpoint, test_message(endpoint, now, self._tests), 1)
        await self._table.keep(delivery=delivery)
        return delivery

    # -- the work -------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Say that something changed."""
        for lane in self._lanes.values():
            lane.wake.set()

    async def run(self) -> None:
        """Serve all endpoints until cancelled."""
        positions = await asyncio.to_thread(self._table.positions)
        for endpoint in await asyncio.to_thread(self._table.endpoints):
            own = {p.store: p for p in positions if p.endpoint == endpoint.id}
            self._lanes[endpoint.id] = Lane(endpoint, own, self._service)
        async with asyncio.TaskGroup() as self._group:
            for lane in self._lanes.values():
                self._serve(lane)
            await asyncio.Event().wait()

    def _serve(self, lane: Lane) -> None:
        if self._group is not None:
            task = self._group.create_task(lane.run(), name=f"webhook {lane.endpoint.id}")
            self._tasks[lane.endpoint.id] = task
