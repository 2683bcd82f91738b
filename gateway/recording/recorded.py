"""What a recording holds: observations, and till events with the time at which they were learned. Pure values."""

from dataclasses import dataclass

from gateway.ports.intake import TillEvent
from readers.observations import Heartbeat, Read, Reading, Scan


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """A till's event. `source`: who told it (event ids are unique per source)."""

    event: TillEvent
    received_ns: int
    source: str = ""


Recorded = Read | Scan | Reading | Heartbeat | ToldEvent


class LineRefused(Exception):  # noqa: N818 - named by what happened
    """A line that cannot be taken. `reason` is a word of a fixed set: refusals are counted by it."""

    def __init__(self, number: int, reason: str, detail: str, remedy: str) -> None:
        super().__init__(f"line {number}: {reason}: {detail}; {remedy}")
        self.number = number
        self.reason = reason
        self.detail = detail
        self.remedy = remedy
