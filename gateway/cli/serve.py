"""The composition root: builds every part of a gateway, runs them together, ends them in order. Runtime.

store ─ engine ─ pipeline ─┬─ serial supervisors, MQTT
                           ├─ feed, alert delivery
                           └─ HTTP server
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from api.app import create_app
from api.context import ApiSettings, Ports
from api.encoding import encode_alert
from api.limits import Quota
from api.pages.mount import mount
from gateway.alert_rules.office import RuleOffice
from gateway.alerts.office import AlertOffice
from gateway.audit_log import AuditLog
from gateway.backtest.office import BacktestOffice
from gateway.book_stock.office import LedgerBooks
from gateway.catalogue.articles import Catalogue
from gateway.catalogue.office import CatalogueKeeper
from gateway.changes.feed import Feed
from gateway.changes.log import ChangeLogReader
from gateway.changes.model import ChangeNote
from gateway.channels.office import ChannelDesk
from gateway.cli.broker_settings import mqtt_settings
from gateway.cli.http_server import HttpServer, http_server, listen
from gateway.cli.influx_parts import make_delivery, open_store
from gateway.cli.news import News
from gateway.cli.notify_parts import make_notifier
from gateway.cli.old_levels import old_records
from gateway.cli.paths import device_path, store_path
from gateway.cli.systemd import Notifier
from gateway.cli.webhook_parts import WebhookParts
from gateway.clock import Clock, SteadyClock
from gateway.config.mqtt import MqttSection
from gateway.config.site import SiteConfig
from gateway.counting.office import CountingOffice
from gateway.deliveries.office import DeliveryOffice
from gateway.delivery.language_files import languages
from gateway.delivery.mqtt_alerts import MqttAlerts
from gateway.devices.of_site import mqtt_devices, serial_devices
from gateway.engine import Changes, Engine
from gateway.forecast.desk import ForecastDesk
from gateway.health import Health, Links
from gateway.holds import Holds
from gateway.ingest import Ingest
from gateway.inventory import Inventory
from gateway.keys import KeyRing, load_pepper
from gateway.kpis.reports import KpiReports
from gateway.metrics.sampler import Sampler
from gateway.once import Once
from gateway.pipeline import CLOCK_PART, Pipeline, Tap
from gateway.presence.chunks import BadChunk
from gateway.records import Records
from gateway.site import Site
from gateway.staff.desk import StaffDesk
from gateway.staff.pins import key_of as pin_key_of
from gateway.storage.errors import StoreCorrupt
from gateway.storage.inspector import Inspector
from gateway.storage.janitor import Janitor
from gateway.storage.ports import Committed
from gateway.storage.sqlite import SqliteStore
from gateway.storage.staff import StaffRows, has_secrets
from gateway.storage.writer import Writer
from gateway.tasks.office import TaskOffice
from gateway.transfers.office import TransferOffice
from readers.mqtt_client import MqttClient
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.serial_port import SerialLine
from readers.supervisor import SerialSupervisor

log = logging.getLogger(__name__)

STATE_PARTS = (
    "item", "tag", "line", "safety", "shelf", "count", "scan", "told", "repeat", "clock", "alert", "calibration", "phase",
    "learned", "counts", "book", "article", "kpi", "delivery", "transfer", "demand",
    "task",
    "silence", "telling", "rule_score", "alert_rule",
)  # fmt: skip
REFRESH_DEVICES_S = 10.0
"""Real seconds between looks at the counts of all devices for the stream."""


@dataclass(frozen=True, slots=True)
class GatewayRun:
    """What to run: the site, its articles, where its files lie, its clock; `tap` hears what is taken."""

    site: SiteConfig
    catalogue: Catalogue
    base: Path
    clock: Clock
    on_ready: Callable[[], None] = lambda: None
    tap: Tap | None = None


async def serve(run: GatewayRun, stop: asyncio.Event | None = None) -> None:
    """Run a gateway until `stop` is set; without one, until SIGINT or SIGTERM comes.

    Raises ConfigError or StoreError, naming the remedy, where it cannot start or go on.
    """
    listener = listen(run.site.api)
    with (
        contextlib.closing(listener),
        _stop_on_signals() if stop is None else contextlib.nullcontext(stop) as stop,
    ):
        store = await asyncio.to_thread(open_store, run.site.influxdb, store_path(run.site, run.base))
        try:
            async with Writer(store) as writer:
                await _Gateway(run, store, writer).run(listener, stop)
        finally:
            store.close()


class _Gateway:
    """One gateway's parts, built."""

    def __init__(self, run: GatewayRun, store: SqliteStore, writer: Writer) -> None:
        site, clock = run.site, run.clock
        self._run = run
        self._clock = clock
        self._writer = writer
        self._notifier = Notifier()
        self.engine = Engine(Site(site), run.catalogue)
        _go_on(clock, store)
        _take_up(self.engine, store, clock.now_ns())
        if self.engine.imbalanced:
            log.warning("%d lines of stock were corrected at start, see the journal", self.engine.imbalanced)
        self._notices = make_notifier(site, run.base, self.engine, store, writer, clock)
        self.pipeline = Pipeline(
            self.engine,
            writer,
            store,
            clock,
            max_held=site.gateway.max_held_observations,
            on_committed=self._publish,
            note=self._note,
            route=self._notices.route,
            on_pass=self._notifier.alive,
            tap=run.tap,
        )
        self._once = Once(self.pipeline, store, self.engine.state.book.answered)
        self.feed = Feed(store.journal_id, store.version)
        self._supervisors = _supervisors(run, self.pipeline)
        senders = list(mqtt_devices(site))
        self._codecs = {device.id: device.codec for device in senders}
        self._router = MqttRouter(self._codecs, unheard={device.id for device in senders if device.webhook})
        self._mqtt_intake = MqttIntake(self._router, self.pipeline)
        self._ingest = Ingest(
            {device.id: device.store for device in senders},
            self._router,
            self._mqtt_intake.hand_in,
            self.pipeline,
            clock.now_ns,
        )
        self._mqtt = _mqtt_client(site.mqtt, run.base, self._mqtt_intake, clock) if site.mqtt else None
        self._alerts = (
            MqttAlerts(store, writer, self._mqtt, site.mqtt.alert_topic, encode_alert)
            if site.mqtt and self._mqtt
            else None
        )
        self._delivery = make_delivery(site.influxdb, run.base, store, writer, clock)
        self._pepper = load_pepper(store.path.parent, keys_exist=has_secrets(store))
        retention = site.privacy.narrowed(site.storage.retention(), self._pepper)
        self._janitor = Janitor(store, writer, clock, retention, self._clock_ahead_s)
        self._inspector = Inspector(store, clock, self._janitor.upkeep)
        self._webhooks = WebhookParts(
            site.webhooks, self.engine, store, writer, self._pepper, clock, self._once
        )
        self.health = Health(self.engine, self.pipeline, self._links())
        self.news = News(self.engine, self.health, self.feed, clock.now_ns)
        self.feed.show(self.news, self.pipeline.nudge)
        self._old = old_records(site.influxdb, run.base, store)
        self._backtests = BacktestOffice(self.engine.site, run.catalogue, store, clock.now_ns, languages())
        self._inventory = Inventory(self.engine, clock.now_ns, lambda: self.pipeline.version)
        self._app = self._build_app(run, store)
        self._on_ready = run.on_ready

    def _links(self) -> Links:
        frames = {s.device: s.protocol.frame_counts for s in self._supervisors}
        return Links(
            serial={s.device: s for s in self._supervisors},
            mqtt=self._mqtt,
            frames=frames | self._router.device_counts,
            inside={device: codec.event_counts for device, codec in self._codecs.items()},
            repeats=self._mqtt_intake.read_counts,
            lines={s.device: s.protocol.bytes_counts for s in self._supervisors},
            unmatched=self._router.unmatched_topics,
            influxdb=self._delivery.report if self._delivery else None,
            clock_ahead_s=self._clock_ahead_s,
            upkeep=self._janitor.upkeep,
            webhooks=self._webhooks.dispatcher.counts,
            notices=self._notices.states_now,
            published=self._alerts,
        )

    def _clock_ahead_s(self) -> float:
        return self._clock.ahead_s() if isinstance(self._clock, SteadyClock) else 0.0

    def _build_app(self, run: GatewayRun, store: SqliteStore) -> FastAPI:
        api, stock = run.site.api, run.site.stock
        ports = Ports(
            clock=self._clock,
            inventory=self._inventory,
            records=Records(store, self._old),
            intake=self.pipeline,
            ingest=self._ingest,
            reservations=Holds(self.engine, self.pipeline, self._once, store, run.tap),
            changes=ChangeLogReader(store),
            webhooks=self._webhooks.desk,
            feed=self.feed,
            health=self.health,
            auth=KeyRing(store, self._pepper),
            audit=AuditLog(store, self.engine.state, self._clock.now_ns),
            counting=CountingOffice(self.engine, self.pipeline, self._once, store),
            ledger=LedgerBooks(self.engine, self._once, self._clock.now_ns),
            catalogue=CatalogueKeeper(self.engine, self.pipeline),
            kpis=KpiReports(self.engine.state.kpis, store, self._clock.now_ns),
            channels=ChannelDesk(self.engine.state, self.pipeline, self._clock.now_ns),
            deliveries=DeliveryOffice(self.engine, self.pipeline, self._once),
            transfers=TransferOffice(self.engine, self.pipeline, self._once),
            tasks=TaskOffice(self.engine, self.pipeline, self._once),
            alerts=AlertOffice(self.engine, self.pipeline, self._once, store),
            notify=self._notices,
            forecasts=ForecastDesk(self.engine.state, self._clock.now_ns),
            staff=StaffDesk(StaffRows(store), pin_key_of(self._pepper), self._writer.aside),
            alert_rules=RuleOffice(self.engine, self.pipeline, self._once),
            backtests=self._backtests,
        )
        settings = ApiSettings(
            host=api.host,
            allowed_hosts=api.allowed_hosts,
            page_sign_in=api.page_sign_in,
            max_streams=api.max_streams,
            limited_below=stock.limited_below,
            key_quota=Quota(api.requests_per_s, api.requests_burst),
        )
        return create_app(ports, settings, pages=mount)

    def _note(self, changes: Changes) -> list[ChangeNote]:
        return self.news.note(changes)

    def _publish(self, changes: Changes, committed: Committed | None) -> None:
        self._inventory.note(changes)
        self.news.publish(changes, committed)
        if changes.alerts and self._alerts is not None:
            self._alerts.wake()
        if changes.notices:
            self._notices.wake()
        if committed is not None and self._delivery is not None:
            self._delivery.wake()
        if committed is not None:
            self._webhooks.dispatcher.wake()

    async def run(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Run all parts until `stop`; an error in one of them stops all and is raised."""
        server = http_server(self._app, self._run.site.api, self._run.base)
        async with _first_error_alone(), asyncio.TaskGroup() as tasks:
            http = tasks.create_task(server.serve(sockets=[listener]), name="http")
            running = [tasks.create_task(part, name=name) for name, part in self._parts()]
            announcing = tasks.create_task(self._announce(server), name="announce")
            await stop.wait()
            announcing.cancel()  # a gateway that never came to its first pass has nothing to announce
            self._notifier.stopping()
            server.should_exit = True
            self.feed.close()
            if self._old is not None:
                self._old.close()
            self._backtests.close()
            await http
            for task in running:
                task.cancel()
        await self.pipeline.finish()

    def _parts(self) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
        yield "pipeline", self.pipeline.run()
        yield "devices", self._refresh_devices()
        yield "janitor", self._janitor.run()
        yield "inspector", self._inspector.run()
        yield "webhooks", self._webhooks.dispatcher.run()
        yield "notices", self._notices.run()
        for supervisor in self._supervisors:
            yield supervisor.device, supervisor.run()
        if self._mqtt is not None:
            yield "mqtt", self._mqtt.run()
            yield "mqtt-intake", self._mqtt_intake.run(self._mqtt)
        if self._alerts is not None:
            yield "mqtt-alerts", self._alerts.run()
        influxdb = self._run.site.influxdb
        if influxdb is not None and self._delivery is not None:
            yield "influxdb", self._delivery.run()
            report, tell = self._delivery.report, self.pipeline.tell
            yield (
                "sampler",
                Sampler(self.engine, self.health, report, self._clock, tell, influxdb.sample_s).run(),
            )

    async def _announce(self, server: HttpServer) -> None:
        while not (server.started and self.pipeline.passes):  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        gc.collect()
        gc.freeze()  # a full collection over a million tags would stall the loop for half a second
        self._notifier.ready()
        self._on_ready()

    async def _refresh_devices(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_DEVICES_S)
            self.news.publish_devices()


def _go_on(clock: Clock, store: SqliteStore) -> None:
    """Let time go on from the last commit, where the machine's clock is behind it (it may have no battery)."""
    if isinstance(clock, SteadyClock):
        for row in store.state_rows(CLOCK_PART):
            clock.not_before(int(row.value or 0))


def _take_up(engine: Engine, store: SqliteStore, now_ns: int) -> None:
    """Give an engine what its earlier lives wrote down. Raises StoreCorrupt."""
    rows = (row for part in STATE_PARTS for row in store.state_rows(part))
    gc.disable()  # all that is taken up stays: looking through it again and again costs a third of a start
    try:
        engine.restore(rows, store.latest_levels(), now_ns, store.snapshots("item"))
        engine.restore_reservations(store.open_reservations())
    except BadChunk as error:
        raise StoreCorrupt(store.path, str(error)) from error
    finally:
        gc.freeze()  # nor does it look through all of that while the rest is built
        gc.enable()


def _supervisors(run: GatewayRun, pipeline: Pipeline) -> list[SerialSupervisor]:
    return [
        SerialSupervisor(
            device.id,
            SerialLine(device_path(device.port, run.base), device.baud),
            device.protocol,
            pipeline,
            run.clock,
            port_is_life=device.port_is_life,
        )
        for device in serial_devices(run.site, run.clock.speed)
    ]


def _mqtt_client(section: MqttSection, base: Path, intake: MqttIntake, clock: Clock) -> MqttClient:
    client = MqttClient(mqtt_settings(section, base), intake.on_message, clock.now_ns)
    client.subscribe((*intake.router.filters(), *section.watch_topics))
    return client


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[asyncio.Event]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def _first_error_alone() -> AsyncIterator[None]:
    """Turn a group's errors into the first of them: one cause, said once."""
    try:
        yield
    except* Exception as group:  # noqa: BLE001 - raised again at once, unwrapped
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
