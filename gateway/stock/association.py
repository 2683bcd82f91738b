"""Which piece did a sale take? A till names the article; the tags that fit having left say the rest. Pure.

Each tag of the article fits a sale as well as its silence since does (an item that is read goes on being
here), as the time it was last read where pieces rest does (a customer leaves within a minute or so
of paying), and as its zone does. Against all of them stand two others: a piece whose tag never
answers, and nobody at all (a code scanned twice, or of another article: about one scan in a hundred).

    P(tag i left) = fit_i / (sum of fits + fit of unread pieces + fit of nobody)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from gateway.presence.model import LeavingEvidence
from gateway.presence.rule import NS_PER_S

NOBODY = 0.015
"""Share of scans at tills that are doubled or name another article (1-3 % in the field)."""
LINGER_S = 45.0
"""1/e of the time that a paid piece is still read where pieces rest."""
EARLY_S, EARLY_FADE_S = 420.0, 900.0
"""A piece in a hand is hard to read: silence may begin this long before the sale, and rarely longer."""
MOST_SILENCE = 14.0
ZONE_FIT = {
    "till": 400.0,
    "exit": 400.0,
    "fitting_room": 1.5,
    "floor": 1.0,
    "receiving": 0.1,
    "back_room": 0.08,
}
PASSING_FIT = (0.0, 20.0, 400.0)
"""… by the epochs in which a till or exit read it since a place to rest did: once may be through a wall."""
FORGIVEN_S = 3.0
"""Clocks of tills and readers agree within this."""


@dataclass(slots=True)
class SaleMark:
    """How silent each tag of its article was when a sale was first looked at. A tag that stood in the
    shadow of a person before the sale goes on being silent for that reason.
    """

    at_ns: int
    silence: dict[str, float] = field(default_factory=dict)

    def since(self, tag: LeavingEvidence, sale_ns: int) -> float:
        """Return what the tag's silence since the sale says."""
        if tag.last_seen_ns > self.at_ns or tag.epc not in self.silence:
            return tag.silence
        before = self.silence[tag.epc]
        if self.at_ns > sale_ns and self.at_ns > tag.last_seen_ns:  # a sale told late: part of it is since
            share = (sale_ns - tag.last_seen_ns) / (self.at_ns - tag.last_seen_ns)
            before *= min(max(share, 0.0), 1.0)
        return tag.silence - before


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tag of the article that is believed here. `silence`: log P(its silence since the sale | here);
    `passing`: epochs in which a till or exit read it, since only a place to rest did.
    """

    epc: str
    role: str
    last_seen_ns: int
    last_rest_ns: int
    silence: float
    passing: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`p_left` of each tag that it left by the sale; `p_unread` that a piece whose tag never answers did."""

    p_left: dict[str, float]
    p_unread: float

    @property
    def p_sold(self) -> float:
        """That any piece with a tag that answers left by the sale."""
        return sum(self.p_left.values())

    @property
    def epc(self) -> str | None:
        """The tag that fits best."""
        return max(self.p_left, key=lambda epc: self.p_left[epc], default=None)


def fit(tag: Candidate, sale_ns: int) -> float:
    """Return how well a tag fits having left by a sale, against one that is still in sight (1: a tag that
    was read until the sale, on the floor, and was silent for no time).
    """
    stayed_s = (tag.last_rest_ns - sale_ns) / NS_PER_S - FORGIVEN_S
    linger = exp(-stayed_s / LINGER_S) if stayed_s > 0 else 1.0
    early_s = (sale_ns - tag.last_seen_ns) / NS_PER_S - EARLY_S
    early = exp(-early_s / EARLY_FADE_S) if early_s > 0 else 1.0
    silence = exp(min(-tag.silence, MOST_SILENCE))
    place = max(ZONE_FIT[tag.role], PASSING_FIT[min(tag.passing, len(PASSING_FIT) - 1)])
    return place * linger * early * silence


def judge(sale_ns: int, candidates: Sequence[Candidate], unread: int) -> Verdict:
    """Return who left by a sale. `unread`: pieces believed here whose tags were never read."""
    pieces = len(candidates) + unread
    if not pieces:
        return Verdict({}, 0.0)
    share = (1.0 - NOBODY) / pieces
    fits = {tag.epc: fit(tag, sale_ns) * share for tag in candidates}
    unseen = unread * share
    total = sum(fits.values()) + unseen + NOBODY
    return Verdict({epc: weight / total for epc, weight in fits.items()}, unseen / total)
