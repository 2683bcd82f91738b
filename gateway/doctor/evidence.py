"""What the doctor saw on a port: who is there, what it reads, what went wrong on the way. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.doctor.port_probe import Probed


@dataclass(frozen=True, slots=True)
class SignalRange:
    """How strong reads were. `unit`: dBm, or raw where the reader's scale is not documented."""

    unit: str
    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, slots=True)
class AntennaSeen:
    """What one antenna read."""

    antenna: int
    reads: int
    tags: int
    signal: SignalRange | None


@dataclass(frozen=True, slots=True)
class TagSeen:
    """One tag, over all antennas. `best` is its strongest read, in the unit of the antennas."""

    epc: str
    reads: int
    antennas: tuple[int, ...]
    best: float | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a reader or scanner did for `seconds`. Faults are (code, detail), as its codec tells them.

    `asked` are the antenna ports that were asked to read. `tag_count` counts all tags; `tags` are those
    read most.
    """

    seconds: float
    asked: tuple[int, ...] = ()
    antennas: tuple[AntennaSeen, ...] = ()
    tags: tuple[TagSeen, ...] = ()
    tag_count: int = 0
    codes: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    heard_bytes: int = 0
    refused_bytes: Mapping[str, int] = field(default_factory=dict)
    refused_frames: Mapping[str, int] = field(default_factory=dict)

    @property
    def reads(self) -> int:
        """Return the reads of all antennas."""
        return sum(seen.reads for seen in self.antennas)

    @property
    def refused_share(self) -> float:
        """Return the share of bytes that were in no intact frame."""
        return sum(self.refused_bytes.values()) / self.heard_bytes if self.heard_bytes else 0.0


@dataclass(frozen=True, slots=True)
class PortEvidence:
    """Everything about one port. `failure`: why it could not be looked at, or not to the end."""

    path: str
    detail: str = ""
    probed: Probed = Probed(())  # noqa: RUF009 - a frozen value
    watched: Watched | None = None
    failure: str = ""
