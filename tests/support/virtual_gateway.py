"""A whole gateway in virtual time, without a process, a port or a broker: the virtual shop joined to the
real pipeline, SQLite store and HTTP API, put together as gateway/cli/serve.py does it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from api.app import ApiSettings, Ports, create_app
from api.limits import Quota
from gateway.alert_rules.office import RuleOffice
from gateway.alerts.office import AlertOffice
from gateway.audit_log import AuditLog
from gateway.backtest.office import BacktestOffice
from gateway.book_stock.office import LedgerBooks
from gateway.catalogue.office import CatalogueKeeper
from gateway.changes.feed import Feed
from gateway.changes.log import ChangeLogReader
from gateway.channels.office import ChannelDesk
from gateway.counting.office import CountingOffice
from gateway.deliveries.office import DeliveryOffice
from gateway.delivery.language_files import languages
from gateway.engine import Changes, Engine
from gateway.forecast.desk import ForecastDesk
from gateway.health import Health, Links
from gateway.holds import Holds
from gateway.ingest import Ingest
from gateway.inventory import Inventory
from gateway.keys import KeyRing, issue, load_pepper
from gateway.kpis.reports import KpiReports
from gateway.once import Once
from gateway.pipeline import Pipeline
from gateway.records import Records
from gateway.staff.desk import StaffDesk
from gateway.staff.pins import key_of as pin_key_of
from gateway.storage.ports import Committed
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.staff import StaffRows
from gateway.storage.writer import Writer
from gateway.tasks.office import TaskOffice
from gateway.transfers.office import TransferOffice
from readers.mqtt_intake import MqttIntake
from tests.support.api_ports import FakeWebhooks
from tests.support.fake_notify import FakeNotify
from tests.support.virtual_shop import NS_PER_S, VirtualShop

SCOPES = ("availability:read", "availability:exact", "reservations:write", "ingest:write", "counts:write")
MAX_HELD = 50_000


class _ShopClock:
    """The shop's own time, for the gateway."""

    speed = 1.0

    def __init__(self, shop: VirtualShop) -> None:
        self._shop = shop

    def now_ns(self) -> int:
        return self._shop.now_ns

    def real_s(self, shop_s: float) -> float:
        return shop_s


@dataclass(slots=True)
class VirtualGateway:
    """One shop and its gateway. `client` asks the API with the key `token`, which may see all."""

    shop: VirtualShop
    pipeline: Pipeline
    store: SqliteStore
    app: FastAPI
    token: str
    client: httpx.AsyncClient

    @property
    def engine(self) -> Engine:
        """The engine that the API answers from."""
        return self.shop.engine

    async def run(self, seconds: int) -> None:
        """Let shop and gateway live for a while: one pass of the pipeline per second."""
        end_ns = self.shop.now_ns + seconds * NS_PER_S
        while self.shop.now_ns < end_ns:
            self.shop.devices_speak()
            await self.pipeline.pass_once()


@asynccontextmanager
async def virtual_gateway(shop: VirtualShop, folder: Path) -> AsyncIterator[VirtualGateway]:
    """Give a gateway of the shop, its store in `folder`.

    The store flushes nothing (tests of crashes flush everything): a day has thousands of commits.
    """
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    clock = _ShopClock(shop)
    feed = Feed(store.journal_id, store.version)

    def publish(changes: Changes, committed: Committed | None) -> None:
        inventory.note(changes)
        feed.publish((), committed)

    try:
        async with Writer(store) as writer:
            pipeline = Pipeline(shop.engine, writer, store, clock, max_held=MAX_HELD, on_committed=publish)
            inventory = Inventory(shop.engine, clock.now_ns, lambda: pipeline.version)
            shop.give_to(pipeline)
            pepper = load_pepper(folder, keys_exist=False)
            key, token = issue("test", SCOPES, (), 1, pepper)
            store.add_key(key)
            links = Links(serial={}, mqtt=None, frames=shop.router.device_counts, inside={}, repeats={})
            once = Once(pipeline, store, shop.engine.state.book.answered)
            backtests = BacktestOffice(
                shop.engine.site, shop.engine.state.catalogue, store, clock.now_ns, languages()
            )
            app = create_app(
                Ports(
                    clock=clock,
                    inventory=inventory,
                    records=Records(store),
                    intake=pipeline,
                    ingest=Ingest(
                        {}, shop.router, MqttIntake(shop.router, pipeline).hand_in, pipeline, clock.now_ns
                    ),
                    reservations=Holds(shop.engine, pipeline, once, store),
                    changes=ChangeLogReader(store),
                    webhooks=FakeWebhooks(),
                    feed=feed,
                    health=Health(shop.engine, pipeline, links),
                    auth=KeyRing(store, pepper),
                    counting=CountingOffice(shop.engine, pipeline, once, store),
                    ledger=LedgerBooks(shop.engine, once, clock.now_ns),
                    catalogue=CatalogueKeeper(shop.engine, pipeline),
                    audit=AuditLog(store, shop.engine.state, clock.now_ns),
                    kpis=KpiReports(shop.engine.state.kpis, store, clock.now_ns),
                    channels=ChannelDesk(shop.engine.state, pipeline, clock.now_ns),
                    deliveries=DeliveryOffice(shop.engine, pipeline, once),
                    transfers=TransferOffice(shop.engine, pipeline, once),
                    tasks=TaskOffice(shop.engine, pipeline, once),
                    alerts=AlertOffice(shop.engine, pipeline, once, store),
                    notify=FakeNotify(clock.now_ns()),
                    forecasts=ForecastDesk(shop.engine.state, clock.now_ns),
                    alert_rules=RuleOffice(shop.engine, pipeline, once),
                    backtests=backtests,
                    staff=StaffDesk(StaffRows(store), pin_key_of(pepper), writer.aside),
                ),
                ApiSettings(key_quota=Quota(1e6, 10_000_000)),
            )
            transport = httpx.ASGITransport(app)
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8480", headers=headers
            ) as client:
                yield VirtualGateway(shop, pipeline, store, app, token, client)
    finally:
        store.close()
