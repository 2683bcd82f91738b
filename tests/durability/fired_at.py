"""One shop whose gateway is ended over and over while it works, and an audit of what is left each time.

devices ─ QoS 1 ─▶ Mosquitto ─▶ gateway ─▶ store        a life: launch … ready … load … the end
clients ─ HTTP ─────────────────▶ ┘          └▶ a copy of its files ─▶ audit, after each life
"""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.durability.audit import STORE, Audit
from tests.durability.influx_told import InfluxTold
from tests.durability.nursery import Forked, Nursery
from tests.support.busy_shop import BusyShop
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin
from tests.support.scripted_devices import (
    A_SCANNER,
    COUNTED,
    SCANNER,
    TAGGED,
    WEIGHED,
    Scripted,
    write_site,
)

SPEED = 30.0
"""Shop seconds per second: shelves settle and zones come into sight within a life."""
SKUS = [*TAGGED, WEIGHED, COUNTED]
CLIENTS = 3
MAX_TAGS = 40
FRESH_EVERY = 10
STARTING = 0.4
"""The share of lives that end at an instant of the time that starting usually takes; the others get ready, and end
at an instant of their work."""
LOAD_S, LOAD_PER_START = 0.7, 0.6
"""At least so long, and longer where the machine is slow to start."""
TOLD_AGAIN_S = 5.0
"""What the broker may have lost is told again: it writes its queue each second."""
POLL_S = 0.02
AGREE_S = 60.0
SETTLE_S = 120.0
AS_IN_A_SHOP = ("autosave_on_changes false",)
"""The broker writes its queue each second."""
WITHOUT_SAVING = (*AS_IN_A_SHOP, "autosave_interval 0")
"""Where it does not die it writes nothing: a queue of some minutes would keep it busy on a busy machine."""
HOLDS_LOOKED_AT = 200
"""The newest holds are looked at after each life, all of them when the shop settles."""
TOLD_AGAIN = 40
"""Acknowledged events that are told again after a restart: each is a duplicate."""


@dataclass(slots=True)
class Tally:
    """What came of the lives, over all shops."""

    lives: int = 0
    ended_starting: int = 0
    """Lives that ended before the gateway was ready."""
    asked: int = 0
    """Lives whose API was asked for all levels, and agreed with the store."""
    events: int = 0
    """Events acknowledged by HTTP."""
    holds: int = 0
    """Reservations granted."""
    late_holds: int = 0
    """Reservations granted whose answer the end took."""
    scans: int = 0
    reads: int = 0
    told_again: int = 0
    late_duplicates: int = 0
    """Events told again for want of an answer that had been applied before the end."""
    late_applied: int = 0
    fresh: int = 0
    """Lives of a process that was started afresh, not forked."""
    broker_kills: int = 0
    influx_kills: int = 0
    entries: int = 0
    start_s: float = 0.0


def _nothing() -> None:
    pass


def _at(wait_s: float, act: Callable[[], object]) -> threading.Timer:
    """Do something in a moment, in a thread that is to be joined."""
    timer = threading.Timer(wait_s, act)
    timer.start()
    return timer


