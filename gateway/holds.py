"""Reservations between HTTP and the pipeline: each request once, decided in a pass, durable, answered. Runtime.

request ─▶ key known? ─┬─ yes: the stored answer            (implements gateway.ports.ReservationsPort)
                       └─ no ─▶ pipeline pass ─▶ one commit: reservation, answer to the key ─▶ told
"""

import asyncio
import hashlib
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from gateway.engine import Engine
from gateway.ports import TillEvent
from gateway.reservations.desk import ANSWERED_KEPT_NS, leaving
from gateway.reservations.model import (
    LASTING_REFUSALS,
    AnsweredRequest,
    Collect,
    Command,
    Decided,
    NewReservation,
    Outcome,
    Refusal,
    Reservation,
    ReservationQuery,
    outcome_json,
    outcome_of,
)
from gateway.storage.ports import Reservations

T = TypeVar("T")

MAX_RECENT_ANSWERS = 20_000
"""Answers kept in memory (2 KB each). Those of requests that are decided and not on disk yet are among them,
so that a repeat cannot slip between."""
MAX_KNOWN_KEYS = 200_000
"""Keys told apart without the disk (100 B each): a shop's day has some thousands. A look-up by a thread costs a
third of a hold."""
ID_TIME_DIGITS, ID_RANDOM_BITS = 11, 48


class KnownKeys:
    """The keys of the last day, as hashes in order of time: what is not among them is surely new.

    `is_whole` is False where there were more than are kept; then each new key is looked up on disk.
    """

    def __init__(self, names: Iterable[tuple[str, str, int]], most: int) -> None:
        self._at_ns: dict[int, int] = {}
        self._most = most
        self.is_whole = True
        for source, key, at_ns in names:
            self.add((source, key), at_ns)

    def add(self, name: tuple[str, str], at_ns: int) -> None:
        """Take note of a key."""
        self._at_ns.pop(hash(name), None)
        self._at_ns[hash(name)] = at_ns
        while self._at_ns:
            oldest, known_ns = next(iter(self._at_ns.items()))
            if known_ns > at_ns - ANSWERED_KEPT_NS:
                if len(self._at_ns) <= self._most:
                    break
                self.is_whole = False
            del self._at_ns[oldest]

    def may_have(self, name: tuple[str, str]) -> bool:
        """Return whether a key may have been used within the last day."""
        return not self.is_whole or hash(name) in self._at_ns


class Decisions(Protocol):
    """The pipeline, as a request is given to it."""

    def is_full(self) -> bool:
        """Return whether there is no room for more."""
        ...

    def clock_now_ns(self) -> int:
        """Return the shop's time."""
        ...

    async def decide(self, decide: Callable[[int], T]) -> T:
        """Return what `decide` returned, once that is durable."""
        ...


class EventTap(Protocol):
    """Hears of events that were applied."""

    def told(self, source: str, event: TillEvent, now_ns: int) -> None:
        """Hear of one."""
        ...


