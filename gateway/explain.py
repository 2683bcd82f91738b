"""Explanations from the state as it is now: every term of a number with its evidence. Pure."""

from collections import Counter
from heapq import nsmallest

from gateway.answers import quota_use
from gateway.channels.model import ANYBODY, Asker, SafetyStock
from gateway.config.stores import IN_HAND
from gateway.explanation import (
    BookFigure,
    EventKind,
    ExpectedDelivery,
    Explanation,
    ItemEvidence,
    OpenEvent,
    OpenHold,
    ShelfEvidence,
    ZoneSight,
    ZoneTerms,
)
from gateway.ports.inventory import Availability
from gateway.state import State
from gateway.stock.line import CORRECTION, Announced, Line

MAX_ITEMS = 200
"""Tags told of one article: a person reads no more, and a page of more costs the loop its 2 ms."""
MAX_CHANCES = 64
"""P(N >= n) is told for n up to this: of more pieces a person asks by `qty`."""
MAX_HOLDS = 200
"""Reservations told of one article, the oldest: more are counted, and listed by `GET /v1/reservations`."""
MAX_DELIVERIES = 200
"""Open deliveries told of one article, those due first: a shop has one or two on their way."""
MODEL = "belief/1"
"""Of the rule of presence: raise it when its probabilities come to mean something else."""
KINDS: dict[str, EventKind] = {
    "sale": "sale",
    "return": "return",
    "receive": "receive",
    "transfer": "transfer",
    "count": "count",
    CORRECTION: "correction",
}


def explain(state: State, found: Availability, now_ns: int, asker: Asker = ANYBODY) -> Explanation:
    """Return why `found` says what it says to `asker`; the terms sum to its `on_hand`."""
    line = state.ledger.line(found.store, found.sku)
    items, more_items = _items(state, found)
    return Explanation(
        store=found.store,
        sku=found.sku,
        at_ns=now_ns,
        on_hand=found.on_hand,
        not_pickable=found.not_pickable,
        reserved=found.reserved,
        safety_stock=found.safety_stock,
        available=found.available,
        reasons=found.reasons,
        terms=() if line is None else _terms(line),
        items=items,
        more_items=more_items,
        open_sales=() if line is None else tuple(_event(debt) for debt in (*line.debts, *line.corrections)),
        announced=() if line is None else tuple(_event(credit) for credit in line.credits),
        incoming=() if line is None else tuple(_event(piece) for piece in line.incoming),
        shelves=_shelves(state, found.store, found.sku),
        zones=sight(state, found.store),
        p_at_least=() if found.belief is None else found.belief.p_at_least[:MAX_CHANCES],
        model=MODEL,
        holds=_holds(state, found, now_ns),
        book=_book(state, found.store, found.sku),
        channel=asker.channel,
        safety_rule=_safety_rule(state, found, asker, now_ns),
        quota=quota_use(state, found.store, found.sku, asker, now_ns, found.on_hand),
        deliveries=tuple(
            ExpectedDelivery(piece.delivery, piece.reference, piece.due_ns, piece.pieces)
            for piece in state.deliveries.pieces(found.store, found.sku, now_ns)[:MAX_DELIVERIES]
        ),
    )


def sight(state: State, store: str) -> tuple[ZoneSight, ...]:
    """Return how well each zone of a store is seen, in the order of the site; empty: no such store."""
    seen = []
    for zone in state.site.roles.get(store, {}):
        place = state.site.place_id[store, zone]
        known = state.phases.of(store, zone)
        if not state.site.places[place].readers or known is None:
            seen.append(ZoneSight(zone, 0.0, None, None))
        else:
            seen.append(ZoneSight(zone, state.presence.coverage(place), *known))
    return tuple(seen)


def _terms(line: Line) -> tuple[ZoneTerms, ...]:
    """Return the terms of each zone of a line, as `Line.levels` adds them up."""
    weighed: Counter[str] = Counter()
    for zone, pieces in line.shelves.values():
        weighed[zone] += pieces
    announced = Counter(credit.zone for credit in line.credits)
    levels = line.tags + line.pool + weighed + announced
    left = Counter(levels)
    gone = line.charge(left, line.corrections) + line.charge(left, line.debts)
    sold = Counter(zone for _, zone in gone)
    weighed[IN_HAND] += len(line.picks_ns)  # a shelf lost them, and no till has sold them yet
    zones = [zone for zone in (*line.roles, IN_HAND) if any(c[zone] for c in (levels, weighed))]
    return tuple(
        ZoneTerms(zone, line.tags[zone], line.pool[zone], weighed[zone], announced[zone], sold[zone])
        for zone in zones
    )


def _event(event: Announced) -> OpenEvent:
    return OpenEvent(KINDS[event.kind], event.ref, event.at_ns, event.zone or None, event.epc)


def _items(state: State, found: Availability) -> tuple[tuple[ItemEvidence, ...], int]:
    """Return the least certain tags of an article, those that fell silent among them, and how many are left off."""
    key = (found.store, found.sku)
    epcs = sorted((*state.tags_of.get(key, ()), *state.doubtful.get(key, ())))
    p_present = state.presence.p_present(found.store, epcs)
    known = [(p, epc) for p, epc in zip(p_present, epcs, strict=True) if p > 0]
    least = nsmallest(MAX_ITEMS, known)
    items = []
    for _, epc in least:
        item = state.presence.item(epc)
        if item is not None:
            zone = None if item.place is None else state.site.places[item.place].zone
            p_zone = None if item.place is None else item.p_place
            items.append(
                ItemEvidence(
                    epc, zone, p_zone, item.p_present, item.last_seen_ns, epc in state.presence.clones
                )
            )
    return tuple(items), len(known) - len(least)


def _holds(state: State, found: Availability, now_ns: int) -> tuple[OpenHold, ...]:
    holds = state.book.holding(found.store, found.sku, now_ns)[:MAX_HOLDS]
    lines = [(hold, line) for hold in holds if (line := hold.line(found.sku)) is not None]
    return tuple(
        OpenHold(h.id, h.state, line.secured, line.picked, h.expires_ns, h.channel) for h, line in lines
    )


def _safety_rule(state: State, found: Availability, asker: Asker, now_ns: int) -> SafetyStock | None:
    article = state.catalogue.article(found.sku)
    return None if article is None else state.channels.safety(found.store, article, asker.channel, now_ns)


def _book(state: State, store: str, sku: str) -> BookFigure | None:
    account = state.books.account(store, sku)
    if account is None or account.figure is None:
        return None
    return BookFigure(account.figure.pieces, account.figure.as_of_ns, account.moved)


def _shelves(state: State, store: str, sku: str) -> tuple[ShelfEvidence, ...]:
    shelves = []
    for section in state.site.config.shelves:
        if (section.store, section.sku) == (store, sku):
            shelf, device = state.shelves[section.id], state.devices[section.id]
            least, chances = shelf.distribution()
            p_pieces = tuple((least + more, float(p)) for more, p in enumerate(chances))
            shelves.append(
                ShelfEvidence(
                    device=section.id,
                    zone=section.zone,
                    pieces=shelf.pieces,
                    in_doubt=shelf.in_doubt,
                    weighed_at_ns=device.last_seen_ns,
                    p_pieces=() if shelf.pieces is None else p_pieces,
                )
            )
    return tuple(shelves)
