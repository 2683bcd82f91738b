"""Articles tracked by tag: each tag is a piece, and sales are paired with departures one to one. Pure.

    sale  ─┬─ a tag left lately, unannounced ── paired, level unchanged (it fell when the tag left)
           └─ else a debt: the level falls now; the tag that leaves later pays it
    left  ─┬─ a debt is open ── paired, level unchanged
           └─ else unannounced: the level falls
    Returns and receipts mirror it with credits and arrivals.

A paired tag that is seen again was the wrong one: its debt opens again, and the level stays right.
"""

from dataclasses import replace

from gateway.movements import MovementKind
from gateway.stock.effects import Effect, StockRule
from gateway.stock.line import CHARGE_ORDER, CORRECTION, REFILL_ORDER, Announced, Line, Lone

EXIT_EARLY_NS = 60 * 1_000_000_000
"""A customer leaves after paying: a gate read this long before the till's own time is another piece."""
SILENCE_EARLY_NS = 1_200 * 1_000_000_000
"""A piece carried in the shadow of a body may have been given up before it is paid: last read this long
before. The error of a wrong guess ends when the piece really sold leaves by the gate."""
UNSEEN = "unseen"
"""Cause of an arrival after silence. It may be a return all the same, if its sale was paired with another tag."""
COUNT_ANNOUNCES_NS = 900 * 1_000_000_000
"""New tags this soon after a count were counted (a shop is counted when its readers begin); later ones are
deliveries, and what was counted bears no tag that answers."""
MAX_LONE = 1_000
"""Unannounced changes kept per line for pairing; deliveries are larger only where nobody scans them."""


def arrived(
    line: Line, epc: str, zone: str, at_ns: int, *, came_back: bool, from_other: bool = False
) -> Effect:
    """A tag is believed here that was not in the store. `from_other`: it departed from another one."""
    line.tags[zone] += 1
    gone = _take_lone(line.lone_departures, epc)
    was_unseen = gone is not None and gone.cause == "silence"
    sale = line.paired.pop(epc, None)
    credit = _take_credit(
        line, epc, zone, at_ns, came_back=came_back, by_name_alone=was_unseen, from_other=from_other
    )
    if credit is not None:
        line.unname_incoming(epc)
        kind = MovementKind.RETURNED if credit.kind == "return" else MovementKind.ARRIVED
        return Effect(kind, "pairing", at_ns, epc=epc, to_zone=zone, ref=credit.ref, note="as announced")
    known_in = line.named.pop(epc, None)
    if known_in is not None and line.pool[known_in] > 0:
        line.pool[known_in] -= 1
        return Effect(
            MovementKind.MOVED,
            "pairing",
            at_ns,
            epc=epc,
            from_zone=known_in,
            to_zone=zone,
            note="as announced",
        )
    if not was_unseen and (coming := line.take_incoming(epc, by_name_alone=came_back)) is not None:
        return _as_sent(line, coming, epc, zone, at_ns)
    if was_unseen:
        _keep(line.lone_arrivals, Lone(epc, at_ns, cause=UNSEEN, came_back=True))
        return Effect(MovementKind.ARRIVED, "rfid", at_ns, epc=epc, to_zone=zone, note="was only unseen")
    if sale is not None and sale.epc != epc and line.payable() > 0:
        note = _owe_again(line, sale, epc, at_ns)
        return Effect(MovementKind.ARRIVED, "rfid", at_ns, epc=epc, to_zone=zone, ref=sale.ref, note=note)
    _keep(line.lone_arrivals, Lone(epc, at_ns, came_back=came_back, from_other=from_other))
    is_new = not came_back and sale is None
    return Effect(MovementKind.ARRIVED, "rfid", at_ns, epc=epc, to_zone=zone, is_new=is_new)


def moved(line: Line, epc: str, from_zone: str, zone: str, at_ns: int) -> Effect:
    """A tag is believed in another zone of the store."""
    line.tags[from_zone] -= 1
    line.tags[zone] += 1
    return Effect(MovementKind.MOVED, "rfid", at_ns, epc=epc, from_zone=from_zone, to_zone=zone)


