"""Device clocks: exact to the nanosecond, and trusted within bounds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.device_time import MAX_AGE_S, MAX_AHEAD_S, parse_time_ns, trusted_time_ns

S = 1_000_000_000
NOW = 1_763_000_000 * S


def test_nine_digits_stay_nine() -> None:
    """An R700's time keeps its nanoseconds, which datetime would cut."""
    whole_s = int(datetime(2021, 2, 2, 22, 18, 35, tzinfo=UTC).timestamp())
    assert parse_time_ns("2021-02-02T22:18:35.908760625Z") == whole_s * S + 908_760_625


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2262, 1, 1)),  # noqa: DTZ001 - the zone is drawn apart
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 999),
)
def test_times_equal_those_of_datetime(at: datetime, zone_min: int, nanoseconds: int) -> None:
    """Dates, times and zones mean what datetime says, with three more digits."""
    aware = at.replace(tzinfo=timezone(timedelta(minutes=zone_min)))
    text = f"{aware:%Y-%m-%dT%H:%M:%S}.{aware.microsecond:06}{nanoseconds:03}{aware:%z}"
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (since.days * 86_400 + since.seconds) * S + since.microseconds * 1_000 + nanoseconds
    assert parse_time_ns(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2021-02-30T00:00:00Z", "2021-02-02T24:00:00Z", "2021-02-02T00:00:00", "2021-02-02T00:00:00+24:00",
     "2021-02-02T00:60:00Z", "0000-01-01T00:00:00Z", "2021-02-02T00:00:00.Z", "２021-02-02T00:00:00Z"],
)  # fmt: skip
def test_no_times_are_none(text: str) -> None:
    """What is no time with a zone is None, never an exception."""
    assert parse_time_ns(text) is None


@pytest.mark.parametrize(
    ("device_ns", "expected_ns"),
    [
        (None, NOW),
        (NOW - 3 * S, NOW - 3 * S),
        (NOW - MAX_AGE_S * S, NOW - MAX_AGE_S * S),
        (NOW - MAX_AGE_S * S - 1, NOW),
        (NOW + 2 * S, NOW),
        (NOW + (MAX_AHEAD_S + 1) * S, NOW),
        (0, NOW),
    ],
)
def test_a_clock_is_trusted_within_bounds(device_ns: int | None, expected_ns: int) -> None:
    """A late event keeps its time, a clock that was never set loses to ours, none is in the future."""
    assert trusted_time_ns(device_ns, NOW) == expected_ns
