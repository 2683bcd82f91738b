"""Holds by channel: what the answer says may be promised is granted, and nothing else; quotas by the rows alone."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue.articles import Article, Catalogue
from gateway.channels.model import Asker, Fulfilment
from gateway.config.channels import ChannelSection
from gateway.engine import Engine
from gateway.reservations.model import (
    Amend,
    LineAsked,
    NewReservation,
    Refusal,
    Release,
    Reservation,
    Transfer,
    outcome_json,
    outcome_of,
)
from gateway.site import Site
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE, S, epc, small_site

STORES = (STORE, "paris-1")
TEES = [epc("TEE", n) for n in range(1, 5)]
QUOTAS = {"market": 2}
CHANNELS = (
    ChannelSection(id="web", safety_stock=1),
    ChannelSection(id="market", quota=2, stores=(STORE,), safety_stocks={"TOTE": 0}),
    ChannelSection(id="app", quota_share=0.5, safety_stock="computed", min_probability=0.95),
    ChannelSection(id="kiosk", accept_unknown=True, fulfilment=("pickup",)),
)
NAMES = [channel.id for channel in CHANNELS]


def shop_of(totes: int = 4, **settings: object) -> HoldingShop:
    """Return a shop with channels, totes by count and tees by tag."""
    shop = HoldingShop(totes, CHANNELS, **settings)
    shop.run(12, *TEES, every=4)
    return shop


def told_to(shop: HoldingShop, asked: NewReservation) -> bool:
    """Return whether the answers of this instant say that all of a request can be had in its store."""
    (store,) = asked.stores
    asker = Asker(asked.channel, asked.fulfilment)
    state = shop.engine.state
    for line in asked.lines:
        found = shop.told(line.sku, store, asker, line.qty)
        p, least = found.p_at_least_requested, asked.min_probability or 0.0
        closed = {"not_sold_here", "not_offered_here"}.intersection(found.reasons)
        if found.status == "UNKNOWN":
            can = state.channels.accepts_unknown(asked.channel) and found.available >= line.qty and not closed
        else:
            can = found.pickup == "yes" and (p is None or p >= least)
        if not can:
            return False
    return True


class Model:
    """What a caller knows of the holds it was granted."""

    def __init__(self) -> None:
        self.rows: dict[str, Reservation] = {}

    def held(self, store: str, sku: str, now_ns: int) -> Counter[str]:
        """Return the pieces held, by channel."""
        held: Counter[str] = Counter()
        for row in self.rows.values():
            line = row.line(sku)
            if row.store == store and line is not None and row.counts_at(now_ns):
                held[row.channel] += line.secured
        return held


def check_terms(shop: HoldingShop, model: Model) -> None:
    """Hold every answer against plain sums of the rows."""
    for store in STORES:
        for sku in ("TOTE", "TEE"):
            held = model.held(store, sku, shop.now)
            for name in (None, *NAMES):
                found = shop.told(sku, store, Asker(name))
                margin = found.on_hand - found.not_pickable - found.reserved - found.safety_stock
                limit = found.on_hand // 2 if name == "app" else QUOTAS.get(name or "")
                left = None if limit is None else max(0, limit - held[name or ""])
                if name == "market" and store != STORE:
                    left = 0
                assert found.quota_left == left
                assert found.reserved == held.total()
                assert found.available == max(0, margin if left is None else min(margin, left))
                assert found.shortfall == max(0, -margin)


asks = st.builds(
    NewReservation,
    stores=st.sampled_from([(store,) for store in STORES]),
    lines=st.lists(
        st.builds(LineAsked, st.sampled_from(["TOTE", "TEE"]), st.integers(1, 3)),
        min_size=1,
        max_size=2,
        unique_by=lambda line: line.sku,
    ).map(tuple),
    channel=st.sampled_from(NAMES),
    min_probability=st.sampled_from([None, 0.9, 0.97]),
    ttl_ns=st.sampled_from([30 * S, 60 * S]),
    fulfilment=st.sampled_from(["pickup", "ship"]),
)
steps = st.lists(
    st.one_of(
        asks,
        st.sampled_from([29, 31]),
        st.tuples(st.just("release"), st.integers(0, 9)),
        st.tuples(st.just("sale"), st.sampled_from(STORES)),
        st.just("blind"),
    ),
    max_size=12,
)


def play(shop: HoldingShop, steps_: list[object]) -> None:
    """Do one thing after the other; each request is granted exactly where the answers say so."""
    model = Model()
    for step in steps_:
        match step:
            case NewReservation():
                ask(shop, model, step)
            case int():
                shop.wait(step)
            case ("release", int(n)) if model.rows:
                row = sorted(model.rows.values(), key=lambda r: r.id)[n % len(model.rows)]
                outcome = shop.do(row, Release())
                if isinstance(outcome, Reservation):
                    model.rows[row.id] = outcome
            case ("sale", str(store)):
                shop.tell("sale", sku="TOTE", store=store)
            case "blind":
                shop.alive.clear()
                shop.run(70)
        check_terms(shop, model)


def ask(shop: HoldingShop, model: Model, asked: NewReservation) -> None:
    """Ask for a hold and hold the outcome against the answers of the same instant."""
    can = told_to(shop, asked)
    shop.ids += 1
    outcome = shop.engine.desk.reserve(f"{shop.ids:023x}", asked, shop.now)
    if asked.channel == "kiosk" and asked.fulfilment == "ship":
        assert isinstance(outcome, Refusal)
        assert outcome.code == "fulfilment_not_offered"
        return
    assert isinstance(outcome, Reservation) == can, (asked, outcome)
    if isinstance(outcome, Reservation):
        assert outcome.fulfilment == asked.fulfilment
        model.rows[outcome.id] = outcome


@settings(max_examples=25, deadline=None)
@given(totes=st.integers(0, 5), steps_=steps)
def test_a_hold_is_granted_exactly_where_the_answer_says_so(totes: int, steps_: list[object]) -> None:
    """For its channel, its fulfilment, its certainty, at the same instant; terms are sums of the rows, always."""
    play(shop_of(totes), steps_)


@pytest.mark.parametrize("is_careless", [False, True])
def test_a_desk_that_forgets_the_channel_is_caught(is_careless: bool) -> None:
    """A test that cannot fail proves nothing."""
    shop = shop_of(4)
    if is_careless:
        offers = shop.engine.desk._offers
        room = offers.room
        offers.room = (  # type: ignore[method-assign]  # a desk with a fault, in this test alone
            lambda store, sku, asked, now_ns: room(store, sku, replace(asked, channel="till"), now_ns)
        )
    asked = NewReservation((STORE,), (LineAsked("TOTE", 3),), "market")
    if not is_careless:
        play(shop, [asked])
    else:
        with pytest.raises(AssertionError):
            play(shop, [asked])


def test_a_quota_is_what_a_channel_holds_not_what_others_do() -> None:
    """Two of the market, whoever holds the rest; released pieces are its own again."""
    shop = shop_of(6)
    shop.hold(("TOTE", 2), channel="web")
    held = shop.hold(("TOTE", 2), channel="market")
    refusal = shop.refused(("TOTE", 1), channel="market")
    assert [s.reason for s in refusal.shortfalls] == ["quota_reached"]
    assert shop.hold(("TOTE", 1), channel="web")
    shop.done(held, Release())
    assert shop.hold(("TOTE", 2), channel="market")


def test_more_pieces_and_another_store_obey_the_channel_too() -> None:
    """An amendment beyond the quota and a transfer to a store that the channel does not sell from are refused."""
    shop = shop_of(6)
    for _ in range(4):
        shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    held = shop.hold(("TOTE", 1), channel="market")
    assert isinstance(shop.do(held, Amend(held.version, lines=(LineAsked("TOTE", 3),))), Refusal)
    held = shop.done(held, Amend(held.version, lines=(LineAsked("TOTE", 2),)))
    refusal = shop.do(held, Transfer("paris-1"))
    assert isinstance(refusal, Refusal)
    assert [s.reason for s in refusal.shortfalls] == ["not_sold_here"]


def test_a_channel_that_is_not_there_holds_nothing() -> None:
    """Once the site names channels; a hold of one that was taken out of the file goes on."""
    shop = shop_of(3)
    refusal = shop.refused(("TOTE", 1), channel="wep")
    assert (refusal.code, refusal.faults[0][0]) == ("unknown_channel", "/channel")
    assert "did you mean 'web'?" in refusal.detail
    held = shop.hold(("TOTE", 1), channel="market")
    shop.live(shop.now)
    shop.channels = (CHANNELS[0],)
    shop.restart(shop.now)
    more = shop.done(held, Amend(held.version, lines=(LineAsked("TOTE", 2),)))
    assert more.line("TOTE") is not None
    assert HoldingShop(1).hold(("TOTE", 1), channel="anything")


@pytest.mark.parametrize("by", ["owner_ref", "exclude"])
def test_a_shopper_is_not_blocked_by_their_own_holds(by: str) -> None:
    """Neither by the pieces, nor by what they use of the quota; others are."""
    shop = shop_of(3)
    held = shop.hold(("TOTE", 2), channel="market", owner_ref="cart-1")
    own = Asker("market", owner_ref="cart-1") if by == "owner_ref" else Asker("market", exclude=held.id)
    mine, others = shop.told("TOTE", asker=own), shop.told("TOTE", asker=Asker("market", owner_ref="cart-2"))
    assert (mine.reserved, mine.quota_left, mine.available) == (0, 2, 2)
    assert (others.reserved, others.quota_left, others.available) == (2, 0, 0)
    shop.done(held, Release())
    assert shop.told("TOTE", asker=own).available == 2


def test_an_answer_ends_with_the_next_hold_that_counts() -> None:
    """Also where the quota is what binds."""
    shop = shop_of(6)
    held = shop.hold(("TOTE", 2), channel="market", ttl_ns=40 * S)
    assert shop.told("TOTE", asker=Asker("market")).valid_until_ns <= held.expires_ns
    shop.now = held.expires_ns
    assert shop.told("TOTE", asker=Asker("market")).quota_left == 2


def test_a_hold_is_as_sure_as_its_channel_wants() -> None:
    """At least so; what the request asks beyond that holds too; without either, as the site promises."""
    shop = shop_of(6)
    for channel, asked, least in (
        ("app", None, 0.95),
        ("app", 0.5, 0.95),
        ("app", 0.99, 0.99),
        ("web", None, 0.9),
    ):
        assert shop.hold(("TOTE", 1), channel=channel, min_probability=asked).min_probability == least


@pytest.mark.parametrize("fulfilment", ["pickup", "ship"])
def test_how_its_customer_gets_the_pieces_is_kept(fulfilment: Fulfilment) -> None:
    """Through steps and a restart; what was written before there was a choice is picked up."""
    shop = shop_of(3)
    held = shop.hold(("TOTE", 1), fulfilment=fulfilment)
    shop.live(shop.now)
    shop.restart(shop.now)
    assert shop.now_is(held).fulfilment == fulfilment


class BagShop(HoldingShop):
    """A shop of bags in sizes and colours, all counted by scans."""

    def _new(self) -> Engine:
        bags = [
            Article(sku, tracked_by="count", model="BAG", size=size, colour=colour)
            for sku, size, colour in (
                ("BAG-S-RED", "S", "red"),
                ("BAG-L-BLUE", "L", "blue"),
                ("BAG-L-RED", "L", "red"),
                ("BAG-S-BLUE", "S", "blue"),
            )
        ]
        return Engine(Site(small_site()), Catalogue(bags))


def test_a_refusal_names_other_sizes_and_colours_that_can_be_had() -> None:
    """Those that differ in one thing first; as many pieces, in the stores asked."""
    shop = BagShop()
    for sku in ("BAG-L-BLUE", "BAG-L-RED", "BAG-L-RED", "BAG-S-BLUE"):
        shop.tell("receive", sku=sku, zone="floor")
    shop.tell("receive", sku="BAG-S-BLUE", store="paris-1", zone="floor")
    refusal = shop.refused(("BAG-S-RED", 1), stores=STORES)
    assert [(v.instead_of, v.sku, v.stores) for v in refusal.variants] == [
        ("BAG-S-RED", "BAG-L-RED", (STORE,)),
        ("BAG-S-RED", "BAG-S-BLUE", STORES),
        ("BAG-S-RED", "BAG-L-BLUE", (STORE,)),
    ]
    assert [v.sku for v in shop.refused(("BAG-S-RED", 2)).variants] == ["BAG-L-RED"]
    assert outcome_of(outcome_json(refusal)) == refusal, "a repeat of the request is told the same"


def test_a_refusal_names_the_nearest_stores_first() -> None:
    """As the request lists them: those who ask know the way."""
    shop = shop_of(1)
    for _ in range(2):
        shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    refusal = shop.refused(("TOTE", 1), channel="web", others=("paris-1", STORE))
    assert refusal.alternatives == ("paris-1",)
