"""What a device needs to be told, as plain frozen values (the gateway's config fills them). Pure."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class RfidSettings:
    """A serial RFID reader. `region` and `power_dbm` None leave the module's own setting alone.

    For the kinds that know both: `mode` "answer" is asked round after round, "real_time" reports by
    itself. `ports`: how many the reader has, where its reports cannot be read without; None: by its
    antennas.
    """

    device: str
    region: str | None = None
    power_dbm: float | None = None
    antennas: tuple[int, ...] = (1,)
    mode: Literal["answer", "real_time"] = "answer"
    ports: int | None = None


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """A line scanner on a serial port."""

    device: str
    terminators: tuple[bytes, ...] = (b"\r\n", b"\r", b"\n", b"\x03")
    prefix: bytes = b""
    idle_flush_s: float | None = 0.3
    max_code_bytes: int = 4096
    gs_replacement: bytes = b""


TimeFormat = Literal["rfc3339", "unix_s", "unix_ms", "unix_us", "unix_ns"]


@dataclass(frozen=True, slots=True)
class ReadsRule:
    """Where a mapping finds tag reads. Fields are sources: an expression into the JSON (JMESPath), or
    `{name}`, a capture of the topic. `items` None: the message is one read.
    """

    topic: str
    epc: str
    items: str | None = None
    antenna: str | None = None
    rssi: str | None = None
    rssi_per_dbm: float = 1.0
    count: str | None = None
    time: str | None = None
    time_format: TimeFormat = "rfc3339"


@dataclass(frozen=True, slots=True)
class ReadingsRule:
    """Where a mapping finds weights. `value` or `grams_per_unit` None: the device's own settings say."""

    topic: str
    items: str | None = None
    value: str | None = None
    grams_per_unit: float | None = None
    time: str | None = None
    time_format: TimeFormat = "rfc3339"


@dataclass(frozen=True, slots=True)
class ScansRule:
    """Where a mapping finds scanned codes. `text` None: the payload as it stands."""

    topic: str
    items: str | None = None
    text: str | None = None
    time: str | None = None
    time_format: TimeFormat = "rfc3339"


@dataclass(frozen=True, slots=True)
class AvailabilityRule:
    """Where a mapping hears that a device came or went. `value` None: the payload as it stands."""

    topic: str
    value: str | None = None
    online: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceMapping:
    """What the messages of a kind of device mean. In topics `{device}` stands for the device's `topic`."""

    name: str
    reads: tuple[ReadsRule, ...] = ()
    readings: tuple[ReadingsRule, ...] = ()
    scans: tuple[ScansRule, ...] = ()
    availability: tuple[AvailabilityRule, ...] = ()


@dataclass(frozen=True, slots=True)
class MqttDeviceSettings:
    """A device behind the broker. `topic` is the event topic, or the device's name in its scheme.

    The others are for the kinds that take them: `status_topics` of a device that tells its life apart
    from its data; `value` and `frame` say where the weight is in a message.
    """

    device: str
    topic: str
    status_topics: tuple[str, ...] = ()
    value: str | None = None
    frame: str | None = None
    grams_per_unit: float = 1.0
    mapping: DeviceMapping | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker, and who we are to it. `session_expiry_s` is for MQTT 5; 3.1.1 has no such word, but for
    0: nothing is kept.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    protocol: Literal["5", "3.1.1"] = "5"
    client_id: str = "storefloor"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 86_400
