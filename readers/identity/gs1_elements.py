"""GS1 element strings: application identifiers and their values. Pure.

biip gives the table of application identifiers and their formats. Its own parsers are not used,
each for a reason (biip 5.2): they strip GS and other white space; they take digits of any script;
a value longer than its identifier allows is cut, and the rest read as a further identifier; a wrong
check digit inside an element is no error; the century of a date comes from today's clock.
"""

import calendar
import re
from datetime import date
from functools import cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from readers.errors import Malformed
from readers.identity.check_digit import has_check_digit

GS = "\x1d"
"""FNC1 between elements, as scanners send it."""

MAX_ELEMENTS = 64
"""The densest code holds some 7,000 digits; no label has more than a dozen elements."""

_CHECKED_KEYS = re.compile(r"00|01|02|03|41[0-7]")
"""Identifiers whose whole value ends in its check digit."""


@cache  # bounded by the table of some 550 identifiers
def _format_of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removeprefix("^").removesuffix("$"), re.ASCII)


def _identifier(text: str) -> GS1ApplicationIdentifier:
    try:
        return GS1ApplicationIdentifier.extract(text)
    except ParseError as error:
        raise Malformed("gs1_elements", f"no application identifier at {text[:8]!r}") from error


def is_identifier(ai: str) -> bool:
    """Return whether `ai` is exactly one known application identifier."""
    try:
        return _identifier(ai).ai == ai
    except Malformed:
        return False


def fits(ai: str, value: str) -> bool:
    """Return whether `value` has the form that the known identifier `ai` asks for."""
    return _format_of(_identifier(ai).pattern).fullmatch(ai + value) is not None


def check_element(ai: str, value: str) -> str:
    """Return `value`. Raises Malformed `gs1_elements` or `check_digit` when `ai` cannot have it."""
    if not fits(ai, value):
        raise Malformed("gs1_elements", f"({ai}) cannot have the value {value[:90]!r}")
    if _CHECKED_KEYS.fullmatch(ai) and not has_check_digit(value):
        raise Malformed("check_digit", f"({ai}){value} has a wrong check digit")
    return value


def add_element(elements: dict[str, str], ai: str, value: str) -> None:
    """Add an element. Raises Malformed when the same identifier stands there with another value."""
    if elements.setdefault(ai, value) != value:
        raise Malformed("gs1_elements", f"({ai}) stands twice with different values")


def read_elements(data: str) -> dict[str, str]:
    """Return the elements of a string as a scanner sends it, by identifier, in order.

    A GS may stand at the begin (FNC1 of the first position) and at the end; after a value of
    variable length it must stand, unless the string ends. Raises Malformed.
    """
    elements: dict[str, str] = {}
    rest = data.removeprefix(GS)
    if not rest:
        raise Malformed("empty", "no GS1 data")
    while rest:
        field, _, after = rest.partition(GS)
        identifier = _identifier(field)
        if identifier.separator_required:
            value, rest = field[len(identifier.ai) :], after
        else:
            match = _format_of(identifier.pattern).match(field)
            if match is None:
                raise Malformed("gs1_elements", f"({identifier.ai}) is cut short or malformed")
            value = match.group()[len(identifier.ai) :]
            rest = rest[match.end() :].removeprefix(GS)
        add_element(elements, identifier.ai, check_element(identifier.ai, value))
        if len(elements) > MAX_ELEMENTS:
            raise Malformed("too_long", f"more than {MAX_ELEMENTS} elements")
    return elements


def read_date(yymmdd: str, year: int) -> date | None:
    """Return the date, in the century nearest to `year`; None when it is none.

    Years are 49 back to 50 ahead of `year`; day 00 is the month's last (GS1 General
    Specifications). Some labels carry 000000 for "no date".
    """
    two_digits, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    full_year = year - 49 + (two_digits - (year - 49)) % 100
    if not 1 <= month <= 12:
        return None
    last_day = calendar.monthrange(full_year, month)[1]
    return date(full_year, month, day or last_day) if day <= last_day else None
