"""What a person says against the belief: a level is so many pieces more, or fewer, or this tag is (not) there. Pure.

    more  ─▶ what an earlier correction took away comes back first; then pieces announced (tag) or in the pool
    fewer ─▶ pieces announced, then the pool; then corrections: tags and scales are believed, and the level is less

A correction stands until a tag of the article falls silent (that was the piece), or another correction
or count takes it back; no time ends it, however long the tag is read. What leaves by a gate or a till
is another piece. The level changes by exactly what was said, in that zone: sales whose pieces have not
left stay charged where they are.
"""

from dataclasses import dataclass

from gateway.movements import MovementKind
from gateway.stock import tagged
from gateway.stock.effects import Effect
from gateway.stock.line import CORRECTION, Announced, Line


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction is written down as. `kind` COUNTED or ADJUSTED."""

    kind: MovementKind
    cause: str
    ref: str
    at_ns: int
    note: str = ""


def corrected(line: Line, zone: str, delta: int, by: Correction, *, by_tag: bool) -> Effect:
    """Change the level of a zone by `delta` pieces, which must leave none below zero. `by_tag`: tags tell of it."""
    line.pin()
    for _ in range(delta):
        _add(line, zone, by, by_tag=by_tag)
    for _ in range(-delta):
        _take(line, zone, by)
    pieces = line.levels().get(zone, 0) if by.kind is MovementKind.COUNTED else abs(delta)
    ends = (None, zone) if delta > 0 or by.kind is MovementKind.COUNTED else (zone, None)
    return _effect(by, pieces=pieces, from_zone=ends[0], to_zone=ends[1])


def tag_gone(line: Line, epc: str, zone: str, by: Correction, *, pays: bool) -> Effect:
    """A tag is not where it is believed. `pays`: it may be the piece that an open sale took."""
    line.pin()
    line.tags[zone] -= 1
    kind = MovementKind.DEPARTED if by.kind is MovementKind.COUNTED else by.kind
    if pays and line.corrections:
        line.corrections.remove(min(line.corrections, key=lambda c: (c.zone != zone, c.at_ns)))
    elif pays and line.debts:
        debt = min(line.debts, key=lambda d: (d.epc != epc, d.zone != zone, d.at_ns))
        line.debts.remove(debt)
        debt.reopened, debt.epc = False, None
        line.paired[epc] = debt
    tagged.drop_unpayable(line)
    return Effect(kind, by.cause, by.at_ns, epc=epc, from_zone=zone, ref=by.ref, note=by.note)


def tag_found(line: Line, epc: str, zone: str, by: Correction) -> Effect:
    """A tag is in a zone that was not believed in the store."""
    line.pin()
    line.tags[zone] += 1
    line.lone_departures = [gone for gone in line.lone_departures if gone.epc != epc]
    line.paired.pop(epc, None)
    kind = MovementKind.ARRIVED if by.kind is MovementKind.COUNTED else by.kind
    return Effect(kind, by.cause, by.at_ns, epc=epc, to_zone=zone, ref=by.ref, note=by.note)


def tag_put(line: Line, epc: str, from_zone: str, zone: str, by: Correction) -> Effect:
    """A tag is in another zone than it was believed in."""
    line.pin()
    line.tags[from_zone] -= 1
    line.tags[zone] += 1
    return Effect(
        MovementKind.MOVED,
        by.cause,
        by.at_ns,
        epc=epc,
        from_zone=from_zone,
        to_zone=zone,
        ref=by.ref,
        note=by.note,
    )


def _effect(by: Correction, *, pieces: int, from_zone: str | None, to_zone: str | None) -> Effect:
    return Effect(by.kind, by.cause, by.at_ns, pieces, None, from_zone, to_zone, by.ref, by.note)


def _add(line: Line, zone: str, by: Correction, *, by_tag: bool) -> None:
    back = next((c for c in line.corrections if c.zone == zone), None)
    if back is not None:
        line.corrections.remove(back)
    elif by_tag:
        line.credits.append(Announced(by.ref, CORRECTION, by.at_ns, zone))
    else:
        line.pool[zone] += 1


def _take(line: Line, zone: str, by: Correction) -> None:
    credit = next((c for c in reversed(line.credits) if c.zone == zone), None)
    if credit is not None:
        line.credits.remove(credit)
    elif line.pool[zone] > 0:
        line.pool[zone] -= 1
    else:
        if line.payable() <= 0:
            _settle_unread(line)
        line.corrections.append(Announced(by.ref, CORRECTION, by.at_ns, zone))


def _settle_unread(line: Line) -> None:
    """Let a debt be of a piece without a tag, where every tag is owed already: both go."""
    for debts, debt in [(line.debts, d) for d in line.debts] + [
        (line.corrections, c) for c in line.corrections
    ]:
        credit = next((c for c in line.credits if c.zone == debt.zone), None)
        if credit is not None or line.pool[debt.zone] > 0:
            debts.remove(debt)
            if credit is not None:
                line.credits.remove(credit)
            else:
                line.pool[debt.zone] -= 1
            return
