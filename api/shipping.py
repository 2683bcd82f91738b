"""From where a basket is best sent to its customer: ship from store, or from a warehouse. Pure.

    score = probability - LOST x lost_share - LOW x low_share - FAR x far_share - SPLIT x (parcels - 1)

Every share lies between 0 and 1. Options that send the whole basket come first, then those that lack the fewest
lines, then one parcel before two; among these the highest score. Lines are taken to be independent of each other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from api.places import Placed
from gateway.channels.model import Taken
from gateway.ports.inventory import Availability

LOST, LOW, FAR, SPLIT = 0.5, 0.1, 0.2, 0.2
"""A parcel all of whose pieces the store would have sold itself weighs half as much as one that is not there."""
FAR_KM = 1_000.0
"""From here on a parcel travels as long as it does at most; nearer, in proportion."""
UNMEASURED_P = 0.9
"""What the score counts for a line that nothing measures: as surely as is just promised."""


@dataclass(frozen=True, slots=True)
class ShipLine:
    """One line sent from one store. `cost` None: it is not sent from there."""

    qty: int
    answer: Availability
    cost: Taken | None = None

    @property
    def p(self) -> float | None:
        """Return how surely it is there; None where it is UNKNOWN, or nothing measures it."""
        return None if self.answer.status == "UNKNOWN" else self.answer.p_at_least_requested

    @property
    def counted_p(self) -> float:
        """Return how surely it counts as there: what is not measured, as just promised, or (where not) as not there."""
        if self.p is None:
            return UNMEASURED_P if self.is_sent else 0.0
        return self.p

    @property
    def is_sent(self) -> bool:
        """Return whether it may be promised from there."""
        return self.answer.pickup == "yes"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one store sends, or (where it is asked for all) might."""

    placed: Placed
    lines: tuple[ShipLine, ...]


@dataclass(frozen=True, slots=True)
class ShipOption:
    """One way to send a basket of `wanted` lines. `is_placed`: distances count, for the customer's place is known."""

    parcels: tuple[Parcel, ...]
    wanted: int
    is_placed: bool

    @property
    def lines(self) -> tuple[ShipLine, ...]:
        """Return all its lines."""
        return tuple(line for parcel in self.parcels for line in parcel.lines)

    @property
    def missing(self) -> int:
        """Return how many lines of the basket it does not send."""
        return self.wanted - sum(line.is_sent for line in self.lines)

    @property
    def probability(self) -> float | None:
        """Return P(all lines are there), the measured ones; None where one is UNKNOWN or nothing is measured."""
        known = [line.p for line in self.lines if line.p is not None]
        if not known or any(line.answer.status == "UNKNOWN" for line in self.lines):
            return None
        return math.prod(known)

    @property
    def counted_probability(self) -> float:
        """Return the probability that the score counts; what is UNKNOWN counts as not there."""
        return math.prod(line.counted_p for line in self.lines)

    @property
    def distance_km(self) -> float | None:
        """Return how far its parcels travel, together; None where that is not known of one."""
        distances = [parcel.placed.distance_km for parcel in self.parcels]
        return None if None in distances else sum(d for d in distances if d is not None)

    @property
    def lost_pieces(self) -> float:
        """Return the pieces that its stores' own customers would have bought, on the mean."""
        return sum(line.cost.lost for line in self.lines if line.cost is not None)

    @property
    def lost_share(self) -> float:
        """Return the same as a share of the pieces sent."""
        pieces = sum(line.qty for line in self.lines if line.cost is not None)
        return min(1.0, self.lost_pieces / pieces) if pieces else 0.0

    @property
    def low_skus(self) -> tuple[str, ...]:
        """Return the articles that it leaves low in their store."""
        return tuple(line.answer.sku for line in self.lines if line.cost is not None and line.cost.is_low)

    @property
    def low_share(self) -> float:
        """Return the same as a share of the lines."""
        return len(self.low_skus) / len(self.lines)

    @property
    def far_share(self) -> float:
        """Return how far it travels, as a share of the farthest; a store of unknown place is the farthest."""
        if not self.is_placed:
            return 0.0
        distance_km = self.distance_km
        return 1.0 if distance_km is None else min(1.0, distance_km / FAR_KM)

    @property
    def score(self) -> float:
        """Return how good it is: the sum of its terms."""
        return (
            self.counted_probability
            - LOST * self.lost_share
            - LOW * self.low_share
            - FAR * self.far_share
            - SPLIT * (len(self.parcels) - 1)
        )


def singles(found: Sequence[Parcel], *, is_placed: bool) -> list[ShipOption]:
    """Return an option per store, each asked for the whole basket."""
    return [ShipOption((parcel,), len(parcel.lines), is_placed) for parcel in found]


def splits(found: Sequence[Parcel], *, is_placed: bool) -> Iterator[ShipOption]:
    """Yield the ways to send the whole basket from two stores: what the first has, the rest from the second.

    A line is not divided.
    """
    for first, second in permutations(found, 2):
        mine = tuple(line for line in first.lines if line.is_sent)
        rest = tuple(other for line, other in zip(first.lines, second.lines, strict=True) if not line.is_sent)
        if mine and rest and all(line.is_sent for line in rest):
            parcels = Parcel(first.placed, mine), Parcel(second.placed, rest)
            yield ShipOption(parcels, len(first.lines), is_placed)


def best(options: Sequence[ShipOption]) -> list[ShipOption]:
    """Return options, best first; equal ones by their stores' ids."""
    return sorted(
        options,
        key=lambda option: (
            option.missing,
            len(option.parcels),
            -option.score,
            math.inf if option.distance_km is None else option.distance_km,
            [parcel.placed.store.id for parcel in option.parcels],
        ),
    )
