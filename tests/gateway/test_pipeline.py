"""The gateway's one loop: nothing is acknowledged or told before it is on disk, and nothing is applied twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine import Changes
from gateway.pipeline import FINISH_S, PASS_OBSERVATIONS, RETRY_S, SLICE, CommitPort, EventLog, Pipeline
from gateway.ports.intake import EventResult, TillEvent
from gateway.storage.errors import StoreFailed, StoreFull, StoreReadOnly
from gateway.storage.ports import Commit, Committed
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from readers.errors import Malformed
from readers.observations import Heartbeat, Observation, Read, Scan
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import GTIN, READERS, STORE, T0, S, epc, new_engine
from tests.support.virtual_loop import loop_s, run_virtual

MAX_HELD = 1_000
FULL = StoreFull("storefloor.db", "no space left")


class Clock:
    """Shop time that passes with the loop's."""

    speed = 1.0

    def now_ns(self) -> int:
        return T0 + round(loop_s() * S)

    def real_s(self, shop_s: float) -> float:
        return shop_s


@dataclass
class Gateway:
    """A pipeline, and all that it told."""

    pipeline: Pipeline
    told: list[tuple[Changes, Committed | None]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    beats: int = 0

    def offer(self, name: str, *observations: Observation) -> None:
        """Offer observations; `name` is acknowledged when they are durable."""
        self.pipeline.offer(observations, lambda: self.acknowledged.append(name))

    def levels(self, sku: str = "TOTE") -> dict[str, int]:
        """Return the pieces per zone."""
        return dict(self.pipeline._engine.state.ledger.levels(STORE, sku))


def new_gateway(writer: CommitPort, events: EventLog, max_held: int = MAX_HELD) -> Gateway:
    """Return a gateway over a new engine."""

    def tell(changes: Changes, committed: Committed | None) -> None:
        gateway.told.append((changes, committed))

    def beat() -> None:
        gateway.beats += 1

    engine = new_engine()
    pipeline = Pipeline(engine, writer, events, Clock(), max_held=max_held, on_committed=tell, on_pass=beat)
    gateway = Gateway(pipeline)
    return gateway


def scripted(
    test: Callable[[Gateway, ScriptedWriter], Awaitable[None]], *refusals: Exception, max_held: int = MAX_HELD
) -> None:
    """Run a test in virtual time over a writer that refuses as scripted."""

    async def main() -> None:
        writer = ScriptedWriter(refusals)
        await test(new_gateway(writer, writer, max_held), writer)

    run_virtual(main())


def scan(scanner: str = "receiving", n: int = 0) -> Scan:
    """Return a scan of a tote, a minute after the one before."""
    at_ns = T0 + n * 60 * S
    return Scan(scanner, GTIN["TOTE"], at_ns, at_ns)


def event(event_id: str, kind: str = "receive", **fields: object) -> TillEvent:
    """Return an event about totes."""
    made = TillEvent(event_id, kind, STORE, "TOTE", None, None, 1, T0)  # type: ignore[arg-type]  # a kind as text
    return replace(made, **fields)  # type: ignore[arg-type]  # fields by name


def codes(results: Sequence[EventResult]) -> list[str]:
    """Return what became of each event."""
    return [result.code or result.outcome for result in results]


@contextlib.asynccontextmanager
async def working(gateway: Gateway) -> AsyncIterator[None]:
    """Let the loop of a gateway run."""
    task = asyncio.create_task(gateway.pipeline.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


# -- durable, then acknowledged, then told ---------------------------------------------------------------


def test_nothing_is_acknowledged_before_its_commit_is_durable() -> None:
    """The disk is slow: the acknowledgement waits for it, and so do the pages."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        writer.hold()
        gateway.offer("a", scan())
        task = asyncio.create_task(gateway.pipeline.pass_once())
        await asyncio.sleep(60)
        assert len(writer.tries) == 1
        assert (gateway.acknowledged, gateway.told) == ([], [])
        writer.open.set()
        await task
        assert gateway.acknowledged == ["a"]
        assert [committed.version for _, committed in gateway.told if committed] == [1]

    scripted(test)


def test_an_empty_offer_is_durable_no_earlier_than_those_before_it() -> None:
    """A message that was told twice leaves nothing to offer, and is acknowledged in its turn."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        writer.hold()
        gateway.offer("a", scan())
        gateway.offer("b")
        task = asyncio.create_task(gateway.pipeline.pass_once())
        await asyncio.sleep(1)
        gateway.offer("c")
        assert gateway.acknowledged == []
        writer.open.set()
        await task
        await gateway.pipeline.pass_once()
        assert gateway.acknowledged == ["a", "b", "c"]

    scripted(test)


def test_reads_that_move_nothing_are_acknowledged_without_a_commit() -> None:
    """A read of a stray changes nothing that must survive: nothing is written, and its message may go."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        gateway.offer("alive", *(Heartbeat(reader, True, T0, T0) for reader in READERS))
        await gateway.pipeline.pass_once()
        before = len(writer.commits)
        gateway.offer("a", Read("front", 3, epc("TEE", 1), T0, T0, -60))
        await gateway.pipeline.pass_once()
        assert gateway.acknowledged == ["alive", "a"]
        assert len(writer.commits) == before
        assert gateway.told[-1][1] is None

    scripted(test)


def test_one_pass_is_one_commit_with_all_that_it_changed() -> None:
    """Movements, levels, state, applied events and samples of what could not be read go in together."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        gateway.offer("a", scan())
        gateway.pipeline.refuse(
            "front", Malformed("not_json", "no brace", b"oops"), lambda: gateway.acknowledged.append("b")
        )
        task = asyncio.create_task(gateway.pipeline.record("till", [event("e1")]))
        await asyncio.sleep(0.01)
        await gateway.pipeline.pass_once()
        assert codes(await task) == ["applied"]
        (commit,) = writer.commits
        assert [movement.ref for movement in commit.movements] == [f"receiving:{T0}", "e1"]
        assert [point.pieces for point in commit.levels] == [1, 2]
        assert {row.part for row in commit.state} >= {"line"}
        assert [applied.event_id for applied in commit.applied] == ["e1"]
        (letter,) = commit.dead_letters
        assert (letter.device, letter.reason, letter.detail, letter.sample) == (
            "front",
            "not_json",
            "no brace",
            b"oops",
        )
        assert gateway.acknowledged == ["a", "b"]

    scripted(test)


def test_input_is_applied_in_the_order_in_which_it_was_offered() -> None:
    """Received and then sold is none left; sold and then received is one."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        gateway.offer("a", scan("receiving", 0), scan("checkout", 1))
        gateway.offer("b", scan("checkout", 2))
        gateway.offer("c", scan("receiving", 3))
        await gateway.pipeline.pass_once()
        assert gateway.levels() == {"back": 1}
        assert gateway.acknowledged == ["a", "b", "c"]

    scripted(test)


# -- a disk that refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [FULL, StoreReadOnly("storefloor.db", "read-only")])
def test_a_full_disk_holds_all_back_until_it_takes_the_commit(refusal: Exception) -> None:
    """Tried again and again, ever more slowly; said in the health; then acknowledged as if nothing had been."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        gateway.offer("a", scan())
        started_s = loop_s()
        task = asyncio.create_task(gateway.pipeline.pass_once())
        await asyncio.sleep(0.1)
        assert gateway.pipeline.store_failure == str(refusal)
        gateway.offer("b", scan(n=1))
        await task
        assert loop_s() - started_s == pytest.approx(sum(RETRY_S) + RETRY_S[-1])
        assert writer.tries == [writer.commits[0]] * (len(RETRY_S) + 2), "the same commit each time"
        assert gateway.pipeline.store_failure is None
        assert gateway.acknowledged == ["a"]
        await gateway.pipeline.pass_once()
        assert gateway.acknowledged == ["a", "b"]
        assert gateway.levels() == {"back": 2}

    scripted(test, *[refusal] * (len(RETRY_S) + 1))


def test_waiting_for_the_disk_is_work_too() -> None:
    """The watchdog is fed meanwhile: a restart would not mend a disk."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        gateway.offer("a", scan())
        await gateway.pipeline.pass_once()
        assert gateway.beats == 4

    scripted(test, FULL, FULL, FULL)


def test_a_broken_disk_ends_the_gateway_and_acknowledges_nothing() -> None:
    """What was not written comes again from the broker, to a gateway that starts from what is on disk."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        gateway.offer("a", scan())
        with pytest.raises(StoreFailed):
            await gateway.pipeline.run()
        assert (gateway.acknowledged, gateway.told, writer.commits) == ([], [], [])
        assert gateway.pipeline.store_failure is not None

    scripted(test, StoreFailed("storefloor.db", "input/output error"))


def test_a_stop_while_the_disk_refuses_loses_nothing_if_it_mends_in_time() -> None:
    """The commit that waited is written first, then what came after it."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        async with working(gateway):
            gateway.offer("a", scan())
            await asyncio.sleep(0.1)
            gateway.offer("b", scan(n=1))
        await gateway.pipeline.finish()
        assert [len(commit.movements) for commit in writer.commits] == [1, 1]
        assert gateway.acknowledged == ["b"], "who waited for the first has gone with the loop"

    scripted(test, FULL, FULL)


def test_a_stop_does_not_wait_for_a_full_disk() -> None:
    """Ctrl-C ends the gateway in seconds; what was not written was not acknowledged either."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        async with working(gateway):
            gateway.offer("a", scan())
            await asyncio.sleep(10)
        stopped_s = loop_s()
        await gateway.pipeline.finish()
        assert loop_s() - stopped_s == pytest.approx(FINISH_S)
        assert (gateway.acknowledged, writer.commits) == ([], [])

    scripted(test, *[FULL] * 100)


# -- events once ---------------------------------------------------------------------------------------


def test_an_event_is_applied_once_and_its_repeat_is_answered() -> None:
    """In one batch, in the next request, while the first is on its way: one piece moves."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        async with working(gateway):
            assert codes(await gateway.pipeline.record("till", [event("e1"), event("e1"), event("e2")])) == [
                "applied", "duplicate", "applied"]  # fmt: skip
            assert codes(await gateway.pipeline.record("till", [event("e2"), event("e3")])) == [
                "duplicate",
                "applied",
            ]
            answers = await asyncio.gather(
                *(gateway.pipeline.record("till", [event("e4")]) for _ in range(20))
            )
            assert (
                sorted(codes([result for results in answers for result in results]))
                == ["applied"] + ["duplicate"] * 19
            )
        assert gateway.levels() == {"back": 4}
        assert [a.event_id for c in writer.commits for a in c.applied] == ["e1", "e2", "e3", "e4"]

    scripted(test)


def test_a_repeat_is_answered_no_earlier_than_the_first_is_durable() -> None:
    """The disk is slow, the till impatient: neither request is answered before the commit."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        writer.hold()
        async with working(gateway):
            first = asyncio.create_task(gateway.pipeline.record("till", [event("e1")]))
            await asyncio.sleep(5)
            again = asyncio.create_task(gateway.pipeline.record("till", [event("e1")]))
            await asyncio.sleep(60)
            assert not first.done()
            assert not again.done()
            writer.open.set()
            assert codes(await first) + codes(await again) == ["applied", "duplicate"]

    scripted(test)


@pytest.mark.parametrize("change", [{"qty": 2}, {"at_ns": T0 + 1}, {"type": "sale"}, {"store": "paris-1"}])
def test_an_event_id_that_is_used_for_something_else_is_refused(change: dict[str, object]) -> None:
    """The till's numbering is broken, and it must learn of it."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        async with working(gateway):
            await gateway.pipeline.record("till", [event("e1")])
            (result,) = await gateway.pipeline.record("till", [event("e1", **change)])
        assert (result.outcome, result.code, result.pointer) == ("refused", "event_id_reused", "/event_id")
        assert gateway.levels() == {"back": 1}

    scripted(test)


def test_event_ids_are_each_tills_own() -> None:
    """Two keys may use the same numbers."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        async with working(gateway):
            for source in ("till-1", "till-2"):
                assert codes(await gateway.pipeline.record(source, [event("e1")])) == ["applied"]
        assert gateway.levels() == {"back": 2}

    scripted(test)


def test_a_refused_event_may_be_mended_and_sent_again() -> None:
    """A refusal takes no id: once the article is there, the same event is applied."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        async with working(gateway):
            wrong = event("e1", sku="TOTES")
            assert codes(await gateway.pipeline.record("till", [wrong, event("e2")])) == [
                "unknown_sku",
                "applied",
            ]
            assert codes(await gateway.pipeline.record("till", [event("e1")])) == ["applied"]

    scripted(test)


def test_a_till_that_hangs_up_does_not_stop_the_others() -> None:
    """Its events are applied all the same, and answered when it asks again."""

    async def test(gateway: Gateway, writer: ScriptedWriter) -> None:
        writer.hold()
        async with working(gateway):
            gone = asyncio.create_task(gateway.pipeline.record("till", [event("e1")]))
            await asyncio.sleep(1)
            gone.cancel()
            writer.open.set()
            assert codes(await gateway.pipeline.record("till", [event("e1"), event("e2")])) == [
                "duplicate",
                "applied",
            ]

    scripted(test)


# -- room ----------------------------------------------------------------------------------------------


def test_transports_stop_while_there_is_no_room() -> None:
    """Full at its bound, and drained when a pass has taken what waited."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        gateway.offer("a", *[scan()] * (MAX_HELD - 1))
        assert not gateway.pipeline.is_full()
        gateway.offer("b", scan())
        assert gateway.pipeline.is_full()
        waits = asyncio.create_task(gateway.pipeline.drained())
        await asyncio.sleep(60)
        assert not waits.done()
        await gateway.pipeline.pass_once()
        await waits
        assert not gateway.pipeline.is_full()
        assert gateway.pipeline.held == 0

    scripted(test)


def test_a_backlog_is_taken_pass_by_pass_and_the_loop_gets_its_turn() -> None:
    """An acknowledgement never waits for a whole backlog, nor a request for a whole pass."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        reads = [Read("front", 3, epc("TEE", 1), T0, T0, -60)] * 500
        for n in range(100):
            gateway.offer(f"{n}", *reads)
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        await gateway.pipeline.pass_once()
        task.cancel()
        assert len(gateway.acknowledged) == PASS_OBSERVATIONS // 500
        assert gateway.pipeline.held == 100 * 500 - PASS_OBSERVATIONS
        assert turns >= PASS_OBSERVATIONS // SLICE

    scripted(test, max_held=100_000)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.integers(0, 60), st.just("pass"), st.just("refuse")), max_size=40))
def test_what_was_received_is_applied_or_held(story: list[int | str]) -> None:
    """At each moment, with any sizes of offers: none is lost, none is taken twice."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        offered = 0
        for step in story:
            if step == "pass":
                await gateway.pipeline.pass_once()
            elif step == "refuse":
                gateway.pipeline.refuse("front", Malformed("not_json"))
                offered += 1
            elif isinstance(step, int):
                gateway.offer("", *(scan("kiosk", offered + n) for n in range(step)))
                offered += step
            counts = gateway.pipeline._engine.state.counts
            assert counts.received + gateway.pipeline.held == offered
            assert counts.is_conserved()

    scripted(test)


def test_the_loop_looks_at_deadlines_each_second_without_input() -> None:
    """Nobody offers anything for a minute: some sixty passes, and nothing to write."""

    async def test(gateway: Gateway, _writer: ScriptedWriter) -> None:
        async with working(gateway):
            await asyncio.sleep(60)
        assert 55 <= gateway.pipeline.passes <= 61
        assert gateway.beats == gateway.pipeline.passes

    scripted(test)


# -- over a real store ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[tuple[Gateway, SqliteStore]]:
    """Give a running gateway over a store on disk, started from what is there."""
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    try:
        async with Writer(store) as writer:
            gateway = new_gateway(writer, store)
            rows = [
                row for part in ("tag", "line", "shelf", "count", "alert") for row in store.state_rows(part)
            ]
            gateway.pipeline._engine.restore(rows, store.latest_levels(), T0)
            async with working(gateway):
                yield gateway, store
    finally:
        store.close()


def test_events_are_applied_once_over_a_restart(tmp_path: Path) -> None:
    """The first life applied it; the second knows it from disk, with its answer, and tells a reused id apart."""

    async def main() -> None:
        async with stored(tmp_path) as (gateway, _):
            assert codes(await gateway.pipeline.record("till", [event("e1"), event("e2")])) == ["applied"] * 2
        async with stored(tmp_path) as (gateway, store):
            answers = await gateway.pipeline.record("till", [event("e1"), event("e2", qty=5), event("e3")])
            assert codes(answers) == ["duplicate", "event_id_reused", "applied"]
            assert answers[0].sku == "TOTE"
            assert gateway.levels() == {"back": 3}
            assert [entry.movement.ref for entry in store.entries_after(STORE, 0, 10)] == ["e1", "e2", "e3"]

    asyncio.run(main())


def test_many_tills_at_once_are_each_answered_once(tmp_path: Path) -> None:
    """Fifty requests with the same ten events, on a real disk: ten pieces."""

    async def main() -> None:
        async with stored(tmp_path) as (gateway, store):
            batches = [[event(f"e{n}") for n in range(10)]] * 50
            answers = await asyncio.gather(*(gateway.pipeline.record("till", batch) for batch in batches))
            outcomes = codes([result for results in answers for result in results])
            assert sorted(outcomes) == ["applied"] * 10 + ["duplicate"] * 490
            assert store.last_seq(STORE) == 10

    asyncio.run(main())


def test_what_is_told_is_on_disk_by_then(tmp_path: Path) -> None:
    """When pages are told of a movement, another process can read it."""

    async def main() -> None:
        async with stored(tmp_path) as (gateway, store):
            seen: list[tuple[int, int]] = []

            def tell(changes: Changes, committed: Committed | None) -> None:
                if committed is not None:
                    seen.append((len(changes.movements), store.last_seq(STORE)))

            gateway.pipeline._on_committed = tell
            await gateway.pipeline.record("till", [event("e1")])
            await gateway.pipeline.record("till", [event("e2"), event("e3")])
            assert [(moved, seq) for moved, seq in seen if moved] == [(1, 1), (2, 3)]

    asyncio.run(main())


def test_an_empty_commit_is_never_written() -> None:
    """A commit that would hold nothing is left out."""
    assert Commit(T0).is_empty()
