"""What codes name: SKU, product and tag, in each of the ways in which they are written; and what names nothing."""

from collections.abc import Mapping

import pytest

from gateway.catalogue.articles import Article, Catalogue
from gateway.catalogue.codes import Named, named_by

GTIN, OTHER = "03012345000024", "04006381333931"
EPC = "3034257BF400B7800004CB2F"
EPC_GTIN, EPC_SERIAL = "09521141111116", "314159"
BOUND = "E2806894000050230A1B2C3D"
SEEN: Mapping[tuple[str, str], str] = {(GTIN, "4711"): EPC}


@pytest.fixture(scope="module")
def articles() -> Catalogue:
    """Return a catalogue of an article with a GTIN and a bound tag, and one by the tag's own GTIN."""
    return Catalogue(
        [
            Article("DEN-501-32", gtins=(GTIN,), epcs=(BOUND,)),
            Article("TEE-WHT-M", gtins=("00614141123452",)),
        ]
    )


def named(articles: Catalogue, text: str) -> Named:
    """Return what a text names."""
    return named_by(text, articles, lambda gtin, serial: SEEN.get((gtin, serial)))


@pytest.mark.parametrize("text", ["DEN-501-32", "den-501-32", " DEN-501-32\r\n", "]C0DEN-501-32"])
def test_an_article_is_named_by_its_sku(articles: Catalogue, text: str) -> None:
    """In either case, with the ends that scanners send."""
    assert named(articles, text) == Named("sku", "DEN-501-32")


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("3012345000024", None),
        ("03012345000024", None),
        ("]E03012345000024", None),
        ("0103012345000024214711", "4711"),
        ("]d20103012345000024214711", "4711"),
        ("]Q30103012345000024\x1d214711", "4711"),
        ("https://shop.example/01/03012345000024/21/4711", "4711"),
        ("urn:epc:id:sgtin:301234.0500002.4711", "4711"),
        ("urn:epc:tag:sgtin-96:3.301234.0500002.4711", "4711"),
        ("URN:EPC:idpat:sgtin:3012345.000002.*", None),
    ],
)
def test_a_product_is_named_by_its_gtin(articles: Catalogue, text: str, serial: str | None) -> None:
    """However it is written; a serial leads to the tag that was read of it."""
    assert named(articles, text) == Named(
        "product", "DEN-501-32", GTIN, serial, None if serial is None else EPC
    )


def test_a_piece_is_named_by_its_tag(articles: Catalogue) -> None:
    """By the GTIN in it, as hex or as a raw URI; or because somebody bound it to an article."""
    by_hex = named(articles, "30340242201d8840009efdf7")
    assert by_hex == named(articles, "urn:epc:raw:96.x30340242201D8840009EFDF7")
    assert by_hex.kind == "tag"
    assert by_hex.epc == "30340242201D8840009EFDF7"
    assert by_hex.gtin is not None
    assert named(articles, BOUND.lower()) == Named("tag", "DEN-501-32", epc=BOUND)


def test_a_product_that_nobody_named_stays_so(articles: Catalogue) -> None:
    """To ask for it makes no article of it."""
    before = len(articles)
    assert named(articles, OTHER) == Named("product", None, OTHER)
    assert len(articles) == before


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("3012345000025", "check_digit"),
        ("]E030123", "length"),
        ("https://shop.example/01/03012345000025", "check_digit"),
        ("https://shop.example/01/03012345000024/", "digital_link"),
        ("urn:epc:id:sscc:0614141.1234567890", "epc_header"),
        ("urn:epc:id:sgtin:301234.05.4711", "epc_range"),
        ("urn:epc:raw:8.x3", "epc_hex"),
        ("", "empty"),
        ("hello", None),
        ("https://shop.example/news", None),
        ("12345", None),
    ],
)
def test_what_names_nothing_says_what_is_wrong(articles: Catalogue, text: str, fault: str | None) -> None:
    """Where it claims to be a code; any other text is just none."""
    found = named(articles, text)
    assert (found.sku, found.fault) == (None, fault)
