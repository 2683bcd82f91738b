"""Transfers over HTTP: requested once, sent, received, ended; each store its own part."""

from typing import Any

from api.schemas.transfers import StoreTransfer, StoreTransferList
from gateway.reservations.model import LineAsked, NewReservation, Reservation
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_INGEST, READ, Floor
from tests.support.document_floor import floor_of
from tests.support.document_floor import post as post_to
from tests.support.fake_documents import Documents
from tests.support.small_site import S

PATH = "/v1/transfers"
DAY = 86_400 * S


def a_shop(totes: int = 5) -> tuple[Documents, Floor]:
    """Return a shop with totes, and its app."""
    documents = Documents()
    documents.shop.tell("receive", sku="TOTE", qty=totes)
    documents.shop.live(documents.shop.now)
    return documents, floor_of(documents)


def asked(**changes: Any) -> dict[str, Any]:
    """Return the body of a request."""
    return {"from": "lyon-1", "to": "paris-1", "lines": [{"sku": "TOTE", "qty": 2}]} | changes


def post(floor: Floor, body: Any, key: str = INGEST, once: str = "k1") -> Any:
    """Return the answer to a request for a transfer."""
    return post_to(floor, PATH, body, key, once)


def test_pieces_go_from_one_store_to_the_other() -> None:
    """Requested, nothing moves; sent, they are incoming there; received, they are there. Each step once."""
    documents, floor = a_shop()
    answer = post(floor, asked(reference="TO-118"))
    made = answer.json()
    StoreTransfer.model_validate_json(answer.content)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PATH}/{made['id']}")
    assert post(floor, asked(reference="TO-118")).headers["idempotent-replayed"] == "true"
    assert (made["state"], made["in_transit"], documents.shop.pieces("TOTE")) == ("requested", 0, 5)
    one = f"{PATH}/{made['id']}"
    sent = floor.ask("POST", one + "/send", INGEST).json()
    assert (sent["state"], sent["in_transit"], sent["difference"]) == ("sent", 2, 0)
    assert floor.ask("POST", one + "/send", INGEST).json() == sent
    there = floor.get("/v1/stores/paris-1/availability/TOTE", EXACT).json()
    assert (there["status"], there["quantities"]["incoming"], documents.shop.pieces("TOTE")) == (
        "INCOMING",
        2,
        3,
    )
    done = floor.ask("POST", one + "/receive", INGEST, json={"zone": "floor"}).json()
    assert (done["state"], done["arrived"], done["in_transit"]) == ("received", 2, 0)
    assert documents.shop.levels("TOTE", "paris-1") == {"floor": 2}
    assert floor.ask("POST", one + "/close", INGEST).json()["code"] == "wrong_state"
    listed = floor.get(f"{PATH}?store=paris-1&state=received", EXACT)
    StoreTransferList.model_validate_json(listed.content)
    assert [item["id"] for item in listed.json()["items"]] == [made["id"]]


def test_reserved_pieces_are_a_shortfall() -> None:
    """409 with what is free, for those who may see quantities; `force` sends them."""
    documents, floor = a_shop(2)
    shop = documents.shop
    wanted = NewReservation(("lyon-1",), (LineAsked("TOTE", 1),), "web")
    assert isinstance(shop.engine.desk.reserve("r1", wanted, shop.now), Reservation)
    shop.live(shop.now)
    one = f"{PATH}/{post(floor, asked()).json()['id']}"
    problem = floor.ask("POST", one + "/send", INGEST)
    assert [s["obtainable"] for s in problem.json()["shortfalls"]] == [None]
    assert "1" not in problem.json()["detail"].partition("asked for")[2]
    problem = floor.ask("POST", one + "/send", ADMIN)
    assert (problem.status_code, problem.json()["code"]) == (409, "insufficient_availability")
    assert [(s["sku"], s["requested"], s["obtainable"]) for s in problem.json()["shortfalls"]] == [
        ("TOTE", 2, 1)
    ]
    assert floor.ask("POST", one + "/send", INGEST, json={"force": True}).json()["state"] == "sent"


def test_what_does_not_come_is_the_difference() -> None:
    """After two weeks by itself, at once when it is closed; what was not sent is cancelled."""
    documents, floor = a_shop()
    first, second, third = (
        f"{PATH}/{post(floor, asked(), once=key).json()['id']}" for key in ("a", "b", "c")
    )
    for one in (first, second):
        floor.ask("POST", one + "/send", INGEST)
    closed = floor.ask("POST", first + "/close", INGEST).json()
    assert (closed["state"], closed["difference"], closed["in_transit"]) == ("closed", 2, 0)
    assert floor.ask("POST", second + "/cancel", INGEST).json()["code"] == "wrong_state"
    assert floor.ask("POST", third + "/cancel", INGEST).json()["state"] == "cancelled"
    floor.clock.at_ns = documents.shop.now + 14 * DAY + S
    late = floor.get(second, EXACT).json()
    assert (late["state"], late["difference"], late["in_transit"]) == ("sent", 2, 0)
    page = floor.get(f"{PATH}?limit=2", EXACT).json()
    rest = floor.get(f"{PATH}?limit=2&cursor={page['next_cursor']}", EXACT).json()
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


def test_each_store_has_its_part() -> None:
    """A key of the giving store sends and does not receive; a key without the scope sees nothing."""
    _, floor = a_shop()
    one = f"{PATH}/{post(floor, asked(), key=LYON_INGEST).json()['id']}"
    assert floor.ask("POST", one + "/send", LYON_INGEST).json()["state"] == "sent"
    assert floor.ask("POST", one + "/receive", LYON_INGEST).json()["code"] == "forbidden_store"
    assert floor.get(one, LYON_INGEST).status_code == 200
    assert floor.get(one, READ).status_code == 403
    assert post(floor, asked(), key=READ).status_code == 403
    foreign = asked(**{"from": "paris-1", "to": "nice-9"})
    assert post(floor, foreign, key=LYON_INGEST).json()["code"] == "forbidden_store"
    assert post(floor, foreign).json()["code"] == "unknown_store"
    same = post(floor, asked(to="lyon-1")).json()
    assert (same["code"], same["errors"][0]["pointer"]) == ("invalid_request", "/to")
    unknown = f"{PATH}/tr_000000000000"
    for method, step in (
        ("GET", ""),
        ("POST", "/send"),
        ("POST", "/receive"),
        ("POST", "/close"),
        ("POST", "/cancel"),
    ):
        assert floor.ask(method, unknown + step, INGEST).json()["code"] == "unknown_transfer"
