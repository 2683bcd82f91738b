"""A small shop behind the real HTTP app on a loopback port, for looking at the staff page in a browser.

The ports are those of tests/support/api_ports.py, the stream is the gateway's own feed, and the shop is
that of tests/support/page_stock.py. Nothing moves by itself: a test, or the tool that takes the page's
pictures, says what happens.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import uvicorn

from api.app import ApiSettings as Settings
from api.app import Ports, create_app
from api.encoding import encode_alert, encode_availability, encode_device
from api.pages.mount import mount
from api.reservation_body import encode_reservation
from api.task_body import encode_told_task
from gateway.alerts.records import STANDING, AlertRecord, AlertState
from gateway.changes.feed import Feed
from gateway.changes.snapshots import Subject
from gateway.ports.inventory import Availability
from gateway.ports.records import HistoryPoint
from gateway.reservations.model import Reservation
from gateway.tasks.model import Task, TaskItem
from tests.support.api_ports import (
    NOW_NS,
    FakeAudit,
    FakeAuth,
    FakeChanges,
    FakeChannels,
    FakeClock,
    FakeHealth,
    FakeIngest,
    FakeIntake,
    FakeInventory,
    FakeRecords,
    FakeWebhooks,
)
from tests.support.fake_alerts import FakeAlerts
from tests.support.fake_backtests import FakeBacktests
from tests.support.fake_books import FakeCatalogue, FakeLedger
from tests.support.fake_counting import Counted
from tests.support.fake_documents import Documents
from tests.support.fake_forecasts import FakeForecasts
from tests.support.fake_notify import FakeNotify
from tests.support.kpi_days import PlainKpis
from tests.support.page_documents import SiteShop
from tests.support.page_stock import (
    DOWN,
    HELD,
    STORE,
    S,
    a_busy_afternoon,
    a_day,
    catalogue,
    devices,
    place,
    site,
    unwatched,
    why,
)
from tests.support.page_work import ShopReservations, ShopTasks
from tests.support.plain_staff import a_shop_of_staff, desk_of

START_TIMEOUT_S = 10
POLL_S = 0.005


def _told_of_task(task: Task) -> Subject:
    return Subject(f"task {task.id}", "task", STORE, task.sku, encode_told_task(task))


def _told_of_reservation(found: Reservation) -> Subject:
    return Subject(f"reservation {found.id}", "reservation", STORE, None, encode_reservation(found))


class PastRecords(FakeRecords):
    """Records with a past: what charts are drawn of."""

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        """Return a day of a shop, however long it is."""
        self.spans.append((from_ns, to_ns, step_ns, zone))
        return a_day(from_ns, step_ns, (to_ns - from_ns) // step_ns)


@dataclass
class PageShop:
    """The shop, served. Use as a context manager; then say what happens."""

    settings: Settings = field(default_factory=lambda: Settings(page_sign_in=False))
    speed: float = 1.0

    def __post_init__(self) -> None:
        config = site()
        self.feed = Feed("j", 1)
        self.inventory = FakeInventory()
        self.inventory.places = [place(config)]
        self.inventory.listed = catalogue()
        self.inventory.found = {(STORE, sku): found for sku, found in a_busy_afternoon().items()}
        self.inventory.explained = {key: why(found) for key, found in self.inventory.found.items()}
        self.records = PastRecords()
        self.records.kept = []
        self.health = FakeHealth(listed=devices(config))
        self.staff = a_shop_of_staff(time.time_ns())
        self.alerts = FakeAlerts(NOW_NS, self._alert_acted_on)
        self.kpis = PlainKpis(NOW_NS, (STORE,))
        self.backtests = FakeBacktests()
        self.tasks = ShopTasks(config, self._task_changed)
        self.reservations = ShopReservations(self._reservation_changed, self.inventory.named_by)
        self.notify = FakeNotify(NOW_NS)
        clock = FakeClock(speed=self.speed)
        self.expected = SiteShop()
        documents = Documents(self.expected)
        ports = Ports(
            clock,
            self.inventory,
            self.records,
            FakeIntake(),
            FakeIngest(),
            self.reservations,
            FakeChanges(),
            FakeWebhooks(),
            self.feed,
            self.health,
            FakeAuth(),
            FakeAudit(),
            self.kpis,
            FakeChannels(),
            ledger=FakeLedger(),
            catalogue=FakeCatalogue(),
            deliveries=documents.deliveries,
            transfers=documents.transfers,
            tasks=self.tasks,
            alert_rules=documents.alert_rules,
            backtests=self.backtests,
            counting=Counted().office,
            alerts=self.alerts,
            notify=self.notify,
            forecasts=FakeForecasts(NOW_NS, (STORE,)),
            staff=desk_of(self.staff, time.time_ns, time.monotonic),
        )
        self.app = create_app(ports, self.settings, pages=mount)
        self.port = 0

    # -- serving ------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/"

    def open(self) -> None:
        """Serve, on the port of the last time where there was one."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            self.app, log_level="warning", lifespan="off", http="httptools", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening, started), daemon=True)
        self._thread.start()
        if not started.wait(START_TIMEOUT_S):
            raise TimeoutError("the page's server did not start")

    def close(self) -> None:
        """Stop serving, as a gateway that ends."""

        async def end() -> None:
            self.feed.close()
            self._server.should_exit = True

        self._do(end())
        self._thread.join(START_TIMEOUT_S)

    def _serve(self, listening: socket.socket, started: threading.Event) -> None:
        async def run() -> None:
            serving = asyncio.create_task(self._server.serve([listening]))
            while not self._server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
                await asyncio.sleep(POLL_S)
            started.set()
            await serving

        self._loop.run_until_complete(run())
        self._loop.close()
        listening.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_TIMEOUT_S)

    # -- what happens --------------------------------------------------------------------------------

    def set_stock(self, found: Availability) -> None:
        """Let an article have this stock from now on, and tell the stream."""
        self.inventory.found[STORE, found.sku] = found
        self.inventory.explained[STORE, found.sku] = why(found)
        subject = Subject(
            f"availability {found.sku}", "availability", STORE, found.sku, encode_availability(found)
        )
        self._publish(subject)

    def set_alert(self, record: AlertRecord) -> None:
        """Let an alert fire, change or resolve, and tell the stream."""
        self._keep_alert(record)
        self._publish(Subject(f"alert {record.id}", "alert", STORE, record.sku, encode_alert(record)))

    def _keep_alert(self, record: AlertRecord) -> None:
        self.alerts.kept[record.id] = record
        self.records.kept = [kept for kept in self.records.kept if kept.id != record.id]
        if record.state in (*STANDING, AlertState.RESOLVED):
            self.records.kept.append(record)

    def _alert_acted_on(self, record: AlertRecord) -> None:
        """Somebody did something about an alert on a page: all pages are told, as by the gateway's own feed."""
        self._keep_alert(record)
        told = Subject(f"alert {record.id}", "alert", STORE, record.sku, encode_alert(record))
        self.feed.publish([told], None)

    def set_task(self, task: Task, *pieces: TaskItem) -> None:
        """Let there be a task, or let one be as it is by now, and tell the stream."""
        self.tasks.put(task, *pieces)
        self._publish(_told_of_task(task))

    def set_reservation(self, reservation: Reservation) -> None:
        """Let there be a reservation, or let one be as it is by now, and tell the stream."""
        self.reservations.kept[reservation.id] = reservation
        self._publish(_told_of_reservation(reservation))

    def _task_changed(self, task: Task) -> None:
        """Somebody did something about a task on a page: all pages are told, as by the gateway's own feed."""
        self.feed.publish([_told_of_task(task)], None)

    def _reservation_changed(self, reservation: Reservation) -> None:
        """The same of a reservation."""
        self.feed.publish([_told_of_reservation(reservation)], None)

    def set_device(
        self, device_id: str, state: Literal["online", "silent", "offline", "never"], **changes: Any
    ) -> None:
        """Let a device be in this state, and tell the stream."""
        listed = self.health.listed
        index = next(i for i, device in enumerate(listed) if device.id == device_id)
        listed[index] = replace(listed[index], state=state, **changes)
        self._publish(Subject(f"device {device_id}", "device", STORE, None, encode_device(listed[index])))

    def let_the_denim_reader_die(self) -> None:
        """Silence the reader of the denim wall: what it watched is unknown, its alerts are on hold."""
        dropped = {"checksum": 3, "epc_crc": 41, "garbage": 212}
        self.set_device(
            "m100-denim", "silent", last_seen_at_ns=NOW_NS - 330 * S, reconnects=2, dropped=dropped,
            received=48_467, passed=48_211,
        )  # fmt: skip
        for found in list(self.inventory.found.values()):
            if any(level.zone == "denim" and level.pieces for level in found.zones):
                older = replace(found, last_seen_at_ns=NOW_NS - 335 * S)
                self.set_stock(unwatched(older, "denim"))
        self.set_alert(DOWN)
        self.set_alert(HELD)

    def scan_in(self, sku: str, pieces: int) -> None:
        """Let pieces be scanned in at receiving, and tell the stream that the article's stock is another."""

        async def scan() -> None:
            assert self.expected.tell("receive", sku=sku, qty=pieces) == "applied"
            self.expected.live(self.expected.now)

        self._do(scan())
        self.set_stock(self.inventory.found[STORE, sku])

    def _publish(self, subject: Subject) -> None:
        if self.port == 0:
            return

        async def publish() -> None:
            self.feed.publish([subject], None)

        self._do(publish())