def departed(line: Line, epc: str, zone: str, at_ns: int, last_seen_ns: int, cause: str) -> Effect:
    """A tag is believed gone, and no till named it."""
    line.tags[zone] -= 1
    if line.debts:
        debt = min(line.debts, key=lambda d: (d.epc != epc, d.at_ns))
        line.debts.remove(debt)
        debt.reopened, debt.epc = False, None
        line.paired[epc] = debt
        note = "sold" if debt.kind == "sale" else "sent to another store"
        return Effect(MovementKind.DEPARTED, cause, at_ns, epc=epc, from_zone=zone, ref=debt.ref, note=note)
    if line.corrections and cause == "silence":  # what leaves by a gate is a piece that nobody had missed
        gone = min(line.corrections, key=lambda c: (c.zone != zone, c.at_ns))
        line.corrections.remove(gone)
        note = "corrected before"
        return Effect(MovementKind.DEPARTED, cause, at_ns, epc=epc, from_zone=zone, ref=gone.ref, note=note)
    drop_unpayable(line)
    _keep(line.lone_departures, Lone(epc, at_ns, last_seen_ns, cause))
    return Effect(MovementKind.DEPARTED, cause, at_ns, epc=epc, from_zone=zone)


def transferred_out(line: Line, epc: str, zone: str, at_ns: int, to_store: str) -> Effect:
    """A tag turned up in another store of this gateway."""
    line.tags[zone] -= 1
    sent = next((d for d in line.debts if d.kind == "transfer"), None)
    if sent is not None:
        line.debts.remove(sent)
    else:
        _keep(line.lone_departures, Lone(epc, at_ns, cause=f"seen in {to_store}"))
    drop_unpayable(line)
    note, ref = f"seen in {to_store}", None if sent is None else sent.ref
    return Effect(MovementKind.TRANSFERRED, "rfid", at_ns, epc=epc, from_zone=zone, ref=ref, note=note)


def transferred_in(line: Line, epc: str, zone: str, at_ns: int, from_store: str) -> Effect:
    """A tag came from another store of this gateway."""
    line.tags[zone] += 1
    kind, note = MovementKind.TRANSFERRED, f"last in {from_store}"
    credit = _take_credit(line, epc, zone, at_ns, came_back=False, by_name_alone=False, from_other=True)
    if credit is not None:
        line.unname_incoming(epc)
        return Effect(kind, "pairing", at_ns, epc=epc, to_zone=zone, ref=credit.ref, note=note)
    coming = line.take_incoming(epc)
    _keep(line.lone_arrivals, Lone(epc, at_ns, delivered=coming is not None, from_other=coming is None))
    ref = None if coming is None else coming.ref
    is_new = coming is None
    return Effect(kind, "rfid", at_ns, epc=epc, to_zone=zone, ref=ref, note=note, is_new=is_new, came=ref)


def _as_sent(line: Line, coming: Announced, epc: str, zone: str, at_ns: int) -> Effect:
    """A tag arrived that was sent here: a scan of its receipt later on is about the same piece."""
    _keep(line.lone_arrivals, Lone(epc, at_ns, delivered=True))
    return Effect(
        MovementKind.TRANSFERRED,
        "pairing",
        at_ns,
        epc=epc,
        to_zone=zone,
        ref=coming.ref,
        note="as announced",
        came=coming.ref,
    )


