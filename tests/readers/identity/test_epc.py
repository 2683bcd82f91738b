"""EPC bits against the standard's examples, and the laws of the decoder."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.errors import Malformed
from readers.identity.check_digit import check_digit
from readers.identity.epc import EpcIdentity, decode_epc, normalise_epc
from readers.identity.epc_key import GS1_CHARACTERS
from readers.identity.percent import decode_percent, encode_percent
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

COMPANY_BITS = {12: (0, 40), 11: (1, 37), 10: (2, 34), 9: (3, 30), 8: (4, 27), 7: (5, 24), 6: (6, 20)}
REASONS = ("epc_hex", "epc_unprogrammed", "epc_tid", "epc_header", "epc_length", "epc_partition", "epc_range",
           "epc_serial")  # fmt: skip
digits = st.text("0123456789", min_size=1)


@each_vector("epc", valid=True)
def test_published_epcs_decode(vector: dict[str, Any]) -> None:
    """Each example of the standard says what the standard says that it says."""
    identity = decode_epc(vector["data"])
    assert identity == decode_epc(vector["data"].lower())
    for name, expected in vector["expect"].items():
        if name == "digital_link_path":
            # The source prints values as they are; a path has them percent-encoded.
            assert decode_percent(identity.digital_link_path) == expected
        elif name != "partition":
            assert getattr(identity, name) == expected


@each_vector("epc", valid=False)
def test_wrong_epcs_are_refused(vector: dict[str, Any]) -> None:
    """Reserved, unprogrammed and cut EPCs are refused with a reason of the documented set."""
    assert reason_of(lambda: decode_epc(vector["data"])) in REASONS


@st.composite
def trade_items(draw: st.DrawFn) -> tuple[str, int, int]:
    """A GTIN-14, how many digits of it are the company prefix, and the tag's filter value."""
    body = draw(st.text("0123456789", min_size=13, max_size=13))
    return body + check_digit(body), draw(st.integers(6, 12)), draw(st.integers(0, 7))


def sgtin_head(header: int, gtin: str, company_digits: int, filter_value: int) -> str:
    """Return the first 58 bits of an SGTIN, built from the standard's table."""
    partition, company_bits = COMPANY_BITS[company_digits]
    company, item = gtin[1 : 1 + company_digits], gtin[0] + gtin[1 + company_digits : 13]
    return (
        f"{header:08b}{filter_value:03b}{partition:03b}"
        f"{int(company):0{company_bits}b}{int(item):0{44 - company_bits}b}"
    )


def to_hex(bits: str) -> str:
    bits += "0" * (-len(bits) % 16)
    return f"{int(bits, 2):0{len(bits) // 4}X}"


@given(trade_items(), st.integers(0, 2**38 - 1))
def test_sgtin_96_of_any_product(item: tuple[str, int, int], serial: int) -> None:
    """Whatever the company prefix's length, GTIN, serial and filter come back."""
    gtin, _, filter_value = item
    epc = to_hex(sgtin_head(0x30, *item) + f"{serial:038b}")
    assert len(epc) == 24
    expected = EpcIdentity("sgtin-96", "01", gtin, filter_value, gtin, str(serial))
    assert decode_epc(epc) == expected
    assert decode_epc(epc + "0000") == expected


@given(trade_items(), st.text(sorted(GS1_CHARACTERS), min_size=1, max_size=20))
def test_sgtin_198_of_any_serial(item: tuple[str, int, int], serial: str) -> None:
    """Serials of all the characters that GS1 allows come back, and can be in a path."""
    bits = sgtin_head(0x36, *item) + "".join(f"{ord(c):07b}" for c in serial.ljust(20, "\0"))
    identity = decode_epc(to_hex(bits))
    assert (identity.gtin, identity.serial) == (item[0], serial)
    assert identity.digital_link_path.count("/") == 4
    assert decode_percent(identity.digital_link_path).endswith(f"/21/{serial}")


@pytest.mark.parametrize(
    ("encoding", "bits", "serial"),
    [
        (0, f"{7:05b}{1234:024b}", "0001234"),
        (1, f"{3:05b}" + "101010110001", "AB1"),
        (2, f"{3:05b}" + "101010110001", "ab1"),
        (3, f"{4:05b}" + "000000" + "011010" + "110100" + "111110", "Aa0-"),
        (4, f"{2:05b}" + "0110011" + "0101111", "3/"),
        (5, f"{4:05b}{1600 * 1 + 40 * 27 + 30 + 1:016b}{1600 * 39 + 1:016b}", "A-09"),
    ],
)
def test_each_encoding_of_a_serial(encoding: int, bits: str, serial: str) -> None:
    """The six encodings of TDS 2 (§14.5.6), built from its tables."""
    gtin = "".join(f"{int(digit):04b}" for digit in "09506000134352")
    identity = decode_epc(to_hex(f"{0xF7:08b}0001{gtin}{encoding:03b}{bits}"))
    assert (identity.gtin, identity.serial, identity.filter) == ("09506000134352", serial, 1)


