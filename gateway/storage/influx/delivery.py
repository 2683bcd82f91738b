"""From the outbox to InfluxDB: in batches, off the loop, one at a time, each until the server has it. Runtime.

    outbox ─▶ batch ─▶ server ─▶ settled with one of the next commits
    gaps   ─▶ page of the store's own tables ─▶ server ─▶ cursor           (one page after each batch)

Nothing of it is on the way of a commit or a request. What was delivered and not yet settled is delivered
again after a crash: points of one series and time take their own place.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from gateway.storage.backlog_page import START
from gateway.storage.errors import StoreClosed, StoreError
from gateway.storage.influx.errors import BatchTooLarge, InfluxError, ServerDenies
from gateway.storage.influx.pace import Chance, Pace
from gateway.storage.influx.ports import DeliveryRules, OffLoop, OutboxStore, Settler
from gateway.storage.influx.report import DeliveryReport, DeliveryState
from gateway.storage.influx.sending import LineServer, Sender, Sent
from gateway.storage.outbox import ASKED
from gateway.storage.ports import OutboxGap, OutboxTotals, RefusedLine, SeriesEncoder, Settlement

log = logging.getLogger(__name__)

STORE_WAIT_S = 5.0
"""Wait after the outbox itself could not be read, or after a fault of ours."""
LOOK_S = 5.0
"""The figures of health are no older than this."""
MAX_UNSETTLED_REFUSALS = 10_000
"""Refused lines kept in memory while the disk takes no note of them."""


class Delivery:
    """Delivers one store's outbox to one server. Make and run it in the loop.

    `connect` gives the server when it is first needed, in a thread; `chance(a, b)` gives a number between.
    """

    def __init__(
        self,
        store: OutboxStore,
        settler: Settler,
        connect: Callable[[], LineServer],
        encoder: SeriesEncoder,
        now_ns: Callable[[], int],
        off_loop: OffLoop,
        chance: Chance,
        rules: DeliveryRules,
    ) -> None:
        self._store = store
        self._settler = settler
        self._connect = connect
        self._encoder = encoder
        self._now_ns = now_ns
        self._off_loop = off_loop
        self._pace = Pace(chance)
        self._rules = rules
        self._sender: Sender | None = None
        self._wake = asyncio.Event()
        self._through_id = 0
        self._gap: OutboxGap | None = None
        self._gaps = 0
        self._totals = OutboxTotals(0, 0, 0, 0, None)
        self._unsettled = Settlement()
        self._settling: asyncio.Task[None] | None = None
        self._in_hand = 0
        self._state: DeliveryState = "starting"
        self._since_ns = now_ns()
        self._detail = self._remedy = ""
        self._last_sent_ns: int | None = None
        self._sent = self._told_back = self._retried = self._refused = self._expired = 0
        self._failures = 0

    # -- how it is -----------------------------------------------------------------------------

    def report(self) -> DeliveryReport:
        """Return how the delivery is; its figures of the outbox are at most LOOK_S old."""
        oldest_ns = self._totals.oldest_at_ns
        return DeliveryReport(
            state=self._state,
            since_ns=self._since_ns,
            detail=self._detail,
            remedy=self._remedy,
            last_sent_ns=self._last_sent_ns,
            sent=self._sent,
            told_back=self._told_back,
            retried=self._retried,
            refused=self._refused,
            expired=self._expired,
            requests=self._sender.requests if self._sender else 0,
            failures=self._failures,
            outbox=self._totals,
            gaps=self._gaps,
            age_s=0.0 if oldest_ns is None else max(0.0, (self._now_ns() - oldest_ns) / 1e9),
        )

    def wake(self) -> None:
        """Say that there may be something to deliver."""
        self._wake.set()

    # -- the loop ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Deliver until cancelled. Raises nothing that a server could cause."""
        try:
            while True:
                wait_s = await self._try_turn()
                if wait_s is None:
                    await self._idle()
                else:
                    await self._wait(wait_s)
        finally:
            if self._settling is not None:
                self._settling.cancel()

    async def _try_turn(self) -> float | None:
        """Do one turn; return how long to wait before the next, None: until there is something."""
        self._wake.clear()
        try:
            more = await self._turn()
        except BatchTooLarge as error:
            log.info("influxdb: smaller batches from now on: %s", error.detail)
            return self._pace.failed(error)
        except InfluxError as error:
            self._failed(error)
            return self._pace.failed(error)
        except StoreClosed:
            raise
        except StoreError as error:  # the disk: the pipeline waits for it as well, and says so
            log.info("influxdb: the outbox cannot be read now: %s", error)
            return STORE_WAIT_S
        except Exception as error:  # the edge of the task: a fault of ours must not end the shop's gateway
            log.exception("influxdb: a fault of storefloor itself; it is tried again")
            self._failed(ServerDenies(f"{type(error).__name__}: {error}", "report this with the log"))
            return STORE_WAIT_S
        return 0.0 if more else None

    async def _turn(self) -> bool:
        """Deliver a batch and a page of a gap; return whether more of either waits."""
        through_id, lines = await self._off_loop(self._waiting_lines)
        if lines:
            sent = await self._send(lines)
            self._sent += sent.taken
            self._through_id = through_id
            await self._settle(sent, through_id=self._through_id)
        more = await self._tell_gap()
        more = more or len(lines) >= self._rules.batch_points // 2
        if not more:
            await self._settled()
        await self._look()
        return more

    async def _tell_gap(self) -> bool:
        """Tell one page of the oldest gap from the store; return whether there may be more of any gap."""
        gap = self._gap or await self._begun_gap()
        if gap is None:
            return False
        cursor, lines = await self._off_loop(partial(self._kept_lines, gap))
        sent = await self._send(lines) if lines else Sent()
        self._told_back += sent.taken
        await self._settle(sent, gap_id=gap.id, gap_cursor=cursor)
        self._gap = None if cursor is None else replace(gap, cursor=cursor)
        if cursor is None:
            await self._settled()  # before the gaps are read again, or this one would be among them
            log.info("influxdb: it was told all that is kept (%s)", gap.reason)
        return True

    async def _begun_gap(self) -> OutboxGap | None:
        """Return the oldest gap, marked as begun: from then on it does not grow any more."""
        gaps = await self._off_loop(self._gaps_to_tell)
        if gaps and not gaps[0].cursor:
            log.info("influxdb: telling it what is kept (%s)", gaps[0].reason)
            await self._settle(Sent(), gap_id=gaps[0].id, gap_cursor=START)
            await self._settled()
            gaps = await self._off_loop(self._gaps_to_tell)
        return gaps[0] if gaps and gaps[0].cursor else None

    # in a thread: thousands of lines would hold up the loop for tens of milliseconds

    def _gaps_to_tell(self) -> list[OutboxGap]:
        """Return the gaps that the site wants told: all, or those that a person asked for."""
        gaps = self._store.outbox_gaps()
        return gaps if self._rules.tells_gaps else [gap for gap in gaps if gap.reason == ASKED]

    def _waiting_lines(self) -> tuple[int, list[bytes]]:
        """Return a batch of what waits, and the id up to which it goes."""
        batches = self._store.outbox_after(self._through_id, self._rules.batch_points)
        lines = [line for batch in batches for line in batch.body.split(b"\n")]
        return (batches[-1].id if batches else self._through_id), lines

    def _kept_lines(self, gap: OutboxGap) -> tuple[str | None, list[bytes]]:
        """Return a page of what the store keeps of a gap, and the cursor behind it."""
        page = self._store.backlog_page(gap, self._rules.batch_points)
        body = self._encoder.encode(page.entries, page.levels, page.alerts)
        return page.cursor, body.split(b"\n") if body else []

    def _send_part(self, part: Sequence[bytes]) -> Sent:
        return self._connected().send(part)

    def _connected(self) -> Sender:
        if self._sender is None:
            self._sender = Sender(self._connect())
        return self._sender

    # in the loop again

    async def _send(self, lines: Sequence[bytes]) -> Sent:
        """Send lines in requests of a size that the server takes."""
        self._in_hand = len(lines)
        whole = Sent()
        for part in _parts(lines, self._pace.body_bytes):
            sent = await self._off_loop(partial(self._send_part, part))
            self._succeeded()
            whole.taken += sent.taken
            whole.expired += sent.expired
            whole.refused += sent.refused
        self._expired += whole.expired
        self._refused += len(whole.refused)
        if whole.refused:
            line, reason = whole.refused[0]
            count = len(whole.refused)
            log.warning("influxdb: %d line(s) set aside, such as %r: %s", count, line[:200], reason)
        return whole

    # -- what became of it ---------------------------------------------------------------------

    def _succeeded(self) -> None:
        now_ns = self._now_ns()
        if self._state != "up":
            log.info("influxdb: connected")
            self._state, self._since_ns, self._detail, self._remedy = "up", now_ns, "", ""
        self._last_sent_ns = now_ns
        self._pace.succeeded()

    def _failed(self, error: InfluxError) -> None:
        state: DeliveryState = "denied" if isinstance(error, ServerDenies) else "away"
        remedy = error.remedy if isinstance(error, ServerDenies) else ""
        if (state, error.detail) != (self._state, self._detail):
            log.warning("influxdb: %s%s", error.detail, f": {remedy}" if remedy else "")
        if state != self._state:
            self._since_ns = self._now_ns()
        self._state, self._detail, self._remedy = state, error.detail, remedy
        self._failures += 1
        self._retried += self._in_hand

    async def _settle(
        self, sent: Sent, through_id: int = 0, gap_id: int | None = None, gap_cursor: str | None = None
    ) -> None:
        """Have it noted, with what could not be noted before; it is waited for before the next is."""
        now_ns = self._now_ns()
        refused = [RefusedLine(now_ns, reason, line) for line, reason in sent.refused]
        await self._settled()
        old = self._unsettled
        self._unsettled = Settlement(
            max(through_id, old.through_id),
            (*old.refused, *refused)[-MAX_UNSETTLED_REFUSALS:],
            old.gap_id if gap_id is None else gap_id,
            old.gap_cursor if gap_id is None else gap_cursor,
        )
        self._settling = asyncio.ensure_future(self._note(self._unsettled))

    async def _settled(self) -> None:
        if self._settling is not None:
            await self._settling

    async def _note(self, settlement: Settlement) -> None:
        try:
            await self._settler.settle_outbox(settlement)
        except StoreError as error:  # told again after a restart, and tried again with the next
            log.info("influxdb: what was delivered could not be noted yet: %s", error)
        else:
            self._unsettled = Settlement()

    # -- waiting -------------------------------------------------------------------------------

    async def _idle(self) -> None:
        """Wait until there is something, and then a little for its company."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._rules.flush_s)

    async def _wait(self, wait_s: float) -> None:
        while wait_s > 0:
            part_s = min(wait_s, LOOK_S)
            await asyncio.sleep(part_s)
            wait_s -= part_s
            await self._look()

    async def _look(self) -> None:
        try:
            self._totals, gaps = await self._off_loop(
                lambda: (self._store.outbox_totals(), self._store.outbox_gaps())
            )
        except StoreError:
            return
        self._gaps = len(gaps)


def _parts(lines: Sequence[bytes], max_bytes: int) -> Iterator[Sequence[bytes]]:
    """Yield lines in parts of at most so many bytes, or of one line."""
    start = size = 0
    for place, line in enumerate(lines):
        if place > start and size + len(line) + 1 > max_bytes:
            yield lines[start:place]
            start, size = place, 0
        size += len(line) + 1
    if start < len(lines):
        yield lines[start:]
