"""POST /v1/availability/query and /v1/pickup-options: many pairs, near a place, a whole basket."""

from dataclasses import replace
from math import inf
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.baskets import Line, Option, as_sure_as, ranked, summed
from api.places import Placed, distance_km, near
from api.schemas.query import AvailabilityQueryAnswer, PickupOptions
from gateway.ports.inventory import Belief, StoreInfo
from tests.support.api_ports import (
    EXACT,
    INGEST,
    LYON,
    LYON_EXACT,
    NOW_NS,
    PARIS,
    READ,
    Floor,
    S,
    article,
    availability,
)

QUERY, PICKUP = "/v1/availability/query", "/v1/pickup-options"
DENIM, TEE = "DEN-501-32", "TEE-WHT-M"
IN_LYON, IN_PARIS = (45.7605, 4.8597), (48.8606, 2.3376)
BELLECOUR = {"lat": 45.7578, "lon": 4.8320}
SURE = Belief(6.0, (1.0, 0.99, 0.9), (2, 6))


def shops() -> Floor:
    """Return two shops on the map: denim in both, tees in Lyon alone; a variant of the denim in Paris."""
    floor = Floor()
    floor.inventory.places = [replace(LYON, position=IN_LYON), replace(PARIS, position=IN_PARIS)]
    floor.inventory.listed = [
        article(DENIM, model="DEN-501", size="32", colour="indigo"),
        article("DEN-501-33", model="DEN-501", size="33", colour="indigo"),
        article("DEN-501-33B", model="DEN-501", size="33", colour="black"),
        article(TEE),
    ]
    found = floor.inventory.found
    found["paris-2", TEE] = availability(
        store="paris-2", sku=TEE, pickup="no", reasons=("not_enough",), available=0
    )
    for sku in ("DEN-501-33", "DEN-501-33B"):
        found["lyon-1", sku] = availability(sku=sku, pickup="no", reasons=("not_enough",), available=0)
        found["paris-2", sku] = availability(store="paris-2", sku=sku)
    return floor


def ask(floor: Floor, path: str, body: dict[str, Any], key: str = EXACT) -> httpx.Response:
    """Return the answer to a question."""
    return floor.ask("POST", path, key, json=body)


def test_many_pairs_are_answered_as_single_ones_are() -> None:
    """By store, then as the items were asked; each answer is the one that a GET gives."""
    floor = shops()
    answer = ask(floor, QUERY, {"items": [{"sku": TEE}, {"sku": DENIM, "qty": 2}]})
    AvailabilityQueryAnswer.model_validate_json(answer.content)
    assert [(i["store"], i["sku"]) for i in answer.json()["items"]] == [
        ("lyon-1", TEE), ("lyon-1", DENIM), ("paris-2", TEE), ("paris-2", DENIM),
    ]  # fmt: skip
    assert answer.json()["items"][1] == floor.get(f"/v1/stores/lyon-1/availability/{DENIM}?qty=2").json()
    assert answer.headers["cache-control"] == "private, no-store"
    assert floor.inventory.asked_qty[:4] == [1, 2, 1, 2]


def test_near_a_place_the_nearest_come_first_and_the_far_not_at_all() -> None:
    """Distances to 0.1 km; a store without a position is nowhere near."""
    floor = shops()
    answer = ask(floor, QUERY, {"items": [{"sku": DENIM}], "near": {**BELLECOUR, "radius_km": 1_000}}).json()
    assert answer["stores"] == [
        {"store": "lyon-1", "distance_km": 2.2},
        {"store": "paris-2", "distance_km": 392.9},
    ]
    answer = ask(floor, QUERY, {"items": [{"sku": DENIM}], "near": BELLECOUR}).json()
    assert [i["store"] for i in answer["items"]] == ["lyon-1"]
    floor.inventory.places = [LYON]
    answer = ask(floor, QUERY, {"items": [{"sku": DENIM}], "near": BELLECOUR}).json()
    assert (answer["items"], answer["stores"], answer["unknown_skus"]) == ([], [], [])


def test_without_near_no_distance_is_told() -> None:
    """null rather than 0."""
    answer = ask(shops(), QUERY, {"items": [{"sku": DENIM}], "stores": ["paris-2"]}).json()
    assert answer["stores"] == [{"store": "paris-2", "distance_km": None}]


