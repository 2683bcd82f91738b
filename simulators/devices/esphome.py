"""A simulated ESPHome node with a load cell under a shelf: a number as text per update. Pure, seeded.

Source: esphome/esphome-docs components/mqtt.rst (default topics; states and status are retained).
"""

from dataclasses import dataclass, field
from random import Random

from simulators.agenda import NS_PER_S
from simulators.devices.load_cell import CellOptions, LoadCell
from simulators.emissions import Publication

ONLINE, OFFLINE = b"online", b"offline"


@dataclass(frozen=True, slots=True)
class EsphomeOptions:
    """How the node was set up: its topic prefix, its sensor, and the unit of calibrate_linear."""

    topic_prefix: str
    object_id: str = "weight"
    grams_per_unit: float = 1_000.0
    decimals: int = 3
    update_interval_s: int = 10
    cell: CellOptions = field(default_factory=CellOptions)


class EsphomeScale:
    """One node with one scale."""

    def __init__(self, device: str, options: EsphomeOptions, load_g: float, seed: int = 0) -> None:
        self._device = device
        self._options = options
        self._cell = LoadCell(options.cell, load_g, Random(f"{seed}:{device}"))
        self.touch = self._cell.touch
        self._due_ns = 0

    def births(self, now_ns: int) -> list[Publication]:
        """Return what it publishes whenever it has connected."""
        return [self._status(ONLINE, now_ns)]

    def will(self, now_ns: int = 0) -> Publication:
        """Return what the broker publishes when the connection breaks."""
        return self._status(OFFLINE, now_ns)

    def sample(self, now_ns: int) -> list[Publication]:
        """Let a second pass; return the state, once per update interval."""
        if now_ns < self._due_ns:
            return []
        options = self._options
        self._due_ns = now_ns + options.update_interval_s * NS_PER_S
        value = self._cell.weigh(now_ns) / options.grams_per_unit
        topic = f"{options.topic_prefix}/sensor/{options.object_id}/state"
        payload = f"{value:.{options.decimals}f}".encode("ascii")
        return [Publication(now_ns, self._device, topic, payload, retain=True)]

    def fail(self, now_ns: int) -> Publication:
        """Return what it publishes when the sensor gives no value."""
        topic = f"{self._options.topic_prefix}/sensor/{self._options.object_id}/state"
        return Publication(now_ns, self._device, topic, b"nan", retain=True)

    def _status(self, payload: bytes, now_ns: int) -> Publication:
        return Publication(now_ns, self._device, f"{self._options.topic_prefix}/status", payload, retain=True)
