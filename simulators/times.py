"""Times as text, as devices and the truth log write them. Pure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from simulators.agenda import NS_PER_S


def rfc3339(at_ns: int) -> str:
    """Return UTC with nine fractional digits, as an Impinj reader writes it."""
    second, ns = divmod(at_ns, NS_PER_S)
    return f"{_second(second)}.{ns:09d}Z"


def zoneless(at_ns: int, utc_offset_s: int) -> str:
    """Return local time without a zone, as Tasmota writes it."""
    local = datetime.fromtimestamp(at_ns // NS_PER_S, UTC) + timedelta(seconds=utc_offset_s)
    return local.strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=256)
def _second(second: int) -> str:
    """Reads come a few dozen to the second: formatting it once is worth a small cache."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
