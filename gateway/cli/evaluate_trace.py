"""`storefloor evaluate --trace`: the read model held against a real trace. Wiring and I/O."""

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from gateway.errors import ConfigError
from gateway.presence.rule import first_states, shadow_odds, state_factors, visibility_steps
from gateway.recording.instants import Instants
from gateway.site import NS_PER_S
from simulators.scoring.text_table import number
from simulators.scoring.trace import (
    Rounds,
    Sightings,
    Trace,
    TraceError,
    read_fixtures,
    read_trace,
    rounds_of,
    sightings,
)
from simulators.scoring.trace_checks import (
    AntennaRates,
    Floats,
    Forecast,
    Forecaster,
    Runs,
    antenna_rates,
    by_common_rate,
    by_own_rate,
    forecasts,
    runs_of_misses,
    zone_misses,
)

MAX_TRACE_BYTES = 2 << 30
RATES = (0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.92, 0.96, 0.985)
SHADOWS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Read rates of a clear tag, and time in shadow against the engine's prior, that the model chooses from."""
LEARN_ROUNDS = 2_000
"""Rounds that the read rate is chosen by, the newest of the first half: a rate needs no more."""
LEAST_DRAW = 1e-12
_Found = TypeVar("_Found")


def evaluate_trace(arguments: argparse.Namespace) -> int:
    """Check the read model on a trace and tell what was found."""
    instants = Instants()

    def seconds(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            return instants.parse(text) / NS_PER_S
        if not math.isfinite(value):
            raise ValueError(text)
        return value

    trace = _read(arguments.trace, read_trace, seconds)
    fixtures = [] if arguments.fixtures is None else _read(arguments.fixtures, read_fixtures, seconds)
    rounds = rounds_of(trace, arguments.round)
    seen = sightings(trace, rounds, fixtures)
    methods: dict[str, Forecaster] = {
        "common rate": by_common_rate,
        "own rate, independent misses": by_own_rate,
        "storefloor's read model": lambda sighted, half: by_read_model(sighted, half, rounds.spacing_s),
    }
    rates, runs, told = antenna_rates(trace, seen), runs_of_misses(seen), forecasts(seen, methods)
    misses = zone_misses(seen)
    print("\n".join(_words(trace, rounds, seen)))
    print("\n".join(_tables(rates, runs, told, misses)))
    print("\n".join(_figures(runs, told)))
    if arguments.json is not None:
        _write(arguments.json, rates, runs, told, misses)
    return 0


def by_read_model(seen: Sightings, half: int, round_s: float) -> Floats:
    """Foretell by the model that the belief engine reads tags with: quality and visibility are hidden, and
    last. Of RATES and SHADOWS it takes those under which the first half is likeliest, as the engine learns both.
    """
    taught = slice(max(0, half - LEARN_ROUNDS), half)
    learned = replace(seen, read=seen.read[:, taught], could=seen.could[:, taught])

    def cost(rate: float, shadows: float) -> float:
        told = np.clip(_filtered(learned, rate, shadows, round_s), LEAST_DRAW, 1 - LEAST_DRAW)
        likely = np.where(learned.read, told, 1 - told)
        return float(-np.log(likely[learned.could]).sum())

    shadows = 1.0
    for _ in range(2):
        rate = min(RATES, key=lambda value: cost(value, shadows))
        shadows = min(SHADOWS, key=lambda value: cost(rate, value))
    return _filtered(seen, rate, shadows, round_s)


def _filtered(seen: Sightings, rate: float, shadows: float, round_s: float) -> Floats:
    """Return P(read) before each round, states moved on and weighed round by round."""
    reads = (state_factors() * rate).astype(np.float64)
    odds = (shadow_odds() * shadows).astype(np.float32)
    steps = visibility_steps(round_s, odds).astype(np.float64)
    states = np.tile(first_states().astype(np.float64), (len(seen.epcs), 1))
    told = np.empty(seen.read.shape)
    for place in range(seen.read.shape[1]):
        states = states @ steps
        told[:, place] = states @ reads
        could, read = seen.could[:, place], seen.read[:, place]
        weights = np.where(read[:, None], reads[None, :], 1 - reads[None, :])
        weighed = states[could] * weights[could]
        states[could] = weighed / np.maximum(weighed.sum(axis=1, keepdims=True), LEAST_DRAW)
    return told


def _read(
    path: Path,
    parse: Callable[[Iterator[str], str, Callable[[str], float]], _Found],
    seconds: Callable[[str], float],
) -> _Found:
    try:
        if path.stat().st_size > MAX_TRACE_BYTES:
            raise ConfigError(f"evaluate: {path}: more than {MAX_TRACE_BYTES >> 30} GB: cut it by days")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse(lines, str(path), seconds)
    except TraceError as error:
        raise ConfigError(f"evaluate: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"evaluate: {path}: not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"evaluate: {path} cannot be read: {error.strerror}") from error


def _words(trace: Trace, rounds: Rounds, seen: Sightings) -> Iterator[str]:
    kind = "walks" if rounds.are_walks else "rounds"
    yield (
        f"{len(trace.at_s):,} reads of {len(trace.epcs):,} tags at {len(trace.antennas)} antenna(s); "
        f"{len(rounds.starts):,} {kind}, {number(rounds.spacing_s)} s apart"
    )
    if seen.missing:
        yield f"{len(seen.missing)} tag(s) of the fixtures were never read: {', '.join(seen.missing[:10])} …"
    if seen.read.shape[1] < len(rounds.starts):
        yield f"only the newest {seen.read.shape[1]:,} {kind} are looked at"
    yield ""


def _tables(
    rates: list[AntennaRates], runs: Runs, told: list[Forecast], misses: dict[str, tuple[int, float]]
) -> Iterator[str]:
    yield "read rates of tags at home, per antenna"
    yield f"  {'antenna':16} {'tags':>5} {'mean':>6} {'p10':>6} {'p50':>6} {'p90':>6} {'dBm':>6} {'others':>7}"
    for one in rates:
        shares = " ".join(f"{value:6.3f}" for value in (one.mean, one.low, one.median, one.high))
        yield f"  {one.antenna[:16]:16} {one.tags:5} {shares} {one.rssi_dbm:6.1f} {one.elsewhere:7.3f}"
    for zone, (tags, share) in misses.items():
        yield f"  fixtures in {zone}: {tags} tags, {100 * share:.2f} % missed"
    yield ""
    yield f"misses: {100 * runs.missed:.2f} % of the rounds in which a tag could be read"
    for length, (pooled, own) in runs.ratios.items():
        yield (
            f"  {length} in a row: {number(pooled)} times as often as independent misses at one common rate, "
            f"{number(own)} times as at each tag's own"
        )
    yield "  runs of misses:   length  seen  expected if independent, at own rates"
    for length, (observed, expected) in enumerate(zip(runs.observed, runs.expected, strict=True), start=1):
        more = "+" if length == len(runs.observed) else " "
        yield f"  {length:24}{more} {observed:5}  {number(expected)}"
    yield ""
    yield "the next round foretold (second half of the trace)"
    for entry in told:
        yield (
            f"  {entry.method:30} {number(entry.bits)} bits per tag and round, Brier {number(entry.brier)}, "
            f"{entry.answers:,} forecasts"
        )
    yield ""


def _figures(runs: Runs, told: list[Forecast]) -> Iterator[str]:
    yield f"figure: trace/missed = {100 * runs.missed:.6g} %"
    for length, (pooled, own) in runs.ratios.items():
        for basis, value in (("pooled", pooled), ("own", own)):
            if not math.isnan(value):
                yield f"figure: trace/runs_of_{length}_{basis} = {value:.6g} times"
    for entry in told:
        name = entry.method.split(",")[0].replace("'s", "").replace(" ", "_")
        if not math.isnan(entry.bits):
            yield f"figure: trace/next_round/{name} = {entry.bits:.6g} bits"


def _write(
    path: Path,
    rates: list[AntennaRates],
    runs: Runs,
    told: list[Forecast],
    misses: dict[str, tuple[int, float]],
) -> None:
    body = {
        "antennas": [
            {"antenna": r.antenna, "tags": r.tags, "mean": r.mean, "p10": r.low, "p50": r.median, "p90": r.high,
             "rssi_dbm": r.rssi_dbm, "elsewhere": r.elsewhere} for r in rates
        ],
        "missed": runs.missed,
        "runs": {str(length): {"pooled": p, "own": o} for length, (p, o) in runs.ratios.items()},
        "run_lengths": {"seen": runs.observed, "expected": runs.expected},
        "next_round": [
            {"method": f.method, "bits": f.bits, "brier": f.brier, "forecasts": f.answers} for f in told
        ],
        "zones": {zone: {"tags": tags, "missed": share} for zone, (tags, share) in misses.items()},
    }  # fmt: skip
    text = json.dumps(_plain(body), indent=1)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"evaluate: {path} cannot be written: {error.strerror}") from error


def _plain(value: object) -> object:
    """Return a JSON value with null for what is not known."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
