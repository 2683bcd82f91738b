"""POST /v1/ship-options: whole before split, sure, near, and not what the store's own customers would have bought."""

from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.places import Placed
from api.schemas.shipping import ShipOptions
from api.shipping import (
    FAR,
    FAR_KM,
    LOST,
    LOW,
    SPLIT,
    UNMEASURED_P,
    Parcel,
    ShipLine,
    ShipOption,
    best,
    singles,
    splits,
)
from gateway.channels.model import Taken
from gateway.ports.inventory import Availability
from tests.support.api_ports import EXACT, LYON, LYON_EXACT, PARIS, READ, Floor, availability

SHIP = "/v1/ship-options"
DENIM, TEE = "DEN-501-32", "TEE-WHT-M"
IN_LYON, IN_PARIS = (45.7605, 4.8597), (48.8606, 2.3376)
BELLECOUR = {"lat": 45.7578, "lon": 4.8320}
DEPOT = replace(PARIS, id="depot", fulfilment=("ship",), position=None)


def shops() -> Floor:
    """Return a shop in Lyon, one in Paris and a depot, all with denim and tees."""
    floor = Floor()
    floor.inventory.places = [replace(LYON, position=IN_LYON), replace(PARIS, position=IN_PARIS), DEPOT]
    floor.inventory.found = {
        (store, sku): shipped(store, sku, 0.95)
        for store in ("lyon-1", "paris-2", "depot")
        for sku in (DENIM, TEE)
    }
    floor.channels.cost = {("depot", sku): Taken(9, 0.0, None, is_low=False) for sku in (DENIM, TEE)}
    return floor


def shipped(store: str, sku: str, p: float | None, *, can: bool = True, **more: Any) -> Availability:
    """Return an answer to whether something is shipped."""
    reasons = () if can else ("not_enough",)
    return availability(
        store=store, sku=sku, fulfilment="ship", p_at_least_requested=p, pickup="yes" if can else "no",
        reasons=reasons, **more,
    )  # fmt: skip


def ask(floor: Floor, key: str = EXACT, **body: Any) -> httpx.Response:
    """Return the answer for a basket of both."""
    return floor.ask("POST", SHIP, key, json={"lines": [{"sku": DENIM}, {"sku": TEE}], **body})


def stores_of(answer: httpx.Response) -> list[list[str]]:
    """Return the stores of each option."""
    ShipOptions.model_validate_json(answer.content)
    return [[parcel["store"] for parcel in item["parcels"]] for item in answer.json()["items"]]


def test_what_the_shop_would_not_sell_itself_goes_first() -> None:
    """All are as sure; the depot has no customers, Lyon would sell half of it, Paris most."""
    floor = shops()
    floor.channels.cost["paris-2", DENIM] = Taken(0, 0.9, 1.0, is_low=True)
    answer = ask(floor)
    assert stores_of(answer) == [["depot"], ["lyon-1"], ["paris-2"]]
    depot, lyon, paris = answer.json()["items"]
    assert (depot["terms"]["lost_share"], lyon["terms"]["lost_share"], paris["terms"]["lost_share"]) == (
        0,
        0.5,
        0.7,
    )
    assert (lyon["terms"]["low_share"], paris["terms"]["low_share"]) == (0, 0.5)
    assert depot["probability"] == pytest.approx(0.9025, abs=1e-4)
    line = paris["parcels"][0]["lines"][0]
    assert (line["lost_pieces"], line["days_left"], line["is_low"], line["ship"]) == (0.9, 1.0, True, "yes")


def test_every_score_can_be_added_up_from_its_terms() -> None:
    """By the weights of the answer."""
    floor = shops()
    floor.channels.cost["lyon-1", TEE] = Taken(0, 0.7, 2.0, is_low=True)
    answer = ask(floor, to=BELLECOUR).json()
    for item in answer["items"]:
        taken_off = sum(weight * item["terms"][name] for name, weight in answer["weights"].items())
        assert item["score"] == pytest.approx(item["terms"]["probability"] - taken_off, abs=3e-4)


