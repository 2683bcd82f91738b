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


@dataclass(frozen=True, slots=True)
class MqttDeviceSettings:
    """A device behind the broker. `topic` is the event topic, or the device's name in its scheme."""

    device: str
    topic: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker, and who we are to it. `session_expiry_s` is for MQTT 5; 3.1.1 has no such word."""

    host: str = "127.0.0.1"
    port: int = 1883
    protocol: Literal["5", "3.1.1"] = "5"
    client_id: str = "storefloor"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 86_400
