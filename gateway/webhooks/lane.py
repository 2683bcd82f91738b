"""One endpoint's lane: what is due for it is signed and sent, in order, until it is taken. Runtime.

    log of changes ─▶ due for the endpoint ─▶ signed, sent ─▶ taken: the position moves, on disk
                                                 └─▶ not: the same again later

Two signs end its rest: `wake` (something changed in the shop) while all is well, `mended` (an operator changed
the endpoint, or has it told again) at any time: what sells meanwhile is no reason to ask a receiver sooner that
took nothing, a new address is.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from traceback import extract_tb

from gateway.audit import AuditEntry
from gateway.changes.model import Change
from gateway.clock import Clock
from gateway.storage.errors import StoreError, StoreFull, StoreReadOnly
from gateway.webhooks.hidden import hidden
from gateway.webhooks.messages import change_message, due, reset_message
from gateway.webhooks.model import (
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
from gateway.webhooks.ports import Posting, Table
from gateway.webhooks.schedule import DISABLE_AFTER_S, judged, wait_s
from gateway.webhooks.sender import SendFailed
from gateway.webhooks.signing import headers, signing_secrets
from gateway.webhooks.targets import TargetRefused

log = logging.getLogger(__name__)

PAGE = 200
"""Changes that are read at once: what is left of them once each subject is told once."""
LOOK_EVERY_S = 60.0
"""Real seconds until the log is looked at again without a sign."""
DISK_RETRY_S = 5.0
FAULT_RETRY_S = 60.0
"""Rest after a fault of ours: it seldom mends itself, and each try may cost a look at the disk."""


async def wait_for_sign(sign: asyncio.Event, wait_s: float) -> None:
    """Return once the sign is given, or the seconds are over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await sign.wait()


