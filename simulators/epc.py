"""Encodes SGTIN-96 EPCs (GS1 TDS 2.1 §14.6.1) and the checksums of a tag's report. Pure.

The simulator's own: it shares no line with the product's decoder.
"""

_COMPANY_BITS = {12: (0, 40), 11: (1, 37), 10: (2, 34), 9: (3, 30), 8: (4, 27), 7: (5, 24), 6: (6, 20)}
"""Company prefix digits → (partition, bits); company and item together are 44 bits."""
MAX_SERIAL = 2**38 - 1


def sgtin96(gtin14: str, company_digits: int, serial: int, filter_value: int = 1) -> str:
    """Return the EPC of one piece as 24 upper-case hex digits. ValueError: no such GTIN or serial."""
    if len(gtin14) != 14 or not gtin14.isascii() or not gtin14.isdigit():
        raise ValueError(f"{gtin14!r} is no GTIN-14: it has 14 digits")
    if gtin14[13] != check_digit(gtin14[:13]):
        raise ValueError(f"{gtin14}: check digit {gtin14[13]} should be {check_digit(gtin14[:13])}")
    if not 0 <= serial <= MAX_SERIAL:
        raise ValueError(f"serial {serial} does not fit 38 bits")
    partition, company_bits = _COMPANY_BITS[company_digits]
    company = int(gtin14[1 : 1 + company_digits])
    item = int(gtin14[0] + gtin14[1 + company_digits : 13])
    value = 0x30
    for field, bits in (
        (filter_value, 3),
        (partition, 3),
        (company, company_bits),
        (item, 44 - company_bits),
        (serial, 38),
    ):
        value = (value << bits) | field
    return f"{value:024X}"


def pc_word(epc: bytes) -> int:
    """Return the protocol-control word of an EPC of whole words: its length, no flag set."""
    return (len(epc) // 2) << 11


def check_digit(digits: str) -> str:
    """Return the GS1 mod-10 check digit of the digits before it."""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def epc_crc(data: bytes) -> int:
    """Return CRC-16/GENIBUS, as tags compute it over PC and EPC (check value D64E)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc ^ 0xFFFF
