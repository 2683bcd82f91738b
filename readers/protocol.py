"""The two shapes a device's codec can take; both are sans-I/O: bytes and time in, steps out. Pure.

A serial device is a conversation: it must be probed, started, kept going and stopped, so its
codec owns a state machine (`SerialProtocol`). An MQTT device pushes: its codec is a function of
one message (`MqttCodec`).
"""

from dataclasses import dataclass, field
from typing import Protocol

from readers.counts import StageCounts
from readers.observations import Observation


@dataclass(slots=True)
class Steps:
    """What a protocol wants done: bytes to write, in order, and what it learned, in order."""

    writes: list[bytes] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)


class SerialProtocol(Protocol):
    """The state machine of one serial device, from port opened to port closed.

    Times are the gateway's clock in ns. `bytes_counts` is in bytes of the stream (received ==
    in intact frames + dropped{reason} + held in the buffer); `frame_counts` is in frames
    (received == passed on as observations or answers + dropped{reason}).
    """

    bytes_counts: StageCounts
    frame_counts: StageCounts

    def opened(self, now_ns: int) -> Steps:
        """The port is open (again): forget half frames, begin the init conversation."""
        ...

    def feed(self, data: bytes, now_ns: int) -> Steps:
        """Bytes arrived. Any chunking of the same stream gives the same observations."""
        ...

    def tick(self, now_ns: int) -> Steps:
        """Time passed: retry unanswered commands, re-issue an inventory that ran out, flush idle."""
        ...

    def closing(self, now_ns: int) -> Steps:
        """The gateway stops: what to write so that the device falls silent."""
        ...

    @property
    def deadline_ns(self) -> int | None:
        """When `tick` is next wanted; None: not before more bytes arrive."""
        ...


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One publication as it arrived. `retained`: last-known state, never fresh evidence."""

    topic: str
    payload: bytes
    retained: bool
    received_ns: int


class MqttCodec(Protocol):
    """The payload format of one MQTT device.

    `event_counts` is in events, of the messages that were taken: one message may bear many, and a bad
    one among them is dropped alone. Of a message that bears one event at most, it stays empty. Where a
    device numbers its events, those that never came count as received and dropped (`missing`).
    """

    event_counts: StageCounts

    def topics(self) -> tuple[str, ...]:
        """Return the topic filters to subscribe for this device."""
        ...

    def data_topic(self) -> str:
        """Return the topic of its measurements: what comes by another way is decoded as if on it."""
        ...

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return the observations in one message.

        Raises Malformed when the payload cannot be parsed. A retained measurement gives an
        empty list; a retained last will still tells that a device is offline.
        """
        ...
