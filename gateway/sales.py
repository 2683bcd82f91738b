"""Sales by article alone, and the tags that fit having left by them: judged each epoch. Pure.

unpaid sale ─▶ which tag fits? ─┬─ one, surely ───────────▶ it departs, and pays the sale
                                ├─ none, and none unread ─▶ the scan was wrong: the piece is back in the level
                                └─ not clear yet ─────────▶ the level stays lowered; wait
"""

from gateway.presence.model import LeavingEvidence
from gateway.presence.rule import NS_PER_S
from gateway.state import State
from gateway.stock.association import Candidate, SaleMark, Verdict, judge

SURE, SURE_AT_TILL = 0.985, 0.9
"""A tag departs by a sale where it fits at least so surely: a silent one after a while, one at the till at once."""
WRONG = 0.1
"""A sale is of nothing where it is believed less than this."""
LEAST_WAIT_NS = 75 * NS_PER_S
"""A paid piece is on its way to the gate first: what is read there says more."""

HEADING, HEADING_NS = 0.15, 300 * NS_PER_S
"""Chance in an epoch that the sold piece passes the gate, and how long after the payment it may."""


def verdicts(state: State, store: str, sku: str) -> list[tuple[str, int, Verdict]]:
    """Return (ref, at_ns, verdict) of each unpaid sale, oldest first; a tag is taken by one of them."""
    owed = state.ledger.sales_owed(store, sku)
    if not owed:
        return []
    tags = [
        tag
        for epc in sorted(state.tags_of.get((store, sku), ()))
        if (tag := state.presence.leaving(epc)) is not None
    ]
    unread = state.ledger.unread(store, sku)
    marks = _marks(state, (store, sku), owed, tags)
    judged: list[tuple[str, int, Verdict]] = []
    taken: set[str | None] = set()
    for ref, at_ns in owed:
        fitting = [_candidate(state, tag, marks[ref], at_ns) for tag in tags if tag.epc not in taken]
        verdict = judge(at_ns, fitting, unread)
        taken.add(verdict.epc)
        judged.append((ref, at_ns, verdict))
    return judged


def _marks(
    state: State, key: tuple[str, str], owed: list[tuple[str, int]], tags: list[LeavingEvidence]
) -> dict[str, SaleMark]:
    """Return the mark of each unpaid sale of an article; those of paid ones are let go."""
    old = state.sale_marks.get(key, {})
    now_ns = state.presence.epoch_ns
    marks = {ref: old.get(ref) or SaleMark(now_ns, {tag.epc: tag.silence for tag in tags}) for ref, _ in owed}
    state.sale_marks[key] = marks
    return marks


def _candidate(state: State, tag: LeavingEvidence, mark: SaleMark, sale_ns: int) -> Candidate:
    role = state.site.places[tag.place].role
    silence = mark.since(tag, sale_ns)
    return Candidate(tag.epc, role, tag.last_seen_ns, tag.last_rest_ns, silence, tag.passing)


def settle_sales(state: State, store: str, sku: str, now_ns: int) -> None:
    """Let unpaid sales take their tags, or be taken back."""
    levels = state.ledger.levels(store, sku)
    if not all(state.is_watched(store, zone, now_ns) for zone, n in levels.items() if n > 0):
        return
    heading: dict[str, float] = dict.fromkeys(state.tags_of.get((store, sku), ()), 0.0)
    for ref, at_ns, verdict in verdicts(state, store, sku):
        if now_ns - at_ns < HEADING_NS:
            for epc, p_left in verdict.p_left.items():
                heading[epc] = max(heading[epc], HEADING * p_left)
        best, is_late = verdict.epc, now_ns - at_ns >= LEAST_WAIT_NS
        if best is not None and verdict.p_left[best] > (SURE if is_late else SURE_AT_TILL):
            at_till = _is_at_till(state, best)
            if is_late or at_till:
                state.presence.depart_sold(best, now_ns, verdict.p_left[best], at_till=at_till)
        elif is_late and verdict.p_sold < WRONG:
            state.ledger.not_sold(store, sku, ref, now_ns)
    for epc, p_leaving in heading.items():
        state.presence.hint(store, epc, p_leaving)


def _is_at_till(state: State, epc: str) -> bool:
    """Return whether a tag is on its way past a till or exit."""
    tag = state.presence.leaving(epc)
    return tag is not None and _passes(state, tag)


def _passes(state: State, tag: LeavingEvidence) -> bool:
    """Return whether a tag is on its way past a till or exit."""
    return tag.passing > 0 or state.site.places[tag.place].role in {"till", "exit"}


def settle_paid(state: State, store: str, sku: str) -> None:
    """Let the tags of an article whose sales are all paid head nowhere any more."""
    if state.sale_marks.pop((store, sku), None) is not None:
        for epc in state.tags_of.get((store, sku), ()):
            state.presence.hint(store, epc, 0.0)
