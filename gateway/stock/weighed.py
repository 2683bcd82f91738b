"""Articles tracked by weight: a shelf tells how many stand on it, scans tell of the rest. Pure.

A piece that leaves the shelf is in a customer's hand until a till sells it, or it is put back.
What a shelf gains comes back from hands first, then out of the back room's pool.
"""

from gateway.config.stores import IN_HAND
from gateway.movements import MovementKind
from gateway.stock.effects import Effect, StockRule
from gateway.stock.line import CHARGE_ORDER, REFILL_ORDER, Announced, Line, Lone
from gateway.stock.tagged import MAX_LONE


def shelf_step(line: Line, device: str, zone: str, pieces: int, at_ns: int) -> Effect:
    """A shelf stands at `pieces`, one more or one fewer than before."""
    more = pieces > line.shelves.get(device, (zone, 0))[1]
    line.shelves[device] = (zone, pieces)
    effect = _gained(line, device, zone, at_ns) if more else _lost(line, device, zone, at_ns)
    if line.corrections:
        line.pin()  # a correction of more than the shelf holds now has ended
    return effect


def shelf_met(line: Line, device: str, zone: str, pieces: int, at_ns: int) -> Effect:
    """A shelf settled for the first time: what stands on it was there before us, and no receipt's."""
    line.shelves[device] = (zone, pieces)
    return Effect(MovementKind.COUNTED, "weight", at_ns, pieces=pieces, to_zone=zone, ref=device)


def _lost(line: Line, device: str, zone: str, at_ns: int) -> Effect:
    if line.debts:
        debt = line.debts.pop(0)
        return Effect(MovementKind.DEPARTED, "weight", at_ns, from_zone=zone, ref=debt.ref, note="sold")
    line.picks_ns.append(at_ns)
    return Effect(MovementKind.MOVED, "weight", at_ns, from_zone=zone, to_zone=IN_HAND, ref=device)


def _gained(line: Line, device: str, zone: str, at_ns: int) -> Effect:
    if line.picks_ns:
        line.picks_ns.pop()
        return Effect(MovementKind.MOVED, "weight", at_ns, from_zone=IN_HAND, to_zone=zone, ref=device)
    source = line.take_from_pool(REFILL_ORDER)
    if source is not None:
        return Effect(MovementKind.MOVED, "weight", at_ns, from_zone=source, to_zone=zone, ref=device)
    line.lone_arrivals.append(Lone(device, at_ns))
    del line.lone_arrivals[:-MAX_LONE]
    return Effect(MovementKind.ARRIVED, "weight", at_ns, to_zone=zone, ref=device)


def sold(line: Line, ref: str, at_ns: int) -> Effect:
    """A till sold one piece."""
    if line.picks_ns:
        line.picks_ns.pop(0)
        return Effect(MovementKind.SOLD, "till", at_ns, from_zone=IN_HAND, ref=ref)
    if line.payable() > 0:
        line.debts.append(Announced(ref, "sale", at_ns))
        return Effect(MovementKind.SOLD, "till", at_ns, ref=ref)
    zone = line.take_from_pool(CHARGE_ORDER)
    note = "" if zone else "of a piece that was not believed in the store"
    return Effect(MovementKind.SOLD, "till", at_ns, from_zone=zone, ref=ref, note=note)


def returned(line: Line, ref: str, at_ns: int, zone: str) -> Effect:
    """A piece was brought back: it waits where it was scanned until a shelf gains it."""
    line.pool[zone] += 1
    return Effect(MovementKind.RETURNED, "return", at_ns, to_zone=zone, ref=ref)


def received(line: Line, ref: str, at_ns: int, zone: str) -> Effect:
    """A piece was scanned at receiving; one that a shelf showed already is not counted again."""
    if line.lone_arrivals:
        line.lone_arrivals.pop(0)
        return Effect(MovementKind.ARRIVED, "receiving", at_ns, ref=ref, note="was weighed already")
    line.pool[zone] += 1
    return Effect(MovementKind.ARRIVED, "receiving", at_ns, to_zone=zone, ref=ref)


def expired(line: Line, now_ns: int, rule: StockRule, in_hand_kept: int = 0) -> list[Effect]:
    """Give up pieces in hand that nobody paid (but for those kept), and sales that no shelf confirmed."""
    effects = []
    line.lone_arrivals = [a for a in line.lone_arrivals if a.at_ns > now_ns - rule.pairing_window_ns]
    while len(line.picks_ns) > in_hand_kept and line.picks_ns[0] <= now_ns - rule.in_hand_ns:
        line.picks_ns.pop(0)
        note = "taken from the shelf, never sold"
        effects.append(Effect(MovementKind.DEPARTED, "weight", now_ns, from_zone=IN_HAND, note=note))
    for debt in [d for d in line.debts if d.at_ns <= now_ns - rule.pairing_window_ns]:
        line.debts.remove(debt)
        if line.take_from_pool(REFILL_ORDER) is None:
            note = "sold, but the shelf lost nothing"
            effects.append(Effect(MovementKind.ADJUSTED, "pairing", now_ns, ref=debt.ref, note=note))
    return effects
