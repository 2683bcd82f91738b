"""What readers and scanners see of the zones that are counted: live, into the lines of a count. Pure."""

import numpy as np

from gateway.counting.book import MAX_LINES, Session
from gateway.counting.line import LineFigures
from gateway.counting.model import CountEntry
from gateway.presence.columns import PRESENT
from gateway.proofs import answered_in_zone
from gateway.state import State

TAGS_AT_ONCE = 1_000
"""Tags taken in with one pass: a microsecond or two each, so that a shop's first sweep stalls nobody."""
MAX_TAGS = 200_000
"""Tags kept of one count: four large shops."""
LATE_NS = 60 * 1_000_000_000
"""Reads may be told so late: tags are looked for that were read since this long before the last look."""
READ_BY = frozenset({"rfid", "mixed"})


def first_line(state: State, store: str, sku: str, zone: str, now_ns: int) -> LineFigures:
    """Return a line as of the start of a count, with what is answered of it now."""
    answered = answered_in_zone(state, store, sku, zone, now_ns)
    told = (answered.pieces, answered.expected, answered.p_at_least_one, answered.is_unknown)
    return LineFigures(sku, zone, state.ledger.levels(store, sku).get(zone, 0), now_ns, told)


def believed(state: State, store: str, sku: str) -> dict[str, set[str]]:
    """Return the tags of an article by the zone that they are believed in."""
    belief = state.presence.stores[store]
    columns, zones = belief.columns, [place.zone for place in belief.places]
    found: dict[str, set[str]] = {}
    for epc in state.tags_of.get((store, sku), ()):
        row = columns.index.get(epc)
        if row is not None and columns.state[row] == PRESENT:
            found.setdefault(zones[int(columns.place[row])], set()).add(epc)
    return found


def take_reads(state: State, session: Session, most: int | None = TAGS_AT_ONCE) -> None:
    """Take in the tags that readers saw in the zones of a count since it began; `most` at once, None: all."""
    count = session.count
    if count.by not in READ_BY or count.state != "open":
        return
    belief = state.presence.stores[count.store]
    columns = belief.columns
    zones = np.zeros(columns.zones, np.bool_)
    zones[[belief.zone_number[zone] for zone in count.zones]] = True
    n = columns.used
    if len(session.taken) < n:
        session.taken = np.concatenate(
            [session.taken, np.zeros(columns.capacity - len(session.taken), np.bool_)]
        )
    since_ns = max(count.started_ns, session.since_ns, session.looked_ns - LATE_NS)
    is_fresh = (columns.state[:n] == PRESENT) & (columns.last_ns[:n] > since_ns) & ~session.taken[:n]
    rows = np.flatnonzero(is_fresh & zones[columns.place[:n]])
    if most is None or len(rows) <= most:
        session.looked_ns = state.presence.epoch_ns
    for row in rows[:most].tolist():
        _take(
            state,
            session,
            columns.epcs[row],
            belief.places[int(columns.place[row])].zone,
            int(columns.last_ns[row]),
        )
        session.taken[row] = True


def _take(state: State, session: Session, epc: str, zone: str, at_ns: int) -> None:
    sku = state.identifier.tag(epc)
    if not session.has(sku) or session.tags >= MAX_TAGS:
        return
    line = session.line_of_move(sku, zone)
    if line is not None and epc not in line.seen and at_ns > line.since_ns and line.compared is None:
        line.read(epc, at_ns)
        session.tags += 1
        session.note(line)


def take_scan(
    state: State, store: str, zone: str, scanner: str, sku: str, epc: str | None, now_ns: int
) -> bool:
    """Take a scan of a counting scanner into the count of its zone; return whether there is one that wants it."""
    state.counting.catch_up(state.ledger.pending)
    for session in state.counting.live(store):
        count = session.count
        if count.state != "open" or zone not in count.zones or not session.has(sku):
            continue
        if len(session.lines) >= MAX_LINES and (sku, zone) not in session.lines:
            continue
        line = session.line_of_move(sku, zone)
        if line is None or line.compared is not None:
            continue
        by_tag = epc if state.ledger.tracked_by(store, sku) == "tag" else None
        line.enter(CountEntry("", zone, sku, qty=1, counter=scanner), by_tag, now_ns)
        session.note(line)
        return True
    return False
