"""The janitor at work on a real store: when it sweeps, when it holds back, and that commits hardly wait for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.movements import LevelPoint
from gateway.storage.clock_trust import MAX_PROBATION_NS, MAX_STEP_NS, ClockTrust
from gateway.storage.errors import StoreCorrupt, StoreError, StoreFull
from gateway.storage.janitor import Janitor
from gateway.storage.ports import AppliedEvent, Commit, GroupOutcome
from gateway.storage.retention import keep_clock_trust
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from tests.support.stores import a_store, movement

RULE = Retention(
    levels_ns=10 * DAY_NS,
    hourly_ns=20 * DAY_NS,
    daily_ns=40 * DAY_NS,
    movements_ns=10 * DAY_NS,
    applied_ns=10 * DAY_NS,
    alerts_ns=10 * DAY_NS,
    dead_letters_ns=10 * DAY_NS,
    audit_ns=10 * DAY_NS,
    kpis_ns=10 * DAY_NS,
)
NOW_NS = 1_000 * DAY_NS


class SetClock:
    """A clock that a test sets."""

    speed = 1.0

    def __init__(self, now_ns: int) -> None:
        self.at_ns = now_ns

    def now_ns(self) -> int:
        """Return the time that was set."""
        return self.at_ns

    def real_s(self, shop_s: float) -> float:
        """Return `shop_s`."""
        return shop_s


Scenario = Callable[[SqliteStore, Writer, Janitor, SetClock], Coroutine[None, None, None]]


def run(scenario: Scenario, ahead_s: float = 0.0) -> None:
    """Run a scenario over a store with 30 days of levels, movements and events, the newest of them now."""

    async def go() -> None:
        with a_store() as store:
            clock = SetClock(NOW_NS)
            for day in range(30, -1, -1):
                at_ns = NOW_NS - day * DAY_NS
                store.commit(
                    Commit(
                        at_ns,
                        levels=[LevelPoint("lyon-1", "A", "front", at_ns, day)],
                        movements=[movement(at_ns=at_ns)],
                        applied=[AppliedEvent("till", f"e{day}", "d", at_ns, "{}")],
                    )
                )
            async with Writer(store) as writer:
                await scenario(store, writer, Janitor(store, writer, clock, RULE, lambda: ahead_s), clock)

    asyncio.run(go())


def _count(store: SqliteStore, table: str) -> int:
    return int(store._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our names


def test_what_is_old_goes_once_a_day() -> None:
    """A round lets go of what is older than its time and of nothing else; the next one comes with the next day."""

    async def scenario(store: SqliteStore, _: Writer, janitor: Janitor, clock: SetClock) -> None:
        await janitor.look()
        assert _count(store, "levels") == 12  # today, ten days, and the one before that says the level there
        assert (_count(store, "movements"), _count(store, "applied")) == (11, 11)
        assert janitor.upkeep.let_go == {"levels": 19, "hourly": 18, "movements": 20, "applied": 20}
        await janitor.look()
        assert janitor.upkeep.rounds == 1
        clock.at_ns += DAY_NS
        await janitor.look()
        assert janitor.upkeep.rounds == 2
        assert janitor.upkeep.let_go["levels"] == 20
        assert janitor.upkeep.sizes.file_bytes > 0

    run(scenario)


@pytest.mark.parametrize("jump_days", [3, 40, 5_000])
def test_a_clock_that_jumps_ahead_lets_nothing_go(jump_days: int) -> None:
    """Days or years ahead: nothing goes, in however many lives, until the clock has run on for long enough."""

    async def scenario(store: SqliteStore, writer: Writer, janitor: Janitor, clock: SetClock) -> None:
        clock.at_ns += jump_days * DAY_NS
        for _ in range(3):
            janitor = Janitor(store, writer, clock, RULE)  # a restart forgets nothing
            await janitor.look()
            clock.at_ns += HOUR_NS // 2
        assert janitor.upkeep.is_held
        assert (janitor.upkeep.rounds, _count(store, "levels"), _count(store, "applied")) == (0, 31, 31)
        clock.at_ns = NOW_NS + HOUR_NS  # it is set right
        await janitor.look()
        assert not janitor.upkeep.is_held
        assert _count(store, "levels") == 12

    run(scenario)


def test_a_clock_that_is_set_back_makes_nothing_old() -> None:
    """A store that was begun on a clock years ahead loses nothing when it is set right."""

    async def scenario(store: SqliteStore, writer: Writer, janitor: Janitor, clock: SetClock) -> None:
        store.housekeep(lambda sql: keep_clock_trust(sql, ClockTrust(NOW_NS * 2, NOW_NS * 2)))
        clock.at_ns = NOW_NS - 20 * DAY_NS
        await janitor.look()
        assert not janitor.upkeep.is_held
        assert store.levels_at("lyon-1", "A", NOW_NS - 29 * DAY_NS) == {"front": 29}
        assert _count(store, "levels") == 31
        clock.at_ns = NOW_NS
        await janitor.look()
        assert _count(store, "levels") == 12

    run(scenario)


def test_a_clock_that_runs_on_after_a_pause_is_trusted() -> None:
    """After three weeks' pause what is old goes once the clock has run on for a thirtieth of them."""

    async def scenario(store: SqliteStore, _: Writer, janitor: Janitor, clock: SetClock) -> None:
        clock.at_ns += 21 * DAY_NS
        hours = 0
        while janitor.upkeep.rounds == 0:
            await janitor.look()
            clock.at_ns += HOUR_NS
            hours += 1
        assert 17 <= hours <= 19
        assert store.latest_levels() == [LevelPoint("lyon-1", "A", "front", NOW_NS, 0)]
        assert _count(store, "levels") == 1

    run(scenario)


