"""Transfers as people tell of them: requested, sent, received by hand, ended. Pure.

What is decided here is committed with the pass, before it is answered.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from gateway.answers import availability
from gateway.audit import Actor
from gateway.deliveries.lines import known_lines
from gateway.deliveries.model import DocumentRefused, ExpectedLine, Shortfall
from gateway.ports.intake import TillEvent
from gateway.state import State
from gateway.till import Till
from gateway.transfers.model import MAX_PIECES, Ending, NewTransfer, Transfer, TransferOutcome


class TransferDesk:
    """Decides on the transfers of one state. `depart_now` has departures take effect that were told just now."""

    def __init__(self, state: State, till: Till, depart_now: Callable[[int], None]) -> None:
        self._state = state
        self._till = till
        self._book = state.transfers
        self._depart_now = depart_now

    def request(self, transfer_id: str, asked: NewTransfer, actor: Actor, now_ns: int) -> TransferOutcome:
        """Ask for pieces of one store to be sent to another: nothing moves yet, and nothing is held."""
        for store in (asked.from_store, asked.to_store):
            if store not in self._state.site.roles:
                return DocumentRefused("unknown_store", f"there is no store {store!r}")
        if asked.from_store == asked.to_store:
            detail = f"from {asked.from_store!r} to itself"
            return DocumentRefused("invalid_request", detail, (("/to", detail),))
        if self._book.is_full:
            return DocumentRefused("too_many_open", "close or cancel transfers that are over, then ask again")
        lines = known_lines(asked.lines, self._state.catalogue, self._state.identifier, MAX_PIECES)
        if isinstance(lines, DocumentRefused):
            return lines
        ends = asked.from_store, asked.to_store
        made = Transfer(transfer_id, *ends, lines, now_ns, now_ns, asked.reference)
        return self._put(made, actor, "request", f"to {made.to_store}", now_ns)

    def send(
        self, transfer_id: str, stores: frozenset[str], actor: Actor, now_ns: int, *, force: bool
    ) -> TransferOutcome:
        """The pieces leave: those named by their tags, the others by their articles.

        Pieces that are promised to somebody do not leave, unless it is forced.
        """
        found = self._found(transfer_id, stores, "from")
        if isinstance(found, DocumentRefused) or found.state in {"sent", "partly_received", "received"}:
            return found
        if found.state != "requested":
            return _wrong_state(found, "sent")
        self._depart_now(now_ns)
        shortfalls = () if force else tuple(self._shortfalls(found, now_ns))
        if shortfalls:
            first = shortfalls[0]
            detail = f"{first.requested} of {first.sku} in {first.store} are asked for: fewer are free"
            return DocumentRefused("insufficient_availability", detail, shortfalls=shortfalls)
        sent = found.changed(now_ns, sent_ns=now_ns)
        self._put(sent, actor, "send", f"to {sent.to_store}", now_ns)
        for piece, (sku, epc) in enumerate(_pieces(found.lines), 1):
            event = TillEvent(
                sent.ref(piece), "transfer", found.from_store, sku, None, epc, 1, now_ns, None, found.to_store
            )
            self._till.send(event, sku, sent.ref(piece), now_ns)
        self._depart_now(now_ns)
        return self._book.get(transfer_id) or sent

    def receive(
        self, transfer_id: str, zone: str | None, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> TransferOutcome:
        """All pieces that are missing are there, somebody in the store of arrival says."""
        found = self._found(transfer_id, stores, "to")
        if isinstance(found, DocumentRefused) or found.state == "received":
            return found
        if found.state not in {"sent", "partly_received"}:
            return _wrong_state(found, "received")
        if zone is not None and zone not in self._state.site.roles[found.to_store]:
            return DocumentRefused("unknown_zone", f"no zone {zone!r} in store {found.to_store!r}")
        place = found.to_store, zone or self._till.default_zone(found.to_store, "receive")
        for sku, epc, sent_as in self._missing(found):
            ref = f"{sent_as or found.ref(0)}:received"
            self._till.receive_by_document(place, sku, epc, ref, now_ns, sent_as)
        lines = tuple(
            replace(line, arrived=line.qty, seen=line.seen | frozenset(_unseen(line))) for line in found.lines
        )
        after = found.changed(now_ns, lines=lines)
        return self._put(after, actor, "receive", f"{found.missing} pieces", now_ns)

    def end(
        self, transfer_id: str, ending: Ending, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> TransferOutcome:
        """Cancel what was not sent; close what was, and its missing pieces are on their way no more."""
        found = self._found(transfer_id, stores, "to" if ending == "closed" else None)
        if isinstance(found, DocumentRefused) or found.state == ending:
            return found
        of = {"requested"} if ending == "cancelled" else {"sent", "partly_received"}
        if found.state not in of:
            return _wrong_state(found, ending)
        refs = frozenset(found.ref(piece) for piece in range(1, sum(line.qty for line in found.lines) + 1))
        for line in found.lines:
            self._state.ledger.not_coming(found.to_store, line.sku, refs)
        verb = "cancel" if ending == "cancelled" else "close"
        after = found.changed(now_ns, ending=ending)
        return self._put(after, actor, verb, f"{found.missing} pieces missing", now_ns)

    # -- parts ----------------------------------------------------------------------------------------

    def _found(
        self, transfer_id: str, stores: frozenset[str], side: Literal["from", "to"] | None = None
    ) -> Transfer | DocumentRefused:
        """Return a transfer from or to one of `stores` (empty: of any); `side`: where one of them has to be."""
        found = self._book.get(transfer_id)
        if found is None or (stores and not stores & {found.from_store, found.to_store}):
            return DocumentRefused("unknown_transfer", f"there is no transfer {transfer_id!r}")
        needed = found.from_store if side == "from" else found.to_store
        if side is not None and stores and needed not in stores:
            return DocumentRefused("forbidden_store", f"this key is not for store {needed!r}")
        return found

    def _shortfalls(self, found: Transfer, now_ns: int) -> list[Shortfall]:
        """Return the articles of which fewer pieces are free than are to leave."""
        store, short = found.from_store, []
        for line in found.lines:
            view = availability(self._state, store, line.sku, 1, now_ns, is_dated=False, is_sure=False)
            free = max(0, view.on_hand - view.not_pickable - view.reserved)
            taken = [e for e in line.epcs if self._state.book.picked_by(store, line.sku, e) is not None]
            free = min(free, line.qty - len(taken))
            if free < line.qty:
                short.append(Shortfall(store, line.sku, line.qty, free))
        return short

    def _missing(self, found: Transfer) -> list[tuple[str, str | None, str | None]]:
        """Return (SKU, tag where it is named, ref of its sending where it is still known to be on its way)."""
        missing: list[tuple[str, str | None, str | None]] = []
        refs = {found.ref(piece) for piece in range(1, sum(line.qty for line in found.lines) + 1)}
        for line in found.lines:
            of = self._state.ledger.line(found.to_store, line.sku)
            coming = [] if of is None else [piece for piece in of.incoming if piece.ref in refs]
            by_tag = {piece.epc: piece.ref for piece in coming if piece.epc is not None}
            unnamed = [piece.ref for piece in coming if piece.epc is None]
            named = _unseen(line)
            missing += [(line.sku, epc, by_tag.get(epc)) for epc in named]
            nameless = line.missing - len(named)
            refs_left = (*unnamed, *[None] * nameless)[:nameless]
            missing += [(line.sku, None, ref) for ref in refs_left]
        return missing

    def _put(self, transfer: Transfer, actor: Actor, verb: str, detail: str, now_ns: int) -> Transfer:
        self._book.put(transfer)
        subject, store = transfer.id, transfer.from_store
        self._state.audit(actor, f"transfers.{verb}", store, subject, detail, now_ns)
        self._state.touched.update(
            (store, line.sku) for store in (transfer.from_store, transfer.to_store) for line in transfer.lines
        )
        return transfer


def _unseen(line: ExpectedLine) -> list[str]:
    """Return the tags that are named and have not come, no more than are missing."""
    return [epc for epc in line.epcs if epc not in line.seen][: line.missing]


def _pieces(lines: tuple[ExpectedLine, ...]) -> list[tuple[str, str | None]]:
    """Return (SKU, its tag where it is named) of each piece."""
    pieces: list[tuple[str, str | None]] = []
    for line in lines:
        pieces += [(line.sku, epc) for epc in line.epcs]
        pieces += [(line.sku, None)] * (line.qty - len(line.epcs))
    return pieces


def _wrong_state(found: Transfer, what: str) -> DocumentRefused:
    return DocumentRefused("wrong_state", f"a transfer that is {found.state} cannot be {what}")