def test_near_the_customer_is_better_and_nowhere_is_far() -> None:
    """Distance counts where the customer is known; a place that nobody wrote down is the farthest."""
    floor = shops()
    floor.channels.cost = {}
    assert stores_of(ask(floor, to=BELLECOUR)) == [["lyon-1"], ["paris-2"], ["depot"]]
    lyon, paris, depot = ask(floor, to=BELLECOUR).json()["items"]
    assert (lyon["distance_km"], paris["distance_km"], depot["distance_km"]) == (2.2, 392.9, None)
    assert (paris["terms"]["far_share"], depot["terms"]["far_share"]) == (pytest.approx(0.3929, abs=1e-4), 1)
    assert [i["terms"]["far_share"] for i in ask(floor).json()["items"]] == [0, 0, 0]


def test_two_parcels_only_where_no_one_has_all_and_they_are_wanted() -> None:
    """Lyon has the denim, Paris the tees; each line is sent once."""
    floor = shops()
    found = floor.inventory.found
    found["lyon-1", TEE] = shipped("lyon-1", TEE, 0.2, can=False)
    found["paris-2", DENIM] = shipped("paris-2", DENIM, 0.2, can=False)
    assert stores_of(ask(floor, allow_split=True))[0] == ["depot"]
    for sku in (DENIM, TEE):
        found["depot", sku] = shipped("depot", sku, 0.2, can=False)
    assert stores_of(ask(floor)) == [["lyon-1"], ["paris-2"], ["depot"]]
    answer = ask(floor, allow_split=True)
    assert stores_of(answer)[0] == ["lyon-1", "paris-2"]
    first = answer.json()["items"][0]
    assert (first["coverable"], first["terms"]["more_parcels"]) == (True, 1)
    assert [line["sku"] for parcel in first["parcels"] for line in parcel["lines"]] == [DENIM, TEE]
    assert not answer.json()["items"][-1]["coverable"]


def test_a_shop_that_does_not_ship_is_not_asked_unless_it_is_named() -> None:
    """Then its answer says why not."""
    floor = shops()
    floor.inventory.places[0] = replace(floor.inventory.places[0], fulfilment=("pickup",))
    assert stores_of(ask(floor)) == [["depot"], ["paris-2"]]
    assert stores_of(ask(floor, stores=["lyon-1"])) == [["lyon-1"]]


def test_a_line_that_is_not_sure_enough_is_not_sent() -> None:
    """min_probability, as in the other questions."""
    floor = shops()
    items = ask(floor, min_probability=0.97).json()["items"]
    assert [item["coverable"] for item in items] == [False] * 3
    assert items[0]["parcels"][0]["lines"][0]["reasons"] == ["not_sure"]
    assert items[0]["parcels"][0]["lines"][0]["lost_pieces"] is None


def test_who_may_not_see_quantities_sees_the_order_alone() -> None:
    """No probability, score or term that tells of the stock; ten pieces at most."""
    floor = shops()
    answer = ask(floor, READ)
    assert stores_of(answer) == [["depot"], ["lyon-1"], ["paris-2"]]
    for item in answer.json()["items"]:
        assert (item["probability"], item["score"], item["terms"]) == (None, None, None)
        for line in item["parcels"][0]["lines"]:
            assert {
                line[name] for name in ("p_at_least_requested", "lost_pieces", "days_left", "is_low")
            } == {None}
    assert ask(floor, READ, lines=[{"sku": DENIM, "qty": 6}] * 2).json()["code"] == "insufficient_scope"
    assert stores_of(ask(floor, LYON_EXACT)) == [["lyon-1"]]


