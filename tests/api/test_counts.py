"""Counts and adjustments over HTTP: the whole life, who may see what, and every refusal."""

import json
from typing import Any

import pytest

from api.schemas.adjustments import Adjustment, AdjustmentList
from api.schemas.counts import CountBody, CountEntryOutcomes, CountLineList, CountList
from tests.support.api_ports import ADMIN, COUNT, COUNT_EXACT, EXACT, INGEST, LYON_COUNT, READ, Floor

COUNTS = "/v1/stores/lyon-1/counts"
ADJUSTMENTS = "/v1/stores/lyon-1/adjustments"
ASKED = {"zones": ["floor"], "blind": True, "by": "hand"}
ADJUSTED = {"sku": "TOTE", "zone": "floor", "delta": -1, "change_from": 5, "reason": "damaged"}
ABSENT = "/" + "0" * 23
numbers = iter(range(1, 10_000))


def post(floor: Floor, path: str, body: object = None, key: str = COUNT, **headers: str) -> Any:
    """Return the answer to a POST, with an idempotency key of its own."""
    headers = {"idempotency-key": f"k{next(numbers)}"} | {n.replace("_", "-"): v for n, v in headers.items()}
    more = {} if body is None else {"json": body}
    return floor.ask("POST", path, key, headers=headers, **more)


def opened(floor: Floor, key: str = COUNT, **asked: object) -> str:
    """Return the address of a count that must be opened."""
    answer = post(floor, COUNTS, ASKED | asked, key)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def told(floor: Floor, path: str, *entries: dict[str, object], key: str = COUNT) -> Any:
    """Return what became of entries, ids of their own."""
    given = [{"entry_id": f"e{next(numbers)}"} | entry for entry in entries]
    answer = post(floor, path + "/lines", {"entries": given}, key)
    assert answer.status_code == 200, answer.text
    return CountEntryOutcomes.model_validate_json(answer.content)


def code(answer: Any) -> tuple[int, str]:
    """Return the status and code of a problem."""
    return answer.status_code, answer.json()["code"]


def test_a_whole_count_from_its_start_to_its_approval() -> None:
    """Opened, entered into, submitted, looked at by who may, approved: the level follows."""
    floor = Floor()
    path = opened(floor)
    seen = told(
        floor, path, {"sku": "TOTE", "qty": 2, "counter": "a"}, {"gtin": "03012345000123", "counter": "b"}
    )
    assert (seen.applied, [r.sku for r in seen.results]) == (2, ["TOTE", "TOTE"])
    submitted = post(floor, path + "/submit")
    assert (submitted.status_code, submitted.json()["state"]) == (200, "submitted")
    lines = CountLineList.model_validate_json(floor.get(path + "/lines", COUNT_EXACT).content)
    (line,) = lines.items
    assert (line.sku, line.seen, line.expected, line.missing, line.extra) == ("TOTE", 3, 5, 2, 0)
    assert [(c.counter, c.qty) for c in line.counters] == [("a", 2), ("b", 1)]
    approved = post(floor, path + "/approve", {"reason": "agreed"}, ADMIN, if_match=submitted.headers["etag"])
    body = CountBody.model_validate_json(approved.content)
    assert (approved.status_code, body.state, body.closed_by, body.reason) == (
        200,
        "approved",
        "id-admin",
        "agreed",
    )
    assert body.totals is not None
    assert floor.counted.shop.levels("TOTE") == {"floor": 3}
    again = post(floor, path + "/approve", None, ADMIN, if_match='"1"')
    assert again.content == approved.content