def test_a_caller_may_ask_for_more_certainty() -> None:
    """What is less sure than min_probability is not promised, and says why; what is not measured stays."""
    floor = shops()
    floor.inventory.found["lyon-1", DENIM] = availability(
        belief=SURE, p_at_least_requested=0.99, ready_by_ns=NOW_NS
    )
    for least, pickup, reasons in ((0.99, "yes", []), (0.995, "no", ["not_sure"])):
        body = {"items": [{"sku": DENIM}, {"sku": TEE}], "stores": ["lyon-1"], "min_probability": least}
        denim, tee = ask(floor, QUERY, body).json()["items"]
        assert (denim["promise"]["pickup"], denim["promise"]["reasons"]) == (pickup, reasons)
        assert (denim["promise"]["ready_by"] is None) == (pickup == "no")
        assert tee["promise"]["pickup"] == "yes"


def test_a_shopper_is_not_blocked_by_their_own_hold() -> None:
    """The reservation to leave out is handed on with every look-up."""
    floor = shops()
    own = "19aa5d3c6b04f1d27c90be1"
    ask(floor, QUERY, {"items": [{"sku": DENIM}], "exclude_reservation": own})
    assert set(floor.inventory.excluded) == {own}


def test_unknown_skus_cost_no_other_answer() -> None:
    """They are named; where all are unknown, it is 404 with the place of each in the body."""
    floor = shops()
    answer = ask(floor, QUERY, {"items": [{"sku": "NIX"}, {"sku": DENIM}], "stores": ["lyon-1"]}).json()
    assert ([i["sku"] for i in answer["items"]], answer["unknown_skus"]) == ([DENIM], ["NIX"])
    for path, name in ((QUERY, "items"), (PICKUP, "lines")):
        answer = ask(floor, path, {name: [{"sku": "NIX"}, {"sku": "NIX"}]})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sku")
        places = [error["pointer"] for error in answer.json()["errors"]]
        assert places == [f"/{name}/0/sku", f"/{name}/1/sku"]


@pytest.mark.parametrize(
    ("path", "name"), [(QUERY, "items"), (PICKUP, "lines"), ("/v1/ship-options", "lines")]
)
def test_a_key_for_bands_cannot_close_in_on_a_probability(path: str, name: str) -> None:
    """It may ask for a few steps of certainty; every other one needs availability:exact."""
    for least, status in ((0.9, 200), (0.95, 200), (0.99, 200), (0.9501, 403), (0.0, 403)):
        body = {name: [{"sku": DENIM}], "min_probability": least}
        answer = ask(shops(), path, body, READ)
        assert answer.status_code == status, least
        assert status == 200 or answer.json()["code"] == "insufficient_scope"
        assert ask(shops(), path, body).status_code == 200


@pytest.mark.parametrize(("path", "name"), [(QUERY, "items"), (PICKUP, "lines")])
def test_a_band_is_all_that_some_may_see(path: str, name: str) -> None:
    """With availability:read no quantity and no probability, and no more than ten pieces asked."""
    floor = shops()
    floor.inventory.found["lyon-1", DENIM] = availability(belief=SURE, p_at_least_requested=0.99)
    answer = ask(floor, path, {name: [{"sku": DENIM, "qty": 10}]}, READ)
    assert answer.status_code == 200
    assert '"quantities"' not in answer.text
    assert "0.99" not in answer.text
    assert ask(floor, path, {name: [{"sku": DENIM, "qty": 11}]}, READ).json()["code"] == "insufficient_scope"
    assert ask(floor, path, {name: [{"sku": DENIM}]}, INGEST).json()["code"] == "insufficient_scope"


def test_lines_of_one_article_do_not_get_around_the_band() -> None:
    """Two lines of six are twelve pieces."""
    answer = ask(shops(), PICKUP, {"lines": [{"sku": DENIM, "qty": 6}] * 2}, READ)
    assert answer.json()["code"] == "insufficient_scope"


