"""Deliveries over HTTP: announced once, as JSON or CSV, looked at, changed, received, ended; refused by the line."""

from typing import Any

import pytest

from api.schemas.deliveries import Delivery, DeliveryList
from api.schemas.explain import Explanation
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_INGEST, READ, Floor
from tests.support.document_floor import floor_of
from tests.support.document_floor import post as post_to
from tests.support.fake_documents import Documents
from tests.support.small_site import S, epc

PATH = "/v1/deliveries"
CSV = "store,reference,from,expected_at,sku,gtin,qty,epcs\n"


def asked(**changes: Any) -> dict[str, Any]:
    """Return the body of a request."""
    return {"store": "lyon-1", "expected_at": "2027-01-15T09:00:00Z",
            "lines": [{"sku": "TOTE", "qty": 6}]} | changes  # fmt: skip


def post(floor: Floor, body: Any = None, key: str = INGEST, once: str = "k1") -> Any:
    """Return the answer to an announcement; a text is sent as CSV."""
    return post_to(floor, PATH, asked() if body is None else body, key, once)


@pytest.fixture(scope="module")
def floor() -> Floor:
    """Return an app that nothing is ever taken in by."""
    return floor_of()


def test_a_delivery_is_announced_once_and_its_pieces_are_incoming() -> None:
    """201 with its place and its ETag; a repeat gets the same answer; availability and explain tell of it."""
    floor = floor_of()
    named = asked(reference="ASN-1", **{"from": "dc-nord"},
                  lines=[{"gtin": "3012345000123", "qty": 6}, {"sku": "TEE", "qty": 2, "epcs": [epc("TEE", 1).lower()]}])  # fmt: skip
    answer = post(floor, named)
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PATH}/{made['id']}")
    Delivery.model_validate_json(answer.content)
    assert (made["state"], made["is_late"], made["from"], made["pieces"]) == ("expected", False, "dc-nord", 8)
    assert made["lines"][1] == {"sku": "TEE", "qty": 2, "arrived": 0, "missing": 2, "epcs": [epc("TEE", 1)], "seen": []}  # fmt: skip
    again = post(floor, named)
    assert (again.status_code, again.json()) == (201, made)
    assert again.headers["idempotent-replayed"] == "true"
    assert post(floor, asked(), once="k1").json()["code"] == "idempotency_key_reused"
    found = floor.get("/v1/stores/lyon-1/availability/TOTE", EXACT).json()
    assert (found["status"], found["quantities"]["incoming"]) == ("INCOMING", 6)
    assert found["promise"]["incoming_at"] == made["expected_to"] == "2027-01-15T09:00:00Z"
    told = floor.get("/v1/stores/lyon-1/availability/TOTE/explain", EXACT)
    Explanation.model_validate_json(told.content)
    assert told.json()["deliveries"] == [
        {"id": made["id"], "reference": "ASN-1", "expected_at": "2027-01-15T09:00:00Z", "pieces": 6}
    ]


