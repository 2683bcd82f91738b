"""The effect of one thing on one line: what kind of movement it was, and how we know. Pure.

The rules change a line and return these; the ledger turns them into movements with deltas.
"""

from dataclasses import dataclass

from gateway.movements import MovementKind


@dataclass(frozen=True, slots=True)
class Effect:
    """A movement without its deltas, which follow from the line before and after."""

    kind: MovementKind
    cause: str
    at_ns: int
    pieces: int = 1
    epc: str | None = None
    from_zone: str | None = None
    to_zone: str | None = None
    ref: str | None = None
    note: str = ""
    is_new: bool = False
    """A piece that was not in the store, is no return, and was counted as delivered by nothing yet."""
    came: str | None = None
    """As what the piece was sent here from another store: the ref of that movement."""


@dataclass(frozen=True, slots=True)
class StockRule:
    """The [stock] table's durations, in ns."""

    pairing_window_ns: int
    in_hand_ns: int
    incoming_ns: int = 14 * 86_400 * 1_000_000_000
    """A piece that was sent and neither scanned in nor seen for so long is not coming."""
