"""Distributions of a number of pieces: added up, asked, and joined with what tags say. Pure.

A distribution is (least count, probabilities of least, least + 1, …); the probabilities sum up to 1.
"""

from collections.abc import Iterable, Mapping, Sequence

Distribution = tuple[int, tuple[float, ...]]

NEGLIGIBLE = 1e-6
"""Less at either end is cut off: a distribution stays short."""
MAX_COUNTS = 512
"""No distribution spans more counts than these; what lies beyond is cut, the rest made to sum up to 1."""
WRONG_SHARE = 0.01
"""How often tags, or a shelf, tell of another number altogether: untagged pieces, foreign things."""


def from_shares(shares: Mapping[int, float]) -> Distribution:
    """Return the distribution of weighted counts; of none at all: certainly 0."""
    if not shares:
        return 0, (1.0,)
    least = min(shares)
    size = min(max(shares) - least + 1, MAX_COUNTS)
    return _trimmed(least, [shares.get(least + n, 0.0) for n in range(size)])


def at_least(distribution: Distribution, pieces: int) -> float:
    """Return the probability of `pieces` or more."""
    least, probabilities = distribution
    return min(1.0, sum(probabilities[max(0, pieces - least) :]))


def expected(distribution: Distribution) -> float:
    """Return the mean count."""
    least, probabilities = distribution
    return least + sum(n * p for n, p in enumerate(probabilities))


def sum_of(distributions: Iterable[Distribution]) -> Distribution:
    """Return the distribution of the sum: several shelves of one article, independent of each other."""
    least, total = 0, [1.0]
    for first, probabilities in distributions:
        joined = [0.0] * (len(total) + len(probabilities) - 1)
        for i, left in enumerate(total):
            for j, right in enumerate(probabilities):
                joined[i + j] += left * right
        least, cut = _trimmed(least + first, joined)
        total = list(cut)
    return least, tuple(total)


def of_tags(present: Iterable[float]) -> Distribution:
    """Return the count of tags that are there, each with its own probability: Poisson-binomial, exact."""
    return sum_of((0, (1 - p, p)) for p in present)


def fused(tags: Distribution, shelf: Distribution, wrong_share: float = WRONG_SHARE) -> Distribution:
    """Return what tags and weight say together of the same pieces.

    The product of the two, each mixed with a chance of `wrong_share` that it is wrong altogether: where
    they agree the belief is sharper than either, where they contradict each other neither is certain.
    """
    least = min(tags[0], shelf[0])
    size = min(max(tags[0] + len(tags[1]), shelf[0] + len(shelf[1])) - least, MAX_COUNTS)
    floor = wrong_share / size
    left, right = (
        [(1 - wrong_share) * p + floor for p in _spread(told, least, size)] for told in (tags, shelf)
    )
    return _trimmed(least, [p * q for p, q in zip(left, right, strict=True)])


def _spread(told: Distribution, least: int, size: int) -> Sequence[float]:
    first, probabilities = told
    return [
        probabilities[n] if 0 <= (n := least + i - first) < len(probabilities) else 0.0 for i in range(size)
    ]


def _trimmed(least: int, weights: Sequence[float]) -> Distribution:
    total = sum(weights)
    bound = NEGLIGIBLE * total
    start, stop = 0, min(len(weights), MAX_COUNTS)
    while start < stop - 1 and weights[start] < bound:
        start += 1
    while stop - 1 > start and weights[stop - 1] < bound:
        stop -= 1
    kept = weights[start:stop]
    whole = sum(kept)
    return least + start, tuple(p / whole for p in kept)
