"""One account of what lies on a shelf: so many pieces, these foreign things, such a zero. Pure.

    reading = tare + zero + foreign things + pieces · unit + load + noise

`zero` walks slowly. `load` is what the pieces that stand there weigh beyond `unit` each; it changes
only with them, and is 0 on an empty shelf. `unit` is the article's mean weight, nearly constant.
The three are a Kalman state; an account moves by `aged` (time), `moved` (pieces), `seen` (a rest).
"""

from dataclasses import dataclass, replace

from gateway.weight.goods import Goods
from gateway.weight.priors import log_normal

NS_PER_H = 3_600_000_000_000
WALK_G_PER_SQRT_H = 3.0
"""How far a zero walks: 2 g/√h measured on cheap cells, and somewhat more."""
CREEP_G_PER_H = 1.5
"""… and how far it runs one way: 10 to 50 g a day."""
UNIT_BOUND_SHARE = 0.05
"""The weight of a piece is learned within this share of the configured one, never beyond."""
ODD_SD = 3.0
"""A rest further off than this many deviations without any step is drift faster than assumed."""

Covariance = tuple[float, float, float, float, float, float]
"""zero·zero, zero·load, zero·unit, load·load, load·unit, unit·unit"""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One account, and the log of its weight against the others."""

    pieces: int
    foreign_g: tuple[float, ...]
    zero_g: float
    load_g: float
    unit_g: float
    covariance: Covariance
    log_weight: float

    def expected_g(self) -> float:
        """Return what the cell reads by this account, tare apart."""
        return self.zero_g + self.load_g + self.pieces * self.unit_g + sum(self.foreign_g)

    def variance_g2(self) -> float:
        """Return how uncertain that is, in square grams."""
        zz, zl, zu, ll, lu, uu = self.covariance
        n = self.pieces
        return zz + ll + n * n * uu + 2 * (zl + n * zu + n * lu)


def aged(account: Hypothesis, elapsed_ns: int) -> Hypothesis:
    """Return the account after a time in which nothing was weighed."""
    hours = elapsed_ns / NS_PER_H
    zz, zl, zu, ll, lu, uu = account.covariance
    zz += WALK_G_PER_SQRT_H**2 * hours + (CREEP_G_PER_H * hours) ** 2
    return replace(account, covariance=(zz, zl, zu, ll, lu, uu))


def moved(account: Hypothesis, pieces: int, goods: Goods) -> Hypothesis:
    """Return the account with `pieces` on the shelf instead: the rest keep their own weights."""
    if pieces == account.pieces:
        return account
    zz, zl, zu, ll, lu, uu = account.covariance
    if pieces > account.pieces:
        ll += (pieces - account.pieces) * goods.piece_g2
        return replace(account, pieces=pieces, covariance=(zz, zl, zu, ll, lu, uu))
    stay = pieces / account.pieces
    ll = stay * stay * ll + goods.piece_g2 * stay * (account.pieces - pieces)
    covariance = (zz, stay * zl, zu, ll, stay * lu, uu)
    return replace(account, pieces=pieces, load_g=stay * account.load_g, covariance=covariance)


def seen(account: Hypothesis, net_g: float, variance_g2: float, goods: Goods) -> Hypothesis:
    """Return the account after a rest at `net_g` (tare taken off): its weight judged, its state moved."""
    zz, zl, zu, ll, lu, uu = account.covariance
    n = account.pieces
    z, ld, u = zz + zl + n * zu, zl + ll + n * lu, zu + lu + n * uu
    total_g2 = z + ld + n * u + variance_g2
    off_g = net_g - account.expected_g()
    step = off_g / total_g2
    unit_g, bound_g = goods.unit_weight_g, UNIT_BOUND_SHARE * goods.unit_weight_g
    unit_g = min(max(account.unit_g + u * step, unit_g - bound_g), unit_g + bound_g)
    return Hypothesis(
        n,
        account.foreign_g,
        account.zero_g + z * step,
        account.load_g + ld * step,
        unit_g,
        (
            zz - z * z / total_g2,
            zl - z * ld / total_g2,
            zu - z * u / total_g2,
            ll - ld * ld / total_g2,
            lu - ld * u / total_g2,
            uu - u * u / total_g2,
        ),
        account.log_weight + log_normal(off_g, total_g2),
    )


def is_odd(account: Hypothesis, net_g: float, variance_g2: float) -> bool:
    """Return whether a rest is further off than this account's drift and noise explain."""
    off_g = net_g - account.expected_g()
    return off_g * off_g > ODD_SD**2 * (account.variance_g2() + variance_g2)


def loosened(account: Hypothesis, zero_by_g: float, load_by_g: float = 0.0) -> Hypothesis:
    """Return the account with a zero, or a load, that may have moved by so many grams."""
    zz, zl, zu, ll, lu, uu = account.covariance
    covariance = (zz + zero_by_g * zero_by_g, zl, zu, ll + load_by_g * load_by_g, lu, uu)
    return replace(account, covariance=covariance)
