"""How fast each article of one store sells: Gamma beliefs in columns, a row an article. Pure.

Time is the store's own: an hour of the week counts as much as it sells (see week.py), so a rate is pieces per
mean hour. A row holds three beliefs that forget at different speeds, and how well each foretold what came:

    sold, exposed ─▶ shape += sold, hours += exposed    of each memory; both fade towards the department's mean
                 └─▶ weight *= P(sold | memory)         a level shift moves the weight to the short memory

Nothing is done for an article while nothing happens to it: what its silence means is worked out when asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isnan

import numpy as np
from numpy.typing import NDArray

from gateway.forecast.negative_binomial import Doubles, log_none, log_of, size_of

MEMORY_H = (4 * 24.0, 16 * 24.0, 100 * 24.0)
"""Mean hours after which a belief has forgotten all but 1/e: days, weeks, a season."""
FIRST_WEIGHT = (0.2, 0.4, 0.4)
SWITCH_H = 60 * 24.0
"""Mean hours after which another memory may as well be the right one."""
PRIOR_SHAPE = 0.5
"""Shape of the rates within a department: their standard deviation is 1.4 times their mean."""
LEAST_RATE, MOST_RATE = 1e-7, 1e4
"""Pieces per mean hour: a belief outside has nothing to do with a shop."""
UNSEEN_H = 24.0
"""Mean hours of exposure that a sale of what was believed gone brings along at most: it was there after all."""
OWN_SHAPE = 0.3
"""Pieces that an article's longer memory weighs in the shorter one: what is forgotten of an article leaves what it
always was, not what its department is."""
MOST_DISPERSION = 20.0
"""A single customer who takes a hundred pieces makes no article that goes by hundreds."""
CLUMP_PIECES = 12.0
"""Pieces that the store's dispersion weighs in an article's own."""
CLUMP_KEEP = 0.98
"""Of what was seen of an article's dispersion, each hour in which it sells: the last 50 of them count."""
FIRST_CAPACITY = 256
MEMORIES = len(MEMORY_H)


@dataclass(frozen=True, slots=True)
class Belief:
    """One memory's rate: Gamma(shape, hours), with a mean of shape / hours; `weight` among the others."""

    weight: float
    shape: float
    hours: float


Beliefs = tuple[Belief, ...]


def first_belief(prior_rate: float) -> Beliefs:
    """Return what is believed of an article of which nothing was heard."""
    return (Belief(1.0, PRIOR_SHAPE, PRIOR_SHAPE / prior_rate),)


