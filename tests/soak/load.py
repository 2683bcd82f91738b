"""The load of a soak: a reader that never rests, a till, and a page that asks. I/O."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import Commit
from gateway.storage.sqlite import SqliteStore
from simulators.epc import sgtin96
from tests.support.plain_mqtt import PlainMqtt
from tests.support.processes import Gateway, ShopClockOrigin
from tests.support.scripted_devices import (
    BACK_ROOM,
    FRONT,
    READER_TOPIC,
    SHELF_TOPIC,
    TARE_G,
    UNIT_G,
    WEIGHED,
    write_site,
)

STORE = "lyon-1"
SPEED = 240.0
"""Shop seconds per real second: a day in six minutes, so that days are let go while the soak goes on."""
ARTICLES, TAGS = 50, 500
COUNTED, FIRST_PIECES = 450, 20
"""Articles without tags, which the till sells; so many pieces of each that none is ever low."""
MOVED_PER_S = 10
"""Tags carried between the front and the back room in a real second: 3,600 in the shop's day."""
HISTORY_DAYS, HISTORY_PER_DAY = 8, 7_200
"""What the store knows when the soak begins: a day more than it keeps, as busy as those that follow."""
THROUGH_THE_WALL = 0.02
OWN_CDBM, WALL_CDBM = -5_800, -6_900
MOST_IN_FLIGHT = 200
"""Messages that the broker has not acknowledged."""
MOST_BEHIND_S = 1.0
"""A load that was held up for longer is not made up for: the run's rate tells of it."""
NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * NS_PER_S
EVENTS_EVERY_S, EVENTS_PER_POST = 1.0, 10
ASK_EVERY_S = 0.02
SETTLE_S = 30.0
JOIN_S = 60.0


def gtin(number: int) -> str:
    """Return the GTIN of an article, its check digit included."""
    digits = f"0301{number:09}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def sku(number: int) -> str:
    """Return the SKU of an article that bears tags."""
    return f"SOAK-{number:03}"


def counted_sku(number: int) -> str:
    """Return the SKU of an article that is counted."""
    return f"BAG-{number:03}"


def write_soak_site(folder: Path, api_port: int, mqtt_port: int, more: str) -> Path:
    """Write the site and its articles."""
    site = write_site(folder, api_port, mqtt_port, more)
    tagged = "".join(f"{sku(n)},{gtin(n)},Article {n},tag\n" for n in range(ARTICLES))
    counted = "".join(f"{counted_sku(n)},,Bag {n},count\n" for n in range(COUNTED))
    lines = f"sku,gtin,name,tracked_by\n{WEIGHED},,Candle,weight\n{tagged}{counted}"
    (folder / "articles.csv").write_text(lines, "utf-8")
    return site


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast reads come, and how many in a message."""

    reads_per_s: float = 20_000
    per_message: int = 100


def write_history(path: Path, until_ns: int) -> None:
    """Write the days before the soak: deliveries and sales in turn, and nothing left in the end."""
    store = SqliteStore.open(path)
    gap_ns = DAY_NS // HISTORY_PER_DAY
    from_ns = until_ns - HISTORY_DAYS * DAY_NS
    for first in range(0, HISTORY_DAYS * HISTORY_PER_DAY, COUNTED):
        at_ns = from_ns + first * gap_ns
        pieces = 1 - first // COUNTED % 2
        kind = MovementKind.ARRIVED if pieces else MovementKind.SOLD
        delta = (ZoneDelta("back-room", 2 * pieces - 1),)
        skus = [counted_sku(number) for number in range(COUNTED)]
        movements = [
            Movement(kind, "till", STORE, name, at_ns + n * gap_ns, at_ns + n * gap_ns, deltas=delta)
            for n, name in enumerate(skus)
        ]
        levels = [LevelPoint(STORE, m.sku, "back-room", m.at_ns, pieces) for m in movements]
        store.commit(Commit(at_ns + COUNTED * gap_ns, movements=movements, levels=levels))
    store.close()


class Reads:
    """Messages of an Impinj reader over a shop's tags in turn, each read with a time of its own."""

    def __init__(self, tags: int, per_message: int, seed: int) -> None:
        self._epcs = [sgtin96(gtin(number % ARTICLES), 7, number) for number in range(tags)]
        self._homes = [FRONT if number % 3 else BACK_ROOM for number in range(tags)]
        self._per_message = per_message
        self._rng = Random(seed)
        self._next = 0

    def carry(self, tags: int) -> None:
        """Carry so many tags to the other room."""
        for _ in range(tags):
            one = self._rng.randrange(len(self._homes))
            self._homes[one] = FRONT + BACK_ROOM - self._homes[one]

    def message(self, now_ns: int) -> bytes:
        """Return the next reads; they end now, a nanosecond apart."""
        return f"[{','.join(self._events(now_ns - self._per_message))}]".encode()

    def _events(self, from_ns: int) -> Iterator[str]:
        for at_ns in range(from_ns, from_ns + self._per_message):
            second, ns = divmod(at_ns, NS_PER_S)
            place = self._next % len(self._epcs)
            self._next += 1
            home, own = self._homes[place], self._rng.random() >= THROUGH_THE_WALL
            port, cdbm = (home, OWN_CDBM) if own else (FRONT + BACK_ROOM - home, WALL_CDBM)
            yield (
                f'{{"timestamp":"{_clock_text(second)}.{ns:09d}Z","eventType":"tagInventory","tagInventoryEvent":'
                f'{{"epcHex":"{self._epcs[place]}","antennaPort":{port},"peakRssiCdbm":{cdbm}}}}}'
            )


