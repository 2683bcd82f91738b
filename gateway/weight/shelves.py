"""Weight shelves: readings in, settled piece counts out, each with its probability. Pure.

    reading ─▶ plateau (readings that agree) ─▶ rest ─▶ accounts of what lies there ─▶ pieces, or a doubt

Rules:
- What has not come to rest for `settle_ns` never counts: a hand on the shelf never becomes stock.
- Steps are sudden, drift is slow: a shelf that rests moves its zero, never its count.
- A step of no whole number of pieces is a foreign thing: the count stands, in doubt, until the same
  weight goes away again.
- A count is told once it is likely enough (TOLD), and in doubt until it is nearly sure (SURE).
- A reading older than the last is late and dropped; readings are absolute, so repeats are harmless.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from gateway.weight.accounts import Accounts
from gateway.weight.distribution import Distribution, from_shares
from gateway.weight.plateau import Plateau, Rest
from gateway.weight.saved import SavedShelf, from_text, to_text
from readers.counts import StageCounts

TOLD = 0.6
"""Another count than the last is told from this probability on: a toss-up would flicker."""
FIRST_TOLD = 0.5
"""… the first one from this on: a number in doubt beats none."""
SURE = 0.95
"""A told count less likely than this is in doubt."""
FOREIGN_SHARE = 0.25
"""A foreign thing lighter than this share of a piece leaves no doubt."""
LEAST_UNIT_SD = 3.0
"""Pieces lighter than three times the scatter of a reading are miscounted before long: always in doubt."""
SAVE_EVERY_NS = 3_600_000_000_000
"""What is learned while nothing moves is worth a row an hour."""


class ShelfState(StrEnum):
    """What a shelf is doing. Handled: no rest since the last touch (or since the start)."""

    EMPTY = "empty"
    SETTLED = "settled"
    HANDLED = "handled"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Settled:
    """A shelf came to rest. `pieces` None: in doubt, the last count stands."""

    shelf: str
    at_ns: int
    weight_g: float
    pieces: int | None


class Shelf:
    """One weight shelf."""

    def __init__(self, shelf: str, unit_weight_g: float, tare_g: float, settle_ns: int) -> None:
        if not (isfinite(unit_weight_g) and unit_weight_g > 0):
            raise ValueError(f"shelf {shelf}: unit_weight_g = {unit_weight_g}: set the grams of one piece")
        self.counts = StageCounts()
        self.last_ns = 0
        self.pieces: int | None = None
        self.in_doubt = False
        self._shelf = shelf
        self._unit_g = unit_weight_g
        self._tare_g = tare_g
        self._plateau = Plateau(unit_weight_g, settle_ns)
        self._accounts = Accounts(unit_weight_g, tare_g)
        self._saved_ns = 0

    def feed(self, weight_g: float, at_ns: int) -> Settled | None:
        """Take a reading in; return what settled with it, if its count or doubt changed."""
        self.counts.received += 1
        if at_ns <= self.last_ns:
            self.counts.drop("late")
            return None
        self.counts.passed += 1
        self.last_ns = at_ns
        rest = self._plateau.feed(weight_g, at_ns)
        if rest is None:
            return None
        self._accounts.take(rest)
        return self._judge(rest)

    @property
    def state(self) -> ShelfState:
        """What the shelf is doing."""
        best = self._accounts.best()
        if best is None or not self._plateau.is_settled:
            return ShelfState.HANDLED
        if self._bears_foreign():
            return ShelfState.FOREIGN
        return ShelfState.SETTLED if best.pieces else ShelfState.EMPTY

    @property
    def zero_g(self) -> float:
        """How far the empty shelf has drifted from its tare."""
        best = self._accounts.best()
        return best.zero_g if best else 0.0

    @property
    def unit_weight_g(self) -> float:
        """The weight of a piece, as learned."""
        best = self._accounts.best()
        return best.unit_g if best else self._unit_g

    @property
    def foreign_g(self) -> float:
        """What foreign things on the shelf weigh."""
        best = self._accounts.best()
        return sum(best.foreign_g) if best else 0.0

    @property
    def noise_sd_g(self) -> float:
        """The scatter of a reading, as learned."""
        return self._plateau.noise.sd_g

    @property
    def fault(self) -> str | None:
        """What is wrong with the shelf's settings, as far as it can tell, and the remedy."""
        setting = f"unit_weight_g = {self._unit_g:g}"
        if (better_g := self._accounts.unit_check.better_g()) is not None:
            return f"{setting}, but pieces of about {better_g:.0f} g come and go: weigh ten, set a tenth"
        if self._is_too_light():
            return f"{setting}, but readings scatter by {self.noise_sd_g:.0f} g: use a finer cell, or count"
        return None

    def distribution(self) -> Distribution:
        """Return (least count, probabilities of it, of one more, …) of the pieces on the shelf."""
        shares = self._accounts.pieces()
        if not shares and self.pieces is not None:
            shares = {self.pieces: 1.0}
        return from_shares(shares)

    def save(self) -> str:
        """Return what a later life takes up."""
        self._saved_ns = self.last_ns
        accounts = self._accounts
        saved = SavedShelf(
            self.pieces, self.in_doubt, self.noise_sd_g, accounts.spread.share, accounts.at_ns, accounts.items
        )
        return to_text(saved, self._unit_g, self._tare_g)

    def is_save_due(self) -> bool:
        """Return whether enough was learned since the last `save`."""
        return self.last_ns - self._saved_ns >= SAVE_EVERY_NS

    def restore(self, saved: int | str | None) -> None:
        """Take up an earlier life: its saved text, or its count alone."""
        if saved is None:
            return
        state = from_text(str(saved), self._unit_g, self._tare_g)
        self.pieces = self._accounts.pieces_before = state.pieces
        self.in_doubt = state.is_in_doubt
        self.last_ns = max(self.last_ns, state.at_ns)  # what is told again after a crash is late
        if state.accounts:
            self._accounts.restore(state.accounts, state.at_ns)
        if state.noise_sd_g is not None:
            self._plateau.noise.restore(state.noise_sd_g)
        if state.spread_share is not None:
            self._accounts.spread.restore(state.spread_share)

    def _is_too_light(self) -> bool:
        return self._unit_g < LEAST_UNIT_SD * self.noise_sd_g

    def _bears_foreign(self) -> bool:
        best = self._accounts.best()
        return best is not None and any(abs(g) > FOREIGN_SHARE * self._unit_g for g in best.foreign_g)

    def _judge(self, rest: Rest) -> Settled | None:
        shares = self._accounts.pieces()
        likeliest = max(shares, key=lambda pieces: shares[pieces])
        old, was_in_doubt = self.pieces, self.in_doubt
        if shares[likeliest] >= (FIRST_TOLD if old is None else TOLD):
            self.pieces = likeliest
        told = 0.0 if self.pieces is None else shares.get(self.pieces, 0.0)
        self.in_doubt = told < SURE or self._bears_foreign() or self._is_too_light()
        if self.pieces == old and self.in_doubt == was_in_doubt:
            return None
        is_news = self.pieces != old or not self.in_doubt
        return Settled(self._shelf, rest.at_ns, rest.weight_g, self.pieces if is_news else None)