class Rates:
    """Rows grow by a quarter. Times are in mean hours of the store since it was first heard of.

    `mass`: (capacity, 9) of shapes, hours and weights, the prior not in them. `times`: (capacity, 3) of until
    when a row is learned, since when the article is available (NaN: it is not), and the exposure before.
    `clumps`: (capacity, 2) of what was seen of the dispersion, and the pieces in which it was.
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.mass = np.zeros((FIRST_CAPACITY, 3 * MEMORIES), np.float32)
        self.times = np.zeros((FIRST_CAPACITY, 3))
        self.clumps = np.zeros((FIRST_CAPACITY, 2), np.float32)
        self.group = np.zeros(FIRST_CAPACITY, np.int16)

    @property
    def used(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def add(self, sku: str, group: int, at_h: float) -> int:
        """Return a new row for an article, not available yet."""
        row = len(self.rows)
        if row == len(self.group):
            more = max(FIRST_CAPACITY, row // 4)
            self.mass = np.concatenate((self.mass, np.zeros((more, 3 * MEMORIES), np.float32)))
            self.times = np.concatenate((self.times, np.zeros((more, 3))))
            self.clumps = np.concatenate((self.clumps, np.zeros((more, 2), np.float32)))
            self.group = np.concatenate((self.group, np.zeros(more, np.int16)))
        self.rows[sku] = row
        self.mass[row, : 2 * MEMORIES] = 0.0
        self.mass[row, 2 * MEMORIES :] = FIRST_WEIGHT
        self.times[row] = at_h, np.nan, 0.0
        self.group[row] = group
        return row

    def is_available(self, row: int) -> bool:
        """Return whether an article is exposed to customers now."""
        return not isnan(self.times.item(row, 1))

    def learn(self, row: int, at_h: float, pieces: float, prior_rate: float, dispersion: float) -> None:
        """Take in all that happened to a row until `at_h`: so many pieces, over the time that it was available."""
        exposed_h = self._exposed(row, at_h, pieces)
        span_h = at_h - self.times.item(row, 0)
        moved = _moved(self.mass[row].tolist(), span_h, exposed_h, pieces, prior_rate, dispersion)
        self.mass[row] = moved
        is_available = self.is_available(row)
        self.times[row] = at_h, at_h if is_available else np.nan, 0.0

    def expose(self, row: int, at_h: float, *, is_available: bool) -> None:
        """Note that an article came or went; the time before stays to be learned."""
        learned_h, since_h, exposed_h = self.times[row].tolist()
        if not isnan(since_h):
            exposed_h += max(0.0, at_h - since_h)
        self.times[row] = learned_h, at_h if is_available else np.nan, exposed_h

    def dispersion(self, row: int, of_store: float) -> float:
        """Return variance / mean of what an article sells in an hour, beyond what its rate explains."""
        seen, pieces = self.clumps[row].tolist()
        return float(
            min(MOST_DISPERSION, max(1.0, (seen + CLUMP_PIECES * of_store) / (pieces + CLUMP_PIECES)))
        )

    def dispersions(self, rows: NDArray[np.intp], of_store: float) -> Doubles:
        """Return what `dispersion` does, of many rows."""
        seen, pieces = self.clumps[rows].astype(np.float64).T
        found: Doubles = (seen + CLUMP_PIECES * of_store) / (pieces + CLUMP_PIECES)
        return np.asarray(np.clip(found, 1.0, MOST_DISPERSION), np.float64)

    def see_clumps(self, row: int, pieces: int, hours: float, prior_rate: float) -> None:
        """Take in an hour of the world (so many mean hours) in which `pieces` were sold, before it is learned.

        Over hours, the sum of n^2 is that of n times (dispersion + mean + mean / shape); hours without a sale add
        nothing to either.
        """
        mass = self.mass[row].tolist()
        shapes, rated_h = _with_prior(mass, prior_rate)
        mean = sum(w * a / h for w, a, h in zip(mass[2 * MEMORIES :], shapes, rated_h, strict=True)) * hours
        seen = pieces * pieces - pieces * mean * (1.0 + 1.0 / shapes[-1])
        self.clumps[row] = self.clumps[row] * np.float32(CLUMP_KEEP) + (seen, pieces)

    def beliefs(self, row: int, at_h: float, pieces: float, prior_rate: float, dispersion: float) -> Beliefs:
        """Return what is believed at `at_h`, `pieces` being sold and not learned yet."""
        exposed_h = self._exposed(row, at_h, pieces)
        span_h = at_h - self.times.item(row, 0)
        mass = _moved(self.mass[row].tolist(), span_h, exposed_h, pieces, prior_rate, dispersion)
        shapes, hours = _with_prior(mass, prior_rate)
        return tuple(Belief(mass[2 * MEMORIES + k], shapes[k], hours[k]) for k in range(MEMORIES))

    def _exposed(self, row: int, at_h: float, pieces: float) -> float:
        learned_h, since_h, exposed_h = self.times[row].tolist()
        if not isnan(since_h):
            return float(exposed_h + max(0.0, at_h - since_h))
        if pieces > 0 and exposed_h <= 0.0:
            return float(min(UNSEEN_H, max(0.0, at_h - learned_h)))
        return float(exposed_h)

    def unsold(
        self, rows: NDArray[np.intp], at_h: float, prior_rates: Doubles, dispersions: Doubles
    ) -> tuple[Doubles, Doubles]:
        """Return (P(nothing sold), pieces expected) of many available rows, over the time that they were available
        until `at_h` since they were learned: as they were believed then, before this silence taught anything.

        `prior_rates`, `dispersions`: (rows,).
        """
        mass, times = self.mass[rows].astype(np.float64), self.times[rows]
        exposed = (times[:, 2] + np.maximum(0.0, at_h - times[:, 1]))[:, None]
        shapes, hours, weights = (mass[:, k * MEMORIES : (k + 1) * MEMORIES] for k in range(3))
        all_shapes, all_hours = _with_priors(shapes, hours, prior_rates)
        means = all_shapes / all_hours * exposed
        weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-300)
        p = (weights * np.exp(log_none(means, all_shapes, dispersions[:, None]))).sum(1)
        return np.asarray(p, np.float64), np.asarray((weights * means).sum(1), np.float64)

    def silent(
        self, rows: NDArray[np.intp], at_h: float, prior_rates: Doubles, dispersions: Doubles
    ) -> tuple[Doubles, Doubles, Doubles]:
        """Return (weights, shapes, hours) of many available rows that sold nothing since they were learned.

        Shapes: (rows, 3). `prior_rates`, `dispersions`: (rows,).
        """
        dispersion = dispersions[:, None]
        mass = self.mass[rows].astype(np.float64)
        times = self.times[rows]
        exposed = (times[:, 2] + np.maximum(0.0, at_h - times[:, 1]))[:, None]
        span = np.maximum(at_h - times[:, 0], 0.0)[:, None]
        memory = np.array(MEMORY_H)
        shapes, hours, weights = (mass[:, k * MEMORIES : (k + 1) * MEMORIES] for k in range(3))
        all_shapes, all_hours = _with_priors(shapes, hours, prior_rates)
        mean = all_shapes / all_hours * exposed
        weights = weights * np.exp(log_none(mean, all_shapes, dispersion))
        weights = _switched(weights, span)
        keep = np.exp(-span / memory)
        gain = np.where(span > 1e-9, (1.0 - keep) * memory / np.maximum(span, 1e-9), 1.0)
        return weights, *_with_priors(shapes * keep, hours * keep + exposed * gain / dispersion, prior_rates)


def _with_prior(mass: Sequence[float], prior_rate: float) -> tuple[list[float], list[float]]:
    """Return (shapes, hours) of the memories: the longest upon its department's mean, each other upon the longer."""
    shapes, hours = [0.0] * MEMORIES, [0.0] * MEMORIES
    prior_shape = PRIOR_SHAPE
    for k in reversed(range(MEMORIES)):
        shapes[k] = prior_shape + mass[k]
        hours[k] = prior_shape / prior_rate + mass[MEMORIES + k]
        prior_shape, prior_rate = OWN_SHAPE, shapes[k] / hours[k]
    return shapes, hours


