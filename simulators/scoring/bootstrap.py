"""How sure a figure is: units drawn again and again, the figure made anew of each draw. Pure, seeded.

A unit is an article on a day (see tally.py). The interval holds the middle 95 % of `DRAWS` draws.
"""

import numpy as np

from simulators.scoring.tally import Floats

DRAWS = 400
SEED = 20_260_314
LOW, HIGH = 2.5, 97.5


def draws(units: int) -> Floats:
    """Return how often each unit is drawn, draws × units; the same for the same number of units."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(units, np.full(units, 1 / units), size=DRAWS).astype(np.float64)


def interval(values: Floats) -> tuple[float, float]:
    """Return the middle 95 % of what the draws gave; those that gave nothing are left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, (LOW, HIGH))
    return float(low), float(high)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the least value up to which `share` of the weight lies; values must be sorted."""
    summed = np.cumsum(weights)
    if not len(values) or summed[-1] <= 0:
        return float("nan")
    return float(values[min(len(values) - 1, int(np.searchsorted(summed, share * summed[-1])))])