def test_time_ahead_of_the_machine_lets_nothing_go() -> None:
    """Where the shop's time goes on from commits in the machine's future, nothing is let go."""

    async def scenario(store: SqliteStore, _: Writer, janitor: Janitor, __: SetClock) -> None:
        await janitor.look()
        assert janitor.upkeep.is_held
        assert _count(store, "levels") == 31

    run(scenario, ahead_s=2 * 86_400.0)


def test_trust_is_lost_by_a_jump_and_won_by_running_on() -> None:
    """Small steps are followed; a jump waits for its probation, which begins anew with each further jump."""
    trust = ClockTrust(0, 0).at(MAX_STEP_NS)
    assert trust == ClockTrust(MAX_STEP_NS, MAX_STEP_NS)
    assert trust.at(5).trusted_ns == MAX_STEP_NS
    jumped = trust.at(10_000 * DAY_NS)
    assert jumped.probation_ns == MAX_PROBATION_NS
    on = jumped.at(10_000 * DAY_NS + HOUR_NS)
    assert on.since_ns == 10_000 * DAY_NS
    assert on.at(9_000 * DAY_NS).since_ns == 9_000 * DAY_NS
    assert on.at(11_000 * DAY_NS).since_ns == 11_000 * DAY_NS
    for hour in range(2, 30 * 24):
        on = on.at(10_000 * DAY_NS + hour * HOUR_NS)
    assert on.trusted_ns == MAX_STEP_NS
    assert on.at(10_030 * DAY_NS).trusted_ns == 10_030 * DAY_NS


@pytest.mark.parametrize(("error", "is_raised"), [(StoreFull, False), (StoreCorrupt, True)])
def test_a_disk_that_refuses_is_tried_again_and_damage_is_told(
    error: type[StoreError], is_raised: bool
) -> None:
    """A full disk is counted and waited for; a damaged file ends the janitor, and the gateway with it."""

    async def scenario(store: SqliteStore, writer: Writer, _: Janitor, clock: SetClock) -> None:
        class Refusing:
            housekeep, forget_levels = store.housekeep, store.forget_levels

            def sizes(self) -> object:
                raise error(store.path, "said the disk")

        janitor = Janitor(Refusing(), writer, clock, RULE)  # type: ignore[arg-type] # it never returns sizes
        if is_raised:
            with pytest.raises(StoreCorrupt):
                await janitor.look()
        else:
            await janitor.look()
            assert janitor.upkeep.failures == 1

    run(scenario)


class Counting(Writer):
    """Knows how many slices were begun, now and when each transaction was."""

    def __init__(self, store: SqliteStore) -> None:
        self.slices, self.at_commits = 0, list[int]()
        counting = self

        class Store:
            path = store.path

            def commit_group(self, *group: Any) -> GroupOutcome:
                counting.at_commits.append(counting.slices)
                return store.commit_group(*group)

        super().__init__(Store())

    async def aside(self, work: Callable[[], Any]) -> Any:
        def counted() -> Any:
            self.slices += 1
            return work()

        return await super().aside(counted)


def test_commits_hardly_wait_for_a_round() -> None:
    """While thousands of rows go, a commit waits for one short slice at most, not for the round."""

    async def scenario(store: SqliteStore, _: Writer, __: Janitor, clock: SetClock) -> None:
        old_ns = NOW_NS - 30 * DAY_NS
        for number in range(20):
            events = [AppliedEvent("till", f"{number}-{n}", "d", 1, "{}") for n in range(500)]
            store.commit(Commit(old_ns, applied=events))
        async with Counting(store) as writer:
            janitor = Janitor(store, writer, clock, RULE)
            looking = asyncio.ensure_future(janitor.look())
            waited = []
            while not looking.done():
                before = writer.slices
                await writer.commit(Commit(NOW_NS, movements=[movement(at_ns=NOW_NS)]))
                waited.append(writer.at_commits[-1] - before)
        assert janitor.upkeep.let_go["applied"] > 10_000
        assert min(len(waited), writer.slices) > 10
        assert max(waited) <= 1

    run(scenario)
