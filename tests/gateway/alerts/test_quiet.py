"""When people may be disturbed, by the store's own clock, on the days that the clocks change too."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.alerts.quiet import DisturbingHours
from gateway.opening_hours import OpeningHours, parse_span

PARIS = ZoneInfo("Europe/Paris")


def ns(text: str) -> int:
    """Return a wall-clock time in Paris."""
    return int(datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()) * 1_000_000_000


def hours(*spans: str, is_quiet: bool = True) -> DisturbingHours:
    """Return the hours of a store with these spans on each day but Sunday; none: it has no hours."""
    daily = tuple(parse_span(span) for span in spans)
    places = {"s": OpeningHours(PARIS, (*((daily,) * 6), ()), {})} if spans else {}
    return DisturbingHours({"s": PARIS}, places, 8 * 60, is_quiet)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2027-01-15T08:59", "2027-01-15T09:00"),
        ("2027-01-15T09:00", None),
        ("2027-01-15T18:59", None),
        ("2027-01-15T19:00", "2027-01-16T09:00"),
        ("2027-01-16T19:00", "2027-01-18T09:00"),  # over Sunday
        ("2027-03-27T19:00", "2027-03-29T09:00"),  # an hour is leapt over on Sunday
    ],
)
def test_it_is_quiet_from_closing_to_opening(at: str, until: str | None) -> None:
    """To the minute; not where that is switched off, nor in a store without hours."""
    found = hours("09:00-19:00").quiet_until("s", ns(at))
    assert found == (None if until is None else ns(until))
    assert hours("09:00-19:00", is_quiet=False).quiet_until("s", ns(at)) is None
    assert hours().quiet_until("s", ns(at)) is None


@pytest.mark.parametrize(
    ("spans", "after", "at"),
    [
        (("09:00-19:00",), "2027-01-15T12:00", "2027-01-16T09:00"),
        (("09:00-19:00",), "2027-01-15T09:00", "2027-01-16T09:00"),
        (("09:00-19:00",), "2027-01-15T08:59", "2027-01-15T09:00"),
        (("09:00-12:00", "14:00-19:00"), "2027-01-15T12:30", "2027-01-15T14:00"),
        (("00:00-24:00",), "2027-01-15T12:00", "2027-01-18T00:00"),  # after Sunday
        ((), "2027-01-15T07:59", "2027-01-15T08:00"),
        ((), "2027-01-15T08:00", "2027-01-16T08:00"),
        ((), "2027-03-27T12:00", "2027-03-28T08:00"),
    ],
)
def test_a_digest_is_told_at_the_next_opening(spans: tuple[str, ...], after: str, at: str) -> None:
    """Where there is none, at its time of the day."""
    assert hours(*spans).next_digest("s", ns(after)) == ns(at)


def test_a_store_that_never_closes_has_its_digest_daily() -> None:
    """Spans that touch are no opening; a store that never opens is asked for again each day."""
    always = OpeningHours(PARIS, (((0, 1_440),),) * 7, {})
    found = DisturbingHours({"s": PARIS}, {"s": always}, 8 * 60)
    assert found.next_digest("s", ns("2027-01-15T12:00")) == ns("2027-01-16T08:00")
    assert found.quiet_until("s", ns("2027-01-15T03:00")) is None
    never = DisturbingHours({"s": PARIS}, {"s": OpeningHours(PARIS, ((),) * 7, {})}, 8 * 60)
    assert never.quiet_until("s", ns("2027-01-15T12:00")) == ns("2027-01-16T12:00")