_texts: dict[int, str] = {}


def _clock_text(second: int) -> str:
    text = _texts.get(second)
    if text is None:
        _texts.clear()
        text = _texts[second] = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
    return text


class Publisher:
    """The reader, in a process of its own: its work is not the gateway's. `stop` ends it in good order."""

    def __init__(self, port: int, pace: Pace, seed: int, clock: ShopClockOrigin) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._stop = spawn.Event()
        self._published, self._acknowledged = spawn.Value("q", 0), spawn.Value("q", 0)
        arguments = port, pace, seed, clock, self._stop, self._published, self._acknowledged
        self._process = spawn.Process(target=_publish, args=arguments)

    @property
    def published(self) -> int:
        """Reads handed to the broker."""
        return int(self._published.value)

    @property
    def acknowledged(self) -> int:
        """Reads that the broker took."""
        return int(self._acknowledged.value)

    def is_alive(self) -> bool:
        """Return whether it works."""
        return self._process.is_alive()

    def stop(self) -> None:
        """Stop; return once what was published is acknowledged, or will not be."""
        self._stop.set()
        self._process.join(JOIN_S)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.is_alive():
            self._process.kill()


def _publish(
    port: int, pace: Pace, seed: int, clock: ShopClockOrigin, stop: Event, published: "Synchronized[int]", acknowledged: "Synchronized[int]"
) -> None:  # fmt: skip
    """Publish each message at its time until told to stop. Each counter has one thread that writes it."""
    room = threading.Semaphore(MOST_IN_FLIGHT)

    def was_acknowledged(*_: object) -> None:
        acknowledged.value += pace.per_message
        room.release()

    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="soak-reader", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.max_inflight_messages_set(MOST_IN_FLIGHT)
    client.on_publish = was_acknowledged
    client.connect("127.0.0.1", port)
    client.loop_start()
    reads, every_s = Reads(TAGS, pace.per_message, seed), pace.per_message / pace.reads_per_s
    due_s = carried_s = time.monotonic()
    while not stop.is_set():
        now_s = time.monotonic()
        if now_s < due_s:
            time.sleep(due_s - now_s)
            continue
        due_s = max(due_s + every_s, now_s - MOST_BEHIND_S)
        if now_s - carried_s >= 1.0:
            carried_s += 1.0
            reads.carry(MOVED_PER_S)
        room.acquire()
        client.publish(READER_TOPIC, reads.message(clock.now_ns()), qos=1)
        published.value += pace.per_message
    give_up_s = time.monotonic() + SETTLE_S
    while acknowledged.value < published.value and time.monotonic() < give_up_s:
        time.sleep(0.01)
    client.disconnect()
    client.loop_stop()


