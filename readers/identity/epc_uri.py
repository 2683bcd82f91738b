"""EPCs written as URIs, as other programs hand them over: to GTIN and serial, or to the tag's own hex. Pure.

    urn:epc:id:sgtin:COMPANY.ITEM.SERIAL            urn:epc:idpat:sgtin:COMPANY.ITEM.*
    urn:epc:tag:sgtin-96:FILTER.COMPANY.ITEM.SERIAL  (and sgtin-198)
    urn:epc:raw:96.x3034257BF400B7800004CB2F

Source: GS1 EPC Tag Data Standard, sections 6 and 12. ITEM begins with the indicator digit; the check digit is
not written. Other schemes name no product, and are Malformed `epc_header` as their tags are.
"""

import re

from readers.errors import Malformed
from readers.identity.check_digit import check_digit
from readers.identity.epc_key import check_serial
from readers.identity.percent import decode_percent

PREFIX = "urn:epc:"
ITEM_DIGITS = 13
"""Of the company and the item together: a GTIN-14 without its check digit."""
_PRODUCT = re.compile(
    r"urn:epc:(?:id:sgtin:|idpat:sgtin:|tag:sgtin-(?:96|198):[0-7]\.)"
    r"(?P<company>[0-9]{6,12})\.(?P<item>[0-9]{1,7})\.(?P<serial>.+)",
    re.IGNORECASE,
)
_RAW = re.compile(r"urn:epc:raw:[0-9]+\.x(?P<hex>[0-9A-F]+)", re.IGNORECASE)


def is_epc_uri(text: str) -> bool:
    """Return whether `text` begins as an EPC URI does."""
    return text[: len(PREFIX)].casefold() == PREFIX


def hex_of_uri(text: str) -> str | None:
    """Return the tag's own hex, upper-case; None where the URI writes out something else."""
    match = _RAW.fullmatch(text)
    return None if match is None else match["hex"].upper()


def product_of_uri(text: str) -> tuple[str, str | None]:
    """Return (GTIN-14, serial) of a trade item's URI; no serial where it stands for all of them.

    Raises Malformed `epc_header` (another scheme), `epc_range` (not 13 digits) or `epc_serial`.
    """
    match = _PRODUCT.fullmatch(text)
    if match is None:
        raise Malformed("epc_header", f"{text[:40]!r} names no product")
    company, item = match["company"], match["item"]
    if len(company) + len(item) != ITEM_DIGITS:
        raise Malformed("epc_range", f"{company}.{item} are not {ITEM_DIGITS} digits")
    payload = item[0] + company + item[1:]
    serial = decode_percent(match["serial"])
    return payload + check_digit(payload), None if serial == "*" else check_serial(serial)
