"""Rules of alerts over HTTP: over the real desk of a small shop."""

from typing import Any

import httpx
import pytest

from gateway.ports.callers import Caller
from tests.support.api_ports import Floor
from tests.support.small_site import STORE

ADMIN, BOUND, WORKER = "key-rules-admin", "key-rules-lyon", "key-rules-worker"
PATH = "/v1/alert-rules"
TEES = {
    "id": "tees-low",
    "type": "low_stock",
    "stores": [STORE],
    "skus": ["TEE"],
    "thresholds": {"fire_at": 3, "clear_at": 6},
    "note": "busy on Saturdays",
}


class Ruled(Floor):
    """A small shop with keys that may change rules, and one that may not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        admin, words = frozenset({"admin"}), frozenset({"alerts:write"})
        self.auth.callers[ADMIN] = Caller("admin", admin, frozenset())
        self.auth.callers[BOUND] = Caller("bound", admin, frozenset({"paris-1"}))
        self.auth.callers[WORKER] = Caller("worker", words, frozenset())
        self.inventory.places = [
            type(place)(name, place.name, place.timezone, place.zones)
            for place, name in zip(self.inventory.places, (STORE, "paris-1"), strict=True)
        ]

    def make(self, body: dict[str, Any], key: str = ADMIN, once: str = "r-1") -> httpx.Response:
        return self.ask("POST", PATH, key, json=body, headers={"Idempotency-Key": once})


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_a_rule_is_made_shown_changed_and_deleted() -> None:
    """With what it judges by; its ETag guards it."""
    floor = Ruled()
    made = floor.make(TEES)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (
        201,
        f"{PATH}/tees-low",
        '"1"',
    )
    body = made.json()
    assert (body["origin"], body["version"], body["problem"]) == ("api", 1, None)
    assert body["in_force"]["severity"] == "warning"
    assert body["in_force"]["thresholds"].items() >= {"fire_at": 3, "clear_at": 6, "clear_hold_s": 60}.items()
    assert floor.make(TEES).headers["idempotent-replayed"] == "true"
    one = f"{PATH}/tees-low"
    assert floor.ask("GET", one, WORKER).json() == body
    changed = floor.ask(
        "PATCH", one, ADMIN, json={"enabled": False, "severity": "info"}, headers={"If-Match": '"1"'}
    )
    assert changed.json() == {**body, "enabled": False, "severity": "info", "version": 2,
                              "in_force": {**body["in_force"], "severity": "info"}}  # fmt: skip
    late = floor.ask("PATCH", one, ADMIN, json={"note": ""}, headers={"If-Match": '"1"'})
    assert code(late) == (412, "rule_changed")
    assert code(floor.ask("DELETE", one, ADMIN, headers={"If-Match": '"1"'})) == (412, "rule_changed")
    assert floor.ask("DELETE", one, ADMIN).status_code == 204
    assert code(floor.ask("GET", one, WORKER)) == (404, "unknown_rule")


def test_the_built_in_rules_are_listed_and_only_switched() -> None:
    """One of each type; what they say is changed in the file."""
    floor = Ruled()
    items = floor.ask("GET", PATH, WORKER).json()["items"]
    assert {item["origin"] for item in items} == {"default"}
    (low,) = floor.ask("GET", f"{PATH}?type=low_stock", WORKER).json()["items"]
    assert (low["id"], low["in_force"]["thresholds"]["fire_at"]) == ("default-low-stock", 2)
    one = f"{PATH}/default-low-stock"
    assert code(floor.ask("PATCH", one, ADMIN, json={"note": "x"})) == (409, "rule_of_file")
    assert code(floor.ask("DELETE", one, ADMIN)) == (409, "rule_of_file")
    assert floor.ask("PATCH", one, ADMIN, json={"enabled": False}).json()["enabled"] is False
    assert floor.documents.shop.audited[-1].action == "alert_rules.change"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"thresholds": {"fire_at": 9}}, (422, "invalid_request")),
        ({"thresholds": {"horizon_s": 9}}, (422, "invalid_request")),
        ({"skus": ["NOTHING"]}, (404, "unknown_sku")),
        ({"zones": ["moon"]}, (404, "unknown_zone")),
        ({"stores": ["moon-1"]}, (404, "unknown_store")),
        ({"type": "weather"}, (422, "invalid_request")),
        ({"colour": "red"}, (422, "invalid_request")),
        ({"id": "default-low-stock"}, (409, "rule_exists")),
        ({"id": "default-mine"}, (422, "invalid_request")),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], expected: tuple[int, str]) -> None:
    """Each with its code; nothing is made."""
    floor = Ruled()
    answer = floor.make(TEES | change)
    assert code(answer) == expected
    assert code(floor.ask("GET", f"{PATH}/tees-low", WORKER)) == (404, "unknown_rule")


def test_two_rules_of_one_subject_are_one_too_many() -> None:
    """The second is refused, and says which other."""
    floor = Ruled()
    floor.make(TEES)
    answer = floor.make(TEES | {"id": "tees-too"}, once="r-2")
    assert code(answer) == (409, "rule_conflict")
    assert "tees-low" in answer.json()["detail"]


def test_a_key_of_one_store_keeps_to_it() -> None:
    """It sees the rules of all stores and its own, and changes its own alone; who is no administrator changes none."""
    floor = Ruled()
    floor.make(TEES)
    assert code(floor.make(TEES, WORKER)) == (403, "insufficient_scope")
    assert code(floor.ask("GET", f"{PATH}/tees-low", BOUND)) == (404, "unknown_rule")
    assert code(floor.make({"id": "mine", "type": "low_stock"}, BOUND)) == (403, "forbidden_store")
    assert code(floor.make(TEES | {"id": "mine"}, BOUND, "r-2")) == (403, "forbidden_store")
    own = {"id": "mine", "type": "reader_down", "stores": ["paris-1"], "thresholds": {"hold_s": 300}}
    assert floor.make(own, BOUND, "r-3").status_code == 201
    off = floor.ask("PATCH", f"{PATH}/default-low-stock", BOUND, json={"enabled": False})
    assert code(off) == (403, "forbidden_store")
    wider = floor.ask("PATCH", f"{PATH}/mine", BOUND, json={"stores": []})
    assert code(wider) == (403, "forbidden_store")
    ids = [item["id"] for item in floor.ask("GET", PATH, BOUND).json()["items"] if item["origin"] == "api"]
    assert ids == ["mine"]