@pytest.mark.parametrize(("path", "name"), [(QUERY, "items"), (PICKUP, "lines")])
def test_a_key_of_one_store_asks_about_that_store_alone(path: str, name: str) -> None:
    """Named: 403; left out or near: the others are not there."""
    floor = shops()
    refused = ask(floor, path, {name: [{"sku": DENIM}], "stores": ["paris-2"]}, LYON_EXACT)
    assert refused.json()["code"] == "forbidden_store"
    for where in ({}, {"near": {**BELLECOUR, "radius_km": 1_000}}):
        items = ask(floor, path, {name: [{"sku": DENIM}], **where}, LYON_EXACT).json()["items"]
        assert [i["store"] for i in items] == ["lyon-1"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"items": [{"sku": DENIM}], "stores": ["lyon-1"], "near": BELLECOUR}, "stores and near exclude each other"),
        ({"items": []}, "at least 1 item"),
        ({"items": [{"sku": DENIM}], "near": {"lat": 91, "lon": 0}}, "less than or equal to 90"),
        ({"items": [{"sku": DENIM, "qtty": 2}]}, "did you mean 'qty'?"),
        ({"items": [{"sku": "a b"}]}, "/items/0/sku"),
        ({"items": [{"sku": DENIM}], "min_probability": 1.5}, "less than or equal to 1"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused_in_words(body: dict[str, Any], said: str) -> None:
    """422, with the place in the body."""
    answer = ask(shops(), QUERY, body)
    assert answer.json()["code"] == "invalid_request"
    assert said in answer.text


def test_an_item_that_is_wrong_is_told_once() -> None:
    """Not as a list that is too short besides, because nothing of it was right."""
    for items in ([{"sku": DENIM, "qty": 1.5}], [{"sku": DENIM, "qty": 1.5}, 5]):
        errors = ask(shops(), QUERY, {"items": items}).json()["errors"]
        assert [error["pointer"] for error in errors] == ["/items/0/qty", "/items/1"][: len(items)]


def test_a_thousand_pairs_are_the_most() -> None:
    """Beyond that the question is to be split."""
    floor = shops()
    items = [{"sku": DENIM}] * 500
    assert len(ask(floor, QUERY, {"items": items}).json()["items"]) == 1_000
    for more in (
        {"items": [*items, {"sku": DENIM}]},
        {"items": [*items * 2, {"sku": DENIM}], "stores": ["lyon-1"]},
    ):
        refused = ask(floor, QUERY, more)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_pairs")


def test_the_store_that_has_all_of_it_comes_first() -> None:
    """Lyon is nearer to nobody here, but it alone has tees; what Paris lacks is said line by line."""
    answer = ask(shops(), PICKUP, {"lines": [{"sku": DENIM}, {"sku": TEE, "qty": 1}]})
    PickupOptions.model_validate_json(answer.content)
    lyon, paris = answer.json()["items"]
    assert (lyon["store"], lyon["coverable"]) == ("lyon-1", True)
    assert (paris["store"], paris["coverable"]) == ("paris-2", False)
    assert [line["pickup"] for line in paris["lines"]] == ["yes", "no"]
    assert paris["lines"][1]["reasons"] == ["not_enough"]
    assert len(ask(shops(), PICKUP, {"lines": [{"sku": DENIM}], "limit": 1}).json()["items"]) == 1


def test_a_basket_is_as_sure_as_all_of_its_lines_and_as_late_as_the_last() -> None:
    """0.9 × 0.8; the later of two times."""
    floor = shops()
    for sku, p, late_s in ((DENIM, 0.9, 900), (TEE, 0.8, 600)):
        floor.inventory.found["lyon-1", sku] = availability(
            sku=sku, belief=SURE, p_at_least_requested=p, ready_by_ns=NOW_NS + late_s * S
        )
    body = {"lines": [{"sku": DENIM}, {"sku": TEE}], "stores": ["lyon-1"]}
    [option] = ask(floor, PICKUP, body).json()["items"]
    assert option["probability"] == pytest.approx(0.72)
    assert option["ready_by"] == option["lines"][0]["ready_by"] > option["lines"][1]["ready_by"]


def test_other_sizes_and_colours_are_offered_for_what_is_not_there() -> None:
    """Those nearest in kind first, with the stores that have them; nothing where all is there."""
    floor = shops()
    floor.inventory.found["lyon-1", DENIM] = availability(pickup="no", reasons=("not_enough",), available=0)
    floor.inventory.found["paris-2", DENIM] = availability(
        store="paris-2", pickup="no", reasons=("not_enough",)
    )
    body = {"lines": [{"sku": DENIM}, {"sku": TEE}], "alternatives": True}
    answer = ask(floor, PICKUP, body)
    PickupOptions.model_validate_json(answer.content)
    assert [(v["sku"], v["differs_in"], v["stores"]) for v in answer.json()["variants"]] == [
        ("DEN-501-33", ["size"], ["paris-2"]),
        ("DEN-501-33B", ["size", "colour"], ["paris-2"]),
    ]
    assert {v["instead_of"] for v in answer.json()["variants"]} == {DENIM}
    assert ask(floor, PICKUP, {**body, "alternatives": False}).json()["variants"] == []
    assert ask(shops(), PICKUP, body).json()["variants"] == []


def test_a_place_that_only_ships_is_no_place_to_pick_up_at() -> None:
    """Unless it is named: then its answer says why not."""
    floor = shops()
    floor.inventory.places[0] = replace(floor.inventory.places[0], fulfilment=("ship",))
    body = {"lines": [{"sku": DENIM}]}
    assert [item["store"] for item in ask(floor, PICKUP, body).json()["items"]] == ["paris-2"]
    named = ask(floor, PICKUP, {**body, "stores": ["lyon-1"]}).json()["items"]
    assert [item["store"] for item in named] == ["lyon-1"]


# -- rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        (IN_LYON, IN_LYON, 0.0),
        ((0.0, 0.0), (0.0, 180.0), 20_015.1),  # half the equator
        ((90.0, 0.0), (-90.0, 77.0), 20_015.1),  # pole to pole
        ((0.0, 179.5), (0.0, -179.5), 111.2),  # over the date line
    ],
)
def test_distances_are_those_of_great_circles(a: Any, b: Any, km: float) -> None:
    """Also around the earth's seams."""
    assert distance_km(a, b) == pytest.approx(km, abs=0.1)


