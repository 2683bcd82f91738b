"""Articles tracked by count: scans alone move them. Pure."""

from gateway.movements import MovementKind
from gateway.stock.effects import Effect
from gateway.stock.line import CHARGE_ORDER, REFILL_ORDER, Announced, Line

MAX_INCOMING = 1_000
"""Pieces of one article on their way to one store; more is a mistake, and the oldest are let go."""


def sold(line: Line, ref: str, at_ns: int) -> Effect:
    """A till sold one piece: taken from where customers take it."""
    zone = line.take_from_pool(CHARGE_ORDER)
    note = "" if zone else "of a piece that was not believed in the store"
    return Effect(MovementKind.SOLD, "till", at_ns, from_zone=zone, ref=ref, note=note)


def added(line: Line, kind: MovementKind, cause: str, ref: str, at_ns: int, zone: str) -> Effect:
    """A piece was received or returned where it was scanned."""
    line.pool[zone] += 1
    return Effect(kind, cause, at_ns, to_zone=zone, ref=ref)


def sent(line: Line, epc: str | None, ref: str, at_ns: int, zone: str | None, to_store: str) -> Effect:
    """A piece was sent to another store: from `zone` if it has one, else from the back first."""
    source = zone if zone is not None and line.pool[zone] > 0 else None
    if source is None:
        source = line.take_from_pool(REFILL_ORDER)
    else:
        line.pool[source] -= 1
    note = f"to {to_store}" if source else f"to {to_store}, of a piece that was not believed in the store"
    return Effect(MovementKind.TRANSFERRED, "transfer", at_ns, epc=epc, from_zone=source, ref=ref, note=note)


def announced(line: Line, piece: Announced, from_store: str) -> Effect:
    """A piece is on its way from another store: it is in no level until it is scanned in or seen."""
    line.incoming.append(piece)
    del line.incoming[:-MAX_INCOMING]
    note = f"on its way from {from_store}"
    return Effect(MovementKind.TRANSFERRED, "transfer", piece.at_ns, epc=piece.epc, ref=piece.ref, note=note)


def counted(line: Line, zone: str, pieces: int, ref: str, at_ns: int) -> Effect:
    """A person counted `pieces` in a zone.

    The pool is set so that the level equals the count, as far as it can: tags that readers see and
    pieces that a shelf weighs are not counted away, the difference is kept as a note.
    """
    level = line.levels().get(zone, 0)
    line.pool[zone] = max(0, line.pool[zone] + pieces - level)
    missing = line.levels().get(zone, 0) - pieces
    note = f"{missing} more believed here than counted" if missing else ""
    return Effect(MovementKind.COUNTED, "count", at_ns, pieces=pieces, to_zone=zone, ref=ref, note=note)
