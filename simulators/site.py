"""A whole simulated site: shop, air and devices, sans-I/O and in virtual time. Pure.

    shop (truth) ──▶ signals ──▶ scanners, scales ─┐
         └────────▶ air ───────▶ RFID readers ─────┴▶ emissions, in order of time

`advance` gives what all devices send until a moment; `to_device` is the host's side of a serial
line. How time is cut into `advance` calls makes no difference to what is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from simulators.air import SLOT_NS, SLOTS_PER_EPOCH, Air
from simulators.devices.m100 import M100, M100Options
from simulators.devices.mqtt_kinds import make_mqtt_reader, make_scale
from simulators.devices.scanner import LineScanner, ScannerOptions, Symbol
from simulators.devices.serial_kinds import make_reader
from simulators.devices.serial_reader import SerialReader
from simulators.devices.tasmota import SAMPLE_NS
from simulators.emissions import Emission, Publication, SerialBytes
from simulators.layout import MQTT_READERS, MQTT_SCALES, SERIAL_READERS, ReaderFacts, SiteLayout
from simulators.params import AirParams, ShopParams
from simulators.shop import Shop
from simulators.signals import CodeScanned, GatePassed, ShelfTouched, Signal
from simulators.stock import Change

SCANNERS_BY_ROLE = {
    "till": ScannerOptions(),
    "return": ScannerOptions(with_aim_id=True),
    "receiving": ScannerOptions(symbol=Symbol.GS1_QR, with_aim_id=True, lot="L26"),
}
"""A till, a desk and a goods-in as shops have them: EAN-13 bare, with AIM id, and GS1 QR codes on cartons."""


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """All that is not the shop's behaviour: the air, and how the devices are made and set up."""

    air: AirParams = field(default_factory=AirParams)
    m100: M100Options = field(default_factory=M100Options)
    scanners: dict[str, ScannerOptions] = field(default_factory=lambda: dict(SCANNERS_BY_ROLE))
    impinj_batch: bool = True
    opening_act: bool = False


class UnknownDeviceError(KeyError):
    """No device of the site has that id."""


