"""Following what changed, over a kill: with a real gateway, its file and its HTTP server."""

from pathlib import Path
from typing import Any

from tests.support.hook_receiver import HookReceiver
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

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
"""
ARTICLES = "sku,name_en,tracked_by\nTOTE,Tote bag,count\nMUG,Mug,count\n"


def event(event_id: str, sku: str, kind: str = "receive") -> dict[str, Any]:
    """Return what a till tells."""
    return {
        "event_id": event_id, "type": kind, "store": "lyon-1", "sku": sku, "at": "2026-11-21T08:00:00Z",
        **({"zone": "front"} if kind == "receive" else {}),
    }  # fmt: skip


def test_who_follows_the_log_misses_nothing_over_a_kill(tmp_path: Path) -> None:
    """Sequences without a gap, each acknowledged change among them, and a restart is where it was."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        position = gateway.get("/v1/changes", store="lyon-1")["after"]
        followed: list[dict[str, Any]] = []
        for number, sku in enumerate(["TOTE", "MUG", "TOTE"]):
            gateway.post("/v1/events", {"events": [event(str(number), sku)]})
            if number == 1:
                gateway.kill()
                gateway.start()
            page = gateway.get("/v1/changes", store="lyon-1", after=position)
            followed += page["items"]
            position = page["after"]
        sequences = [item["sequence"] for item in followed]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        stock = [item["subject"] for item in followed if item["type"] == "availability"]
        assert set(stock) == {"TOTE", "MUG"}
        assert stock[-1] == "TOTE"
        held = gateway.http.post(
            "/v1/reservations",
            json={"store": "lyon-1", "lines": [{"sku": "TOTE", "qty": 1}], "channel": "web"},
            headers={"Idempotency-Key": "k1"},
        )
        assert held.status_code == 201, held.text
        page = gateway.get("/v1/changes", store="lyon-1", after=position)
        assert {(i["type"], i["subject"]) for i in page["items"]} == {
            ("reservation", held.json()["id"]), ("availability", "TOTE"),
        }  # fmt: skip
        for item in page["items"]:
            assert gateway.http.get(item["href"]).status_code == 200


def test_a_shop_that_was_away_is_told_all_of_it_over_a_kill(tmp_path: Path) -> None:
    """A real receiver that fails, a gateway that is killed: signed, in order, each naming the one before."""
    port = free_port()
    site = tmp_path / "site.toml"
    hooks = '[webhooks]\nallow_networks = ["127.0.0.0/8"]\nallow_http = true\n'
    site.write_text(SITE.format(port=port) + hooks, "utf-8")
    (tmp_path / "articles.csv").write_text(ARTICLES, "utf-8")
    with HookReceiver() as receiver, Gateway(site, port) as gateway:
        gateway.make_key("admin")
        gateway.start()
        hook = {"url": f"http://127.0.0.1:{receiver.port}/stock", "stores": ["lyon-1"]}
        made = gateway.http.post("/v1/webhook-endpoints", json=hook, headers={"Idempotency-Key": "hook-1"})
        assert made.status_code == 201, made.text
        one, secret = made.headers["location"], made.json()["secret"]
        gateway.post("/v1/events", {"events": [event("1", "TOTE")]})
        eventually(lambda: receiver.taken, "the first message")
        receiver.always = 503
        gateway.post("/v1/events", {"events": [event("2", "MUG")]})
        eventually(
            lambda: [tried["status"] for tried in gateway.get(f"{one}/deliveries")["items"]][:1] == [503],
            "a message that is not taken, in the log",
        )
        gateway.post("/v1/events", {"events": [event("3", "TOTE"), event("4", "TOTE", "sale")]})
        gateway.kill()
        receiver.always = None
        gateway.start()
        last = gateway.get("/v1/changes", store="lyon-1")["after"].rpartition(":")[2]
        eventually(lambda: gateway.get(one)["told"] == {"lyon-1": int(last)}, "all of it to be told")
        assert gateway.post(f"{one}/test", None)["delivered"]
        log = gateway.get(f"{one}/deliveries")["items"]
    taken = [hook for hook in receiver.taken if hook.body["type"] == "availability.changed"]
    assert all(hook.is_signed_by(secret) for hook in receiver.came)
    assert {hook.body["data"]["sku"]: hook.body["data"]["quantities"]["on_hand"] for hook in taken} == {
        "TOTE": 1, "MUG": 1,
    }  # fmt: skip
    chain = [(hook.body["previous_sequence"], hook.body["sequence"]) for hook in taken]
    assert [before for before, _ in chain[1:]] == [seq for _, seq in chain[:-1]]
    assert log[0]["type"] == "webhook.test"
    assert {entry["status"] for entry in log} == {204, 503}
