"""What reads differently now, as it is noted and as it is told. Pure values."""

from dataclasses import dataclass
from typing import Literal

ChangeType = Literal["availability", "alert", "reservation", "task"]


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """That something reads differently now: `subject` is a SKU, or an alert's, a reservation's, a task's id."""

    store: str
    type: ChangeType
    subject: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change with its place in the store's log: `seq` is contiguous per store and journal."""

    store: str
    seq: int
    at_ns: int
    type: ChangeType
    subject: str
