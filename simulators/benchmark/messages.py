"""What the benchmark's shop tells the gateway, each message with the moment at which it comes in. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """A publication of a reader or of a weight shelf."""

    received_ns: int
    device: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SerialBytes:
    """Bytes on a device's serial line."""

    received_ns: int
    device: str
    data: bytes


@dataclass(frozen=True, slots=True)
class HttpEvents:
    """The events of one POST /v1/events: event_id, type, store, sku, qty, at, and epc where it is known."""

    received_ns: int
    events: tuple[Mapping[str, object], ...]


Message = MqttMessage | SerialBytes | HttpEvents
