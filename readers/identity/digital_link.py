"""GS1 Digital Link: a web address that carries GS1 keys. Pure.

    scheme://host[/stem…]/AI/key[/qualifier AI/value…][?AI=value&other=…][#…]
    scheme://host[/stem…]/eh<EPC in hex>   or   /ex<EPC in base64url>

Sources: GS1 Digital Link Standard, URI Syntax; Compression Technical Standard 1.0.0 for the EPC
forms. Taken wider than the standard where that harms nobody: GTIN-8/12/13 in the path (older
examples have them), qualifiers in any order, any host and stem.
"""

import base64
import re

from readers.errors import Malformed
from readers.identity.epc import decode_epc
from readers.identity.epc_key import EpcIdentity
from readers.identity.gs1_elements import add_element, check_element, fits, is_identifier
from readers.identity.gtin import GTIN_LENGTHS
from readers.identity.percent import decode_percent

_ADDRESS = re.compile(
    r"https?://[^/?#]+(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL
)
_WEB = re.compile(r"https?:", re.IGNORECASE)
_EPC_SEGMENT = re.compile(r"eh(?P<hex>[0-9A-Fa-f]+)|ex(?P<base64>[A-Za-z0-9_-]+)")
_SHORT_GTIN = re.compile(r"[0-9]+")

_QUALIFIERS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("22", "10", "21", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254", "7040"),
    "415": ("8020",),
    "417": ("7040",),
    "8003": (),
    "8004": ("7040",),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8013": (),
    "8017": ("8019",),
    "8018": ("8019",),
}
"""Key identifiers and the qualifiers that may follow each in the path (URI Syntax)."""


def is_web_address(text: str) -> bool:
    """Return whether `text` begins as a web address does."""
    return _WEB.match(text) is not None


def read_digital_link(address: str) -> dict[str, str] | None:
    """Return the elements of a GS1 Digital Link; None for any other web address.

    Raises Malformed when it is a Digital Link, but a key or attribute in it is wrong.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not match["path"]:
        return None
    segments = match["path"][1:].split("/")
    elements = _read_path(segments)
    if elements is None and segments[-1] == "" and _read_path(segments[:-1]) is not None:
        raise Malformed("digital_link", "a slash after the last value")
    if elements is None:
        elements = _read_epc(segments[-1])
    if elements is not None:
        _read_query(match["query"] or "", elements)
    return elements


def _read_path(segments: list[str]) -> dict[str, str] | None:
    """Return the elements of the right-most key with its qualifiers, None when there is no key."""
    for start in range(len(segments) - 2, -1, -2):
        identifiers = segments[start::2]
        values = [decode_percent(value) for value in segments[start + 1 :: 2]]
        key, qualifiers = identifiers[0], identifiers[1:]
        if key not in _QUALIFIERS or not _is_key(key, values[0]):
            continue
        if len(set(qualifiers)) < len(qualifiers) or not set(qualifiers) <= set(_QUALIFIERS[key]):
            continue
        elements = {key: check_element(key, _padded(key, values[0]))}
        for ai, value in zip(qualifiers, values[1:], strict=True):
            elements[ai] = check_element(ai, value)
        return elements
    return None


def _padded(key: str, value: str) -> str:
    """Return the value; a GTIN always as 14 digits."""
    is_short = key == "01" and len(value) in GTIN_LENGTHS and _SHORT_GTIN.fullmatch(value)
    return value.zfill(14) if is_short else value


def _is_key(key: str, value: str) -> bool:
    """Return whether `value` has the form of the key: `/00/news` is a page, not a parcel."""
    return fits(key, _padded(key, value))


def _read_query(query: str, elements: dict[str, str]) -> None:
    """Add the attributes; keys that are no application identifier are somebody else's."""
    for pair in re.split("[&;]", query):
        name, _, value = pair.partition("=")
        ai = decode_percent(name)
        if value and ai.isdecimal() and is_identifier(ai):
            add_element(elements, ai, check_element(ai, decode_percent(value)))


def _read_epc(segment: str) -> dict[str, str] | None:
    """Return the key of a compressed link; None when the segment is some other word."""
    match = _EPC_SEGMENT.fullmatch(segment)
    if match is None:
        return None
    try:
        text = match["hex"] or _hex_of_base64(match["base64"])
        return epc_elements(decode_epc(text))
    except Malformed:
        return None


def _hex_of_base64(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()
    except ValueError as error:
        raise Malformed("epc_hex", "no base64") from error


def epc_elements(identity: EpcIdentity) -> dict[str, str]:
    """Return what an EPC says as GS1 elements."""
    elements = {identity.ai: identity.key}
    if identity.serial is not None:
        elements["21" if identity.ai == "01" else "254"] = identity.serial
    if identity.date is not None:
        elements[identity.date[0]] = identity.date[1]
    return elements
