"""kind → what tells a capture of it: the one table to extend for a further kind. Pure wiring.

A further kind is one file beside this one, and one line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from readers.describe import gs1, m100
from readers.describe.epc import EpcDescriber
from readers.describe.lines import Describer
from readers.describe.payload import DescribePayload
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
    describe: DescribePayload


STREAM_KINDS: Mapping[str, StreamKind] = MappingProxyType(
    {
        "epc": StreamKind("EPCs, one a line as hex, or the bytes of one", EpcDescriber, "text"),
        "gs1": StreamKind("scanned GS1 texts, one a line", gs1.describer),
        "m100": StreamKind("UHF readers of the M100 / YRM100 / R200 family", m100.describer),
        "scanner": StreamKind("code scanners that send lines", ScannerDescriber),
    }
)

PAYLOAD_KINDS: Mapping[str, PayloadKind] = MappingProxyType({})
