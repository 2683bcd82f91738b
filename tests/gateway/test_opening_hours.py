"""Opening hours on the store's own clock, over changes of the clock and nights."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.opening_hours import MAX_DAYS, OpeningHours, Span, parse_span

PARIS = ZoneInfo("Europe/Paris")
MINUTE_NS = 60 * 10**9
DAYS = [(600, 1170)] * 6
CLOSED: tuple[Span, ...] = ()


def at(text: str) -> int:
    """Return the instant of a Paris wall clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()) * 10**9


def shop(*weekly: tuple[Span, ...], special: dict[date, tuple[Span, ...]] | None = None) -> OpeningHours:
    """Return a shop in Paris; one tuple of spans for all days, or seven."""
    return OpeningHours(PARIS, weekly if len(weekly) == 7 else weekly * 7, special or {})


@pytest.mark.parametrize(
    ("text", "span"), [("09:00-19:30", (540, 1170)), ("00:00-24:00", (0, 1440)), ("18:00-02:00", (1080, 120))]
)
def test_hours_are_read(text: str, span: Span) -> None:
    """From the first minute to the one that is no more open."""
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "9:00-19:00", "09:00", "09:00-25:00", "09:60-10:00", "24:00-08:00", "09:00-09:00", "09:00–19:00", "٠٩:00-19:00"]
)  # fmt: skip
def test_what_are_no_hours_is_refused_with_how_to_write_them(text: str) -> None:
    """The message shows the text and an example."""
    with pytest.raises(ValueError, match="write them as 09:00-19:30"):
        parse_span(text)


def test_a_day_is_open_from_its_first_minute_to_its_last() -> None:
    """Start belongs to the span, end does not; a special day is as it says, and the day after as ever."""
    hours = shop(((600, 1170),), special={date(2026, 12, 25): CLOSED, date(2026, 12, 24): ((600, 1020),)})
    assert not hours.is_open(at("2026-11-21 09:59"))
    assert hours.is_open(at("2026-11-21 10:00"))
    assert hours.is_open(at("2026-11-21 19:29"))
    assert not hours.is_open(at("2026-11-21 19:30"))
    assert not hours.is_open(at("2026-12-24 17:00"))
    assert not hours.is_open(at("2026-12-25 12:00"))
    assert hours.is_open(at("2026-12-26 12:00"))


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    """A bar that is open on Saturday from 18:00 to 02:00 is open on Sunday at one."""
    hours = shop(*[CLOSED] * 5, ((1080, 120),), CLOSED)
    assert hours.is_open(at("2026-11-22 01:00"))  # a Sunday
    assert not hours.is_open(at("2026-11-21 01:00"))


@pytest.mark.parametrize(
    ("from_", "minutes", "until"),
    [
        ("2026-11-20 12:00", 30, "2026-11-20 12:30"),
        ("2026-11-20 03:00", 30, "2026-11-20 10:30"),  # before opening
        ("2026-11-20 19:20", 30, "2026-11-21 10:20"),  # ten minutes today, twenty tomorrow
        ("2026-11-20 19:00", 30, "2026-11-20 19:30"),  # done with the last minute of the day
        ("2026-11-21 19:30", 30, "2026-11-23 10:30"),  # over a closed Sunday
        ("2026-11-20 12:00", 0, "2026-11-20 12:00"),
    ],
)
def test_work_goes_on_while_the_shop_is_open(from_: str, minutes: int, until: str) -> None:
    """What is not done by closing time is done after the next opening."""
    hours = shop(*[((600, 1170),)] * 6, CLOSED)
    assert hours.after_open(at(from_), minutes * MINUTE_NS) == at(until)


def test_a_shop_that_stays_closed_has_no_time_to_tell() -> None:
    """None, and not an endless look for the next opening."""
    hours = shop(CLOSED, special={date(2026, 1, 1): ((600, 660),)})
    assert hours.after_open(at("2026-11-20 12:00"), MINUTE_NS) is None


@pytest.mark.parametrize(("day", "hours_open"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours_open: int) -> None:
    """Open around the clock is 23 hours on the day that summer time begins, 25 when it ends."""
    hours = shop(CLOSED, special={date.fromisoformat(day): ((0, 1440),)})
    start_ns = at(f"{day} 00:00")
    assert hours.after_open(start_ns, hours_open * 60 * MINUTE_NS) == start_ns + hours_open * 60 * MINUTE_NS
    assert hours.after_open(start_ns, hours_open * 60 * MINUTE_NS + 1) is None


def test_hours_in_the_hour_that_the_clocks_leap_over_are_no_fault() -> None:
    """02:30 does not exist on the day that summer time begins: what begins then begins at 03:30."""
    hours = shop(CLOSED, special={date(2026, 3, 29): ((150, 300),)})
    assert not hours.is_open(at("2026-03-29 03:15"))
    assert hours.is_open(at("2026-03-29 03:45"))


spans = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda s: s[0] != s[1]), max_size=3
).map(tuple)


@given(
    weekly=st.lists(spans, min_size=7, max_size=7),
    start_minute=st.integers(0, 400 * 1440),
    first=st.integers(0, 600),
    second=st.integers(0, 600),
)
def test_work_in_two_parts_ends_when_it_ends_in_one(
    weekly: list[tuple[Span, ...]], start_minute: int, first: int, second: int
) -> None:
    """after_open adds up, its end is never before the start, and the minute before it is open time."""
    hours = OpeningHours(PARIS, tuple(weekly), {})
    start_ns = at("2026-01-01 00:00") + start_minute * MINUTE_NS
    whole_ns = hours.after_open(start_ns, (first + second) * MINUTE_NS)
    part_ns = hours.after_open(start_ns, first * MINUTE_NS)
    if whole_ns is None or part_ns is None:
        assert not any(weekly)
        return
    assert start_ns <= part_ns <= whole_ns
    if first:
        assert hours.is_open(part_ns - MINUTE_NS)
    if second:
        assert hours.after_open(part_ns, second * MINUTE_NS) == whole_ns


@given(weekly=st.lists(spans, min_size=7, max_size=7), days=st.integers(0, 20))
def test_the_minutes_between_two_times_are_those_that_are_open(
    weekly: list[tuple[Span, ...]], days: int
) -> None:
    """Counted minute by minute, as much open time has passed as was asked for."""
    hours = OpeningHours(PARIS, tuple(weekly), {})
    start_ns = at("2026-11-20 00:00") + days * 1440 * MINUTE_NS
    end_ns = hours.after_open(start_ns, 90 * MINUTE_NS)
    if end_ns is not None and end_ns - start_ns < 7 * 1440 * MINUTE_NS:
        passed = (end_ns - start_ns) // MINUTE_NS
        assert sum(hours.is_open(start_ns + minute * MINUTE_NS) for minute in range(passed)) == 90


def test_time_is_looked_through_once() -> None:
    """A shop's days are laid out once each, and not kept for ever."""
    hours = shop(((600, 1170),))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(MAX_DAYS):
        assert hours.after_open(int((start + timedelta(days=number)).timestamp()) * 10**9, MINUTE_NS)
    assert len(hours._days) <= 64
