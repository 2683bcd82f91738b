"""A shop that tells a real InfluxDB of its stock, while that is killed, slow, and loses its answers.

Real processes: gateway, Mosquitto, influxd behind the translator of newer paths. A minute of shop time
per real second.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.influx_server import InfluxServer
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin
from tests.support.scripted_devices import (
    A_SCANNER,
    COUNTED,
    FRONT,
    TAGGED,
    WEIGHED,
    Scripted,
    epc,
    write_site,
)
from tests.support.stored import stored

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SPEED = 60.0
REQUESTS = 60
SLOW_S = 240.0
"""How long a slow InfluxDB takes for each answer: longer than this whole test waits for anything."""
TOLD_S = 120.0
Point = tuple[str, str, str, int, int]
"""Store, SKU, zone, time in ns, pieces."""

INFLUXDB = """
[influxdb]
url = "{url}"
bucket = "{bucket}"
"""


@dataclass(slots=True)
class Shop:
    """A gateway that tells an InfluxDB, its scripted devices, and what each of the two databases holds."""

    gateway: Gateway
    influx: InfluxServer
    database: str
    devices: Scripted
    scans: int = 0

    def scan(self, pieces: int) -> None:
        """Scan so many pieces of the counted article in; return once they are stock."""
        for _ in range(pieces):
            self.devices.scan()
        self.scans += pieces
        eventually(lambda: self.on_hand(COUNTED) == self.scans, f"{self.scans} pieces to be scanned in")

    def on_hand(self, sku: str) -> int:
        """Return what the API says of an article."""
        return int(self.gateway.stock([sku])[sku]["quantities"]["on_hand"])

    def api_levels(self) -> dict[tuple[str, str], int]:
        """Return pieces by (SKU, zone), without the empty ones, as the API tells them."""
        items = self.gateway.stock([*TAGGED, WEIGHED, COUNTED])
        return {
            (sku, zone): pieces
            for sku, item in items.items()
            for zone, pieces in item["zones"].items()
            if pieces
        }

    def influx_levels(self) -> dict[tuple[str, str], int]:
        """Return the same as InfluxDB tells it."""
        rows = self.influx.query(
            self.database, "SELECT last(pieces) AS pieces FROM stock GROUP BY store, sku, zone"
        )
        return {(row["sku"], row["zone"]): row["pieces"] for row in rows if row["pieces"]}

    def points(self) -> Counter[Point]:
        """Return every level that the embedded store keeps."""
        with closing(sqlite3.connect(f"file:{self.gateway.store_path}?mode=ro", uri=True)) as store:
            rows = store.execute(
                "SELECT store, sku, zone, at_ns, pieces FROM levels JOIN series ON id = levels.series"
            )
            return Counter(rows.fetchall())

    def influx_points(self) -> Counter[Point]:
        """Return every level that InfluxDB keeps."""
        rows = self.influx.query(self.database, "SELECT store, sku, zone, pieces FROM stock")
        return Counter((r["store"], r["sku"], r["zone"], r["time"], r["pieces"]) for r in rows)

    def influx_seqs(self) -> Counter[int]:
        """Return the sequences of all movements that InfluxDB keeps."""
        return Counter(r["seq"] for r in self.influx.query(self.database, "SELECT seq FROM movement"))

    def is_told(self) -> bool:
        """Return whether InfluxDB holds each level and each movement of the store once, and what the API tells."""
        return (
            self.influx_levels() == self.api_levels()
            and self.influx_points() == self.points()
            and self.influx_seqs() == Counter(entry.seq for entry in stored(self.gateway.store_path).entries)
        )

    def until_told(self) -> None:
        """Return once InfluxDB holds all, and nothing else."""
        eventually(self.is_told, "InfluxDB to hold all of it once", TOLD_S, 0.1)

    def ask(self) -> None:
        """Ask for the stock many times."""
        for _ in range(REQUESTS):
            self.gateway.stock([COUNTED])


@pytest.fixture
def shop(tmp_path: Path, influx: InfluxServer) -> Iterator[Shop]:
    """A running gateway with a durable broker and an InfluxDB."""
    database = influx.new_database()
    with Mosquitto(tmp_path) as broker:
        api_port = free_port()
        more = A_SCANNER + INFLUXDB.format(url=influx.url, bucket=database)
        clock = ShopClockOrigin.starting_in(0.0, SPEED)
        with (
            Gateway(write_site(tmp_path, api_port, broker.port, more), api_port, clock) as gateway,
            PlainMqtt(broker.port, "scripted") as mqtt,
        ):
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            yield Shop(gateway, influx, database, Scripted(mqtt, clock))


def test_influxdb_holds_what_the_shop_holds_whatever_befalls_it(shop: Shop) -> None:
    """Killed, slow, or losing its answers: nobody in the shop waits, nothing is missing, nothing is doubled."""
    tags = [epc(TAGGED[i % 2], 100 + i) for i in range(20)]

    def have_come() -> bool:
        shop.devices.see(tags, FRONT)
        shop.devices.weigh(3)
        return sum(shop.on_hand(sku) for sku in TAGGED) == len(tags) and shop.on_hand(WEIGHED) == 3

    eventually(have_come, "tags and weights to be stock", 60.0, 0.1)
    shop.scan(10)
    shop.until_told()

    translator = shop.influx.translator
    translator.slow(SLOW_S)
    shop.scan(10)
    eventually(lambda: translator.taken() > translator.count(), "a write to hang")
    begun = translator.taken()
    shop.ask()
    assert translator.taken() > translator.count(), "a write hangs all the while"
    assert translator.taken() - begun < REQUESTS / 3, "who waits for a write to end is not answered before"
    shop.influx.kill()
    shop.scan(10)
    shop.ask()  # nobody is there: who waited for it would not be answered at all
    translator.heal()
    shop.influx.start()
    shop.until_told()

    translator.lose_answers(times=2)
    shop.scan(5)
    shop.until_told()

    shop.influx.kill()
    shop.scan(5)
    shop.gateway.kill()
    shop.influx.start()
    shop.gateway.start()
    shop.until_told()
    assert shop.on_hand(COUNTED) == shop.scans
