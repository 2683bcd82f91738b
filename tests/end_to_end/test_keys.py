"""API keys beside a running gateway, with the command that an operator uses. No broker, no device."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import Gateway

SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
[[stores]]
id = "nice-1"
name = "Nice"
zones = [{{ id = "front", role = "floor" }}]
"""
ARTICLES = "sku,gtin,name_en,tracked_by\nTOTE,03012345000123,Tote bag,count\n"
FOLLOWS_S = 10.0
"""A gateway follows its key table within 2 s; this leaves room for a busy machine."""
LOOK_UP = "/v1/stores/lyon-1/availability/TOTE"
SALE = {"event_id": "1", "type": "receive", "store": "lyon-1", "sku": "TOTE", "at": "2026-11-21T08:00:00Z"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of two stores that runs before there is any key."""
    folder, port = tmp_path_factory.mktemp("keys"), free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (folder / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as running:
        running.start()
        yield running


def status(gateway: Gateway, token: str, path: str = LOOK_UP) -> int:
    """Return what a look-up with a key answers."""
    return httpx.get(
        f"{gateway.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60.0
    ).status_code


def test_a_new_key_opens_what_its_scopes_say(gateway: Gateway) -> None:
    """A key made while the gateway runs is known to it at once, for what it was made for and no more."""
    token, _ = gateway.make_key("availability:read")
    eventually(lambda: status(gateway, token) == 200, "the new key to be known", FOLLOWS_S)
    answer = httpx.get(
        f"{gateway.url}{LOOK_UP}", headers={"Authorization": f"Bearer {token}"}, timeout=60.0
    ).json()
    assert "quantities" not in answer
    sent = httpx.post(
        f"{gateway.url}/v1/events",
        json={"events": [SALE]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60.0,
    )
    assert (sent.status_code, sent.json()["code"]) == (403, "insufficient_scope")
    writer, _ = gateway.make_key("ingest:write")
    headers = {"Authorization": f"Bearer {writer}"}
    eventually(
        lambda: (
            httpx.post(
                f"{gateway.url}/v1/events", json={"events": [SALE]}, headers=headers, timeout=60.0
            ).is_success
        ),
        "the writing key to be known",
        FOLLOWS_S,
    )
    assert status(gateway, writer) == 403


def test_a_revoked_key_stops_within_seconds(gateway: Gateway) -> None:
    """After `keys revoke` the running gateway answers 401; the other keys go on."""
    token, key_id = gateway.make_key("availability:exact")
    other, _ = gateway.make_key("availability:exact")
    eventually(lambda: status(gateway, token) == status(gateway, other) == 200, "both to be known", FOLLOWS_S)
    assert "revoked" in gateway.keys("revoke", key_id)
    eventually(lambda: status(gateway, token) == 401, "the revoked key to stop", FOLLOWS_S)
    assert status(gateway, other) == 200


def test_the_list_shows_keys_and_never_their_secrets(gateway: Gateway) -> None:
    """Each key is listed with its id, state, stores and scopes."""
    token, key_id = gateway.make_key("availability:read", "availability:exact")
    gateway.keys("revoke", key_id)
    listed = next(line for line in gateway.keys("list").splitlines() if line.startswith(key_id))
    assert listed.split()[1] == "revoked"
    assert "availability:read,availability:exact" in listed
    assert token.rpartition("_")[2] not in gateway.keys("list")


def test_a_key_of_one_store_does_not_open_another(gateway: Gateway) -> None:
    """A bound key is refused elsewhere, for a store that exists and for one that does not alike."""
    said = gateway.keys("create", "--name", "nice", "--scope", "availability:read", "--store", "nice-1")
    token = said.split()[1]
    eventually(
        lambda: status(gateway, token, "/v1/stores/nice-1/availability/TOTE") == 200, "it to open", FOLLOWS_S
    )
    assert status(gateway, token) == 403
    assert status(gateway, token, "/v1/stores/nowhere/availability/TOTE") == 403


def test_what_is_no_key_opens_nothing(gateway: Gateway) -> None:
    """No key, a wrong secret and garbage are all 401."""
    token, _ = gateway.make_key("availability:read")
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert status(gateway, wrong) == 401
    assert status(gateway, "x" * 300) == 401
    assert httpx.get(f"{gateway.url}{LOOK_UP}", timeout=60.0).status_code == 401


def test_keys_are_made_before_the_first_start(tmp_path: Path) -> None:
    """A key made before the gateway ever ran is good once it runs."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as gateway:
        token, _ = gateway.make_key("availability:read")
        gateway.start()
        assert status(gateway, token) == 200
        assert gateway.stop() == 0
