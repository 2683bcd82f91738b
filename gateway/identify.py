"""From what was read to what is sold: EPC or scanned text → SKU (and serial), through the catalogue. Pure.

A tag or code that names no product of the catalogue is kept as an unknown article, not dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.catalogue import Catalogue
from readers.errors import Malformed
from readers.identity.epc import decode_epc
from readers.identity.gs1 import identify_scan


@dataclass(frozen=True, slots=True)
class ScannedProduct:
    """What a scan named. `epc` is set where the code bears the serial of a tag that was seen."""

    sku: str
    gtin: str
    epc: str | None


class Identifier:
    """Resolves EPCs and scans.

    Nothing is kept per SGTIN-96 tag: all tags of an article share their first 58 bits, and the article is
    kept by those; their serial is in the tag itself. Tags of other schemes are few, and kept one by one.
    """

    def __init__(self, catalogue: Catalogue, is_known: Callable[[str], bool]) -> None:
        """`is_known(epc)`: whether such a tag was ever read."""
        self._catalogue = catalogue
        self._is_known = is_known
        self._sku_of_start: dict[str, str] = {}
        self._starts_of: dict[str, list[str]] = {}
        self._sku_of: dict[str, str] = {}
        self._epc_of: dict[tuple[str, str], str] = {}

    def tag(self, epc: str) -> str:
        """Return the SKU of a tag; tags of no product share one article."""
        bound = self._catalogue.sku_of_epc(epc)
        if bound is not None:
            return bound
        start = _start_of(epc)
        sku = self._sku_of.get(epc) if start is None else self._sku_of_start.get(start)
        if sku is None:
            sku = self._meet(epc, start)
        return sku

    def _meet(self, epc: str, start: str | None) -> str:
        gtin, serial = _gtin_and_serial(epc)
        sku = self._catalogue.meet(gtin)
        if start is not None and gtin is not None:
            self._sku_of_start[start] = sku
            self._starts_of.setdefault(gtin, []).append(start)
        else:
            self._sku_of[epc] = sku
            if gtin is not None and serial is not None:
                self._epc_of[gtin, serial] = epc
        return sku

    def forget(self, epc: str) -> None:
        """Let go of a tag that presence has forgotten."""
        if self._sku_of.pop(epc, None) is not None:
            gtin, serial = _gtin_and_serial(epc)
            if gtin is not None and serial is not None:
                self._epc_of.pop((gtin, serial), None)

    def scan(self, text: str) -> ScannedProduct | None:
        """Return the product that a scanned text names; None where it names none (a web address).

        Raises Malformed where it claims to name one and is wrong.
        """
        identity = identify_scan(text)
        if identity.gtin is None:
            return None
        sku = self._catalogue.meet(identity.gtin)
        epc = self._tag_of(identity.gtin, identity.serial) if identity.serial else None
        return ScannedProduct(sku, identity.gtin, epc)

    def _tag_of(self, gtin: str, serial: str) -> str | None:
        """Return the tag that was read of a product and serial, if one was."""
        epc = self._epc_of.get((gtin, serial))
        if epc is not None or not (serial.isdecimal() and serial.isascii()):
            return epc
        if str(int(serial)) != serial or int(serial) >> SERIAL_BITS:
            return None  # an SGTIN-96 has no leading zeros, and no room for more
        for start in self._starts_of.get(gtin, ()):
            made = f"{(int(start, 16) >> 2 << SERIAL_BITS) | int(serial):024X}"
            if self._is_known(made):
                return made
        return None


SGTIN_96, SGTIN_96_DIGITS, START_DIGITS, SERIAL_BITS = "30", 24, 15, 38


def _start_of(epc: str) -> str | None:
    """Return what all SGTIN-96 tags of an article have in common, as 15 hex digits with two bits cleared."""
    if len(epc) != SGTIN_96_DIGITS or not epc.startswith(SGTIN_96):
        return None
    return epc[: START_DIGITS - 1] + CLEARED[epc[START_DIGITS - 1]]


CLEARED = {digit: "048C"[int(digit, 16) >> 2] for digit in "0123456789ABCDEF"}


def _gtin_and_serial(epc: str) -> tuple[str | None, str | None]:
    try:
        identity = decode_epc(epc)
    except Malformed:
        return None, None
    return identity.gtin, identity.serial
