"""Tag-epochs, zones and stock, on truths that can be reckoned by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.grid import NS_PER_S, Grid, column, running_sum, spread
from tests.support.scored_shop import at, belief, scored, shop, tally

TRUTH = [(0, "A1", "back"), (0, "A2", "floor"), (0, "B1", "floor"), (240, "A2", "back"), (420, "A1", None)]


def test_a_method_that_knows_all_is_right_in_everything() -> None:
    """Beliefs equal to the truth score 100 % and no error."""
    found = scored(shop(TRUTH), belief(TRUTH))
    assert found["exact_pct"].value == 100
    assert found["zone_pct"].value == 100
    assert found["mae"].value == found["false_positives"].value == found["false_negatives"].value == 0
    assert found["moves_ratio"].value == 1


def test_a_piece_that_is_kept_too_long_is_a_false_positive_for_that_long() -> None:
    """A1 leaves at 7:00 and is let go at 7:10: 120 instants of error, in 7.5 scored hours of which A1 has 6.5."""
    late = [step if step[2] else (430, "A1", None) for step in TRUTH]
    found = scored(shop(TRUTH), belief(late))
    tag_epochs = 720 * (6.5 + 7.5 + 7.5)
    assert found["false_positives"].value == pytest.approx(1_000 * 120 / tag_epochs, rel=2e-3)
    assert found["mae"].value == pytest.approx(120 / (2 * 7.5 * 720), rel=2e-3)
    assert found["exact_pct"].value == pytest.approx(100 * (1 - 120 / (2 * 7.5 * 720)), rel=2e-3)


def test_an_item_that_was_never_noticed_is_a_false_negative_all_day() -> None:
    """B1 is never believed: each of its tag-epochs is missing, and B is wrong at every instant."""
    found = scored(shop(TRUTH), belief([step for step in TRUTH if step[1] != "B1"]))
    assert found["false_negatives"].value == pytest.approx(1_000 * 7.5 / 21.5, rel=2e-3)
    assert found["exact_pct"].value == pytest.approx(50, rel=2e-3)
    assert found["exact_low_pct"].value == pytest.approx(50, rel=2e-3)


def test_the_right_count_in_the_wrong_zone_is_exact_and_misplaced() -> None:
    """Stock is counted per store; where a piece lies is judged by itself."""
    found = scored(shop(TRUTH), belief([(m, e, "floor-2" if z == "floor" else z) for m, e, z in TRUTH]))
    assert found["exact_pct"].value == 100
    assert found["zone_pct"].value == pytest.approx(100 * (6.5 + 4) / 21.5, rel=2e-3)


def test_the_warm_up_is_not_scored() -> None:
    """Whoever learns of the stock within the first half hour loses nothing by it."""
    found = scored(shop(TRUTH), belief([(max(29, m), e, z) for m, e, z in TRUTH]))
    assert found["exact_pct"].value == 100


def test_pieces_without_a_tag_are_stock_and_no_items() -> None:
    """A piece on a weight shelf counts in the stock; nobody is blamed for not placing it."""
    history = shop([(0, "A1", "floor")])
    history.add([_piece()], {})
    log = belief([(0, "A1", "floor")], levels=[(at(0), "A", "floor", 2)])
    found = scored(history, log)
    assert found["exact_pct"].value == 100
    assert found["false_negatives"].value == 0


def _piece() -> object:
    from tests.support.scored_shop import Change

    return Change(at(0), "piece:A:1", "A", "floor")


def test_a_tag_that_no_truth_knows_is_a_false_positive() -> None:
    """A ghost that is believed all day is wrong at every instant, and no article's."""
    found = scored(shop(TRUTH), belief([*TRUTH, (0, "X9", "floor")]))
    assert found["false_positives"].value == pytest.approx(1_000 * 7.5 / 21.5, rel=2e-3)
    assert found["exact_pct"].value == 100


def test_a_method_of_counts_alone_has_no_item_metrics() -> None:
    """The books know no items: what is said of single items is not known, never perfect."""
    log = BeliefLog("ledger", "books", levels=[(at(0), "A", "floor", 2), (at(0), "B", "floor", 1)])
    found = scored(shop(TRUTH), log)
    assert np.isnan(found["false_departures"].value)
    assert np.isnan(found["zone_pct"].value)
    assert found["mae"].value == pytest.approx(1 / (2 * 7.5), rel=2e-3)


def test_errors_are_told_by_quality_zone_and_hour() -> None:
    """The parts add up to the whole."""
    whole = tally(shop(TRUTH, quality={"B1": "weak"}), belief([s for s in TRUTH if s[1] != "B1"]))
    missing = whole.sum_of("false_negatives").sum()
    for kind in ("quality", "zone", "time"):
        assert sum(part.get("false_negatives", 0) for part in whole.parts[kind].values()) == missing
    assert whole.parts["quality"]["weak"]["false_negatives"] == missing
    assert list(whole.parts["time"]) == [f"{hour:02d}" for hour in range(8)]


changes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(-1, 5)), max_size=30)


@given(changes)
def test_spreading_equals_a_loop(steps: list[tuple[int, int, int]]) -> None:
    """The state at an instant is that of the last change at or before it, whatever the changes."""
    steps = sorted(steps, key=lambda step: step[1])
    grid = Grid(0, 40 * NS_PER_S, 5 * NS_PER_S, 86_400 * NS_PER_S)
    keys, times, values = (
        column(list(part)) for part in (zip(*steps, strict=True) if steps else ((), (), ()))
    )
    spread_out = spread(keys, grid.indices(times * NS_PER_S), values, (4, grid.size), -1)
    for key in range(4):
        for instant in range(grid.size):
            seen = [value for k, at_s, value in steps if k == key and at_s <= (instant + 1) * 5]
            assert spread_out[key, instant] == (seen[-1] if seen else -1)


@given(changes)
def test_running_sums_equal_a_loop(steps: list[tuple[int, int, int]]) -> None:
    """The sum at an instant is that of all deltas at or before it."""
    grid = Grid(0, 40 * NS_PER_S, 5 * NS_PER_S, 86_400 * NS_PER_S)
    keys, times, deltas = (
        column(list(part)) for part in (zip(*steps, strict=True) if steps else ((), (), ()))
    )
    sums = running_sum(keys, grid.indices(times * NS_PER_S), deltas, (4, grid.size))
    for key in range(4):
        for instant in range(grid.size):
            want = sum(delta for k, at_s, delta in steps if k == key and at_s <= (instant + 1) * 5)
            assert sums[key, instant] == want
