"""Scanned texts: what each spelling names, and what claims to name and does not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.identity.check_digit import check_digit
from readers.identity.gs1 import MAX_SCAN_CHARACTERS, ScanKind, identify_scan
from readers.identity.gs1_elements import read_date
from readers.identity.gtin import expand_upc_e
from readers.identity.percent import encode_percent
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

GS = "\x1d"
GTIN = "09506000134352"
EAN_13 = "4006381333931"
REASONS = ("empty", "too_long", "not_numeric", "length", "check_digit", "gs1_elements", "digital_link")


@each_vector("scan", valid=True)
def test_published_scans_name_what_they_say(vector: dict[str, Any]) -> None:
    """Each scan and link of the GS1 test suite gives its symbology, elements and GTIN."""
    identity, expected = identify_scan(vector["data"]), vector["expect"]
    assert identity.symbology == expected.get("symbology", "")
    if "elements" in expected:
        assert dict(identity.elements) == expected["elements"]
    if "gtin14" in expected:
        assert identity.gtin == expected["gtin14"]
    is_product = "gtin14" in expected or "01" in expected["elements"]
    assert identity.kind is (ScanKind.PRODUCT if is_product else ScanKind.OTHER_KEY)


@each_vector("scan", valid=False)
def test_wrong_published_scans_name_nothing(vector: dict[str, Any]) -> None:
    """A wrong code is refused by reason; an address without a key is not a product, and no error."""
    reason = reason_of(lambda: identify_scan(vector["data"]))
    if reason is None:
        assert identify_scan(vector["data"]).kind is ScanKind.NOT_A_PRODUCT
        assert vector["expect"]["reason"] in (
            "no primary key",
            "plain marketing URL: no GTIN, must not raise",
        )
    else:
        assert reason in REASONS


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        (EAN_13, "04006381333931"),
        ("]E0" + EAN_13, "04006381333931"),
        ("96385074", "00000096385074"),
        ("]E496385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("]E0036000291452", "00036000291452"),
        ("04252614", "00042100005264"),
        ("]E004252614", "00042100005264"),
        ("]E3" + EAN_13 + "12", "04006381333931"),
        ("]E3" + EAN_13 + "12345", "04006381333931"),
        ("]I1" + GTIN, GTIN),
        (GTIN, GTIN),
        ("]Q1" + EAN_13, "04006381333931"),
        ("]C0" + EAN_13, "04006381333931"),
        ("01" + GTIN, GTIN),
        ("01" + GTIN + "21A" + GS + "10B", GTIN),
        (GS + "01" + GTIN + "21A", GTIN),
        ("]d2" + GS + "01" + GTIN + GS, GTIN),
        ("]J101" + GTIN, GTIN),
    ],
)
def test_spellings_of_a_gtin(text: str, gtin: str) -> None:
    """EAN-8, EAN-13, UPC-A, UPC-E, ITF-14 and element strings, with and without AIM id, give 14 digits."""
    identity = identify_scan(text)
    assert (identity.kind, identity.gtin) == (ScanKind.PRODUCT, gtin)


@pytest.mark.parametrize(
    ("upc_e", "upc_a"),
    [
        ("04252614", "042100005264"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234558", "012345000058"),
    ],
)
def test_upc_e_is_a_shortened_upc_a(upc_e: str, upc_a: str) -> None:
    """The four ways in which zeros were left out."""
    assert expand_upc_e(upc_e) == upc_a


def test_serial_lot_and_expiry() -> None:
    """AI 21, 10 and 17 come out by name; 15 stands in for 17; day 00 is the month's last."""
    identity = identify_scan(f"]d201{GTIN}17280200{GS}10AB/1{GS}21S-9{GS}")
    assert (identity.serial, identity.lot, identity.expiry) == ("S-9", "AB/1", date(2028, 2, 29))
    assert identify_scan(f"]d201{GTIN}15270531").expiry == date(2027, 5, 31)
    assert identify_scan(f"]d201{GTIN}15270531{GS}17270601").expiry == date(2027, 6, 1)
    assert identify_scan(f"]d201{GTIN}17000000").expiry is None
    assert identify_scan(f"]d201{GTIN}17270231").expiry is None


@given(st.dates(date(1951, 1, 1), date(2150, 12, 31)), st.integers(2000, 2100))
def test_two_digit_years_lie_around_the_given_year(day: date, year: int) -> None:
    """A date within 49 years back and 50 ahead comes back as itself."""
    read = read_date(f"{day:%y%m%d}", year)
    if year - 49 <= day.year <= year + 50:
        assert read == day
    else:
        assert read is None or year - 49 <= read.year <= year + 50


@pytest.mark.parametrize(
    "link",
    [
        f"https://id.gs1.org/01/{GTIN}/21/A%2FB",
        f"HTTPS://ID.GS1.ORG/01/{GTIN}/21/A%2FB",
        f"]Q1http://brand.example:8080/p/01/{GTIN}/21/A%2fB?utm=qr&01=#top",
        f"]d1https://brand.example/some/stem/01/{GTIN[1:]}/21/A%2FB",
        f"https://brand.example/00/news/01/{GTIN}/21/A%2FB",
        f"https://brand.example/01/{GTIN}/21/A%2FB?linkType=all&context=x;y",
    ],
)
def test_spellings_of_a_digital_link(link: str) -> None:
    """Scheme and host in any case, any stem, short GTINs, foreign query keys: the same item."""
    identity = identify_scan(link)
    assert (identity.gtin, identity.serial) == (GTIN, "A/B")


