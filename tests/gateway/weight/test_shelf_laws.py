"""What no weight shelf may break, whatever happens to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.weight.shelves import Shelf
from tests.support.scales import SETTLE_S, TARE_G, FedShelf, S

units = st.sampled_from([50.0, 120.0, 420.0, 1_000.0])
counts = st.integers(0, 20)
weights = st.floats(-20_000, 20_000)


@settings(deadline=None)
@given(st.lists(st.tuples(weights, st.integers(0, 10_000)), max_size=60))
def test_every_reading_is_passed_or_dropped_with_a_reason(readings: list[tuple[float, int]]) -> None:
    """Whatever a device says: received is passed and dropped, no count is below 0, shares sum up to 1."""
    shelf = Shelf("shelf-1", 420, TARE_G, 15 * S)
    for weight_g, at_s in readings:
        shelf.feed(weight_g, at_s * S)
    assert shelf.counts.is_conserved()
    least, probabilities = shelf.distribution()
    assert least >= 0
    assert abs(sum(probabilities) - 1) < 1e-9
    assert shelf.pieces is None or shelf.pieces >= 0


@settings(max_examples=60, deadline=None)
@given(units, counts, st.lists(weights, min_size=1, max_size=14))
def test_a_hand_never_moves_stock(unit_g: float, pieces: int, hand_g: list[float]) -> None:
    """Whatever presses for less than the settling time: nothing is told, and the count is as before."""
    scale = FedShelf(unit_g)
    scale.rest(pieces)
    before = scale.told()
    assert before == (pieces, False)
    told = [settled for load_g in hand_g for settled in scale.press(pieces * unit_g + load_g)]
    told += scale.rest(pieces)
    assert [settled.pieces for settled in told if settled.pieces != pieces] == []
    assert scale.told() == before


@settings(max_examples=25, deadline=None)
@given(units, st.integers(0, 12), st.lists(st.floats(-0.49, 0.49), min_size=1, max_size=5))
def test_slow_drift_never_moves_stock(unit_g: float, pieces: int, path: list[float]) -> None:
    """A zero that runs by less than half a piece in an hour is followed, however far it gets."""
    scale = FedShelf(unit_g)
    scale.rest(pieces)
    for share_per_h in path:
        for _ in range(1_800):
            scale.extra_g += share_per_h * unit_g / 3_600
            scale.rest(pieces, seconds=1)
    assert scale.shelf.pieces == pieces


@settings(max_examples=60, deadline=None)
@given(units, st.integers(1, 12), st.integers(1, 8), st.booleans())
def test_pieces_that_come_and_go_leave_the_count_as_it_was(
    unit_g: float, pieces: int, moved: int, are_added: bool
) -> None:
    """n pieces put and taken, or taken and put, one step or each alone, is n again."""
    moved = moved if are_added else min(moved, pieces)
    scale = FedShelf(unit_g)
    scale.rest(pieces)
    sign = 1 if are_added else -1
    for n in range(1, moved + 1):
        scale.rest(pieces + sign * n)
        assert scale.shelf.pieces == pieces + sign * n
    scale.rest(pieces)
    assert scale.told() == (pieces, False)


@settings(max_examples=60, deadline=None)
@given(units, st.integers(0, 10), st.floats(0.3, 0.7), st.integers(0, 3))
def test_a_foreign_thing_comes_and_goes(unit_g: float, pieces: int, share: float, whole: int) -> None:
    """It leaves a doubt while it is there, the count stands, and the same weight gone ends the doubt."""
    scale = FedShelf(unit_g)
    scale.rest(pieces)
    scale.extra_g = (whole + share) * unit_g
    scale.rest(pieces)
    assert scale.told() == (pieces, True)
    scale.extra_g = 0.0
    scale.rest(pieces)
    assert scale.told() == (pieces, False)


@settings(max_examples=60, deadline=None)
@given(units, st.lists(counts, min_size=1, max_size=6), st.lists(counts, min_size=1, max_size=4))
def test_a_restart_is_no_restart(unit_g: float, before: list[int], after: list[int]) -> None:
    """A shelf that takes up its saved text goes on as if nothing had been."""
    kept = FedShelf(unit_g)
    for pieces in before:
        kept.rest(pieces)
    kept.press(-300 * unit_g)
    new = Shelf("shelf-1", unit_g, TARE_G, SETTLE_S * S)
    new.restore(kept.shelf.save())
    assert new.distribution()[0] == kept.shelf.distribution()[0]
    assert new.distribution()[1] == pytest.approx(kept.shelf.distribution()[1], abs=1e-6)
    both = FedShelf(unit_g, seed=8)
    both.now_s = kept.now_s
    for pieces in after:
        for weight_g in both.weights_of(pieces * unit_g):
            both.now_s += 1
            for shelf in (kept.shelf, new):
                shelf.feed(weight_g, both.now_s * S)
        assert new.pieces == kept.shelf.pieces == pieces
        assert abs(share_of(new, pieces) - share_of(kept.shelf, pieces)) < 0.02


def share_of(shelf: Shelf, pieces: int) -> float:
    """Return the probability of a count."""
    least, probabilities = shelf.distribution()
    return probabilities[pieces - least]
