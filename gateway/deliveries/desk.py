"""Deliveries as people and their systems tell of them: announced, changed, received by hand, ended. Pure.

What is decided here is committed with the pass, before it is answered.
"""

from dataclasses import replace

from gateway.audit import Actor
from gateway.deliveries.lines import known_lines
from gateway.deliveries.model import (
    MAX_PIECES,
    AmendDelivery,
    Delivery,
    DeliveryOutcome,
    DocumentRefused,
    Ending,
    ExpectedLine,
    LineAsked,
    NewDelivery,
)
from gateway.state import State
from gateway.till import Till

RECEIVED_AT_ONCE = 100
"""Pieces that are received by hand in one step of the pipeline: some 10 µs each, and more on a long line."""


class DeliveryDesk:
    """Decides on the deliveries of one state."""

    def __init__(self, state: State, till: Till) -> None:
        self._state = state
        self._till = till
        self._book = state.deliveries

    def announce(self, delivery_id: str, asked: NewDelivery, actor: Actor, now_ns: int) -> DeliveryOutcome:
        """Expect a delivery."""
        if asked.store not in self._state.site.roles:
            return DocumentRefused("unknown_store", f"there is no store {asked.store!r}")
        if self._book.is_full:
            return DocumentRefused(
                "too_many_open", "close or cancel deliveries that are over, then ask again"
            )
        lines = self._lines(asked.lines)
        if isinstance(lines, DocumentRefused):
            return lines
        made = Delivery(
            id=delivery_id,
            store=asked.store,
            lines=lines,
            from_ns=asked.from_ns,
            due_ns=asked.due_ns,
            created_ns=now_ns,
            changed_ns=now_ns,
            reference=asked.reference,
            source=asked.source,
        )
        return self._put(made, actor, "announce", f"{made.pieces} pieces", now_ns)

    def amend(
        self, delivery_id: str, asked: AmendDelivery, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> DeliveryOutcome:
        """Change when a delivery is expected, or how much of what."""
        found = self._found(delivery_id, stores)
        if isinstance(found, DocumentRefused):
            return found
        if found.version != asked.version:
            detail = f"it is at version {found.version}, not {asked.version}"
            return DocumentRefused("document_changed", detail)
        if not found.is_open:
            return _wrong_state(found, "changed")
        due_ns = found.due_ns if asked.due_ns is None else asked.due_ns
        from_ns = min(due_ns, found.from_ns if asked.from_ns is None else asked.from_ns)
        lines = self._amended(found, asked.lines) if asked.lines else found.lines
        if isinstance(lines, DocumentRefused):
            return lines
        if (from_ns, due_ns, lines) == (found.from_ns, found.due_ns, found.lines):
            return found
        after = found.changed(now_ns, from_ns=from_ns, due_ns=due_ns, lines=lines)
        return self._put(after, actor, "amend", f"{after.pieces} pieces", now_ns)

    def end(
        self, delivery_id: str, ending: Ending, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> DeliveryOutcome:
        """Let nothing more be expected of a delivery; one of which pieces came is closed, not cancelled."""
        found = self._found(delivery_id, stores)
        if isinstance(found, DocumentRefused) or found.state == ending:
            return found
        if not found.is_open or (ending == "cancelled" and found.state != "expected"):
            return _wrong_state(found, ending)
        after = found.changed(now_ns, ending=ending)
        verb = "cancel" if ending == "cancelled" else "close"
        return self._put(after, actor, verb, f"{found.missing} pieces missing", now_ns)

    def receive(
        self, delivery_id: str, zone: str | None, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> DeliveryOutcome:
        """All pieces are there, somebody says: so many of them come in as fit one step; ask until none is missing.

        Those of tagged articles are announced, and their tags confirm them; others are in stock at once.
        """
        found = self._found(delivery_id, stores)
        if isinstance(found, DocumentRefused) or found.state == "received":
            return found
        if not found.is_open:
            return _wrong_state(found, "received")
        if zone is not None and zone not in self._state.site.roles[found.store]:
            return DocumentRefused("unknown_zone", f"no zone {zone!r} in store {found.store!r}")
        place = found.store, zone or self._till.default_zone(found.store, "receive")
        left = RECEIVED_AT_ONCE
        for line in found.lines:
            for epc in _coming(line)[:left]:
                left -= 1
                ref = f"delivery:{found.id}:{found.arrived + 1}"
                self._till.receive_by_document(place, line.sku, epc, ref, now_ns)
                found = self._book.count(found, line.sku, epc, now_ns)
        if found.state == "received":
            self._audit(found, actor, "receive", f"{found.pieces} pieces", now_ns)
        return found

    # -- parts ----------------------------------------------------------------------------------------

    def _found(self, delivery_id: str, stores: frozenset[str]) -> Delivery | DocumentRefused:
        """Return a delivery to one of `stores` (empty: to any)."""
        found = self._book.get(delivery_id)
        if found is None or (stores and found.store not in stores):
            return DocumentRefused("unknown_delivery", f"there is no delivery {delivery_id!r}")
        return found

    def _lines(self, asked: tuple[LineAsked, ...]) -> tuple[ExpectedLine, ...] | DocumentRefused:
        return known_lines(asked, self._state.catalogue, self._state.identifier, MAX_PIECES)

    def _amended(
        self, found: Delivery, asked: tuple[LineAsked, ...]
    ) -> tuple[ExpectedLine, ...] | DocumentRefused:
        """Return the lines with other quantities; those not named stay, and one of none is taken out."""
        wanted = self._lines(asked)
        if isinstance(wanted, DocumentRefused):
            return wanted
        lines = {line.sku: line for line in found.lines}
        for line in wanted:
            before = lines.get(line.sku, ExpectedLine(line.sku, 0))
            if line.qty < before.arrived:
                detail = f"{before.arrived} pieces of {line.sku} have come already"
                return DocumentRefused("invalid_request", detail, (("/lines", detail),))
            epcs = tuple(dict.fromkeys((*line.epcs, *sorted(before.seen)))) if line.epcs else before.epcs
            if len(epcs) > line.qty:
                detail = f"{len(epcs)} tags of {line.sku} are named, which are more than {line.qty} pieces"
                return DocumentRefused("invalid_request", detail, (("/lines", detail),))
            lines[line.sku] = replace(before, qty=line.qty, epcs=epcs)
        left = tuple(line for line in lines.values() if line.qty)
        if not left:
            detail = "no line is left: cancel the delivery instead"
            return DocumentRefused("invalid_request", detail, (("/lines", detail),))
        return left

    def _put(self, delivery: Delivery, actor: Actor, verb: str, detail: str, now_ns: int) -> Delivery:
        self._book.put(delivery)
        self._audit(delivery, actor, verb, detail, now_ns)
        return delivery

    def _audit(self, delivery: Delivery, actor: Actor, verb: str, detail: str, now_ns: int) -> None:
        self._state.audit(actor, f"deliveries.{verb}", delivery.store, delivery.id, detail, now_ns)


def _coming(line: ExpectedLine) -> list[str | None]:
    """Return the tag of each piece that has not come, None where it is not named."""
    named = [epc for epc in line.epcs if epc not in line.seen][: line.missing]
    return [*named, *[None] * (line.missing - len(named))]


def _wrong_state(found: Delivery, what: str) -> DocumentRefused:
    return DocumentRefused("wrong_state", f"a delivery that is {found.state} cannot be {what}")
