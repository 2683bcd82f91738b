"""The group-committing writer, on a real store behind a gate that a test holds shut."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import pytest

from gateway.storage.errors import CommitAbandoned, CommitRefused, StoreClosed, StoreFull
from gateway.storage.ports import AppliedEvent, Commit, Committed, GroupOutcome, Settlement
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import MAX_GROUP, MAX_LINGER_S, MAX_WAITING, Writer, linger_s
from tests.support.stores import a_store, alert, movement


class GatedStore:
    """A store whose transactions wait at a gate, may find the disk full, and are noted by size."""

    def __init__(self, inner: SqliteStore) -> None:
        self.inner = inner
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.disk_is_full = False
        self.sizes: list[int] = []

    @property
    def path(self) -> Path:
        return self.inner.path

    def commit_group(
        self,
        commits: Sequence[Commit],
        published: Sequence[int] = (),
        settlements: Sequence[Settlement] = (),
    ) -> GroupOutcome:
        self.sizes.append(len(commits))
        self.entered.release()
        self.gate.wait()
        if self.disk_is_full:
            raise StoreFull(self.path, "database or disk is full")
        return self.inner.commit_group(commits, published, settlements)


def _commit(number: int, event_id: str | None = None) -> Commit:
    applied = [] if event_id is None else [AppliedEvent("till", event_id, "d", number, "{}")]
    return Commit(number, movements=[movement(at_ns=number, note=str(number))], applied=applied)


def run(scenario: Callable[[GatedStore, Writer], Coroutine[None, None, None]]) -> None:
    """Run a scenario on an open store and writer, and check that every job is accounted for."""

    async def go() -> None:
        with a_store() as store:
            gated = GatedStore(store)
            writer = Writer(gated)
            try:
                await scenario(gated, writer)
            finally:
                gated.gate.set()
                await writer.close()
            assert writer.counts.is_conserved()
            assert writer.counts.held == 0

    asyncio.run(go())


async def _handed_in(
    gated: GatedStore, writer: Writer, commits: Sequence[Commit]
) -> list[asyncio.Task[Committed]]:
    """Hand in the first commit, and the others once it is under way."""
    tasks = [asyncio.ensure_future(writer.commit(commits[0]))]
    await asyncio.sleep(0)
    await asyncio.to_thread(gated.entered.acquire)
    tasks += [asyncio.ensure_future(writer.commit(commit)) for commit in commits[1:]]
    await asyncio.sleep(0)
    return tasks


def test_what_waits_goes_into_one_transaction() -> None:
    """Twenty-one commits of which twenty waited take two transactions; each gets its own entries, in order."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(number) for number in range(21)])
        gated.gate.set()
        results = await asyncio.gather(*tasks)
        assert gated.sizes == [1, 20]
        assert writer.transactions == 2
        assert [committed.entries[0].movement.note for committed in results] == [str(n) for n in range(21)]
        assert [committed.entries[0].seq for committed in results] == list(range(1, 22))
        assert [committed.version for committed in results] == list(range(1, 22))

    run(scenario)


def test_a_group_is_bounded() -> None:
    """More than MAX_GROUP waiting commits are written in several transactions."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(number) for number in range(MAX_GROUP + 11)])
        gated.gate.set()
        await asyncio.gather(*tasks)
        assert gated.sizes == [1, MAX_GROUP, 10]

    run(scenario)


def test_callers_wait_when_too_much_waits() -> None:
    """At most MAX_WAITING commits are held; the caller beyond them hands in when there is room, in order."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(number) for number in range(MAX_WAITING + 5)])
        assert writer.counts.held == MAX_WAITING
        gated.gate.set()
        results = await asyncio.gather(*tasks)
        assert [c.entries[0].seq for c in results] == list(range(1, MAX_WAITING + 6))

    run(scenario)


