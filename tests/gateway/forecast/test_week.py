"""The week of a store: its own clock, its days of 23 and 25 hours, and what it learns of them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.forecast.week import HORIZON_H, HOURS_OF_WEEK, LocalWeek, WeekProfile, prior_week
from gateway.opening_hours import OpeningHours

PARIS = ZoneInfo("Europe/Paris")


def hour_of(*date_and_hour: int) -> int:
    """Return the number of an hour of UTC."""
    return int(datetime(*date_and_hour, tzinfo=UTC).timestamp()) // 3_600  # type: ignore[arg-type]  # year to hour


def places_of_day(first: int, hours: int) -> list[int]:
    """Return the hours of the day of so many hours, by the clock in Paris."""
    return [place % 24 for place in LocalWeek(PARIS).ahead(first)[:hours].tolist()]


def test_the_day_that_loses_an_hour_has_no_third_one() -> None:
    """In Paris on 29 March 2026 the clock goes from 2 to 3: the hour from 2 on does not exist."""
    assert places_of_day(hour_of(2026, 3, 28, 23), 23) == [0, 1, *range(3, 24)]


def test_the_day_that_gains_an_hour_has_it_twice() -> None:
    """In Paris on 25 October 2026 the hour from 2 on comes twice."""
    assert places_of_day(hour_of(2026, 10, 24, 22), 25) == [0, 1, 2, 2, *range(3, 24)]


def test_a_week_begins_on_monday_at_the_stores_midnight() -> None:
    """Midnight in Paris is 23 h UTC of the day before in winter, 22 h in summer."""
    week = LocalWeek(PARIS)
    assert week.place(hour_of(2026, 1, 4, 23)) == 0
    assert week.place(hour_of(2026, 7, 5, 22)) == 0
    assert (
        LocalWeek(ZoneInfo("Asia/Kolkata")).place(hour_of(2026, 1, 4, 19)) == 1
    )  # half past midnight to half past 1


@settings(max_examples=15)
@given(start=st.integers(0, 600_000), step=st.integers(0, 400))
def test_hours_ahead_are_the_hours_themselves(start: int, step: int) -> None:
    """What is kept of the hours ahead is what the calendar says, wherever it is asked from."""
    week = LocalWeek(PARIS)
    week.ahead(start)
    ahead = week.ahead(start + step)
    assert len(ahead) == HORIZON_H
    for i in (0, 1, 167, HORIZON_H - 1):
        assert ahead[i] == week.place(start + step + i)


def lived(profile: WeekProfile, week: np.ndarray, weeks: int, pieces: float) -> None:
    """Let a store live weeks in which it sells so many pieces, as `week` spreads them."""
    for hour in range(weeks * HOURS_OF_WEEK):
        place = hour % HOURS_OF_WEEK
        profile.live(place, pieces * float(week[place]) / HOURS_OF_WEEK)


def test_weights_become_those_of_the_sales() -> None:
    """After weeks of many sales the weights are the true ones, whatever was thought before."""
    rng = np.random.default_rng(3)
    truth = rng.gamma(2.0, 0.5, HOURS_OF_WEEK)
    truth /= truth.mean()
    profile = WeekProfile(prior_week(None))
    lived(profile, truth, 8, 50_000.0)
    assert profile.weights == pytest.approx(truth, rel=0.1, abs=0.05)


def test_few_sales_leave_the_hours_as_they_were() -> None:
    """A single sale at night makes no night shop."""
    profile = WeekProfile(prior_week(None))
    for place in range(HOURS_OF_WEEK):
        profile.live(place, 1.0 if place == 3 else 0.0)
    assert profile.weights[3] < 0.5


@given(st.lists(st.tuples(st.integers(0, HOURS_OF_WEEK - 1), st.floats(0, 1e6)), max_size=40))
def test_weights_are_always_weights(hours: list[tuple[int, float]]) -> None:
    """Whatever is sold when: a mean of 1, and no hour in which nothing can ever be sold."""
    profile = WeekProfile(prior_week(None))
    for place, pieces in hours:
        profile.live(place, pieces)
    assert profile.weights.mean() == pytest.approx(1.0)
    assert np.isfinite(profile.weights).all()
    assert (profile.weights > 0).all()


def test_hours_of_the_site_file_are_the_first_profile() -> None:
    """Open hours weigh alike, half an hour half, closed ones next to nothing; a span may end past midnight."""
    weekly = (((570, 1_080),), (), (), (), (), ((1_080, 120),), ())
    week = prior_week(OpeningHours(PARIS, weekly, {date(2026, 12, 25): ()}))
    assert week[9] == pytest.approx(week[10] * 0.51 / 1.01)
    assert week[24 + 10] < week[10] / 50
    assert week[6 * 24 + 1] == pytest.approx(week[10])
    assert week.mean() == pytest.approx(1.0)
