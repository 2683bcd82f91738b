"""Levels of long ago, asked of a place that is slow or gone: refused in time, and nobody else waits."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from gateway.movements import LevelPoint
from gateway.old_records import MAX_AT_ONCE, MAX_WAITING, OldRecords
from gateway.ports.records import RecordsRefused
from gateway.records import Records
from gateway.storage.combined import CombinedLevels
from gateway.storage.influx.read_errors import SeriesRefused, SeriesTooLarge, SeriesUnavailable
from gateway.storage.ports import Commit, HistoryStep
from gateway.storage.resolution import Kept
from gateway.storage.rollups import DAY_NS
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store
from tests.support.waiting import until


class Elsewhere:
    """A LevelSeries of one level, that answers once it may, or fails as it is told."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.error: Exception | None = None
        self.asked = 0

    def _answer(self) -> None:
        self.asked += 1
        self.may_answer.wait(10.0)
        if self.error is not None:
            raise self.error

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return a level of 7."""
        self._answer()
        return [HistoryStep(at_ns, 7, 7.0, 7) for at_ns in range(from_ns, to_ns, step_ns)]

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return a level of 7."""
        self._answer()
        return {"front": 7}

    def append(self, points: object) -> None:
        """Never asked for."""
        raise AssertionError

    def latest_levels(self) -> list[LevelPoint]:
        """Never asked for."""
        raise AssertionError

    def latest_many(self, keys: object) -> list[LevelPoint]:
        """Never asked for."""
        raise AssertionError


class KeptForADay:
    """The embedded store, which has let go what is before the second day."""

    def __init__(self, store: SqliteStore) -> None:
        self.history = store.history
        self.levels_at = store.levels_at
        self.append = self.latest_levels = self.latest_many = Elsewhere().append

    def kept(self) -> Kept:
        """Return the second day's begin."""
        return Kept(DAY_NS, DAY_NS, DAY_NS)


@dataclass
class Asked:
    """Records whose first day stands elsewhere."""

    elsewhere: Elsewhere
    old: OldRecords
    records: Records

    async def most(self, from_ns: int, to_ns: int) -> list[int]:
        """Return the most pieces of each quarter of a day."""
        points = await self.records.history("lyon-1", "A", from_ns, to_ns, DAY_NS // 4, None)
        return [point.maximum for point in points]

    async def refusal(self) -> RecordsRefused:
        """Return how a question about the first day is refused."""
        with pytest.raises(RecordsRefused) as refused:
            await self.most(0, DAY_NS)
        return refused.value


def ask(test: Callable[[Asked], Awaitable[None]], wait_s: float = 10.0) -> None:
    """Run a test on fresh records."""

    async def run() -> None:
        elsewhere = Elsewhere()
        with a_store() as store:
            store.commit(Commit(1, levels=[LevelPoint("lyon-1", "A", "front", 0, 5)]))
            both = CombinedLevels(KeptForADay(store), elsewhere)
            old = OldRecords(both, elsewhere.may_answer.set, wait_s)
            try:
                await test(Asked(elsewhere, old, Records(store, old)))
            finally:
                old.close()
                old.close()

    asyncio.run(run())


def test_old_times_come_from_elsewhere_and_new_ones_from_the_store() -> None:
    """And a span over both of them from both."""

    async def test(asked: Asked) -> None:
        assert await asked.most(0, DAY_NS) == [7] * 4
        assert await asked.records.levels_at("lyon-1", "A", DAY_NS - 1) == {"front": 7}
        assert asked.elsewhere.asked == 2
        assert await asked.most(DAY_NS, 2 * DAY_NS) == [5] * 4
        assert await asked.records.levels_at("lyon-1", "A", DAY_NS) == {"front": 5}
        assert asked.elsewhere.asked == 2
        assert await asked.most(0, 2 * DAY_NS) == [7] * 4 + [5] * 4

    ask(test)


@pytest.mark.parametrize("error", [SeriesUnavailable("http://x", "gone"), SeriesRefused("http://x", "no")])
def test_a_place_that_is_gone_refuses_old_times_alone(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Named as InfluxDB; logged with its address when it goes, and when it comes, not each time."""

    async def test(asked: Asked) -> None:
        asked.elsewhere.error = error
        for _ in range(3):
            refused = await asked.refusal()
            assert refused.code == "old_records_unavailable"
            assert "InfluxDB" in refused.detail
        assert await asked.most(DAY_NS, 2 * DAY_NS) == [5] * 4
        asked.elsewhere.error = None
        assert await asked.most(0, DAY_NS) == [7] * 4

    with caplog.at_level(logging.INFO, "gateway.old_records"):
        ask(test)
    assert ["http://x" in record.message for record in caplog.records] == [True, False]


def test_more_changes_than_an_answer_holds_are_told_apart() -> None:
    """It answers, and is not taken for gone."""

    async def test(asked: Asked) -> None:
        asked.elsewhere.error = SeriesTooLarge("http://x", "A in lyon-1 has more than 500,000 changes")
        refused = await asked.refusal()
        assert refused.code == "too_many_changes"
        assert "500,000" in refused.detail

    ask(test)


def test_an_answer_is_not_waited_for_longer_than_a_while() -> None:
    """However long the place itself would take."""

    async def test(asked: Asked) -> None:
        asked.elsewhere.may_answer.clear()
        assert "no answer" in (await asked.refusal()).detail

    ask(test, wait_s=0.05)


def test_a_stop_waits_for_no_answer() -> None:
    """Questions under way end, and what comes afterwards is refused."""

    async def test(asked: Asked) -> None:
        asked.elsewhere.may_answer.clear()
        asked.elsewhere.error = SeriesUnavailable("http://x", "the gateway stops")
        hanging = asyncio.create_task(asked.refusal())
        await until(lambda: asked.elsewhere.asked == 1, "it to be asked")
        asked.old.close()
        assert (await hanging).code == "old_records_unavailable"
        assert "stops" in (await asked.refusal()).detail

    ask(test)


def test_questions_that_hang_hold_up_nothing_else() -> None:
    """All its threads hang and as many questions wait as may: the next is refused, and the store answers."""

    async def test(asked: Asked) -> None:
        asked.elsewhere.may_answer.clear()
        hanging = [asyncio.create_task(asked.most(0, DAY_NS)) for _ in range(MAX_WAITING)]
        await until(lambda: asked.old.waiting == MAX_WAITING, "all of them to wait")
        await until(lambda: asked.elsewhere.asked == MAX_AT_ONCE, "all threads to hang")
        assert "too many" in (await asked.refusal()).detail
        assert await asked.most(DAY_NS, 2 * DAY_NS) == [5] * 4
        assert await asked.records.dead_letters(1) == []
        asked.elsewhere.may_answer.set()
        assert await asyncio.gather(*hanging) == [[7] * 4] * MAX_WAITING

    ask(test)
