"""What an account of a shelf may have become when the shelf comes to rest after a step. Pure.

Of each account: the same or other pieces, exactly or a little off; a foreign thing gone; a foreign
thing come, with or without a piece; the shelf lifted. And once, whatever was believed: the zero jumped
and the weight speaks alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, log, sqrt

from gateway.weight.goods import Goods
from gateway.weight.hypothesis import Hypothesis, loosened, moved, seen
from gateway.weight.plateau import Rest
from gateway.weight.priors import (
    BOTH,
    FOREIGN,
    FOREIGN_GONE,
    KNOCKED,
    LIFT_GONE,
    LIFTED,
    ODD_PIECE,
    SHIFTED,
    log_change,
    log_thing,
)

SLIGHT_SHARE = 0.25
"""A thing lighter than this share of a piece cannot be taken for one: it may as well have moved the zero."""
ODD_PIECE_SHARE = 0.12
"""Pieces that came or went may be off by so much of one, beyond their spread."""
LIGHTEST_SHARE = 0.06
"""A thing lighter than this share of a piece is not worth remembering."""
FOREIGN_SD = 4.0
"""A foreign thing weighs more than noise and drift could."""
THING_SD = 1.5
"""How far a thing that leaves may be off what it weighed when it came, in deviations of a rest."""
MAX_FOREIGN = 3
"""More foreign things on one shelf than these: the two lightest are one heap."""
NEAR_SD = 2.0
MAX_NEAR = 4
"""Counts so far from the likeliest are tried: more of them are told apart by nothing."""
UNIT_SD_SHARE = 0.01
"""How well a configured unit weight is known: somebody weighed one piece."""
TARE_SD_G = 10.0
"""How well a configured tare is known when a shelf is first met."""
KNOCKED_SD_G = 50.0
"""How far a zero may lie off after a jump."""
BOTH_CHANGE = (0, -1, 1)
"""Pieces that may have moved while a foreign thing came."""
RANGE_OF_COUNTS = 30
"""A shelf holds some tens of pieces: the prior of a count that only the weight tells is one in so many."""


def successors(account: Hypothesis, net_g: float, rest: Rest, goods: Goods) -> Iterator[Hypothesis]:
    """Yield what `account` (aged to the rest) may have become, judged by the rest."""
    for foreign_g, log_share in _foreign_left(account.foreign_g):
        base = replace(account, foreign_g=foreign_g)
        if foreign_g != account.foreign_g:
            base = loosened(base, THING_SD * sqrt(rest.variance_g2))
        for pieces in _near(base, net_g, rest.variance_g2):
            is_both = pieces != account.pieces and foreign_g != account.foreign_g
            log_prior = log_share + (log(BOTH) if is_both else 0.0) + log_change(pieces - account.pieces)
            after = moved(base, pieces, goods)
            after = replace(after, log_weight=after.log_weight + log_prior)
            yield _weighed(after, net_g, rest, goods, is_moved=pieces != account.pieces)
    yield from _foreign_come(account, net_g, rest, goods)


def _foreign_left(foreign_g: tuple[float, ...]) -> Iterator[tuple[tuple[float, ...], float]]:
    if not foreign_g:
        yield foreign_g, 0.0
        return
    gone = [LIFT_GONE if thing_g < 0 else FOREIGN_GONE for thing_g in foreign_g]
    yield foreign_g, sum(log(1 - share) for share in gone)
    for n, share in enumerate(gone):
        yield foreign_g[:n] + foreign_g[n + 1 :], log(share)


def _near(account: Hypothesis, net_g: float, variance_g2: float) -> set[int]:
    empty_g = account.expected_g() - account.pieces * account.unit_g
    middle = round((net_g - empty_g) / account.unit_g)
    sd_g = sqrt(account.variance_g2() + variance_g2)
    reach = min(MAX_NEAR, ceil(NEAR_SD * sd_g / account.unit_g))
    return {n for n in (account.pieces, *range(middle - reach, middle + reach + 1)) if n >= 0}


def _weighed(after: Hypothesis, net_g: float, rest: Rest, goods: Goods, *, is_moved: bool) -> Hypothesis:
    """Return the account judged by the rest: as it is, or a little off, whichever is likelier."""
    exact = seen(after, net_g, rest.variance_g2, goods)
    off_g = abs(net_g - after.expected_g())
    bound_g = (ODD_PIECE_SHARE if is_moved else SLIGHT_SHARE) * goods.unit_weight_g
    log_shifted = after.log_weight + log((ODD_PIECE if is_moved else SHIFTED) / (2 * bound_g))
    if off_g > bound_g or exact.log_weight >= log_shifted:
        return exact
    loose = loosened(after, off_g, off_g if after.pieces and is_moved else 0.0)
    return replace(seen(loose, net_g, rest.variance_g2, goods), log_weight=log_shifted)


def _foreign_come(account: Hypothesis, net_g: float, rest: Rest, goods: Goods) -> Iterator[Hypothesis]:
    for change in BOTH_CHANGE:
        if account.pieces + change < 0:
            continue
        after = moved(account, account.pieces + change, goods)
        log_prior = log_change(change) + (log(BOTH) if change else 0.0)
        yield from _with_thing(after, net_g, rest, goods, log_prior, may_lift=not change)


def _with_thing(
    after: Hypothesis, net_g: float, rest: Rest, goods: Goods, log_prior: float, *, may_lift: bool
) -> Iterator[Hypothesis]:
    thing_g = net_g - after.expected_g()
    sd_g = sqrt(after.variance_g2() + rest.variance_g2)
    if abs(thing_g) < max(LIGHTEST_SHARE * goods.unit_weight_g, FOREIGN_SD * sd_g) or (
        thing_g < 0 and not may_lift
    ):
        return
    share = FOREIGN if thing_g > 0 else LIFTED
    things_g = sorted((*after.foreign_g, thing_g), key=abs)
    if len(things_g) > MAX_FOREIGN:
        things_g[:2] = [things_g[0] + things_g[1]]
    log_weight = after.log_weight + log_prior + log(share) + log_thing(abs(thing_g))
    after = loosened(after, sqrt(rest.variance_g2))  # the thing was weighed no better than this
    yield replace(after, foreign_g=tuple(things_g), log_weight=log_weight)


def first_accounts(net_g: float, rest: Rest, goods: Goods, pieces_before: int | None) -> Iterator[Hypothesis]:
    """Yield what a shelf may bear that is weighed for the first time in this life."""
    middle = max(0, round(net_g / goods.unit_weight_g))
    for pieces in {pieces_before or 0, *range(max(0, middle - MAX_NEAR), middle + MAX_NEAR + 1)}:
        log_prior = -log(RANGE_OF_COUNTS) if pieces_before is None else log_change(pieces - pieces_before)
        fresh = _fresh(pieces, goods.unit_weight_g, goods, TARE_SD_G, log_prior)
        yield _weighed(fresh, net_g, rest, goods, is_moved=False)
        yield from _with_thing(fresh, net_g, rest, goods, 0.0, may_lift=True)


def knocked(unit_g: float, net_g: float, rest: Rest, goods: Goods) -> Iterator[Hypothesis]:
    """Yield what the weight alone says, were the zero lost."""
    middle = round(net_g / unit_g)
    for pieces in {max(0, middle + off) for off in (-1, 0, 1)}:
        log_prior = log(KNOCKED / RANGE_OF_COUNTS)
        fresh = _fresh(pieces, unit_g, goods, KNOCKED_SD_G, log_prior)
        yield seen(fresh, net_g, rest.variance_g2, goods)


def _fresh(pieces: int, unit_g: float, goods: Goods, zero_sd_g: float, log_weight: float) -> Hypothesis:
    unit_g2 = (UNIT_SD_SHARE * goods.unit_weight_g) ** 2
    empty = Hypothesis(0, (), 0.0, 0.0, unit_g, (zero_sd_g**2, 0.0, 0.0, 0.0, 0.0, unit_g2), log_weight)
    return moved(empty, pieces, goods)
