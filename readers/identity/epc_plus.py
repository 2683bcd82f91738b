"""EPC schemes of TDS 2.x: the key as decimal digits, the serial as short as it can be. Pure.

Layout (TDS §14.6): header(8) more(1) filter(3) [date type(4) date(16)] key(4 bits a digit)
[serial] [host name]. `more` says that further data follows the EPC. The host name of the `++`
schemes names no product and is left alone; so is the further data. A GIAI has neither a width nor a
check digit: its digits end with nibble F, or with E before characters.
"""

from collections.abc import Callable
from functools import partial

from readers.errors import Malformed
from readers.identity.check_digit import has_check_digit
from readers.identity.epc_key import EpcIdentity, check_serial, location_extension

MAX_SERIAL_CHARACTERS = {"01": 20, "414": 20, "8003": 16, "8004": 30}
"""Longest serial by key; all need a length indicator of 5 bits (TDS table F)."""

_LENGTH_BITS = 5
_DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")
"""Date type 0, 1 … of a DSGTIN (TDS §14.5.3)."""

_TERMINATOR, _DELIMITER = 0xF, 0xE
"""What ends the digits of a GIAI: nothing follows, or characters do (TDS §14.5.5)."""

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE_40 = "\x00ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
_DIGIT_BITS = tuple((10**length - 1).bit_length() for length in range(1 << _LENGTH_BITS))


class _Bits:
    """The bits of an EPC, taken from the left."""

    def __init__(self, value: int, bits: int) -> None:
        self._value = value
        self.left = bits

    def take(self, bits: int) -> int:
        self.left -= bits
        if self.left < 0:
            raise Malformed("epc_length", "the EPC ends inside a field")
        return self._value >> self.left & ((1 << bits) - 1)

    def is_rest_zero(self) -> bool:
        return not self._value & ((1 << self.left) - 1)


def _digits(source: _Bits, count: int) -> str:
    """Return `count` decimal digits of 4 bits each."""
    text = f"{source.take(4 * count):0{count}X}"
    if not text.isdecimal():
        raise Malformed("epc_range", "a digit above 9")
    return text


def _number(source: _Bits, length: int) -> str:
    number = source.take(_DIGIT_BITS[length])
    if number >= 10**length:
        raise Malformed("epc_range", f"{number} has more than {length} digits")
    return f"{number:0{length}}" if length else ""


def _alphabet(characters: str, bits: int, source: _Bits, length: int) -> str:
    return "".join(characters[source.take(bits)] for _ in range(length))


def _code_40(source: _Bits, length: int) -> str:
    """Return the characters packed three to 16 bits (TDS §14.5.6.5)."""
    text = ""
    for _ in range(-(-length // 3)):
        word = source.take(16) - 1
        if not 0 <= word < 40**3:
            raise Malformed("epc_serial", "no URN code 40")
        text += _CODE_40[word // 1600] + _CODE_40[word // 40 % 40] + _CODE_40[word % 40]
    return text[:length]


_ENCODINGS: tuple[Callable[[_Bits, int], str], ...] = (
    _number,
    partial(_alphabet, "0123456789ABCDEF", 4),
    partial(_alphabet, "0123456789abcdef", 4),
    partial(_alphabet, _BASE64, 6),
    partial(_alphabet, "".join(map(chr, range(128))), 7),
    _code_40,
)
"""By encoding indicator (TDS table E); 6 and 7 are reserved."""


def _serial(source: _Bits, ai: str) -> str:
    indicator, length = source.take(3), source.take(_LENGTH_BITS)
    if indicator >= len(_ENCODINGS) or length > MAX_SERIAL_CHARACTERS[ai]:
        raise Malformed("epc_serial", f"encoding {indicator}, {length} characters")
    return check_serial(_ENCODINGS[indicator](source, length))


def _key(source: _Bits, count: int) -> str:
    key = _digits(source, count)
    if not has_check_digit(key):
        raise Malformed("epc_range", f"{key} has a wrong check digit")
    return key


def _decode(
    scheme: str, ai: str, key_digits: int, value: int, bits: int, *, has_date: bool = False
) -> EpcIdentity:
    """Take a 2.x EPC apart; `++` at the end of the scheme's name means that a host name follows."""
    source = _Bits(value, bits)
    source.take(8)
    has_more, filter_value = source.take(1), source.take(3)
    date = _date(source) if has_date else None
    key = _key(source, key_digits)
    serial = _serial(source, ai) if ai in MAX_SERIAL_CHARACTERS else None
    _check_end(source, scheme, has_more)
    if ai == "8003":
        return EpcIdentity(scheme, ai, key + (serial or ""), filter_value)
    if ai == "414" and serial is not None:
        serial = location_extension(serial)
    return EpcIdentity(scheme, ai, key, filter_value, key if ai == "01" else None, serial, date)


def _decode_giai(scheme: str, value: int, bits: int) -> EpcIdentity:
    source = _Bits(value, bits)
    source.take(8)
    has_more, filter_value = source.take(1), source.take(3)
    key = ""
    while (nibble := source.take(4)) <= 9:
        key += str(nibble)
    if nibble not in (_TERMINATOR, _DELIMITER) or not key:
        raise Malformed("epc_range", f"nibble {nibble:X} after {len(key)} digits of a GIAI")
    if nibble == _DELIMITER:
        key += _serial(source, "8004")
    if len(key) > MAX_SERIAL_CHARACTERS["8004"]:
        raise Malformed("epc_range", f"a GIAI of {len(key)} characters")
    _check_end(source, scheme, has_more)
    return EpcIdentity(scheme, "8004", key, filter_value)


def _check_end(source: _Bits, scheme: str, has_more: int) -> None:
    if not has_more and not scheme.endswith("++") and not source.is_rest_zero():
        raise Malformed("epc_length", "set bits after the end of the EPC")


def _date(source: _Bits) -> tuple[str, str]:
    kind, year, month, day = source.take(4), source.take(7), source.take(4), source.take(5)
    if kind >= len(_DATE_AIS) or year > 99 or not 1 <= month <= 12 or day > 31:
        raise Malformed("epc_range", "no date")
    return _DATE_AIS[kind], f"{year:02}{month:02}{day:02}"


DECODERS: dict[int, Callable[[int, int], EpcIdentity]] = {
    0xE9: partial(_decode, "sgln++", "414", 13),
    0xEB: partial(_decode, "grai++", "8003", 14),
    0xEE: partial(_decode_giai, "giai++"),
    0xEF: partial(_decode, "sscc++", "00", 18),
    0xF1: partial(_decode, "grai+", "8003", 14),
    0xF2: partial(_decode, "sgln+", "414", 13),
    0xF7: partial(_decode, "sgtin+", "01", 14),
    0xF9: partial(_decode, "sscc+", "00", 18),
    0xFA: partial(_decode_giai, "giai+"),
    0xFB: partial(_decode, "dsgtin+", "01", 14, has_date=True),
    0xFC: partial(_decode, "dsgtin++", "01", 14, has_date=True),
    0xFD: partial(_decode, "sgtin++", "01", 14),
}
"""Header byte to decoder: (all bits as a number, how many) -> identity."""
