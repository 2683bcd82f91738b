"""Which store serves a whole basket best. Pure.

Best: all lines can be promised there; then the most lines; then how surely all of them are there; then how
soon; then how near. Lines are taken to be independent of each other: their probabilities multiply.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from api.places import Placed
from gateway.ports.inventory import Availability

NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces of one article that are wanted together with the rest."""

    sku: str
    qty: int


@dataclass(frozen=True, slots=True)
class Option:
    """What one store can do for a basket; `answers` in the order of its lines."""

    placed: Placed
    answers: tuple[Availability, ...]

    @property
    def missing(self) -> int:
        """Return how many lines cannot be promised here."""
        return sum(answer.pickup == "no" for answer in self.answers)

    @property
    def probability(self) -> float | None:
        """Return P(all lines are there); None where one of them is UNKNOWN, or nothing tells of any."""
        if any(answer.status == "UNKNOWN" for answer in self.answers):
            return None
        known = [p for answer in self.answers if (p := answer.p_at_least_requested) is not None]
        return math.prod(known) if known else None

    @property
    def ready_by_ns(self) -> int | None:
        """Return when the last line lies ready; None where one of them is not promised by a time."""
        times_ns = [answer.ready_by_ns for answer in self.answers]
        return None if None in times_ns else max(at_ns for at_ns in times_ns if at_ns is not None)


def summed(lines: Iterable[Line]) -> list[Line]:
    """Return one line per article, in the order of their first mention: two lines of one article are one wish."""
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line.sku] += line.qty
    return [Line(sku, qty) for sku, qty in pieces.items()]


def as_sure_as(answer: Availability, min_probability: float | None) -> Availability:
    """Return an answer that promises nothing below a probability. What is not measured is not held against it."""
    p = answer.p_at_least_requested
    if min_probability is None or p is None or p >= min_probability or answer.pickup == "no":
        return answer
    return replace(answer, pickup="no", reasons=(NOT_SURE,), ready_by_ns=None)


def ranked(options: Sequence[Option]) -> list[Option]:
    """Return options, best first; equals stay in their order."""
    return sorted(
        options,
        key=lambda option: (
            option.missing,
            -(option.probability or 0.0),
            math.inf if option.ready_by_ns is None else option.ready_by_ns,
            math.inf if option.placed.distance_km is None else option.placed.distance_km,
        ),
    )
