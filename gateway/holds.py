"""Reservations between HTTP and the pipeline: implements gateway.reservations.ports.ReservationsPort. Runtime.

request ─▶ once per key ─▶ pipeline pass ─▶ one commit: reservation, answer to the key ─▶ told
"""

import asyncio
import hashlib
import random
import secrets
from dataclasses import replace
from typing import Protocol

from gateway.answered import KeyRefused
from gateway.audit import Actor, lines_told
from gateway.engine import Engine
from gateway.once import Decisions, Once
from gateway.ports.intake import TillEvent
from gateway.reservations.desk import leaving
from gateway.reservations.model import (
    LASTING_REFUSALS,
    Amend,
    Collect,
    Command,
    Decided,
    NewReservation,
    Outcome,
    Pick,
    Refusal,
    Reservation,
    ReservationQuery,
    Transfer,
    outcome_of,
    ownerless_json,
)
from gateway.storage.ports import Reservations

ID_TIME_DIGITS, ID_RANDOM_BITS = 11, 48


class OutcomeForm:
    """How the outcome of a request for a hold is stored: what the shop's state decided lasts."""

    def is_lasting(self, outcome: Outcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Reservation) or outcome.code in LASTING_REFUSALS

    def write(self, outcome: Outcome) -> str:
        """Return the outcome as JSON, without its owner: who asks again says anew for whom."""
        return ownerless_json(outcome)

    def read(self, text: str) -> Outcome:
        """Return the outcome that `write` wrote."""
        return outcome_of(text)


class EventTap(Protocol):
    """Hears of events that were applied."""

    def told(self, source: str, event: TillEvent, now_ns: int) -> None:
        """Hear of one."""
        ...


class Holds:
    """Reservations of one gateway. `tap` hears of collected pieces as sales."""

    def __init__(
        self,
        engine: Engine,
        pipeline: Decisions,
        once: Once,
        store: Reservations,
        tap: EventTap | None = None,
    ) -> None:
        self._state = engine.state
        self._desk = engine.desk
        self._book = engine.state.book
        self._pipeline = pipeline
        self._once = once
        self._store = store
        self._tap = tap
        self._random = random.Random(secrets.randbits(128))

    # -- a new one ------------------------------------------------------------------------------------

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        """Hold pieces; a request with the `key` of an earlier one of the same API key gets its answer."""

        def decide(now_ns: int) -> Outcome:
            made = self._desk.reserve(self._new_id(now_ns), asked, now_ns)
            if isinstance(made, Reservation):
                told = lines_told([(line.sku, line.secured) for line in made.lines])
                self._audit(actor, "create", made.store, made.id, told, now_ns)
            return made

        try:
            answered = await self._once.decide(actor.key_id, key, _digest(asked), decide, OutcomeForm())
        except KeyRefused as refused:
            return Decided(Refusal(refused.code, refused.detail))
        outcome = answered.outcome
        if answered.replayed and isinstance(outcome, Reservation):
            outcome = replace(outcome, owner_ref=asked.owner_ref)
        return Decided(outcome, answered.replayed)

    def _new_id(self, now_ns: int) -> str:
        """Return an id that sorts by time, so that rows written together lie together. It is no secret."""
        random_part = self._random.getrandbits(ID_RANDOM_BITS)
        return f"{now_ns // 1_000_000:0{ID_TIME_DIGITS}x}{random_part:0{ID_RANDOM_BITS // 4}x}"

    # -- a change of one ------------------------------------------------------------------------------

    async def change(
        self, actor: Actor, reservation_id: str, command: Command, stores: frozenset[str]
    ) -> Outcome:
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
            if isinstance(outcome, Reservation) and outcome != found.as_of(now_ns):
                told = f"to {outcome.store}" if isinstance(command, Transfer) else _told(command, outcome)
                verb = type(command).__name__.lower()
                self._audit(actor, verb, found.store, reservation_id, told, now_ns)
            return outcome

        return await self._pipeline.decide(decide)

    def _audit(
        self, actor: Actor, verb: str, store: str, reservation_id: str, told: str, now_ns: int
    ) -> None:
        self._state.audit(actor, f"reservations.{verb}", store, reservation_id, told, now_ns)

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


def _told(command: Command, after: Reservation) -> str:
    """Return what a step did, where its name does not say it: quantities given, pieces picked."""
    if isinstance(command, Amend):
        return lines_told([(line.sku, line.secured) for line in after.lines])
    if isinstance(command, Pick):
        return lines_told([(line.sku, line.picked) for line in after.lines])
    return ""


def _digest(asked: NewReservation) -> str:
    """Return a hash of what is asked; which other stores may be named is no part of it."""
    wish = NewReservation(
        asked.stores,
        asked.lines,
        asked.channel,
        asked.owner_ref,
        asked.ttl_ns,
        asked.allow_partial,
        asked.min_probability,
        (),
        asked.fulfilment,
    )
    return hashlib.sha256(repr(wish).encode()).hexdigest()
