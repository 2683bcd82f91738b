"""Whole days of a simulated shelf: the product's rule where the figures of the benchmark come from."""

from dataclasses import replace
from random import Random

import pytest

from gateway.weight.shelves import Shelf
from simulators.weighed_shelf import BASE, HARD, ShelfParams, WeighedShelf
from tests.support.scales import S

DAY_S = 86_400


def exact_share(params: ShelfParams, seed: int) -> float:
    """Return the share of a day's seconds at which the shelf is right."""
    shelf = Shelf("shelf-1", params.unit_weight_g, params.tare_g, 15 * S)
    right = 0
    for weighed in WeighedShelf(params, Random(seed)).readings(DAY_S):
        shelf.feed(weighed.weight_g, (weighed.at_s + 1) * S)
        right += shelf.pieces == weighed.pieces
    return right / DAY_S


@pytest.mark.parametrize("unit_weight_g", [100, 500])
def test_a_day_without_foreign_things_is_right_but_while_settling(unit_weight_g: float) -> None:
    """Hands, sales, refills and drift: wrong for the seconds of settling alone."""
    params = replace(BASE, unit_weight_g=unit_weight_g, foreign_share=0.0)
    assert exact_share(params, seed=3) > 0.985


def test_a_noisy_cell_that_drifts_a_piece_in_a_day_is_right_too() -> None:
    """Twenty grams of noise, fifty of drift, pieces of a hundred and fifty."""
    params = replace(HARD, unit_weight_g=150, foreign_share=0.0, run_g_per_day=150.0)
    assert exact_share(params, seed=4) > 0.97
