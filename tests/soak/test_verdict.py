"""A soak's rules find what was planted, and let a calm run pass."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.soak.picture import page
from tests.soak.verdict import MIB, Bounds, Check, Ending, Sample, judge, settled, slope

RATE = 20_000
BOUNDS = Bounds(RATE, 50_000)
EVERY_S = 5.0
READS_PER_H = 3_600 * RATE


def run(minutes: float, *, leak_mib_per_h: float = 0.0, file_mib_per_h: float = 0.0, seed: int = 1) -> list[Sample]:  # fmt: skip
    """Return what a run would look like: memory fills up, then goes up and down by some MiB."""
    rng = Random(seed)
    samples = []
    for number in range(1, round(minutes * 60 / EVERY_S) + 1):
        at_s = number * EVERY_S
        filling = 180 - 40 * 0.5 ** (at_s / 40)
        memory = filling + at_s % 61 / 61 + rng.uniform(-0.5, 0.5) + leak_mib_per_h * at_s / 3_600
        reads = round(RATE * at_s)
        samples.append(
            Sample(
                at_s=at_s,
                rss_bytes=round(memory * MIB),
                db_bytes=round((40 + file_mib_per_h * at_s / 3_600) * MIB),
                wal_bytes=round(rng.uniform(1, 40) * MIB),
                held=rng.randrange(2_000),
                acknowledged=reads,
                received=reads - rng.randrange(2_000),
                missing=0,
                let_go=number,
                look_up_p50_ms=3.0,
                look_up_p99_ms=rng.uniform(10, 60),
                rows={"movements": 1_000 + number % 50},
            )
        )
    return samples


def ending_of(samples: list[Sample]) -> Ending:
    """Return the end of a run that lost nothing."""
    reads = samples[-1].acknowledged
    return Ending(
        published=reads,
        acknowledged=reads,
        taken=reads - 300,
        dropped=Counter(duplicate=300),
        till_events=600,
        till_pieces=7,
        stock_pieces=7,
        missing=0,
        reconnects=0,
        look_ups=10_000,
        failed_look_ups=0,
        look_up_p50_ms=3.0,
        look_up_p99_ms=40.0,
    )


def failing(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.holds]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("minutes", [10, 30])
def test_a_calm_run_passes(minutes: int, seed: int) -> None:
    """Memory that fills up and then swings by some MiB is no leak."""
    samples = run(minutes, seed=seed)
    assert failing(judge(samples, ending_of(samples), BOUNDS)) == []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("minutes", [10, 30])
def test_one_byte_kept_of_each_read_is_a_leak(minutes: int, seed: int) -> None:
    """The least leak per read fails, by its name and in words."""
    samples = run(minutes, leak_mib_per_h=READS_PER_H / MIB, seed=seed)
    checks = judge(samples, ending_of(samples), BOUNDS)
    assert failing(checks) == ["memory"]
    assert "it grows" in next(check.words for check in checks if check.name == "memory")


def test_a_file_that_nothing_prunes_fails() -> None:
    """Rows that stay for good are growth of the file."""
    samples = run(30, file_mib_per_h=40)
    assert failing(judge(samples, ending_of(samples), BOUNDS)) == ["store's file"]


def test_a_run_too_short_to_tell_does_not_pass() -> None:
    """Where chance alone might be the growth, the verdict says so instead of passing."""
    samples = run(0.4)
    checks = judge(samples, ending_of(samples), BOUNDS)
    assert failing(checks) == ["memory", "store's file"]
    assert "too short" in checks[1].words


def test_a_slope_is_that_of_the_line_whatever_strays() -> None:
    """Ten stray samples in a hundred do not move it; it is in units per hour, within its range."""
    rng = Random(3)
    samples = [replace(one, rss_bytes=round(one.at_s * MIB)) for one in run(10)]
    strayed = [replace(s, rss_bytes=s.rss_bytes * 50) if rng.random() < 0.1 else s for s in samples]
    found = slope(strayed, lambda s: s.rss_bytes / MIB)
    assert found.per_hour == pytest.approx(3_600, rel=0.1)
    assert found.low <= found.per_hour <= found.high


def test_the_warm_up_is_not_judged() -> None:
    """A quarter of a short run, five minutes of a long one."""
    assert settled(run(10))[0].at_s == 150
    assert settled(run(60))[0].at_s == 300
    assert settled([]) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"taken": 1}, "reads"),
        ({"dropped": Counter(duplicate=301)}, "reads"),
        ({"acknowledged": 5}, "reads"),
        ({"stock_pieces": 8}, "till events"),
        ({"missing": 1}, "counts of the stages"),
        ({"reconnects": 1}, "connections lost"),
        ({"failed_look_ups": 1}, "look-ups that failed"),
        ({"look_up_p99_ms": 5_000.0}, "look-ups, p99"),
    ],
)
def test_what_was_lost_is_found(change: dict[str, Any], name: str) -> None:
    """One read, one till event, one connection or one answer too few or too many fails by its rule."""
    samples = run(10)
    assert failing(judge(samples, replace(ending_of(samples), **change), BOUNDS)) == [name]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"missing": 20_001}, "counts of the stages"),
        ({"held": 50_001}, "held observations"),
        ({"wal_bytes": 200 * MIB}, "write-ahead log"),
    ],
)
def test_one_bad_look_is_enough(change: dict[str, Any], name: str) -> None:
    """What must hold at each moment fails by a single sample."""
    samples = run(10)
    samples[60] = replace(samples[60], **change)
    assert failing(judge(samples, ending_of(samples), BOUNDS)) == [name]


def test_a_run_in_which_nothing_was_let_go_shows_no_bound() -> None:
    """Files that stay small because the run was short are no proof of retention."""
    samples = [replace(sample, let_go=0) for sample in run(10)]
    assert failing(judge(samples, ending_of(samples), BOUNDS)) == ["retention"]


def test_a_load_that_was_not_there_shows_nothing() -> None:
    """Half of the asked reads, all of them taken: the run fails for want of load."""
    samples = run(10)
    half = replace(ending_of(samples), published=5_000_000, acknowledged=5_000_000, taken=4_999_700)
    assert failing(judge(samples, half, BOUNDS)) == ["load"]


def test_the_page_shows_verdicts_and_curves() -> None:
    """Each rule with its word, each curve with its name; what failed stands out."""
    samples = run(10, leak_mib_per_h=100)
    checks = judge(samples, ending_of(samples), BOUNDS)
    text = page("10 minutes", samples, checks)
    assert text.count("<strong>FAILS</strong>") == 1
    assert text.count("<svg viewBox") == text.count('role="img"') == 5
    assert "movements" in text
    assert "slope +" in text
    assert "<script" not in text
    assert "nan" not in text
