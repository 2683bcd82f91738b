"""Random valid EPCs of every scheme that both we and the oracle (epcpy) know. Pure.

Texts have no character that epcpy trips over: `"%&/<>?`, which a URN escapes, and `:`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from readers.identity.epc_key import GS1_CHARACTERS

COMPANY_BITS = {12: 40, 11: 37, 10: 34, 9: 30, 8: 27, 7: 24, 6: 20}
CHARACTERS = sorted(GS1_CHARACTERS - set('"%&/<>?:'))


@dataclass(frozen=True)
class Scheme:
    """What company and reference take together; `tail` draws the bits that follow them."""

    name: str
    header: int
    field_bits: int
    field_digits: int
    tail: Callable[[Random], str]


def number(bits: int) -> Callable[[Random], str]:
    return lambda rng: f"{rng.getrandbits(rng.randint(1, bits)):0{bits}b}"


def characters(most: int) -> Callable[[Random], str]:
    return lambda rng: "".join(f"{ord(c):07b}" for c in some_text(rng, most).ljust(most, "\0"))


def some_text(rng: Random, most: int) -> str:
    return "".join(rng.choices(CHARACTERS, k=rng.randint(1, most)))


SCHEMES = (
    Scheme("sgtin-96", 0x30, 44, 13, number(38)),
    Scheme("sgtin-198", 0x36, 44, 13, characters(20)),
    Scheme("sscc-96", 0x31, 58, 17, lambda _: "0" * 24),
    Scheme("sgln-96", 0x32, 41, 12, number(41)),
    Scheme("sgln-195", 0x39, 41, 12, characters(20)),
    Scheme("grai-96", 0x33, 44, 12, number(38)),
    Scheme("grai-170", 0x37, 44, 12, characters(16)),
    Scheme("giai-96", 0x34, 82, 25, lambda _: ""),
)


def padded_hex(bits: str) -> str:
    bits += "0" * (-len(bits) % 16)
    return f"{int(bits, 2):0{len(bits) // 4}X}"


def any_epc(scheme: Scheme, rng: Random) -> str:
    """Return a valid EPC of `scheme` as hex."""
    company_digits = rng.randint(6, 12)
    company_bits, reference_digits = COMPANY_BITS[company_digits], scheme.field_digits - company_digits
    reference_bits = scheme.field_bits - company_bits
    company = rng.randrange(10**company_digits)
    reference = rng.randrange(min(10**reference_digits, 1 << reference_bits))
    both = f"{company:0{company_bits}b}" + (f"{reference:0{reference_bits}b}" if reference_bits else "")
    return padded_hex(head(scheme.header, company_digits, rng) + both + scheme.tail(rng))


def any_giai_202(rng: Random) -> str:
    """Return a valid GIAI-202 as hex: its reference is characters, as many as its company leaves room for."""
    company_digits = rng.randint(6, 12)
    company = f"{rng.randrange(10**company_digits):0{COMPANY_BITS[company_digits]}b}"
    reference = "".join(f"{ord(c):07b}" for c in some_text(rng, 30 - company_digits))
    return padded_hex((head(0x38, company_digits, rng) + company + reference).ljust(202, "0"))


def head(header: int, company_digits: int, rng: Random) -> str:
    return f"{header:08b}{rng.randrange(8):03b}{12 - company_digits:03b}"


DRAWS = {scheme.name: partial(any_epc, scheme) for scheme in SCHEMES} | {"giai-202": any_giai_202}
