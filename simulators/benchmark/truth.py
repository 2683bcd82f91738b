"""What truly happened in the benchmark's shop. Nothing of it leaks into a message. Pure values.

An item is sold at its payment (zone None): nobody can promise it any more. Its way to the door is in
`walks`; a stolen item has left when it is past the gate. Items without a tag (weight shelves) have an
id of the form `piece:<sku>:<number>` in place of an EPC.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class TrueChange(NamedTuple):
    """An item is elsewhere from `at_ns` on. `zone` None: not the shop's any more, or never in it.

    Causes: initial, delivered, moved, carried, fitting, misplaced, restocked, sold, stolen, returned,
    expired.
    """

    at_ns: int
    epc: str
    sku: str
    zone: str | None
    cause: str


class TrueSale(NamedTuple):
    """A payment, and what the till made of it: told, missed, double or wrong."""

    at_ns: int
    sku: str
    epc: str
    till_outcome: str


class Walk(NamedTuple):
    """A sold item on its way out: paid, and past the gate; whether the gate saw it."""

    paid_ns: int
    left_ns: int
    epc: str
    is_gate_read: bool


class Mark(NamedTuple):
    """A stretch of time that a scorer may want to look at: outage, delivery, burst, night …"""

    at_ns: int
    until_ns: int
    kind: str
    where: str


@dataclass(slots=True)
class TruthLog:
    """All that happened until now, by time. Grows as the messages are taken, never behind them."""

    changes: list[TrueChange] = field(default_factory=list)
    quality: dict[str, str] = field(default_factory=dict)
    """EPC → normal, weak, hard or dead."""
    sales: list[TrueSale] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    """EPCs that the shop was told of, and that were never there."""
    lost_sales: int = 0
    """Customers who found none of what they wanted on the floor."""