class Till:
    """Deliveries and sales of a counted article, one post a second, and the weight of a shelf.

    `applied` events were acknowledged, and leave `pieces`.
    """

    def __init__(self, gateway: Gateway, shelf: PlainMqtt, clock: ShopClockOrigin) -> None:
        self.applied = self.pieces = 0
        self._gateway_url, self._key = gateway.url, gateway.key
        self._shelf = shelf
        self._clock = clock
        self._told = 0

    def fill(self, events: int) -> None:
        """Post so many events at once: what the gateway remembers of them is full from then on, and grows no more.

        Each post has one event of every article, so that each is another frame of the stream.
        """
        with self._client() as http:
            for _ in range(-(-events // COUNTED)):
                self._post(http, COUNTED)

    def work(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        with self._client() as http:
            while not stop.wait(EVENTS_EVERY_S):
                self._post(http, EVENTS_PER_POST)
                grams = TARE_G + UNIT_G * (5 + self._told // 600 % 2)
                self._shelf.publish(f"tele/{SHELF_TOPIC}/SENSOR", f'{{"HX711":{{"WeightRaw":{grams}}}}}')

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self._gateway_url, headers={"Authorization": f"Bearer {self._key}"}, timeout=JOIN_S
        )

    def _post(self, http: httpx.Client, events: int) -> None:
        at = f"{_clock_text(self._clock.now_ns() // NS_PER_S)}Z"
        batch = [self._event(self._told + number, at) for number in range(events)]
        self._told += events
        answer = http.post("/v1/events", json={"events": batch})
        answer.raise_for_status()
        for event, result in zip(batch, answer.json()["results"], strict=True):
            assert result["outcome"] == "applied", result
            self.applied += 1
            self.pieces += event["qty"] if event["type"] == "receive" else -event["qty"]

    def _event(self, number: int, at: str) -> dict[str, Any]:
        """Return the next event: a large delivery of each article, then a sale of each, a delivery of each …"""
        turn, article = divmod(number, COUNTED)
        event = {
            "event_id": f"soak-{number}",
            "type": "sale" if turn % 2 else "receive",
            "store": STORE,
            "sku": counted_sku(article),
            "qty": 1 if turn else FIRST_PIECES,
            "at": at,
        }
        return event if turn % 2 else event | {"zone": "back-room"}


class Asker:
    """A page that asks for availability, one question after the other. Spans in milliseconds."""

    def __init__(self, gateway: Gateway) -> None:
        self.failed = 0
        self.spans_ms: list[float] = []
        self._told = 0
        self._gateway_url, self._key = gateway.url, gateway.key

    def work(self, stop: threading.Event) -> None:
        """Ask until told to stop."""
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(base_url=self._gateway_url, headers=headers, timeout=JOIN_S) as http:
            while not stop.wait(ASK_EVERY_S):
                started_s = time.perf_counter()
                path = f"/v1/stores/{STORE}/availability/{sku(len(self.spans_ms) % ARTICLES)}"
                self.failed += http.get(path).status_code != 200
                self.spans_ms.append(1e3 * (time.perf_counter() - started_s))

    def newest(self) -> list[float]:
        """Return the spans since this was last asked for."""
        first, self._told = self._told, len(self.spans_ms)
        return self.spans_ms[first : self._told]


class Working:
    """Runs works in threads until the context ends; raises the first error of one of them."""

    def __init__(self, *works: Callable[[threading.Event], None]) -> None:
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]

    def stop(self) -> None:
        """Stop; return once all have."""
        self._stop.set()
        for thread in self._threads:
            thread.join(JOIN_S)

    def check(self) -> None:
        """Raise what ended a work before its time."""
        if self._errors:
            raise self._errors[0]

    def _guarded(self, work: Callable[[threading.Event], None]) -> None:
        try:
            work(self._stop)
        except Exception as error:  # noqa: BLE001 - a thread's outermost edge: told when the load ends
            self._errors.append(error)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.check()
