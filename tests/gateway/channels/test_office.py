"""Figures typed at run time: in force at once, audited, back after a restart; what a parcel costs its store."""

import asyncio

import pytest

from gateway.audit import Actor
from gateway.channels.model import Asker, ChannelRefused
from gateway.channels.office import ChannelDesk
from gateway.channels.rules import MAX_FIGURES
from gateway.channels.ship_cost import HORIZON_DAYS, MAX_STEPS
from gateway.config.channels import ChannelSection
from gateway.forecast.model import Delivery
from tests.support.at_once import AtOnce
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE

WEB = ChannelSection(id="web", name="Web shop", safety_stock=1)
MARKET = ChannelSection(id="market", stores=("paris-1",), safety_stock="computed", risk=0.02, quota=3)
ANNA = Actor("k1", "10.0.0.9")


def desk_of(shop: HoldingShop) -> tuple[ChannelDesk, AtOnce]:
    """Return the channels of a shop, and the pipeline that they wait for."""
    pipeline = AtOnce(shop)
    return ChannelDesk(shop.engine.state, pipeline, lambda: shop.now), pipeline


def test_channels_are_told_as_the_file_says() -> None:
    """Stores that are left out are all of them; a name that is left out is the id."""
    desk, _ = desk_of(HoldingShop(0, (WEB, MARKET)))
    web, market = desk.channels()
    assert (web.name, web.stores, web.safety_stock, web.risk) == ("Web shop", (STORE, "paris-1"), 1, None)
    assert (market.name, market.stores, market.safety_stock, market.risk, market.quota) == (
        "market", ("paris-1",), "computed", 0.02, 3,
    )  # fmt: skip


def test_a_figure_counts_at_once_is_audited_and_comes_back_after_a_restart() -> None:
    """For all stores or one; the same again changes nothing; null takes it back."""
    shop = HoldingShop(5, (WEB, MARKET))
    desk, _ = desk_of(shop)
    found = asyncio.run(desk.set_safety(ANNA, "web", "TOTE", None, 3))
    assert (found.typed, [(s, rule.pieces) for s, rule in found.in_force]) == (
        3,
        [(STORE, 3), ("paris-1", 3)],
    )
    asyncio.run(desk.set_safety(ANNA, "web", "TOTE", STORE, 4))
    asyncio.run(desk.set_safety(ANNA, "web", "TOTE", STORE, 4))
    assert shop.told("TOTE", asker=Asker("web")).available == 1
    assert shop.told("TOTE").available == 5
    changes = shop.live(shop.now)
    assert [(e.action, e.store, e.subject, e.detail, e.key_id) for e in changes.audited] == [
        ("channels.safety_stock", "", "web/TOTE", "none -> 3", "k1"),
        ("channels.safety_stock", STORE, "web/TOTE", "none -> 4", "k1"),
    ]
    assert (STORE, "TOTE") in changes.touched
    shop.restart(shop.now)
    desk, _ = desk_of(shop)
    assert shop.told("TOTE", asker=Asker("web")).available == 1
    asyncio.run(desk.set_safety(ANNA, "web", "TOTE", STORE, None))
    asyncio.run(desk.set_safety(ANNA, "web", "TOTE", None, None))
    shop.live(shop.now)
    shop.restart(shop.now)
    assert shop.told("TOTE", asker=Asker("web")).available == 4
    assert [key for key in shop.rows if key[0] == "safety"] == []


def test_there_is_an_end_to_what_can_be_typed() -> None:
    """Another figure for an article that has one is taken all the same; and nothing while there is no room."""
    shop = HoldingShop(0, (WEB,))
    desk, pipeline = desk_of(shop)
    asyncio.run(desk.set_safety(ANNA, "web", "TOTE", None, 3))
    shop.engine.state.channels.restore((f"web/S{n}/", "1") for n in range(MAX_FIGURES - 1))
    with pytest.raises(ChannelRefused) as refused:
        asyncio.run(desk.set_safety(ANNA, "web", "TEE", None, 3))
    assert refused.value.code == "too_many_figures"
    assert asyncio.run(desk.set_safety(ANNA, "web", "TOTE", None, 2)).typed == 2
    pipeline.full = True
    with pytest.raises(ChannelRefused) as refused:
        asyncio.run(desk.set_safety(ANNA, "web", "TOTE", None, 1))
    assert refused.value.code == "overloaded"
    assert desk.safety("web", "TOTE", None).typed == 2


class Certain:
    """A demand for exactly so many pieces within the horizon, evenly."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def p_stock_out(
        self,
        store: str,
        sku: str,
        stock: int,
        now_ns: int,
        until_ns: int,
        deliveries: tuple[Delivery, ...] = (),
    ) -> float:
        return float(self.pieces >= stock)

    def expected(self, store: str, sku: str, now_ns: int, until_ns: int) -> float:
        return float(self.pieces)


@pytest.mark.parametrize(
    ("demand", "qty", "lost", "days"),
    [
        (0, 3, 0, HORIZON_DAYS),
        (4, 2, 0, HORIZON_DAYS),
        (4, 3, 1, 3 / 4 * HORIZON_DAYS),
        (6, 6, 6, 0),
        (3, 6, 3, 0),
    ],
)
def test_a_parcel_costs_what_the_stores_own_customers_miss(
    demand: int, qty: int, lost: int, days: float
) -> None:
    """Of six totes: those that stand for pieces its customers ask for before the week is over."""
    shop = HoldingShop(6, (WEB,))
    shop.engine.state.demand = Certain(demand)  # type: ignore[assignment]  # what it is asked, is there
    desk, _ = desk_of(shop)
    found = desk.taken(STORE, "TOTE", qty, None)
    assert found is not None
    assert found.lost == pytest.approx(lost)
    assert found.days_left == pytest.approx(days)
    assert found.left == 6 - qty


def test_a_large_parcel_is_looked_at_in_steps() -> None:
    """Its cost is near the true one, and never more than its pieces."""
    shop = HoldingShop(100, (WEB,))
    shop.engine.state.demand = Certain(60)  # type: ignore[assignment]  # as above
    found = desk_of(shop)[0].taken(STORE, "TOTE", 80, "web")
    assert found is not None
    assert found.lost == pytest.approx(40, abs=80 / MAX_STEPS)
    assert found.lost <= 80


def test_a_place_that_ships_alone_has_no_customers_of_its_own() -> None:
    """Nothing is missed there, and nothing is low."""
    shop = HoldingShop(3)
    shop.engine.state.channels._ways[STORE] = frozenset({"ship"})
    shop.engine.state.demand = Certain(9)  # type: ignore[assignment]  # as above
    found = desk_of(shop)[0].taken(STORE, "TOTE", 3, None)
    assert found is not None
    assert (found.lost, found.days_left, found.is_low) == (0, None, False)


def test_a_parcel_that_leaves_the_store_low_says_so() -> None:
    """At or below low_stock_at, which it was not before; what is low already is not made so by it."""
    shop = HoldingShop(4)
    desk, _ = desk_of(shop)
    lows = []
    for qty in (1, 3, 4):
        found = desk.taken(STORE, "TOTE", qty, None)
        assert found is not None
        lows.append(found.is_low)
    assert lows == [False, False, True]
    shop.hold(("TOTE", 4))
    found = desk.taken(STORE, "TOTE", 1, None)
    assert found is not None
    assert not found.is_low
    assert desk.taken("nowhere", "TOTE", 1, None) is None
    assert desk.taken(STORE, "NIX", 1, None) is None