def test_unknown_skus_cost_no_other_answer() -> None:
    """They are named; where all are unknown, it is 404; where nothing ships, there is no option."""
    answer = ask(shops(), lines=[{"sku": "NIX"}, {"sku": DENIM}]).json()
    assert answer["unknown_skus"] == ["NIX"]
    assert [line["sku"] for line in answer["items"][0]["parcels"][0]["lines"]] == [DENIM]
    assert ask(shops(), lines=[{"sku": "NIX"}]).json()["code"] == "unknown_sku"
    floor = shops()
    floor.inventory.places = [replace(LYON, fulfilment=("pickup",))]
    assert ask(floor).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"lines": []}, "at least 1 item"),
        ({"to": {"lat": 91, "lon": 0}}, "less than or equal to 90"),
        ({"allow_splits": True}, "did you mean 'allow_split'?"),
        ({"channel": "Web"}, "/channel"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(body: dict[str, Any], said: str) -> None:
    """422, with the place in the body."""
    answer = ask(shops(), **body)
    assert answer.json()["code"] == "invalid_request"
    assert said in answer.text


# -- the rule ---------------------------------------------------------------------------------------------

lines = st.builds(
    lambda p, can, lost, low: ShipLine(
        1,
        shipped("s", DENIM, p, can=can, status="IN_STOCK"),
        Taken(1, lost, 7.0, is_low=low) if can else None,
    ),
    st.none() | st.floats(0, 1),
    st.booleans(),
    st.floats(0, 1),
    st.booleans(),
)
baskets = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.tuples(st.none() | st.floats(0, 3_000), st.lists(lines, min_size=n, max_size=n)),
        min_size=1,
        max_size=5,
    )
)


def parcels_of(basket: list[tuple[float | None, list[ShipLine]]]) -> list[Parcel]:
    """Return a parcel per store."""
    return [
        Parcel(Placed(replace(LYON, id=f"s{n}"), km), tuple(found)) for n, (km, found) in enumerate(basket)
    ]


@given(baskets, st.booleans(), st.integers(0, 99))
def test_the_order_is_one_whatever_order_the_stores_come_in(basket: Any, is_placed: bool, seed: int) -> None:
    """Whole baskets first, one parcel before two, then the score; ties by distance and id."""
    parcels = parcels_of(basket)
    options = [*singles(parcels, is_placed=is_placed), *splits(parcels, is_placed=is_placed)]
    mixed = list(options)
    Random(seed).shuffle(mixed)
    found = best(mixed)
    assert found == best(options)
    keys = [(option.missing, len(option.parcels), -option.score) for option in found]
    assert keys == sorted(keys)


@given(baskets, st.booleans())
def test_the_score_is_the_sum_of_terms_that_are_shares(basket: Any, is_placed: bool) -> None:
    """Each between 0 and 1, whatever is measured."""
    parcels = parcels_of(basket)
    for option in [*singles(parcels, is_placed=is_placed), *splits(parcels, is_placed=is_placed)]:
        shares = (option.counted_probability, option.lost_share, option.low_share, option.far_share)
        assert all(0 <= share <= 1 for share in shares)
        p, lost, low, far = shares
        more = len(option.parcels) - 1
        assert option.score == pytest.approx(p - LOST * lost - LOW * low - FAR * far - SPLIT * more)


@given(baskets)
def test_a_split_sends_each_line_once_and_all_of_them(basket: Any) -> None:
    """From two different stores, each of which has what it sends."""
    parcels = parcels_of(basket)
    for option in splits(parcels, is_placed=False):
        assert option.missing == 0
        assert len(option.lines) == option.wanted
        assert len({parcel.placed.store.id for parcel in option.parcels}) == 2
        assert all(line.is_sent for line in option.lines)


def test_what_nothing_measures_counts_as_just_promised_and_unknown_as_nothing() -> None:
    """A depot by the ledger is neither surely full nor surely empty."""
    ledger = ShipLine(1, shipped("s", DENIM, None))
    dark = ShipLine(1, shipped("s", DENIM, 0.99, can=False, status="UNKNOWN"))
    sure = ShipLine(1, shipped("s", DENIM, 0.5))

    def option(*found: ShipLine) -> ShipOption:
        return ShipOption((Parcel(Placed(LYON), found),), len(found), is_placed=False)

    assert (option(ledger).probability, option(ledger).counted_probability) == (None, UNMEASURED_P)
    assert (option(ledger, sure).probability, option(ledger, sure).counted_probability) == (0.5, 0.45)
    assert (option(dark, sure).probability, option(dark, sure).counted_probability) == (None, 0.0)
    none = ShipLine(1, shipped("s", DENIM, None, can=False))
    assert option(none, sure).counted_probability == 0.0
    far = ShipOption((Parcel(Placed(LYON, 5 * FAR_KM), (sure,)),), 1, is_placed=True)
    assert far.far_share == 1