@dataclass(frozen=True, slots=True)
class Service:
    """What all lanes share. `describe(change)` returns a subject as it reads now (an alert that is over: as it read
    then), as JSON, or None where there is no such thing any more; `rest(sign, seconds)` returns once the sign is given or the seconds are over.
    """

    table: Table
    sender: Posting
    pepper: bytes
    clock: Clock
    describe: Callable[[Change], Awaitable[bytes | None]]
    rfc3339: Callable[[int], str]
    counts: WebhookCounts
    sending: asyncio.Semaphore
    chance: Callable[[], float]
    monotonic_s: Callable[[], float]
    rest: Callable[[asyncio.Event, float], Awaitable[None]]

    async def end_of(self, endpoint_id: str, store: str) -> Position:
        """Return the position behind all that a store's log has now."""
        seq = await asyncio.to_thread(self.table.last_change, store)
        return Position(endpoint_id, store, self.table.journal_id, seq, seq)

    async def try_once(self, endpoint: Endpoint, message: Message, tries: int) -> tuple[Outcome, Delivery]:
        """Send a message; return what became of it, and the line of it for the log."""
        now_ns = self.clock.now_ns()
        secrets = signing_secrets(self.pepper, endpoint.id, endpoint.generation, endpoint.rotated_ns, now_ns)
        fields = headers(secrets, message.id, now_ns // 1_000_000_000, message.body)
        outcome: Outcome
        started_s = self.monotonic_s()
        async with self.sending:
            try:
                answer = await asyncio.to_thread(self.sender.post, endpoint.url, fields, message.body)
                outcome = judged(answer, tries)
            except TargetRefused as error:
                outcome = Retry(hidden(f"refused: {error}", endpoint.url))
            except SendFailed as error:
                outcome = Retry(hidden(str(error), endpoint.url))
        took_ms = round(1_000 * (self.monotonic_s() - started_s))
        reason = "" if isinstance(outcome, Delivered) else outcome.reason
        delivery = Delivery(
            endpoint.id, message.id, message.type, now_ns, tries, outcome.status, reason, took_ms, len(message.body)
        )  # fmt: skip
        return outcome, delivery


class Lane:
    """An endpoint, how far it was told of each store, and the work of telling it."""

    def __init__(self, endpoint: Endpoint, positions: dict[str, Position], service: Service) -> None:
        self.endpoint = endpoint
        self.positions = positions
        self.wake = asyncio.Event()
        self.mended = asyncio.Event()
        self.tries = 0
        self._failing_since_s: float | None = None
        self._fault = ""
        self._service = service
        self._table = service.table
        self._settling = asyncio.Lock()

    # -- what an operator changes ---------------------------------------------------------------------

    async def change(
        self, endpoint: Endpoint, begun: list[Position], audited: AuditEntry | None = None
    ) -> None:
        """Serve it as it reads now; `begun`: the ends of stores that are new to it. Durable on return."""
        async with self._settling:
            await self._table.keep(endpoint=endpoint, positions=begun, audited=audited)
            self.endpoint = endpoint
            self.positions |= {position.store: position for position in begun}
        self._failing_since_s = None
        self._mend()

    async def tell_again(self, position: Position, audited: AuditEntry | None = None) -> None:
        """Go on from another place. Durable on return."""
        async with self._settling:
            await self._table.keep(positions=[position], audited=audited)
            self.positions[position.store] = position
        self._mend()

    def _mend(self) -> None:
        self.tries = 0
        self.wake.set()
        self.mended.set()

    # -- the work -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell it what is due until cancelled. Raises StoreError where the store can never be used again."""
        while True:
            self.wake.clear()
            self.mended.clear()
            rest_s = await self._try_turn()
            if self.tries or self._fault:
                await self._service.rest(self.mended, rest_s)
            else:
                await wait_for_sign(self.wake, rest_s)

    async def _try_turn(self) -> float:
        """Do what is due; return how long to rest after it."""
        try:
            rest_s = await self._tell_all() if self.endpoint.is_enabled else LOOK_EVERY_S
        except (StoreFull, StoreReadOnly) as error:
            log.info("webhook %s waits for the disk: %s", self.endpoint.id, error)
            return DISK_RETRY_S
        except StoreError:  # nothing can be done on such a store: it ends the gateway, which names the remedy
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the task: a fault of ours must not end the shop's gateway
            self._service.counts.faults += 1
            where = extract_tb(error.__traceback__)[
                -1
            ]  # not its text: the URL may be a secret of its receiver's
            fault = f"{type(error).__name__} at {where.name}:{where.lineno}"
            if fault != self._fault:
                log.error(  # noqa: TRY400 - no text of the error
                    "webhook %s: a fault of storefloor itself; it is tried again: %s", self.endpoint.id, fault
                )
            self._fault = fault
            return FAULT_RETRY_S
        self._fault = ""
        return rest_s

    async def _tell_all(self) -> float:
        """Tell all that is due; return how long to wait after that."""
        for store in self.endpoint.stores:
            while True:
                page = await self._page(store)
                if page is None:
                    break
                rest_s = await self._tell_page(store, page)
                if rest_s is not None:
                    return rest_s
        return LOOK_EVERY_S

    async def _page(self, store: str) -> list[Change] | None:
        """Return the next changes of a store, None where there are none; a lost place begins anew with a `reset`."""
        position = self.positions.get(store)
        if position is None:
            end = await self._service.end_of(self.endpoint.id, store)
            await self._table.keep(positions=[end])
            self.positions[store] = end
            return None
        page = None
        if position.journal_id == self._table.journal_id:
            page = await asyncio.to_thread(self._table.changes_after, store, position.seq, PAGE)
        if page is not None:
            return page or None
        return []  # to be told by _tell_page

    async def _tell_page(self, store: str, page: list[Change]) -> float | None:
        """Tell a page; return how long to wait where a message was not taken, None: go on with the next page."""
        now = self._service.rfc3339(self._service.clock.now_ns())
        journal_id, at = self._table.journal_id, self.positions[store]
        if not page:
            end = await self._service.end_of(self.endpoint.id, store)
            message = reset_message(self.endpoint, journal_id, store, end.seq, now)
            return await self._deliver(message, at, end)
        for one in due(self.endpoint, page):
            change, describe = one.change, self._service.describe
            data = await describe(change)
            if data is None or (change is not one.newest and data == await describe(one.newest)):
                continue
            message = change_message(self.endpoint, journal_id, change, at.told, data, now)
            behind = Position(self.endpoint.id, store, journal_id, change.seq, change.seq)
            rest_s = await self._deliver(message, at, behind)
            if rest_s is not None:
                return rest_s
            if self.positions[store] is not behind:
                return None  # an operator has it told from elsewhere
            at = behind
        if at.seq < page[-1].seq:
            await self._move(at, replace(at, seq=page[-1].seq))
        return None

    async def _deliver(self, message: Message, at: Position, behind: Position) -> float | None:
        """Try a message once; return how long to wait where it was not taken."""
        endpoint = self.endpoint
        tries = self.tries = self.tries + 1
        outcome, delivery = await self._service.try_once(endpoint, message, tries)
        counts = self._service.counts
        if isinstance(outcome, Delivered):
            counts.delivered += 1
            await self._done_with(at, behind, delivery)
            return None
        if self.endpoint is not endpoint:  # changed meanwhile: what the old one answered says nothing of it
            counts.failed += 1
            await self._table.keep(delivery=delivery)
            return 0.0
        match outcome:
            case GiveUp():
                counts.given_up += 1
                log.warning("webhook %s: %s was given up: %s", endpoint.id, message.id, outcome.reason)
                await self._done_with(at, behind, delivery)
                return None
            case Disable():
                return await self._disable(endpoint, outcome.reason, delivery)
        counts.failed += 1
        now_s = self._service.monotonic_s()
        if self._failing_since_s is None:
            self._failing_since_s = now_s
            log.info("webhook %s: %s", endpoint.id, outcome.reason)
        if now_s - self._failing_since_s > DISABLE_AFTER_S:
            days = DISABLE_AFTER_S / 86_400
            reason = f"nothing was taken for {days:g} days: {outcome.reason}"
            return await self._disable(endpoint, reason, delivery)
        await self._table.keep(delivery=delivery)
        return wait_s(tries, outcome.after_s, self._service.chance())

    async def _done_with(self, at: Position, behind: Position, delivery: Delivery) -> None:
        await self._move(at, behind, delivery)
        self.tries, self._failing_since_s = 0, None

    async def _disable(self, endpoint: Endpoint, reason: str, delivery: Delivery) -> float:
        async with self._settling:
            if self.endpoint is not endpoint:
                await self._table.keep(delivery=delivery)
                return 0.0
            log.warning("webhook %s is disabled: %s", endpoint.id, reason)
            disabled = replace(endpoint, disabled_reason=reason)
            await self._table.keep(endpoint=disabled, delivery=delivery)
            self.endpoint = disabled
        self.tries, self._failing_since_s = 0, None
        return LOOK_EVERY_S

    async def _move(self, at: Position, behind: Position, delivery: Delivery | None = None) -> None:
        """Move on, unless an operator moved it meanwhile: what was asked to be told again must not be passed over."""
        async with self._settling:
            is_ours = self.positions[at.store] is at
            await self._table.keep(positions=[behind] if is_ours else [], delivery=delivery)
            if is_ours:
                self.positions[at.store] = behind
