"""What a scanned text names: element strings, EAN and UPC, ITF, Digital Links. Pure."""

from readers.codecs.scanner import decode_text
from readers.describe.lines import Line, dropped, refused, without_none
from readers.describe.text_lines import TextLineDescriber
from readers.errors import Malformed
from readers.identity.gs1 import MAX_SCAN_CHARACTERS, ScanIdentity, ScanKind, identify_scan

MAX_LINE_BYTES = 4 * MAX_SCAN_CHARACTERS
"""A character of UTF-8 has four bytes at most."""


def describer() -> TextLineDescriber:
    """Return the describer of texts, one a line."""
    return TextLineDescriber(_describe, MAX_LINE_BYTES)


def _describe(raw: bytes) -> list[Line]:
    """Return the line of one text. A text that names no GS1 key is refused here, where one is asked for."""
    text = decode_text(raw)
    try:
        identity = identify_scan(text)
    except Malformed as error:
        return [refused(error, raw)]
    if identity.kind is ScanKind.NOT_A_PRODUCT:
        return [dropped(ScanKind.NOT_A_PRODUCT, raw, "names no GS1 key")]
    return [scan_line(text, identity)]


def scan_line(text: str, identity: ScanIdentity) -> Line:
    """Return the line of a scanned text and of what it names."""
    return without_none(
        kind="scan",
        text=text,
        names=identity.kind.value,
        symbology=identity.symbology or None,
        gtin=identity.gtin,
        serial=identity.serial,
        lot=identity.lot,
        expiry=identity.expiry.isoformat() if identity.expiry else None,
        elements=dict(identity.elements) or None,
    )
