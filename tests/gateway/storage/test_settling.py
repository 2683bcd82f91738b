"""Settling the outbox through the writer: it goes in with a commit, and does not hold one up."""

import asyncio
import threading
import time

import pytest

from gateway.movements import LevelPoint
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.outbox import OutboxWriter
from gateway.storage.ports import Commit, Settlement
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import SETTLE_S, Writer
from tests.support.stores import a_store


def told(store: SqliteStore, commits: int) -> int:
    """Commit some levels with an outbox; return the id of the last batch."""
    store.tell_outbox(OutboxWriter(LineEncoder(), 10**9))
    for number in range(commits):
        store.commit(Commit(number + 1, levels=[LevelPoint("s", "A", "z", number, number)]))
    return store.outbox_after(0, 100)[-1].id


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_settlement_goes_in_with_the_next_commit(is_busy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction for both, also where the writer was busy: noting what was delivered costs no flush of its own."""
    monkeypatch.setattr("gateway.storage.writer.SETTLE_S", 3_600.0)

    async def main() -> None:
        with a_store() as store:
            through = told(store, 3)
            async with Writer(store) as writer:
                begun, may_end = threading.Event(), threading.Event()

                def work() -> None:
                    begun.set()
                    may_end.wait()

                earlier = [asyncio.ensure_future(writer.aside(work))] if is_busy else []
                await asyncio.sleep(0)
                if is_busy:
                    await asyncio.to_thread(begun.wait)
                settling = asyncio.ensure_future(writer.settle_outbox(Settlement(through_id=through)))
                await asyncio.sleep(0)
                may_end.set()
                await asyncio.gather(*earlier)
                await asyncio.to_thread(time.sleep, 0.01)  # in which nothing is to happen
                await writer.commit(Commit(9, levels=[LevelPoint("s", "A", "z", 9, 9)]))
                await settling
                assert writer.transactions == 1
                assert store.outbox_totals().points == 1

    asyncio.run(main())


def test_in_a_quiet_shop_it_goes_in_by_itself() -> None:
    """Without any commit it is noted all the same, a moment later."""

    async def main() -> None:
        with a_store() as store:
            through = told(store, 3)
            async with Writer(store) as writer:
                async with asyncio.timeout(SETTLE_S + 10.0):
                    await writer.settle_outbox(Settlement(through_id=through))
                assert store.outbox_totals().points == 0

    asyncio.run(main())


def test_the_writer_that_closes_notes_what_it_was_given() -> None:
    """A stop loses no settlement that was handed in."""

    async def main() -> None:
        with a_store() as store:
            through = told(store, 2)
            writer = Writer(store)
            settling = asyncio.ensure_future(writer.settle_outbox(Settlement(through_id=through)))
            await asyncio.sleep(0)
            await writer.close()
            await settling
            assert store.outbox_totals().points == 0

    asyncio.run(main())
