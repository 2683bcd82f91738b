"""`storefloor doctor --broker` against a real Mosquitto."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.played_device import STOREFLOOR
from tests.support.vectors import vectors

pytestmark = pytest.mark.broker

SITE = """
[mqtt]
port = {port}
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
[[readers]]
id = "r700-1"
kind = "impinj"
store = "lyon-1"
topic = "impinj/r700-1"
antennas = [{{ port = 1, zone = "front" }}]
[[shelves]]
id = "shelf-1"
kind = "tasmota"
store = "lyon-1"
zone = "front"
sku = "CANDLE"
topic = "tasmota_1"
unit_weight_g = 400
"""


def payload(file: str, name: str) -> str:
    return json.dumps(json.loads(next(v for v in vectors(file) if v["id"] == name)["data"])["payload"])


class Shop:
    """Publishes, again and again, until the block ends."""

    def __init__(self, port: int) -> None:
        self._client = PlainMqtt(port, "shop", "nothing")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._publish)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    def _publish(self) -> None:
        while not self._stop.wait(0.1):
            self._client.publish("impinj/r700-1", payload("impinj", "impinj-full"))
            self._client.publish("zebra/fx-2/tags", payload("zebra", "zebra-simple-1"))
            self._client.publish("kitchen/radio", "on air")


def doctor(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*STOREFLOOR, "doctor", *arguments], check=False, capture_output=True, timeout=200)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_topics_are_told_by_whose_they_are(tmp_path: Path) -> None:
    """Devices of the site that are heard, that are silent, devices nobody named, and topics of no device."""
    site = tmp_path / "site.toml"
    with Mosquitto(tmp_path) as broker, Shop(broker.port):
        site.write_text(SITE.format(port=broker.port))
        code, said, _ = doctor("--broker", "--config", str(site), "--seconds", "2", "--json")
        _, text, _ = doctor("--broker", f"127.0.0.1:{broker.port}", "--seconds", "2")
    told: dict[str, Any] = json.loads(said)
    assert code == 1
    assert [(finding["code"], finding["text"].split(":")[0]) for finding in told["findings"]] == [
        ("device_heard", "r700-1"),
        ("device_silent", "shelf-1"),
        ("unmatched", "zebra/fx-2/tags"),
        ("unknown", "kitchen/radio"),
    ]
    assert 'topic = "zebra/fx-2/tags"' in told["config"]
    assert 'kind = "impinj"' in text
    assert "'on air'" in text


@pytest.mark.parametrize("address", ["nowhere:abc", ":1883", "host:0", "host:99999"])
def test_a_wrong_address_is_exit_2(address: str) -> None:
    """An address that is none is named with how to write one."""
    code, _, said = doctor("--broker", address)
    assert code == 2
    assert "HOST:PORT" in said


def test_a_broker_must_be_named() -> None:
    """--broker alone means the site's: without a site it cannot be."""
    code, _, said = doctor("--broker")
    assert code == 2
    assert "--config" in said