class FiredGateway(Gateway):
    """A gateway that another thread may end, with its store where it is told to have it.

    Most of its lives are forked off a process that has imported all code: that takes most of a start, and
    changes nothing on disk. Now and then one is started afresh, as an operator's are.
    """

    def __init__(
        self, site: Path, api_port: int, clock: ShopClockOrigin, data_dir: Path, nursery: Nursery
    ) -> None:
        super().__init__(site, api_port, clock)
        self._data_dir = data_dir
        self._nursery = nursery

    def launch_forked(self) -> None:
        """Start it from the nursery, without waiting for anything."""
        self.process = Forked(self._nursery, str(self.log), *self.arguments[1:])

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        return self._data_dir / STORE_FILE

    def is_running(self) -> bool:
        """Return whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def strike(self) -> None:
        """Send SIGKILL; `kill` is to follow."""
        assert self.process is not None
        self.process.kill()


class ShopUnderFire:
    """Use `under_fire`. `audit.found` bears what was found wrong."""

    def __init__(
        self,
        gateway: FiredGateway,
        broker: Mosquitto,
        load: BusyShop,
        rng: Random,
        tally: Tally,
        start_s: float,
        influx: InfluxTold | None,
    ) -> None:
        self.audit = Audit()
        self.gateway = gateway
        self.broker = broker
        self.load = load
        self.tally = tally
        self._rng = rng
        self._influx = influx
        self._start_s = start_s
        self._audited = dict.fromkeys(load.clients, 0)

    # -- a life ------------------------------------------------------------------------------------

    def live_and_end(
        self,
        *,
        kills_broker: bool = False,
        kills_influx: bool = False,
        aftermath: Callable[[], None] = _nothing,
    ) -> None:
        """Start the gateway, kill it at a random instant of its start or its work, and audit what is left.

        `kills_broker` and `kills_influx` kill and start those too, at other instants. The `aftermath` comes
        between the gateway's end and the audit.
        """
        self.load.hold_clients()
        ended = threading.Event()
        ends: list[threading.Timer] = []

        def end_within(most_s: float) -> None:
            wait_s = self._rng.uniform(0, most_s)
            ends.append(_at(wait_s, lambda: (ended.set(), self.gateway.strike())))
            if kills_broker:
                ends.append(_at(self._rng.uniform(0, wait_s), self._kill_broker))
            if kills_influx and self._influx is not None:
                ends.append(_at(self._rng.uniform(0, wait_s), self._influx.restart_killed))
                self.tally.influx_kills += 1

        if self.tally.lives % FRESH_EVERY == 0:
            self.gateway.launch()
            self.tally.fresh += 1
        else:
            self.gateway.launch_forked()
        started_s = time.monotonic()
        dies_starting = self._rng.random() < STARTING
        if dies_starting:
            end_within(self._start_s)
        try:
            if self._until_ready(ended):
                self._start_s += (time.monotonic() - started_s - self._start_s) / 4
                if not dies_starting:
                    end_within(max(LOAD_S, LOAD_PER_START * self._start_s))
                self._look_at_api(ended)
                self.load.let_clients()
            else:
                self.tally.ended_starting += 1
        finally:
            for one in ends:
                one.join()
            self.gateway.kill()
        self.load.check()
        self.tally.lives += 1
        self.tally.start_s = self._start_s
        aftermath()
        self._audit_copy()

    def _kill_broker(self) -> None:
        """Kill the broker and start it again; then the scanner tells its last scans again, as a device would.

        Mosquitto itself loses what it has acknowledged within the second before it is killed.
        """
        self.broker.kill()
        told_ns = self.load.scripted.clock.now_ns()
        self.broker.start()
        self.load.scripted.scan_again(told_ns - round(TOLD_AGAIN_S * SPEED * 1e9))
        self.tally.broker_kills += 1

    def _until_ready(self, ended: threading.Event) -> bool:
        while not ended.is_set():
            with contextlib.suppress(httpx.TransportError):
                if self.gateway.http.get("/readyz").status_code == 200:
                    return True
            assert ended.is_set() or self.gateway.is_running(), self.gateway.output[-3_000:]
            time.sleep(POLL_S)
        return False

    def _look_at_api(self, ended: threading.Event) -> None:
        """Ask the API before there is new load: it says what the store says, and knows what was told before."""
        try:
            if self.gateway.metric("storefloor_ledger_imbalance") != 0:
                self.audit.found.broken.append("the ledger is imbalanced")
            self._until_agreed(ended)
            self._tell_again()
        except httpx.TransportError:
            if not ended.is_set() and self.gateway.is_running():
                raise
        else:
            self.tally.asked += 1

    def _until_agreed(self, ended: threading.Event) -> None:
        """Return once API and store say the same; the broker's backlog may flow in meanwhile."""
        give_up_s = time.monotonic() + AGREE_S
        with contextlib.closing(SqliteStore.attach(self.gateway.store_path)) as store:
            while (said := self.on_hand()) != (kept := _on_hand(store)):
                if ended.is_set():
                    return
                if time.monotonic() > give_up_s:
                    self.audit.found.broken.append(f"the API says {said}, the store {kept}")
                    return
                time.sleep(0.01)

    def _tell_again(self) -> None:
        """Tell some events again that were acknowledged in earlier lives."""
        acknowledged = self.load.acknowledged
        chosen = self._rng.sample(acknowledged, min(TOLD_AGAIN, len(acknowledged)))
        if not chosen:
            return
        events = self.load.events
        results = self.gateway.post("/v1/events", {"events": [events[name] for name in chosen]})["results"]
        self.tally.told_again += len(results)
        self.audit.found.doubled += [r["event_id"] for r in results if r["outcome"] != "duplicate"]

    def on_hand(self) -> dict[str, int]:
        """Return what the API says of each article."""
        return {sku: item["quantities"]["on_hand"] for sku, item in self.gateway.stock(SKUS).items()}

    # -- what is left --------------------------------------------------------------------------------

    def _audit_copy(self) -> None:
        """Look at a copy of the store's files, so that the next life finds them as the last one left them."""
        new: list[str] = []
        for client in self.load.clients:
            new += client.acknowledged[self._audited[client] :]
            self._audited[client] = len(client.acknowledged)
        web = self.load.web_shop
        with self._copied() as store:
            if store is not None:
                self.audit.look(store, new)
                self.audit.look_at_holds(store, web.holds[-HOLDS_LOOKED_AT:], web.asking)
            elif self.audit.seq or new:
                self.audit.found.lost.append("the whole store")

    @contextlib.contextmanager
    def _copied(self) -> Iterator[SqliteStore | None]:
        """Give the store of a copy, opened as a gateway would; None where there is no store yet."""
        path = self.gateway.store_path
        folder = self.gateway.site.with_name("copy")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if not path.exists():
            yield None
            return
        for name in (STORE_FILE, f"{STORE_FILE}-wal"):
            if path.with_name(name).exists():
                shutil.copyfile(path.with_name(name), folder / name)
        with contextlib.closing(SqliteStore.open(folder / STORE_FILE)) as store:
            yield store

    def settle(self) -> None:
        """Let the shop come to rest: everything that was ever said is there once; then look at all of it."""
        self.load.let_clients()
        self.gateway.start()
        eventually(lambda: self.load.rounds >= 3, "the shop to have worked", SETTLE_S)
        self.load.hold_clients()
        eventually(self._is_answered, "each client to be answered", SETTLE_S)
        self.load.close()
        wanted = self.load.pieces

        def is_all_there() -> bool:
            self.load.scripted.see(self.load.tags, 1)
            self.load.scripted.weigh(self.load.pieces_on_shelf)
            return self.on_hand() == wanted

        try:
            eventually(is_all_there, f"{wanted} to be there", SETTLE_S, 0.1)
        except AssertionError as error:
            self.audit.found.broken.append(f"{error}, but {self.on_hand()} are")
        self._until_agreed(threading.Event())
        self._compare_reserved()
        self._compare_influx()
        self.gateway.kill()
        scans = [f"{SCANNER}:{at_ns}" for at_ns in self.load.scripted.scanned_ns]
        with self._copied() as store:
            assert store is not None
            self.audit.look_at_all(store, list(self.load.events), scans, self.load.tags)
            self.audit.look_at_all_holds(store, self.load.web_shop.holds)
        self._count()

    def _compare_reserved(self) -> None:
        """See that the API keeps back as many pieces as there are open holds on disk."""
        reserved = self.gateway.stock([COUNTED])[COUNTED]["quantities"]["reserved"]
        now_ns = self.load.scripted.clock.now_ns()
        with contextlib.closing(SqliteStore.attach(self.gateway.store_path)) as store:
            kept = sum(one.expires_ns > now_ns for one in store.open_reservations())
        if reserved != kept:
            self.audit.found.broken.append(f"{reserved} pieces are reserved, and {kept} held on disk")

    def _compare_influx(self) -> None:
        """See that InfluxDB was told all that the store holds, and nothing twice."""
        influx = self._influx
        if influx is None:
            return
        with contextlib.closing(SqliteStore.attach(self.gateway.store_path)) as store:
            try:
                eventually(lambda: influx.holds(store, store.last_seq(STORE)), "InfluxDB", SETTLE_S, 0.2)
            except AssertionError:
                self.audit.found.broken.append(influx.differs(store.last_seq(STORE)))

    def _is_answered(self) -> bool:
        self.load.check()
        return not self.load.unanswered and self.load.web_shop.asking is None

    def _count(self) -> None:
        tally = self.tally
        tally.events += len(self.load.acknowledged)
        tally.scans += len(self.load.scripted.scanned_ns)
        tally.reads += self.load.scripted.reads
        tally.entries += self.audit.seq
        tally.holds += len(self.load.web_shop.holds)
        tally.late_holds += self.load.web_shop.repeated
        for client in self.load.clients:
            tally.late_duplicates += client.late.get("duplicate", 0)
            tally.late_applied += client.late.get("applied", 0)


