"""Channels over HTTP: who sells, what is kept back, and answers that are for one of them."""

from dataclasses import replace
from typing import Any

import pytest

from api.schemas.catalogue import StoreList
from api.schemas.channels import ChannelList, SafetyStockTyped
from api.schemas.explain import Explanation
from gateway.channels.model import Asker, ChannelRefused, QuotaUse, SafetyStock
from gateway.explanation import OpenHold
from tests.support.api_ports import (
    ADMIN,
    EXACT,
    LYON,
    LYON_EXACT,
    PARIS,
    READ,
    RESERVE,
    WEB,
    FakeChannels,
    Floor,
    availability,
    explanation,
)

DENIM = "DEN-501-32"
SAFETY = f"/v1/channels/web/safety-stock/{DENIM}"
LYON_ADMIN = "key-lyon-admin"
OWN = "19aa5d3c6b04f1d27c90be1"
APP = replace(WEB, id="app", stores=("paris-2",), fulfilment=("pickup",))


def shops() -> Floor:
    """Return two shops; the web sells from both, the app from Paris, for pickup alone."""
    floor = Floor(channels=FakeChannels(WEB, APP))
    floor.inventory.places = [
        replace(LYON, channels=("web",)),
        replace(PARIS, channels=("web", "app"), fulfilment=("pickup",)),
    ]
    admin = floor.auth.callers[ADMIN]
    floor.auth.callers[LYON_ADMIN] = replace(admin, key_id="lyon-admin", stores=frozenset({"lyon-1"}))
    return floor


# -- who sells ------------------------------------------------------------------------------------------


def test_channels_are_listed_with_their_rules() -> None:
    """Without availability:exact the figures stay away; a key of one store sees that store alone."""
    floor = shops()
    answer = floor.get("/v1/channels")
    ChannelList.model_validate_json(answer.content)
    web, app = answer.json()["items"]
    assert (web["id"], web["stores"], web["fulfilment"]) == ("web", ["lyon-1", "paris-2"], ["pickup", "ship"])
    assert web["rules"] == {
        "safety_stock": 1, "risk": None, "quota": 5, "quota_share": None, "min_probability": 0.95,
        "accept_unknown": False,
    }  # fmt: skip
    assert app["stores"] == ["paris-2"]
    assert [c["rules"] for c in floor.get("/v1/channels", READ).json()["items"]] == [None, None]
    assert [c["stores"] for c in floor.get("/v1/channels", LYON_EXACT).json()["items"]] == [["lyon-1"], []]
    assert Floor().get("/v1/channels").json() == {"items": []}


def test_a_store_tells_who_sells_from_it_and_how() -> None:
    """In GET /v1/stores."""
    answer = shops().get("/v1/stores")
    StoreList.model_validate_json(answer.content)
    assert [(s["channels"], s["fulfilment"]) for s in answer.json()["items"]] == [
        (["web"], ["pickup", "ship"]),
        (["web", "app"], ["pickup"]),
    ]


# -- answers for a channel ------------------------------------------------------------------------------

ASKER = Asker("web", "ship", OWN, "cart-1")


def test_whom_an_answer_is_for_reaches_the_gateway_on_every_route() -> None:
    """Channel, fulfilment, and what is the shopper's own."""
    floor = shops()
    query = f"channel=web&fulfilment=ship&exclude_reservation={OWN}&owner_ref=cart-1"
    floor.get(f"/v1/stores/lyon-1/availability/{DENIM}?{query}")
    floor.get(f"/v1/availability?sku={DENIM}&store=lyon-1&{query}")
    body = {"channel": "web", "exclude_reservation": OWN, "owner_ref": "cart-1", "stores": ["lyon-1"]}
    items = [{"sku": DENIM}]
    floor.ask("POST", "/v1/availability/query", EXACT, json={**body, "items": items, "fulfilment": "ship"})
    floor.ask("POST", "/v1/ship-options", EXACT, json={**body, "lines": items})
    floor.ask("POST", "/v1/pickup-options", EXACT, json={**body, "lines": items})
    floor.get(f"/v1/stores/lyon-1/availability/{DENIM}/explain?channel=web&fulfilment=ship")
    assert floor.inventory.askers == [
        *[ASKER] * 4, replace(ASKER, fulfilment="pickup"), Asker("web", "ship")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/v1/stores/lyon-1/availability/{DENIM}?channel=CH", None),
        ("GET", f"/v1/availability?sku={DENIM}&channel=CH", None),
        ("GET", f"/v1/stores/lyon-1/availability/{DENIM}/explain?channel=CH", None),
        ("POST", "/v1/availability/query", {"items": [{"sku": DENIM}], "channel": "CH"}),
        ("POST", "/v1/pickup-options", {"lines": [{"sku": DENIM}], "channel": "CH"}),
        ("POST", "/v1/ship-options", {"lines": [{"sku": DENIM}], "channel": "CH"}),
    ],
)
def test_a_channel_that_is_not_there_cannot_ask(method: str, path: str, body: Any) -> None:
    """404 with its place; where the site names no channels, any word goes."""
    for floor, channel, status, code in (
        (shops(), "wep", 404, "unknown_channel"),
        (shops(), "Web", 422, "invalid_request"),
        (shops(), "web", 200, None),
        (Floor(), "wep", 200, None),
    ):
        more = {} if body is None else {"json": {**body, "channel": channel}}
        answer = floor.ask(method, path.replace("CH", channel), EXACT, **more)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
        if code == "unknown_channel":
            place = "/query/channel" if body is None else "/channel"
            assert answer.json()["errors"][0]["pointer"] == place


