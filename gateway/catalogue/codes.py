"""What a scanned or typed text names: an article by its SKU, a product by its GTIN, a single tag. Pure.

A look-up alone: unlike a scan on the floor, it makes no article of a product that nobody named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from readers.errors import Malformed
from readers.identity.epc import decode_epc, normalise_epc
from readers.identity.epc_uri import hex_of_uri, is_epc_uri, product_of_uri
from readers.identity.gs1 import identify_scan

CodeKind = Literal["sku", "product", "tag", "other"]
MAX_CODE_CHARACTERS = 512
"""A label's QR has some 80; what a person types has fewer."""
_AIM_ID = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_TAG = re.compile(r"(?:[0-9A-Fa-f]{4}){4,31}")
"""Hex as tag memory comes, in words of 16 bits; shorter ones are numbers that a person typed."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names. `sku` None: no article that is known. `fault`: why it names nothing, where it claims to."""

    kind: CodeKind
    sku: str | None = None
    gtin: str | None = None
    serial: str | None = None
    epc: str | None = None
    fault: str | None = None


class Articles(Protocol):
    """What codes are looked up in."""

    def article(self, sku: str) -> object | None:
        """Return the article of a SKU."""
        ...

    def sku_of(self, gtin: str) -> str | None:
        """Return the SKU of a GTIN-14."""
        ...

    def sku_of_epc(self, epc: str) -> str | None:
        """Return the SKU that a tag was bound to by hand."""
        ...


def named_by(text: str, articles: Articles, tag_of: Callable[[str, str], str | None]) -> Named:
    """Return what a text names. `tag_of(gtin, serial)`: the tag that was read of a piece."""
    text = text.strip(" \t\r\n")
    aim = _AIM_ID.match(text)
    plain = text if aim is None else text[aim.end() :]
    for sku in dict.fromkeys((plain, plain.upper())):
        if articles.article(sku) is not None:
            return Named("sku", sku)
    try:
        if is_epc_uri(plain):
            return _of_uri(plain, articles, tag_of)
        found = identify_scan(text)
    except Malformed as error:
        return Named("other", fault=error.reason)
    if found.gtin is not None:
        return _product(found.gtin, found.serial, articles, tag_of)
    if _TAG.fullmatch(plain) or _is_bound(plain, articles):
        return _tag(plain.upper(), articles)
    return Named("other")


def _of_uri(uri: str, articles: Articles, tag_of: Callable[[str, str], str | None]) -> Named:
    raw = hex_of_uri(uri)
    if raw is not None:
        return _tag(normalise_epc(raw), articles)
    return _product(*product_of_uri(uri), articles, tag_of)


def _product(
    gtin: str, serial: str | None, articles: Articles, tag_of: Callable[[str, str], str | None]
) -> Named:
    epc = None if serial is None else tag_of(gtin, serial)
    return Named("product", articles.sku_of(gtin), gtin, serial, epc)


def _is_bound(text: str, articles: Articles) -> bool:
    return articles.sku_of_epc(text.upper()) is not None


def _tag(epc: str, articles: Articles) -> Named:
    bound = articles.sku_of_epc(epc)
    try:
        identity = decode_epc(epc)
    except Malformed as error:
        return Named("tag", bound, epc=epc, fault=None if bound else error.reason)
    sku = bound or (None if identity.gtin is None else articles.sku_of(identity.gtin))
    return Named("tag", sku, identity.gtin, identity.serial, epc)
