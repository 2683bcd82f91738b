"""How many pieces may be promised: the check at the grant. Pure.

A piece is granted where, unclamped, on_hand - not_pickable - reserved - safety_stock is at least one, and
where as many pieces as are spoken for already and this one are there with the probability asked for.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.ports import Belief
from gateway.reservations.model import LineAsked


@dataclass(frozen=True, slots=True)
class Room:
    """What a store has left of an article. `margin`: pieces that are not promised, may be negative.

    `spoken_for`: pieces that are reserved, or in hands where they cannot be picked. `belief` None: nothing
    tells how sure the pieces are. `unknown`: why the stock is not known; empty where it is.
    """

    margin: int
    spoken_for: int
    belief: Belief | None
    unknown: tuple[str, ...] = ()

    def probability(self, qty: int) -> float | None:
        """Return P(so many more pieces are there), None where nothing tells."""
        return None if self.belief is None else self.belief.at_least(self.spoken_for + qty)

    def securable(self, qty: int, min_probability: float) -> int:
        """Return how many of `qty` pieces may be granted."""
        pieces = min(qty, max(0, self.margin))
        while self.belief is not None and pieces:
            if self.belief.at_least(self.spoken_for + pieces) >= min_probability:
                break
            pieces -= 1
        return pieces


def summed(lines: Iterable[LineAsked]) -> tuple[LineAsked, ...]:
    """Return one line per article, in the order of their first mention: two lines of one article are one wish."""
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line.sku] += line.qty
    return tuple(LineAsked(sku, qty) for sku, qty in pieces.items())
