"""Sales by article alone, and the tags that fit having left by them: judged each epoch. Pure.

unpaid sale ─▶ which tag fits? ─┬─ one, surely ───────────▶ it departs, and pays the sale
                                ├─ none, and none unread ─▶ the scan was wrong: the piece is back in the level
                                └─ not clear yet ─────────▶ the level stays lowered; wait
"""

from gateway.presence.rule import NS_PER_S
from gateway.state import State
from gateway.stock.association import Candidate, Verdict, judge

SURE = 0.9
"""A tag departs by a sale where it fits at least so surely."""
WRONG = 0.1
"""A sale is of nothing where it is believed less than this."""
LEAST_WAIT_NS = 15 * NS_PER_S
"""A paid piece is on its way to the gate first: what is read there says more."""


def candidates(state: State, store: str, sku: str) -> list[Candidate]:
    """Return the tags of an article that are believed in a store, with what speaks for their leaving."""
    found = []
    for epc in sorted(state.tags_of.get((store, sku), ())):
        evidence = state.presence.leaving(epc)
        if evidence is not None:
            role = state.site.places[evidence.place].role
            found.append(Candidate(epc, role, evidence.last_seen_ns, evidence.last_rest_ns, evidence.silence))
    return found


def verdicts(state: State, store: str, sku: str) -> list[tuple[str, int, Verdict]]:
    """Return (ref, at_ns, verdict) of each unpaid sale, oldest first; a tag is taken by one of them."""
    tags = candidates(state, store, sku)
    unread = state.ledger.unread(store, sku)
    judged = []
    for ref, at_ns in state.ledger.sales_owed(store, sku):
        verdict = judge(at_ns, tags, unread)
        tags = [tag for tag in tags if tag.epc != verdict.epc]
        judged.append((ref, at_ns, verdict))
    return judged


def settle_sales(state: State, store: str, sku: str, now_ns: int) -> None:
    """Let unpaid sales take their tags, or be taken back."""
    if not all(
        state.is_watched(store, zone, now_ns) for zone, n in state.ledger.levels(store, sku).items() if n > 0
    ):
        return
    for ref, at_ns, verdict in verdicts(state, store, sku):
        if now_ns - at_ns < LEAST_WAIT_NS:
            continue
        if verdict.epc is not None and verdict.p_left > SURE:
            state.presence.depart_sold(verdict.epc, now_ns, verdict.p_left)
        elif verdict.p_sold < WRONG:
            state.ledger.not_sold(store, sku, ref, now_ns)
