"""A shop whose demand is known, also what nobody could buy: level shifts, rare articles, clumps, stock-outs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

PARIS = ZoneInfo("Europe/Paris")
FIRST_HOUR = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) // 3_600
HOURS = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5, 6, 5, 5, 6, 8, 10, 9, 5, 0, 0, 0, 0], float)
DAYS = np.array([0.8, 0.8, 1.0, 0.9, 1.2, 2.0, 0.3])
SHIFT_PER_DAY, SHIFT_SIGMA = 1 / 50, 0.9
WEATHER_SHAPE = 20.0
"""Of the Gamma factor that all sales of a day share: ± 22 %."""
CLUMPED, CLUMP_MORE = 0.3, 0.35
"""Share of the articles that go several at once, and the chance of each piece to take another along."""
COVER_DAYS, LEAST_COVER = 8.0, 1
CALM_COVER = 100


@dataclass(frozen=True, slots=True)
class ShopDemand:
    """Hour by hour, shapes (hours, articles): pieces asked for, pieces sold, whether there was one all the hour
    (`available`), at its start (`stock`: pieces then). `mean_per_day`: of each article at first.
    """

    asked: NDArray[np.int64]
    sold: NDArray[np.int64]
    stock: NDArray[np.int64]
    mean_per_day: NDArray[np.float64]


def local_places(hours: int, zone: ZoneInfo = PARIS) -> NDArray[np.int64]:
    """Return the hour of the local week of each hour of the run."""
    times = (datetime.fromtimestamp((FIRST_HOUR + h) * 3_600, UTC).astimezone(zone) for h in range(hours))
    return np.array([time.weekday() * 24 + time.hour for time in times])


def true_week() -> NDArray[np.float64]:
    """Return the weights of the hours of the week, of a mean of 1."""
    week = (DAYS[:, None] * HOURS[None, :]).reshape(-1)
    return week / week.mean()


def simulated(articles: int, days: int, seed: int, *, is_calm: bool = False) -> ShopDemand:
    """Return a run: a third of the articles sell daily, a third by weeks, a third hardly ever.

    `is_calm`: no rate ever shifts, and nothing is ever sold out.
    """
    rng = np.random.default_rng(seed)
    kinds = np.arange(articles) % 3
    mean = np.choose(kinds, (1.5, 0.2, 0.03)) * rng.lognormal(-0.25, 0.7, articles)
    clumped = rng.random(articles) < CLUMPED
    week, places = true_week(), local_places(days * 24)
    asked = np.zeros((days * 24, articles), np.int64)
    rate = mean.copy()
    for day in range(days):
        shifted = rng.random(articles) < (0.0 if is_calm else SHIFT_PER_DAY)
        rate = np.where(shifted, rate * rng.lognormal(0, SHIFT_SIGMA, articles), rate)
        weather = rng.gamma(WEATHER_SHAPE) / WEATHER_SHAPE
        for hour in range(day * 24, day * 24 + 24):
            level = rate / 24 * week[places[hour]] * weather
            visits = rng.poisson(np.where(clumped, level * (1 - CLUMP_MORE), level))
            asked[hour] = visits
            several = np.flatnonzero(clumped & (visits > 0))
            asked[hour, several] += rng.negative_binomial(visits[several], 1 - CLUMP_MORE)
    return _sold(asked, mean, rng, CALM_COVER if is_calm else 1)


def _sold(
    asked: NDArray[np.int64], mean: NDArray[np.float64], rng: np.random.Generator, cover: int
) -> ShopDemand:
    """Sell from stock that is filled up once a week, as many as an old plan says."""
    hours, articles = asked.shape
    up_to = cover * np.maximum(LEAST_COVER, rng.poisson(mean * COVER_DAYS))
    turn = rng.integers(0, 7, articles)
    stock, sold = np.zeros_like(asked), np.zeros_like(asked)
    held = up_to.copy()
    for hour in range(hours):
        if hour % 24 == 7:
            held = np.where(turn == hour // 24 % 7, np.maximum(held, up_to), held)
        stock[hour] = held
        sold[hour] = np.minimum(held, asked[hour])
        held = held - sold[hour]
    return ShopDemand(asked, sold, stock, mean)
