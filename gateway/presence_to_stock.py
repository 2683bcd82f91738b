"""Where tags are believed to be, told to the ledger: each arrival, move and departure with its cause. Pure."""

from gateway.movements import MovementKind
from gateway.presence.model import Arrived, Departed, Moved
from gateway.state import State
from gateway.till import Till


class PresenceToStock:
    """Takes what presence says of tags into the stock of one state."""

    def __init__(self, state: State, till: Till) -> None:
        self._state = state
        self._till = till

    def apply(self, now_ns: int) -> None:
        """Let all take effect that presence said since the last call."""
        for event in self._state.presence.drain():
            sku = self._state.identifier.tag(event.epc)
            match event:
                case Arrived():
                    self._arrived(event, sku, now_ns)
                case Moved():
                    self._moved(event, sku, now_ns)
                case Departed():
                    self._departed(event, sku, now_ns)

    def _arrived(self, event: Arrived, sku: str, now_ns: int) -> None:
        state, place = self._state, self._state.site.places[event.place]
        state.doubtful.get((place.store, sku), set()).discard(event.epc)
        state.tags_of.setdefault((place.store, sku), set()).add(event.epc)
        state.stood_at(place.store, sku, place.zone, place.role)
        if (by := state.corrections.pop(event.epc, None)) is not None:
            state.ledger.tag_found(place.store, sku, event.epc, place.zone, by, now_ns)
        else:
            state.ledger.tag_arrived(
                place.store, sku, event.epc, place.zone, event.at_ns, now_ns, came_back=event.came_back
            )

    def _moved(self, event: Moved, sku: str, now_ns: int) -> None:
        state, place = self._state, self._state.site.places[event.place]
        source = state.site.places[event.from_place]
        state.stood_at(place.store, sku, place.zone, place.role)
        by = state.corrections.pop(event.epc, None)
        if by is not None and source.store == place.store:
            state.ledger.tag_put(place.store, sku, event.epc, source.zone, place.zone, by, now_ns)
        elif source.store == place.store:
            state.ledger.tag_moved(place.store, sku, event.epc, source.zone, place.zone, event.at_ns, now_ns)
        else:
            state.tags_of.setdefault((source.store, sku), set()).discard(event.epc)
            state.tags_of.setdefault((place.store, sku), set()).add(event.epc)
            ends = (source.store, source.zone), (place.store, place.zone)
            state.ledger.tag_transferred(sku, event.epc, *ends, event.at_ns, now_ns)

    def _departed(self, event: Departed, sku: str, now_ns: int) -> None:
        state, place = self._state, self._state.site.places[event.place]
        state.tags_of.setdefault((place.store, sku), set()).discard(event.epc)
        if event.cause == "silence":
            state.doubtful.setdefault((place.store, sku), set()).add(event.epc)
        told, sent = self._till.told(event.epc), self._till.sent(event.epc)
        by = state.corrections.pop(event.epc, None)
        where = place.store, sku, event.epc, place.zone
        if event.cause == "told" and by is not None:
            state.ledger.tag_gone(*where, by, now_ns, pays=by.kind is MovementKind.COUNTED)
        elif event.cause == "told" and sent is not None:
            to_store, ref, at_ns = sent
            state.ledger.sent(*where, to_store, ref, at_ns, now_ns, is_there=False)
        elif event.cause == "told" and told is not None:
            ref, at_ns = told
            state.ledger.sold_epc(*where, ref, at_ns, now_ns)
        else:
            state.ledger.tag_departed(*where, event.at_ns, now_ns, event.last_seen_ns, event.cause)
