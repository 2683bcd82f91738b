"""A weight shelf over days: customers, hands, refills, foreign things and a drifting cell. Pure, seeded.

One reading a second with the number of pieces that truly stand there. The parameters are data: `BASE`
is a decent cell in a busy shop, `HARD` a poor one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt
from random import Random

S_PER_H = 3_600
H_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class ShelfParams:
    """Laws of one shelf; weights in grams, shares per touch."""

    unit_weight_g: float = 200.0
    tare_g: float = 1_500.0
    tare_error_g: float = 5.0
    noise_g: float = 5.0
    walk_g_per_sqrt_h: float = 2.0
    run_g_per_day: float = 10.0
    spread_share: float = 0.01
    foreign_share: float = 0.02
    foreign_g: tuple[float, float] = (30.0, 800.0)
    foreign_stays_s: float = 1_800.0
    touches_per_h: float = 15.0
    press_g: tuple[float, float] = (-150.0, 600.0)
    press_swing_share: float = 0.3
    touch_median_s: float = 5.0
    touch_sigma: float = 0.6
    longest_touch_s: float = 60.0
    take_share: float = 0.2
    take_more_share: float = 0.25
    put_back_share: float = 0.04
    capacity: int = 12
    open_h: tuple[float, float] = (9.0, 21.0)
    restock_every_s: float = 5_400.0
    restock_share: float = 0.5
    restock_piece_s: float = 2.0


BASE = ShelfParams()
HARD = replace(BASE, noise_g=20.0, run_g_per_day=50.0, foreign_share=0.05)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One reading, and the truth at its time."""

    at_s: int
    weight_g: float
    pieces: int


class WeighedShelf:
    """One shelf with its goods, hands and cell."""

    def __init__(self, params: ShelfParams, rng: Random) -> None:
        self._params = params
        self._rng = rng
        self._run_g_per_s = rng.choice((-1, 1)) * params.run_g_per_day / (H_PER_DAY * S_PER_H)
        self._zero_g = rng.gauss(0, params.tare_error_g)
        self._goods_g = [self._piece_g() for _ in range(rng.randint(params.capacity // 2, params.capacity))]
        self._foreign: list[tuple[float, float]] = []
        self._hand_until_s = 0.0
        self._press_g = 0.0
        self._then = ""

    def readings(self, seconds: int) -> Iterator[Weighed]:
        """Yield a reading for each second."""
        params, rng = self._params, self._rng
        step_g = params.walk_g_per_sqrt_h / sqrt(S_PER_H)
        load_g = self._load_g()
        for at_s in range(seconds):
            self._zero_g += self._run_g_per_s + rng.gauss(0, step_g)
            if self._lives(at_s):
                load_g = self._load_g()
            weight_g = params.tare_g + self._zero_g + load_g + rng.gauss(0, params.noise_g)
            if at_s < self._hand_until_s:
                weight_g += self._press_g * (1 + params.press_swing_share * rng.uniform(-1, 1))
            yield Weighed(at_s, weight_g, len(self._goods_g))

    def _lives(self, at_s: int) -> bool:
        """Let happen what happens in this second; return whether the load may have changed."""
        params, rng = self._params, self._rng
        if self._then and at_s >= self._hand_until_s:
            self._end_touch(at_s)
            return True
        if self._then:
            return False
        if self._foreign and self._foreign[0][0] <= at_s:
            self._touch(at_s, "clear")
        elif (
            self._is_open(at_s) and at_s % params.restock_every_s < 1 and rng.random() < params.restock_share
        ):
            self._touch(at_s, "restock")
        elif self._is_open(at_s) and rng.random() < params.touches_per_h / S_PER_H:
            self._touch(at_s, self._what())
        return False

    def _is_open(self, at_s: int) -> bool:
        return self._params.open_h[0] <= at_s / S_PER_H % H_PER_DAY < self._params.open_h[1]

    def _what(self) -> str:
        params, draw = self._params, self._rng.random()
        for what, share in (
            ("foreign", params.foreign_share),
            ("take", params.take_share),
            ("put", params.put_back_share),
        ):
            if draw < share:
                return what
            draw -= share
        return "nothing"

    def _touch(self, at_s: int, what: str) -> None:
        params, rng = self._params, self._rng
        length_s = min(
            params.touch_median_s * rng.lognormvariate(0, params.touch_sigma), params.longest_touch_s
        )
        if what == "restock":
            length_s += params.restock_piece_s * (params.capacity - len(self._goods_g))
        self._hand_until_s = at_s + length_s
        self._press_g = rng.uniform(*params.press_g)
        self._then = what

    def _end_touch(self, at_s: int) -> None:
        params, rng, what = self._params, self._rng, self._then
        self._then = ""
        if what == "take":
            for _ in range(1 + (rng.random() < params.take_more_share)):
                if self._goods_g:
                    self._goods_g.pop(rng.randrange(len(self._goods_g)))
        elif what == "put":
            self._goods_g.append(self._piece_g())
        elif what == "restock":
            while len(self._goods_g) < params.capacity:
                self._goods_g.append(self._piece_g())
        elif what == "foreign":
            leaves_s = at_s + rng.expovariate(1 / params.foreign_stays_s)
            self._foreign.append((leaves_s, rng.uniform(*params.foreign_g)))
            self._foreign.sort()
        elif what == "clear":
            self._foreign.pop(0)

    def _piece_g(self) -> float:
        return self._params.unit_weight_g * self._rng.gauss(1, self._params.spread_share)

    def _load_g(self) -> float:
        return sum(self._goods_g) + sum(thing_g for _, thing_g in self._foreign)
