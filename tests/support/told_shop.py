"""The small shop with an outbox and key figures, told to a server of line protocol: all parts but the devices are real."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

from gateway.engine import Changes
from gateway.health import Health, Links
from gateway.metrics.sampler import Sampler
from gateway.pipeline import Pipeline
from gateway.storage.influx.delivery import Delivery
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.ports import DeliveryRules
from gateway.storage.influx.report import DeliveryReport
from gateway.storage.influx.sending import LineServer
from gateway.storage.ports import Commit, OutboxTotals, Settlement
from gateway.storage.sqlite import SqliteStore
from readers.counts import StageCounts
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import SmallShop
from tests.support.waiting import until

T = TypeVar("T")
NOTHING_SENT = DeliveryReport(
    "starting", 0, "", "", None, 0, 0, 0, 0, 0, 0, 0, OutboxTotals(7, 900, 0, 0, None), 0, 3.5
)


class ToldShop(SmallShop):
    """Each pass is a commit of a store in `folder`; `sample` adds the figures of the moment to the next one."""

    def __init__(self, folder: Path, *, encodes: bool = True) -> None:
        super().__init__()
        self.lines: list[bytes] = []
        self.store = SqliteStore.open(
            folder / "s.db", synchronous="OFF", encoder=LineEncoder() if encodes else None
        )

    def live(self, now_ns: int) -> Changes:
        """Let one pass take effect, and commit what it changed."""
        changes = super().live(now_ns)
        lines, self.lines = self.lines, []
        commit = Commit(now_ns, changes.movements, changes.points, alerts=changes.alerts, lines=lines)
        if not commit.is_empty():
            self.store.commit(commit)
        return changes

    def sample(self) -> None:
        """Take the figures of this moment."""
        clock = SimpleNamespace(speed=1.0, now_ns=lambda: self.now, real_s=lambda s: s)
        counts: dict[str, StageCounts] = {}

        async def take() -> None:
            writer = ScriptedWriter()
            pipeline = Pipeline(self.engine, writer, writer, clock, max_held=10, on_committed=lambda *_: None)
            health = Health(self.engine, pipeline, Links({}, None, counts, counts, counts))
            await Sampler(self.engine, health, lambda: NOTHING_SENT, clock, self.lines.append, 60).sample()

        asyncio.run(take())

    def deliver(self, server: LineServer, rules: DeliveryRules | None = None) -> DeliveryReport:
        """Deliver until nothing waits; return how it went."""
        return asyncio.run(self._deliver(server, rules or DeliveryRules(flush_s=0.1)))

    async def _deliver(self, server: LineServer, rules: DeliveryRules) -> DeliveryReport:
        delivery = Delivery(
            self.store, self, lambda: server, LineEncoder(), lambda: self.now, off_loop_for_tests, random.uniform, rules
        )  # fmt: skip
        task = asyncio.create_task(delivery.run())

        def is_done() -> bool:
            report = delivery.report()
            return (
                report.state == "up"
                and not self.store.outbox_totals().points
                and not self.store.outbox_gaps()
            )

        try:
            await until(is_done, "everything to be delivered")
        finally:
            task.cancel()
        return delivery.report()

    async def settle_outbox(self, settlement: Settlement) -> None:
        """Note it in the store."""
        self.store.settle_outbox(settlement)


async def off_loop_for_tests(call: Callable[[], T]) -> T:
    """Run a blocking call in a thread."""
    return await asyncio.to_thread(call)
