"""Requests for holds: once per key, decided in their turn, on disk before the answer, through any crash."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.answered import AnsweredRequest
from gateway.audit import Actor
from gateway.engine import Engine
from gateway.holds import Holds
from gateway.once import KnownKeys, Once
from gateway.pipeline import Pipeline
from gateway.ports.intake import TillEvent
from gateway.reservations.model import (
    Collect,
    Confirm,
    Decided,
    LineAsked,
    NewReservation,
    Refusal,
    Release,
    Reservation,
    ReservationQuery,
)
from gateway.storage.errors import StoreFull
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import STORE, T0, S, new_engine
from tests.support.virtual_loop import loop_s, run_virtual

DAY_S = 86_400
WEB, APP = Actor("web", "10.0.0.7"), Actor("app", "10.0.0.8")
ASKED = NewReservation((STORE,), (LineAsked("TOTE", 1),), "web", "cart-1")


class Clock:
    """Shop time that passes with the loop's, from `offset_s` on."""

    speed = 1.0

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s

    def now_ns(self) -> int:
        return T0 + round((loop_s() + self.offset_s) * S)

    def real_s(self, shop_s: float) -> float:
        return shop_s


class MemoryTables(ScriptedWriter):
    """A writer whose commits are tables of reservations too: what a crash leaves."""

    def rows(self) -> dict[str, Reservation]:
        return {r.id: r for commit in self.commits for r in commit.reservations}

    def open_reservations(self) -> list[Reservation]:
        return [r for r in self.rows().values() if r.is_open]

    def reservation(self, reservation_id: str) -> Reservation | None:
        return self.rows().get(reservation_id)

    def reservations(self, query: ReservationQuery, now_ns: int) -> list[Reservation]:
        return [r for r in self.rows().values() if r.store in query.stores]

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        found = [a for commit in self.commits for a in commit.answered if (a.source, a.key) == (source, key)]
        return found[-1] if found else None

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        found = [(a.source, a.key, a.at_ns) for commit in self.commits for a in commit.answered]
        return [name for name in found if name[2] > after_ns][-limit:]


class Gateway:
    """A pipeline with its holds; `totes` were received before."""

    def __init__(self, tables: MemoryTables, clock: Clock | None = None, max_held: int = 1_000) -> None:
        self.tables = tables
        self.engine: Engine = new_engine()
        clock = clock or Clock()
        self.pipeline = Pipeline(
            self.engine,
            tables,
            tables,
            clock,
            max_held=max_held,
            on_committed=lambda _changes, _committed: None,
        )
        self.engine.restore_reservations(tables.open_reservations())
        self.once = Once(self.pipeline, tables, self.engine.state.book.answered)
        self.holds = Holds(self.engine, self.pipeline, self.once, tables)

    def receive(self, pieces: int, sku: str = "TOTE") -> None:
        """Take pieces into stock, outside of the pipeline."""
        event = TillEvent("e", "receive", STORE, sku, None, None, pieces, T0)
        assert self.engine.record(event, T0).outcome == "applied"

    def reserved(self) -> int:
        """Return how many totes are reserved now."""
        return self.engine.state.book.reserved(STORE, "TOTE", self.pipeline.clock_now_ns())


