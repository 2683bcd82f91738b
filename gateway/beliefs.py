"""How sure the level of an article is, from the belief of each of its pieces. Pure.

tag: its tags (those doubted to be gone too), pieces that were announced and never read, unpaid sales
weight: the distributions of its shelves      count: none is told, for nothing sees the pieces
"""

from collections.abc import Iterator

import numpy as np

from gateway.alerts.rules import Likely
from gateway.ports.inventory import Belief
from gateway.sales import verdicts
from gateway.state import State
from gateway.stock.certainty import belief, of_distribution
from gateway.stock.line import Line

ANNOUNCED, UNREAD = 0.97, 0.7
"""That a piece is here which was announced within the pairing window, and of which no tag was read
yet; and of which none ever was: of such, some have a dead tag, and some never came."""

SURELY_THERE = 3
"""Of so many believed pieces one is there: belief need not be asked."""
MAY_MISS = 2
"""So many pieces may be missing, and nobody has noticed yet; more at once are rare."""
BEHIND = frozenset({"back_room", "receiving"})
PICKABLE = BEHIND | {"floor"}

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


def likely(state: State, store: str, sku: str, floor: int, back: int, spare: int) -> Likely | None:
    """Return what stock alerts rest on where pieces are in doubt, beside the level's `floor` and `back` pieces; None
    where nothing tells more than they do. `spare`: of these, so many may miss before few are left.

    Where so many are believed that no doubt changes a verdict, the pieces stand for it: most articles cost nothing.
    """
    if state.ledger.tracked_by(store, sku) != "tag" or store in state.books.ledger_stores:
        return None
    on_hand = sum(state.ledger.levels(store, sku).values())
    may_be_gone, may_be_empty = on_hand < SURELY_THERE, floor <= 1 and back > 0
    if not (may_be_gone or may_be_empty or spare <= MAY_MISS):
        return None
    whole = level_belief(state, store, sku) if may_be_gone else None
    in_store = float(on_hand > 0) if whole is None else whole.at_least(1)
    return Likely(in_store, *_by_room(state, store, sku, floor + back - spare))


def _by_room(state: State, store: str, sku: str, few: int) -> tuple[float, float, float, int]:
    """Return the pieces expected on the floor, P(one is behind it), P(in both are at most `few`), and the pieces that
    scans alone told of: of tags as each is believed, sales that may be theirs considered; of the others where scans put
    them.
    """
    roles = state.site.roles[store]
    stays: dict[str, float] = {}
    for _, _, verdict in verdicts(state, store, sku):
        for epc, p_left in verdict.p_left.items():
            stays[epc] = stays.get(epc, 1.0) * (1.0 - p_left)
    epcs = [*state.tags_of.get((store, sku), ()), *state.doubtful.get((store, sku), ())]
    floor, behind = state.presence.p_rooms(store, epcs)
    factors = np.array([stays.get(epc, 1.0) for epc in epcs])
    expected, none_behind = float((floor * factors).sum()), float((1.0 - behind * factors).prod())
    there: list[float] = ((floor + behind) * factors).tolist()
    unread = 0
    line = state.ledger.line(store, sku)
    for zone, pieces, p_read in () if line is None else _told(line):
        if roles.get(zone) == "floor":
            expected += ANNOUNCED * pieces
        elif roles.get(zone) in BEHIND:
            none_behind *= (1.0 - p_read) ** pieces
        unread += pieces
        few -= pieces if roles.get(zone) in PICKABLE else 0  # nothing that is heard of them can change
    for piece in () if line is None else line.corrections:
        expected -= CORRECTED * (roles.get(piece.zone) == "floor")
        few += roles.get(piece.zone) in PICKABLE
    low = 1.0 - belief(there, ()).at_least(few + 1) if few >= 0 else 0.0
    return max(0.0, expected), 1.0 - none_behind, low, unread


def _told(line: Line) -> Iterator[tuple[str, int, float]]:
    """Yield (zone, pieces, P(each is there)) of pieces that no tag was read of."""
    yield from ((zone, pieces, UNREAD) for zone, pieces in line.pool.items())
    yield from ((piece.zone, 1, ANNOUNCED) for piece in line.credits)


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
