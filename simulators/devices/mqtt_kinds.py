"""kind -> simulated device behind the broker: the one table to extend for a further one. Pure."""

from collections.abc import Sequence
from typing import Protocol

from simulators.air import TagSeen
from simulators.devices.esphome import EsphomeOptions, EsphomeScale
from simulators.devices.impinj import ImpinjOptions, ImpinjR700
from simulators.devices.load_cell import CellOptions
from simulators.devices.tasmota import TasmotaOptions, TasmotaScale
from simulators.devices.things_stack import LoraOptions, LoraScale
from simulators.devices.zebra import ZebraFx, ZebraOptions
from simulators.emissions import Publication
from simulators.layout import ReaderFacts, ShelfFacts

GRAMS = {"mg": 0.001, "g": 1.0, "kg": 1_000.0, "oz": 28.349523125, "lb": 453.59237}
LORA_PERIOD_S = 15
"""A real battery allows a minute or more; a simulated shop is watched by people who wait."""


class MqttReader(Protocol):
    """An RFID reader behind the broker."""

    def power_on(self, now_ns: int) -> list[Publication]:
        """Return what it publishes when it has started."""
        ...

    def emit(self, seen: Sequence[TagSeen], now_ns: int) -> list[Publication]:
        """Return the messages for the tags that answered until now."""
        ...


class MqttScale(Protocol):
    """A weight shelf behind the broker."""

    def touch(self, load_g: float, settles_ns: int, press_g: float) -> None:
        """Somebody puts hands on the shelf until a time; then it bears `load_g` of goods."""
        ...

    def births(self, now_ns: int) -> list[Publication]:
        """Return what it publishes whenever it has connected."""
        ...

    def will(self, now_ns: int = 0) -> Publication | None:
        """Return what the broker publishes when the connection breaks."""
        ...

    def sample(self, now_ns: int) -> list[Publication]:
        """Let a second pass; return what it publishes then."""
        ...


def make_mqtt_reader(reader: ReaderFacts, *, batch: bool = True) -> MqttReader:
    """Return a reader of its kind; `batch`: several events in a message, where that is an option."""
    if reader.kind == "zebra":
        return ZebraFx(reader.id, ZebraOptions(reader.topic, reader.status_topic))
    if reader.kind == "impinj":
        return ImpinjR700(reader.id, ImpinjOptions(topic=reader.topic, batch=batch))
    raise KeyError(reader.kind)


def make_scale(shelf: ShelfFacts, load_g: float, seed: int) -> MqttScale:
    """Return a scale of the shelf's kind."""
    cell = CellOptions(tare_g=shelf.tare_g)
    match shelf.kind:
        case "tasmota":
            return TasmotaScale(
                shelf.id, TasmotaOptions(topic=shelf.topic, tare_g=shelf.tare_g), load_g, seed
            )
        case "esphome":
            esphome = EsphomeOptions(shelf.topic, shelf.value or "weight", GRAMS[shelf.unit], cell=cell)
            return EsphomeScale(shelf.id, esphome, load_g, seed)
        case "things_stack":
            levels = shelf.topic.split("/")
            application = levels[1] if len(levels) > 1 else "shop@ttn"
            lora = LoraOptions(levels[-1], application, LORA_PERIOD_S, cell=cell)
            return LoraScale(shelf.id, lora, load_g, seed)
    raise KeyError(shelf.kind)
