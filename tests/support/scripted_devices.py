"""Devices that say what a test tells them to, over MQTT, and know what the broker has acknowledged.

site file ─▶ gateway        one reader (front, back-room, exit), one weight shelf, no scanner
Scripted ─ QoS 1 ─▶ broker ─▶ gateway
"""

from collections.abc import Sequence
from pathlib import Path

from simulators.air import TagSeen
from simulators.devices.impinj import ImpinjOptions, ImpinjR700
from simulators.epc import sgtin96
from tests.support.plain_mqtt import PlainMqtt
from tests.support.processes import ShopClockOrigin

READER, SHELF = "r700-1", "shelf-1"
READER_TOPIC, SHELF_TOPIC = "impinj/r700-1/events", "tasmota_1"
FRONT, BACK_ROOM, EXIT = 1, 2, 3
"""Antenna ports."""
TAGGED, WEIGHED, COUNTED = ("DEN-501-32", "TEE-WHT-M"), "CANDLE-FIG", "TOTE-CANVAS"
GTINS = {"DEN-501-32": "03012345000024", "TEE-WHT-M": "03012345000062"}
COUNTED_GTIN = "03012345000123"
UNIT_G, TARE_G = 400, 1_000
RSSI_DBM = -55.0

SITE = """
[gateway]
data_dir = "data"
[api]
port = {api_port}
requests_per_s = 1_000_000
requests_burst = 10_000_000
[mqtt]
port = {mqtt_port}
[catalogue]
csv = "articles.csv"
[presence]
settle_s = 10
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [
  {{ id = "front", role = "floor" }},
  {{ id = "back-room", role = "back_room" }},
  {{ id = "till", role = "till" }},
  {{ id = "exit", role = "exit" }},
]
[[readers]]
id = "r700-1"
kind = "impinj"
store = "lyon-1"
topic = "impinj/r700-1/events"
antennas = [
  {{ port = 1, zone = "front" }},
  {{ port = 2, zone = "back-room" }},
  {{ port = 3, zone = "exit" }},
]
[[shelves]]
id = "shelf-1"
store = "lyon-1"
zone = "front"
sku = "CANDLE-FIG"
topic = "tasmota_1"
unit_weight_g = 400
tare_g = 1000
{more}
"""

SCANNER, SCANNER_TOPIC = "phone-1", "scan/phone-1"
A_SCANNER = """
[[scanners]]
id = "phone-1"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "back-room"
role = "receiving"
topic = "phone-1"
repeat_window_s = 0
[[mappings]]
name = "codes"
[[mappings.scans]]
topic = "scan/{device}"
text = "code"
time = "at"
time_format = "unix_ns"
"""
"""A code scanner at the goods entrance, for `write_site(more=A_SCANNER)`: each scan is a piece."""


def write_site(folder: Path, api_port: int, mqtt_port: int, more: str = "") -> Path:
    """Write the site and its articles; `more` is TOML that goes behind it."""
    site = folder / "site.toml"
    site.write_text(SITE.format(api_port=api_port, mqtt_port=mqtt_port, more=more), "utf-8")
    articles = Path(__file__).parents[2] / "config" / "demo-articles.csv"
    (folder / "articles.csv").write_text(articles.read_text("utf-8"), "utf-8")
    return site


def epc(sku: str, serial: int) -> str:
    """Return the EPC of one piece of a tagged article."""
    return sgtin96(GTINS[sku], 7, serial)


class Scripted:
    """One reader and one shelf on one connection. `reads` counts tag events handed to the broker."""

    def __init__(self, mqtt: PlainMqtt, clock: ShopClockOrigin) -> None:
        self.mqtt = mqtt
        self.clock = clock
        self.reads = self.weighings = 0
        self.scanned_ns: list[int] = []
        """The device's time of each scan: as good as its name."""
        self._reader = ImpinjR700(READER, ImpinjOptions(READER_TOPIC))

    def see(self, epcs: Sequence[str], port: int) -> None:
        """Let every tag answer an antenna now."""
        now_ns = self.clock.now_ns()
        seen = [TagSeen(now_ns + place, port, one, RSSI_DBM) for place, one in enumerate(epcs)]
        for publication in self._reader.emit(seen, now_ns):
            self.mqtt.publish(publication.topic, publication.payload)
        self.reads += len(epcs)

    def weigh(self, pieces: int) -> None:
        """Let the shelf report that so many pieces lie on it."""
        grams = TARE_G + UNIT_G * pieces
        self.mqtt.publish(f"tele/{SHELF_TOPIC}/SENSOR", f'{{"HX711":{{"WeightRaw":{grams}}}}}')
        self.weighings += 1

    def scan(self) -> None:
        """Let the scanner receive one piece of the counted article. Two scans never have the same time."""
        at_ns = max(self.clock.now_ns(), self.scanned_ns[-1] + 1_000 if self.scanned_ns else 0)
        self.scanned_ns.append(at_ns)
        self._tell_scan(at_ns)

    def scan_again(self, since_ns: int) -> None:
        """Let the scanner tell the scans of a time again: they are the same scans."""
        for at_ns in [at_ns for at_ns in self.scanned_ns if at_ns >= since_ns]:
            self._tell_scan(at_ns)

    def _tell_scan(self, at_ns: int) -> None:
        self.mqtt.publish(SCANNER_TOPIC, f'{{"code": "{COUNTED_GTIN}", "at": {at_ns}}}')