@pytest.mark.parametrize(
    ("epc", "path"),
    [
        ("FA0952114132F", "/8004/952114132"),
        ("FA8952114132F17", "/8004/952114132"),
        ("F20952114112345401" + "0" * 4, "/414/9521141123454"),
    ],
)
def test_keys_of_no_fixed_width_end_where_they_say(epc: str, path: str) -> None:
    """A GIAI of digits alone ends at its terminator; a location of extension 0 has none."""
    assert decode_epc(epc).digital_link_path == path


@given(st.binary(min_size=1, max_size=62).map(bytes.hex))
def test_arbitrary_epcs_are_identities_or_malformed(epc: str) -> None:
    """Nothing but Malformed with a documented reason; what decodes has sound check digits."""
    try:
        identity = decode_epc(epc)
    except Malformed as error:
        identity = None
        reason = error.reason
    if identity is None:
        assert reason in REASONS
    elif identity.gtin is not None:
        assert len(identity.gtin) == 14
        assert check_digit(identity.gtin[:-1]) == identity.gtin[-1]


@pytest.mark.parametrize(
    "header",
    [
        "30",
        "31",
        "32",
        "33",
        "34",
        "36",
        "37",
        "38",
        "39",
        "E9",
        "EB",
        "EE",
        "EF",
        "F1",
        "F2",
        "F7",
        "F9",
        "FA",
        "FB",
        "FC",
        "FD",
    ],
)
@given(rest=st.binary(min_size=0, max_size=30).map(bytes.hex))
def test_arbitrary_bits_behind_a_known_header(header: str, rest: str) -> None:
    """Random bits in a known scheme decode, or are refused with a documented reason."""
    assert reason_of(lambda: decode_epc(header + rest).digital_link_path) in (None, *REASONS)


@pytest.mark.parametrize(
    ("epc", "reason"),
    [
        ("", "epc_hex"),
        ("3", "epc_hex"),
        ("3066C4409047E140075BCD1G", "epc_hex"),
        ("3066C4409047E140075BCD15\n", "epc_hex"),
        ("٣066C4409047E140075BCD15", "epc_hex"),
        ("30" * 63, "epc_hex"),
        ("E20010710000529B0940B402", "epc_tid"),
        ("8A450224", "epc_header"),
        ("3066C4409047E140075BCD1500000001", "epc_length"),
        ("3066C4409047E140075BCD", "epc_length"),
        ("3023FFFFFFFFFC0000000001", "epc_range"),
        ("3666C4409047E1000000000000000000000000000000000000", "epc_serial"),
        ("F7379521141123454856CB0AFC4000", "epc_range"),
        ("38768" + "F" * 45 + "C0", "epc_range"),
        ("3818000000000000000000000000000000000000000000000001", "epc_length"),
        ("FA3FA0", "epc_range"),
        ("FA3952A", "epc_range"),
        ("FA3" + "1" * 31 + "F", "epc_range"),
        ("FA3952", "epc_length"),
        ("FA3952F1", "epc_length"),
    ],
)
def test_what_is_no_gs1_epc_says_why(epc: str, reason: str) -> None:
    """Each reason of the documented set is given for its cause."""
    assert reason_of(lambda: decode_epc(epc)) == reason


@given(st.text("0123456789abcdefABCDEF", max_size=130))
def test_normalised_epcs_are_upper_case_whole_bytes(text: str) -> None:
    """4 to 124 hex digits of whole bytes pass, upper-cased; all else is refused."""
    is_epc = 4 <= len(text) <= 124 and len(text) % 2 == 0
    assert reason_of(lambda: normalise_epc(text)) == (None if is_epc else "epc_hex")
    if is_epc:
        assert normalise_epc(text) == text.upper()
        assert normalise_epc(normalise_epc(text)) == text.upper()


@given(st.text())
def test_percent_encoding_comes_back(text: str) -> None:
    """What was encoded decodes to the same text, and has no character with a meaning in a path."""
    encoded = encode_percent(text)
    assert not set("/?#&=+ ") & set(encoded)
    assert decode_percent(encoded) == text.encode("utf-8", "replace").decode()
