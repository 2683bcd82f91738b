"""What an EPC's bits say: GS1 TDS binary encodings to GS1 keys. Pure.

The header byte names the scheme; a further scheme is one function and one line in
epc_partitioned.py (TDS 1.x) or epc_plus.py (TDS 2.x). What is no EPC of these is Malformed:

    epc_hex           not hex, or too long
    epc_unprogrammed  header 00
    epc_tid           header E2: a chip's own number where the EPC should be
    epc_header        a scheme that is not decoded here, or no GS1 scheme at all: people, documents,
                      coupons, parts and pieces (GSRN, GDTI, SGCN, CPI, ITIP), GID, USDoD, ADI
    epc_length        fewer bits than the scheme has, or set bits after its end
    epc_partition     partition 7, which is reserved
    epc_range         a number with more digits than its field may have, or a wrong check digit
    epc_serial        a serial that is empty, too long, or has characters that GS1 does not allow
"""

import re

from readers.errors import Malformed
from readers.identity import epc_partitioned, epc_plus
from readers.identity.epc_key import EpcIdentity as EpcIdentity  # re-exported: the result type

MIN_EPC_HEX_DIGITS = 4
MAX_EPC_HEX_DIGITS = 124
"""The PC word counts at most 31 words of 16 bits."""

_DECODERS = {**epc_partitioned.DECODERS, **epc_plus.DECODERS}
_HEX = re.compile(r"[0-9A-Fa-f]+")
_REASON_OF_HEADER = {0x00: "epc_unprogrammed", 0xE2: "epc_tid"}


def normalise_epc(text: str) -> str:
    """Return an EPC as it is written everywhere inside: upper-case hex of whole bytes.

    Raises Malformed `epc_hex` when it is not hex, not whole bytes, or not 4 to 124 digits long.
    """
    is_hex = _HEX.fullmatch(text) is not None
    if not is_hex or len(text) % 2 or not MIN_EPC_HEX_DIGITS <= len(text) <= MAX_EPC_HEX_DIGITS:
        raise _not_hex(text)
    return text.upper()


def decode_epc(text: str) -> EpcIdentity:
    """Return the GS1 key in an EPC given as hex. Raises Malformed with one of the reasons above.

    Bits after the scheme's own must be 0, because tag memory comes in words of 16 bits. An odd
    number of digits is taken: SSCC+ ends in the middle of a byte.
    """
    if not 2 <= len(text) <= MAX_EPC_HEX_DIGITS or _HEX.fullmatch(text) is None:
        raise _not_hex(text)
    value, bits = int(text, 16), len(text) * 4
    header = value >> (bits - 8)
    decoder = _DECODERS.get(header)
    if decoder is None:
        reason = _REASON_OF_HEADER.get(header, "epc_header")
        raise Malformed(reason, f"header {header:02X}", text.encode())
    return decoder(value, bits)


def _not_hex(text: str) -> Malformed:
    sample = text[:MAX_EPC_HEX_DIGITS]
    return Malformed("epc_hex", f"{sample!r} is no EPC", sample.encode("utf-8", "replace"))
