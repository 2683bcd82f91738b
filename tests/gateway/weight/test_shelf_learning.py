"""What a weight shelf learns of its cell and its goods."""

import json

import pytest

from gateway.weight.distribution import at_least
from gateway.weight.hypothesis import UNIT_BOUND_SHARE
from gateway.weight.shelves import Shelf, ShelfState
from tests.support.scales import TARE_G, FedShelf, S


def test_the_zero_is_followed_and_told() -> None:
    """Sixty grams over six hours, a whole piece and more of these: the zero bears it, not the count."""
    scale = FedShelf(50)
    scale.rest(4)
    for _ in range(6 * 3_600):
        scale.extra_g += 10 / 3_600
        scale.rest(4, seconds=1)
    assert scale.told() == (4, False)
    assert scale.shelf.zero_g == pytest.approx(60, abs=3)
    scale.rest(0)
    assert (scale.told(), scale.shelf.state) == ((0, False), ShelfState.EMPTY)


def test_a_unit_weight_set_wrong_is_learned_from_steps() -> None:
    """Pieces of 97 g on a shelf set to 100 g: the steps tell, and twenty at once are still twenty."""
    scale = FedShelf(97)
    scale.shelf = Shelf("shelf-1", 100, TARE_G, 15 * S)
    for pieces in (0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 2, 4, 6, 4, 2, 0) * 2:
        scale.rest(pieces)
        assert scale.shelf.pieces == pieces
    assert scale.shelf.unit_weight_g == pytest.approx(97, abs=0.7)
    scale.rest(20)
    assert scale.told() == (20, False)


def test_a_unit_weight_is_learned_within_its_bound() -> None:
    """However the steps pull: never further than one in twenty from the configured one."""
    scale = FedShelf(106)
    scale.shelf = Shelf("shelf-1", 100, TARE_G, 15 * S)
    for pieces in (0, 1, 2, 1, 2, 3, 2, 1, 0) * 6:
        scale.rest(pieces)
        assert abs(scale.shelf.unit_weight_g - 100) <= 100 * UNIT_BOUND_SHARE


def test_the_noise_of_a_cell_is_learned() -> None:
    """A cell four times as noisy as assumed: known within a quarter, and it still counts."""
    scale = FedShelf(420, noise_g=20)
    scale.rest(6, seconds=300)
    assert scale.shelf.noise_sd_g == pytest.approx(20, rel=0.25)
    assert scale.told() == (6, False)
    scale.rest(5)
    assert scale.told() == (5, False)


def test_pieces_taken_beside_a_foreign_thing_are_counted() -> None:
    """The thing's weight is remembered: what leaves beside it is told, still in doubt."""
    scale = FedShelf(200)
    scale.rest(8)
    scale.extra_g = 470
    scale.rest(8)
    assert scale.told() == (8, True)
    scale.rest(7)
    scale.rest(5)
    assert scale.told() == (5, True)
    assert (scale.shelf.state, round(scale.shelf.foreign_g, -1)) == (ShelfState.FOREIGN, 470)
    scale.extra_g = 0
    scale.rest(5)
    assert (scale.told(), scale.shelf.state) == ((5, False), ShelfState.SETTLED)


def test_a_toss_up_is_told_as_one() -> None:
    """A step of a tenth more than two pieces: two counts share the belief, and neither is sure."""
    scale = FedShelf(420)
    scale.rest(5)
    scale.rest(5)
    scale.press(7.1 * 420, 40)
    least, probabilities = scale.shelf.distribution()
    assert scale.shelf.in_doubt
    likeliest = sorted(range(len(probabilities)), key=lambda n: -probabilities[n])[:2]
    assert {least + n for n in likeliest} == {5, 7}
    assert all(0.1 < probabilities[n] < 0.9 for n in likeliest)
    assert at_least((least, probabilities), 1) > 0.999


def test_a_shelf_in_hands_says_so() -> None:
    """From the first odd reading until it rests again."""
    scale = FedShelf(420)
    assert scale.shelf.state is ShelfState.HANDLED
    scale.rest(5)
    assert scale.shelf.state is ShelfState.SETTLED
    scale.press(5 * 420 + 150)
    assert scale.shelf.state is ShelfState.HANDLED
    scale.rest(5)
    assert scale.shelf.state is ShelfState.SETTLED


