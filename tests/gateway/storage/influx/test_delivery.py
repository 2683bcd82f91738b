"""Delivery in virtual time: a real outbox, a server that fails as told; nothing is lost, and nobody waits for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.movements import LevelPoint
from gateway.storage.errors import StoreFull
from gateway.storage.influx.delivery import LOOK_S, Delivery
from gateway.storage.influx.errors import BatchTooLarge, ServerAway, ServerDenies
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.pace import DENIED_WAIT_S, MAX_BODY_BYTES, MAX_WAIT_S
from gateway.storage.influx.ports import DeliveryRules
from gateway.storage.outbox import ASKED
from gateway.storage.ports import Commit, OutboxBatch, Settlement
from gateway.storage.sqlite import SqliteStore
from tests.support.line_parser import parse_lines
from tests.support.line_server import LineServer
from tests.support.virtual_loop import loop_s, run_virtual

T = TypeVar("T")
RULES = DeliveryRules(batch_points=10, flush_s=1.0)
NS_PER_S = 10**9


async def at_once(call: Callable[[], T]) -> T:
    """Run a blocking call in the loop: in virtual time it takes none."""
    return call()


class Shop:
    """A store that commits levels, its delivery, and the server."""

    def __init__(self, folder: Path, server: LineServer, *, encodes: bool = True) -> None:
        self.server = server
        self.folder = folder
        self.store = self.opened(encodes=encodes)
        self.commits = 0
        self.full_disk = 0
        self.settled: list[Settlement] = []

    def opened(self, *, encodes: bool = True) -> SqliteStore:
        """Open the store (again)."""
        return SqliteStore.open(
            self.folder / "s.db", synchronous="OFF", encoder=LineEncoder() if encodes else None
        )

    def sell(self, commits: int = 1, points: int = 1, sku: str = "TEE") -> None:
        """Commit some levels, each of its own article and time."""
        for _ in range(commits):
            self.commits += 1
            at_ns = self.commits * NS_PER_S
            levels = [LevelPoint("lyon-1", f"{sku}-{n}", "front", at_ns, self.commits) for n in range(points)]
            self.store.commit(Commit(at_ns, levels=levels))

    async def settle_outbox(self, settlement: Settlement) -> None:
        """Note it, where the disk is not full."""
        if self.full_disk:
            self.full_disk -= 1
            raise StoreFull(self.store.path, "disk is full")
        self.settled.append(settlement)
        self.store.settle_outbox(settlement)

    @contextlib.asynccontextmanager
    async def delivering(self, rules: DeliveryRules = RULES) -> AsyncIterator[Delivery]:
        """Give a running delivery, whose chance is always the upper bound."""
        delivery = Delivery(
            self.store,
            self,
            lambda: self.server,
            LineEncoder(),
            lambda: round(loop_s() * NS_PER_S),
            at_once,
            lambda _, most: most,
            rules,
        )
        task = asyncio.create_task(delivery.run())
        try:
            yield delivery
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def points(self) -> int:
        """Return how many points the server has, each counted once."""
        return len(self.server.taken)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with a server that takes all."""
    return Shop(tmp_path, LineServer("named"))


def test_all_that_is_committed_arrives_and_leaves_the_outbox(shop: Shop) -> None:
    """What waited at the start and what comes later; each line once, in the order of commits."""

    async def main() -> None:
        shop.sell(33)
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert shop.points() == 33
            shop.sell(4)
            delivery.wake()
            await asyncio.sleep(RULES.flush_s + 0.1)
            assert shop.points() == 37
            sent = [point.at_ns for body in shop.server.bodies for point in parse_lines(body)]
            assert sent == [n * NS_PER_S for n in range(1, 38)]
            report = delivery.report()
            assert (report.state, report.sent, report.outbox.points) == ("up", 37, 0)

    run_virtual(main())


def test_a_commit_waits_a_little_for_company(shop: Shop) -> None:
    """Commits of one second go in one request; an outbox at rest is asked for every few seconds at most."""

    async def main() -> None:
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            for _ in range(5):
                shop.sell()
                delivery.wake()
                await asyncio.sleep(0.1)
            await asyncio.sleep(RULES.flush_s)
            assert len(shop.server.bodies) == 1

    run_virtual(main())


