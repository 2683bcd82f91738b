"""A gateway for devices of many makes: mappings, wills, strays and posts, through Mosquitto and HTTP, for real."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

pytestmark = pytest.mark.broker

SITE = """
[gateway]
data_dir = "data"
[api]
port = {api}
[mqtt]
port = {mqtt}
watch_topics = ["stray/#"]
[catalogue]
csv = "articles.csv"
[stock]
limited_below = 1
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back", role = "back_room" }}]
[[readers]]
id = "r700"
kind = "impinj"
store = "lyon-1"
webhook = true
antennas = [{{ port = 1, zone = "front" }}]
[[scanners]]
id = "phone"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "back"
role = "receiving"
topic = "phone-1"
[[shelves]]
id = "shelf"
kind = "mapping"
mapping = "shelly"
store = "lyon-1"
zone = "front"
sku = "CANDLE"
topic = "shellyplus-1"
value = 'params."weight:0".kg'
unit = "kg"
unit_weight_g = 420
settle_s = 1
[[mappings]]
name = "codes"
[[mappings.scans]]
topic = "scan/{{device}}"
text = "code"
time = "at"
"""


@dataclass(slots=True)
class Shop:
    """The processes, and a device's connection."""

    gateway: Gateway
    mqtt: PlainMqtt

    def device(self, device_id: str) -> Any:
        """Return a device's health."""
        return self.gateway.device(device_id)

    def post(self, device: str, body: bytes, kind: str = "application/json") -> Any:
        """Return the counts of a posted body."""
        answer = self.gateway.http.post(f"/v1/ingest/{device}", content=body, headers={"content-type": kind})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def on_hand(self, sku: str) -> int:
        """Return the pieces in hand."""
        return int(self.gateway.stock([sku])[sku]["quantities"]["on_hand"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A gateway of three devices, none of them on a serial port."""
    folder: Path = tmp_path_factory.mktemp("any-device")
    with Mosquitto(folder) as broker:
        api = free_port()
        site = folder / "site.toml"
        site.write_text(SITE.format(api=api, mqtt=broker.port), "utf-8")
        (folder / "articles.csv").write_text(
            "sku,gtin,tracked_by\nCANDLE,,weight\nTEE,4006381333931,count\n", "utf-8"
        )
        with Gateway(site, api) as gateway, PlainMqtt(broker.port, "devices") as mqtt:
            gateway.start()
            gateway.make_key(*EVERY_SCOPE)
            eventually(lambda: gateway.metric("storefloor_mqtt_up") == 1, "the broker to be reached")
            yield Shop(gateway, mqtt)


def now_text(ago_s: float = 0.0) -> str:
    """Return the time, as devices write it."""
    return f"{datetime.fromtimestamp(time.time() - ago_s, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def events(count: int, epc: str) -> list[dict[str, object]]:
    """Return reads of one tag at different times."""
    return [
        {"eventType": "tagInventory", "timestamp": now_text(n / 100), "tagInventoryEvent": {"epcHex": epc}}
        for n in range(count)
    ]


def test_a_shipped_mapping_weighs_a_shelf(shop: Shop) -> None:
    """Notifications of a Shelly become pieces; its retained last will takes it offline, its next word back."""

    def weighed() -> bool:
        body = {"method": "NotifyStatus", "params": {"ts": time.time(), "weight:0": {"kg": 1.26}}}
        shop.mqtt.publish("shellyplus-1/events/rpc", json.dumps(body))
        return shop.on_hand("CANDLE") == 3

    eventually(weighed, "three candles", poll_s=0.3)
    shop.mqtt.publish("shellyplus-1/online", "false", retain=True)
    eventually(lambda: shop.device("shelf")["state"] == "offline", "the shelf to be offline")
    shop.mqtt.publish("shellyplus-1/online", "true", retain=True)
    eventually(lambda: shop.device("shelf")["state"] == "online", "the shelf to be back")


def test_a_code_told_twice_is_one_piece(shop: Shop) -> None:
    """Scans of a mapping with times of their own: a redelivery receives nothing."""
    before = shop.on_hand("TEE")
    repeats = shop.device("phone")["dropped"].get("duplicate", 0)
    first, second = ({"code": "4006381333931", "at": now_text(ago)} for ago in (5, 1))
    for scan in (first, first, second, first):
        shop.mqtt.publish("scan/phone-1", json.dumps(scan))
    eventually(
        lambda: shop.device("phone")["dropped"].get("duplicate", 0) == repeats + 2, "the repeats to be told"
    )
    eventually(lambda: shop.on_hand("TEE") == before + 2, "two pieces, and no more")
    assert shop.on_hand("TEE") == before + 2


def test_poison_and_strays_are_shown_with_a_sample(shop: Shop) -> None:
    """A payload that cannot be read, and a topic that no device has: both can be looked at."""
    shop.mqtt.publish("scan/phone-1", "{no json")
    shop.mqtt.publish("stray/scale-7/weight", "12.5")

    def letters() -> list[Any]:
        found: list[Any] = shop.gateway.get("/v1/dead-letters", device="phone")["items"]
        return found

    (letter,) = eventually(letters, "the dead letter")
    assert (letter["reason"], letter["sample"]["text"]) == ("json", "{no json")

    def strays() -> list[Any]:
        found: list[Any] = shop.gateway.get("/v1/unmatched-topics")["items"]
        return found

    (stray,) = eventually(strays, "the stray topic")
    assert (stray["topic"], stray["sample"]["text"], stray["retained"]) == (
        "stray/scale-7/weight",
        "12.5",
        False,
    )


def test_a_webhook_device_is_heard_by_http_alone(shop: Shop) -> None:
    """Arrays and lines are taken once each; the reader is alive by what it posts."""
    epc = "3034257BF400B7800004CB2F"
    array = events(10, epc)
    assert shop.post("r700", json.dumps(array).encode())["taken"] == 10
    lines = b"\n".join(json.dumps(event).encode() for event in [*array, *events(1, epc), {"no": "event"}])
    again = shop.post("r700", lines, "application/x-ndjson")
    assert (again["received"], again["taken"], again["dropped"]) == (12, 1, {"duplicate": 10, "event": 1})
    device = shop.device("r700")
    assert (device["state"], device["observations"], device["received"]) == ("online", 11, 22)
    assert shop.gateway.http.post("/v1/ingest/no-such", json={}).json()["code"] == "unknown_device"


def test_what_was_answered_survives_a_kill(shop: Shop) -> None:
    """A posted scan that was answered is in stock after a power cut, and is known when it is posted again."""
    before = shop.on_hand("TEE")
    scan = json.dumps({"code": "4006381333931", "at": now_text()}).encode()
    assert shop.post("phone", scan)["observations"] == 1
    shop.gateway.kill()
    shop.gateway.start()
    assert shop.on_hand("TEE") == before + 1
    shop.post("phone", scan)
    assert shop.device("phone")["dropped"] == {"duplicate": 1}
    assert shop.on_hand("TEE") == before + 1