class SimulatedSite:
    """One shop with its devices. `shop` is the truth; everything else sees only what devices send."""

    def __init__(
        self,
        layout: SiteLayout,
        seed: int,
        params: ShopParams,
        start_ns: int,
        *,
        options: SiteOptions | None = None,
        on_change: Callable[[Change], None] | None = None,
    ) -> None:
        options = options or SiteOptions()
        self.layout = layout
        self.shop = Shop(
            layout, seed, params, start_ns, with_opening_act=options.opening_act, on_change=on_change
        )
        self.air = Air(layout, seed, options.air, start_ns)
        self.serial_readers = {
            r.id: _serial_reader(r, options, _seed(seed, r.id))
            for r in layout.readers
            if r.kind in SERIAL_READERS
        }
        self.mqtt_readers = {
            r.id: make_mqtt_reader(r, batch=options.impinj_batch)
            for r in layout.readers
            if r.kind in MQTT_READERS
        }
        self.scales = {
            shelf.id: make_scale(shelf, self.shop.shelf_load_g(shelf.sku), seed)
            for shelf in layout.shelves
            if shelf.kind in MQTT_SCALES and shelf.topic
        }
        self.scanners = {
            s.id: LineScanner(options.scanners.get(s.role, ScannerOptions()), _seed(seed, s.id))
            for s in layout.scanners
        }
        self._off: set[str] = set()
        self._silent: set[str] = set()
        self._slot = start_ns // SLOT_NS
        self._queued: list[Emission] = [
            publication for device in layout.mqtt_devices() for publication in self._births(device, start_ns)
        ]

    @property
    def now_ns(self) -> int:
        """Return the site's time."""
        return self.shop.now_ns

    def advance(self, until_ns: int) -> list[Emission]:
        """Return what all devices send up to `until_ns`, in order of time."""
        emissions, self._queued = self._queued, []
        while (slot_end_ns := (self._slot + 1) * SLOT_NS) <= until_ns:
            emissions += self._finish_slot(slot_end_ns)
        emissions += self._notice(until_ns)
        return emissions

    def to_device(self, device: str, data: bytes, now_ns: int) -> bytes:
        """Return what a serial device answers to bytes from its host."""
        if self._is_mute(device):
            return b""
        if device in self.serial_readers:
            return self.serial_readers[device].feed(data, now_ns)
        return self.scanners[device].feed(data, now_ns)

    def unplug(self, device: str, now_ns: int) -> list[Emission]:
        """Cut a device's power; return its last will, where it left one with the broker."""
        self._known(device)
        self._off.add(device)
        will = self.scales[device].will(now_ns) if device in self.scales else None
        return [] if will is None else [will]

    def replug(self, device: str, now_ns: int) -> list[Emission]:
        """Give a device its power back; return what it publishes on connecting. It remembers nothing."""
        self._known(device)
        self._off.discard(device)
        if device in self.serial_readers:
            self.serial_readers[device].power_on(now_ns)
        return list(self._births(device, now_ns))

    def silence(self, device: str) -> None:
        """Let a device say nothing, though it has power and its line is up."""
        self._known(device)
        self._silent.add(device)

    def resume(self, device: str) -> None:
        """Let a silenced device speak again."""
        self._known(device)
        self._silent.discard(device)

    def births(self, device: str, now_ns: int) -> list[Publication]:
        """Return what an MQTT device publishes each time it has connected."""
        return [] if self._is_mute(device) else self._births(device, now_ns)

    def will(self, device: str) -> Publication | None:
        """Return the last will that an MQTT device leaves with the broker."""
        return self.scales[device].will() if device in self.scales else None

    def _births(self, device: str, now_ns: int) -> list[Publication]:
        if device in self.scales:
            return self.scales[device].births(now_ns)
        return self.mqtt_readers[device].power_on(now_ns) if device in self.mqtt_readers else []

    def _finish_slot(self, end_ns: int) -> list[Emission]:
        if self._slot % SLOTS_PER_EPOCH == 0:
            self.air.plan_epoch(self._slot * SLOT_NS, self.shop.stock.on_air.values())
        emissions = self._notice(end_ns)
        reads = self.air.take_slot(self._slot)
        self._slot += 1
        for device, reader in self.serial_readers.items():
            data = reader.emit(reads.get(device, ()), end_ns)
            if data and not self._is_mute(device):
                emissions.append(SerialBytes(end_ns, device, data))
        for device, mqtt_reader in self.mqtt_readers.items():
            if not self._is_mute(device):
                emissions += mqtt_reader.emit(reads.get(device, ()), end_ns)
        if end_ns % SAMPLE_NS == 0:
            for device, scale in self.scales.items():
                published = scale.sample(end_ns)
                emissions += [] if self._is_mute(device) else published
        return emissions

    def _notice(self, until_ns: int) -> list[Emission]:
        """Let the shop go on until a moment, and the devices notice what happened."""
        self.shop.advance(until_ns)
        emissions: list[Emission] = []
        for signal in self.shop.take_signals():
            emissions += self._sensed(signal)
        return emissions

    def _sensed(self, signal: Signal) -> list[Emission]:
        match signal:
            case GatePassed():
                self.air.pass_gate(signal)
            case ShelfTouched():
                for shelf in self.layout.shelves:
                    if shelf.sku == signal.sku and shelf.id in self.scales:
                        self.scales[shelf.id].touch(signal.load_g, signal.settles_ns, signal.press_g)
            case CodeScanned():
                scanner = next((s.id for s in self.layout.scanners if s.role == signal.role), None)
                if scanner is not None and not self._is_mute(scanner):
                    return [SerialBytes(signal.at_ns, scanner, self.scanners[scanner].scan(signal.gtin))]
        return []

    def _is_mute(self, device: str) -> bool:
        return device in self._off or device in self._silent

    def _known(self, device: str) -> None:
        if device not in (*self.layout.serial_devices(), *self.layout.mqtt_devices()):
            raise UnknownDeviceError(device)


def _serial_reader(reader: ReaderFacts, options: SiteOptions, seed: int) -> SerialReader:
    if reader.kind == "m100":
        return M100(options.m100, seed)
    ports = max(antenna.port for antenna in reader.antennas)
    return make_reader(reader.kind, options.m100.faults, seed, ports)


def _seed(seed: int, device: str) -> int:
    """Return a seed of its own for each device."""
    return Random(f"{seed}:{device}").getrandbits(32)
