"""Staff beside a running gateway, with the command that an operator uses. No broker, no device."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
[[stores]]
id = "nice-1"
name = "Nice"
zones = [{{ id = "front", role = "floor" }}]
"""
FOLLOWS_S = 10.0
"""A gateway follows its tables within 2 s; this leaves room for a busy machine."""
PAGE = {"X-Storefloor": "1"}
TASK = {"store": "lyon-1", "kind": "count", "to_zone": "front"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of two stores that runs before there is anybody."""
    folder, port = tmp_path_factory.mktemp("staff"), free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    with Gateway(site, port) as running:
        running.start()
        yield running


def added(gateway: Gateway, name: str, role: str, *more: str, typed: str | None = None) -> dict[str, str]:
    """Add somebody; return what the command told of them: id, and pin or link."""
    said = gateway.staff("add", "--name", name, "--role", role, *more, typed=typed)
    told = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return {name: value.split()[0] for name, value in told.items()}


def follow(gateway: Gateway, link: str, client: httpx.Client | None = None) -> httpx.Client:
    """Open a link, on a device of its own or one that is known; return it."""
    client = client or gateway.client()
    answer = client.post("/session", json={"link": link.partition("#link=")[2]})
    assert answer.status_code == 200, answer.text
    return client


def enter(device: httpx.Client, person: str, pin: str) -> httpx.Response:
    """Enter a PIN."""
    return device.post("/session", json={"person": person, "pin": pin})


def test_a_shared_tablet_from_the_box_to_the_next_shift(gateway: Gateway) -> None:
    """The command enrols it; people choose their name, enter their PIN, act, and make way for the next; a stranger's
    browser is told no name, and is not even asked for a PIN.
    """
    first = added(gateway, "Ines", "associate")
    chosen = added(gateway, "Noe", "lead", "--choose-pin", typed="280741\n")
    added(gateway, "Elsewhere", "associate", "--store", "nice-1")
    tablet = follow(gateway, added(gateway, "Till", "tablet", "--store", "lyon-1")["link"])
    assert tablet.get("/session").status_code == 401
    listed = {one["name"]: one["id"] for one in tablet.get("/session/people").json()["items"]}
    assert {"Ines": first["id"], "Noe": chosen["id"]}.items() <= listed.items()
    assert "Elsewhere" not in listed
    assert enter(tablet, first["id"], "000000").json()["code"] == "wrong_pin"
    assert enter(tablet, first["id"], first["pin"]).json()["name"] == "Ines"
    made = tablet.post("/v1/tasks", json=TASK, headers={**PAGE, "Idempotency-Key": "t1"})
    assert made.status_code == 201, made.text
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    silence = {"store": "lyon-1", "until": until, "reason": "rebuilt"}
    asked = {**PAGE, "Idempotency-Key": "s1"}
    assert tablet.post("/v1/silences", json=silence, headers=asked).json()["code"] == "insufficient_scope"
    assert enter(tablet, chosen["id"], "280741").json()["role"] == "lead"
    assert tablet.post("/v1/silences", json=silence, headers=asked).status_code == 201
    assert tablet.delete("/session", headers=PAGE).status_code == 204
    assert tablet.get("/session").status_code == 401
    stranger = gateway.client()
    assert stranger.get("/session/people").status_code == 401
    assert enter(stranger, first["id"], first["pin"]).json()["code"] == "not_enrolled"


def test_a_restart_signs_nobody_out_and_a_kill_neither(gateway: Gateway) -> None:
    """Neither the tablet nor who works on it; in the store there is no token, and nobody's PIN."""
    person = added(gateway, "Lou", "manager", "--link")
    phone = follow(gateway, person["link"])
    gateway.kill()
    gateway.start()
    assert phone.get("/session").json()["name"] == "Lou"
    stored = b"".join(path.read_bytes() for path in gateway.store_path.parent.glob("storefloor.db*"))
    for secret in (*phone.cookies.values(), person["link"].partition("#link=")[2], person["pin"]):
        assert secret.encode() not in stored
    assert person["id"].encode() in stored


def test_a_removed_person_is_out_within_seconds_and_their_name_is_gone(gateway: Gateway) -> None:
    """Sessions, device and link end; the bytes of the name are in no file; so with a new PIN, but for the name."""
    person = added(gateway, "Zebulon-Quist", "associate", "--link")
    phone = follow(gateway, person["link"])
    assert phone.get("/session").status_code == 200
    gateway.staff("new-pin", person["id"])
    eventually(lambda: phone.get("/session").status_code == 401, "the session to end", FOLLOWS_S)
    again = gateway.staff("link", person["id"])
    follow(gateway, next(word for word in again.split() if "#link=" in word), phone)
    assert phone.get("/session").status_code == 200
    assert "removed" in gateway.staff("remove", person["id"])
    eventually(lambda: phone.get("/session").status_code == 401, "the session to end", FOLLOWS_S)
    assert person["id"] not in gateway.staff("list")

    def is_gone() -> bool:
        stored = b"".join(path.read_bytes() for path in gateway.store_path.parent.glob("storefloor.db*"))
        return b"Zebulon-Quist" not in stored

    eventually(is_gone, "the name to be gone", FOLLOWS_S)


def test_a_kiosk_looks_in_bands_and_a_screen_at_all_and_neither_acts(gateway: Gateway) -> None:
    """Each by a sign-in of its own, bound to its store."""
    kiosk, screen = gateway.sign_in("kiosk", "nice-1"), gateway.sign_in("screen", "nice-1")
    for device, role, scopes in (
        (kiosk, "kiosk", ["availability:read"]),
        (screen, "screen", ["availability:exact", "availability:read"]),
    ):
        told = device.get("/session").json()
        assert (told["via"], told["role"], told["scopes"], told["stores"]) == (
            "device",
            role,
            scopes,
            ["nice-1"],
        )
        assert device.post("/v1/tasks", json=TASK, headers={"Idempotency-Key": "t"}).status_code == 403
        assert device.get("/session/people").status_code == 403
    assert kiosk.get("/v1/alerts").json()["code"] == "insufficient_scope"
    assert screen.get("/v1/alerts").status_code == 200


def test_who_did_what_is_in_the_audit_log_and_who_came_when_is_not(gateway: Gateway) -> None:
    """Acts bear the id of who is answerable, a wrong PIN its address and never the PIN; names are in no line."""
    person = added(gateway, "Mo", "manager")
    tablet = follow(gateway, added(gateway, "Door", "tablet")["link"])
    enter(tablet, person["id"], "999998")
    assert enter(tablet, person["id"], person["pin"]).status_code == 200
    made = tablet.post("/v1/tasks", json=TASK, headers={**PAGE, "Idempotency-Key": "t2"})
    assert made.status_code == 201
    tablet.delete("/session", headers=PAGE)
    gateway.make_key("admin")
    eventually(lambda: gateway.http.get("/v1/audit").status_code == 200, "the key to be known", FOLLOWS_S)

    def logged() -> list[tuple[str, str]]:
        items = gateway.get("/v1/audit", limit=200)["items"]
        return [(e["action"], e["key_id"]) for e in items if person["id"] in (e["key_id"], e["subject"])]

    eventually(lambda: ("tasks.create", person["id"]) in logged(), "the task to be logged", FOLLOWS_S)
    actions = [action for action, _ in logged()]
    assert sorted(actions) == ["session.refuse", "staff.add", "tasks.create"]
    text = gateway.http.get("/v1/audit", params={"limit": 200}).text
    assert "999998" not in text
    assert '"Mo"' not in text


def test_before_the_first_start(tmp_path: Path) -> None:
    """People and their secret are made before the gateway ever ran, and there once it runs."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    with Gateway(site, port) as gateway:
        person = added(gateway, "Ines", "associate")
        link = added(gateway, "Till", "tablet")["link"]
        gateway.start()
        assert enter(follow(gateway, link), person["id"], person["pin"]).status_code == 200
