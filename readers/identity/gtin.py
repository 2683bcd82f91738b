"""GTINs as bar codes carry them: EAN-8, UPC-A, UPC-E, EAN-13 and ITF-14, to 14 digits. Pure."""

from collections.abc import Collection

from readers.errors import Malformed
from readers.identity.check_digit import has_check_digit

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
"""GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN-13) and GTIN-14 (ITF-14)."""


def is_digits(text: str) -> bool:
    """Return whether `text` is one or more of the digits 0-9 (no other script's)."""
    return text.isascii() and text.isdigit()


def to_gtin_14(text: str, lengths: Collection[int] = GTIN_LENGTHS) -> str:
    """Return a GTIN of one of the `lengths` as 14 digits.

    Raises Malformed `not_numeric`, `length` or `check_digit`.
    """
    if not is_digits(text):
        raise Malformed("not_numeric", f"{text[:20]!r} is no GTIN")
    if len(text) not in lengths:
        raise Malformed("length", f"{len(text)} digits where {sorted(lengths)} are possible")
    if not has_check_digit(text):
        raise Malformed("check_digit", f"{text} has a wrong check digit")
    return text.zfill(14)


def upc_e_or_gtin_14(text: str, lengths: Collection[int] = GTIN_LENGTHS) -> str:
    """Return as `to_gtin_14`; but eight digits that begin with 0 are tried as UPC-E first.

    EAN-8 numbers with a leading 0 stay inside one company (GS1 General Specifications).
    """
    if len(text) == 8 and text[0] == "0" and is_digits(text):
        upc_a = expand_upc_e(text)
        if has_check_digit(upc_a):
            return upc_a.zfill(14)
    return to_gtin_14(text, lengths)


def expand_upc_e(text: str) -> str:
    """Return the 12 digits of the UPC-A that 8 digits of UPC-E stand for."""
    system, body, check, last = text[0], text[1:7], text[7], text[6]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        middle = body[:3] + "00000" + body[3:5]
    elif last == "4":
        middle = body[:4] + "00000" + body[4]
    else:
        middle = body[:5] + "0000" + last
    return system + middle + check
