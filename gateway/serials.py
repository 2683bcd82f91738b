"""A tag's serial behind a keyed hash: the same tag gives the same one, and nobody without the key tells which. Pure."""

import hashlib
import hmac

HEADER = "00"
"""The header of a tag that was never written (GS1 TDS 2.1, table 14-1): no piece of a shop has such an EPC."""
HASH_BYTES = 24
PURPOSE = b"serials in the journal"


def key_of(pepper: bytes) -> bytes:
    """Return the key of a store's serials, from the secret that stands beside it."""
    return hmac.digest(pepper, PURPOSE, hashlib.sha256)


def pseudonym(key: bytes, epc: str) -> str:
    """Return what stands in place of an EPC: hex like one, and never one of a piece."""
    return HEADER + hmac.digest(key, epc.encode(), hashlib.sha256)[:HASH_BYTES].hex().upper()


def is_pseudonym(epc: str) -> bool:
    """Return whether an EPC is one of those."""
    return len(epc) == len(HEADER) + 2 * HASH_BYTES and epc.startswith(HEADER)
