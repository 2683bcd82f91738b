"""API keys: made, hashed, verified, and looked up for the HTTP server. Runtime.

A key is `sf_<id>_<secret>`. Its secret has 256 random bits, so a fast keyed hash is right for it:
there is nothing to guess. The pepper (the hash's key) lies in a file of its own beside the store,
so that a copy of the store alone verifies nothing.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.ports.callers import Caller
from gateway.staff.roles import scopes_of_key
from gateway.storage.errors import PepperMissing
from gateway.storage.files import os_failure, write_once
from gateway.storage.ports import ApiKey

SCOPES = (
    "availability:read",
    "availability:exact",
    "reservations:write",
    "ingest:write",
    "deliveries:receive",
    "counts:write",
    "counts:approve",
    "tasks:write",
    "alerts:write",
    "alerts:manage",
    "alerts:rules",
    "admin",
)
"""What a key may do; `admin` holds all of it, and some imply others (gateway/staff/roles.py)."""

PEPPER_FILE = "api-keys.pepper"
PEPPER_BYTES = 32
MAX_NAME_CHARS = 100
FRESH_S = 2.0
"""How long the key table is believed: a revoked key stops within this."""
UNKNOWN_FRESH_S = 0.2
"""An unknown id reads the table again, for a key just made, but no more often than this: a flood of
wrong keys costs five small reads a second, however many there are."""

_TOKEN = re.compile(r"sf_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = "0" * 64
"""What an unknown id is compared with, so that it takes as long as a wrong secret."""


class NewKey(NamedTuple):
    """A key at its making: the only time that its token is known."""

    id: str
    token: str
    hash: str


class KeyTable(Protocol):
    """Where the keys are stored."""

    def keys(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too."""
        ...


def new_key(pepper: bytes) -> NewKey:
    """Return a new random key."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return NewKey(key_id, f"sf_{key_id}_{secret}", hash_secret(secret, pepper))


def hash_secret(secret: str, pepper: bytes) -> str:
    """Return the keyed hash under which a key is stored, 64 hex digits."""
    return hashlib.blake2b(secret.encode(), key=pepper, digest_size=32).hexdigest()


def issue(
    name: str, scopes: Sequence[str], stores: Sequence[str], now_ns: int, pepper: bytes
) -> tuple[ApiKey, str]:
    """Return a new key's record, to be stored, and its token, to be shown once.

    Empty `stores` means all. Raises ValueError on an unknown scope, or none, or a bad name.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValueError(f"scopes {unknown or 'missing'}: choose from {', '.join(SCOPES)}")
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise ValueError(f"name {name[:MAX_NAME_CHARS]!r}: write 1 to {MAX_NAME_CHARS} printable characters")
    made = new_key(pepper)
    ordered = tuple(scope for scope in SCOPES if scope in scopes)
    return ApiKey(made.id, name, made.hash, ordered, tuple(sorted(set(stores))), now_ns), made.token


def load_pepper(data_dir: Path, *, keys_exist: bool) -> bytes:
    """Return the pepper of this store, made (readable by its owner alone) before the first key or PIN.

    Raises PepperMissing where keys exist and it does not, or where the file is no pepper, and another
    StoreError where the folder cannot be read or written.
    """
    path = data_dir / PEPPER_FILE
    try:
        if not keys_exist and not path.exists():
            write_once(path, secrets.token_bytes(PEPPER_BYTES))
        pepper = path.read_bytes()
    except FileNotFoundError as error:
        raise PepperMissing(path, "there are API keys, but the secret that verifies them is gone") from error
    except OSError as error:
        raise os_failure(path, error) from error
    if len(pepper) != PEPPER_BYTES:
        raise PepperMissing(path, f"{len(pepper)} bytes instead of {PEPPER_BYTES}")
    return pepper


class KeyRing:
    """Who a bearer token is, from the key table as it was at most FRESH_S ago."""

    def __init__(
        self, table: KeyTable, pepper: bytes, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._pepper = pepper
        self._monotonic_s = monotonic_s
        self._known: dict[str, ApiKey] = {}
        self._callers: dict[str, Caller] = {}
        self._read_at_s = float("-inf")
        self._one_reads = asyncio.Lock()

    async def caller(self, token: str) -> Caller | None:
        """Return the caller behind an API key; None where it is unknown, wrong or revoked."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        await self._refresh(FRESH_S)
        if match.group(1) not in self._known:
            await self._refresh(UNKNOWN_FRESH_S)
        return self._verified(*match.groups())

    def known(self, token: str) -> Caller | None:
        """Return the caller behind an API key while the table needs no reading; None says nothing of the key."""
        match = _TOKEN.fullmatch(token)
        if match is None or self._monotonic_s() - self._read_at_s >= FRESH_S:
            return None
        return self._verified(*match.groups())

    def _verified(self, key_id: str, secret: str) -> Caller | None:
        key = self._known.get(key_id)
        right = hmac.compare_digest(hash_secret(secret, self._pepper), key.hash if key else _NOBODY)
        if key is None or not right or key.revoked_at_ns is not None:
            return None
        caller = self._callers.get(key_id)
        if caller is None:
            caller = self._callers[key_id] = Caller(key.id, scopes_of_key(key.scopes), frozenset(key.stores))
        return caller

    async def _refresh(self, fresh_s: float) -> None:
        """Read the table if it was read longer than `fresh_s` ago; one reader at a time, off the loop."""
        if self._monotonic_s() - self._read_at_s < fresh_s:
            return
        async with self._one_reads:
            now_s = self._monotonic_s()
            if now_s - self._read_at_s < fresh_s:
                return
            keys = await asyncio.to_thread(self._table.keys)
            self._known, self._callers = {key.id: key for key in keys}, {}
            self._read_at_s = now_s
