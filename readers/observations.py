"""Observations: what a device said it saw, with times and units. Pure values.

Two times stand on each: `at_ns` is when the device saw it (its own clock where that is
trustworthy, else the gateway's), `received_ns` when the gateway took it in. Both are
nanoseconds since the Unix epoch, UTC. Rules use `at_ns`; `received_ns` is for health and audit.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """One RFID observation: a tag answered an antenna. `epc` is upper-case hex of whole bytes."""

    reader: str
    antenna: int
    epc: str
    at_ns: int
    received_ns: int
    rssi_dbm: float | None = None
    rssi_raw: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Scan:
    """One code that a scanner transmitted, as sent but for its terminator (GS bytes kept)."""

    scanner: str
    text: str
    at_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One weight measurement of a shelf, in grams, gross of the shelf's own tare."""

    sensor: str
    weight_g: float
    at_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A proof of life (`online`), or the news of a device's end (a last will, an unplugged port).

    Any frame that a reader answers, with or without a tag in it, proves that it could have seen one.
    """

    device: str
    online: bool
    at_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Identified:
    """What a device says that it is: maker, model, firmware; free text, for people."""

    device: str
    detail: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that the device itself reports (an antenna missing, a refused command)."""

    device: str
    code: str
    detail: str
    at_ns: int


Observation = Read | Scan | Reading | Heartbeat | Identified | Fault