def test_attributes_of_a_link_come_from_the_query() -> None:
    """Expiry and lot may stand in the query; `+` is itself there."""
    identity = identify_scan(f"https://x.example/01/{GTIN}?17=280229&10=A%2BB+C")
    assert (identity.expiry, identity.lot) == (date(2028, 2, 29), "A+B+C")


@given(st.text("ABCxyz0129-._/+%&()", min_size=1, max_size=20))
def test_any_serial_survives_a_link(serial: str) -> None:
    """A percent-encoded serial comes back as it was."""
    assert identify_scan(f"https://x.example/01/{GTIN}/21/{encode_percent(serial)}").serial == serial


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/products/42?utm=qr",
        "https://www.example.com",
        "HTTPS://WWW.EXAMPLE.COM/",
        "https:",
        "http://[",
        "]Q1https://www.example.com/example",
        "https://www.example.com/exhibition",
        "https://www.example.com/eh30",
        f"https://www.example.com/01/{GTIN}/details",
        "https://www.example.com/00/news",
        "www.example.com",
        "WIFI:T:WPA;S:shop;P:secret;;",
        "]C0SHELF-17",
        "]A01234",
        "]C04006381333932",
        "]E112",
        "]I1123456",
        "]d1[)>\x1e06\x1d1P4567\x1e\x04",
        "12345",
        " ",
        "]",
        "]]",
    ],
)
def test_other_codes_are_no_products_and_no_errors(text: str) -> None:
    """Web pages, Wi-Fi codes, the shop's own labels: nothing that GS1 names, and nothing wrong."""
    identity = identify_scan(text)
    assert (identity.kind, identity.gtin, dict(identity.elements)) == (ScanKind.NOT_A_PRODUCT, None, {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("]Q3" + GS, "empty"),
        ("x" * (MAX_SCAN_CHARACTERS + 1), "too_long"),
        ("4006381333932", "check_digit"),
        ("]E04006381333932", "check_digit"),
        ("]E012345", "length"),
        ("]E0" + GTIN, "length"),
        ("]E4" + EAN_13, "length"),
        ("]E3" + EAN_13, "length"),
        ("]E3x", "not_numeric"),
        ("]E0٤٠٠٦٣٨١٣٣٣٩٣١", "not_numeric"),
        ("]d20109506000134353", "check_digit"),
        ("]d20009506000134352", "gs1_elements"),
        ("]d201٠٩٥٠٦٠٠٠١٣٤٣٥٢", "gs1_elements"),
        ("]d2hello", "gs1_elements"),
        (f"]d201{GTIN}10" + "A" * 21, "gs1_elements"),
        (f"]d201{GTIN}10{GS}21A", "gs1_elements"),
        (f"]d201{GTIN}21A{GS}21B", "gs1_elements"),
        (f"]d201{GTIN}17271301", "gs1_elements"),
        (f"01{GTIN[:-1]}9{GS}10A", "check_digit"),
        ("https://id.gs1.org/01/09506000134353", "check_digit"),
        (f"https://id.gs1.org/01/{GTIN}/21/%C3%A9", "gs1_elements"),
        (f"https://id.gs1.org/01/{GTIN}?17=tomorrow", "gs1_elements"),
        (f"https://id.gs1.org/01/{GTIN}/10/A?10=B", "gs1_elements"),
        (f"https://id.gs1.org/01/{GTIN}/", "digital_link"),
    ],
)
def test_what_claims_to_be_gs1_and_is_not_says_why(text: str, reason: str) -> None:
    """A broken code is refused by reason, so that people learn of it."""
    assert reason_of(lambda: identify_scan(text)) == reason


def test_other_gs1_keys_are_told_apart() -> None:
    """A parcel (SSCC) or a place (GLN) is understood, and is no product."""
    parcel = identify_scan("]C100095201234567891235")
    assert (parcel.kind, dict(parcel.elements)) == (ScanKind.OTHER_KEY, {"00": "095201234567891235"})
    assert identify_scan("00095201234567891235").kind is ScanKind.OTHER_KEY
    assert identify_scan("https://id.gs1.org/414/9520123456788").kind is ScanKind.OTHER_KEY


near_scans = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.sampled_from(["]Q3", "]d1", "]E0", "01" + GTIN, GTIN, EAN_13, GS, "10AB", "17280229", "https://", "/01/", "/21/",
                         "?17=", "&", "%2F", "%", "/ex", "/eh", "30164596f40c0e5cbe991a83", "8003", "/"]),
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(near_scans)
def test_arbitrary_texts_are_identities_or_malformed(text: str) -> None:
    """Nothing but Malformed is raised, with a reason of the documented set; GTINs are sound."""
    reason = reason_of(lambda: identify_scan(text))
    assert reason in (None, *REASONS)
    if reason is None:
        gtin = identify_scan(text).gtin
        assert gtin is None or (len(gtin) == 14 and check_digit(gtin[:-1]) == gtin[-1])
        assert (identify_scan(text).kind is ScanKind.PRODUCT) == (gtin is not None)
