"""Sends what is due to each endpoint, one message after the other, until it is taken. Runtime.

    log of changes ─▶ due for an endpoint ─▶ signed, sent ─▶ taken: the position moves, on disk
                                                └─▶ not: the same again later; the other endpoints go on

The log is the queue, and a position is all that is kept of it: nothing is copied, however long a receiver is
away. At least once, in order per store: a crash between an answer and the position sends a message again, with
the same id.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.changes import Change
from gateway.clock import Clock
from gateway.storage.errors import StoreFull, StoreReadOnly
from gateway.webhooks.messages import change_message, due, reset_message, test_message
from gateway.webhooks.model import (
    Answer,
    Delivered,
    Delivery,
    Disable,
    Endpoint,
    GiveUp,
    Message,
    Outcome,
    Position,
    Retry,
    WebhookCounts,
)
from gateway.webhooks.schedule import DISABLE_AFTER_S, judged, wait_s
from gateway.webhooks.sender import SendFailed
from gateway.webhooks.signing import headers, signing_secrets
from gateway.webhooks.targets import TargetRefused

log = logging.getLogger(__name__)

PAGE = 200
"""Changes that are read at once: what is left of them once each subject is told once."""
MAX_SENDING = 8
"""Messages under way at once; each takes a thread while its receiver thinks."""
LOOK_EVERY_S = 60.0
"""Real seconds until the log is looked at again without a sign."""
DISK_RETRY_S = 5.0


class Posting(Protocol):
    """Sends a message, and blocks meanwhile."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the answer; raise TargetRefused or SendFailed."""
        ...


class Table(Protocol):
    """Where endpoints, positions and tries are kept; and the log."""

    @property
    def journal_id(self) -> str:
        """Return the id of the journal."""
        ...

    def endpoints(self) -> list[Endpoint]:
        """Return all endpoints."""
        ...

    def positions(self) -> list[Position]:
        """Return how far each was told."""
        ...

    def changes_after(self, store: str, seq: int, limit: int) -> list[Change] | None:
        """Return the next changes; None where they are not known any more."""
        ...

    def last_change(self, store: str) -> int:
        """Return the newest sequence of a store."""
        ...

    async def keep(
        self,
        *,
        endpoint: Endpoint | None = None,
        positions: Sequence[Position] = (),
        delivery: Delivery | None = None,
    ) -> None:
        """Write an endpoint, positions and a try in one durable transaction."""
        ...

    async def drop(self, endpoint_id: str) -> bool:
        """Delete an endpoint with all of it; return whether there was one."""
        ...


@dataclass(slots=True)
class _Lane:
    """One endpoint, its positions, and the task that serves it."""

    endpoint: Endpoint
    positions: dict[str, Position]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    tries: int = 0
    failing_since_s: float | None = None
    task: "asyncio.Task[None] | None" = None