def test_a_server_that_is_away_gets_everything_later(shop: Shop) -> None:
    """An hour down: waits grow to a minute, the outbox grows on disk, and all of it arrives."""

    async def main() -> None:
        shop.server.always = ServerAway("cannot be reached")
        async with shop.delivering() as delivery:
            for _ in range(60):
                shop.sell(3)
                delivery.wake()
                await asyncio.sleep(60)
            tries = len(shop.server.bodies)
            assert 3600 / MAX_WAIT_S - 5 < tries < 3600 / MAX_WAIT_S + 10
            report = delivery.report()
            assert (report.state, report.detail, report.since_ns) == ("away", "cannot be reached", 0)
            assert (report.outbox.points, report.failures) == (180, tries)
            assert report.age_s > 3_000
            shop.server.always = None
            await asyncio.sleep(MAX_WAIT_S + 1)
            assert shop.points() == 180
            assert delivery.report().state == "up"
            assert delivery.report().outbox.points == 0

    run_virtual(main())


def test_retry_after_is_honoured(shop: Shop) -> None:
    """A server that asks for ten minutes is left alone for ten minutes."""

    async def main() -> None:
        shop.sell()
        shop.server.answers = [ServerAway("429", retry_after_s=600.0)]
        async with shop.delivering() as delivery:
            await asyncio.sleep(599)
            assert len(shop.server.bodies) == 1
            assert delivery.report().state == "away"
            await asyncio.sleep(2 + LOOK_S)
            assert shop.points() == 1

    run_virtual(main())


def test_what_an_operator_must_mend_is_told_and_retried_slowly(shop: Shop) -> None:
    """A bad token loses nothing: state, words and remedy are there, a try a minute, then all arrives."""

    async def main() -> None:
        shop.sell(12)
        shop.server.always = ServerDenies("401: unauthorized", "set a token")
        async with shop.delivering() as delivery:
            await asyncio.sleep(10 * DENIED_WAIT_S - 1)
            assert len(shop.server.bodies) == 10
            report = delivery.report()
            assert (report.state, report.remedy, report.outbox.points) == ("denied", "set a token", 12)
            shop.server.always = None
            await asyncio.sleep(DENIED_WAIT_S)
            assert shop.points() == 12

    run_virtual(main())


def test_a_poisoned_line_is_kept_aside_and_the_rest_goes_on(shop: Shop) -> None:
    """It stands in the store with its reason, is counted, and does not come again."""

    async def main() -> None:
        shop.sell(5)
        shop.sell(1, sku="BAD")
        shop.sell(5)
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert shop.points() == 10
            assert delivery.report().refused == 1
            assert delivery.report().outbox.points == 0
        [refused] = shop.store.refused_lines(10)
        assert b"BAD" in refused.line
        assert refused.reason == "invalid number"
        assert shop.store.outbox_totals().refused == 1

    run_virtual(main())


def test_a_server_that_takes_less_gets_smaller_batches(shop: Shop) -> None:
    """413: half as much until it is taken, at once and for good; no line is lost."""

    async def main() -> None:
        shop.sell(1, points=1_000)
        shop.server.answers = [BatchTooLarge("413")] * 6
        rules = DeliveryRules(batch_points=10_000)
        async with shop.delivering(rules) as delivery:
            await asyncio.sleep(0.1)
            assert shop.points() == 1_000
            assert max(map(len, shop.server.bodies[6:])) <= MAX_BODY_BYTES // 64
            assert delivery.report().state == "up"

    run_virtual(main())


def test_a_slow_server_is_asked_for_less_at_once(shop: Shop) -> None:
    """A timeout halves what is sent, down to a bound; when it goes well again it grows."""

    async def main() -> None:
        shop.sell(1, points=2_000)
        shop.server.answers = [ServerAway("no answer", was_slow=True)] * 12
        async with shop.delivering(DeliveryRules(batch_points=10_000)) as delivery:
            await asyncio.sleep(1_200)
            assert shop.points() == 2_000
            first = len(shop.server.bodies[12])
            assert first <= 16 * 1024
            shop.sell(6, points=2_000)
            delivery.wake()
            await asyncio.sleep(10)
            assert shop.points() == 14_000
            assert max(map(len, shop.server.bodies[13:])) > 1.5 * first

    run_virtual(main())


def test_a_crash_between_delivery_and_note_delivers_again(shop: Shop) -> None:
    """Nothing that was not noted is taken for delivered: the next life sends it once more."""

    async def main() -> None:
        shop.sell(3)
        shop.full_disk = 10**6
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert shop.points() == 3
            shop.sell(2)
            delivery.wake()
            await asyncio.sleep(2)
            assert shop.points() == 5
        assert shop.store.outbox_totals().points == 5
        sent = sum(body.count(b"\n") + 1 for body in shop.server.bodies)
        assert sent == 5
        shop.full_disk = 0
        async with shop.delivering():
            await asyncio.sleep(0.1)
        assert shop.store.outbox_totals().points == 0
        assert shop.points() == 5

    run_virtual(main())


