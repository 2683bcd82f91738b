"""The routes of webhook endpoints: for administrators, by store, with a secret that is shown once."""

from typing import Any

import httpx
import pytest

from api.schemas.webhooks import (
    WebhookDeliveries,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookList,
    WebhookWithSecret,
)
from gateway.ports.callers import Caller
from tests.support.api_ports import ADMIN, EXACT, INGEST, RESERVE, Floor

PATH = "/v1/webhook-endpoints"
HOOK = {"url": "https://shop.example/hooks", "stores": ["lyon-1"], "types": ["availability"]}
LYON_ADMIN = "key-lyon-admin"


def floor_with(*hooks: dict[str, Any]) -> Floor:
    """Return a floor with endpoints; an administrator of Lyon alone has a key too."""
    floor = Floor()
    floor.auth.callers[LYON_ADMIN] = Caller("k-la", frozenset({"admin"}), frozenset({"lyon-1"}))
    for hook in hooks:
        assert post(floor, PATH, hook).status_code == 201
    return floor


def post(floor: Floor, path: str, body: Any = None, key: str = ADMIN) -> httpx.Response:
    """Return the answer to a POST; each endpoint is asked for under a key of its own."""
    headers = {"idempotency-key": f"key-{len(floor.webhooks.kept)}"} if path == PATH else {}
    return floor.ask("POST", path, key, headers=headers, **({} if body is None else {"json": body}))


def test_an_endpoint_is_made_and_shows_its_secret_once() -> None:
    """201 with a place and the secret; afterwards only how it fares."""
    floor = floor_with()
    made = post(floor, PATH, HOOK)
    WebhookWithSecret.model_validate_json(made.content)
    assert made.headers["location"] == f"{PATH}/{made.json()['id']}"
    assert made.json()["secret"] == "whsec_1"
    shown = floor.get(made.headers["location"], ADMIN)
    WebhookEndpoint.model_validate_json(shown.content)
    assert shown.json() == {key: value for key, value in made.json().items() if key != "secret"}
    assert (shown.json()["told"], shown.json()["disabled_reason"]) == ({"lyon-1": 7}, None)
    listed = floor.get(PATH, ADMIN)
    WebhookList.model_validate_json(listed.content)
    assert listed.json()["items"] == [shown.json()]
    assert "whsec" not in listed.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", [EXACT, INGEST, RESERVE])
def test_nobody_but_an_administrator_is_told_of_endpoints(method: str, key: str) -> None:
    """403, for looking too: a URL may be a secret."""
    answer = floor_with(HOOK).ask(method, PATH, key, json=HOOK)
    assert answer.json()["code"] == "insufficient_scope"


def test_a_key_of_one_store_manages_the_endpoints_of_that_store_alone() -> None:
    """Another store's endpoints do not exist for it, and it cannot make one for it."""
    floor = floor_with(HOOK, {**HOOK, "stores": ["lyon-1", "paris-2"]})
    assert [i["stores"] for i in floor.get(PATH, LYON_ADMIN).json()["items"]] == [["lyon-1"]]
    assert post(floor, PATH, {**HOOK, "stores": ["paris-2"]}, LYON_ADMIN).json()["code"] == "forbidden_store"
    assert post(floor, PATH, {**HOOK, "stores": ["nowhere"]}).json()["code"] == "unknown_store"
    other = f"{PATH}/wh_000000000002"
    for method, path in (
        ("GET", other), ("PATCH", other), ("DELETE", other), ("POST", f"{other}/test"),
        ("POST", f"{other}/rotate-secret"), ("GET", f"{other}/deliveries"),
    ):  # fmt: skip
        answer = floor.ask(method, path, LYON_ADMIN, **({"json": {}} if method == "PATCH" else {}))
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_webhook"), (method, path)
    body = {"store": "lyon-1", "after": 1}
    assert post(floor, f"{other}/replay", body, LYON_ADMIN).json()["code"] == "unknown_webhook"
    patch = floor.ask("PATCH", f"{PATH}/wh_000000000001", LYON_ADMIN, json={"stores": ["paris-2"]})
    assert patch.json()["code"] == "forbidden_store"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**HOOK, "url": "https://till.lan"}, "/url"),
        ({**HOOK, "stores": []}, "/stores"),
        ({**HOOK, "types": ["device"]}, "/types/0"),
        ({"url": HOOK["url"]}, "/stores"),
        ({**HOOK, "secret": "mine"}, "/secret"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_at_its_place(body: dict[str, Any], pointer: str) -> None:
    """422, also for a URL that nothing may be sent to."""
    answer = post(floor_with(), PATH, body)
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_what_is_given_is_changed_and_the_rest_stays() -> None:
    """By PATCH; a URL that cannot be is refused here too."""
    floor = floor_with(HOOK)
    one = f"{PATH}/wh_000000000001"
    off = floor.ask("PATCH", one, ADMIN, json={"enabled": False}).json()
    assert (off["enabled"], off["disabled_reason"], off["url"]) == (False, "by hand", HOOK["url"])
    changed = floor.ask(
        "PATCH", one, ADMIN, json={"enabled": True, "types": [], "description": "till"}
    ).json()
    assert (changed["enabled"], changed["types"], changed["description"]) == (True, [], "till")
    assert floor.ask("PATCH", one, ADMIN, json={"url": "https://x.lan"}).json()["code"] == "invalid_request"


def test_a_secret_is_rotated_a_message_tried_and_a_log_read() -> None:
    """Each says what it did."""
    floor = floor_with(HOOK)
    one = f"{PATH}/wh_000000000001"
    rotated = post(floor, f"{one}/rotate-secret").json()
    assert rotated["secret"] == "whsec_2"
    assert rotated["rotated_at"] is not None
    tried = post(floor, f"{one}/test")
    WebhookDelivery.model_validate_json(tried.content)
    assert (tried.json()["delivered"], tried.json()["status"]) == (True, 204)
    log = floor.get(f"{one}/deliveries", ADMIN)
    WebhookDeliveries.model_validate_json(log.content)
    assert [(d["delivered"], d["reason"]) for d in log.json()["items"]] == [
        (True, None),
        (False, "nobody there"),
    ]
    assert len(floor.get(f"{one}/deliveries?limit=1", ADMIN).json()["items"]) == 1


def test_a_replay_names_a_store_of_the_endpoint_and_a_place_that_is_known() -> None:
    """Else 422 and 410."""
    floor = floor_with(HOOK)
    path = f"{PATH}/wh_000000000001/replay"
    assert post(floor, path, {"store": "lyon-1", "after": 5}).status_code == 200
    assert floor.webhooks.replayed == [("wh_000000000001", "lyon-1", 5)]
    assert post(floor, path, {"store": "paris-2", "after": 5}).json()["code"] == "invalid_request"
    gone = post(floor, path, {"store": "lyon-1", "after": 100})
    assert (gone.status_code, gone.json()["code"]) == (410, "changes_gone")


def test_a_deleted_endpoint_is_gone() -> None:
    """204, then 404."""
    floor = floor_with(HOOK)
    one = f"{PATH}/wh_000000000001"
    assert floor.ask("DELETE", one, ADMIN).status_code == 204
    assert floor.get(one, ADMIN).json()["code"] == "unknown_webhook"
