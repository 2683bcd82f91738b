"""What a simulated device sends, with the moment at which it does. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SerialBytes:
    """Bytes on a device's serial line."""

    at_ns: int
    device: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """An MQTT message of a device."""

    at_ns: int
    device: str
    topic: str
    payload: bytes
    retain: bool = False


Emission = SerialBytes | Publication
