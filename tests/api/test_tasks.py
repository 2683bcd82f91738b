"""Tasks over HTTP: over the real engine of a small shop."""

from typing import Any

import httpx
import pytest

from gateway.ports.callers import Caller
from tests.support.api_ports import Floor
from tests.support.small_site import STORE, S, epc

WORK, OTHERS = "key-tasks", "key-paris-tasks"
KEYED = {"Idempotency-Key": "t-1"}
REFILL = {
    "store": STORE,
    "kind": "replenish",
    "sku": "TEE",
    "qty": 2,
    "from_zone": "back",
    "to_zone": "floor",
}


class Staffed(Floor):
    """A small shop with keys for tasks."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.auth.callers[WORK] = Caller("staff", frozenset({"tasks:write"}), frozenset())
        self.auth.callers[OTHERS] = Caller("others", frozenset({"tasks:write"}), frozenset({"paris-1"}))
        self.inventory.places = [
            type(place)(name, place.name, place.timezone, place.zones)
            for place, name in zip(self.inventory.places, (STORE, "paris-1"), strict=True)
        ]

    def make(self, key: str = "t-1", **more: Any) -> dict[str, Any]:
        """Return the task that is made of `REFILL` and `more`."""
        answer = self.ask("POST", "/v1/tasks", WORK, json=REFILL | more, headers={"Idempotency-Key": key})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def do(
        self, task: dict[str, Any], verb: str, body: object = None, key: str = WORK, **headers: str
    ) -> httpx.Response:
        """Return the answer to a step."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"/v1/tasks/{task['id']}/{verb}", key, headers=fields, **more)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_a_task_is_made_once_per_key() -> None:
    """The repeat gets the same task; the same key for another request is refused."""
    floor = Staffed()
    made = floor.make()
    assert (made["state"], made["qty"], made["done"], made["zone"]) == ("open", 2, 0, "back")
    assert [cause["type"] for cause in made["causes"]] == ["hand"]
    again = floor.ask("POST", "/v1/tasks", WORK, json=REFILL, headers=KEYED)
    assert (again.json()["id"], again.headers["idempotent-replayed"]) == (made["id"], "true")
    other = floor.ask("POST", "/v1/tasks", WORK, json=REFILL | {"qty": 3}, headers=KEYED)
    assert code(other) == (422, "idempotency_key_reused")
    assert again.headers["location"] == f"/v1/tasks/{made['id']}"
    assert floor.get(f"/v1/tasks/{made['id']}", WORK).json() == made


@pytest.mark.parametrize(
    ("change", "status", "name"),
    [
        ({"to_zone": None}, 422, "invalid_request"),
        ({"sku": None}, 422, "invalid_request"),
        ({"qty": 0}, 422, "invalid_request"),
        ({"by": "x"}, 422, "invalid_request"),
        ({"to_zone": "attic"}, 404, "unknown_zone"),
        ({"sku": "NOTHING"}, 404, "unknown_sku"),
        ({"store": "nowhere"}, 404, "unknown_store"),
    ],
)
def test_what_cannot_be_done_is_refused(change: dict[str, object], status: int, name: str) -> None:
    """And nothing is made of it."""
    floor = Staffed()
    body = {field: value for field, value in (REFILL | change).items() if value is not None}
    assert code(floor.ask("POST", "/v1/tasks", WORK, json=body, headers=KEYED)) == (status, name)
    assert floor.get("/v1/tasks", WORK).json()["items"] == []


def test_a_claim_is_of_one_and_a_repeat_changes_nothing() -> None:
    """Claimed twice by the same it stays; another must wait until it is given back."""
    floor = Staffed()
    task = floor.make()
    claimed = floor.do(task, "claim", {"by": "handheld-3"})
    assert (claimed.json()["state"], claimed.json()["claimed_by"]) == ("claimed", "handheld-3")
    assert (claimed.json()["claimed_key"], claimed.headers["etag"]) == ("staff", '"2"')
    assert floor.do(task, "claim", {"by": "handheld-3"}).json()["version"] == 2
    assert code(floor.do(task, "claim", {"by": "handheld-4"})) == (409, "task_claimed")
    assert floor.do(task, "unclaim").json()["claimed_by"] is None
    assert floor.do(task, "unclaim").json()["version"] == 3
    assert floor.do(task, "claim", {"by": "handheld-4"}).json()["claimed_by"] == "handheld-4"


