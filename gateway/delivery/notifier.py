"""Tells people: each target in a lane of its own, so that one that is away holds nobody up. Runtime."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.alerts.notices import Notice
from gateway.alerts.records import AlertRecord, Severity
from gateway.clock import Clock
from gateway.delivery.lane import Lane, Service
from gateway.delivery.model import TEST, NoticeTry, QueuedNotice, Target, TargetState, routed
from gateway.delivery.ports import Courier, Queue
from gateway.delivery.wording import AlertText, Wording
from gateway.webhooks.lane import wait_for_sign

MAX_SENDING = 8
"""Notices under way at once; each takes a thread while its receiver thinks."""


class Notifier:
    """Implements gateway.delivery.ports.NotifyPort. `stores`: ids of the site's stores; `wordings`: by language, the site's
    own first.
    """

    def __init__(
        self,
        targets: tuple[Target, ...],
        queue: Queue,
        courier: Courier,
        clock: Clock,
        stores: Sequence[str],
        wordings: Mapping[str, Wording],
        *,
        chance: Callable[[], float] = random.random,
        monotonic_s: Callable[[], float] = time.monotonic,
        rest: Callable[[asyncio.Event, float], Awaitable[None]] = wait_for_sign,
    ) -> None:
        self._targets = targets
        self._wordings = wordings
        self._queue = queue
        self._clock = clock
        self._first_store = stores[0]
        self._tests = 0
        sending = asyncio.Semaphore(MAX_SENDING)
        service = Service(queue, courier, clock, chance, monotonic_s, rest, sending)
        self._lanes = {target.id: Lane(target, service) for target in targets}

    def route(self, notices: list[Notice]) -> list[QueuedNotice]:
        """Return which target is to be told which notices: to be written with the commit that made them."""
        return routed(self._targets, notices) if notices else []

    def wake(self) -> None:
        """Say that notices were queued."""
        for lane in self._lanes.values():
            lane.wake.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._queue.forget_targets(tuple(self._lanes))
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes.values():
                group.create_task(lane.run(), name=f"notices {lane.target.id}")
            await asyncio.Event().wait()

    # -- NotifyPort -----------------------------------------------------------------------------------

    def languages(self) -> Sequence[str]:
        """Return the codes of the languages that alerts can be told in, the site's own first."""
        return tuple(self._wordings)

    def text(self, alert: AlertRecord, language: str) -> AlertText:
        """Return an alert in words, in one of these languages."""
        return self._wordings[language].text(alert)

    def targets(self) -> Sequence[Target]:
        """Return all targets, in the order of the site's file."""
        return self._targets

    async def states(self) -> Sequence[TargetState]:
        """Return how each target fares, in the order of the site's file."""
        totals = await asyncio.to_thread(self._queue.totals) if self._lanes else {}
        return self._states(totals)

    async def tries(self, target_id: str, limit: int) -> Sequence[NoticeTry]:
        """Return the newest tries of a target, newest first."""
        return await asyncio.to_thread(self._queue.tries, target_id, limit)

    async def test(self, target_id: str) -> NoticeTry:
        """Send a target one message that says nothing, now; return what became of it."""
        lane, now_ns = self._lanes[target_id], self._clock.now_ns()
        self._tests += 1
        store = (lane.target.stores or (self._first_store,))[0]
        notice_id = f"{TEST}-{now_ns}-{self._tests}"
        return await lane.test(
            Notice(notice_id, "fired", store, Severity.INFO, (), lane.target.level, now_ns, 0)
        )

    # -- metrics --------------------------------------------------------------------------------------

    def states_now(self) -> list[TargetState]:
        """Return how each target fares, for metrics; what waits is counted on disk, and is short."""
        return self._states(self._queue.totals() if self._lanes else {})

    def _states(self, totals: Mapping[str, tuple[int, int]]) -> list[TargetState]:
        return [lane.state(*totals.get(target_id, (0, 0))) for target_id, lane in self._lanes.items()]
