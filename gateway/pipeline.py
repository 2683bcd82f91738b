"""The gateway's one loop over its engine: take in, let time pass, make durable, tell. Runtime.

    devices ─▶ held ─┐                                   ┌▶ acknowledge (MQTT, HTTP)
    tills ───▶ held ─┤
    holds ───▶ held ─┴▶ engine pass ─▶ one durable commit ┴▶ feed, alert delivery

Order is the law here: nothing is acknowledged or told before it is on disk. When the disk refuses,
the same commit is tried again until it takes it; meanwhile input is held, and then no longer read.
"""

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol, TypeVar, cast

from gateway.alerts.notices import Notice
from gateway.changes.model import ChangeNote
from gateway.clock import Clock
from gateway.delivery.model import QueuedNotice
from gateway.engine import Changes, Engine
from gateway.ports.intake import EventResult, TillEvent
from gateway.storage.errors import StoreError, StoreFull, StoreReadOnly
from gateway.storage.ports import AppliedEvent, Commit, Committed, DeadLetter, StateRow
from readers.errors import Malformed
from readers.observations import Observation

T = TypeVar("T")
log = logging.getLogger(__name__)

SLICE = 1_000
"""Observations taken before the loop gets its turn: at 1-2 µs each, a slice stays under 2 ms."""
PASS_OBSERVATIONS = 20_000
"""Observations of one pass at most, so that an acknowledgement never waits for a whole backlog."""
MIN_TICK_S, MAX_TICK_S = 0.05, 1.0
"""Deadlines are looked at each shop second, but no more often than this (real seconds)."""
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between tries of a commit that the disk refused; the last one repeats."""
FINISH_S = 3.0
"""Real seconds that a stop waits for a disk that refuses: nothing of it was acknowledged, so it comes again."""
CLOCK_PART = "time"
"""The state row in which each commit leaves its time: a later life does not go back behind it."""
MAX_SAMPLES = 100
"""Samples that wait for a commit: more than a disk that refuses for an hour leaves over."""
MAX_RECENT_EVENTS = 100_000
"""Event ids answered from memory. Those in flight are among them, so a repeat cannot slip between."""


class CommitPort(Protocol):
    """Makes a commit durable."""

    async def commit(self, commit: Commit) -> Committed:
        """Return once it is on disk."""
        ...


class EventLog(Protocol):
    """Knows the events that were applied in the past."""

    def applied_event(self, source: str, event_id: str) -> AppliedEvent | None:
        """Return the event if it was applied."""
        ...


class Tap(Protocol):
    """Hears what the pipeline took, in order, as it takes it. Never blocks, never raises."""

    def observed(self, observations: Sequence[Observation]) -> None:
        """Hear of observations."""
        ...

    def told(self, source: str, event: TillEvent, now_ns: int) -> None:
        """Hear of an event that was applied."""
        ...


@dataclass(slots=True)
class _Held:
    """One thing waiting its turn: observations, a refusal, a till's batch, or a decision."""

    observations: Sequence[Observation] = ()
    refused: tuple[str, Malformed] | None = None
    batch: "_Batch | None" = None
    decision: "_Decision | None" = None
    on_durable: Callable[[], None] | None = None


@dataclass(slots=True)
class _Batch:
    """Events of one request with what is known of them already."""

    source: str
    events: Sequence[TillEvent]
    before: dict[str, AppliedEvent]
    done: "asyncio.Future[list[EventResult]]"
    results: list[EventResult] = field(default_factory=list)


@dataclass(slots=True)
class _Decision:
    """Something to be decided on the state as it is in its turn, and who waits for the outcome."""

    decide: Callable[[int], object]
    done: "asyncio.Future[object]"
    outcome: object = None


