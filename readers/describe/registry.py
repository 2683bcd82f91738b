"""kind → what tells a capture of it: the one table to extend for a further kind. Pure wiring.

A further kind is one file beside this one, and one line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from readers.describe import (
    cf,
    esphome,
    gs1,
    impinj,
    m100,
    r2000,
    tasmota,
    things_stack,
    uhfreader,
    zebra,
    zebra_sled,
)
from readers.describe.epc import EpcDescriber
from readers.describe.events import EventDescriber
from readers.describe.lines import Describer
from readers.describe.scanner import ScannerDescriber

Medium = Literal["wire", "text"]
"""`wire`: the bytes of a serial line. `text`: lines for people, of which hex is one."""


@dataclass(frozen=True, slots=True)
class StreamKind:
    """A format that stands in a stream. Of a `text` kind hex is the text itself, not a way to write it."""

    title: str
    make: Callable[[], Describer]
    medium: Medium = "wire"


@dataclass(frozen=True, slots=True)
class PayloadKind:
    """A format of MQTT payloads."""

    title: str
    describe: EventDescriber


STREAM_KINDS: Mapping[str, StreamKind] = MappingProxyType(
    {
        "cf": StreamKind("CF / UHF Prime readers (header CF)", cf.describer),
        "epc": StreamKind("EPCs, one a line as hex, or the bytes of one", EpcDescriber, "text"),
        "gs1": StreamKind("scanned GS1 texts, one a line", gs1.describer),
        "m100": StreamKind("UHF readers of the M100 / YRM100 / R200 family", m100.describer),
        "r2000": StreamKind("R2000 modules that speak A0", r2000.describer),
        "scanner": StreamKind("code scanners that send lines", ScannerDescriber),
        "uhfreader18": StreamKind("UHF readers of the UHFReader18 family", uhfreader.describer_18),
        "uhfreader288": StreamKind("UHF readers of the UHFReader288 family", uhfreader.describer_288),
    }
)

PAYLOAD_KINDS: Mapping[str, PayloadKind] = MappingProxyType(
    {
        "esphome": PayloadKind("ESPHome sensors", esphome.describe),
        "impinj": PayloadKind("Impinj R700 or R720 in IoT mode", impinj.describe),
        "tasmota": PayloadKind("Tasmota weight shelves", tasmota.describe),
        "things_stack": PayloadKind("LoRaWAN devices behind The Things Stack", things_stack.describe),
        "zebra": PayloadKind("Zebra readers with their IoT Connector", zebra.describe),
        "zebra_sled": PayloadKind("Zebra RFD40 or RFD90 sleds", zebra_sled.describe),
    }
)
