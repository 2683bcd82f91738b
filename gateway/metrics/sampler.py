"""Samples health and key figures at intervals, for the time-series server. Runtime."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.clock import Clock
from gateway.engine import Engine
from gateway.kpis.figures import figures_of
from gateway.metrics.samples import (
    KeyFigures,
    coverage_of_zones,
    key_figures,
    kpi_line,
    mean,
    outbox_line,
    reader_lines,
)
from gateway.ports.health import DeviceHealth
from gateway.storage.influx.lines import joined
from gateway.storage.influx.report import DeliveryReport

MIN_PERIOD_S = 1.0
"""Real seconds: a demo's clock may run a hundred times as fast."""
MAX_SHARE = 0.01
"""Of the loop's time: a sample that takes long is taken less often."""


class DevicesPort(Protocol):
    """Knows how the devices are."""

    def devices(self) -> Sequence[DeviceHealth]:
        """Return every configured device."""
        ...


class Sampler:
    """Hands lines to `tell`, which writes them with the next commit."""

    def __init__(
        self,
        engine: Engine,
        devices: DevicesPort,
        report: Callable[[], DeliveryReport],
        clock: Clock,
        tell: Callable[[bytes], None],
        every_s: float,
    ) -> None:
        """`every_s`: the shop's seconds between samples."""
        self._engine = engine
        self._devices = devices
        self._report = report
        self._clock = clock
        self._tell = tell
        self._every_s = every_s

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            started_s = time.thread_time()
            await self.sample()
            took_s = time.thread_time() - started_s
            await asyncio.sleep(max(self._clock.real_s(self._every_s), MIN_PERIOD_S, took_s / MAX_SHARE))

    async def sample(self) -> None:
        """Take one sample of everything."""
        state, now_ns = self._engine.state, self._clock.now_ns()
        stores = [store.id for store in self._engine.site.config.stores]
        firing = Counter(alert.store for alert in self._engine.alerts.firing())
        coverage: dict[tuple[str, str], float] = {}
        lines = []
        for store in stores:
            seen = coverage_of_zones(state, store)
            coverage |= {(store, zone): share for zone, share in seen.items()}
            figures = KeyFigures()
            for _ in key_figures(state, store, now_ns, figures):
                await asyncio.sleep(0)
            today = figures_of(state.kpis.stores[store].whole())
            coverage_now = mean(list(seen.values()))
            lines.append(kpi_line(store, figures, today, firing[store], coverage_now, now_ns))
        lines += reader_lines(self._devices.devices(), coverage, now_ns)
        lines.append(outbox_line(stores[0], self._report(), now_ns))
        self._tell(joined(lines))
