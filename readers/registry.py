"""kind -> codec: the one table to extend for a further reader, scanner or sensor. Pure wiring.

A new kind is one codec file and one line here; its `title` is what people read, its default baud
what its makers ship.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from readers.codecs.cf_session import CfSession
from readers.codecs.esphome import EsphomeCodec
from readers.codecs.impinj import ImpinjCodec
from readers.codecs.m100_session import M100Session
from readers.codecs.mapping import MappingCodec
from readers.codecs.r2000_session import R2000Session
from readers.codecs.scanner import ScannerSession
from readers.codecs.tasmota import TasmotaCodec
from readers.codecs.things_stack import ThingsStackCodec
from readers.codecs.uhfreader18_session import UhfReader18Session
from readers.codecs.uhfreader288_session import UhfReader288Session
from readers.codecs.zebra import ZebraCodec
from readers.codecs.zebra_sled import ZebraSledCodec
from readers.errors import DeviceRefused
from readers.protocol import MqttCodec, SerialProtocol
from readers.settings import MqttDeviceSettings, RfidSettings, ScannerSettings

SerialSettings = RfidSettings | ScannerSettings


@dataclass(frozen=True, slots=True)
class SerialKind:
    """A device on a serial port. `make` raises DeviceRefused for settings that it cannot have."""

    title: str
    default_baud: int
    make: Callable[[SerialSettings], SerialProtocol]


@dataclass(frozen=True, slots=True)
class MqttKind:
    """A device behind the broker. `make` raises DeviceRefused for settings that it cannot have.

    `takes`: the keys of a site file that it reads beside its topic; others are refused. A `handheld`
    comes and goes: its reads count, its silence says nothing.
    """

    title: str
    make: Callable[[MqttDeviceSettings], MqttCodec]
    takes: frozenset[str] = frozenset()
    handheld: bool = False


def serial_kind(kind: str) -> SerialKind:
    """Return the kind of that name. Raises DeviceRefused, naming the nearest and all that there are."""
    return SERIAL_KINDS[_known(kind, SERIAL_KINDS)]


def mqtt_kind(kind: str) -> MqttKind:
    """Return the kind of that name. Raises DeviceRefused, naming the nearest and all that there are."""
    return MQTT_KINDS[_known(kind, MQTT_KINDS)]


def _known(kind: str, kinds: Iterable[str]) -> str:
    names = sorted(kinds)
    if kind in names:
        return kind
    nearest = get_close_matches(kind, names, n=1)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise DeviceRefused(f"unknown kind {kind!r}: {hint}known here are {', '.join(names)}")


def _rfid(
    kind: str, session: Callable[[RfidSettings], SerialProtocol], takes: Iterable[str] = ()
) -> Callable[[SerialSettings], SerialProtocol]:
    """Return how a reader is made; `takes` names the settings that not every kind has."""

    def make(settings: SerialSettings) -> SerialProtocol:
        if not isinstance(settings, RfidSettings):
            raise DeviceRefused(f"{settings.device}: kind {kind} is an RFID reader, not a scanner")
        given = {"mode": settings.mode != "answer", "ports": settings.ports is not None}
        for key, is_given in given.items():
            if is_given and key not in takes:
                raise DeviceRefused(f"{settings.device}: kind {kind} has no {key}: leave it out")
        return session(settings)

    return make


def _scanner(settings: SerialSettings) -> SerialProtocol:
    if not isinstance(settings, ScannerSettings):
        raise DeviceRefused(f"{settings.device}: kind scanner is a code scanner, not an RFID reader")
    return ScannerSession(settings)


SERIAL_KINDS: Mapping[str, SerialKind] = MappingProxyType(
    {
        "cf": SerialKind("UHF reader of the CF / UHF Prime family", 115_200, _rfid("cf", CfSession)),
        "m100": SerialKind(
            "UHF reader of the M100 / YRM100 / R200 family", 115_200, _rfid("m100", M100Session)
        ),
        "r2000": SerialKind(
            "UHF reader with an R2000 module that speaks A0", 115_200, _rfid("r2000", R2000Session)
        ),
        "scanner": SerialKind("code scanner that sends lines", 9_600, _scanner),
        "uhfreader18": SerialKind(
            "UHF reader of the UHFReader18 family",
            57_600,
            _rfid("uhfreader18", UhfReader18Session, ("mode",)),
        ),
        "uhfreader288": SerialKind(
            "UHF reader of the UHFReader288 family",
            57_600,
            _rfid("uhfreader288", UhfReader288Session, ("mode", "ports")),
        ),
    }
)

_LIFE = frozenset({"status_topics"})
_UNIT = frozenset({"unit", "scale"})

MQTT_KINDS: Mapping[str, MqttKind] = MappingProxyType(
    {
        "esphome": MqttKind("ESPHome weight shelf", EsphomeCodec, _UNIT | {"value"}),
        "impinj": MqttKind("Impinj R700 or R720 in IoT mode", ImpinjCodec),
        "mapping": MqttKind(
            "any device that sends JSON, by a mapping", MappingCodec, _UNIT | {"mapping", "value"}
        ),
        "tasmota": MqttKind("Tasmota weight shelf with an HX711 load cell", TasmotaCodec),
        "things_stack": MqttKind(
            "LoRaWAN weight shelf behind The Things Stack", ThingsStackCodec, _UNIT | {"value", "frame"}
        ),
        "zebra": MqttKind("Zebra FX or ATR reader with its IoT Connector", ZebraCodec, _LIFE),
        "zebra_sled": MqttKind(
            "Zebra RFD40 or RFD90 sled: reader and code scanner", ZebraSledCodec, _LIFE, handheld=True
        ),
    }
)
