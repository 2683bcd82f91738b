"""Weight shelves, reading by reading: what has come to rest counts, a hand never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.weight.plateau import KEPT_READINGS, MAX_FRESH
from gateway.weight.shelves import Settled, Shelf, ShelfState

S = 1_000_000_000
UNIT_G, TARE_G, SETTLE_S = 420.0, 1_500.0, 15


class Scale:
    """A shelf and its clock: readings every five seconds."""

    def __init__(self, unit_g: float = UNIT_G) -> None:
        self.unit_g = unit_g
        self.shelf = Shelf("candles", unit_g, TARE_G, SETTLE_S * S)
        self.now_s = 1_000

    def send(self, *weights_g: float, every_s: int = 5) -> list[Settled]:
        """Send readings; return what settled."""
        settled = []
        for weight_g in weights_g:
            self.now_s += every_s
            if (found := self.shelf.feed(weight_g, self.now_s * S)) is not None:
                settled.append(found)
        return settled

    def rest(self, pieces: float, readings: int = 5, noise_g: float = 0) -> list[Settled]:
        """Bear so many pieces for a while."""
        weight_g = TARE_G + pieces * self.unit_g
        return self.send(*(weight_g + noise_g * (-1) ** n for n in range(readings)))


def test_a_weight_counts_once_it_has_been_the_same_for_long_enough() -> None:
    """Not before fifteen seconds, and then once."""
    scale = Scale()
    assert scale.rest(8, readings=3) == []
    (settled,) = scale.rest(8, readings=1)
    assert (settled.pieces, settled.weight_g, settled.at_ns) == (8, 4_860, scale.now_s * S)
    assert scale.rest(8, readings=100) == []
    assert scale.shelf.pieces == 8


def test_one_reading_never_counts() -> None:
    """However long ago the last one was."""
    scale = Scale()
    assert scale.send(4_860, every_s=3_600) == []
    assert len(scale.send(4_860, every_s=3_600)) == 1


def test_a_hand_on_the_shelf_is_no_stock() -> None:
    """Weights that follow one another make no plateau; afterwards the count is as before, and is not told."""
    scale = Scale()
    scale.rest(8)
    assert scale.send(7_130, 6_380, 7_400, 5_200, 9_000) == []
    assert scale.rest(8) == []


def test_a_hand_that_rests_is_in_doubt_and_no_piece() -> None:
    """Two kilos that lie there for a minute are no whole number of candles."""
    scale = Scale()
    scale.rest(8)
    (doubt,) = scale.rest(8 + 4.45, readings=12)
    assert doubt.pieces is None
    assert scale.shelf.in_doubt
    assert scale.shelf.pieces == 8, "the last count stands"
    (again,) = scale.rest(8)
    assert (again.pieces, scale.shelf.in_doubt) == (8, False)


@pytest.mark.parametrize(("pieces", "counted"), [(7.0, 7), (7.05, 7), (4.8, 5), (25.1, 25), (0.05, 0)])
def test_a_step_of_about_whole_pieces_counts(pieces: float, counted: int) -> None:
    """Pieces differ, and a cell drifts: a little off is still so many."""
    scale = Scale()
    scale.rest(5)
    scale.rest(pieces, readings=10)
    assert (scale.shelf.pieces, scale.shelf.in_doubt) == (counted, False)


@pytest.mark.parametrize("pieces", [7.3, 7.36, 7.5, 6.7, 6.5, 4.5, -0.5, -2])
def test_a_weight_far_from_whole_pieces_is_in_doubt(pieces: float) -> None:
    """A thing that is no piece came, or something presses or lifts the shelf: the old count stands."""
    scale = Scale()
    scale.rest(5)
    scale.rest(pieces, readings=10)
    assert (scale.shelf.pieces, scale.shelf.in_doubt) == (5, True)
    assert scale.shelf.state is ShelfState.FOREIGN


def test_the_noise_of_a_cheap_cell_is_one_plateau() -> None:
    """Five grams either way are nothing, though for light pieces they are a good part of one."""
    for unit_g in (UNIT_G, 30.0):
        scale = Scale(unit_g)
        (settled,) = scale.rest(6, readings=20, noise_g=5)
        assert settled.pieces == 6


def test_a_late_reading_is_dropped_and_counted() -> None:
    """Readings are absolute: one told late, or twice, says nothing."""
    scale = Scale()
    scale.rest(8)
    for late_s in (0, 5, 600):
        assert scale.shelf.feed(1_500, (scale.now_s - late_s) * S) is None
    assert scale.rest(8) == []
    assert scale.shelf.counts.dropped == {"late": 3}
    assert scale.shelf.counts.is_conserved()


def test_a_restart_takes_up_the_count() -> None:
    """What settles at the same count after a restart is no news; what differs is."""
    scale = Scale()
    scale.shelf.restore(8)
    assert scale.rest(8) == []
    assert [settled.pieces for settled in scale.rest(7)] == [7]


def test_memory_is_bounded() -> None:
    """A shelf that rests for a year keeps the newest readings of its plateau."""
    scale = Scale()
    scale.rest(8, readings=2_000)
    assert len(scale.shelf._plateau._kept) <= KEPT_READINGS
    assert len(scale.shelf._plateau._fresh) <= MAX_FRESH


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(4, 12)), min_size=1, max_size=20),
    st.floats(-6, 6),
    st.lists(st.floats(0, 50_000), max_size=5),
)
def test_each_rest_is_counted_exactly_whatever_came_between(
    rests: list[tuple[int, int]], noise_g: float, hands: list[float]
) -> None:
    """Any sequence of rests with noise and hands between them ends each time at the true count."""
    scale = Scale()
    for pieces, readings in rests:
        scale.send(*hands, every_s=1)
        scale.rest(pieces, readings, noise_g)
        assert scale.shelf.pieces == pieces
        assert not scale.shelf.in_doubt
    assert scale.shelf.counts.is_conserved()
