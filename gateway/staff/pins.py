"""PINs: which are too easy, how one is made, how it is kept and verified. Pure.

A PIN has 20 bits: whoever has its hash and the time tries all million. So the hash is keyed with a secret that lies
beside the store (a copy of the store alone verifies nothing), and slow (RFC 7914), so that even with it a PIN takes hours.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from itertools import pairwise

PIN_DIGITS = 6
MIN_DISTINCT = 4
"""Fewer different digits, such as 112233 or 700007, are what people choose and others try first."""
COST = 14
"""log2 of scrypt's n: 16 MiB and some 60 ms of a core for each try; a million tries take 17 hours, a sign-in none to
speak of. More memory would be felt on a small machine, of which nothing else is asked meanwhile."""
BLOCK, LANES = 8, 1
"""scrypt's r and p, as RFC 7914 has them."""
SALT_BYTES, HASH_BYTES = 16, 32
PURPOSE = b"staff PINs"

_PIN = re.compile(f"[0-9]{{{PIN_DIGITS}}}", re.ASCII)
_COLUMNS = (
    "147258",
    "258369",
    "369147",
    "741852",
    "852963",
    "963741",
    "159357",
    "357159",
    "159753",
    "753159",
)
"""Ways over a keypad that are among the PINs most often chosen (DataGenetics, 2012)."""
_FORM = re.compile(r"scrypt\$([0-9]{1,2})\$([0-9a-f]{32})\$([0-9a-f]{64})", re.ASCII)


def fault_of(pin: str) -> str | None:
    """Return why a PIN may not be had, in words for who chose it; None where it may."""
    if _PIN.fullmatch(pin) is None:
        return f"write {PIN_DIGITS} digits"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = PIN_DIGITS // 2
    if len(set(pin)) < MIN_DISTINCT or len(steps) == 1 or pin[:half] == pin[half:] or pin in _COLUMNS:
        return "it is among those that are tried first: choose another"
    return None


def new_pin(below: Callable[[int], int]) -> str:
    """Return a random PIN that is not too easy. `below(n)` gives a random number of 0 … n - 1."""
    while True:
        pin = f"{below(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if fault_of(pin) is None:
            return pin


def key_of(pepper: bytes) -> bytes:
    """Return the key of a store's PINs, from the secret that stands beside it."""
    return hmac.digest(pepper, PURPOSE, hashlib.sha256)


def hash_pin(pin: str, key: bytes, salt: bytes, cost: int = COST) -> str:
    """Return what is kept of a PIN. `salt`: SALT_BYTES random ones. Takes as long as COST says: never in a loop."""
    return f"scrypt${cost}${salt.hex()}${_slow(pin, key, salt, cost).hex()}"


def is_pin(pin: str, kept: str, key: bytes) -> bool:
    """Return whether `kept` is the hash of `pin`, in the same time whether it is or not."""
    match = _FORM.fullmatch(kept)
    if match is None:
        return False
    cost, salt, hashed = int(match.group(1)), bytes.fromhex(match.group(2)), match.group(3)
    return hmac.compare_digest(_slow(pin, key, salt, cost).hex(), hashed)


def _slow(pin: str, key: bytes, salt: bytes, cost: int) -> bytes:
    keyed = hmac.digest(key, pin.encode("utf-8", "replace"), hashlib.sha256)
    n = 1 << cost
    maxmem = 2 * 128 * n * BLOCK + (1 << 20)  # twice what it needs: the library counts some more
    return hashlib.scrypt(keyed, salt=salt, n=n, r=BLOCK, p=LANES, maxmem=maxmem, dklen=HASH_BYTES)