def test_a_channel_that_does_not_ship_is_told_so() -> None:
    """422 on every route that asks for it."""
    floor = shops()
    for answer in (
        floor.get(f"/v1/availability?sku={DENIM}&channel=app&fulfilment=ship"),
        floor.ask("POST", "/v1/ship-options", EXACT, json={"lines": [{"sku": DENIM}], "channel": "app"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "fulfilment_not_offered")


def test_stores_that_nobody_named_are_those_of_the_channel() -> None:
    """Those that were named are answered as they are: the gateway says why nothing is promised there."""
    floor = shops()
    for path in (f"/v1/availability?sku={DENIM}&channel=app",):
        assert [i["store"] for i in floor.get(path).json()["items"]] == ["paris-2"]
        assert [i["store"] for i in floor.get(path + "&store=lyon-1").json()["items"]] == ["lyon-1"]
    body = {"items": [{"sku": DENIM}], "channel": "app"}
    answer = floor.ask("POST", "/v1/availability/query", EXACT, json=body).json()
    assert [i["store"] for i in answer["items"]] == ["paris-2"]


def test_what_is_shipped_is_promised_by_another_name() -> None:
    """`ship` in place of `pickup`, and never both."""
    floor = shops()
    path = f"/v1/stores/lyon-1/availability/{DENIM}"
    assert floor.get(path).json()["promise"]["pickup"] == "yes"
    floor.inventory.found["lyon-1", DENIM] = availability(fulfilment="ship", quota_left=2, available=2)
    answer = floor.get(path + "?fulfilment=ship").json()
    assert (answer["promise"]["pickup"], answer["promise"]["ship"]) == (None, "yes")
    assert answer["quantities"]["quota_left"] == 2
    assert "quota_left" not in floor.get(path + "?fulfilment=ship", READ).text


def test_an_explanation_names_the_rule_and_who_has_the_quota() -> None:
    """Its window, its risk, and what is expected to go meanwhile; each hold with its channel."""
    floor = shops()
    hold = OpenHold(OWN, "held", 2, 0, 1_795_284_131 * 10**9, "web")
    floor.inventory.explained["lyon-1", DENIM] = explanation(
        channel="web",
        safety_rule=SafetyStock(2, "computed", 2_700.4, 0.05, 0.6249),
        quota=QuotaUse(5, 2),
        holds=(hold,),
    )
    answer = floor.get(f"/v1/stores/lyon-1/availability/{DENIM}/explain?channel=web")
    Explanation.model_validate_json(answer.content)
    told = answer.json()
    assert told["channel"] == "web"
    assert told["safety_rule"] == {
        "pieces": 2, "source": "computed", "window_s": 2_700, "risk": 0.05, "expected_outflow": 0.62,
    }  # fmt: skip
    assert told["quota"] == {"pieces": 5, "reserved": 2, "left": 3}
    assert told["holds"][0]["channel"] == "web"


# -- figures typed at run time ----------------------------------------------------------------------------


def test_a_figure_is_typed_looked_at_and_taken_back() -> None:
    """PUT, GET, PUT null; the gateway hears who did it."""
    floor = shops()
    answer = floor.ask("PUT", SAFETY, ADMIN, json={"pieces": 3})
    SafetyStockTyped.model_validate_json(answer.content)
    assert (answer.status_code, answer.json()["pieces"], answer.json()["store"]) == (200, 3, None)
    assert [(i["store"], i["pieces"], i["source"]) for i in answer.json()["in_force"]] == [
        ("lyon-1", 3, "typed"),
        ("paris-2", 3, "typed"),
    ]
    assert floor.channels.actors[0].key_id == floor.auth.callers[ADMIN].key_id
    assert floor.get(SAFETY, ADMIN).json() == answer.json()
    assert floor.get(SAFETY + "?store=lyon-1", ADMIN).json()["pieces"] is None
    assert floor.ask("PUT", SAFETY, ADMIN, json={"pieces": None}).json()["pieces"] is None
    assert floor.channels.typed == {}


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        (SAFETY, EXACT, 403, "insufficient_scope"),
        (SAFETY, RESERVE, 403, "insufficient_scope"),
        (SAFETY, LYON_ADMIN, 403, "forbidden_store"),
        (SAFETY + "?store=paris-2", LYON_ADMIN, 403, "forbidden_store"),
        (SAFETY + "?store=lyon-1", LYON_ADMIN, 200, None),
        (SAFETY + "?store=nowhere", ADMIN, 404, "unknown_store"),
        (SAFETY.replace("web", "wep"), ADMIN, 404, "unknown_channel"),
        (SAFETY + "9", ADMIN, 404, "unknown_sku"),
    ],
)
def test_who_may_type_what(method: str, path: str, key: str, status: int, code: str | None) -> None:
    """A key of one store types for that store alone; all else must exist."""
    more = {"json": {"pieces": 1}} if method == "PUT" else {}
    answer = shops().ask(method, path, key, **more)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize("body", [{}, {"pieces": -1}, {"pieces": 1_001}, {"pieces": "2"}, {"piece": 2}])
def test_a_figure_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    """422, and nothing is typed."""
    floor = shops()
    answer = floor.ask("PUT", SAFETY, ADMIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert floor.channels.typed == {}


@pytest.mark.parametrize(("code", "status"), [("too_many_figures", 409), ("overloaded", 503)])
def test_where_no_figure_can_be_taken(code: Any, status: int) -> None:
    """With what to do about it."""
    floor = shops()
    floor.channels.refuses = ChannelRefused(code, "no")
    answer = floor.ask("PUT", SAFETY, ADMIN, json={"pieces": 1})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (code == "overloaded")


def test_without_a_table_of_channels_there_is_nothing_to_type() -> None:
    """The file names none."""
    answer = Floor().ask("PUT", SAFETY, ADMIN, json={"pieces": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_channel")
