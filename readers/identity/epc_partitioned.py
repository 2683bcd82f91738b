"""EPC schemes of TDS 1.x: a company prefix and a reference of shared width. Pure.

Layout (TDS §14.6): header(8) filter(3) partition(3) company(M) reference(N) rest. The partition
says how many bits and decimal digits each of the two has; both sums are the scheme's own.
"""

from collections.abc import Callable

from readers.errors import Malformed
from readers.identity.check_digit import check_digit
from readers.identity.epc_key import EpcIdentity, check_serial, location_extension

_HEAD_BITS = 14
_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
_COMPANY_DIGITS = (12, 11, 10, 9, 8, 7, 6)

_Row = tuple[int, int, int, int, int]
"""(N, L, K, 10^L, 10^K): reference bits, company digits, reference digits and their limits."""


def _partitions(field_bits: int, field_digits: int) -> tuple[_Row, ...]:
    """Return the table of a scheme whose company and reference have these widths together."""
    return tuple(
        (field_bits - bits, digits, field_digits - digits, 10**digits, 10 ** (field_digits - digits))
        for bits, digits in zip(_COMPANY_BITS, _COMPANY_DIGITS, strict=True)
    )


_SGTIN = _partitions(44, 13)
_SSCC = _partitions(58, 17)
_SGLN = _partitions(41, 12)
_GRAI = _partitions(44, 12)
_GIAI = _partitions(82, 25)
_GIAI_COMPANY = tuple((0, digits, 0, 10**digits, 1) for digits in _COMPANY_DIGITS)
"""The company alone: in GIAI-202 characters follow it, from a bit that its partition decides."""
_MAX_GIAI_CHARACTERS = 30


def _fields(
    value: int, bits: int, size: int, field_bits: int, rows: tuple[_Row, ...]
) -> tuple[int, str, str, int]:
    """Return (filter, company, reference, rest); the two texts have all their digits."""
    spare = bits - size
    if spare < 0 or value & ((1 << spare) - 1):
        raise Malformed("epc_length", f"{bits} bits where the scheme has {size}")
    value >>= spare
    head = value >> (size - _HEAD_BITS)
    if head & 7 == 7:
        raise Malformed("epc_partition", "partition 7 is reserved")
    reference_bits, company_digits, reference_digits, company_limit, reference_limit = rows[head & 7]
    rest_bits = size - _HEAD_BITS - field_bits
    both = value >> rest_bits & ((1 << field_bits) - 1)
    company, reference = both >> reference_bits, both & ((1 << reference_bits) - 1)
    if company >= company_limit or reference >= reference_limit:
        raise Malformed("epc_range", "company prefix or reference has too many digits")
    return (
        head >> 3 & 7,
        f"{company:0{company_digits}}",
        f"{reference:0{reference_digits}}" if reference_digits else "",
        value & ((1 << rest_bits) - 1),
    )


def _gtin(company: str, reference: str) -> str:
    body = reference[0] + company + reference[1:]
    return body + check_digit(body)


def _sgtin_96(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, serial = _fields(value, bits, 96, 44, _SGTIN)
    gtin = _gtin(company, reference)
    return EpcIdentity("sgtin-96", "01", gtin, filter_value, gtin, str(serial))


def _sgtin_198(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, rest = _fields(value, bits, 198, 44, _SGTIN)
    gtin = _gtin(company, reference)
    return EpcIdentity("sgtin-198", "01", gtin, filter_value, gtin, _characters(rest, 20))


def _characters(rest: int, most: int) -> str:
    """Return up to `most` characters of 7 bits, ended by zeros (TDS §14.4.2)."""
    characters = [rest >> shift & 0x7F for shift in range(7 * most - 7, -1, -7)]
    text = bytes(characters).rstrip(b"\x00").decode("ascii")
    return check_serial(text)


def _sscc_96(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, rest = _fields(value, bits, 96, 58, _SSCC)
    if rest:
        raise Malformed("epc_length", "the reserved bits of an SSCC-96 are set")
    body = reference[0] + company + reference[1:]
    return EpcIdentity("sscc-96", "00", body + check_digit(body), filter_value)


def _sgln_96(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, extension = _fields(value, bits, 96, 41, _SGLN)
    return _location("sgln-96", company + reference, str(extension), filter_value)


def _sgln_195(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, rest = _fields(value, bits, 195, 41, _SGLN)
    return _location("sgln-195", company + reference, _characters(rest, 20), filter_value)


def _location(scheme: str, body: str, extension: str, filter_value: int) -> EpcIdentity:
    gln = body + check_digit(body)
    return EpcIdentity(scheme, "414", gln, filter_value, serial=location_extension(extension))


def _grai_96(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, serial = _fields(value, bits, 96, 44, _GRAI)
    return _returnable("grai-96", company + reference, str(serial), filter_value)


def _grai_170(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, rest = _fields(value, bits, 170, 44, _GRAI)
    return _returnable("grai-170", company + reference, _characters(rest, 16), filter_value)


def _returnable(scheme: str, body: str, serial: str, filter_value: int) -> EpcIdentity:
    return EpcIdentity(scheme, "8003", f"0{body}{check_digit(body)}{serial}", filter_value)


def _giai_96(value: int, bits: int) -> EpcIdentity:
    filter_value, company, reference, _ = _fields(value, bits, 96, 82, _GIAI)
    return EpcIdentity("giai-96", "8004", f"{company}{int(reference)}", filter_value)


def _giai_202(value: int, bits: int) -> EpcIdentity:
    partition = value >> max(bits - _HEAD_BITS, 0) & 7
    company_bits = _COMPANY_BITS[min(partition, len(_COMPANY_BITS) - 1)]
    filter_value, company, _, rest = _fields(value, bits, 202, company_bits, _GIAI_COMPANY)
    most = _MAX_GIAI_CHARACTERS - len(company)
    unused_bits = 202 - _HEAD_BITS - company_bits - 7 * most
    if rest & ((1 << unused_bits) - 1):
        raise Malformed("epc_serial", f"more than {most} characters")
    reference = _characters(rest >> unused_bits, most)
    return EpcIdentity("giai-202", "8004", company + reference, filter_value)


DECODERS: dict[int, Callable[[int, int], EpcIdentity]] = {
    0x30: _sgtin_96,
    0x31: _sscc_96,
    0x32: _sgln_96,
    0x33: _grai_96,
    0x34: _giai_96,
    0x36: _sgtin_198,
    0x37: _grai_170,
    0x38: _giai_202,
    0x39: _sgln_195,
}
"""Header byte to decoder: (all bits as a number, how many) -> identity."""