def sent(line: Line, epc: str | None, ref: str, at_ns: int, zone: str | None, to_store: str) -> Effect:
    """A piece was sent to another store, somebody says. `zone`: where its tag `epc` was believed until now."""
    note = f"to {to_store}"
    kind = MovementKind.TRANSFERRED
    if zone is not None:
        line.tags[zone] -= 1
        drop_unpayable(line)
        return Effect(kind, "transfer", at_ns, epc=epc, from_zone=zone, ref=ref, note=note)
    there = next((d for d in line.lone_departures if epc is None and d.cause == f"seen in {to_store}"), None)
    if there is not None:
        line.lone_departures.remove(there)
        note = f"{note}, was seen there already"
        return Effect(kind, "transfer", at_ns, epc=there.epc, ref=ref, note=note, came=ref)
    announced = Announced(ref, "transfer", at_ns, epc=epc)
    gone = _pair(line, announced) if epc is None else _take_lone(line.lone_departures, epc)
    if gone is not None:
        return Effect(kind, "transfer", at_ns, epc=gone.epc, ref=ref, note=f"{note}, had left already")
    if epc is None and line.payable() > 0:
        line.debts.append(announced)
        return Effect(kind, "transfer", at_ns, ref=ref, note=note)
    source = line.take_from_pool(REFILL_ORDER)
    if source is None and line.credits:
        source = line.credits.pop(0).zone
    if source is None:
        note += ", of a piece that was not believed in the store"
    return Effect(kind, "transfer", at_ns, epc=epc, from_zone=source, ref=ref, note=note)


def sold(line: Line, ref: str, at_ns: int) -> Effect:
    """A till sold one piece and named the SKU alone."""
    sale = Announced(ref, "sale", at_ns)
    if gone := _pair(line, sale):
        return Effect(MovementKind.SOLD, "till", at_ns, epc=gone.epc, ref=ref, note="had left already")
    if line.payable() > 0:
        line.debts.append(sale)
        return Effect(MovementKind.SOLD, "till", at_ns, ref=ref)
    return _sold_unseen(line, ref, at_ns)


def sold_epc(line: Line, epc: str, ref: str, at_ns: int, zone: str | None) -> Effect:
    """A till sold this very tag; `zone` where it was believed, None where it was not believed present."""
    other = line.paired.get(epc)
    if zone is None and other is not None and other.epc == epc:
        return Effect(MovementKind.SOLD, "till", at_ns, epc=epc, ref=ref, note=f"sold already: {other.ref}")
    line.paired[epc] = Announced(ref, "sale", at_ns, epc=epc)
    if zone is not None:
        line.tags[zone] -= 1
        drop_unpayable(line)
        return Effect(MovementKind.SOLD, "till", at_ns, epc=epc, from_zone=zone, ref=ref)
    if other is not None:
        if not _pair(line, other) and line.payable() > 0:
            line.debts.append(other)
        return Effect(MovementKind.SOLD, "till", at_ns, epc=epc, ref=ref, note="had left already")
    if _take_lone(line.lone_departures, epc) is not None:
        return Effect(MovementKind.SOLD, "till", at_ns, epc=epc, ref=ref, note="had left already")
    return _sold_unseen(line, ref, at_ns, epc)


def not_sold(line: Line, ref: str, now_ns: int) -> Effect | None:
    """No tag of the article left by a sale; a piece whose tag never answers did, or the scan was wrong."""
    debt = next((d for d in line.debts if d.ref == ref), None)
    if debt is None:
        return None
    line.debts.remove(debt)
    zone = line.take_from_pool(CHARGE_ORDER)
    if zone is None and line.credits:
        zone = line.credits.pop(0).zone
    if zone is not None:
        note = "a piece whose tag was never read"
        return Effect(MovementKind.DEPARTED, "pairing", now_ns, from_zone=zone, ref=ref, note=note)
    said = "sold" if debt.kind == "sale" else "sent to another store"
    note = f"{said}, but every tag of it is still here"
    return Effect(MovementKind.ADJUSTED, "pairing", now_ns, ref=ref, note=note)


def returned(line: Line, ref: str, at_ns: int, zone: str, epc: str | None, *, is_here: bool) -> Effect:
    """A customer brought a piece back. `is_here`: it names a tag that is believed here, so is counted."""
    reopened = next((d for d in line.debts if d.reopened and (epc is None or d.epc == epc)), None)
    if reopened is not None:
        line.debts.remove(reopened)
        _take_lone(line.lone_arrivals, reopened.epc or "")
        return Effect(MovementKind.RETURNED, "return", at_ns, epc=reopened.epc, to_zone=zone, ref=ref)
    seen = next((a for a in reversed(line.lone_arrivals) if _is_return(a, epc)), None)
    if is_here or (seen is not None and epc is None):
        return _seen_already(line, MovementKind.RETURNED, "return", ref, at_ns, epc, seen)
    line.credits.append(Announced(ref, "return", at_ns, zone, epc))
    return Effect(MovementKind.RETURNED, "return", at_ns, epc=epc, to_zone=zone, ref=ref)


