"""Real traces: what is read from a file, what counts as a round, and what runs of misses are held against."""

from random import Random

import numpy as np
import pytest

from simulators.scoring.trace import TraceError, read_fixtures, read_trace, rounds_of, sightings
from simulators.scoring.trace_checks import (
    antenna_rates,
    by_common_rate,
    by_own_rate,
    forecasts,
    runs_of_misses,
    zone_misses,
)

HEAD = "epc,time,rssi,antenna"


def walks(pattern: dict[str, str]) -> list[str]:
    """Return a trace of hourly walks: per tag a text of 1 (read) and 0 (missed)."""
    lines = [
        f"{epc},{3_600 * walk + number},-60,hand"
        for number, (epc, seen) in enumerate(pattern.items())
        for walk, mark in enumerate(seen)
        if mark == "1"
    ]
    return [HEAD, *lines]


def test_walks_are_told_apart_by_the_pauses_between_them() -> None:
    """Three stretches with an hour between them are three walks; without pauses a round is five seconds."""
    trace = read_trace(walks({"A1": "111", "B2": "111"}), "trace.csv", float)
    assert rounds_of(trace).are_walks
    assert rounds_of(trace).of_read.tolist() == [0, 0, 1, 1, 2, 2]
    assert rounds_of(trace).spacing_s == 3_600
    steady = read_trace([HEAD, *(f"A1,{s},-60,a" for s in range(0, 60, 2))], "trace.csv", float)
    assert not rounds_of(steady).are_walks
    assert len(rounds_of(steady).starts) == 12


def test_first_and_last_reads_are_no_evidence_of_the_rate() -> None:
    """A tag read in walks 1, 2, 4 and 6 of six could be read in 2 to 5: two of four."""
    trace = read_trace(walks({"A1": "110101", "B2": "111111"}), "trace.csv", float)
    seen = sightings(trace, rounds_of(trace))
    assert seen.could[0].tolist() == [False, True, True, True, True, False]
    assert antenna_rates(trace, seen)[0].mean == pytest.approx((2 / 4 + 1) / 2)


def test_fixtures_say_when_a_tag_could_be_read() -> None:
    """What stood in zone shelf-1 all the time was missed twice of six; what was never read is named."""
    trace = read_trace(walks({"A1": "010111", "B2": "111111"}), "trace.csv", float)
    told = read_fixtures(["epc,from,to,zone", "A1,0,,shelf-1", "C3,0,,shelf-1"], "fixtures.csv", float)
    seen = sightings(trace, rounds_of(trace), told)
    assert zone_misses(seen) == {"shelf-1": (1, pytest.approx(2 / 6))}
    assert seen.missing == ("C3",)


def test_a_round_in_which_an_antenna_read_nothing_is_its_outage() -> None:
    """Antenna b was silent for both tags in the middle: no miss is counted."""
    lines = [f"{epc},{s},,{a}" for s in range(0, 100, 5) for epc, a in (("A1", "a"), ("B2", "b"), ("B3", "b"))
             if a == "a" or not 30 <= s < 60]  # fmt: skip
    trace = read_trace([HEAD, *lines], "trace.csv", float)
    runs = runs_of_misses(sightings(trace, rounds_of(trace)))
    assert runs.missed == 0


def test_runs_are_told_from_independent_misses() -> None:
    """Two walks missed in a row by design: more often than by chance, at one rate and at each tag's own."""
    rng = Random(4)
    shadowed = {
        f"A{n:03d}": "".join("00" if rng.random() < 0.08 else "1" for _ in range(300)) for n in range(40)
    }
    even = {f"A{n:03d}": "".join("0" if rng.random() < 0.15 else "1" for _ in range(300)) for n in range(40)}
    of = {}
    for name, pattern in (("runs", shadowed), ("even", even)):
        trace = read_trace(walks({e: f"1{p}1" for e, p in pattern.items()}), "trace.csv", float)
        of[name] = runs_of_misses(sightings(trace, rounds_of(trace)))
    assert of["even"].ratios[2][1] == pytest.approx(1, abs=0.15)
    assert of["runs"].ratios[2][1] > 3
    assert sum(of["even"].observed) == pytest.approx(sum(of["even"].expected), rel=0.1)


def test_own_rates_foretell_better_where_tags_differ() -> None:
    """Half of the tags are hard to read: whoever knows which is less surprised; none looks ahead."""
    rng = Random(5)
    pattern = {
        f"A{n:03d}": "".join("1" if rng.random() < (0.95 if n % 2 else 0.4) else "0" for _ in range(60)) for n in range(40)
    }  # fmt: skip
    trace = read_trace(walks({e: f"1{p}1" for e, p in pattern.items()}), "trace.csv", float)
    seen = sightings(trace, rounds_of(trace))
    common, own = forecasts(seen, {"common": by_common_rate, "own": by_own_rate})
    assert own.bits < common.bits
    told = by_own_rate(seen, 31)
    seen.read[:, 40:] = ~seen.read[:, 40:]
    assert np.array_equal(by_own_rate(seen, 31)[:, :41], told[:, :41])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["epc,when,antenna"], "no column 'time'"),
        ([HEAD], "no reads"),
        ([HEAD, "A1,noon,-60,a"], "line 2: time 'noon'"),
        ([HEAD, "A1,1,loud,a"], "line 2: rssi 'loud'"),
        ([HEAD, "A1,1,nan,a"], "line 2: rssi 'nan'"),
        ([HEAD, "A1,1,-60,"], "line 2: epc and antenna"),
        ([HEAD, '"A1,1'], "mend its quotes"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_by_its_line(lines: list[str], words: str) -> None:
    """Each fault is told with its line."""
    with pytest.raises(TraceError, match=words):
        read_trace(lines, "trace.csv", float)
