"""Single corrections of a level, by compare and swap: damaged, lost, found … Pure.

    change_from == what is believed now? ─┬─ no ─▶ stale_quantity, with what is believed
                                          └─ yes ─▶ movements "adjusted": the tags named, then the level

An article without tags is corrected in its pool. One with tags, or on a scale, that is corrected by number
keeps the correction against what is read (gateway/stock/correction.py).
"""

from collections import Counter
from collections.abc import Callable

from gateway.audit import Actor
from gateway.config.stores import IN_HAND
from gateway.counting.model import (
    Adjustment,
    AdjustmentOutcome,
    NewAdjustment,
    Refused,
)
from gateway.movements import Movement, MovementKind
from gateway.state import State
from gateway.stock.correction import Correction
from gateway.stock.line import CHARGE_ORDER
from gateway.till import Till

CAUSE = "adjustment"
SEPARATOR = "; "


class AdjustmentDesk:
    """Decides on adjustments of one state. `depart_now` has presence take effect that was told just now."""

    def __init__(self, state: State, till: Till, depart_now: Callable[[int], None]) -> None:
        self._state = state
        self._till = till
        self._depart_now = depart_now

    def adjust(
        self, adjustment_id: str, asked: NewAdjustment, actor: Actor, now_ns: int
    ) -> AdjustmentOutcome:
        """Correct a level, whole or not at all."""
        refusal = self._unknown(asked)
        if refusal is not None:
            return refusal
        self._depart_now(now_ns)
        refusal = self._not_now(asked)
        if refusal is not None:
            return refusal
        state, ledger = self._state, self._state.ledger
        before = dict(ledger.levels(asked.store, asked.sku))
        by = Correction(MovementKind.ADJUSTED, CAUSE, adjustment_id, now_ns, note_of(asked))
        shares = self._shares(asked, before)
        self._settle_tags(asked, by, now_ns)
        for zone, pieces in shares.items():
            left = before.get(zone, 0) + pieces - ledger.levels(asked.store, asked.sku).get(zone, 0)
            if left or not asked.epcs:
                ledger.corrected(asked.store, asked.sku, zone, left, by, now_ns)
        state.touched.add((asked.store, asked.sku))
        after = ledger.levels(asked.store, asked.sku)
        deltas = {zone: after.get(zone, 0) - before.get(zone, 0) for zone in (*before, *after)}
        zones = tuple(sorted((zone, pieces) for zone, pieces in deltas.items() if pieces))
        detail = f"{asked.sku} {asked.pieces:+d} {asked.reason} {asked.reference}".strip()
        state.audit(actor, "adjustments.create", asked.store, adjustment_id, detail, now_ns)
        return Adjustment(
            id=adjustment_id,
            store=asked.store,
            sku=asked.sku,
            at_ns=now_ns,
            zones=zones,
            reason=asked.reason,
            reference=asked.reference,
            note=asked.note,
            epcs=asked.epcs,
            on_hand=_of(after, asked.zone),
        )

    def _unknown(self, asked: NewAdjustment) -> Refused | None:
        roles = self._state.site.roles.get(asked.store)
        if roles is None:
            return Refused("unknown_store", f"there is no store {asked.store!r}")
        if self._state.catalogue.article(asked.sku) is None:
            return Refused("unknown_sku", f"there is no article {asked.sku!r}")
        if asked.zone is not None and asked.zone not in roles:
            return Refused("unknown_zone", f"no zone {asked.zone!r} in store {asked.store!r}")
        return None

    def _not_now(self, asked: NewAdjustment) -> Refused | None:
        levels = self._state.ledger.levels(asked.store, asked.sku)
        current = _of(levels, asked.zone)
        if current != asked.change_from:
            where = asked.zone or asked.store
            return Refused("stale_quantity", f"{where} does not hold {asked.change_from}", current=current)
        at_hand = current - (levels.get(IN_HAND, 0) if asked.zone is None else 0)
        if at_hand + asked.pieces < 0:
            return Refused("below_zero", f"{-asked.pieces} pieces are more than there are", current=current)
        return self._wrong_tags(asked)

    def _wrong_tags(self, asked: NewAdjustment) -> Refused | None:
        """Return what is wrong with the tags that are named: to leave they must be here, to come they must not."""
        state = self._state
        if asked.epcs and state.ledger.tracked_by(asked.store, asked.sku) != "tag":
            return _wrong("tags_elsewhere", f"{asked.sku} is not tracked by tags here: name a number alone")
        for number, epc in enumerate(asked.epcs):
            pointer = f"/epcs/{number}"
            if state.identifier.tag(epc) != asked.sku:
                return _wrong("tags_elsewhere", f"{epc} is no tag of {asked.sku}", pointer)
            place = state.presence.place_of(epc)
            at = None if place is None else state.site.places[place]
            is_here = at is not None and at.store == asked.store and asked.zone in {None, at.zone}
            if is_here != (asked.pieces < 0):
                word = "not believed there" if asked.pieces < 0 else "believed there already"
                return _wrong("tags_elsewhere", f"{epc} is {word}", pointer)
        return None

    def _settle_tags(self, asked: NewAdjustment, by: Correction, now_ns: int) -> None:
        state = self._state
        for epc in asked.epcs:
            state.corrections[epc] = by
            if asked.pieces < 0:
                state.presence.depart(epc, now_ns, asked.store)
            else:
                state.presence.put(epc, state.site.place_id[asked.store, self._zone(asked)], now_ns)
        self._depart_now(now_ns)
        state.corrections.clear()

    def _zone(self, asked: NewAdjustment) -> str:
        return asked.zone or self._till.default_zone(asked.store, "receive")

    def _shares(self, asked: NewAdjustment, levels: dict[str, int]) -> dict[str, int]:
        """Return the pieces that each zone gains; of a whole store: where pieces come in, or most likely went."""
        if asked.zone is not None or asked.pieces >= 0:
            return {self._zone(asked): asked.pieces}
        roles = self._state.site.roles[asked.store]
        left, shares = -asked.pieces, Counter[str]()
        for epc in asked.epcs:
            place = self._state.presence.place_of(epc)
            if place is not None:
                shares[self._state.site.places[place].zone] -= 1
        if asked.epcs:
            return shares
        order = sorted((z for z in levels if z in roles), key=lambda z: (CHARGE_ORDER.index(roles[z]), z))
        for zone in order:
            taken = min(left, levels[zone])
            if taken:
                shares[zone] -= taken
            left -= taken
        return shares


def note_of(asked: NewAdjustment) -> str:
    """Return reason, reference and note as the journal keeps them."""
    return SEPARATOR.join((asked.reason, asked.reference, asked.note))


def adjustment_of(store: str, seq: int, movement: Movement) -> Adjustment:
    """Return the adjustment that a movement of the journal tells of."""
    reason, reference, note = (*movement.note.split(SEPARATOR, 2), "", "")[:3]
    return Adjustment(
        id=movement.ref or "",
        store=store,
        sku=movement.sku,
        at_ns=movement.at_ns,
        zones=tuple((delta.zone, delta.pieces) for delta in movement.deltas),
        reason=reason,
        reference=reference,
        note=note,
        epcs=() if movement.epc is None else (movement.epc,),
        seq=seq,
    )


def _of(levels: dict[str, int], zone: str | None) -> int:
    return sum(levels.values()) if zone is None else levels.get(zone, 0)


def _wrong(code: str, detail: str, pointer: str = "/epcs") -> Refused:
    return Refused(code, detail, ((pointer, detail),))