@asynccontextmanager
async def working(gateway: Gateway) -> AsyncIterator[None]:
    """Let the loop of a gateway run."""
    task = asyncio.create_task(gateway.pipeline.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def scripted(test: Callable[[Gateway], Awaitable[None]], *refusals: Exception) -> None:
    """Run a test in virtual time over a gateway with two totes."""

    async def main() -> None:
        gateway = Gateway(MemoryTables(refusals))
        gateway.receive(2)
        await test(gateway)

    run_virtual(main())


def made(decided: Decided) -> Reservation:
    """Return the reservation that must have been granted."""
    assert isinstance(decided.outcome, Reservation), decided.outcome
    return decided.outcome


def code(outcome: object) -> str:
    """Return the code of the refusal that must have come."""
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_a_hold_is_answered_no_earlier_than_it_is_on_disk() -> None:
    """The disk is slow: the shopper waits, and nobody who looks is told of it before."""

    async def test(gateway: Gateway) -> None:
        gateway.tables.hold()
        async with working(gateway):
            asked = asyncio.create_task(gateway.holds.reserve(WEB, "a", ASKED))
            await asyncio.sleep(60)
            assert not asked.done()
            query = ReservationQuery(stores=(STORE,))
            assert await gateway.holds.reservations(query) == []
            gateway.tables.open.set()
            held = made(await asked)
            assert await gateway.holds.reservation(held.id) == held
            assert [r.id for r in await gateway.holds.reservations(query)] == [held.id]
        (commit,) = [commit for commit in gateway.tables.commits if commit.reservations]
        assert (commit.reservations, [a.key for a in commit.answered]) == ([held], ["a"])

    scripted(test)


def test_two_shoppers_who_name_two_articles_in_opposite_order_get_them_or_not() -> None:
    """One piece of each: one shopper has both, the other has none, and nobody waits for the other."""

    async def test(gateway: Gateway) -> None:
        gateway.receive(1, "CANDLE")
        tote, candle = LineAsked("TOTE", 2), LineAsked("CANDLE", 1)
        async with working(gateway):
            asked = [replace(ASKED, lines=(tote, candle)), replace(ASKED, lines=(candle, tote))]
            first, second = await asyncio.gather(
                *(gateway.holds.reserve(WEB, f"k{n}", one) for n, one in enumerate(asked))
            )
        assert sorted(line.sku for line in made(first).lines) == ["CANDLE", "TOTE"]
        assert code(second.outcome) == "insufficient_availability"
        assert gateway.reserved() == 2

    scripted(test)


def test_a_disk_that_refuses_delays_the_answer_and_doubles_nothing() -> None:
    """The same commit is tried again; the hold is there once."""

    async def test(gateway: Gateway) -> None:
        async with working(gateway):
            held = made(await gateway.holds.reserve(WEB, "a", ASKED))
        assert gateway.tables.rows() == {held.id: held}
        assert gateway.reserved() == 1

    scripted(test, StoreFull("storefloor.db", "no space left"), StoreFull("storefloor.db", "no space left"))


def test_a_repeat_gets_the_first_answer_and_takes_nothing_more() -> None:
    """Granted or refused for want of pieces; another body is refused, another caller's key is another key."""

    async def test(gateway: Gateway) -> None:
        async with working(gateway):
            first = await gateway.holds.reserve(WEB, "a", ASKED)
            again = await gateway.holds.reserve(WEB, "a", replace(ASKED, others=("paris-1",)))
            assert (again.outcome, first.replayed, again.replayed) == (first.outcome, False, True)
            other = await gateway.holds.reserve(WEB, "a", replace(ASKED, channel="app"))
            assert (code(other.outcome), other.replayed) == ("idempotency_key_reused", False)
            assert made(await gateway.holds.reserve(APP, "a", ASKED)).id != made(first).id
            assert gateway.reserved() == 2
            refused = await gateway.holds.reserve(WEB, "b", ASKED)
            await gateway.holds.change(WEB, made(first).id, Release(), frozenset())
            again = await gateway.holds.reserve(WEB, "b", ASKED)
            assert (code(again.outcome), again.replayed) == ("insufficient_availability", True)
            assert again.outcome == refused.outcome
            assert made(await gateway.holds.reserve(WEB, "c", ASKED))

    scripted(test)


def test_what_the_caller_may_mend_is_not_kept_under_its_key() -> None:
    """A wrong SKU is put right and sent with the same key."""

    async def test(gateway: Gateway) -> None:
        async with working(gateway):
            wrong = replace(ASKED, lines=(LineAsked("TOTES", 1),))
            assert code((await gateway.holds.reserve(WEB, "a", wrong)).outcome) == "unknown_sku"
            assert made(await gateway.holds.reserve(WEB, "a", ASKED))

    scripted(test)


def test_while_the_first_runs_a_repeat_is_told_so() -> None:
    """And when the first caller has gone away meanwhile, the repeat gets its answer, not a second hold."""

    async def test(gateway: Gateway) -> None:
        gateway.tables.hold()
        async with working(gateway):
            first = asyncio.create_task(gateway.holds.reserve(WEB, "a", ASKED))
            await asyncio.sleep(1)
            again = await gateway.holds.reserve(WEB, "a", ASKED)
            assert code(again.outcome) == "idempotency_in_progress"
            first.cancel()
            await asyncio.sleep(1)
            last = asyncio.create_task(gateway.holds.reserve(WEB, "a", ASKED))
            await asyncio.sleep(1)
            assert not last.done()
            gateway.tables.open.set()
            decided = await last
            assert (decided.replayed, gateway.reserved()) == (True, 1)
            assert gateway.tables.rows() == {made(decided).id: made(decided)}

    scripted(test)


def test_of_twenty_at_once_with_one_key_one_takes_a_piece() -> None:
    """And of twenty with keys of their own, as many as there are pieces."""

    async def test(gateway: Gateway) -> None:
        async with working(gateway):
            same = await asyncio.gather(*(gateway.holds.reserve(WEB, "a", ASKED) for _ in range(20)))
            assert [isinstance(d.outcome, Reservation) for d in same].count(True) == 1
            apart = await asyncio.gather(*(gateway.holds.reserve(WEB, f"k{n}", ASKED) for n in range(20)))
            assert [isinstance(d.outcome, Reservation) for d in apart].count(True) == 1
            assert gateway.reserved() == 2

    scripted(test)


def test_a_key_is_kept_for_a_day_over_restarts() -> None:
    """A new process answers from disk; after a day the key is free."""

    async def main() -> None:
        tables = MemoryTables()
        first = Gateway(tables)
        first.receive(2)
        async with working(first):
            held = made(await first.holds.reserve(WEB, "a", ASKED))
        second = Gateway(tables, Clock(DAY_S - 60))
        async with working(second):
            decided = await second.holds.reserve(WEB, "a", ASKED)
            assert (decided.outcome, decided.replayed) == (held, True)
        third = Gateway(tables, Clock(DAY_S + 1))
        third.receive(2)
        async with working(third):
            decided = await third.holds.reserve(WEB, "a", ASKED)
            assert (made(decided).id != held.id, decided.replayed) == (True, False)

    run_virtual(main())


def test_a_key_that_is_not_known_is_surely_new_as_long_as_all_are_known() -> None:
    """Of a day, no longer; past the bound nothing is sure, and each is looked up."""
    keys = KnownKeys([("web", "old", 0), ("web", "a", S)], most=2)
    keys.add(("web", "b"), DAY_S * S)
    assert [keys.may_have(("web", key)) for key in ("old", "a", "b", "c")] == [False, True, True, False]
    keys.add(("web", "c"), DAY_S * S)
    assert [keys.may_have(("web", key)) for key in ("a", "c", "d")] == [True, True, True]


def test_steps_on_what_was_closed_long_ago_are_answered_from_disk() -> None:
    """It is in memory no more; collected stays collected, and what is foreign is not there."""

    async def main() -> None:
        tables = MemoryTables()
        first = Gateway(tables)
        first.receive(2)
        async with working(first):
            held = made(await first.holds.reserve(WEB, "a", ASKED))
            assert isinstance(await first.holds.change(WEB, held.id, Confirm(), frozenset()), Reservation)
            collected = await first.holds.change(WEB, held.id, Collect(), frozenset({STORE}))
        second = Gateway(tables, Clock(DAY_S))
        async with working(second):
            assert await second.holds.change(WEB, held.id, Collect(), frozenset()) == collected
            assert code(await second.holds.change(WEB, held.id, Release(), frozenset())) == "wrong_state"
            for reservation_id, stores in ((held.id, frozenset({"paris-1"})), ("0" * 23, frozenset[str]())):
                outcome = await second.holds.change(WEB, reservation_id, Collect(), stores)
                assert code(outcome) == "unknown_reservation"
        assert second.reserved() == 0

    run_virtual(main())


def test_collected_pieces_are_recorded_as_sales_once() -> None:
    """A recording of the day, played back, has them leave as they did."""
    told: list[tuple[str, TillEvent]] = []

    class Tap:
        def told(self, source: str, event: TillEvent, now_ns: int) -> None:
            told.append((source, event))

    async def test(gateway: Gateway) -> None:
        gateway.holds = Holds(gateway.engine, gateway.pipeline, gateway.once, gateway.tables, Tap())
        async with working(gateway):
            held = made(await gateway.holds.reserve(WEB, "a", ASKED))
            assert code(await gateway.holds.change(WEB, held.id, Collect(), frozenset())) == "wrong_state"
            for command in (Confirm(), Collect(), Collect()):
                assert isinstance(await gateway.holds.change(WEB, held.id, command, frozenset()), Reservation)
            by_till = made(await gateway.holds.reserve(WEB, "b", ASKED))
            for command in (Confirm(), Collect(sold_by_till=True)):
                await gateway.holds.change(WEB, by_till.id, command, frozenset())
        sold = [(source, event.event_id, event.type, event.sku, event.qty) for source, event in told]
        assert sold == [("reservations", f"reservation:{held.id}:1", "sale", "TOTE", 1)]

    scripted(test)


def test_where_there_is_no_room_nothing_is_taken() -> None:
    """The disk refuses and input piles up: 503, and the same request later is a new one."""

    async def main() -> None:
        gateway = Gateway(MemoryTables(), max_held=1)
        gateway.receive(2)
        async with working(gateway):
            await asyncio.sleep(1)  # the first pass ends: it takes the totes in
            gateway.tables.hold()
            first = asyncio.create_task(gateway.holds.reserve(WEB, "a", ASKED))
            await asyncio.sleep(1)
            second = asyncio.create_task(gateway.holds.reserve(WEB, "b", ASKED))
            await asyncio.sleep(1)
            assert code((await gateway.holds.reserve(WEB, "c", ASKED)).outcome) == "overloaded"
            assert code(await gateway.holds.change(WEB, "0" * 23, Release(), frozenset())) == "overloaded"
            gateway.tables.open.set()
            assert made(await first) != made(await second)
            assert not (await gateway.holds.reserve(WEB, "c", ASKED)).replayed

    run_virtual(main())


@pytest.mark.parametrize("kill_after", [1, 7])
def test_a_killed_gateway_has_all_that_it_answered_and_nothing_twice(tmp_path: Path, kill_after: int) -> None:
    """On the real store: holds that were answered are there after a crash, their keys are answered, and the
    pieces that are left are the ones that may be promised.
    """

    async def life(receives: bool, wanted: int) -> dict[str, Reservation]:
        store = SqliteStore.open(tmp_path / STORE_FILE, synchronous="OFF")
        try:
            async with Writer(store) as writer:
                engine = new_engine()
                rows = [row for part in ("line",) for row in store.state_rows(part)]
                engine.restore(rows, store.latest_levels(), T0)
                engine.restore_reservations(store.open_reservations())
                pipeline = Pipeline(
                    engine, writer, store, Clock(), max_held=1_000, on_committed=lambda _c, _d: None
                )
                once = Once(pipeline, store, engine.state.book.answered)
                holds = Holds(engine, pipeline, once, store)
                task = asyncio.create_task(pipeline.run())
                if receives:
                    event = TillEvent("e", "receive", STORE, "TOTE", None, None, 8, T0)
                    await pipeline.record("till", [event])
                decided = [await holds.reserve(WEB, f"k{n}", ASKED) for n in range(wanted)]
                task.cancel()  # no last pass, no good-bye
                return {f"k{n}": made(d) for n, d in enumerate(decided) if isinstance(d.outcome, Reservation)}
        finally:
            store.close()

    before = asyncio.run(life(receives=True, wanted=kill_after))
    after = asyncio.run(life(receives=False, wanted=12))
    assert {key: after[key] for key in before} == before
    assert len(before) == kill_after
    assert len({r.id for r in after.values()}) == 8