class Dispatcher:
    """`describe(change)` returns a subject as it reads now, as JSON, or None where there is no such thing any more."""

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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._counts = WebhookCounts()
        self._table = table
        self._sender = sender
        self._pepper = pepper
        self._clock = clock
        self._describe = describe
        self._rfc3339 = rfc3339
        self._chance = chance
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._sending = asyncio.Semaphore(MAX_SENDING)
        self._lanes: dict[str, _Lane] = {}
        self._tests = 0
        self._group: asyncio.TaskGroup | None = None

    # -- what is told to whom -------------------------------------------------------------------------

    def counts(self) -> WebhookCounts:
        """Return the counts, with how many endpoints there are now."""
        endpoints = self.endpoints()
        disabled = sum(not endpoint.is_enabled for endpoint in endpoints)
        return replace(self._counts, endpoints=len(endpoints), disabled=disabled)

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

    async def put(self, endpoint: Endpoint) -> None:
        """Add an endpoint, or change one; a new store is told from now on. Durable on return."""
        lane = self._lanes.get(endpoint.id)
        known = {} if lane is None else lane.positions
        begun = [await self._end_of(endpoint, store) for store in endpoint.stores if store not in known]
        await self._table.keep(endpoint=endpoint, positions=begun)
        if lane is None:
            lane = self._lanes[endpoint.id] = _Lane(endpoint, {})
            self._serve(lane)
        lane.endpoint = endpoint
        lane.positions |= {position.store: position for position in begun}
        lane.tries, lane.failing_since_s = 0, None
        lane.wake.set()

    async def drop(self, endpoint_id: str) -> bool:
        """Delete an endpoint; return whether there was one."""
        lane = self._lanes.pop(endpoint_id, None)
        if lane is not None and lane.task is not None:
            lane.task.cancel()
        return await self._table.drop(endpoint_id)

    async def replay(self, endpoint_id: str, store: str, seq: int) -> bool:
        """Tell an endpoint again what came after `seq`; return False where that is not known any more."""
        lane = self._lanes[endpoint_id]
        if await asyncio.to_thread(self._table.changes_after, store, seq, 1) is None:
            return False
        await self._move(lane, self._at(lane, store, seq))
        lane.tries = 0
        lane.wake.set()
        return True

    async def test(self, endpoint_id: str) -> Delivery:
        """Send one message that says nothing, now; return what became of it."""
        lane = self._lanes[endpoint_id]
        self._tests += 1
        message = test_message(lane.endpoint, self._rfc3339(self._clock.now_ns()), self._tests)
        _, delivery = await self._try(lane.endpoint, message, 1)
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
            self._lanes[endpoint.id] = _Lane(endpoint, own)
        async with asyncio.TaskGroup() as self._group:
            for lane in self._lanes.values():
                self._serve(lane)
            await asyncio.Event().wait()

    def _serve(self, lane: _Lane) -> None:
        if self._group is not None:
            lane.task = self._group.create_task(self._serve_on(lane), name=f"webhook {lane.endpoint.id}")

    async def _serve_on(self, lane: _Lane) -> None:
        while True:
            lane.wake.clear()
            pause_s = LOOK_EVERY_S
            try:
                if lane.endpoint.is_enabled:
                    pause_s = await self._tell_all(lane)
            except (StoreFull, StoreReadOnly) as error:
                log.info("webhook %s waits for the disk: %s", lane.endpoint.id, error)
                pause_s = DISK_RETRY_S
            if lane.tries:  # what changes meanwhile is no reason to ask sooner
                await self._sleep(pause_s)
            elif not lane.wake.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await lane.wake.wait()

    async def _tell_all(self, lane: _Lane) -> float:
        """Tell an endpoint all that is due; return how long to wait after that."""
        for store in lane.endpoint.stores:
            while True:
                page = await self._page(lane, store)
                if page is None:
                    break
                pause_s = await self._tell_page(lane, store, page)
                if pause_s is not None:
                    return pause_s
        return LOOK_EVERY_S

    async def _page(self, lane: _Lane, store: str) -> list[Change] | None:
        """Return the next changes of a store, None where there are none; a lost place begins anew with a `reset`."""
        position = lane.positions.get(store)
        if position is None:
            await self._move(lane, await self._end_of(lane.endpoint, store))
            return None
        page = None
        if position.journal_id == self._table.journal_id:
            page = await asyncio.to_thread(self._table.changes_after, store, position.seq, PAGE)
        if page is not None:
            return page or None
        return []  # to be told by _tell_page

    async def _tell_page(self, lane: _Lane, store: str, page: list[Change]) -> float | None:
        """Tell a page; return how long to wait where a message was not taken."""
        now = self._rfc3339(self._clock.now_ns())
        journal_id = self._table.journal_id
        if not page:
            end = await self._end_of(lane.endpoint, store)
            return await self._deliver(
                lane, store, end.seq, reset_message(lane.endpoint, journal_id, store, end.seq, now)
            )
        for change in due(lane.endpoint, page):
            data = await self._describe(change)
            if data is None:
                continue
            told = lane.positions[store].told
            message = change_message(lane.endpoint, journal_id, change, told, data, now)
            pause_s = await self._deliver(lane, store, change.seq, message)
            if pause_s is not None:
                return pause_s
        if lane.positions[store].seq < page[-1].seq:
            await self._move(lane, replace(lane.positions[store], seq=page[-1].seq))
        return None

    async def _deliver(self, lane: _Lane, store: str, seq: int, message: Message) -> float | None:
        """Try a message once; return how long to wait where it was not taken."""
        lane.tries += 1
        outcome, delivery = await self._try(lane.endpoint, message, lane.tries)
        match outcome:
            case Delivered() | GiveUp():
                if isinstance(outcome, Delivered):
                    self._counts.delivered += 1
                else:
                    self._counts.given_up += 1
                    log.warning(
                        "webhook %s: %s was given up: %s", lane.endpoint.id, message.id, outcome.reason
                    )
                await self._move(lane, self._at(lane, store, seq), delivery)
                lane.tries, lane.failing_since_s = 0, None
                return None
            case Disable():
                return await self._disable(lane, outcome.reason, delivery)
        self._counts.failed += 1
        now_s = self._monotonic_s()
        if lane.failing_since_s is None:
            lane.failing_since_s = now_s
            log.info("webhook %s: %s", lane.endpoint.id, outcome.reason)
        if now_s - lane.failing_since_s > DISABLE_AFTER_S:
            days = DISABLE_AFTER_S / 86_400
            return await self._disable(
                lane, f"nothing was taken for {days:g} days: {outcome.reason}", delivery
            )
        await self._table.keep(delivery=delivery)
        return wait_s(lane.tries, outcome.after_s, self._chance())

    async def _try(self, endpoint: Endpoint, message: Message, tries: int) -> tuple[Outcome, Delivery]:
        now_ns = self._clock.now_ns()
        secrets = signing_secrets(self._pepper, endpoint.id, endpoint.generation, endpoint.rotated_ns, now_ns)
        fields = headers(secrets, message.id, now_ns // 1_000_000_000, message.body)
        outcome: Outcome
        started_s = self._monotonic_s()
        async with self._sending:
            try:
                answer = await asyncio.to_thread(self._sender.post, endpoint.url, fields, message.body)
                outcome = judged(answer, tries)
            except TargetRefused as error:
                outcome = Retry(f"refused: {error}")
            except SendFailed as error:
                outcome = Retry(str(error))
        took_ms = round(1_000 * (self._monotonic_s() - started_s))
        reason = "" if isinstance(outcome, Delivered) else outcome.reason
        delivery = Delivery(
            endpoint.id,
            message.id,
            message.type,
            now_ns,
            tries,
            outcome.status,
            reason,
            took_ms,
            len(message.body),
        )
        return outcome, delivery

    async def _disable(self, lane: _Lane, reason: str, delivery: Delivery) -> float:
        log.warning("webhook %s is disabled: %s", lane.endpoint.id, reason)
        lane.endpoint = replace(lane.endpoint, disabled_reason=reason)
        lane.tries, lane.failing_since_s = 0, None
        await self._table.keep(endpoint=lane.endpoint, delivery=delivery)
        return LOOK_EVERY_S

    async def _move(self, lane: _Lane, position: Position, delivery: Delivery | None = None) -> None:
        await self._table.keep(positions=[position], delivery=delivery)
        lane.positions[position.store] = position

    def _at(self, lane: _Lane, store: str, seq: int) -> Position:
        return Position(lane.endpoint.id, store, self._table.journal_id, seq, seq)

    async def _end_of(self, endpoint: Endpoint, store: str) -> Position:
        seq = await asyncio.to_thread(self._table.last_change, store)
        return Position(endpoint.id, store, self._table.journal_id, seq, seq)