def test_what_a_full_disk_did_not_note_is_noted_with_the_next(shop: Shop) -> None:
    """Also the lines that were set aside meanwhile."""

    async def main() -> None:
        shop.sell(2)
        shop.sell(1, sku="BAD")
        shop.full_disk = 1
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert shop.store.outbox_totals().points == 3
            shop.sell(1)
            delivery.wake()
            await asyncio.sleep(RULES.flush_s + 0.1)
            totals = shop.store.outbox_totals()
            assert (totals.points, totals.refused) == (0, 1)

    run_virtual(main())


def test_history_is_told_while_live_data_go_on(tmp_path: Path) -> None:
    """A store that had no InfluxDB: each page of history follows a batch of what is new; then it is done."""

    async def main() -> None:
        before = Shop(tmp_path, LineServer(), encodes=False)
        before.sell(200)
        before.store.close()
        shop = Shop(tmp_path, LineServer())
        shop.commits = 200
        shop.sell(100)
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert shop.points() == 300
            report = delivery.report()
            assert (report.told_back, report.gaps, report.outbox.points) == (300, 0, 0)
        assert shop.store.outbox_gaps() == []
        first = [parse_lines(body)[0].at_ns // NS_PER_S for body in shop.server.bodies[:4]]
        assert first == [201, 1, 211, 11]

    run_virtual(main())


def test_history_goes_on_where_it_was(tmp_path: Path) -> None:
    """A crash in the middle: the next life begins behind the last page that was noted."""

    async def main() -> None:
        before = Shop(tmp_path, LineServer(), encodes=False)
        before.sell(100)
        before.store.close()
        shop = Shop(tmp_path, LineServer())
        shop.server.answers = [None] * 4 + [ServerAway("gone")] * 100
        async with shop.delivering():
            await asyncio.sleep(0.1)
        assert shop.points() == 40
        shop.server.answers = []
        told = len(shop.server.bodies)
        async with shop.delivering():
            await asyncio.sleep(0.1)
        assert shop.points() == 100
        assert parse_lines(shop.server.bodies[told])[0].at_ns == 41 * NS_PER_S

    run_virtual(main())


def test_history_can_be_left_untold(tmp_path: Path) -> None:
    """backfill = false: what was there before stays where it is, unless a person asks; what is new is delivered."""

    async def main() -> None:
        before = Shop(tmp_path, LineServer(), encodes=False)
        before.sell(10)
        before.store.close()
        shop = Shop(tmp_path, LineServer())
        shop.commits = 10
        shop.sell(3)
        async with shop.delivering(DeliveryRules(tells_gaps=False)):
            await asyncio.sleep(10)
            assert shop.points() == 3
            shop.store.ask_backfill(ASKED, 4 * NS_PER_S, 6 * NS_PER_S)
            await asyncio.sleep(LOOK_S + 0.1)
        assert shop.points() == 5
        assert [gap.reason for gap in shop.store.outbox_gaps()] == ["not_told"]

    run_virtual(main())


def test_a_fault_of_ours_ends_neither_the_delivery_nor_the_gateway(shop: Shop) -> None:
    """An exception that nobody foresaw is told, and tried again."""

    async def main() -> None:
        shop.sell(2)
        shop.server.answers = [RuntimeError("a bug")]
        async with shop.delivering() as delivery:
            await asyncio.sleep(0.1)
            assert "a bug" in delivery.report().detail
            await asyncio.sleep(60)
            assert shop.points() == 2

    run_virtual(main())


def test_never_more_in_hand_than_a_batch(tmp_path: Path) -> None:
    """However much waits, no request and no reading is larger than its bound."""

    class Counted(SqliteStore):
        most = 0

        def outbox_after(self, batch_id: int, max_points: int) -> list[OutboxBatch]:
            found = super().outbox_after(batch_id, max_points)
            Counted.most = max(Counted.most, sum(batch.points for batch in found))
            return found

    async def main() -> None:
        shop = Shop(tmp_path, LineServer())
        shop.store.close()
        shop.store = Counted.open(tmp_path / "s.db", synchronous="OFF", encoder=LineEncoder())
        shop.sell(300, points=20)
        async with shop.delivering(DeliveryRules(batch_points=500)):
            await asyncio.sleep(0.1)
        assert shop.points() == 6_000
        assert Counted.most <= 500
        assert max(map(len, shop.server.bodies)) <= MAX_BODY_BYTES

    run_virtual(main())
