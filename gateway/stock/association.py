"""Which piece did a sale take? A till names the article; the tags that fit having left say the rest. Pure.

Each tag of the article fits a sale as well as its silence since does (an item that is read goes on being
here), as the time it was last read where pieces rest does (a customer leaves within a minute or so
of paying), and as its zone does. Against all of them stand two others: a piece whose tag never
answers, and nobody at all (a code scanned twice, or of another article: about one scan in a hundred).

    P(tag i left) = fit_i / (sum of fits + fit of unread pieces + fit of nobody)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from gateway.presence.rule import NS_PER_S

NOBODY = 0.012
"""Share of scans at tills that are doubled or name another article (1-3 % in the field)."""
LINGER_S = 45.0
"""1/e of the time that a paid piece is still read where pieces rest."""
EARLY_S, EARLY_FADE_S = 420.0, 900.0
"""A piece in a hand is hard to read: silence may begin this long before the sale, and rarely longer."""
MOST_SILENCE = 14.0
ZONE_FIT = {"till": 3.0, "exit": 4.0, "fitting_room": 1.5, "floor": 1.0, "receiving": 0.1, "back_room": 0.08}
FORGIVEN_S = 3.0
"""Clocks of tills and readers agree within this."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tag of the article that is believed here. `silence`: log P(its silence | here)."""

    epc: str
    role: str
    last_seen_ns: int
    last_rest_ns: int
    silence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`p_left` that `epc` left by the sale; `p_sold` that anything with a readable tag did; `p_unread`
    that a piece whose tag never answers did.
    """

    epc: str | None
    p_left: float
    p_sold: float
    p_unread: float


def fit(tag: Candidate, sale_ns: int) -> float:
    """Return how well a tag fits having left by a sale, against one that is still in sight (1: a tag that
    was read until the sale, on the floor, and was silent for no time).
    """
    stayed_s = (tag.last_rest_ns - sale_ns) / NS_PER_S - FORGIVEN_S
    linger = exp(-stayed_s / LINGER_S) if stayed_s > 0 else 1.0
    early_s = (sale_ns - tag.last_seen_ns) / NS_PER_S - EARLY_S
    early = exp(-early_s / EARLY_FADE_S) if early_s > 0 else 1.0
    silence = exp(min(-tag.silence, MOST_SILENCE))
    return ZONE_FIT[tag.role] * linger * early * silence


def judge(sale_ns: int, candidates: Sequence[Candidate], unread: int) -> Verdict:
    """Return who left by a sale. `unread`: pieces believed here whose tags were never read."""
    pieces = len(candidates) + unread
    if not pieces:
        return Verdict(None, 0.0, 0.0, 0.0)
    fits = [fit(tag, sale_ns) for tag in candidates]
    share = (1.0 - NOBODY) / pieces
    unseen = unread * share
    total = sum(fits) * share + unseen + NOBODY
    if not fits:
        return Verdict(None, 0.0, 0.0, unseen / total)
    best = max(range(len(fits)), key=fits.__getitem__)
    return Verdict(
        candidates[best].epc, fits[best] * share / total, sum(fits) * share / total, unseen / total
    )
