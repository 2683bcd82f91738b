"""False and true departures, their delays, and sales that are noticed, reckoned by hand."""

import numpy as np
import pytest

from tests.support.scored_shop import Step, belief, scored, shop, tally

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "A2", "floor"), (0, "B1", "floor"), (240, "A1", None)]


def let_go(minute: float) -> list[Step]:
    """Return beliefs that are right but for when A1 is let go."""
    return [step if step[2] else (minute, "A1", None) for step in TRUTH]


@pytest.mark.parametrize(("minute", "delay_s"), [(240, 0), (240.5, 30), (239.5, 0), (250, 600)])
def test_the_delay_is_from_the_true_departure_and_at_least_nought(minute: float, delay_s: float) -> None:
    """Letting go up to a minute early is no error: whoever sold it knows before the door does."""
    found = scored(shop(TRUTH), belief(let_go(minute)))
    assert found["delay_median_s"].value == delay_s
    assert found["false_departures"].value == 0
    assert found["recall_15min_pct"].value == 100


def test_the_delay_from_the_door_begins_at_the_gate() -> None:
    """Paid at 4:00, out at 4:00:40, let go at 4:01: a minute after payment, twenty seconds after the door."""
    history = shop(TRUTH)
    paid_ns = next(at_ns for at_ns, zone in history.track[history.number["A1"]] if zone < 0)
    history.door_ns["A1", paid_ns] = paid_ns + 40 * 10**9
    found = scored(history, belief(let_go(241)))
    assert (found["delay_median_s"].value, found["delay_door_s"].value) == (60, 20)


def test_letting_go_of_what_is_there_is_a_false_departure_each_time() -> None:
    """Two false ones of A2, in 3.5 + 7.5 + 7.5 tag-hours; A1 itself is let go in time."""
    flicker: list[Step] = [(60, "A2", None), (61, "A2", "floor"), (90, "A2", None), (95, "A2", "floor")]
    found = scored(shop(TRUTH), belief(let_go(240) + flicker))
    assert found["false_departures"].value == pytest.approx(1_000 * 2 / 18.5, rel=1e-3)


def test_two_minutes_early_is_false_and_the_true_one_is_missed() -> None:
    """What was given up before it left is never noticed leaving."""
    found = scored(shop(TRUTH), belief(let_go(238)))
    assert found["false_departures"].value == pytest.approx(1_000 / 18.5, rel=1e-3)
    assert found["recall_15min_pct"].value == 0
    assert np.isnan(found["delay_median_s"].value)


def test_twenty_minutes_late_is_noticed_and_not_in_time() -> None:
    """The delay counts it, the recall does not."""
    found = scored(shop(TRUTH), belief(let_go(260)))
    assert (found["delay_median_s"].value, found["recall_15min_pct"].value) == (1_200, 0)


def test_what_was_never_read_cannot_be_seen_to_leave() -> None:
    """The departure of a dead tag is nobody's fault: it is not in the recall."""
    found = scored(shop(TRUTH, unread=frozenset({"A1"})), belief(let_go(400)))
    assert np.isnan(found["recall_15min_pct"].value)
    assert np.isnan(found["delay_median_s"].value)


def test_a_return_ends_the_wait_for_a_departure() -> None:
    """An item that is back before it was missed was not noticed leaving; letting go of it then is false."""
    back: list[Step] = [*TRUTH, (300, "A1", "floor")]
    found = scored(
        shop(back), belief([(0, "A1", "floor"), (0, "A2", "floor"), (0, "B1", "floor"), (330, "A1", None)])
    )
    assert found["recall_15min_pct"].value == 0
    assert found["false_departures"].value == pytest.approx(1_000 / (3.5 + 3 + 7.5 + 7.5), rel=1e-3)


def test_departures_while_the_zone_is_blind_are_told_apart() -> None:
    """An outage of the floor from 1:00 to 1:20: what is let go in it counts twice, once by itself."""
    history = shop(TRUTH)
    grid = history.grid
    history.outages.append(
        (grid.start_ns + 3_600 * 10**9, grid.start_ns + 4_800 * 10**9, frozenset({"floor"}))
    )
    found = tally(history, belief([*let_go(240), (70, "A2", None), (71, "A2", "floor"), (100, "B1", None)]))
    assert found.sum_of("outage_departures").sum() == 1
    assert found.sum_of("false_departures").sum() == 2


@pytest.mark.parametrize(("minute", "share"), [(240, 100), (240.9, 100), (239.1, 100), (241.1, 0), (238, 0)])
def test_a_sale_is_noticed_when_the_count_falls_within_a_minute(minute: float, share: float) -> None:
    """One minute before or after the payment."""
    found = scored(shop(TRUTH, sales=[(240, "A")]), belief(let_go(minute)))
    assert found["sales_60s_pct"].value == share


def test_one_fall_stands_for_one_sale() -> None:
    """Two sales of A within a minute and one piece less: one was noticed."""
    found = scored(shop(TRUTH, sales=[(240, "A"), (240.2, "A")]), belief(let_go(240)))
    assert found["sales_60s_pct"].value == 50


def test_a_move_is_no_fall() -> None:
    """A piece that goes to the back room in the minute of a sale does not stand for it."""
    moving: list[Step] = [*TRUTH[:3], (240, "A2", "back")]
    found = scored(shop(TRUTH, sales=[(240, "A")]), belief(moving))
    assert found["sales_60s_pct"].value == 0