def received(
    line: Line, ref: str, at_ns: int, zone: str, epc: str | None, *, is_here: bool, by_document: bool = False
) -> Effect:
    """A piece was scanned at receiving. `is_here`: it names a tag that is believed here, so is counted.

    `by_document`: the pieces of a delivery or transfer that have not come are told to be there, and so are
    others than those whose tags it has counted already.
    """
    seen = next(
        (
            a
            for a in line.lone_arrivals
            if not a.came_back and (epc is None or a.epc == epc) and not (by_document and a.delivered)
        ),
        None,
    )
    if seen is not None or is_here:
        effect = _seen_already(line, MovementKind.ARRIVED, "receiving", ref, at_ns, epc, seen)
        return replace(effect, is_new=seen is not None and not seen.delivered)
    line.credits.append(Announced(ref, "receive", at_ns, zone, epc))
    return Effect(MovementKind.ARRIVED, "receiving", at_ns, epc=epc, to_zone=zone, ref=ref, is_new=True)


def delivered(line: Line, epc: str) -> None:
    """Take note that a delivery has counted the tag that arrived last as one of its pieces."""
    for arrival in reversed(line.lone_arrivals):
        if arrival.epc == epc:
            arrival.delivered = True
            return


def counted(line: Line, zone: str, pieces: int, ref: str, at_ns: int) -> Effect:
    """A person counted `pieces` in a zone, tags or not.

    Pieces beyond those known are announced: the next new tags are theirs, or they bear none that
    answers. Of fewer, pieces that no tag of was ever read go first; tags that are read stay, noted.
    """
    missing = line.levels().get(zone, 0) - pieces
    for credit in [c for c in reversed(line.credits) if c.zone == zone][: max(0, missing)]:
        line.credits.remove(credit)
        missing -= 1
    unread = min(line.pool[zone], max(0, missing))
    line.pool[zone] -= unread
    line.credits += [Announced(ref, "count", at_ns, zone) for _ in range(-missing)]
    missing = line.levels().get(zone, 0) - pieces
    note = f"{missing} more believed here than counted" if missing else ""
    return Effect(MovementKind.COUNTED, "count", at_ns, pieces=pieces, to_zone=zone, ref=ref, note=note)


def _seen_already(
    line: Line, kind: MovementKind, cause: str, ref: str, at_ns: int, epc: str | None, seen: Lone | None
) -> Effect:
    if seen is not None:
        line.lone_arrivals.remove(seen)
        epc = seen.epc
    return Effect(kind, cause, at_ns, epc=epc, ref=ref, note="was seen already")


def expired(line: Line, now_ns: int, rule: StockRule, *, watched: bool) -> list[Effect]:
    """Settle what was never paired. `watched`: the zones of its tags are seen, so tags prove themselves."""
    before_ns = now_ns - rule.pairing_window_ns
    effects = _expired_credits(line, now_ns, before_ns)
    line.lone_arrivals = [
        a for a in line.lone_arrivals if a.at_ns > before_ns or (a.cause == UNSEEN and line.credits)
    ]
    line.lone_departures = [d for d in line.lone_departures if d.at_ns > before_ns]
    line.paired = {epc: sale for epc, sale in line.paired.items() if sale.at_ns > before_ns}
    for debt in [d for d in line.debts if watched and d.at_ns <= before_ns]:
        line.debts.remove(debt)
        if line.take_from_pool(CHARGE_ORDER) is None:
            note = "sold, but every tag of it is still here"
            effects.append(Effect(MovementKind.ADJUSTED, "pairing", now_ns, ref=debt.ref, note=note))
    return effects


