"""The simulated weight shelf: as its parameters say."""

from dataclasses import replace
from itertools import pairwise
from random import Random
from statistics import fmean, pstdev

from simulators.weighed_shelf import BASE, Weighed, WeighedShelf

QUIET = replace(BASE, touches_per_h=0.0, restock_share=0.0, foreign_share=0.0)
DAY_S = 86_400


def played(seconds: int, seed: int = 5, **changed: float) -> list[Weighed]:
    """Return the readings of a shelf in which nothing happens but what is `changed`."""
    return list(WeighedShelf(replace(QUIET, **changed), Random(seed)).readings(seconds))  # type: ignore[arg-type]  # floats


def test_a_seed_gives_the_same_days() -> None:
    """Reading by reading."""
    one, other = (list(WeighedShelf(BASE, Random(9)).readings(DAY_S // 2)) for _ in range(2))
    assert one == other


def test_noise_and_drift_are_as_told() -> None:
    """The scatter of neighbours is the cell's; the mean runs as far as the drift says."""
    readings = played(DAY_S, walk_g_per_sqrt_h=0.0, run_g_per_day=50.0)
    steps_g = [after.weight_g - before.weight_g for before, after in pairwise(readings)]
    assert 4.9 < pstdev(steps_g) / 2**0.5 < 5.1
    run_g = fmean(r.weight_g for r in readings[-600:]) - fmean(r.weight_g for r in readings[:600])
    assert 48 < abs(run_g) < 52


def test_goods_come_and_go_within_opening_hours() -> None:
    """A busy day sells and refills; at night nothing moves."""
    readings = list(WeighedShelf(BASE, Random(2)).readings(DAY_S))
    moves = [after.at_s / 3_600 for before, after in pairwise(readings) if after.pieces != before.pieces]
    assert len(moves) > 20
    assert min(moves) >= BASE.open_h[0]
    assert max(moves) < BASE.open_h[1] + 0.1
    assert all(reading.pieces >= 0 for reading in readings)


def test_a_resting_shelf_weighs_its_goods() -> None:
    """Tare, zero and pieces, within their spread."""
    readings = played(600, noise_g=1.0, walk_g_per_sqrt_h=0.0, tare_error_g=0.0)
    net_g = fmean(r.weight_g for r in readings) - BASE.tare_g
    assert abs(net_g - readings[0].pieces * BASE.unit_weight_g) < 30
