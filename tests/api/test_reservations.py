"""Reservations over HTTP: what reaches the gateway, what comes back, and who may ask."""

from dataclasses import replace
from typing import Any

import pytest

from api.schemas.problems import ProblemDocument
from api.schemas.reservations import Reservation as Body
from api.schemas.reservations import ReservationList
from gateway.reservations.model import (
    Amend,
    Collect,
    Command,
    Confirm,
    LineAsked,
    NewReservation,
    OtherVariant,
    Pick,
    Ready,
    Refusal,
    Release,
    Risk,
    Short,
    Shortfall,
    Transfer,
)
from tests.support.api_ports import (
    ADMIN,
    EXACT,
    INGEST,
    LYON_EXACT,
    LYON_RESERVE,
    NOW_NS,
    READ,
    RESERVE,
    Floor,
    S,
    article,
    reservation,
)

PATH = "/v1/reservations"
ASKED = {"store": "lyon-1", "lines": [{"sku": "DEN-501-32", "qty": 2}], "channel": "web"}
ID = f"{1:023x}"


def post(
    floor: Floor, body: object = ASKED, key: str | None = RESERVE, path: str = PATH, **headers: str
) -> Any:
    """Return the answer to a POST with an idempotency key."""
    headers = {"idempotency-key": "k1"} | headers
    return floor.ask("POST", path, key, json=body, headers=headers)


def kept(**fields: Any) -> Floor:
    """Return a floor that has one reservation."""
    floor = Floor()
    floor.reservations.kept[ID] = reservation(1, **fields)
    return floor


def step(floor: Floor, verb: str, body: object = None, key: str = RESERVE) -> Any:
    """Return the answer to a step of the reservation."""
    more = {} if body is None else {"json": body}
    return floor.ask("POST", f"{PATH}/{ID}/{verb}", key, **more)


# -- a new one ------------------------------------------------------------------------------------------


def test_what_is_asked_reaches_the_gateway_and_the_hold_comes_back() -> None:
    """201 with its address and ETag; every field of the request is passed on."""
    floor = Floor()
    body = ASKED | {"owner_ref": "cart-1", "ttl_s": 60, "allow_partial": True, "min_probability": 0.5}
    answer = post(floor, body)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PATH}/{ID}")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"1"', "private, no-store")
    assert "idempotent-replayed" not in answer.headers
    found = Body.model_validate_json(answer.content)
    assert (found.state, found.owner_ref, found.expires_at) == ("held", "cart-1", "2026-11-21T18:12:11Z")
    assert floor.reservations.asked == [
        NewReservation(
            ("lyon-1",),
            (LineAsked("DEN-501-32", 2),),
            "web",
            "cart-1",
            60 * S,
            True,
            0.5,
            ("lyon-1", "paris-2"),
        )
    ]


def test_defaults_and_a_ranking_of_stores() -> None:
    """Without ttl_s the site decides; stores are tried in order, each once."""
    floor = Floor()
    body = {
        "stores_ranked": ["paris-2", "lyon-1", "paris-2"],
        "lines": [{"sku": "TEE-WHT-M"}],
        "channel": "web",
    }
    assert post(floor, body).status_code == 201
    (asked,) = floor.reservations.asked
    assert (asked.stores, asked.lines, asked.ttl_ns) == (
        ("paris-2", "lyon-1"),
        (LineAsked("TEE-WHT-M", 1),),
        None,
    )
    assert (asked.min_probability, asked.allow_partial, asked.owner_ref) == (None, False, None)


