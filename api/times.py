"""Times and durations as the API reads and writes them: RFC 3339, UTC, whole seconds out. Pure."""

import re
from datetime import UTC, datetime
from functools import lru_cache

NS_PER_S = 1_000_000_000
MIN_STEP_S = 1
MAX_STEP_S = 7 * 86_400
"""A week: the coarsest step that a chart of a season wants."""

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
_STEP = re.compile(r"([0-9]{1,7})([smhd]?)")
_STEP_UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
"""Nothing happened in a shop outside of these; within them nanoseconds fit 63 bits."""


@lru_cache(maxsize=8_192)
def _rfc3339_of_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339(at_ns: int) -> str:
    """Return a time as RFC 3339 in UTC, rounded down to the second."""
    return _rfc3339_of_second(at_ns // NS_PER_S)


def rfc3339_or_none(at_ns: int | None) -> str | None:
    """Return a time as RFC 3339, or None."""
    return None if at_ns is None else _rfc3339_of_second(at_ns // NS_PER_S)


def parse_instant(value: object) -> int:
    """Return the nanoseconds since the epoch of an RFC 3339 time; ValueError says what is wrong."""
    if not isinstance(value, str):
        raise ValueError("a time is an RFC 3339 text such as 2026-11-21T18:02:11Z")  # noqa: TRY004 - pydantic
    match = _RFC3339.fullmatch(value)
    if match is None:
        hint = " (in a URL write + as %2B)" if re.search(r" [0-9]{2}:[0-9]{2}$", value) else ""
        raise ValueError(f"a time is RFC 3339 with its zone, such as 2026-11-21T18:02:11Z{hint}")
    seconds, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(seconds.upper() + zone.upper())
        whole_s = int(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"no such time: {error}") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie in {_FIRST_YEAR}…{_LAST_YEAR}")
    return whole_s * NS_PER_S + int((fraction or "").ljust(9, "0"))


def parse_step(value: object) -> int:
    """Return the seconds of a step such as 300, 60s, 5m, 1h or 1d; ValueError says what is wrong."""
    match = _STEP.fullmatch(str(value))
    if match is None:
        raise ValueError("a step is a number of seconds, or such as 60s, 5m, 1h, 1d")
    step_s = int(match.group(1)) * _STEP_UNIT_S[match.group(2)]
    if not MIN_STEP_S <= step_s <= MAX_STEP_S:
        raise ValueError(f"a step lies between {MIN_STEP_S}s and 7d")
    return step_s