def _expired_credits(line: Line, now_ns: int, before_ns: int) -> list[Effect]:
    """Settle pieces that were announced and never read: they bear no tag that works, or were back already."""
    effects = []
    for credit in [c for c in line.credits if c.at_ns <= before_ns]:
        line.credits.remove(credit)
        back = next((a for a in line.lone_arrivals if a.cause == UNSEEN), None)
        if credit.kind == "return" and back is not None:
            line.lone_arrivals.remove(back)
            note = f"the piece brought back was {back.epc}, which had only seemed unseen"
            effects.append(Effect(MovementKind.ADJUSTED, "pairing", now_ns, ref=credit.ref, note=note))
        else:
            line.pool[credit.zone] += 1
            if credit.epc is not None and len(line.named) < MAX_LONE:
                line.named[credit.epc] = credit.zone
    return effects


def _is_return(arrival: Lone, epc: str | None) -> bool:
    """Return whether a return event may be about this arrival."""
    may_be = arrival.came_back or arrival.from_other
    return may_be and (arrival.cause != UNSEEN if epc is None else arrival.epc == epc)


def _pair(line: Line, sale: Announced) -> Lone | None:
    """Pair a sale with a tag that left unannounced, if one fits; return its departure.

    Of those that fit it takes the one that the fewest other sales would fit, so that sales told late, and
    in any order, find theirs.
    """
    fitting = [gone for gone in line.lone_departures if _latest_sale_ns(gone) >= sale.at_ns]
    gone = min(fitting, key=_latest_sale_ns, default=None)
    if gone is not None:
        line.lone_departures.remove(gone)
        line.paired[gone.epc] = sale
    return gone


def _latest_sale_ns(gone: Lone) -> int:
    """Return the latest time of a sale that a departure can belong to."""
    return gone.at_ns + EXIT_EARLY_NS if gone.cause == "exit" else gone.last_seen_ns + SILENCE_EARLY_NS


def _owe_again(line: Line, sale: Announced, epc: str, at_ns: int) -> str:
    """A tag that a sale was paired with is here: give the sale to another that left, or open it again.

    Either it was the wrong tag, or it is brought back and its return is announced a moment later.
    """
    _keep(line.lone_arrivals, Lone(epc, at_ns, cause=UNSEEN, came_back=True))
    if _pair(line, sale):
        return "another piece was sold"
    sale.reopened, sale.epc = True, epc
    line.debts.append(sale)
    return "the sale is owed by another piece"


def _sold_unseen(line: Line, ref: str, at_ns: int, epc: str | None = None) -> Effect:
    zone = line.take_from_pool(CHARGE_ORDER)
    if zone is None and line.credits:
        zone = line.credits.pop(0).zone
    note = "" if zone else "of a piece that was not believed in the store"
    return Effect(MovementKind.SOLD, "till", at_ns, epc=epc, from_zone=zone, ref=ref, note=note)


def _take_credit(
    line: Line, epc: str, zone: str, at_ns: int, *, came_back: bool, by_name_alone: bool, from_other: bool
) -> Announced | None:
    """Return the credit that this arrival redeems: its own, else of the fitting kind, oldest first."""
    for credit in line.credits:
        if credit.epc == epc or (by_name_alone and credit.kind == CORRECTION):
            line.credits.remove(credit)  # a piece that people found, and whose tag is heard again
            return credit
    if by_name_alone:
        return None
    floor = line.roles[zone] not in {"back_room", "receiving"}
    for credit in line.credits:
        fits = (came_back or from_other or floor) if credit.kind == "return" else not came_back
        if credit.kind in {"count", CORRECTION} and at_ns - credit.at_ns > COUNT_ANNOUNCES_NS:
            fits = False
        if credit.epc is None and fits:
            line.credits.remove(credit)
            return credit
    return None


def drop_unpayable(line: Line) -> None:
    """Let go of what no piece is left for: corrections first, for the tags that they denied may have left."""
    while line.corrections and line.payable() < 0:
        line.corrections.pop(0)
    while line.debts and line.payable() < 0:
        line.debts.pop(0)


def _take_lone(entries: list[Lone], epc: str) -> Lone | None:
    for entry in reversed(entries):
        if entry.epc == epc:
            entries.remove(entry)
            return entry
    return None


def _keep(entries: list[Lone], entry: Lone) -> None:
    entries.append(entry)
    if len(entries) > MAX_LONE:
        del entries[0]