class Holds:
    """Reservations of one gateway. `tap` hears of collected pieces as sales."""

    def __init__(
        self, engine: Engine, pipeline: Decisions, store: Reservations, tap: EventTap | None = None
    ) -> None:
        self._desk = engine.desk
        self._book = engine.state.book
        self._pipeline = pipeline
        self._store = store
        self._tap = tap
        self._recent: OrderedDict[tuple[str, str], AnsweredRequest] = OrderedDict()
        self._running: set[tuple[str, str]] = set()
        after_ns = pipeline.clock_now_ns() - ANSWERED_KEPT_NS
        self._known = KnownKeys(store.answered_keys(after_ns, MAX_KNOWN_KEYS + 1), MAX_KNOWN_KEYS)
        self._random = random.Random(secrets.randbits(128))

    # -- a new one ------------------------------------------------------------------------------------

    async def reserve(self, source: str, key: str, asked: NewReservation) -> Decided:
        """Hold pieces; a request with the `key` of an earlier one of `source` gets its answer."""
        name = (source, key)
        if name in self._running:
            return Decided(Refusal("idempotency_in_progress", "the first request with this key is not over"))
        if self._pipeline.is_full():
            return Decided(_OVERLOADED)
        self._running.add(name)
        try:
            return await self._reserve(name, _digest(asked), asked)
        finally:
            self._running.discard(name)

    async def _reserve(self, name: tuple[str, str], digest: str, asked: NewReservation) -> Decided:
        stored = None
        if name not in self._recent and self._known.may_have(name):
            stored = await asyncio.to_thread(self._store.answered_request, *name)

        def decide(now_ns: int) -> Decided:
            before = self._recent.get(name) or stored
            if before is not None and now_ns - before.at_ns < ANSWERED_KEPT_NS:
                if before.digest != digest:
                    detail = "this key was used for a request with other content"
                    return Decided(Refusal("idempotency_key_reused", detail))
                return Decided(outcome_of(before.result), replayed=True)
            outcome = self._desk.reserve(self._new_id(now_ns), asked, now_ns)
            if isinstance(outcome, Reservation) or outcome.code in LASTING_REFUSALS:
                self._remember(AnsweredRequest(*name, digest, now_ns, outcome_json(outcome)))
            return Decided(outcome)

        return await self._pipeline.decide(decide)

    def _remember(self, answered: AnsweredRequest) -> None:
        self._book.answered(answered)
        self._known.add((answered.source, answered.key), answered.at_ns)
        self._recent[answered.source, answered.key] = answered
        while len(self._recent) > MAX_RECENT_ANSWERS:
            self._recent.popitem(last=False)

    def _new_id(self, now_ns: int) -> str:
        """Return an id that sorts by time, so that rows written together lie together. It is no secret."""
        random_part = self._random.getrandbits(ID_RANDOM_BITS)
        return f"{now_ns // 1_000_000:0{ID_TIME_DIGITS}x}{random_part:0{ID_RANDOM_BITS // 4}x}"

    # -- a change of one ------------------------------------------------------------------------------

    async def change(self, reservation_id: str, command: Command, stores: frozenset[str]) -> Outcome:
        """Let a command take effect on a reservation of one of `stores` (empty: of any)."""
        if self._pipeline.is_full():
            return _OVERLOADED
        stored = None
        if self._book.get(reservation_id) is None:  # closed long ago, or there is none
            stored = await asyncio.to_thread(self._store.reservation, reservation_id)

        def decide(now_ns: int) -> Outcome:
            found = self._book.get(reservation_id) or stored
            if found is None or (stores and found.store not in stores):
                return Refusal("unknown_reservation", f"there is no reservation {reservation_id!r}")
            outcome = self._desk.change(found, command, now_ns)
            if isinstance(command, Collect) and not command.sold_by_till and found.is_open:
                self._tell_sales(outcome, now_ns)
            return outcome

        return await self._pipeline.decide(decide)

    def _tell_sales(self, collected: Outcome, now_ns: int) -> None:
        """Let the tap hear of the pieces that left: in a recording they are sales like any other."""
        if self._tap is None or isinstance(collected, Refusal) or collected.closed_ns != now_ns:
            return
        for ref, sku, epc in leaving(collected):
            sale = TillEvent(ref, "sale", collected.store, sku, None, epc, 1, now_ns)
            self._tap.told("reservations", sale, now_ns)

    # -- looking --------------------------------------------------------------------------------------

    async def reservation(self, reservation_id: str) -> Reservation | None:
        """Return a reservation as it is now; from disk, so that nothing is told that a crash could take back."""
        found = await asyncio.to_thread(self._store.reservation, reservation_id)
        return None if found is None else found.as_of(self._pipeline.clock_now_ns())

    async def reservations(self, query: ReservationQuery) -> list[Reservation]:
        """Return reservations as they are now, newest first."""
        now_ns = self._pipeline.clock_now_ns()
        found = await asyncio.to_thread(self._store.reservations, query, now_ns)
        return [reservation.as_of(now_ns) for reservation in found]


_OVERLOADED = Refusal("overloaded", "the gateway holds more input than it can write")


def _digest(asked: NewReservation) -> str:
    """Return a hash of what is asked; which other stores may be named is no part of it."""
    return hashlib.sha256(repr(replace(asked, others=())).encode()).hexdigest()