def test_a_file_is_a_delivery() -> None:
    """CSV in any order of columns, with a byte order mark and empty lines; the same lines as JSON has."""
    floor = floor_of()
    answer = post(floor, "\ufeffqty,sku,store,expected_to,expected_from,epcs\r\n"
                         f"2,TEE,lyon-1,2027-01-15T09:00:00Z,2027-01-15T07:00:00Z,{epc('TEE', 1)} {epc('TEE', 2)}\r\n"
                         "\r\n4,TOTE,lyon-1,2027-01-15T09:00:00Z,2027-01-15T07:00:00Z,\r\n")  # fmt: skip
    made = answer.json()
    assert answer.status_code == 201
    assert (made["expected_from"], made["expected_to"]) == ("2027-01-15T07:00:00Z", "2027-01-15T09:00:00Z")
    assert [(line["sku"], line["qty"], len(line["epcs"])) for line in made["lines"]] == [("TEE", 2, 2), ("TOTE", 4, 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "pointer", "said"),
    [
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,TOTE,,six,\n", "/line/2/qty", "integer"),
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,TOTE,,1,\nparis-1,,,2027-01-15T09:00:00Z,TEE,,1,\n", "/line/3/store", "differs from line 2"),
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,TOTE,,1,\nlyon-1,,,2027-01-15T09:00:00Z,NO,,1,\n", "/line/3/sku", "not known"),
        (CSV + "lyon-1,,,tomorrow,TOTE,,1,\n", "/line/2/expected_at", "RFC 3339"),
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,,,1,\n", "/line/2", "sku or gtin"),
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,TOTE,,1,,,\n", "/line/2", "10 values, 8 columns"),
        (CSV + 'lyon-1,,,2027-01-15T09:00:00Z,"TO"TE,,1,\n', "/line/2", "expected after"),
        ("store,qantity,qty\n", "/line/1", "did you mean 'qty'?"),
        ("sku,qty\n", "/line/1", "'store' is missing"),
        ("store,qty,qty\n", "/line/1", "twice"),
        (CSV, "", "no line below"),
        (CSV + "lyon-1,,,2027-01-15T09:00:00Z,TOTE,,1,\n" * 1_001, "", "more than 1,000 lines"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_told_with_its_line(
    floor: Floor, text: str, pointer: str, said: str
) -> None:
    """Nothing of it is taken."""
    problem = post(floor, text).json()
    assert (problem["errors"][0]["pointer"], problem["code"]) == (
        pointer, "unknown_sku" if "not known" in said else "invalid_request"
    )  # fmt: skip
    assert said in problem["errors"][0]["reason"]
    assert floor.get(PATH, INGEST).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"expected_at": None}, ""),
        ({"expected_to": "2027-01-15T09:00:00Z"}, ""),
        ({"expected_from": "2027-01-15T09:00:00Z"}, ""),
        ({"lines": []}, "/lines"),
        ({"lines": [{"sku": "TOTE", "qty": 0}]}, "/lines/0/qty"),
        ({"lines": [{"sku": "TOTE", "qty": 1, "epcs": ["XY"]}]}, "/lines/0/epcs/0"),
        ({"lines": [{"sku": "TEE", "qty": 1, "epcs": [epc("TEE", 1), epc("TEE", 2)]}]}, "/lines/0/epcs"),
        ({"sender": "dc-nord"}, "/sender"),
    ],
)
def test_what_cannot_be_is_refused(floor: Floor, changes: dict[str, Any], pointer: str) -> None:
    """422 with where it is wrong."""
    answer = post(floor, asked(**changes))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_its_life_over_http() -> None:
    """Changed as it is known, received by hand, listed by what is due, and ended."""
    documents = Documents()
    floor, shop = floor_of(documents), documents.shop
    first, second, third = (post(floor, asked(expected_at=f"2027-01-15T0{n}:00:00Z"), once=f"k{n}").json() for n in (9, 8, 8))  # fmt: skip
    assert second == third
    page = floor.get(f"{PATH}?limit=1&state=expected&store=lyon-1&due_before=2027-01-16T00:00:00Z", EXACT)
    DeliveryList.model_validate_json(page.content)
    assert [one["id"] for one in page.json()["items"]] == [second["id"]]
    rest = floor.get(f"{PATH}?limit=1&cursor={page.json()['next_cursor']}", EXACT).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([first["id"]], None)

    one = f"{PATH}/{first['id']}"
    etag = floor.get(one, EXACT).headers["etag"]
    assert floor.get(one, EXACT, headers={"if-none-match": etag}).status_code == 304
    assert floor.ask("PATCH", one, INGEST, json={}).json()["code"] == "missing_if_match"
    patch = {"expected_to": "2027-01-15T12:00:00Z", "lines": [{"sku": "TOTE", "qty": 8}]}
    changed = floor.ask("PATCH", one, INGEST, headers={"if-match": etag}, json=patch)
    assert (changed.status_code, changed.json()["pieces"]) == (200, 8)
    assert floor.ask("PATCH", one, INGEST, headers={"if-match": etag}, json=patch).status_code == 412
    done = floor.ask("POST", one + "/receive", INGEST)
    assert (done.json()["state"], done.json()["missing"], shop.pieces("TOTE")) == ("received", 0, 8)
    assert floor.ask("POST", one + "/receive", INGEST).json() == done.json()
    assert floor.ask("POST", one + "/cancel", INGEST).json()["code"] == "wrong_state"
    assert floor.ask("POST", one + "/receive", INGEST, json={"zone": "cellar"}).json()["state"] == "received"
    other = f"{PATH}/{second['id']}"
    assert (
        floor.ask("POST", other + "/receive", INGEST, json={"zone": "cellar"}).json()["code"]
        == "unknown_zone"
    )
    assert floor.ask("POST", other + "/cancel", INGEST).json()["state"] == "cancelled"
    assert floor.ask("POST", other + "/close", INGEST).json()["code"] == "wrong_state"
    actions = [(entry.action, entry.key_id) for entry in shop.audited]
    assert actions[-3:] == [("deliveries.amend", "id-ingest"), ("deliveries.receive", "id-ingest"), ("deliveries.cancel", "id-ingest")]  # fmt: skip


def test_who_may() -> None:
    """Announced with ingest:write in one's own store; seen with quantities; of others nothing is said."""
    documents = Documents()
    floor = floor_of(documents)
    foreign = documents.shop.announce(("TOTE", 1), store="paris-1")
    assert post(floor, key=READ).status_code == 403
    assert post(floor, asked(store="paris-1"), key=LYON_INGEST).json()["code"] == "forbidden_store"
    assert post(floor, asked(store="nice-9"), key=LYON_INGEST).json()["code"] == "forbidden_store"
    assert post(floor, asked(store="nice-9"), key=ADMIN).json()["code"] == "unknown_store"
    assert floor.get(PATH, READ).status_code == 403
    assert floor.get(PATH, LYON_INGEST).json()["items"] == []
    assert len(floor.get(PATH, INGEST).json()["items"]) == 1
    documents.shop.engine.state.deliveries._all["dl_000000000000"] = documents.shop.delivery(foreign)
    for path, method in (("", "GET"), ("/receive", "POST"), ("/close", "POST"), ("/cancel", "POST")):
        answer = floor.ask(method, f"{PATH}/dl_000000000000{path}", LYON_INGEST)
        assert answer.json()["code"] == "unknown_delivery", path


def test_a_full_gateway_takes_nothing() -> None:
    """503 with when to ask again, for what is announced and for what is changed."""
    documents = Documents()
    floor = floor_of(documents)
    made = post(floor).json()
    documents.pipeline.full = True
    for answer in (post(floor, once="k2"), floor.ask("POST", f"{PATH}/{made['id']}/close", INGEST)):
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            503,
            "overloaded",
            "1",
        )


def test_late_is_judged_when_it_is_asked() -> None:
    """No pass is needed for it."""
    documents = Documents()
    floor = floor_of(documents)
    made = post(floor).json()
    floor.clock.at_ns = documents.shop.delivery(made["id"]).due_ns + S
    assert floor.get(f"{PATH}/{made['id']}", EXACT).json()["is_late"] is True