def test_a_step_names_the_task_as_it_was_seen() -> None:
    """If-Match of an older version is refused; what is no ETag too."""
    floor = Staffed()
    task = floor.make()
    assert code(floor.do(task, "claim", {"by": "a"}, If_Match='"7"')) == (412, "task_changed")
    assert code(floor.do(task, "claim", {"by": "a"}, If_Match="seven")) == (428, "missing_if_match")
    assert floor.do(task, "claim", {"by": "a"}, If_Match='"1"').json()["state"] == "claimed"


def test_what_is_over_stays_as_it_is() -> None:
    """Completed by a person, with the time it took; failed needs a reason; both once, and written down."""
    floor = Staffed()
    shop = floor.documents.shop
    first, second = floor.make("t-1"), floor.make("t-2")
    shop.now += 90 * S
    done = floor.do(first, "complete").json()
    assert (done["state"], done["verified_by"], done["took_s"], done["items"]) == (
        "completed",
        "user",
        90.0,
        [],
    )
    assert floor.do(first, "complete").json() == done
    assert code(floor.do(first, "fail", {"reason": "too late"})) == (409, "task_over")
    assert code(floor.do(second, "fail", {})) == (422, "invalid_request")
    failed = floor.do(second, "fail", {"reason": "not found"}).json()
    assert (failed["state"], failed["reason"], failed["took_s"]) == ("failed", "not found", None)
    assert code(floor.do(second, "claim", {"by": "a"})) == (409, "task_over")
    told = [(entry.action, entry.subject, entry.detail) for entry in shop.audited]
    assert told == [
        ("tasks.create", first["id"], "replenish"),
        ("tasks.create", second["id"], "replenish"),
        ("tasks.complete", first["id"], ""),
        ("tasks.fail", second["id"], "not found"),
    ]


def test_a_key_of_another_store_sees_no_task() -> None:
    """Neither in the list, nor by its id, nor may it do anything to it."""
    floor = Staffed()
    task = floor.make()
    assert floor.get("/v1/tasks", OTHERS).json()["items"] == []
    assert code(floor.get(f"/v1/tasks/{task['id']}", OTHERS)) == (404, "unknown_task")
    assert code(floor.do(task, "complete", key=OTHERS)) == (404, "unknown_task")
    assert floor.get(f"/v1/tasks/{task['id']}", WORK).json()["state"] == "open"


def test_tasks_are_listed_by_what_is_due_and_in_pages() -> None:
    """Due first, then what has no time by priority; the pages fit together."""
    floor = Staffed()
    plain = floor.make("t-1")["id"]
    urgent = floor.make("t-2", priority="high")["id"]
    late = floor.make("t-3", due_at="2027-01-16T10:00:00Z")["id"]
    soon = floor.make("t-4", due_at="2027-01-16T09:00:00Z", kind="count")["id"]
    listed, path = [], "/v1/tasks?limit=1"
    while path:
        answer = floor.get(path, WORK)
        listed += [task["id"] for task in answer.json()["items"]]
        path = answer.links["next"]["url"] if answer.links else ""
    assert listed == [soon, late, urgent, plain]
    assert [task["id"] for task in floor.get("/v1/tasks?kind=count", WORK).json()["items"]] == [soon]
    assert code(floor.get("/v1/tasks?order=walk&cursor=WyJ0YXNrcy1kdWUiLDEsIngiXQ", WORK)) == (
        422,
        "invalid_cursor",
    )


def test_lists_are_narrowed_by_state_and_by_who_claimed() -> None:
    """Left out: what is not over."""
    floor = Staffed()
    first, second, third = (floor.make(f"t-{n}") for n in range(3))
    floor.do(first, "claim", {"by": "handheld-3"})
    floor.do(second, "complete")

    def listed(query: str) -> list[str]:
        return sorted(task["id"] for task in floor.get(f"/v1/tasks{query}", WORK).json()["items"])

    assert listed("") == sorted([first["id"], third["id"]])
    assert listed("?claimed_by=handheld-3") == [first["id"]]
    assert listed("?state=completed") == [second["id"]]
    assert listed(f"?state=completed&state=open&store={STORE}") == sorted([second["id"], third["id"]])


def test_the_pieces_to_take_are_named() -> None:
    """Those behind the shelf, with where they are and how surely."""
    floor = Staffed()
    shop = floor.documents.shop
    tags = [epc("TEE", n) for n in range(3)]
    for _ in range(24):
        shop.read(*tags[1:], reader="rear", antenna=1)
        shop.run(5, tags[0])
    items = floor.make()["items"]
    assert {(item["epc"], item["zone"]) for item in items} == {(tag, "back") for tag in tags[1:]}
    assert all(item["probability"] > 0.8 for item in items)
