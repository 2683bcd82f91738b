"""From what was read to what is sold: EPC or scanned text → SKU (and serial), through the catalogue. Pure.

A tag or code that names no product of the catalogue is kept as an unknown article, not dropped.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.catalogue.articles import Catalogue
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

    def is_of_catalogue(self, epc: str) -> bool:
        """Return whether a tag names an article that the catalogue has; nothing is met by it."""
        sku = self._catalogue.sku_of_epc(epc) or self._sku_of_start.get(_start_of(epc) or "")
        if sku is None:
            gtin, _ = _gtin_and_serial(epc)
            sku = None if gtin is None else self._catalogue.sku_of(gtin)
        article = None if sku is None else self._catalogue.article(sku)
        return article is not None and article.known

    def articles(self, epcs: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
        """Return SKUs, and of each tag the place of its own among them: what `tag` says of each, in bulk."""
        skus: dict[str, int] = {}
        numbers = np.full(len(epcs), -1, np.int64)
        starts = starts_of(epcs)
        (rows,) = starts.nonzero()
        _, firsts, inverse = np.unique(starts[rows], return_index=True, return_inverse=True)
        found = [skus.setdefault(self._of_sgtin(epcs[row]), len(skus)) for row in rows[firsts].tolist()]
        numbers[rows] = np.array(found, np.int64)[inverse]
        if bound := self._catalogue.bound_epcs():
            numbers[[row for row, epc in enumerate(epcs) if epc in bound]] = -1
        for row in np.flatnonzero(numbers < 0).tolist():
            numbers[row] = skus.setdefault(self.tag(epcs[row]), len(skus))
        return list(skus), numbers

    def _of_sgtin(self, epc: str) -> str:
        """Return the SKU of the article of an SGTIN-96 tag, whatever the tag itself was bound to."""
        start = _start_of(epc)
        return self._sku_of_start.get(start or "") or self._meet(epc, start)

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

    def renew(self, gtins: Collection[str]) -> set[str]:
        """Let go of what tags of these GTINs were told to be; return the SKUs that they were."""
        skus: set[str] = set()
        for gtin in gtins:
            skus |= {self._sku_of_start.pop(start) for start in self._starts_of.pop(gtin, ())}
        for epc in [epc for epc in self._sku_of if gtins and _gtin_and_serial(epc)[0] in gtins]:
            skus.add(self._sku_of.pop(epc))
        return skus

    def scan(self, text: str) -> ScannedProduct | None:
        """Return the product that a scanned text names; None where it names none (a web address).

        Raises Malformed where it claims to name one and is wrong.
        """
        identity = identify_scan(text)
        if identity.gtin is None:
            return None
        sku = self._catalogue.meet(identity.gtin)
        epc = self.tag_of(identity.gtin, identity.serial) if identity.serial else None
        return ScannedProduct(sku, identity.gtin, epc)

    def tag_of(self, gtin: str, serial: str) -> str | None:
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
SGTIN_96_BYTE = 0x30
AT_ONCE = 50_000
"""Tags of which the digits are looked at together: 6 MB."""
NO_DIGIT = 255
DIGITS = np.full(256, NO_DIGIT, np.uint8)
DIGITS[list(b"0123456789ABCDEF")] = range(16)


def starts_of(epcs: Sequence[str]) -> NDArray[np.uint64]:
    """Return for each tag what all SGTIN-96 tags of its article have in common, as a number; 0 where it is none."""
    starts = np.zeros(len(epcs), np.uint64)
    (whole,) = (np.fromiter(map(len, epcs), np.int64, len(epcs)) == SGTIN_96_DIGITS).nonzero()
    for first in range(0, len(whole), AT_ONCE):
        rows = whole[first : first + AT_ONCE]
        of_all = len(whole) == len(epcs)
        some = epcs[first : first + AT_ONCE] if of_all else [epcs[row] for row in rows.tolist()]
        text = "".join(some).encode("latin-1", "replace")
        digits = DIGITS[np.frombuffer(text, np.uint8)].reshape(len(rows), SGTIN_96_DIGITS)
        packed = np.zeros(len(rows), np.uint64)
        for digit in range(START_DIGITS):
            packed = packed << np.uint64(4) | digits[:, digit]
        is_sgtin = (packed >> np.uint64(4 * START_DIGITS - 8) == SGTIN_96_BYTE) & (digits != NO_DIGIT).all(1)
        starts[rows] = np.where(is_sgtin, packed & ~np.uint64(3), np.uint64(0))
    return starts


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
