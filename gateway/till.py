"""Tills, returns desks and receiving: what people say of single pieces, taken into stock. Pure.

A sale that names its tag takes that very tag out of presence; one that names the SKU alone is paired
with a tag by the ledger. An API's events and a scanner's scans come through the same three doors.
"""

from gateway.catalogue.articles import UNIDENTIFIED
from gateway.ports.intake import EventResult, TillEvent
from gateway.proofs import before_sale, count_proves
from gateway.state import State

MAX_FUTURE_NS = 300 * 1_000_000_000
"""A till's clock may run ahead by this; an event further ahead is refused."""
FOUND_READS = 3
"""A tag that a person found in a zone is as good as so many reads of it there."""
MAX_EVENT_PIECES = 1_000
"""Pieces that one event may move; a typing error beyond it is refused."""


Refusal = tuple[str, str, str]
"""(code, detail, pointer) of what is wrong with an event."""


class Till:
    """Events of people and tills, for one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._told: dict[str, tuple[str, int]] = {}
        self._sent: dict[str, tuple[str, str, int]] = {}

    def record(self, event: TillEvent, now_ns: int) -> EventResult:
        """Apply one event; return what became of it. The caller sees to it that it comes once."""
        sku = self._sku_of(event)
        refusal = self._refusal(event, sku, now_ns)
        if refusal is not None or sku is None:
            code, detail, pointer = refusal or ("unknown_sku", "", "/sku")
            return EventResult(event.event_id, "refused", None, code, detail, pointer)
        if event.type == "count":
            self.count(event, sku, now_ns)
            return EventResult(event.event_id, "applied", sku)
        zone = event.zone or self.default_zone(event.store, event.type)
        for piece in range(event.qty):
            ref = event.event_id if event.qty == 1 else f"{event.event_id}#{piece + 1}"
            if event.type == "sale":
                self.sell(event.store, sku, event.epc, ref, event.at_ns, now_ns)
            elif event.type == "return":
                self.take_back(event.store, sku, zone, event.epc, ref, event.at_ns, now_ns)
            elif event.type == "receive":
                self.receive(event.store, sku, zone, event.epc, ref, event.at_ns, now_ns)
            else:
                self.send(event, sku, ref, now_ns)
        return EventResult(event.event_id, "applied", sku)

    def _sku_of(self, event: TillEvent) -> str | None:
        if event.sku is not None:
            return event.sku if self._state.catalogue.article(event.sku) else None
        if event.epc is not None:
            return self._state.identifier.tag(event.epc)
        return self._state.catalogue.sku_of(event.gtin) if event.gtin else None

    def _contradiction(self, event: TillEvent, sku: str) -> tuple[str, str] | None:
        """Return (SKU, pointer) of another article that the event names beside `sku`, if it does."""
        if event.gtin is not None:
            other = self._state.catalogue.sku_of(event.gtin)
            if other is not None and other != sku:
                return other, "/gtin"
        if event.epc is not None:
            other = self._state.identifier.tag(event.epc)
            if other not in {sku, UNIDENTIFIED}:
                return other, "/epc"
        return None

    def _refusal(self, event: TillEvent, sku: str | None, now_ns: int) -> Refusal | None:
        """Return (code, detail, pointer) of what is wrong with an event, or None."""
        if event.store not in self._state.site.roles:
            return "unknown_store", f"no store {event.store!r}", "/store"
        if sku is None:
            named = event.sku or event.gtin or "(none)"
            return (
                "unknown_sku",
                f"no article {named!r} in the catalogue",
                "/sku" if event.sku else "/gtin",
            )
        if (other := self._contradiction(event, sku)) is not None:
            return "contradictory_product", f"the event names {sku!r} and {other[0]!r}", other[1]
        if event.zone is not None and event.zone not in self._state.site.roles[event.store]:
            return "unknown_zone", f"no zone {event.zone!r} in store {event.store!r}", "/zone"
        if event.at_ns > now_ns + MAX_FUTURE_NS:
            return "time_in_future", "the event's time lies more than 5 minutes ahead", "/at"
        return self._place_refusal(event) or _quantity_refusal(event)

    def _place_refusal(self, event: TillEvent) -> Refusal | None:
        """Return what is wrong with where a transfer goes, or a count was."""
        if event.type == "transfer":
            if event.to_store not in self._state.site.roles:
                return "unknown_store", f"no store {event.to_store!r}", "/to_store"
            if event.to_store == event.store:
                return "same_store", f"from {event.store!r} to itself", "/to_store"
        if event.type == "count" and event.zone is None:
            return "zone_missing", "a count names the zone that was counted", "/zone"
        return None

    def default_zone(self, store: str, kind: str) -> str:
        """Return where a piece turns up when nobody says: the till for a return, the back for a receipt."""
        order = ("till", "floor") if kind == "return" else ("receiving", "back_room", "floor")
        for role in order:
            for zone, zone_role in self._state.site.roles[store].items():
                if zone_role == role:
                    return zone
        return next(iter(self._state.site.roles[store]))

    def sell(self, store: str, sku: str, epc: str | None, ref: str, at_ns: int, now_ns: int) -> None:
        """One piece was sold; `epc` where the till knows the very tag."""
        ledger = self._state.ledger
        proof = before_sale(self._state, store, sku, now_ns)
        if epc is None or ledger.tracked_by(store, sku) != "tag":
            ledger.sold(store, sku, ref, at_ns, now_ns)
        elif self._state.presence.depart(epc, at_ns, store, is_sold=True):
            self._told[epc] = (ref, at_ns)
        else:
            ledger.sold_epc(store, sku, epc, None, ref, at_ns, now_ns)
        proof.sold(at_ns, now_ns)

    def told(self, epc: str) -> tuple[str, int] | None:
        """Return (ref, at_ns) of the sale that named a tag which presence now lets go; once."""
        return self._told.pop(epc, None)

    def take_back(
        self, store: str, sku: str, zone: str, epc: str | None, ref: str, at_ns: int, now_ns: int
    ) -> None:
        """One piece was brought back at `zone`."""
        if epc is not None and store not in self._state.books.ledger_stores:
            self._state.presence.expect(epc, at_ns)
        here = self._is_here(store, epc)
        self._state.ledger.returned(store, sku, zone, epc, ref, at_ns, now_ns, is_here=here)

    def receive(
        self, store: str, sku: str, zone: str, epc: str | None, ref: str, at_ns: int, now_ns: int
    ) -> None:
        """One piece was received at `zone`."""
        if epc is not None and self._state.presence.has_left(
            epc, now_ns
        ):  # sold, and come back to be sold again
            self._state.presence.expect(epc, at_ns)
        here = self._is_here(store, epc)
        self._state.ledger.received(store, sku, zone, epc, ref, at_ns, now_ns, is_here=here)

    def receive_by_document(
        self,
        place: tuple[str, str],
        sku: str,
        epc: str | None,
        ref: str,
        now_ns: int,
        sent_as: str | None = None,
    ) -> None:
        """One piece of a delivery or transfer came in at `place`, (store, zone); the document has counted it."""
        if epc is not None and self._state.presence.has_left(epc, now_ns):
            self._state.presence.expect(epc, now_ns)
        here = self._is_here(place[0], epc)
        self._state.ledger.received(
            place[0], sku, place[1], epc, ref, now_ns, now_ns, is_here=here, by_document=True, sent_as=sent_as
        )

    def send(self, event: TillEvent, sku: str, ref: str, now_ns: int) -> None:
        """One piece was sent to another store; a tag that is named goes out of presence here at once."""
        ledger, store, epc, to_store = self._state.ledger, event.store, event.epc, event.to_store or ""
        by_tag = epc is not None and ledger.tracked_by(store, sku) == "tag"
        if (
            by_tag
            and epc is not None
            and self._is_here(store, epc)
            and self._state.presence.depart(epc, event.at_ns, event.store)
        ):
            self._sent[epc] = (to_store, ref, event.at_ns)
        else:
            zone = None if by_tag or ledger.tracked_by(store, sku) == "tag" else event.zone
            there = self._is_here(to_store, epc)
            ledger.sent(store, sku, epc, zone, to_store, ref, event.at_ns, now_ns, is_there=there)

    def sent(self, epc: str) -> tuple[str, str, int] | None:
        """Return (to_store, ref, at_ns) of the transfer that named a tag which presence now lets go; once."""
        return self._sent.pop(epc, None)

    def count(self, event: TillEvent, sku: str, now_ns: int) -> None:
        """Somebody counted in a zone: so many pieces of an article, or this very tag.

        A count that is not complete (one rail of a zone) tells of the pieces that are there, and of no
        others: it only ever raises a level.
        """
        state, store, zone = self._state, event.store, event.zone or ""
        if event.epc is not None and state.ledger.tracked_by(store, sku) == "tag":
            self._found(store, sku, zone, event.epc, event, now_ns)
            return
        level = state.ledger.levels(store, sku).get(zone, 0)
        if event.complete:
            count_proves(state, store, sku, zone, event.qty, now_ns, tells_of_none=True)
        if not event.complete and event.qty <= level and store in state.books.ledger_stores:
            return  # as many were believed: that says nothing against a figure that is told later
        pieces = event.qty if event.complete else max(level, event.qty)
        state.ledger.counted(store, sku, zone, pieces, event.event_id, event.at_ns, now_ns)

    def _found(self, store: str, sku: str, zone: str, epc: str, event: TillEvent, now_ns: int) -> None:
        """This very tag was seen in a zone: as good as reads of it there; where nothing reads, announced."""
        presence, place = (
            self._state.presence,
            self._state.site.places[self._state.site.place_id[store, zone]],
        )
        presence.expect(epc, event.at_ns)
        if place.readers:
            presence.observe(epc, place.id, event.at_ns, None, FOUND_READS)
        elif not self._is_here(store, epc):
            ref = event.event_id
            self._state.ledger.received(store, sku, zone, epc, ref, event.at_ns, now_ns, is_here=False)

    def _is_here(self, store: str, epc: str | None) -> bool:
        """Return whether a tag is believed in a store."""
        place = self._state.presence.place_of(epc) if epc is not None else None
        return place is not None and self._state.site.places[place].store == store


def _quantity_refusal(event: TillEvent) -> Refusal | None:
    """Return what is wrong with an event's quantity. A count may find none."""
    least = 0 if event.type == "count" and event.epc is None else 1
    if not least <= event.qty <= MAX_EVENT_PIECES or (event.epc is not None and event.qty != 1):
        detail = f"qty must be {least} to {MAX_EVENT_PIECES}, and 1 where an EPC is named"
        return "bad_quantity", detail, "/qty"
    return None
