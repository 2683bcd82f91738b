"""Channels over HTTP on the engine's own answers: what is typed is in the next answer, and what is held in all."""

from typing import Any

from api.schemas.availability import Availability
from api.schemas.channels import ChannelList, SafetyStockTyped
from api.schemas.explain import Explanation
from api.schemas.shipping import ShipOptions
from gateway.channels.office import ChannelDesk
from gateway.config.channels import ChannelSection
from gateway.inventory import Inventory
from tests.support.api_ports import ADMIN, EXACT, Floor
from tests.support.at_once import AtOnce
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE

PATH = f"/v1/stores/{STORE}/availability/TOTE"
CHANNELS = (
    ChannelSection(id="web", safety_stock="computed", risk=0.01),
    ChannelSection(id="market", quota=3, fulfilment=("ship",)),
)


def floor_of(shop: HoldingShop) -> Floor:
    """Return an app that asks this shop's engine."""
    floor = Floor()
    floor.inventory = Inventory(shop.engine, lambda: shop.now, lambda: 7)  # type: ignore[assignment]  # the real one
    floor.channels = ChannelDesk(shop.engine.state, AtOnce(shop), lambda: shop.now)  # type: ignore[assignment]  # as well
    floor.clock.at_ns = shop.now
    floor.__post_init__()
    return floor


def passed(shop: HoldingShop, floor: Floor) -> None:
    """Let a pass take effect, of which the app hears."""
    floor.inventory.note(shop.live(shop.now))  # type: ignore[attr-defined]  # the real one


def told(floor: Floor, query: str) -> dict[str, Any]:
    """Return an answer that fits its schema."""
    answer = floor.get(PATH + query)
    Availability.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def test_a_channel_sees_its_own_terms_and_they_move_with_what_is_done() -> None:
    """Held pieces use the quota; a typed figure is kept back at once; the explanation names it."""
    shop = HoldingShop(6, CHANNELS)
    floor = floor_of(shop)
    ChannelList.model_validate_json(floor.get("/v1/channels").content)
    before = told(floor, "?channel=market&fulfilment=ship")
    assert (before["quantities"]["quota_left"], before["promise"]["ship"]) == (3, "yes")
    shop.hold(("TOTE", 3), channel="market", fulfilment="ship")
    passed(shop, floor)
    after = told(floor, "?channel=market&fulfilment=ship")
    assert (after["quantities"]["quota_left"], after["quantities"]["available"]) == (0, 0)
    assert after["promise"]["reasons"] == ["quota_reached"]
    assert told(floor, "")["quantities"]["available"] == 3
    typed = floor.ask("PUT", "/v1/channels/web/safety-stock/TOTE", ADMIN, json={"pieces": 2})
    SafetyStockTyped.model_validate_json(typed.content)
    passed(shop, floor)
    assert told(floor, "?channel=web")["quantities"]["available"] == 1
    explained = floor.get(f"{PATH}/explain?channel=market&fulfilment=ship")
    Explanation.model_validate_json(explained.content)
    assert explained.json()["quota"] == {"pieces": 3, "reserved": 3, "left": 0}
    assert [hold["channel"] for hold in explained.json()["holds"]] == ["market"]


def test_a_computed_safety_stock_is_explained_by_what_it_rests_on() -> None:
    """Sold fast, much is kept back; its window is the slowest pick of the store."""
    shop = HoldingShop(6, CHANNELS)
    floor = floor_of(shop)
    calm = told(floor, "?channel=web")["quantities"]["safety_stock"]
    for _ in range(30):
        shop.tell("receive", sku="TOTE")
        shop.tell("sale", sku="TOTE")
        shop.run(60)
    floor.clock.at_ns = shop.now
    rule = floor.get(f"{PATH}/explain?channel=web").json()["safety_rule"]
    assert (rule["source"], rule["window_s"], rule["risk"]) == ("computed", 1_500, 0.01)
    assert rule["pieces"] > calm
    assert rule["pieces"] >= rule["expected_outflow"] > 0
    assert told(floor, "?channel=web")["quantities"]["safety_stock"] == rule["pieces"]


def test_where_to_send_from_is_asked_of_the_same_answers() -> None:
    """Both stores ship; the one with pieces to spare comes first."""
    shop = HoldingShop(6, CHANNELS)
    shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    floor = floor_of(shop)
    answer = floor.ask(
        "POST", "/v1/ship-options", EXACT, json={"lines": [{"sku": "TOTE"}], "channel": "market"}
    )
    ShipOptions.model_validate_json(answer.content)
    first, second = answer.json()["items"]
    assert [item["parcels"][0]["store"] for item in (first, second)] == [STORE, "paris-1"]
    assert first["terms"]["lost_share"] < second["terms"]["lost_share"]
