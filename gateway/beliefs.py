"""How sure the level of an article is, from the belief of each of its pieces. Pure.

tag: its tags (those doubted to be gone too), pieces that were announced and never read, unpaid sales
weight: the distributions of its shelves      count: none is told, for nothing sees the pieces
"""

import numpy as np

from gateway.ports import Belief
from gateway.sales import verdicts
from gateway.state import State
from gateway.stock.certainty import belief, of_distribution

ANNOUNCED, UNREAD = 0.97, 0.7
"""That a piece is here which was announced within the pairing window, and of which no tag was read
yet; and of which none ever was: of such, some have a dead tag, and some never came."""

CORRECTED = 0.97
"""That a piece is not here which somebody counted away, or said is gone, while its tag may still be read."""


def level_belief(state: State, store: str, sku: str) -> Belief | None:
    """Return the belief in all pieces of an article in a store; None where nothing can tell.

    That of tags is kept until the next epoch, or a change of the line: an answer must stay cheap. Shelves
    know of no epochs (a shop may have no reader at all), and are asked each time.
    """
    tracked_by = state.ledger.tracked_by(store, sku)
    if tracked_by != "tag":
        return _of_shelves(state, store, sku) if tracked_by == "weight" else None
    key = (store, sku)
    stamp = (state.presence.epoch_ns, state.ledger.revision(store, sku))
    kept = state.beliefs.get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = _of_tags(state, store, sku)
    state.beliefs[key] = (stamp, found)
    return found


def _of_tags(state: State, store: str, sku: str) -> Belief:
    line = state.ledger.line(store, sku)
    p_present = state.presence.p_present(store, state.tags_of.get((store, sku), ()))
    doubtful = state.doubtful.get((store, sku), set())
    gone = state.presence.p_present(store, doubtful)
    if doubtful and not any(gone):
        doubtful.clear()
    if line is None:
        return belief([*p_present, *gone], ())
    unread = [ANNOUNCED] * len(line.credits) + [UNREAD] * line.pool.total()
    sales = [verdict.p_sold + verdict.p_unread for _, _, verdict in verdicts(state, store, sku)]
    return belief([*p_present, *gone, *unread], sales + [CORRECTED] * len(line.corrections))


def _of_shelves(state: State, store: str, sku: str) -> Belief | None:
    """Return the belief of weighed pieces: those of each shelf, behind them those known by scans."""
    counts, p = np.zeros(1, np.intp), np.ones(1)
    for section in state.site.config.shelves:
        if (section.store, section.sku) == (store, sku):
            shelf = state.shelves[section.id]
            if shelf.pieces is None or shelf.fault is not None:
                return None
            least, chances = shelf.distribution()
            counts = np.arange(len(p) + len(chances) - 1) + (counts[0] + least)
            p = np.convolve(p, chances)
    line = state.ledger.line(store, sku)
    known = (
        0
        if line is None
        else line.pool.total()
        + len(line.credits)
        + len(line.picks_ns)
        - len(line.debts)
        - len(line.corrections)
    )
    return of_distribution(counts + known, p)