def test_opening_again_with_the_same_key_opens_nothing() -> None:
    """The stored answer comes, marked; other content is refused."""
    floor = Floor()
    headers = {"idempotency-key": "same"}
    first, again = (floor.ask("POST", COUNTS, COUNT, json=ASKED, headers=headers) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = floor.ask("POST", COUNTS, COUNT, json=ASKED | {"note": "x"}, headers=headers)
    assert code(other) == (422, "idempotency_key_reused")
    assert len(floor.get(COUNTS, COUNT).json()["items"]) == 1
    assert code(floor.ask("POST", COUNTS, COUNT, json=ASKED)) == (400, "missing_idempotency_key")


def test_nothing_tells_those_who_count_blindly_what_is_expected() -> None:
    """Not the count, not its lines, no total, no refusal: whatever is expected, the answers are the same."""
    told_of: list[list[str]] = []
    for pieces in (5, 9):
        floor = Floor()
        if pieces > 5:
            floor.counted.shop.tell("receive", sku="TOTE", qty=pieces - 5, zone="floor")
            floor.counted.shop.tell("receive", sku="CANDLE", qty=2, zone="floor")
            floor.counted.shop.live(floor.counted.shop.now)
        path = opened(floor)
        entry = {"entry_id": "x", "sku": "TOTE", "qty": 3, "mode": "set"}
        answers = [
            floor.get(path, COUNT),
            floor.get(path + "/lines", COUNT),
            post(floor, path + "/lines", {"entries": [entry]}),
            floor.get(path + "/lines", COUNT),
            post(floor, path + "/submit"),
            floor.get(path, COUNT),
            floor.get(COUNTS, COUNT),
            floor.get(path + "/lines", COUNT),
            post(floor, path + "/recount", {"lines": [{"zone": "floor"}]}),
            floor.get(path + "/lines", COUNT),
            post(floor, ADJUSTMENTS, ADJUSTED | {"change_from": 700}),
            post(floor, path + "/cancel"),
            floor.get(path, COUNT),
            floor.get(path + "/lines", COUNT),
        ]
        count_id = path.rpartition("/")[2]
        told_of.append([_without(answer.json(), count_id) for answer in answers])
    assert told_of[0] == told_of[1]


def _without(body: Any, count_id: str) -> str:
    """Return a body as text, but for what is new with each request."""
    body.pop("trace_id", None)
    return json.dumps(body).replace(count_id, "ID")


def test_those_who_may_see_quantities_see_what_is_expected() -> None:
    """With availability:exact, of a blind count too; and of one that is not blind, whoever counts."""
    floor = Floor()
    path = opened(floor)
    assert floor.get(path + "/lines", EXACT).json()["items"][0]["expected"] == 5
    post(floor, path + "/cancel")
    assert code(post(floor, COUNTS, ASKED | {"blind": False})) == (403, "insufficient_scope")
    path = opened(floor, COUNT_EXACT, blind=False)
    assert floor.get(path + "/lines", COUNT).json()["items"][0]["expected"] == 5


@pytest.mark.parametrize(("key", "reads", "writes"), [
    (READ, 403, 403), (EXACT, 200, 403), (INGEST, 403, 403), (COUNT, 200, 201), (ADMIN, 200, 201), (None, 401, 401),
])  # fmt: skip
def test_who_may_count_and_who_may_look(key: str | None, reads: int, writes: int) -> None:
    """counts:write changes; availability:exact looks."""
    floor = Floor()
    headers = {"idempotency-key": "k"}
    assert floor.ask("POST", COUNTS, key, json=ASKED, headers=headers).status_code == writes
    headers = {"idempotency-key": "l"}
    assert floor.ask("POST", ADJUSTMENTS, key, json=ADJUSTED, headers=headers).status_code == writes
    path = floor.get(COUNTS, ADMIN).json()["items"]
    one = COUNTS + (f"/{path[0]['id']}" if path else ABSENT)
    for address in (COUNTS, ADJUSTMENTS, one, one + "/lines"):
        expected = 404 if reads == 200 and not path and address.startswith(one) else reads
        assert floor.get(address, key).status_code == expected
    for verb in ("lines", "submit", "recount", "approve", "reject", "cancel"):
        expected = {201: {200, 404, 409, 412, 422, 428}}.get(writes, {writes})
        assert floor.ask("POST", f"{one}/{verb}", key, json={}).status_code in expected


def test_a_key_of_a_store_counts_there_alone() -> None:
    """Another store is 403, whether it exists or not; a count of one store is not found below another."""
    floor = Floor()
    path = opened(floor, LYON_COUNT)
    for store in ("paris-2", "nice-9"):
        for address in ("counts", "adjustments", "counts/" + path.rpartition("/")[2]):
            assert code(floor.get(f"/v1/stores/{store}/{address}", LYON_COUNT)) == (403, "forbidden_store")
    other = path.replace("lyon-1", "paris-2")
    assert code(floor.get(other, COUNT)) == (404, "unknown_count")
    assert code(post(floor, other + "/submit")) == (404, "unknown_count")
    assert code(floor.get("/v1/stores/nice-9/counts", COUNT)) == (404, "unknown_store")
    assert code(floor.get(COUNTS + ABSENT, COUNT)) == (404, "unknown_count")


@pytest.mark.parametrize(("change", "status", "problem"), [
    ({"zones": ["cellar"]}, 404, "unknown_zone"),
    ({"skus": ["TREE"]}, 404, "unknown_sku"),
    ({"skus": ["TOTE"], "department": "Bags"}, 422, "invalid_request"),
    ({"by": "eye"}, 422, "invalid_request"),
    ({"tolerance": {"percent": 51}}, 422, "invalid_request"),
    ({"blin": True}, 422, "invalid_request"),
])  # fmt: skip
def test_a_count_that_cannot_be_is_refused(change: dict[str, object], status: int, problem: str) -> None:
    """With its code; nothing is opened."""
    floor = Floor()
    assert code(post(floor, COUNTS, ASKED | change)) == (status, problem)
    assert floor.get(COUNTS, COUNT).json()["items"] == []


def test_steps_from_the_wrong_state_are_refused_with_their_codes() -> None:
    """And those of an older version, where one is named."""
    floor = Floor()
    path = opened(floor, second_key=True)
    assert code(post(floor, COUNTS, ASKED)) == (409, "zone_being_counted")
    assert code(post(floor, path + "/approve")) == (428, "missing_if_match")
    assert code(post(floor, path + "/approve", if_match="*")) == (428, "missing_if_match")
    assert code(post(floor, path + "/approve", if_match='"1"')) == (409, "count_not_submitted")
    assert code(post(floor, path + "/submit")) == (409, "nothing_counted")
    told(floor, path, {"sku": "TOTE", "qty": 1})
    assert code(post(floor, path + "/submit", if_match='"1"')) == (412, "count_changed")
    assert code(post(floor, path + "/submit", {"incomplete": ["back"]})) == (404, "unknown_zone")
    etag = post(floor, path + "/submit", if_match='"2"').headers["etag"]
    assert code(post(floor, path + "/lines", {"entries": [{"entry_id": "z", "sku": "TOTE"}]})) == (
        409,
        "count_not_open",
    )
    assert code(post(floor, path + "/recount", {"lines": [{"zone": "floor", "sku": "TREE"}]})) == (
        404,
        "unknown_sku",
    )
    assert code(post(floor, path + "/approve", if_match=etag)) == (409, "second_key_needed")
    assert post(floor, path + "/reject", if_match=etag, key=ADMIN).json()["state"] == "rejected"
    assert code(post(floor, path + "/cancel")) == (409, "count_over")
    path = opened(floor, skus=["TOTE"])
    told(floor, path, {"sku": "TOTE", "qty": 1})
    post(floor, path + "/submit")
    assert code(post(floor, path + "/recount", {"lines": [{"zone": "floor", "sku": "TEE"}]})) == (
        409,
        "sku_not_counted",
    )


def test_entries_are_answered_one_by_one() -> None:
    """Applied, known already, refused with a pointer; a malformed one refuses its batch."""
    floor = Floor()
    path = opened(floor)
    entry = {"entry_id": "a", "sku": "TOTE", "qty": 2}
    seen = told(
        floor, path, entry, entry, entry | {"qty": 3}, {"sku": "TREE"}, {"sku": "TOTE", "zone": "back"}
    )
    assert [(r.outcome, r.code, r.pointer) for r in seen.results] == [
        ("applied", None, None),
        ("duplicate", None, None),
        ("refused", "entry_id_reused", "/entries/2/entry_id"),
        ("refused", "unknown_sku", "/entries/3/sku"),
        ("refused", "zone_not_counted", "/entries/4/zone"),
    ]
    assert (seen.applied, seen.duplicate, seen.refused) == (1, 1, 3)
    for bad in ({"sku": "TOTE", "epc": "30AA"}, {}, {"epc": "30AA", "qty": 2}, {"sku": "TOTE", "qty": 0},
                {"gtin": "03012345000124"}):  # fmt: skip
        answer = post(floor, path + "/lines", {"entries": [{"entry_id": "b"} | bad]})
        assert code(answer) == (422, "invalid_request")


def test_counts_and_lines_come_in_pages() -> None:
    """With a cursor and a link; by state, where one is asked for."""
    floor = Floor()
    for zone in ("floor", "back", "till"):
        opened(floor, zones=[zone])
    floor.counted.shop.now += 1
    path = floor.get(COUNTS, COUNT).json()["items"][0]["id"]
    assert path
    first = floor.get(COUNTS + "?limit=2", COUNT)
    assert 'rel="next"' in first.headers["link"]
    rest = floor.get(COUNTS + "?limit=2&cursor=" + first.json()["next_cursor"], COUNT)
    ids = [one.id for page in (first, rest) for one in CountList.model_validate_json(page.content).items]
    assert len(set(ids)) == 3
    assert floor.get(COUNTS + "?state=approved", COUNT).json()["items"] == []
    one = next(
        f"{COUNTS}/{i['id']}" for i in floor.get(COUNTS, COUNT).json()["items"] if i["zones"] == ["floor"]
    )
    told(floor, one, {"sku": "TOTE"}, {"sku": "TEE"}, {"sku": "CANDLE"})
    found, cursor = [], ""
    while cursor is not None:
        page = floor.get(f"{one}/lines?limit=1{cursor and '&cursor=' + cursor}", COUNT).json()
        found += [line["sku"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert found == ["CANDLE", "TEE", "TOTE"]


def test_a_level_is_corrected_where_it_is_what_the_caller_knew() -> None:
    """201 with what it did; then the number is stale, and told to those alone who may see quantities."""
    floor = Floor()
    answer = post(floor, ADJUSTMENTS, ADJUSTED | {"reference": "DMG-7", "note": "zip; torn"})
    made = Adjustment.model_validate_json(answer.content)
    assert (answer.status_code, made.on_hand, made.reason) == (201, 4, "damaged")
    assert [(z.zone, z.pieces) for z in made.zones] == [("floor", -1)]
    stale = post(floor, ADJUSTMENTS, ADJUSTED)
    assert (code(stale), "current" in stale.json()) == ((409, "stale_quantity"), False)
    assert post(floor, ADJUSTMENTS, ADJUSTED, COUNT_EXACT).json()["current"] == 4
    listed = AdjustmentList.model_validate_json(floor.get(ADJUSTMENTS, COUNT).content)
    assert [(a.id, a.reason, a.reference, a.note) for a in listed.items] == [
        (made.id, "damaged", "DMG-7", "zip; torn")
    ]
    audited = floor.counted.shop.engine.state
    assert audited.touched == set()


def test_a_repeated_correction_is_made_once() -> None:
    """The same key, the same answer, one movement."""
    floor = Floor()
    headers = {"idempotency-key": "same"}
    first, again = (floor.ask("POST", ADJUSTMENTS, COUNT, json=ADJUSTED, headers=headers) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert floor.counted.shop.levels("TOTE") == {"floor": 4}


@pytest.mark.parametrize(("change", "status", "problem"), [
    ({"sku": "TREE"}, 404, "unknown_sku"),
    ({"zone": "cellar"}, 404, "unknown_zone"),
    ({"delta": -6}, 409, "below_zero"),
    ({"epcs": ["30AA"]}, 409, "tags_elsewhere"),
    ({"delta": 0}, 422, "invalid_request"),
    ({"set_to": 4}, 422, "invalid_request"),
    ({"delta": None}, 422, "invalid_request"),
    ({"epcs": ["30AA", "30AB"]}, 422, "invalid_request"),
    ({"reason": "rats"}, 422, "invalid_request"),
    ({"reference": "a;b"}, 422, "invalid_request"),
])  # fmt: skip
def test_a_correction_that_cannot_be_is_refused(change: dict[str, object], status: int, problem: str) -> None:
    """With its code; the level stays."""
    floor = Floor()
    assert code(post(floor, ADJUSTMENTS, ADJUSTED | change, COUNT_EXACT)) == (status, problem)
    assert floor.counted.shop.levels("TOTE") == {"floor": 5}


def test_a_gateway_that_is_full_says_when_to_ask_again() -> None:
    """503 for each change, and nothing is done."""
    floor = Floor()
    path = opened(floor)
    floor.counted.full = True
    entry = {"entries": [{"entry_id": "a", "sku": "TOTE"}]}
    for answer in (
        post(floor, COUNTS, ASKED),
        post(floor, ADJUSTMENTS, ADJUSTED),
        post(floor, path + "/lines", entry),
        post(floor, path + "/cancel"),
    ):
        assert (code(answer), answer.headers["retry-after"]) == ((503, "overloaded"), "1")
