"""RFC 3339 times to the nanosecond, read and written by the hundred thousand a second. Pure."""

import re
from datetime import UTC, datetime
from functools import lru_cache

NS_PER_S = 1_000_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2199
"""Nothing happened in a shop outside of these; within them nanoseconds fit 63 bits."""
MAX_KNOWN_SECONDS = 50_000
"""Seconds whose number is remembered: some hours of lines; beyond them all are let go at once."""

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
SCALE: tuple[int, ...] = (1, *(10**zeros for zeros in range(8, -1, -1)))
"""What a fraction of so many digits is multiplied by to be nanoseconds."""
_UTC_LENGTH, _MAX_UTC_LENGTH = len("2026-11-21T18:02:11Z"), len("2026-11-21T18:02:11.123456789Z")


class Instants:
    """Reads times. Lines share their seconds: of a second that was read before, the fraction alone is read."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def parse(self, text: object) -> int:
        """Return nanoseconds since the Unix epoch; ValueError says what is wrong."""
        if type(text) is str:
            base_ns = self._known.get(text[:19])
            if base_ns is not None and text[-1] == "Z":
                length = len(text)
                if length == _UTC_LENGTH:
                    return base_ns
                digits = text[20:-1]
                if length <= _MAX_UTC_LENGTH and text[19] == "." and digits.isascii() and digits.isdigit():
                    return base_ns + int(digits) * SCALE[length - 21]
            return self._parse_anew(text)
        raise ValueError("a time is an RFC 3339 text such as 2026-11-21T18:02:11.5Z")

    def _parse_anew(self, text: str) -> int:
        match = _RFC3339.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text[:48]!r} is no RFC 3339 time with its zone and at most nine digits of fraction"
            )
        second, fraction, zone = match.groups()
        try:
            moment = datetime.fromisoformat(second.upper() + zone.upper())
            base_ns = int(moment.timestamp()) * NS_PER_S
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{text[:48]!r}: {error}") from error
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(f"{text[:48]!r}: the year must lie in {FIRST_YEAR}…{LAST_YEAR}")
        if zone == "Z":
            if len(self._known) >= MAX_KNOWN_SECONDS:
                self._known.clear()
            self._known[second] = base_ns
        return base_ns + int((fraction or "").ljust(9, "0"))


@lru_cache(maxsize=8_192)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(at_ns: int) -> str:
    """Return a time in UTC with as many digits of fraction as it has, up to nine."""
    second, fraction = divmod(at_ns, NS_PER_S)
    if fraction == 0:
        return _second(second) + "Z"
    return f"{_second(second)}.{fraction:09d}".rstrip("0") + "Z"