def _on_hand(store: SqliteStore) -> dict[str, int]:
    levels: dict[str, int] = dict.fromkeys(SKUS, 0)
    for point in store.latest_levels():
        if point.store == STORE:
            levels[point.sku] += point.pieces
    return levels


@contextlib.contextmanager
def under_fire(
    folder: Path,
    rng: Random,
    tally: Tally,
    nursery: Nursery,
    data_dir: Path | None = None,
    influx: InfluxTold | None = None,
    *,
    broker_dies: bool = False,
) -> Iterator[ShopUnderFire]:
    """Give a shop in `folder`, its store there or in `data_dir`; nothing of it runs behind the context."""
    data_dir = data_dir or folder / "data"
    with Mosquitto(folder, *(AS_IN_A_SHOP if broker_dies else WITHOUT_SAVING)) as broker:
        api_port = free_port()
        site = write_site(folder, api_port, broker.port, A_SCANNER + (influx.section if influx else ""))
        site.write_text(site.read_text("utf-8").replace('"data"', f'"{data_dir}"'), "utf-8")
        clock = ShopClockOrigin.starting_in(0.0, SPEED)
        with (
            FiredGateway(site, api_port, clock, data_dir, nursery) as gateway,
            PlainMqtt(broker.port, "scripted") as mqtt,
        ):
            gateway.make_key(*EVERY_SCOPE)
            started_s = time.monotonic()
            gateway.start()  # once, so that the broker keeps what comes while there is no gateway
            start_s = time.monotonic() - started_s
            eventually(lambda: gateway.metric("storefloor_mqtt_up") == 1, "the broker to be reached")
            gateway.kill()
            shop = BusyShop(gateway, Scripted(mqtt, clock), clients=CLIENTS, max_tags=MAX_TAGS)
            with shop:
                yield ShopUnderFire(gateway, broker, shop, rng, tally, start_s, influx)