def _with_priors(mass: Doubles, exposure: Doubles, prior_rates: Doubles) -> tuple[Doubles, Doubles]:
    """Return what `_with_prior` does, of many rows."""
    shapes, hours = np.empty_like(mass), np.empty_like(exposure)
    prior_shape = PRIOR_SHAPE
    for k in reversed(range(MEMORIES)):
        shapes[:, k] = prior_shape + mass[:, k]
        hours[:, k] = prior_shape / prior_rates + exposure[:, k]
        prior_shape, prior_rates = OWN_SHAPE, shapes[:, k] / hours[:, k]
    return shapes, hours


def _switched(weights: Doubles, span_h: Doubles) -> Doubles:
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-300)
    switch = 1.0 - np.exp(-span_h / SWITCH_H)
    return np.asarray((1.0 - switch) * weights + switch * np.array(FIRST_WEIGHT), np.float64)


def _moved(
    mass: Sequence[float],
    span_h: float,
    exposed_h: float,
    pieces: float,
    prior_rate: float,
    dispersion: float,
) -> list[float]:
    """Return a row's mass after a span of time with so much exposure, at the end of which pieces were sold."""
    span_h = max(0.0, span_h)
    all_shapes, all_hours = _with_prior(mass, prior_rate)
    shapes, hours, logs = [], [], []
    for k, memory_h in enumerate(MEMORY_H):
        shape, hour = mass[k], mass[MEMORIES + k]
        keep = exp(-span_h / memory_h)
        gain = (1.0 - keep) * memory_h / span_h if span_h > 1e-9 else 1.0
        if exposed_h > 0.0:
            mean = all_shapes[k] / all_hours[k] * exposed_h
            logs.append(log_of(mean, size_of(mean, all_shapes[k], dispersion), int(pieces)))
        else:
            logs.append(0.0)
        shapes.append(shape * keep + pieces / dispersion)
        hours.append(hour * keep + exposed_h * gain / dispersion)
    best = max(logs)
    weights = [mass[2 * MEMORIES + k] * exp(logs[k] - best) for k in range(MEMORIES)]
    total = sum(weights) or 1.0
    switch = 1.0 - exp(-span_h / SWITCH_H)
    mixed = [
        (1.0 - switch) * w / total + switch * first for w, first in zip(weights, FIRST_WEIGHT, strict=True)
    ]
    return shapes + hours + mixed
