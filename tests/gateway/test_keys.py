"""API keys: what a token is, how it is verified, and how soon a change of the table is felt."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keys import (
    FRESH_S,
    PEPPER_FILE,
    SCOPES,
    UNKNOWN_FRESH_S,
    KeyRing,
    hash_secret,
    issue,
    load_pepper,
    new_key,
)
from gateway.ports.callers import AuthPort, Caller
from gateway.storage.errors import PepperMissing
from gateway.storage.ports import ApiKey

PEPPER = b"p" * 32


class Table:
    """A key table that counts how often it is read."""

    def __init__(self, *keys: ApiKey) -> None:
        self.rows = list(keys)
        self.reads = 0

    def keys(self) -> list[ApiKey]:
        self.reads += 1
        return list(self.rows)


class Bench:
    """A ring over a table, with the time in a test's hand."""

    def __init__(self, *keys: ApiKey) -> None:
        self.now_s = 100.0
        self.table = Table(*keys)
        self.ring: AuthPort = KeyRing(self.table, PEPPER, lambda: self.now_s)

    def caller(self, token: str) -> Caller | None:
        return asyncio.run(self.ring.caller(token))


def _issued(*stores: str) -> tuple[ApiKey, str]:
    return issue("till", ["ingest:write", "availability:read"], stores, 5, PEPPER)


def test_a_key_opens_what_it_was_made_for() -> None:
    """The caller has the key's id, its scopes and the stores that it is bound to."""
    key, token = _issued("lyon-1")
    caller = Bench(key).caller(token)
    assert caller == Caller(key.id, frozenset({"availability:read", "ingest:write"}), frozenset({"lyon-1"}))


def test_a_stored_key_holds_no_token() -> None:
    """The record has the keyed hash alone, which is another under another pepper."""
    made = new_key(PEPPER)
    secret = made.token.split("_", 2)[2]
    assert made.token == f"sf_{made.id}_{secret}"
    assert len(secret) == 43
    assert made.hash == hash_secret(secret, PEPPER) != hash_secret(secret, b"q" * 32)
    assert secret not in repr(_issued()[0])
    assert len({new_key(PEPPER).token for _ in range(100)}) == 100


def test_wrong_secrets_and_revoked_keys_are_nobody() -> None:
    """Another key's secret, a changed one, a revoked key: all are None."""
    (key, token), (other, other_token) = _issued(), _issued()
    revoked, revoked_token = _issued()
    bench = Bench(key, other, replace(revoked, revoked_at_ns=9))
    assert bench.caller(revoked_token) is None
    assert bench.caller(f"sf_{key.id}_{other_token.split('_', 2)[2]}") is None
    assert bench.caller(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert bench.caller(token) is not None


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_token_reads_no_table(token: str) -> None:
    """Any other text is nobody, and costs no look at the table."""
    bench = Bench()
    assert bench.caller(token) is None
    assert bench.table.reads == 0


def test_a_revoked_key_stops_within_two_seconds() -> None:
    """Between changes the table is read at most once in FRESH_S; after it a revocation is felt."""
    key, token = _issued()
    bench = Bench(key)
    for _ in range(50):
        assert bench.caller(token) is not None
    assert bench.table.reads == 1
    bench.table.rows = [replace(key, revoked_at_ns=9)]
    bench.now_s += FRESH_S
    assert bench.caller(token) is None


def test_a_new_key_works_almost_at_once() -> None:
    """An unknown id has the table read again, but a flood of unknown ids only once in UNKNOWN_FRESH_S."""
    bench = Bench()
    flood = [new_key(PEPPER).token for _ in range(50)]
    assert [bench.caller(token) for token in flood] == [None] * 50
    assert bench.table.reads == 1
    key, token = _issued()
    bench.table.rows.append(key)
    bench.now_s += UNKNOWN_FRESH_S
    assert bench.caller(token) is not None
    assert bench.table.reads == 2


def test_many_callers_share_one_read() -> None:
    """Callers that come together wait for one read of the table."""
    key, token = _issued()
    bench = Bench(key)

    async def together() -> list[Caller | None]:
        return await asyncio.gather(*(bench.ring.caller(token) for _ in range(20)))

    assert None not in asyncio.run(together())
    assert bench.table.reads == 1


@pytest.mark.parametrize(
    ("name", "scopes"), [("till", []), ("till", ["stock:read"]), ("", ["admin"]), ("a\nb", ["admin"])]
)
def test_a_key_without_sense_is_refused(name: str, scopes: list[str]) -> None:
    """Unknown or missing scopes and unprintable names are a ValueError that says what to write."""
    with pytest.raises(ValueError, match=r"choose from|write 1 to"):
        issue(name, scopes, [], 5, PEPPER)


def test_scopes_are_kept_once_in_order() -> None:
    """However they were given, scopes are stored once each, in the order of SCOPES."""
    key, _ = issue("all", [*reversed(SCOPES), "admin"], ["b", "a", "a"], 5, PEPPER)
    assert key.scopes == SCOPES
    assert key.stores == ("a", "b")


def test_the_pepper_is_made_once_and_private(tmp_path: Path) -> None:
    """The first call makes 32 random bytes that their owner alone may read; later ones read them."""
    pepper = load_pepper(tmp_path, keys_exist=False)
    assert len(pepper) == 32
    assert (tmp_path / PEPPER_FILE).stat().st_mode & 0o777 == 0o600
    assert load_pepper(tmp_path, keys_exist=True) == load_pepper(tmp_path, keys_exist=False) == pepper
    assert [file.name for file in tmp_path.iterdir()] == [PEPPER_FILE]


def test_a_lost_pepper_is_never_replaced_in_silence(tmp_path: Path) -> None:
    """Where keys exist and the pepper is gone, or is no pepper, the error names file and remedy."""
    with pytest.raises(PepperMissing, match=rf"{PEPPER_FILE}.*restore this file"):
        load_pepper(tmp_path, keys_exist=True)
    (tmp_path / PEPPER_FILE).write_bytes(b"short")
    with pytest.raises(PepperMissing, match="5 bytes instead of 32"):
        load_pepper(tmp_path, keys_exist=False)
