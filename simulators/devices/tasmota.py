"""A simulated Tasmota scale (HX711) under a shelf: SENSOR messages and its will. Pure, seeded.

The driver averages its ten samples each second, publishes periodically (TelePeriod) and, with
`Sensor34 8 1`, whenever a second's average differs by more than 4 g from the last one published.
Source: arendst/Tasmota xsns_34_hx711.ino; tasmota/docs MQTT.md.
"""

from dataclasses import dataclass
from random import Random

from simulators.agenda import NS_PER_S
from simulators.devices.load_cell import CellOptions, LoadCell
from simulators.emissions import Publication
from simulators.times import zoneless

SAMPLE_NS = NS_PER_S
RAW_PER_G = 420
RAW_OFFSET = 120_000
ONLINE, OFFLINE = b"Online", b"Offline"


@dataclass(frozen=True, slots=True)
class TasmotaOptions:
    """How the scale was set up. `item_weight_g` set: it also reports a Count, from two pieces on."""

    topic: str
    tare_g: float = 0.0
    tele_period_s: int = 10
    change_g: float = 4.0
    noise_g: float = 5.0
    swing_g: float = 150.0
    utc_offset_s: int = 3_600
    item_weight_g: float | None = None


class TasmotaScale:
    """One scale."""

    def __init__(self, device: str, options: TasmotaOptions, load_g: float, seed: int = 0) -> None:
        self._device = device
        self._options = options
        cell = CellOptions(options.tare_g, options.noise_g, options.swing_g)
        self._cell = LoadCell(cell, load_g, Random(f"{seed}:{device}"))
        self.touch = self._cell.touch
        self._reported_g: float | None = None
        self._reported_ns = 0

    def births(self, now_ns: int) -> list[Publication]:
        """Return what it publishes whenever it has connected."""
        return [self._lwt(ONLINE, now_ns)]

    def will(self, now_ns: int = 0) -> Publication:
        """Return what the broker publishes when the connection breaks."""
        return self._lwt(OFFLINE, now_ns)

    def sample(self, now_ns: int) -> list[Publication]:
        """Take one second's average (call it each SAMPLE_NS); return what that makes it publish."""
        weight_g = self._cell.weigh(now_ns)
        is_due = now_ns - self._reported_ns >= self._options.tele_period_s * NS_PER_S
        is_change = self._reported_g is None or abs(weight_g - self._reported_g) > self._options.change_g
        if not (is_due or is_change):
            return []
        self._reported_g, self._reported_ns = weight_g, now_ns
        topic = f"tele/{self._options.topic}/SENSOR"
        return [Publication(now_ns, self._device, topic, self._json(weight_g, now_ns))]

    def _json(self, weight_g: float, now_ns: int) -> bytes:
        """Negative weight is reported as 0, as the driver does; kilograms with three digits (WeightRes 3)."""
        shown_g = max(round(weight_g), 0)
        item_g = self._options.item_weight_g
        pieces = round(shown_g / item_g) if item_g else 0
        count = f'"Count":{pieces},' if pieces >= 2 else ""
        raw = RAW_OFFSET + round(weight_g * RAW_PER_G)
        time = zoneless(now_ns, self._options.utc_offset_s)
        return (
            f'{{"Time":"{time}","HX711":{{"Weight":{shown_g / 1_000:.3f},{count}'
            f'"WeightRaw":{shown_g},"AbsRaw":{raw}}}}}'
        ).encode("ascii")

    def _lwt(self, payload: bytes, now_ns: int) -> Publication:
        return Publication(now_ns, self._device, f"tele/{self._options.topic}/LWT", payload, retain=True)
