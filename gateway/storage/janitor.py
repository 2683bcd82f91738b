"""Keeps the store small while the gateway works: retention in slices between commits. Runtime.

    every minute   look at the clock ─▶ is it trusted? ─▶ a new day? ─▶ a round: slice · rest · slice · rest …

Each slice is handed to the writer's thread and goes between two transactions; after it the janitor rests
several times as long as it took, so that commits have the disk most of the time.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol, TypeVar

from gateway.clock import Clock
from gateway.storage import retention
from gateway.storage.clock_trust import MAX_STEP_NS, ClockTrust
from gateway.storage.errors import StoreClosed, StoreCorrupt, StoreError
from gateway.storage.retention import Pace, Slice
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS
from gateway.storage.sizes import Sizes
from gateway.storage.sql import Sql
from gateway.storage.upkeep import StoreUpkeep
from gateway.storage.writer import Writer

log = logging.getLogger(__name__)

START_AFTER_S = 20.0
"""Real seconds after the start: first the shop, then the broom."""
LOOK_EVERY_S = 60.0
"""Real seconds between looks at the clock and the sizes; less for a clock that runs faster."""
LOOK_EVERY_SHOP_S = 6 * 3_600.0
"""Shop seconds between looks at most: well below what the clock's trust takes for a jump."""
REST_SHARE = 4.0
"""The janitor rests so many times as long as a slice took, and no less than MIN_REST_S."""
MIN_REST_S = 0.02

T = TypeVar("T")


class SweptStore(Protocol):
    """What the janitor asks of a store."""

    def housekeep(self, work: Callable[[Sql], T]) -> T:
        """Do `work` in a transaction that is not flushed."""
        ...

    def forget_levels(self) -> None:
        """Have the boundaries of the level tables read anew."""
        ...

    def sizes(self) -> Sizes:
        """Return how large the store is on disk."""
        ...


class Janitor:
    """One task. `ahead_s`: how far the shop's time is ahead of the machine's clock, where that is known."""

    def __init__(
        self,
        store: SweptStore,
        writer: Writer,
        clock: Clock,
        rule: Retention,
        ahead_s: Callable[[], float] = float,
    ) -> None:
        self.upkeep = StoreUpkeep()
        self._store = store
        self._writer = writer
        self._clock = clock
        self._rule = rule
        self._ahead_s = ahead_s
        self._trust: ClockTrust | None = None
        self._swept_day: int | None = None
        self._pace = Pace()

    async def run(self) -> None:
        """Work until cancelled. Raises StoreCorrupt: what is damaged must not be written on."""
        with suppress(StoreClosed):  # the writer ends before its tasks do
            await asyncio.sleep(START_AFTER_S)
            while True:
                await self.look()
                await asyncio.sleep(min(LOOK_EVERY_S, self._clock.real_s(LOOK_EVERY_SHOP_S)))

    async def look(self) -> None:
        """Look at clock and sizes once, and do a round where one is due."""
        try:
            trusted_ns = await self._writer.aside(self._trusted_ns)
            day = None if trusted_ns is None else trusted_ns // DAY_NS
            if day is not None and day != self._swept_day:
                await self._round(day * DAY_NS)
                self._swept_day = day
            self.upkeep.sizes = await asyncio.to_thread(self._store.sizes)
        except (StoreCorrupt, StoreClosed):
            raise
        except StoreError as error:  # a full or read-only disk: the pipeline tells of it; next minute again
            self.upkeep.failures += 1
            log.debug("store upkeep: %s", error)

    async def _round(self, now_ns: int) -> None:
        slices: Iterator[Slice] | None = None
        pages = 0

        def one(sql: Sql) -> Slice | None:
            nonlocal slices
            if slices is None:
                slices = retention.sweep_round(sql, self._rule, now_ns, self._pace)
            done = next(slices, None)
            if done is None:
                self.upkeep.let_go = retention.let_go(sql)
            return done

        def one_slice() -> tuple[Slice | None, float]:
            started_s = time.monotonic()
            done = self._store.housekeep(one)
            if done is not None and done.table == "kept":
                self._store.forget_levels()
            return done, time.monotonic() - started_s

        while True:
            done, took_s = await self._writer.aside(one_slice)
            if done is None:
                break
            self._pace.took(took_s)
            pages += done.rows if done.table == "pages" else 0
            await asyncio.sleep(max(MIN_REST_S, REST_SHARE * took_s))
        self.upkeep.rounds += 1
        self.upkeep.pages_given_back += pages

    def _trusted_ns(self) -> int | None:
        """Return the time that ages are counted from; None while the clock is not trusted. In the writer's thread."""
        now_ns = self._clock.now_ns()
        known = self._trust
        if known is None:
            known = self._store.housekeep(lambda sql: retention.clock_trust(sql, now_ns))
            self.upkeep.let_go = self._store.housekeep(retention.let_go)
        trust = known.at(now_ns)
        self._store.housekeep(lambda sql: retention.keep_clock_trust(sql, trust))
        self._trust = trust
        is_ahead = self._ahead_s() * 1e9 > MAX_STEP_NS
        is_held = trust.since_ns is not None or is_ahead
        if is_held and not self.upkeep.is_held:
            log.warning(
                "store: nothing is let go for its age: %s",
                "the shop's time is more than a day ahead of this machine's clock"
                if is_ahead
                else f"the clock jumped ahead; it is trusted once it has run on for {trust.probation_ns / 3_600e9:.0f} h",
            )
        self.upkeep.is_held = is_held
        return (
            None if is_held else min(trust.trusted_ns, now_ns)
        )  # a clock that was set back makes all younger
