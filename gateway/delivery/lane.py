"""One target's lane: what waits for it is sent in order, until it is taken or given up. Runtime.

    queue on disk ─▶ in words ─▶ sent ─┬─ taken: out of the queue, at once
                                       ├─ not: the same again later; after a day given up, and shown
                                       └─ wrong, five times: given up, and shown; the next

At least once: a crash between the receiver's answer and the mark sends one notice again, with the same id.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from traceback import extract_tb
from typing import Literal

from gateway.alerts.notices import Notice
from gateway.clock import Clock
from gateway.delivery.model import NoticeTry, Target, TargetCounts, TargetState
from gateway.delivery.ports import Courier, Queue
from gateway.delivery.retries import MAX_AGE_NS, Outcome, wait_s
from gateway.storage.errors import StoreError, StoreFull, StoreReadOnly
from gateway.webhooks.lane import wait_for_sign
from gateway.webhooks.model import Delivered, Retry
from readers.off_loop import off_loop

log = logging.getLogger(__name__)

PAGE = 20
"""Notices read at once, about 1 MB where each is a long digest."""
LOOK_EVERY_S = 60.0
"""Real seconds until the queue is looked at again without a sign."""
DISK_RETRY_S = 5.0
FAULT_RETRY_S = 60.0
"""Rest after a fault of ours: it seldom mends itself."""
MAX_TRY_S = 120.0
"""Limit of one try: every step has its own, and a look-up of a name has none."""


@dataclass(frozen=True, slots=True)
class Service:
    """What all lanes share. `rest(sign, seconds)` returns once the sign is given or the seconds are over."""

    queue: Queue
    courier: Courier
    clock: Clock
    chance: Callable[[], float]
    monotonic_s: Callable[[], float]
    rest: Callable[[asyncio.Event, float], Awaitable[None]]
    sending: asyncio.Semaphore


@dataclass(slots=True)
class _Fares:
    """How the target fares: tries in vain in a row, and the last of each."""

    failing: int = 0
    last_try_ns: int | None = None
    last_delivered_ns: int | None = None
    last_error: str = ""
    next_s: float | None = None
    counts: TargetCounts = field(default_factory=TargetCounts)


class Lane:
    """A target, how it fares, and the work of telling it."""

    def __init__(self, target: Target, service: Service) -> None:
        self.target = target
        self.wake = asyncio.Event()
        self._mended = asyncio.Event()
        self._service = service
        self._fares = _Fares()
        self._unmarked: tuple[int, NoticeTry] | None = None
        self._fault = ""

    def state(self, waiting: int, given_up: int) -> TargetState:
        """Return how the target fares."""
        fares = self._fares
        state: Literal["idle", "ok", "failing"] = (
            "failing" if fares.failing else "idle" if fares.last_try_ns is None else "ok"
        )
        next_s = None if fares.next_s is None else max(0.0, fares.next_s - self._service.monotonic_s())
        return TargetState(
            self.target,
            state,
            waiting,
            given_up,
            fares.failing,
            replace(fares.counts),
            fares.last_try_ns,
            fares.last_delivered_ns,
            fares.last_error,
            next_s if fares.failing and waiting else None,
        )

    async def test(self, notice: Notice) -> NoticeTry:
        """Send a notice that waits nowhere, once, now; return what became of it."""
        outcome, tried = await self._try_once(notice, 1)
        tried = replace(tried, outcome="delivered" if isinstance(outcome, Delivered) else "given_up")
        await self._service.queue.settle(None, tried)
        if isinstance(outcome, Delivered):
            self._fares.failing = 0
            self._mended.set()
            self.wake.set()
        return tried

    async def run(self) -> None:
        """Tell what waits until cancelled. Raises StoreError where the store can never be used again."""
        while True:
            self.wake.clear()
            self._mended.clear()
            rest_s = await self._try_turn()
            self._fares.next_s = self._service.monotonic_s() + rest_s
            if self._fares.failing or self._fault or self._unmarked is not None:
                await self._service.rest(self._mended, rest_s)
            else:
                await wait_for_sign(self.wake, rest_s)

    async def _try_turn(self) -> float:
        """Do what is due; return how long to rest after it."""
        try:
            rest_s = await self._tell_all()
        except (StoreFull, StoreReadOnly) as error:
            log.info("notices for %s wait for the disk: %s", self.target.id, error)
            return DISK_RETRY_S
        except StoreError:  # nothing can be done on such a store: it ends the gateway, which names the remedy
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the task: a fault of ours must not end the shop's gateway
            self._fares.counts.faults += 1
            where = extract_tb(error.__traceback__)[-1]  # not its text: what was being sent bears secrets
            fault = f"{type(error).__name__} at {where.name}:{where.lineno}"
            if fault != self._fault:
                log.error("notices for %s: a fault of storefloor itself: %s", self.target.id, fault)  # noqa: TRY400 - no text of the error
            self._fault = self._fares.last_error = fault
            return FAULT_RETRY_S
        self._fault = ""
        return rest_s

    async def _tell_all(self) -> float:
        """Tell all that waits; return how long to rest after that."""
        queue = self._service.queue
        if self._unmarked is not None:  # the disk refused the mark: it is not sent again for that
            await queue.settle(*self._unmarked)
            self._unmarked = None
        while page := await asyncio.to_thread(queue.waiting, self.target.id, PAGE):
            for waiting in page:
                outcome, tried = await self._try_once(waiting.notice, waiting.tries + 1)
                self._unmarked = (waiting.row, tried)
                await queue.settle(waiting.row, tried)
                self._unmarked = None
                if isinstance(outcome, Retry):
                    await self._give_up_old(outcome.reason)
                    return wait_s(self._fares.failing, outcome.after_s, self._service.chance())
        return LOOK_EVERY_S

    async def _give_up_old(self, reason: str) -> None:
        before_ns = self._service.clock.now_ns() - MAX_AGE_NS
        gone = await self._service.queue.give_up_before(
            self.target.id, before_ns, f"not taken for a day: {reason}"
        )
        self._fares.counts.given_up += gone
        if gone:
            log.warning("notices for %s: %d given up after a day: %s", self.target.id, gone, reason)

    async def _try_once(self, notice: Notice, tries: int) -> tuple[Outcome, NoticeTry]:
        """Send a notice; return what became of it, and the line of it for the log."""
        service, fares = self._service, self._fares
        at_ns, started_s = service.clock.now_ns(), service.monotonic_s()
        outcome = await self._sent(notice, tries)
        took_ms = round(1_000 * (service.monotonic_s() - started_s))
        fares.last_try_ns = at_ns
        word: Literal["delivered", "retry", "given_up"]
        if isinstance(outcome, Delivered):
            word, reason = "delivered", outcome.note
            fares.counts.delivered += 1
            fares.last_delivered_ns, fares.last_error = at_ns, outcome.note
            if fares.failing:
                log.warning("notices for %s are taken again", self.target.id)
            fares.failing = 0
        else:
            word, reason = ("retry" if isinstance(outcome, Retry) else "given_up"), outcome.reason
            fares.counts.failed += 1
            fares.counts.given_up += word == "given_up"
            fares.failing += 1
            if fares.last_error != reason:
                log.warning("notices for %s: not taken: %s", self.target.id, reason)
            fares.last_error = reason
        return outcome, NoticeTry(
            self.target.id, notice.id, notice.kind, at_ns, tries, word, outcome.status, reason, took_ms
        )

    async def _sent(self, notice: Notice, tries: int) -> Outcome:
        send = self._service.courier.ready(self.target, notice)
        async with self._service.sending:
            try:
                async with asyncio.timeout(MAX_TRY_S):
                    return await off_loop(
                        lambda: send(tries), name=f"notice {self.target.id}", discard=lambda _: None
                    )
            except TimeoutError:
                return Retry(f"no answer within {MAX_TRY_S:g} s")