class Pipeline:
    """Implements readers.intake.Intake and gateway.ports.intake.IntakePort over one engine.

    `note(changes)` returns what of a pass is to be written into the log of changes, before its commit;
    `route(notices)` whom of the targets which notices are for.
    `on_committed(changes, committed)` is called after each pass, on the loop (committed is None where
    there was nothing to write); `on_pass` is a watchdog's sign that the real work goes on.
    """

    def __init__(
        self,
        engine: Engine,
        writer: CommitPort,
        events: EventLog,
        clock: Clock,
        *,
        max_held: int,
        on_committed: Callable[[Changes, Committed | None], None],
        note: Callable[[Changes], list[ChangeNote]] = lambda _: [],
        route: Callable[[list[Notice]], list[QueuedNotice]] = lambda _: [],
        on_pass: Callable[[], None] = lambda: None,
        tap: Tap | None = None,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._events = events
        self._clock = clock
        self._max_held = max_held
        self._on_committed = on_committed
        self._note = note
        self._route = route
        self._on_pass = on_pass
        self._tap = tap
        self._held: deque[_Held] = deque()
        self._held_observations = 0
        self._samples: deque[bytes] = deque(maxlen=MAX_SAMPLES)
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._recent: OrderedDict[tuple[str, str], AppliedEvent] = OrderedDict()
        self._unwritten: Commit | None = None
        self._advancing: Iterator[None] | None = None
        self.version = 0
        self.store_failure: str | None = None
        self.passes = 0

    # -- Intake -------------------------------------------------------------------------------------

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        """Take observations in."""
        self._hold(_Held(observations=observations, on_durable=on_durable), len(observations))

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:
        """Take note of input that could not be read."""
        self._hold(_Held(refused=(device, error), on_durable=on_durable), 1)

    def is_full(self) -> bool:
        """Return whether transports must stop reading."""
        return self._held_observations >= self._max_held

    async def drained(self) -> None:
        """Return once there is room again."""
        await self._room.wait()

    def tell(self, lines: bytes) -> None:
        """Have line protocol written to the outbox with the next pass's commit."""
        self._samples.append(lines)
        self._wake.set()

    def nudge(self) -> None:
        """Have a pass done at once, though nothing came in."""
        asyncio.get_running_loop().call_soon(self._wake.set)  # after the pass that may be asking for it

    def _hold(self, held: _Held, n: int) -> None:
        self._held.append(held)
        self._held_observations += n
        if self.is_full():
            self._room.clear()
        self._wake.set()

    # -- IntakePort ---------------------------------------------------------------------------------

    async def record(self, source: str, events: Sequence[TillEvent]) -> list[EventResult]:
        """Apply each event once; return when the outcome is durable."""
        unknown = [e.event_id for e in events if (source, e.event_id) not in self._recent]
        before = await asyncio.to_thread(self._look_up, source, unknown) if unknown else {}
        batch = _Batch(source, events, before, asyncio.get_running_loop().create_future())
        self._hold(_Held(batch=batch), len(events))
        return await batch.done

    async def decide(self, decide: Callable[[int], T]) -> T:
        """Call `decide(now_ns)` in its turn; return what it returned, once all that it changed is durable.

        It may change the engine, and must not raise.
        """
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._hold(_Held(decision=_Decision(decide, done)), 1)
        return cast("T", await done)

    def _look_up(self, source: str, event_ids: list[str]) -> dict[str, AppliedEvent]:
        found = {event_id: self._events.applied_event(source, event_id) for event_id in event_ids}
        return {event_id: event for event_id, event in found.items() if event is not None}

    # -- the loop -----------------------------------------------------------------------------------

    def clock_now_ns(self) -> int:
        """Return the shop's time."""
        return self._clock.now_ns()

    @property
    def held(self) -> int:
        """Return how many observations and events wait."""
        return self._held_observations

    async def run(self) -> None:
        """Work until cancelled. Raises StoreError where the store can never take a commit."""
        tick_s = min(max(self._clock.real_s(1.0), MIN_TICK_S), MAX_TICK_S)
        while True:
            await self.pass_once()  # the first at once: the gateway is ready with it
            if not self._held:
                self._wake.clear()
                try:
                    async with asyncio.timeout(tick_s):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def finish(self) -> None:
        """Do a last pass, when `run` was cancelled; give up where the disk refuses it for too long."""
        try:
            async with asyncio.timeout(FINISH_S):
                await self.pass_once()
        except TimeoutError:
            log.warning("store: stopped with input that could not be written; it was not acknowledged")

    async def pass_once(self) -> None:
        """Do one pass over what is held now, and make it durable."""
        if self._unwritten is not None:  # a stop came while the disk refused it; what follows builds on it
            await self._commit(self._unwritten)
        now_ns = self._clock.now_ns()
        taken, applied = await self._take(now_ns)
        await self._advance(now_ns)
        changes = self._engine.drain()
        lines = list(self._samples)
        self._samples.clear()
        commit = Commit(
            at_ns=now_ns,
            lines=lines,
            movements=changes.movements,
            levels=changes.points,
            state=changes.state,
            snapshots=changes.snapshots,
            changes=self._note(changes),
            alerts=changes.alerts,
            applied=applied,
            reservations=changes.reservations,
            answered=changes.answered,
            forgetting=changes.forgetting,
            audited=changes.audited,
            kpi_days=changes.kpi_days,
            endpoints=changes.endpoints,
            notices=self._route(changes.notices),
            dead_letters=[
                DeadLetter(device, error.reason, error.detail, error.sample, now_ns)
                for device, error in changes.refused
            ],
        )
        if not commit.is_empty():
            commit.state.append(StateRow(CLOCK_PART, "", str(now_ns)))
        committed = None if commit.is_empty() else await self._commit(commit)
        if committed is not None:
            self.version = committed.version
        self._tell(taken)
        self._on_committed(changes, committed)
        self.passes += 1
        self._on_pass()

    async def _take(self, now_ns: int) -> tuple[list[_Held], list[AppliedEvent]]:
        """Run what is held through the engine, in slices, in order."""
        taken: list[_Held] = []
        applied: list[AppliedEvent] = []
        count = since_turn = 0
        while self._held and count < PASS_OBSERVATIONS:
            held = self._held.popleft()
            taken.append(held)
            size = self._apply(held, now_ns, applied)
            count += size
            since_turn += size
            if since_turn >= SLICE:
                since_turn = 0
                await asyncio.sleep(0)
        self._held_observations -= count
        if not self.is_full():
            self._room.set()
        return taken, applied

    async def _advance(self, now_ns: int) -> None:
        """Let time pass in the engine, and others have the loop in between; go on where a stop cut it off."""
        if self._advancing is None:
            self._advancing = self._engine.advancing(now_ns)
        for _ in self._advancing:
            await asyncio.sleep(0)
        self._advancing = None

    def _apply(self, held: _Held, now_ns: int, applied: list[AppliedEvent]) -> int:
        if held.batch is not None:
            for event in held.batch.events:
                held.batch.results.append(self._apply_event(held.batch, event, now_ns, applied))
            return len(held.batch.events)
        if held.refused is not None:
            self._engine.refuse(*held.refused)
            return 1
        if held.decision is not None:
            held.decision.outcome = held.decision.decide(now_ns)
            return 1
        self._engine.observe_all(held.observations, now_ns)
        if self._tap is not None:
            self._tap.observed(self._engine.recordable(held.observations))
        return len(held.observations)

    def _apply_event(
        self, batch: _Batch, event: TillEvent, now_ns: int, applied: list[AppliedEvent]
    ) -> EventResult:
        key = (batch.source, event.event_id)
        digest = hashlib.sha256(json.dumps(asdict(event), sort_keys=True).encode()).hexdigest()
        before = self._recent.get(key) or batch.before.get(event.event_id)
        if before is not None:
            if before.digest != digest:
                detail = "this event_id was used for an event with other content"
                return EventResult(event.event_id, "refused", None, "event_id_reused", detail, "/event_id")
            first = EventResult(**json.loads(before.result))
            return EventResult(event.event_id, "duplicate", first.sku, first.code, first.detail)
        result = self._engine.record(event, now_ns)
        if result.outcome == "applied":
            record = AppliedEvent(*key, digest, now_ns, json.dumps(asdict(result)))
            applied.append(record)
            if self._tap is not None:
                self._tap.told(batch.source, event, now_ns)
            self._recent[key] = record
            while len(self._recent) > MAX_RECENT_EVENTS:
                self._recent.popitem(last=False)
        return result

    async def _commit(self, commit: Commit) -> Committed:
        """Make a commit durable, however long the disk refuses it for want of room or rights."""
        tries = 0
        while True:
            try:
                committed = await self._writer.commit(commit)
            except (StoreFull, StoreReadOnly) as error:
                if self.store_failure is None:
                    log.warning("store: %s", error)
                self.store_failure = str(error)
                self._unwritten = commit
                self._on_pass()  # waiting for the disk is work too: a restart would not mend it
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
            except StoreError as error:
                self.store_failure = str(error)
                raise
            else:
                if self.store_failure is not None:
                    log.warning("store: writes again")
                self.store_failure = self._unwritten = None
                return committed

    def _tell(self, taken: list[_Held]) -> None:
        for held in taken:
            if held.on_durable is not None:
                held.on_durable()
            if held.batch is not None and not held.batch.done.done():
                held.batch.done.set_result(held.batch.results)
            if held.decision is not None and not held.decision.done.done():
                held.decision.done.set_result(held.decision.outcome)
