"""Times of recordings: RFC 3339 to the nanosecond, both ways."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.recording.instants import NS_PER_S, Instants, rfc3339

FIRST_NS, LAST_NS = 946_684_800 * NS_PER_S, 7_258_118_399 * NS_PER_S
instants_ns = st.integers(FIRST_NS, LAST_NS)


@given(instants_ns)
def test_a_written_time_is_read_as_it_was(at_ns: int) -> None:
    """parse(rfc3339(t)) == t, whether its second was read before or not."""
    instants, text = Instants(), rfc3339(at_ns)
    assert instants.parse(text) == instants.parse(text) == at_ns


@given(instants_ns, st.integers(-23 * 60, 23 * 60), st.integers(0, 9))
def test_offsets_and_any_number_of_digits_are_read(at_ns: int, offset_min: int, digits: int) -> None:
    """A time with an offset and 0 to 9 digits of fraction is the same instant as in UTC."""
    second, fraction = divmod(at_ns, NS_PER_S)
    local = datetime.fromtimestamp(second, UTC) + timedelta(minutes=offset_min)
    sign, size = ("-", -offset_min) if offset_min < 0 else ("+", offset_min)
    written = f".{fraction:09d}"[: digits + 1] if digits else ""
    text = f"{local:%Y-%m-%dT%H:%M:%S}{written}{sign}{size // 60:02d}:{size % 60:02d}"
    scale = 10 ** (9 - digits)
    if 2000 <= local.year <= 2199:
        assert Instants().parse(text) == second * NS_PER_S + fraction // scale * scale


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T18:02:11",
        "2026-11-21T18:02:11.Z",
        "2026-11-21T18:02:11.1234567890Z",
        "2026-11-21 18:02:11Z",
        "2026-02-30T00:00:00Z",
        "2026-11-21T18:02:11.1_0Z",
        "2026-11-21T18:02:11.²Z",
        "2026-11-21T18:02:11+25:00",
        "1999-12-31T23:59:59Z",
        "20261121T180211Z",
        "",
        "Z",
        None,
        1_795_248_000,
    ],
)
def test_what_is_no_time_is_refused(text: object) -> None:
    """A text that is no RFC 3339 time of a shop's century is refused, also where its second is known."""
    instants = Instants()
    instants.parse("2026-11-21T18:02:11Z")
    with pytest.raises(ValueError, match=r"RFC 3339|range|year|offset"):
        instants.parse(text)


def test_small_letters_and_halves_are_read() -> None:
    """The separators may be small letters (RFC 3339 §5.6); a fraction is a fraction, not a number of ns."""
    base_ns = Instants().parse("2026-11-21T18:02:11Z")
    assert Instants().parse("2026-11-21t18:02:11.5z") == base_ns + NS_PER_S // 2
    assert rfc3339(base_ns + NS_PER_S // 2) == "2026-11-21T18:02:11.5Z"
