"""Rests: what lies still, and what ends it."""

from random import Random

from gateway.weight.noise import LEAST_SD_G, Noise
from gateway.weight.plateau import Plateau, Rest

S = 1_000_000_000


def rests_of(plateau: Plateau, weights_g: list[float], start_s: int = 0, every_s: int = 1) -> list[Rest]:
    """Feed readings; return the rests."""
    found = [plateau.feed(weight_g, (start_s + n * every_s) * S) for n, weight_g in enumerate(weights_g)]
    return [rest for rest in found if rest]


def noise(seconds: int, sd_g: float, seed: int = 1) -> list[float]:
    """Return seeded noise."""
    rng = Random(seed)
    return [rng.gauss(0, sd_g) for _ in range(seconds)]


def test_a_rest_each_minute_after_the_first() -> None:
    """The first one is a step; what follows tells of drift alone."""
    found = rests_of(Plateau(200, 15 * S), [1_000 + off for off in noise(200, 5)])
    assert [(rest.at_ns // S, rest.is_step) for rest in found] == [
        (15, True),
        (75, False),
        (135, False),
        (195, False),
    ]
    assert all(abs(rest.weight_g - 1_000) < 5 for rest in found)
    assert found[0].variance_g2 > found[1].variance_g2


def test_a_step_of_a_piece_lighter_than_one_reading_shows_is_seen_in_the_mean() -> None:
    """Twenty grams of noise, and a piece of sixty leaves: the newest readings tell within a quarter minute."""
    plateau = Plateau(60, 15 * S)
    rests_of(plateau, [1_000 + off for off in noise(300, 20)])
    found = rests_of(plateau, [940 + off for off in noise(60, 20, seed=2)], start_s=300)
    steps = [rest for rest in found if rest.is_step]
    assert len(steps) == 1
    assert abs(steps[0].weight_g - 940) < 15


def test_noise_alone_ends_no_plateau() -> None:
    """A day at 1 Hz of plain noise: a false end or two are all that chance allows."""
    plateau = Plateau(50, 15 * S)
    found = rests_of(plateau, [1_000 + off for off in noise(86_400, 5)])
    assert sum(rest.is_step for rest in found) <= 4


def test_a_device_that_reports_each_ten_minutes_settles_too() -> None:
    """Two readings that agree are a rest, however far apart."""
    found = rests_of(Plateau(420, 15 * S), [1_000, 1_002, 998, 1_001], every_s=600)
    assert [rest.is_step for rest in found] == [True, False, False]


def test_hands_are_no_noise() -> None:
    """Differences of hundreds of grams leave the scatter as it was; steady readings tighten it."""
    cell = Noise()
    for off_g in noise(200, 3):
        cell.feed(1_000 + off_g)
    quiet_g = cell.sd_g
    for off_g in noise(200, 300):
        cell.feed(1_000 + off_g)
    assert abs(cell.sd_g - quiet_g) < 2
    still = Noise()
    for _ in range(500):
        still.feed(1_000)
    assert LEAST_SD_G <= still.sd_g < 2