def test_a_repeat_is_marked_as_such() -> None:
    """Granted or refused: the same answer with Idempotent-Replayed."""
    floor = Floor()
    first, again = post(floor), post(floor)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    floor.reservations.refuses = Refusal("insufficient_availability", "no")
    for replayed in (None, "true"):
        answer = post(floor, **{"idempotency-key": "k2"})
        assert answer.status_code == 409
        assert answer.headers.get("idempotent-replayed") == replayed


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 400, "missing_idempotency_key"),
        ("", 422, "invalid_request"),
        ("two words", 422, "invalid_request"),
        ("x" * 256, 422, "invalid_request"),
    ],
)
def test_a_hold_needs_an_idempotency_key(key: str | None, status: int, code: str) -> None:
    """Without one, or with one that is none, nothing is held."""
    floor = Floor()
    headers = {} if key is None else {"idempotency-key": key}
    answer = floor.ask("POST", PATH, RESERVE, json=ASKED, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert floor.reservations.asked == []


def test_a_shortage_tells_what_could_be_had_and_where() -> None:
    """409 with shortfalls and alternatives, in the problem's own shape."""
    floor = Floor()
    floor.reservations.refuses = Refusal(
        "insufficient_availability",
        "not all can be had",
        (Shortfall("lyon-1", "DEN-501-32", 2, 1, "not_enough", 0.25),),
        ("paris-2",),
    )
    body = post(floor).json()
    assert (body["status"], body["code"]) == (409, "insufficient_availability")
    assert body["shortfalls"] == [
        {"store": "lyon-1", "sku": "DEN-501-32", "requested": 2, "obtainable": 1, "reason": "not_enough",
         "probability": 0.25}
    ]  # fmt: skip
    assert body["alternatives"] == [{"store": "paris-2", "distance_km": None}]


def test_a_shortage_tells_what_could_be_had_nearby_and_in_another_size() -> None:
    """Other stores are asked nearest first, from the first store asked; variants bear their size and colour."""
    floor = Floor()
    lyon, paris = floor.inventory.places
    nice = replace(paris, id="nice-3", position=(43.7, 7.27))
    floor.inventory.places = [
        replace(paris, position=(48.86, 2.34)), replace(paris, id="depot"), nice, replace(lyon, position=(45.76, 4.86)),
    ]  # fmt: skip
    floor.inventory.listed = [article("DEN-501-33", size="33", colour="indigo")]
    floor.reservations.refuses = Refusal(
        "insufficient_availability",
        "not all can be had",
        (Shortfall("lyon-1", "DEN-501-32", 2, 0, "quota_reached"),),
        ("nice-3", "depot"),
        variants=(OtherVariant("DEN-501-32", "DEN-501-33", ("lyon-1",)),),
    )
    answer = post(floor)
    ProblemDocument.model_validate_json(answer.content)
    assert floor.reservations.asked[0].others == ("lyon-1", "nice-3", "paris-2", "depot")
    assert answer.json()["alternatives"] == [
        {"store": "nice-3", "distance_km": 297.8},
        {"store": "depot", "distance_km": None},
    ]
    assert answer.json()["variants"] == [
        {
            "instead_of": "DEN-501-32",
            "sku": "DEN-501-33",
            "size": "33",
            "colour": "indigo",
            "stores": ["lyon-1"],
        }
    ]


@pytest.mark.parametrize(
    ("code", "status", "retries"),
    [
        ("stock_unknown", 409, False),
        ("unknown_sku", 404, False),
        ("idempotency_key_reused", 422, False),
        ("idempotency_in_progress", 409, True),
        ("overloaded", 503, True),
    ],
)
def test_refusals_are_problems(code: Any, status: int, retries: bool) -> None:
    """Each by its code; those that pass by themselves say when to come again."""
    floor = Floor()
    floor.reservations.refuses = Refusal(code, "why", faults=(("/lines", "no such"),))
    answer = post(floor)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"] == [{"pointer": "/lines", "reason": "no such"}]
    assert ("retry-after" in answer.headers) == retries


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"store": None}, ""),
        ({"stores_ranked": ["lyon-1"]}, ""),
        ({"lines": []}, "/lines"),
        ({"lines": [{"sku": "A", "qty": 0}]}, "/lines/0/qty"),
        ({"lines": [{"sku": "A", "qty": 1_001}]}, "/lines/0/qty"),
        ({"lines": [{"sku": "A"}] * 101}, "/lines"),
        ({"lines": [{"sku": "no sku"}]}, "/lines/0/sku"),
        ({"ttl_s": 29}, "/ttl_s"),
        ({"ttl_s": 14_401}, "/ttl_s"),
        ({"channel": "Web Shop"}, "/channel"),
        ({"owner_ref": "Mr Smith"}, "/owner_ref"),
        ({"min_probability": 1.1}, "/min_probability"),
        ({"ttl": 60}, "/ttl"),
    ],
)
def test_what_is_wrong_in_a_request_is_pointed_at(change: dict[str, Any], pointer: str) -> None:
    """422, and nothing is held."""
    floor = Floor()
    answer = post(floor, {name: value for name, value in (ASKED | change).items() if value is not None})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert floor.reservations.asked == []


# -- who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [READ, EXACT, INGEST])
def test_holding_needs_the_scope(key: str) -> None:
    """reservations:write, or admin."""
    floor = kept()
    assert post(floor, key=key).json()["code"] == "insufficient_scope"
    assert step(floor, "confirm", key=key).json()["code"] == "insufficient_scope"
    assert post(floor, key=ADMIN).status_code == 201


