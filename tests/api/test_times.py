"""Times in and out of the API."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.times import parse_instant, parse_step, rfc3339

moments = st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of UTC


@given(moments)
def test_a_time_that_is_read_and_written_is_the_same_second(moment: datetime) -> None:
    """What Python writes as ISO 8601 is read to the microsecond, and shown as its second in UTC."""
    at_ns = parse_instant(moment.isoformat())
    assert at_ns // 1_000 == round(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
    assert rfc3339(at_ns) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-21T18:02:11Z", "2026-11-21T18:02:11Z"),
        ("2026-11-21t18:02:11z", "2026-11-21T18:02:11Z"),
        ("2026-11-21T18:02:11.999999999Z", "2026-11-21T18:02:11Z"),
        ("2026-11-21T20:02:11+02:00", "2026-11-21T18:02:11Z"),
        ("2026-11-21T17:32:11-00:30", "2026-11-21T18:02:11Z"),
    ],
)
def test_rfc_3339_is_read(text: str, utc: str) -> None:
    """Zone, case and fraction as RFC 3339 §5.6 allows."""
    assert rfc3339(parse_instant(text)) == utc


def test_nanoseconds_are_kept() -> None:
    """Nine digits of a second arrive."""
    assert parse_instant("2026-11-21T18:02:11.123456789Z") % 10**9 == 123_456_789


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "1795284131", "2026-11-21", "2026-11-21T18:02:11", "2026-11-21T18:02Z", "2026-02-30T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T18:02:60Z", "2026-11-21T18:02:11+25:00", "1999-12-31T00:00:00Z",
        "2200-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
        "２026-11-21T18:02:11Z", "2026-11-21T18:02:11Z\n", "2026-11-21T18:02:11.1234567890Z",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    """A time without zone, a number, an impossible date: ValueError, and nothing else."""
    with pytest.raises(ValueError, match=r"time|year"):
        parse_instant(text)


def test_a_plus_lost_in_a_url_is_explained() -> None:
    """A query turns + into a space: the reason says so."""
    with pytest.raises(ValueError, match="%2B"):
        parse_instant("2026-11-21T18:02:11 02:00")


@given(st.text(max_size=40))
def test_garbage_raises_value_errors_alone(text: str) -> None:
    """Whatever a caller writes, the parsers answer or say why not."""
    for parse in (parse_instant, parse_step):
        with contextlib.suppress(ValueError):
            assert isinstance(parse(text), int)


@pytest.mark.parametrize(
    ("text", "step_s"), [("300", 300), ("60s", 60), ("5m", 300), ("1h", 3_600), ("7d", 604_800)]
)
def test_steps_are_read(text: str, step_s: int) -> None:
    """Seconds, or a number with its unit."""
    assert parse_step(text) == step_s


@pytest.mark.parametrize("text", ["", "0", "8d", "5 m", "-5m", "1w", "1.5h", "99999999999999999999s"])
def test_other_steps_are_refused(text: str) -> None:
    """Neither nothing nor more than a week, and no other unit."""
    with pytest.raises(ValueError, match="step"):
        parse_step(text)
