"""What a scanned text names: a product, another GS1 key, or nothing that GS1 knows. Pure.

The AIM id (ISO/IEC 15424), when the scanner sends it, says which rules hold:
    ]E0 ]E3 ]E4 ]I1          a GTIN: all digits, with its check digit
    ]C1 ]d2 ]e0 ]Q3 ]J1      GS1 element strings, GS (0x1D) between them
    any other, or none       a web address (a GS1 Digital Link or not), a GTIN, element strings by
                             their look, or some text of the shop's own: not a product, no error
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from readers.errors import Malformed
from readers.identity.digital_link import is_web_address, read_digital_link
from readers.identity.gs1_elements import GS, read_date, read_elements
from readers.identity.gtin import GTIN_LENGTHS, is_digits, to_gtin_14, upc_e_or_gtin_14

MAX_SCAN_CHARACTERS = 7_089
"""The most that a QR code can hold (digits, version 40-L)."""

CENTURY_YEAR = 2026
"""The year that two-digit years are near to, unless the caller gives its clock's. Good for expiry
dates up to 2076."""

_AIM_ID = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_ELEMENT_SYMBOLOGIES = frozenset({"]C1", "]d2", "]e0", "]e1", "]e2", "]Q3", "]J1"})
_KEY_START = re.compile(r"00[0-9]{18}|0[12][0-9]{14}")
_ADD_ON_DIGITS = (2, 5)
_UPC_EAN_DIGITS = (8, 12, 13)
_EAN_DIGITS = 13
_EAN_8_DIGITS = 8
_ITF_DIGITS = 14


class ScanKind(StrEnum):
    """What a scan names."""

    PRODUCT = "product"
    OTHER_KEY = "other_key"
    NOT_A_PRODUCT = "not_a_product"


@dataclass(frozen=True, slots=True)
class ScanIdentity:
    """A scanned text, understood.

    `gtin` has 14 digits and is set for products alone. `expiry` is AI 17, or best before (AI 15)
    where there is none. `symbology` is the AIM id, empty when the scanner sends none. `elements` are
    all GS1 elements by application identifier.
    """

    kind: ScanKind
    symbology: str = ""
    gtin: str | None = None
    serial: str | None = None
    lot: str | None = None
    expiry: date | None = None
    elements: Mapping[str, str] = field(default_factory=dict)


def identify_scan(text: str, near_year: int = CENTURY_YEAR) -> ScanIdentity:
    """Return what a scanned text names.

    `near_year` is the year of the caller's clock: two-digit years lie around it. Raises Malformed
    when the text claims to be a GS1 code and is none (`empty`, `too_long`, `not_numeric`, `length`,
    `check_digit`, `gs1_elements`, `digital_link`); a text that claims nothing is not a product.
    """
    if len(text) > MAX_SCAN_CHARACTERS:
        raise Malformed("too_long", f"{len(text)} characters")
    aim = _AIM_ID.match(text)
    symbology = aim.group() if aim else ""
    content = text[len(symbology) :]
    if not content:
        raise Malformed("empty", f"nothing after {symbology!r}")
    if symbology in _ELEMENT_SYMBOLOGIES:
        return _from_elements(read_elements(content), symbology, near_year)
    if symbology == "]E0":
        return _product(upc_e_or_gtin_14(content, _UPC_EAN_DIGITS), symbology)
    if symbology == "]E3":
        return _product(to_gtin_14(_without_add_on(content)), symbology)
    if symbology == "]E4":
        return _product(to_gtin_14(content, (_EAN_8_DIGITS,)), symbology)
    if symbology == "]I1" and len(content) == _ITF_DIGITS:
        return _product(to_gtin_14(content), symbology)
    if is_web_address(content):
        elements = read_digital_link(content)
        return _from_elements(elements or {}, symbology, near_year)
    return _by_look(content, symbology, near_year)


def _by_look(content: str, symbology: str, near_year: int) -> ScanIdentity:
    """Judge a text without a GS1 symbology. A number of GTIN length that a scanner sends without
    any AIM id is most likely an EAN, so a wrong check digit is an error there, and there alone.
    """
    is_number = len(content) in GTIN_LENGTHS and is_digits(content)
    is_element_string = _KEY_START.match(content.removeprefix(GS)) is not None
    try:
        if is_number:
            return _product(upc_e_or_gtin_14(content), symbology)
        if is_element_string:
            return _from_elements(read_elements(content), symbology, near_year)
    except Malformed:
        if not symbology and (is_number or GS in content):
            raise
    return ScanIdentity(ScanKind.NOT_A_PRODUCT, symbology)


def _without_add_on(content: str) -> str:
    """Return the EAN-13 before a two or five digit add-on."""
    if not is_digits(content):
        raise Malformed("not_numeric", f"{content[:20]!r} is no EAN-13 with add-on")
    if len(content) - _EAN_DIGITS not in _ADD_ON_DIGITS:
        raise Malformed("length", f"{len(content)} digits are no EAN-13 with add-on")
    return content[:_EAN_DIGITS]


def _product(gtin: str, symbology: str) -> ScanIdentity:
    return ScanIdentity(ScanKind.PRODUCT, symbology, gtin, elements={"01": gtin})


def _from_elements(elements: dict[str, str], symbology: str, near_year: int) -> ScanIdentity:
    if not elements:
        return ScanIdentity(ScanKind.NOT_A_PRODUCT, symbology)
    gtin = elements.get("01")
    if gtin is None:
        return ScanIdentity(ScanKind.OTHER_KEY, symbology, elements=elements)
    expiry = elements.get("17") or elements.get("15")
    return ScanIdentity(
        ScanKind.PRODUCT,
        symbology,
        gtin.zfill(14),
        elements.get("21"),
        elements.get("10"),
        read_date(expiry, near_year) if expiry else None,
        elements,
    )