def test_looking_goes_with_the_scope_or_with_exact_quantities() -> None:
    """Neither a band reader nor a till sees whose pieces are held."""
    floor = kept()
    for key, status in ((RESERVE, 200), (EXACT, 200), (READ, 403), (INGEST, 403), (None, 401)):
        assert floor.get(f"{PATH}/{ID}", key).status_code == status
        assert floor.get(PATH, key).status_code == status


def test_another_stores_reservation_is_as_good_as_none() -> None:
    """A bound key gets the same 404 for it as for an id of nothing, and holds nothing there."""
    floor = kept(store="paris-2")
    for answer in (
        floor.get(f"{PATH}/{ID}", LYON_RESERVE),
        floor.get(f"{PATH}/{'f' * 23}", LYON_RESERVE),
        step(floor, "release", key=LYON_RESERVE),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_reservation")
    assert floor.get(PATH, LYON_EXACT).json()["items"] == []
    assert floor.get(f"{PATH}?store=paris-2", LYON_RESERVE).json()["code"] == "forbidden_store"
    assert post(floor, ASKED | {"store": "paris-2"}, LYON_RESERVE).json()["code"] == "forbidden_store"
    mine = kept()
    assert step(mine, "transfer", {"store": "paris-2"}, LYON_RESERVE).json()["code"] == "forbidden_store"
    assert mine.reservations.commands == []
    assert post(floor, ASKED | {"store": "nowhere"}).json()["code"] == "unknown_store"
    asked = Floor()
    post(asked, key=LYON_RESERVE)
    assert asked.reservations.asked[0].others == ("lyon-1",), "alternatives are stores that the key sees"


# -- one and many -----------------------------------------------------------------------------------------


def test_a_reservation_is_told_whole() -> None:
    """Every field, by the schema; a confirmed one has a time to collect in place of an end of the hold."""
    risks = (Risk("DEN-501-32", "not_enough"),)
    floor = kept(
        state="confirmed", confirmed_ns=NOW_NS, expires_ns=NOW_NS + 86_400 * S, risks=risks, version=4
    )
    answer = floor.get(f"{PATH}/{ID}", RESERVE)
    found = Body.model_validate_json(answer.content)
    assert (found.expires_at, found.collect_by) == (None, "2026-11-22T18:02:11Z")
    assert (found.at_risk, found.risks[0].reason, found.version) == (True, "not_enough", 4)
    assert answer.headers["etag"] == '"4"'
    same = floor.get(f"{PATH}/{ID}", RESERVE, headers={"if-none-match": '"3", W/"4"'})
    assert (same.status_code, same.content) == (304, b"")
    assert floor.get(f"{PATH}/{ID}", RESERVE, headers={"if-none-match": '"3"'}).status_code == 200


def test_listings_are_paged_and_filtered() -> None:
    """Page by page each once; the filters reach the gateway; a key that sees no store asks nothing."""
    floor = Floor()
    for number in range(1, 6):
        one = reservation(number, created_ns=NOW_NS - number * S)
        floor.reservations.kept[one.id] = one
    seen, path = [], f"{PATH}?limit=2&state=held&state=ready&owner_ref=cart-1&due=2026-11-21T19:00:00Z"
    while path:
        answer = floor.get(path, RESERVE)
        page = ReservationList.model_validate_json(answer.content)
        seen += [item.id for item in page.items]
        link = answer.headers.get("link", "")
        assert (page.next_cursor is None) == (link == "")
        path = link[1:].partition(">")[0]
    assert seen == [f"{number:023x}" for number in range(1, 6)]
    query = floor.reservations.queries[0]
    assert (query.stores, query.states) == (("lyon-1", "paris-2"), ("held", "ready"))
    assert (query.owner_ref, query.due_ns, query.limit) == ("cart-1", 1_795_287_600 * S, 3)
    assert floor.get(f"{PATH}?cursor=nonsense", RESERVE).json()["code"] == "invalid_cursor"
    assert floor.get(f"{PATH}?states=held", RESERVE).json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("reservation_id", ["short", "G" * 23, "a" * 24])
def test_an_id_that_is_none_is_refused(reservation_id: str) -> None:
    """422 names the path."""
    answer = Floor().get(f"{PATH}/{reservation_id}", RESERVE)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/path/id")


# -- steps ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "body", "command"),
    [
        ("confirm", None, Confirm()),
        ("confirm", {}, Confirm()),
        ("confirm", {"collect_by": "2026-11-21T18:02:12Z"}, Confirm(NOW_NS + S)),
        ("release", None, Release()),
        ("short", {}, Short()),
        ("ready", None, Ready()),
        ("pick", {"epcs": ["aa01", "AA01", "AA02"]}, Pick(("AA01", "AA02"))),
        ("pick", {"lines": [{"sku": "TOTE", "qty": 2}]}, Pick(lines=(LineAsked("TOTE", 2),))),
        ("collect", None, Collect()),
        ("collect", {"sold_by_till": True}, Collect(sold_by_till=True)),
        ("transfer", {"store": "paris-2"}, Transfer("paris-2")),
    ],
)
def test_each_step_reaches_the_gateway(verb: str, body: object, command: Command) -> None:
    """200 with the reservation as it is then; a step that needs to say nothing needs no body."""
    floor = kept()
    answer = step(floor, verb, body)
    assert answer.status_code == 200, answer.text
    assert Body.model_validate_json(answer.content).id == ID
    assert floor.reservations.commands == [(ID, command)]