points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(points, points, points)
def test_a_detour_is_never_shorter(a: Any, b: Any, c: Any) -> None:
    """Distances are symmetric and keep the triangle's rule."""
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-6)
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-6


@given(st.lists(st.none() | points, max_size=8), points, st.floats(1, 21_000))
def test_near_is_sorted_whole_and_within_the_radius(places: Any, here: Any, radius_km: float) -> None:
    """Every store within the radius, once, nearest first."""
    stores = [StoreInfo(f"s-{n}", "", "UTC", (), position=p) for n, p in enumerate(places)]
    found = near(stores, here, radius_km)
    distances = [placed.distance_km or 0.0 for placed in found]
    assert distances == sorted(distances)
    inside = {s.id for s in stores if s.position is not None and distance_km(here, s.position) <= radius_km}
    assert {placed.store.id for placed in found} == inside
    assert len(found) == len(inside)


def option(distance: float | None, *lines: tuple[str, float | None, int | None]) -> Option:
    """Return an option of lines (pickup, probability, ready by)."""
    answers = [
        availability(pickup=pickup, p_at_least_requested=p, ready_by_ns=ready) for pickup, p, ready in lines
    ]
    return Option(Placed(LYON, distance), tuple(answers))


def test_options_are_ranked_by_what_matters_most_first() -> None:
    """Whole basket, then most lines, then surest, then soonest, then nearest."""
    whole_sure = option(9.0, ("yes", 0.99, 9), ("yes", 0.99, 9))
    whole_less = option(1.0, ("yes", 0.95, 1), ("yes", 0.95, 1))
    half = option(0.1, ("yes", 1.0, 0), ("no", 0.5, None))
    later = option(0.1, ("yes", 0.99, 10), ("yes", 0.99, 9))
    farther = option(inf, ("yes", 0.99, 9), ("yes", 0.99, 9))
    nowhere = option(None, ("yes", 0.99, 9), ("yes", 0.99, 9))
    none = option(0.0, ("no", 0.0, None), ("no", 0.0, None))
    mixed = [none, half, nowhere, farther, later, whole_less, whole_sure]
    assert ranked(mixed) == [whole_sure, nowhere, farther, later, whole_less, half, none]


def test_what_is_unknown_has_no_probability() -> None:
    """Neither has a basket of which nothing is measured; the measured part of the rest counts."""
    assert option(None, ("yes", None, None)).probability is None
    assert option(None, ("yes", None, None), ("yes", 0.5, None)).probability == 0.5
    unknown = Option(Placed(LYON), (availability(status="UNKNOWN", pickup="no", p_at_least_requested=0.9),))
    assert unknown.probability is None
    assert as_sure_as(unknown.answers[0], 0.99) == unknown.answers[0]


def test_two_lines_of_one_article_are_one_wish() -> None:
    """Summed, in the order of their first mention."""
    assert summed([Line("b", 1), Line("a", 2), Line("b", 3)]) == [Line("b", 4), Line("a", 2)]
