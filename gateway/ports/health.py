"""How the gateway itself is, as api/ asks for it: its devices, its readiness, its clock. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.devices.clocks import ClockJudgement


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """One reader, scanner or shelf: alive or not, since when, and its counts since start.

    `state`: online | silent (no proof of life in time) | offline (it said so, or unplugged) | never.
    `clock`: how its clock is, None where it is not judged.
    """

    id: str
    kind: str
    role: str
    store: str
    zones: tuple[str, ...]
    state: Literal["online", "silent", "offline", "never"]
    last_seen_at_ns: int | None
    detail: str
    observations: int
    reconnects: int
    received: int
    passed: int
    held: int
    dropped: dict[str, int] = field(default_factory=dict)
    clock: ClockJudgement | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedTopicInfo:
    """A topic at the broker that belongs to no device, and its last message (`sample` is cut)."""

    topic: str
    count: int
    retained: bool
    sample: bytes
    last_at_ns: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the gateway can do its work, and the reasons where it cannot."""

    ready: bool
    reasons: tuple[str, ...]


class HealthPort(Protocol):
    """How the gateway itself is."""

    def readiness(self) -> Readiness:
        """Return whether requests can be answered truthfully."""
        ...

    def devices(self) -> Sequence[DeviceHealth]:
        """Return every configured device."""
        ...

    def unmatched_topics(self) -> Sequence[UnmatchedTopicInfo]:
        """Return the last topics at the broker that belong to no device, newest first."""
        ...

    def metrics(self) -> str:
        """Return Prometheus text exposition (format 0.0.4), bounded labels, base units."""
        ...


class ClockPort(Protocol):
    """Time as the shop sees it; `speed` is 1 but in a demo."""

    @property
    def speed(self) -> float:
        """Shop seconds per real second."""
        ...

    def now_ns(self) -> int:
        """Return now."""
        ...