def test_a_plain_count_of_an_earlier_version_is_taken_up() -> None:
    """As the text that it was stored as, or as a number; nothing else is known then."""
    for saved in ("8", 8):
        scale = FedShelf(420)
        scale.shelf.restore(saved)
        assert scale.shelf.distribution() == (8, (1.0,))
        assert scale.rest(8) == []
        assert [settled.pieces for settled in scale.rest(7)] == [7]


def test_a_restored_shelf_knows_a_piece_that_left_while_it_was_off() -> None:
    """And its drift of the night is not taken for one."""
    old = FedShelf(200)
    old.rest(9)
    for gone, extra_g in ((1, 8.0), (0, 20.0), (3, -15.0)):
        new = FedShelf(200)
        new.now_s = old.now_s + 12 * 3_600
        new.extra_g = extra_g
        new.shelf.restore(old.shelf.save())
        assert new.shelf.pieces == 9
        new.rest(9 - gone)
        assert new.told() == (9 - gone, False)


def test_what_was_learned_of_another_unit_weight_is_forgotten() -> None:
    """An operator who sets unit weight or tare anew starts from the count alone."""
    old = FedShelf(200)
    old.rest(9)
    new = Shelf("shelf-1", 210, TARE_G, 15 * S)
    new.restore(old.shelf.save())
    assert (new.pieces, new.unit_weight_g, new.distribution()) == (9, 210, (9, (1.0,)))


def test_a_saved_shelf_is_a_short_text() -> None:
    """A row an hour and a row a step: a few accounts, JSON."""
    scale = FedShelf(50, noise_g=20)
    for pieces in (12, 5, 6, 2, 12, 3, 7, 1, 0, 12):
        scale.rest(pieces)
    assert len(scale.shelf.save()) < 4_000
    assert json.loads(scale.shelf.save())["pieces"] == scale.shelf.pieces


def test_a_row_is_due_each_hour() -> None:
    """What drift has taught is not lost for longer than that."""
    scale = FedShelf(420)
    scale.rest(5)
    scale.shelf.save()
    scale.rest(5, seconds=3_590)
    assert not scale.shelf.is_save_due()
    scale.rest(5, seconds=20)
    assert scale.shelf.is_save_due()


@pytest.mark.parametrize("unit_weight_g", [0, -420, float("nan"), float("inf")])
def test_a_unit_weight_that_is_none_is_refused(unit_weight_g: float) -> None:
    """Naming shelf, key and value."""
    with pytest.raises(ValueError, match="shelf shelf-1: unit_weight_g"):
        Shelf("shelf-1", unit_weight_g, 0, 15 * S)


def test_a_unit_weight_that_fits_nothing_is_named() -> None:
    """Pieces of 310 g on a shelf set to 420 g: each step is a foreign thing, until the shelf names the weight."""
    scale = FedShelf(310)
    scale.shelf = Shelf("shelf-1", 420, TARE_G, 15 * S)
    for pieces in (0, 1, 2, 1, 0, 1):
        scale.rest(pieces)
        assert scale.shelf.fault is None
    for pieces in (2, 3, 2, 1, 3, 2):
        scale.rest(pieces)
    assert scale.shelf.fault == (
        "unit_weight_g = 420, but pieces of about 310 g come and go: weigh ten, set a tenth"
    )


def test_foreign_things_accuse_no_unit_weight() -> None:
    """However many come and go among the pieces."""
    scale = FedShelf(420)
    for pieces, extra_g in (
        (5, 0),
        (4, 0),
        (4, 230),
        (3, 230),
        (3, 0),
        (2, 0),
        (2, 590),
        (2, 0),
        (9, 0),
        (8, 0),
    ):
        scale.extra_g = extra_g
        scale.rest(pieces)
        assert scale.shelf.fault is None


def test_pieces_too_light_for_the_cell_are_named() -> None:
    """Below three times the scatter of a reading a shelf is never sure."""
    scale = FedShelf(20, noise_g=15)
    scale.rest(6, seconds=300)
    assert scale.shelf.in_doubt
    assert (scale.shelf.fault or "").startswith("unit_weight_g = 20, but readings scatter by 1")