def test_a_step_that_is_refused_is_a_problem() -> None:
    """By its code; a body that is wrong reaches nobody."""
    floor = kept()
    floor.reservations.refuses = Refusal("wrong_state", "it is collected")
    answer = step(floor, "release")
    assert (answer.status_code, answer.json()["detail"]) == (409, "it is collected")
    for verb, body in (("release", {"why": "x"}), ("pick", {"epcs": ["xyz"]}), ("transfer", {})):
        assert step(floor, verb, body).status_code == 422
    assert step(floor, "transfer").json()["code"] == "unsupported_media_type"
    assert step(floor, "confirm", {"collect_by": "tomorrow"}).json()["errors"][0]["pointer"] == "/collect_by"
    assert len(floor.reservations.commands) == 1


def patch(floor: Floor, body: object, **headers: str) -> Any:
    """Return the answer to a PATCH."""
    return floor.ask("PATCH", f"{PATH}/{ID}", RESERVE, json=body, headers=headers)


def test_a_change_names_the_version_that_it_is_of() -> None:
    """If-Match, 428 without, 412 where it is older."""
    floor = kept()
    answer = patch(floor, {"ttl_s": 60, "lines": [{"sku": "TOTE", "qty": 0}]}, **{"if-match": '"7"'})
    assert answer.status_code == 200
    patch(floor, {"collect_by": "2026-11-21T18:02:12Z"}, **{"if-match": '"7"'})
    assert [command for _, command in floor.reservations.commands] == [
        Amend(7, 60 * S, None, (LineAsked("TOTE", 0),)),
        Amend(7, None, NOW_NS + S, ()),
    ]
    for headers in ({}, {"if-match": "*"}, {"if-match": '"x"'}):
        answer = patch(floor, {"ttl_s": 60}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (428, "missing_if_match")
    both = patch(floor, {"ttl_s": 60, "collect_by": "2026-11-21T18:02:12Z"}, **{"if-match": '"7"'})
    assert both.status_code == 422
    floor.reservations.refuses = Refusal("reservation_changed", "it is at version 8, not 7")
    assert patch(floor, {"ttl_s": 60}, **{"if-match": '"7"'}).status_code == 412
    floor.reservations.refuses = Refusal("beyond_limit", "too long", faults=(("/ttl_s", "at most 9 now"),))
    answer = patch(floor, {"ttl_s": 60}, **{"if-match": '"7"'})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/ttl_s")


# -- elsewhere --------------------------------------------------------------------------------------------


def test_the_own_hold_is_left_out_of_an_answer() -> None:
    """exclude_reservation reaches the gateway on both routes; a malformed id is refused."""
    floor = Floor()
    floor.get(f"/v1/stores/lyon-1/availability/DEN-501-32?exclude_reservation={ID}")
    floor.get(f"/v1/availability?sku=DEN-501-32&store=lyon-1&exclude_reservation={ID}")
    floor.get("/v1/stores/lyon-1/availability/DEN-501-32")
    assert floor.inventory.excluded == [ID, ID, None]
    assert floor.get("/v1/availability?sku=DEN-501-32&exclude_reservation=x").status_code == 422


def test_the_headers_that_are_needed_are_described() -> None:
    """Idempotency-Key and If-Match stand in the document as required."""
    document = Floor().app.openapi()
    for method, path, name in (("post", PATH, "Idempotency-Key"), ("patch", PATH + "/{id}", "If-Match")):
        found = {p["name"]: p["required"] for p in document["paths"][path][method]["parameters"]}
        assert found[name] is True
