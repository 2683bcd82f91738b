"""One article in one store by the books: the ledger's newest figure, and what moved since. Pure.

    pieces = the figure, then each move later than its `as_of`, in order of time, never below 0

A sale may be told before the figure that it is later than, or long after it: what counts is when it
happened. So the moves are kept, each with its time, until a newer figure has them in it.
"""

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

MAX_MOVES = 1_000
"""Instants kept since a figure: a web warehouse sells some hundreds of its best article in a night. Beyond
it the older half is added up, and a figure of before that is refused: it cannot be carried on."""
BEGINNING_NS = -1

Verdict = Literal["applied", "unchanged", "older", "too_old"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What the ledger said: so many pieces at an instant. Below 0 it owes some: then there is none."""

    pieces: int
    as_of_ns: int


@dataclass(frozen=True, slots=True)
class Move:
    """Pieces that came (or, below 0, went); `is_count`: instead, so many were counted, whatever was before."""

    at_ns: int
    pieces: int
    is_count: bool = False

    def after(self, pieces: int) -> int:
        """Return the pieces behind the move, of those before it."""
        return self.pieces if self.is_count else max(0, pieces + self.pieces)

    def joins(self, other: "Move") -> bool:
        """Return whether a move and the next are as one: of one instant and in one direction."""
        is_alike = self.at_ns == other.at_ns and not self.is_count and not other.is_count
        return is_alike and (self.pieces > 0) == (other.pieces > 0)


@dataclass(slots=True)
class Account:
    """An article in a store. `base` are its pieces at `base_ns`, which all kept moves are later than.

    `differs_since_ns`: since when the belief of the store is another; None: it is not. `is_stock`: the store's
    ledger was its stock when this was written last.
    """

    figure: Figure | None = None
    base: int = 0
    base_ns: int = BEGINNING_NS
    moves: list[Move] = field(default_factory=list)
    differs_since_ns: int | None = None
    is_stock: bool = False

    @property
    def pieces(self) -> int:
        """The pieces by the books, now."""
        pieces = self.base
        for move in self.moves:
            pieces = move.after(pieces)
        return pieces

    @property
    def moved(self) -> int:
        """The pieces that came (or, below 0, went) since the figure."""
        return self.pieces - (0 if self.figure is None else max(0, self.figure.pieces))

    @property
    def told_ns(self) -> int | None:
        """When a figure or a count last said how many there are; None: none ever did."""
        counts = [move.at_ns for move in self.moves if move.is_count]
        if self.figure is not None:
            counts.append(self.figure.as_of_ns)
        return max(counts, default=None)

    def tell(self, figure: Figure) -> Verdict:
        """Take a figure in. Of two the later one counts; of two of one instant, the one told last."""
        if self.figure is not None and figure.as_of_ns < self.figure.as_of_ns:
            return "older"
        if figure == self.figure:
            return "unchanged"
        if figure.as_of_ns < self.base_ns:
            return "too_old"
        self.moves = self.moves[self._place(figure.as_of_ns) :]
        self.figure, self.base, self.base_ns = figure, max(0, figure.pieces), figure.as_of_ns
        return "applied"

    def note(self, move: Move) -> bool:
        """Take a move in; return False where the figure has it in it already."""
        if self.figure is not None and move.at_ns <= self.figure.as_of_ns:
            return False
        if move.at_ns <= self.base_ns:
            if not move.is_count:
                self.base = move.after(self.base)
            return True
        place = self._place(move.at_ns)
        before = self.moves[place - 1] if place else None
        if before is not None and before.joins(move):
            self.moves[place - 1] = Move(move.at_ns, before.pieces + move.pieces)
        else:
            self.moves.insert(place, move)
        if len(self.moves) > MAX_MOVES:
            self._add_up(MAX_MOVES // 2)
        return True

    def _place(self, at_ns: int) -> int:
        """Return how many moves are not later than an instant."""
        return bisect_right(self.moves, at_ns, key=_at_ns)

    def _add_up(self, moves: int) -> None:
        for move in self.moves[:moves]:
            self.base, self.base_ns = move.after(self.base), move.at_ns
        del self.moves[:moves]

    def to_json(self) -> str:
        """Return what must survive a restart."""
        figure = None if self.figure is None else [self.figure.pieces, self.figure.as_of_ns]
        moves = [[move.at_ns, move.pieces, int(move.is_count)] for move in self.moves]
        state = [figure, self.base, self.base_ns, moves, self.differs_since_ns, int(self.is_stock)]
        return json.dumps(state, separators=(",", ":"))


_at_ns: Callable[[Move], int] = lambda move: move.at_ns  # noqa: E731 - a key, made once


def account_of(text: str) -> Account:
    """Return the account that `to_json` wrote."""
    figure, base, base_ns, moves, since_ns, is_stock = json.loads(text)
    return Account(
        figure=None if figure is None else Figure(*figure),
        base=base,
        base_ns=base_ns,
        moves=[Move(at_ns, pieces, bool(is_count)) for at_ns, pieces, is_count in moves],
        differs_since_ns=since_ns,
        is_stock=bool(is_stock),
    )