def test_alert_changes_are_marked_in_the_same_transaction() -> None:
    """mark_published goes with the group, and is done when it returns."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        gated.gate.set()
        await writer.commit(Commit(1, alerts=[alert("a1"), alert("a2")]))
        [first, _] = [outbox_id for outbox_id, _ in gated.inner.unpublished_alerts(9)]
        await writer.mark_published([first])
        assert [record.id for _, record in gated.inner.unpublished_alerts(9)] == ["a2"]
        assert writer.transactions == 2

    run(scenario)


def test_a_full_disk_reaches_every_caller() -> None:
    """The transaction's callers get StoreFull, those behind them CommitAbandoned; later commits succeed."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        gated.disk_is_full = True
        tasks = await _handed_in(gated, writer, [_commit(number) for number in range(4)])
        gated.gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreFull] + [CommitAbandoned] * 3
        assert isinstance(outcomes[1], CommitAbandoned)
        assert isinstance(outcomes[1].__cause__, StoreFull)
        assert gated.inner.last_seq("lyon-1") == 0
        gated.disk_is_full = False
        assert (await writer.commit(_commit(9))).entries[0].seq == 1
        assert writer.counts.dropped == {"StoreFull": 1, "CommitAbandoned": 3}

    run(scenario)


def test_a_refused_commit_takes_those_behind_it_along() -> None:
    """Commits before the faulty one are written, it is refused, and those that rest on it are not tried."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        commits = [_commit(1, "e1"), _commit(2), _commit(3, "e1"), _commit(4), _commit(5)]
        tasks = await _handed_in(gated, writer, commits)
        gated.gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes[:2]] == ["Committed", "Committed"]
        assert [type(outcome) for outcome in outcomes[2:]] == [
            CommitRefused,
            CommitAbandoned,
            CommitAbandoned,
        ]
        assert [entry.movement.note for entry in gated.inner.entries_after("lyon-1", 0, 9)] == ["1", "2"]

    run(scenario)


def test_a_cancelled_caller_does_not_take_its_commit_back() -> None:
    """What was handed in is written, whoever still waits for it."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(1), _commit(2), _commit(3)])
        tasks[1].cancel()
        gated.gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gated.inner.last_seq("lyon-1") == 3

    run(scenario)


def test_closing_writes_what_waits_and_refuses_more() -> None:
    """After close everything handed in is on disk; a commit that comes later is told StoreClosed."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(number) for number in range(6)])
        gated.gate.set()
        await writer.close()
        assert all(task.done() for task in tasks)
        assert gated.inner.last_seq("lyon-1") == 6
        with pytest.raises(StoreClosed):
            await writer.commit(_commit(7))

    run(scenario)


def test_what_is_done_aside_goes_between_two_transactions() -> None:
    """Under load it waits for the transaction under way alone; what it returns or raises reaches who asked."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        tasks = await _handed_in(gated, writer, [_commit(1), _commit(2), _commit(3)])
        seen = asyncio.ensure_future(writer.aside(lambda: (len(gated.sizes), gated.inner.last_seq("lyon-1"))))
        failing = asyncio.ensure_future(writer.aside(lambda: 1 // 0))
        await asyncio.sleep(0)
        assert not seen.done()
        gated.gate.set()
        transactions, last_seq = await seen
        assert (transactions, last_seq) in {(1, 1), (2, 3)}
        with pytest.raises(ZeroDivisionError):
            await failing
        await asyncio.gather(*tasks)
        assert await writer.aside(lambda: threading.current_thread().name) == "store-writer"
        await writer.close()
        with pytest.raises(StoreClosed):
            await writer.aside(lambda: None)

    run(scenario)


def test_an_aside_wakes_nobody_too_early() -> None:
    """A commit that is handed in while something is done aside is written right after it."""

    async def scenario(gated: GatedStore, writer: Writer) -> None:
        gated.gate.set()
        begun, may_end = threading.Event(), threading.Event()

        def work() -> bool:
            begun.set()
            return may_end.wait(10)

        aside = asyncio.ensure_future(writer.aside(work))
        await asyncio.to_thread(begun.wait)
        commit = asyncio.ensure_future(writer.commit(_commit(1)))
        await asyncio.sleep(0)
        assert not commit.done()
        may_end.set()
        assert await aside
        assert (await commit).entries[0].seq == 1

    run(scenario)


def test_nobody_lingers_alone() -> None:
    """The wait for company is none after a lone commit or a pause, and never longer than a write or 20 ms."""
    assert linger_s(last_group=1, last_took_s=0.005, idle_s=0) == 0
    assert linger_s(last_group=64, last_took_s=0.005, idle_s=MAX_LINGER_S) == 0
    assert linger_s(last_group=64, last_took_s=0.005, idle_s=0.001) == 0.005
    assert linger_s(last_group=64, last_took_s=0.5, idle_s=0.001) == MAX_LINGER_S
