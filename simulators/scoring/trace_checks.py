"""What a trace says of reading: rates, runs of misses, and how well the next round can be foretold. Pure.

- Read rate of a tag: of the rounds in which it could be read at home, the share in which it was.
- Runs: how often two (three) misses follow each other, against what independent misses would give:
  `pooled`, with the same rate for all tags, and `own`, with each tag's own. What is left above 1 with
  its own rate is not that tags differ: it is that misses come in runs.
- Next round: before each round of the second half of the trace, a method says how likely each tag is to
  be read; judged by log loss (bits per tag and round: less is better) and by Brier score. Methods may
  learn from the first half, and from all earlier rounds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.scoring.trace import LEAST_ROUNDS, Sightings, Trace

MAX_RUN = 12
"""Runs are told one by one up to this length; the last entry holds all longer ones."""
CERTAIN = 1e-4
"""No forecast is taken as surer than this: one surprise would outweigh a day of being right."""
OWN_RATE_WEIGHT = 4.0
"""Rounds that the common rate is worth in the forecast by a tag's own rate."""
Floats = NDArray[np.float64]
Forecaster = Callable[[Sightings, int], Floats]
"""Returns P(read) for each tag and round. May look at rounds before `half`, and before each round."""


@dataclass(frozen=True, slots=True)
class AntennaRates:
    """The read rates of the tags at home at one antenna; `elsewhere`: share of its reads of other tags."""

    antenna: str
    tags: int
    mean: float
    low: float
    median: float
    high: float
    rssi_dbm: float
    elsewhere: float


@dataclass(frozen=True, slots=True)
class Runs:
    """Misses in a row. `ratios[k]`: k in a row against independence, (pooled, own), for k = 2, 3."""

    missed: float
    ratios: Mapping[int, tuple[float, float]]
    observed: tuple[int, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """How well a method foretold the next round."""

    method: str
    bits: float
    brier: float
    answers: int


def antenna_rates(trace: Trace, seen: Sightings) -> list[AntennaRates]:
    """Return the rates per antenna, in the order of their names."""
    rates, enough = _own_rates(seen)
    tag, antenna = np.array(trace.tag), np.array(trace.antenna)
    rssi = np.array(trace.rssi_dbm)
    found = []
    for number, name in sorted(enumerate(trace.antennas), key=lambda entry: entry[1]):
        mine = rates[enough & (seen.home == number)]
        here = antenna == number
        at_home = here & (seen.home[tag] == number)
        known = rssi[at_home & ~np.isnan(rssi)]
        low, median, high = np.quantile(mine, (0.1, 0.5, 0.9)) if len(mine) else (np.nan,) * 3
        found.append(
            AntennaRates(
                name,
                len(mine),
                float(mine.mean()) if len(mine) else float("nan"),
                float(low),
                float(median),
                float(high),
                float(np.median(known)) if len(known) else float("nan"),
                float(1 - at_home.sum() / here.sum()),
            )
        )
    return found


def zone_misses(seen: Sightings) -> dict[str, tuple[int, float]]:
    """Return per zone of the fixtures its tags and the share of rounds in which they were missed."""
    found: dict[str, tuple[int, float]] = {}
    zones = np.array(seen.zone)
    for zone in sorted(set(seen.zone) - {""}):
        rows = zones == zone
        could = seen.could[rows].sum()
        if could:
            found[zone] = (int(rows.sum()), float(1 - (seen.read[rows] & seen.could[rows]).sum() / could))
    return found


def _own_rates(seen: Sightings) -> tuple[Floats, NDArray[np.bool_]]:
    could = seen.could.sum(axis=1)
    rates = (seen.read & seen.could).sum(axis=1) / np.maximum(could, 1)
    return rates, could >= LEAST_ROUNDS


def runs_of_misses(seen: Sightings) -> Runs:
    """Return how misses follow each other."""
    rates, enough = _own_rates(seen)
    could, missed = seen.could[enough], seen.could[enough] & ~seen.read[enough]
    own = 1 - rates[enough]
    pooled = float(missed.sum() / max(1, could.sum()))
    ratios: dict[int, tuple[float, float]] = {}
    for length in (2, 3):
        window = np.lib.stride_tricks.sliding_window_view
        if could.shape[1] < length or not len(own):
            ratios[length] = (float("nan"), float("nan"))
            continue
        chances = window(could, length, axis=1).all(axis=2).sum(axis=1)
        seen_runs = float(window(missed, length, axis=1).all(axis=2).sum())
        by_pooled, by_own = pooled**length * chances.sum(), float((own**length * chances).sum())
        ratios[length] = (_ratio(seen_runs, by_pooled), _ratio(seen_runs, by_own))
    observed = np.zeros(MAX_RUN + 1, dtype=np.int64)
    for row in missed:
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
        np.add.at(observed, np.minimum(edges[1::2] - edges[::2], MAX_RUN), 1)
    expected = _expected_runs(own, could.sum(axis=1))
    return Runs(pooled, ratios, tuple(int(n) for n in observed[1:]), tuple(expected))


def _ratio(observed: float, expected: float) -> float:
    return observed / expected if expected > 0 else float("nan")


def _expected_runs(own: Floats, rounds: NDArray[np.int64]) -> list[float]:
    """Return how many runs of each length independent misses at each tag's own rate would give."""
    begins = rounds * own * (1 - own)
    lengths = [float((begins * own ** (k - 1) * (1 - own)).sum()) for k in range(1, MAX_RUN)]
    return [*lengths, float((begins * own ** (MAX_RUN - 1)).sum())]


def forecasts(seen: Sightings, methods: Mapping[str, Forecaster]) -> list[Forecast]:
    """Return how well each method foretells the second half of the trace."""
    half = seen.read.shape[1] // 2
    judged = seen.could[:, half:]
    happened = seen.read[:, half:][judged]
    found = []
    for name, method in methods.items():
        told = np.clip(method(seen, half)[:, half:][judged], CERTAIN, 1 - CERTAIN)
        bits = -np.log2(np.where(happened, told, 1 - told))
        known = bool(len(happened))
        brier = float(((told - happened) ** 2).mean()) if known else float("nan")
        found.append(Forecast(name, float(bits.mean()) if known else float("nan"), brier, len(happened)))
    return found


def by_common_rate(seen: Sightings, half: int) -> Floats:
    """Foretell every tag by the rate of all tags in the first half."""
    could = max(1, int(seen.could[:, :half].sum()))
    rate = (seen.read[:, :half] & seen.could[:, :half]).sum() / could
    return np.full(seen.read.shape, rate)


def by_own_rate(seen: Sightings, half: int) -> Floats:
    """Foretell each tag by its own rate in all rounds before: right if misses were independent."""
    common = by_common_rate(seen, half)[0, 0]
    hits = seen.read & seen.could
    told: Floats = (np.cumsum(hits, axis=1) - hits + common * OWN_RATE_WEIGHT) / (
        np.cumsum(seen.could, axis=1) - seen.could + OWN_RATE_WEIGHT
    )
    return told
