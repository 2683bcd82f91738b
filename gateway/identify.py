"""From what was read to what is sold: EPC or scanned text → SKU (and serial), through the catalogue. Pure.

A tag or code that names no product of the catalogue is kept as an unknown article, not dropped.
"""

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
    """Resolves EPCs and scans; remembers which tag bears which serial."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._sku_of: dict[str, str] = {}
        self._epc_of: dict[tuple[str, str], str] = {}

    def tag(self, epc: str) -> str:
        """Return the SKU of a tag; tags of no product share one article."""
        sku = self._sku_of.get(epc)
        if sku is None:
            gtin, serial = _gtin_and_serial(epc)
            sku = self._catalogue.sku_of_epc(epc) or self._catalogue.meet(gtin)
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
        epc = self._epc_of.get((identity.gtin, identity.serial)) if identity.serial else None
        return ScannedProduct(sku, identity.gtin, epc)


def _gtin_and_serial(epc: str) -> tuple[str | None, str | None]:
    try:
        identity = decode_epc(epc)
    except Malformed:
        return None, None
    return identity.gtin, identity.serial
