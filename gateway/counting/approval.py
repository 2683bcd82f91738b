"""An approved count takes effect: tags found and missing, levels, what it proves of past answers. Pure.

tags not seen where they are believed ─▶ depart      tags seen elsewhere ─▶ move or arrive
then each level ─▶ what was seen + what moved since ─▶ movement "counted", with whatever is left to change
"""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.calibration import Answered
from gateway.counting.book import DayTally, Session
from gateway.counting.line import LineFigures
from gateway.movements import MovementKind
from gateway.state import State
from gateway.stock.correction import Correction

CAUSE = "count"
NO_DEPARTMENT = ""
NS_PER_S = 1_000_000_000


def approve(state: State, session: Session, depart_now: Callable[[int], None], now_ns: int) -> None:
    """Let a submitted count take effect, all of it in this pass. Levels never fall below zero by it."""
    count = session.count
    lines = [line for line in session.lines.values() if line.compared is not None]
    wanted_of = [(line, _wanted(state, session, line)) for line in lines]
    _settle_tags(state, session, lines, depart_now, now_ns)
    for line, wanted in wanted_of:
        level = state.ledger.levels(count.store, line.sku).get(line.zone, 0)
        by = Correction(MovementKind.COUNTED, CAUSE, count.id, now_ns, _note(line))
        state.ledger.corrected(count.store, line.sku, line.zone, wanted - level, by, now_ns)
        state.touched.add((count.store, line.sku))
    for line in lines:
        if line.zone not in count.incomplete:
            _prove(state, session, line, now_ns)
    state.counting.catch_up(state.ledger.pending)


def _wanted(state: State, session: Session, line: LineFigures) -> int:
    """Return the level that a line is to have: what was seen, and what moved since."""
    return max(0, state.ledger.levels(session.count.store, line.sku).get(line.zone, 0) + line.to_change)


def _settle_tags(
    state: State, session: Session, lines: list[LineFigures], depart_now: Callable[[int], None], now_ns: int
) -> None:
    """Let the tags that were not seen depart, and those seen elsewhere be where they were seen."""
    count, corrections = session.count, state.corrections
    submitted_ns = count.submitted_ns or now_ns
    by = Correction(MovementKind.COUNTED, CAUSE, count.id, now_ns, "not seen by a complete count")
    for line in lines:
        here = state.site.place_id[count.store, line.zone]
        for epc in line.compared.missing if line.compared else ():
            was_read = (state.presence.last_seen_ns(epc) or 0) > submitted_ns
            if state.presence.place_of(epc) == here and not was_read:
                corrections[epc] = by
                state.presence.depart(epc, now_ns, count.store)
    depart_now(now_ns)
    found = Correction(MovementKind.COUNTED, CAUSE, count.id, now_ns, "found by a count")
    for line in lines:
        here = state.site.place_id[count.store, line.zone]
        for epc in line.compared.extra if line.compared else ():
            if state.presence.place_of(epc) != here:
                corrections[epc] = found
                state.presence.put(epc, here, now_ns)
    depart_now(now_ns)
    corrections.clear()


def _note(line: LineFigures) -> str:
    compared = line.compared
    if compared is None or not compared.off:
        return ""
    return f"{compared.seen} seen, {compared.expected} expected"


def _prove(state: State, session: Session, line: LineFigures, now_ns: int) -> None:
    """Score what was answered just before the count began, by what it found."""
    count, pieces = session.count, line.seen_at_start
    answered = Answered(*line.answered)
    state.calibration.counted(count.store, answered, pieces, now_ns, tells_of_none=True)
    state.kpis.counted(count.store, line.sku, answered, pieces)
    article = state.catalogue.article(line.sku)
    department = (article.department if article else None) or NO_DEPARTMENT
    tally: DayTally = state.counting.tally(
        count.store, _day(state, count.store, count.started_ns), department
    )
    if answered.is_unknown:
        tally.unknown += 1
        return
    tally.lines += 1
    tally.right += answered.pieces == pieces
    tally.answered += answered.pieces
    tally.counted += pieces
    tally.off += abs(answered.pieces - pieces)


def _day(state: State, store: str, at_ns: int) -> str:
    """Return the local day of a time, such as 2026-11-21."""
    zone = next((s.timezone for s in state.site.config.stores if s.id == store), "UTC")
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(ZoneInfo(zone)).date().isoformat()
