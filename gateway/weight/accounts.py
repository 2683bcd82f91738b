"""The belief of one shelf: a few accounts of what lies on it, weighed against each other. Pure.

rest without a step ─▶ every account moves its zero, none its pieces: drift never becomes a piece
rest after a step   ─▶ every account branches; the likeliest few stay
"""

from collections.abc import Iterable
from dataclasses import replace
from math import exp, log, sqrt

from gateway.weight.goods import Goods, Spread
from gateway.weight.hypothesis import Hypothesis, aged, is_odd, loosened, seen
from gateway.weight.plateau import Rest
from gateway.weight.successors import first_accounts, knocked, successors
from gateway.weight.unit_check import UnitCheck

MAX_ACCOUNTS = 12
"""More accounts than these share less than a millionth of the belief."""
LEAST_LOG_WEIGHT = -20.0
"""An account two thousand million times less likely than the best is dropped."""
SURE = 0.6
"""Steps between accounts at least so likely tell of the pieces' spread."""
JUDGING_RESTS = 5
"""Rests after a step that tell accounts apart: later ones tell of drift, which every account has alike."""
ALIKE_G = 20.0
"""Foreign things of weights so near are one and the same."""


class Accounts:
    """Accounts of one shelf, the likeliest first; their weights sum up to 1."""

    def __init__(self, unit_weight_g: float, tare_g: float) -> None:
        self.items: tuple[Hypothesis, ...] = ()
        self.at_ns = 0
        self.pieces_before: int | None = None
        self._rests = 0
        self.spread = Spread()
        self.unit_check = UnitCheck(unit_weight_g)
        self._unit_g = unit_weight_g
        self._tare_g = tare_g

    def take(self, rest: Rest) -> None:
        """Take a rest of the shelf in."""
        net_g = rest.weight_g - self._tare_g
        goods = Goods(self._unit_g, self.spread.share)
        old = [aged(account, rest.at_ns - self.at_ns) for account in self.items]
        self.at_ns = rest.at_ns
        if not old:
            self._replace(first_accounts(net_g, rest, goods, self.pieces_before))
        elif rest.is_step:
            sd_g = sqrt(old[0].variance_g2() + rest.variance_g2)
            self.unit_check.stepped(net_g - old[0].expected_g(), sd_g)
            self._replace(self._stepped(old, net_g, rest, goods))
            self._learn_spread(old[0], net_g, rest)
        else:
            self._replace(self._rested(old, net_g, rest, goods))

    def pieces(self) -> dict[int, float]:
        """Return the probability of each count that an account bears."""
        shares: dict[int, float] = {}
        for account in self.items:
            shares[account.pieces] = shares.get(account.pieces, 0.0) + exp(account.log_weight)
        return shares

    def best(self) -> Hypothesis | None:
        """Return the likeliest account."""
        return self.items[0] if self.items else None

    def restore(self, items: Iterable[Hypothesis], at_ns: int) -> None:
        """Take up the accounts of an earlier life."""
        self._replace(items)
        self.at_ns = at_ns

    def _stepped(self, old: list[Hypothesis], net_g: float, rest: Rest, goods: Goods) -> list[Hypothesis]:
        self._rests = 0
        new = [after for account in old for after in successors(account, net_g, rest, goods)]
        return new + list(knocked(old[0].unit_g, net_g, rest, goods))

    def _rested(self, old: list[Hypothesis], net_g: float, rest: Rest, goods: Goods) -> list[Hypothesis]:
        self._rests += 1
        if is_odd(old[0], net_g, rest.variance_g2):
            by_g = abs(net_g - old[0].expected_g())
            old = [loosened(account, by_g) for account in old]
        new = [seen(account, net_g, rest.variance_g2, goods) for account in old]
        if self._rests <= JUDGING_RESTS:
            return new
        return [replace(after, log_weight=before.log_weight) for before, after in zip(old, new, strict=True)]

    def _learn_spread(self, before: Hypothesis, net_g: float, rest: Rest) -> None:
        after = self.items[0]
        if exp(min(before.log_weight, after.log_weight)) < SURE or before.foreign_g != after.foreign_g:
            return
        pieces = after.pieces - before.pieces
        off_g = net_g - before.expected_g() - pieces * before.unit_g
        self.spread.stepped(pieces, off_g, 2 * rest.variance_g2, self._unit_g)

    def _replace(self, accounts: Iterable[Hypothesis]) -> None:
        best: dict[tuple[int, ...], Hypothesis] = {}
        shares: dict[tuple[int, ...], float] = {}
        ordered = sorted(accounts, key=lambda account: -account.log_weight)
        top = ordered[0].log_weight
        for account in ordered:
            if account.log_weight < top + LEAST_LOG_WEIGHT:
                break
            key = (account.pieces, *sorted(round(thing_g / ALIKE_G) for thing_g in account.foreign_g))
            best.setdefault(key, account)
            shares[key] = shares.get(key, 0.0) + exp(account.log_weight - top)
        kept = sorted(shares, key=lambda key: -shares[key])[:MAX_ACCOUNTS]
        total = sum(shares[key] for key in kept)
        self.items = tuple(replace(best[key], log_weight=log(shares[key] / total)) for key in kept)
