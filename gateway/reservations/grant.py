"""How many pieces may be promised: the check at the grant. Pure.

A piece is granted where, unclamped, on_hand - not_pickable - reserved - safety_stock is at least one, the quota
of the channel has room for it, and as many pieces as are spoken for already and this one are there with the
probability asked for: where the answer for the channel at the same instant says that it may be promised.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.availability import NOT_ENOUGH, NOT_SURE, QUOTA_REACHED
from gateway.channels.model import NOT_OFFERED_HERE, NOT_SOLD_HERE
from gateway.ports.inventory import Availability, Belief
from gateway.reservations.model import LineAsked


@dataclass(frozen=True, slots=True)
class Room:
    """What a store has left of an article for a channel. `available`: pieces that may be promised.

    `spoken_for`: pieces that are reserved, or in hands where they cannot be picked. `belief` None: nothing
    tells how sure the pieces are. `unknown`: why the stock is not known; empty where it is. `closed`: why
    nothing is promised here, whatever there is. `margin`: what could be promised if the channel had no quota.
    """

    available: int
    margin: int
    spoken_for: int
    belief: Belief | None
    unknown: tuple[str, ...] = ()
    closed: str | None = None

    def granted(self, qty: int, min_probability: float) -> int:
        """Return how many of `qty` pieces are granted. What is UNKNOWN, and accepted as such, has no probability."""
        if self.closed is not None:
            return 0
        return min(qty, self.available) if self.unknown else self.securable(qty, min_probability)

    def short_of(self, qty: int) -> str:
        """Return why not all of `qty` pieces are granted."""
        if self.closed is not None:
            return self.closed
        if self.available >= qty:
            return NOT_SURE
        return QUOTA_REACHED if self.margin >= qty else NOT_ENOUGH

    def probability(self, qty: int) -> float | None:
        """Return P(so many more pieces are there), None where nothing tells."""
        return None if self.belief is None else self.belief.at_least(self.spoken_for + qty)

    def securable(self, qty: int, min_probability: float) -> int:
        """Return how many of `qty` pieces may be granted."""
        pieces = min(qty, self.available)
        while self.belief is not None and pieces:
            if self.belief.at_least(self.spoken_for + pieces) >= min_probability:
                break
            pieces -= 1
        return pieces


def room_of(view: Availability) -> Room:
    """Return the room that an answer tells of."""
    return Room(
        available=view.available,
        margin=view.on_hand - view.not_pickable - view.reserved - view.safety_stock,
        spoken_for=view.reserved + view.not_pickable,
        belief=view.belief,
        unknown=view.reasons if view.status == "UNKNOWN" else (),
        closed=next((r for r in view.reasons if r in (NOT_SOLD_HERE, NOT_OFFERED_HERE)), None),
    )


def summed(lines: Iterable[LineAsked]) -> tuple[LineAsked, ...]:
    """Return one line per article, in the order of their first mention: two lines of one article are one wish."""
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line.sku] += line.qty
    return tuple(LineAsked(sku, qty) for sku, qty in pieces.items())
