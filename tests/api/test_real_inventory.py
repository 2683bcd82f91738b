"""The API over the engine's own answers, not over made-up ones: they fit the schemas, alive and with dead readers."""

from datetime import datetime

import pytest

from api.schemas.availability import Availability
from api.schemas.calibration import CalibrationList
from api.schemas.catalogue import ResolvedCode, StoreList
from api.schemas.explain import Explanation
from api.schemas.overview import Overview
from gateway.inventory import Inventory
from tests.support.api_ports import Floor
from tests.support.small_site import FOREIGN_GTIN, GTIN, STORE, S, SmallShop, epc


def floor_of(shop: SmallShop) -> Floor:
    """Return an app that asks this shop's engine."""
    floor = Floor()
    floor.inventory = Inventory(shop.engine, lambda: shop.now, lambda: 7)  # type: ignore[assignment]  # the real one
    floor.clock.at_ns = shop.now
    floor.__post_init__()
    return floor


@pytest.fixture(scope="module")
def shop() -> SmallShop:
    """Return a shop with four tees, one sold; candles on a scale; totes scanned in."""
    shop = SmallShop()
    tees = [epc("TEE", number) for number in range(4)]
    shop.run(240, *tees)
    shop.weigh(1_500 + 3 * 420)
    shop.tell("receive", sku="TOTE", qty=5)
    shop.tell("sale", sku="TEE")
    shop.run(10, *tees[1:])
    return shop


@pytest.mark.parametrize("sku", sorted(GTIN))
def test_every_way_of_tracking_has_an_answer_and_an_explanation(shop: SmallShop, sku: str) -> None:
    """By tag, by weight and by count; what scans alone track has no probability."""
    floor = floor_of(shop)
    path = f"/v1/stores/{STORE}/availability/{sku}"
    answer, told = floor.get(path), floor.get(f"{path}/explain")
    Availability.model_validate_json(answer.content)
    Explanation.model_validate_json(told.content)
    assert sum(zone["level"] for zone in told.json()["terms"]) == answer.json()["quantities"]["on_hand"]
    assert (answer.json()["belief"] is None) == (sku == "TOTE")


def test_a_number_knows_how_sure_it_is(shop: SmallShop) -> None:
    """Four tees, one of them sold a moment ago: three are sure, four are not."""
    floor = floor_of(shop)
    path = f"/v1/stores/{STORE}/availability/TEE"
    assert floor.get(f"{path}?qty=3").json()["belief"]["p_at_least_requested"] > 0.99
    assert floor.get(f"{path}?qty=4").json()["belief"]["p_at_least_requested"] < 0.1
    assert floor.get(path).json()["belief"]["interval_90"] == [3, 3]


def test_a_promise_says_by_when(shop: SmallShop) -> None:
    """From the floor ten minutes, to the next five; no time with what is not promised."""
    floor = floor_of(shop)
    path = f"/v1/stores/{STORE}/availability/TEE"
    ready = datetime.fromisoformat(floor.get(f"{path}?qty=3").json()["promise"]["ready_by"])
    ahead_s = ready.timestamp() - shop.now / S
    assert 600 <= ahead_s < 900
    assert ready.minute % 5 == ready.second == 0
    assert floor.get(f"{path}?qty=4").json()["promise"]["ready_by"] is None


def test_a_store_says_where_it_is_and_when_it_is_open(shop: SmallShop) -> None:
    """Place and hours as the operator wrote them; null where nobody did."""
    lyon, paris = floor_of(shop).get("/v1/stores").json()["items"]
    assert lyon["place"] == {
        "address": "Part-Dieu, Lyon",
        "position": {"latitude": 45.76, "longitude": 4.86},
    }
    assert lyon["hours"]["mon"] == ["00:00-24:00"]
    assert lyon["special_hours"] == {"2026-12-25": []}
    assert (paris["place"]["position"], paris["hours"], paris["special_hours"]) == (None, None, {})


def test_listings_fit_their_schemas(shop: SmallShop) -> None:
    """Stores with the phases of their zones, the overview with ranges, calibration by the sale."""
    floor = floor_of(shop)
    StoreList.model_validate_json(floor.get("/v1/stores").content)
    Overview.model_validate_json(floor.get(f"/v1/overview?store={STORE}").content)
    CalibrationList.model_validate_json(floor.get("/v1/calibration").content)
    assert floor.get("/v1/stores").json()["items"][0]["zones"][0]["phase"] in {"prior", "learning"}
    assert floor.get("/v1/calibration").json()["items"][0]["sales"]["answered_out_of_stock"]["n"] == 1


def test_dead_readers_take_the_belief_and_no_piece() -> None:
    """UNKNOWN: the last known pieces, no belief, no promise, coverage 0; and the explanation says why."""
    shop = SmallShop()
    shop.run(240, epc("TEE", 1), epc("TEE", 2))
    shop.alive.clear()
    shop.run(600)
    floor = floor_of(shop)
    path = f"/v1/stores/{STORE}/availability/TEE"
    answer = floor.get(path).json()
    assert (answer["status"], answer["belief"]) == ("UNKNOWN", None)
    assert (answer["quantities"]["on_hand"], answer["promise"]["pickup"]) == (2, "no")
    assert answer["evidence"]["coverage"] == 0
    told = floor.get(f"{path}/explain").json()
    assert told["reasons"] == ["zone_unwatched:floor"]
    assert {zone["coverage"] for zone in told["zones"]} == {0.0}
    assert all(item["p_present"] > 0.9 for item in told["items"])


def test_a_tag_and_its_label_name_the_same_article(shop: SmallShop) -> None:
    """By the EPC that was read, by the label's Digital Link with its serial, by EAN; to ask makes no article."""
    floor = floor_of(shop)
    tag, known = epc("TEE", 2), len(floor.inventory.articles())
    codes = (tag, f"https://shop.example/01/{GTIN['TEE']}/21/2", GTIN["TEE"][1:], FOREIGN_GTIN)
    said = [floor.get("/v1/articles/resolve", params={"code": code}).json() for code in codes]
    for answer in said:
        ResolvedCode.model_validate(answer, strict=False)
    assert [answer["article"] and answer["article"]["sku"] for answer in said] == ["TEE", "TEE", "TEE", None]
    assert [answer["epc"] for answer in said] == [tag, tag, None, None]
    assert len(floor.inventory.articles()) == known
