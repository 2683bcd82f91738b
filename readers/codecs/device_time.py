"""The clocks of devices: exact parsing, and how far one is to be trusted. Pure.

`datetime` and pydantic cut times to microseconds; readers send up to nine digits of a second.
"""

import re
from datetime import date
from functools import lru_cache

NS_PER_S = 1_000_000_000
MAX_AGE_S = 14 * 86_400
"""Older than any queue keeps a message (the broker's session expiry and a reader's own buffer are
about a week): a clock that was never set, not a late event."""

MAX_AHEAD_S = 5
"""A clock that runs ahead by more than an NTP-kept one would is wrong, not early."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):?(\d\d))",
    re.ASCII | re.IGNORECASE,
)


def parse_time_ns(text: str) -> int | None:
    """Return an RFC 3339 time with zone as ns since the epoch, exactly; None when it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hour, zone_minute = match.groups()
    day_s = _day_s(year, month, day)
    if day_s is None or int(hour) > 23 or int(minute) > 59 or int(second) > 60:
        return None
    if sign and (int(zone_hour) > 23 or int(zone_minute) > 59):
        return None
    offset_s = int(zone_hour) * 3600 + int(zone_minute) * 60 if sign else 0
    at_s = day_s + int(hour) * 3600 + int(minute) * 60 + int(second)
    at_s += offset_s if sign == "-" else -offset_s
    return at_s * NS_PER_S + (int(fraction.ljust(9, "0")) if fraction else 0)


def time_of(value: object) -> int | None:
    """Return the time in a JSON value that may be a text as above, or nothing of the kind."""
    return parse_time_ns(value) if isinstance(value, str) else None


def unix_time_ns(number: float, ns_per_unit: int) -> int:
    """Return a finite count of `ns_per_unit` since the epoch as ns, as exactly as the number is."""
    whole = int(number)
    return whole * ns_per_unit + round((number - whole) * ns_per_unit)


@lru_cache(maxsize=16)  # nearly all times that come are of one day
def _day_s(year: str, month: str, day: str) -> int | None:
    try:
        return (date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY) * 86_400
    except ValueError:
        return None


def trusted_time_ns(device_ns: int | None, received_ns: int) -> int:
    """Return the device's time when it may be true, else the gateway's; never later than that."""
    if device_ns is None:
        return received_ns
    is_possible = received_ns - MAX_AGE_S * NS_PER_S <= device_ns <= received_ns + MAX_AHEAD_S * NS_PER_S
    return min(device_ns, received_ns) if is_possible else received_ns
