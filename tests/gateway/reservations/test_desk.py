"""Holds on the stock as it is: granted, refused, changed, collected; each promise by its piece."""

import pytest

from gateway.reservations.model import (
    Amend,
    Collect,
    Confirm,
    LineAsked,
    Pick,
    Ready,
    Refusal,
    Release,
    Reservation,
    Short,
    Transfer,
)
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE, S, epc

DAY_NS = 86_400 * S
TEES = [epc("TEE", n) for n in range(1, 4)]


def quantities(shop: HoldingShop, sku: str = "TOTE") -> tuple[int, int, int, int]:
    """Return on_hand, not_pickable, reserved and available."""
    stock = shop.stock(sku)
    return stock.on_hand, stock.not_pickable, stock.reserved, stock.available


def tagged_shop(tags: int = 3, **settings: object) -> HoldingShop:
    """Return a shop whose tees lie on the floor, well read."""
    shop = HoldingShop(**settings)
    shop.run(150, *TEES[:tags])
    assert shop.stock("TEE").on_hand == tags
    return shop


# -- the grant --------------------------------------------------------------------------------------------


def test_a_hold_takes_its_pieces_from_what_is_available() -> None:
    """Reserved pieces are on hand, and not available."""
    shop = HoldingShop(totes=3)
    held = shop.hold(("TOTE", 2), owner_ref="cart-1")
    assert (held.state, held.lines[0].secured, held.expires_ns - shop.now) == ("held", 2, 600 * S)
    assert quantities(shop) == (3, 0, 2, 1)


def test_lines_of_one_article_are_summed_before_the_check() -> None:
    """Two lines of two do not both find the same three pieces."""
    shop = HoldingShop(totes=3)
    refusal = shop.refused(("TOTE", 2), ("TOTE", 2))
    assert refusal.code == "insufficient_availability"
    (shortfall,) = refusal.shortfalls
    assert (shortfall.requested, shortfall.obtainable, shortfall.reason) == (4, 3, "not_enough")
    (line,) = shop.hold(("TOTE", 2), ("TOTE", 1)).lines
    assert (line.requested, line.secured) == (3, 3)


def test_all_or_nothing_and_partly_where_that_is_allowed() -> None:
    """Nothing of a basket is held where a line is missing; with allow_partial what there is."""
    shop = HoldingShop(totes=3)
    assert shop.refused(("TOTE", 1), ("CANDLE", 1)).code in {"insufficient_availability", "stock_unknown"}
    assert shop.stock().reserved == 0
    held = shop.hold(("TOTE", 5), allow_partial=True)
    assert [(line.requested, line.secured) for line in held.lines] == [(5, 3)]
    assert shop.refused(("TOTE", 1), allow_partial=True).code == "insufficient_availability"


def test_safety_stock_is_never_granted() -> None:
    """The rule of the site holds for reservations too."""
    shop = HoldingShop(totes=2)
    config = shop.engine.site.config
    stock = config.stock.model_copy(update={"safety_stock": 1})
    shop.engine.site.config = config.model_copy(update={"stock": stock})
    assert shop.refused(("TOTE", 2)).shortfalls[0].obtainable == 1
    shop.hold(("TOTE", 1))
    assert quantities(shop) == (2, 0, 1, 0)


def test_what_is_not_known_is_not_held_but_for_channels_that_accept_it() -> None:
    """A dead reader's stock is UNKNOWN: refused as such, or held and marked as at risk from the beginning."""
    shop = tagged_shop(accept_unknown=["store-app"])
    shop.alive.clear()
    shop.run(120)
    assert shop.stock("TEE").status == "UNKNOWN"
    refusal = shop.refused(("TEE", 1))
    assert (refusal.code, refusal.shortfalls[0].obtainable) == ("stock_unknown", 0)
    held = shop.hold(("TEE", 1), channel="store-app")
    assert [risk.reason for risk in held.risks] == ["stock_unknown"]
    shop.run(5)
    assert [risk.reason for risk in shop.now_is(held).risks] == ["stock_unknown"]
    assert shop.refused(("TEE", 3), channel="store-app").code == "insufficient_availability"


def test_pieces_must_be_there_surely_enough() -> None:
    """By count there are three, by belief they are not so sure: min_probability decides, never the count alone."""
    shop = tagged_shop()
    p = shop.stock("TEE").belief
    assert p is not None
    sure = p.at_least(3)
    assert 0 < sure < 1
    above = min(1.0, sure + (1 - sure) / 2)
    refusal = shop.refused(("TEE", 3), min_probability=above)
    assert [(s.reason, s.probability) for s in refusal.shortfalls] == [("not_sure", sure)]
    assert shop.hold(("TEE", 3), min_probability=sure)


def test_an_unknown_article_or_store_is_refused_with_its_place() -> None:
    """Nothing is held of what does not exist."""
    shop = HoldingShop(totes=1)
    unknown = shop.refused(("TOTE", 1), ("TOTE", 1), ("TOTES", 1))
    assert unknown.faults == (("/lines/2/sku", "'TOTES' is not known"),)
    assert shop.refused(("TOTE", 1), stores=("nowhere",)).code == "unknown_store"
    assert shop.stock().reserved == 0


def test_the_first_store_of_a_ranking_that_has_all_of_it_holds_it() -> None:
    """Else, where part is welcome, the one that has most; a refusal names who could."""
    shop = HoldingShop(totes=1)
    for _ in range(3):
        shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    assert shop.hold(("TOTE", 2), stores=(STORE, "paris-1")).store == "paris-1"
    assert shop.hold(("TOTE", 1), stores=(STORE, "paris-1")).store == STORE
    assert shop.refused(("TOTE", 1), others=(STORE, "paris-1")).alternatives == ("paris-1",)
    assert shop.hold(("TOTE", 5), stores=(STORE, "paris-1"), allow_partial=True).store == "paris-1"


# -- time -------------------------------------------------------------------------------------------------


def test_a_hold_ends_at_its_very_nanosecond_whoever_writes_that_down() -> None:
    """Answers do not wait for a timer; the timer writes the event."""
    shop = HoldingShop(totes=1)
    held = shop.hold(("TOTE", 1))
    shop.live(shop.now)
    shop.now = held.expires_ns - 1
    assert quantities(shop) == (1, 0, 1, 0)
    assert shop.refused(("TOTE", 1)).code == "insufficient_availability"
    shop.now = held.expires_ns
    assert quantities(shop) == (1, 0, 0, 1)
    assert shop.now_is(held).state == "expired"
    again = shop.hold(("TOTE", 1))
    assert shop.reservations[held.id].state == "held", "no pass has written it down yet"
    changes = shop.live(shop.now)
    assert {r.id: r.state for r in changes.reservations} == {held.id: "expired", again.id: "held"}
    assert shop.reservations[held.id] == held.as_of(held.expires_ns), (
        "what was told before is what is written"
    )


def test_valid_until_never_lies_after_the_end_of_a_hold() -> None:
    """A shopper asks again when a piece may have become free."""
    shop = HoldingShop(totes=3)
    free_ns = shop.stock().valid_until_ns
    held = shop.hold(("TOTE", 1), ttl_ns=30 * S)
    shop.hold(("TOTE", 1), ttl_ns=60 * S)
    assert shop.stock().valid_until_ns == min(free_ns, held.expires_ns)
    shop.wait(30)
    assert shop.stock().valid_until_ns == held.expires_ns + 30 * S


def test_confirming_takes_the_end_of_the_hold_away() -> None:
    """From then on the time to collect counts: as the site says, or as it was asked for, within bounds."""
    shop = HoldingShop(totes=2)
    held = shop.hold(("TOTE", 1))
    confirmed = shop.done(held, Confirm())
    assert (confirmed.state, confirmed.expires_ns - shop.now) == ("confirmed", 3 * 86_400 * S)
    shop.wait(3_600)
    assert shop.stock().reserved == 1
    other = shop.hold(("TOTE", 1))
    for by_ns in (shop.now, shop.now + 15 * 86_400 * S):
        refusal = shop.do(other, Confirm(by_ns))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "beyond_limit"
    assert shop.done(other, Confirm(shop.now + 3_600 * S)).expires_ns == shop.now + 3_600 * S
    shop.wait(3 * 86_400)
    assert [shop.now_is(one).state for one in (held, other)] == ["expired", "expired"]


def test_a_hold_that_expired_is_not_confirmed() -> None:
    """Its pieces may be somebody else's by now."""
    shop = HoldingShop(totes=1)
    held = shop.hold(("TOTE", 1))
    shop.wait(600)
    refusal = shop.do(held, Confirm())
    assert isinstance(refusal, Refusal)
    assert (refusal.code, "expired" in refusal.detail) == ("wrong_state", True)


# -- changes ----------------------------------------------------------------------------------------------


def test_a_shopper_is_not_blocked_by_their_own_hold() -> None:
    """exclude_reservation counts its pieces as free; an id of nothing changes nothing."""
    shop = HoldingShop(totes=2)
    held = shop.hold(("TOTE", 2))
    assert shop.stock().available == 0
    assert shop.stock(exclude=held.id).available == 2
    assert shop.stock(exclude="0" * 23).available == 0


def test_quantities_are_amended_as_they_are_granted() -> None:
    """Fewer are given back at once; more only where they are there; 0 takes a line out, the last one stays."""
    shop = HoldingShop(totes=3)
    held = shop.hold(("TOTE", 1))
    more = shop.done(held, Amend(1, lines=(LineAsked("TOTE", 3),)))
    assert (more.lines[0].secured, more.version) == (3, 2)
    refusal = shop.do(held, Amend(2, lines=(LineAsked("TOTE", 4),)))
    assert isinstance(refusal, Refusal)
    assert [(s.requested, s.obtainable) for s in refusal.shortfalls] == [(1, 0)]
    assert shop.done(held, Amend(2, lines=(LineAsked("TOTE", 2),))).version == 3
    assert quantities(shop) == (3, 0, 2, 1)
    last = shop.do(held, Amend(3, lines=(LineAsked("TOTE", 0),)))
    assert isinstance(last, Refusal)
    assert last.code == "not_of_reservation"
    assert shop.done(held, Amend(3, lines=(LineAsked("TOTE", 2),))).version == 3, "no change, no version"


def test_an_older_version_changes_nothing() -> None:
    """Two staff tablets do not overwrite each other."""
    shop = HoldingShop(totes=3)
    held = shop.hold(("TOTE", 1))
    shop.done(held, Amend(1, lines=(LineAsked("TOTE", 2),)))
    refusal = shop.do(held, Amend(1, lines=(LineAsked("TOTE", 3),)))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "reservation_changed"
    assert shop.stock().reserved == 2


def test_a_hold_is_extended_within_the_sites_limit() -> None:
    """Four hours from its beginning by default, however often somebody asks."""
    shop = HoldingShop(totes=1, max_held_s=3_600)
    held = shop.hold(("TOTE", 1))
    shop.wait(500)
    longer = shop.done(held, Amend(1, ttl_ns=600 * S))
    assert longer.expires_ns == shop.now + 600 * S
    shop.wait(599)
    refusal = shop.do(held, Amend(2, ttl_ns=3_600 * S))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.faults) == ("beyond_limit", (("/ttl_s", "at most 2501 now"),))
    assert isinstance(shop.do(held, Amend(2, collect_by_ns=shop.now + S)), Refusal)
    confirmed = shop.done(held, Confirm())
    assert isinstance(shop.do(held, Amend(confirmed.version, ttl_ns=60 * S)), Refusal)
    by_ns = shop.now + 10 * 86_400 * S
    assert shop.done(held, Amend(confirmed.version, collect_by_ns=by_ns)).expires_ns == by_ns


def test_another_store_holds_them_if_it_has_all() -> None:
    """The first store's pieces are free at once, and nothing is picked in the other; else nothing changes."""
    shop = HoldingShop(totes=2)
    shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    held = shop.done(shop.hold(("TOTE", 2)), Confirm())
    picked = shop.done(held, Pick(lines=(LineAsked("TOTE", 1),)))
    refusal = shop.do(picked, Transfer("paris-1"))
    assert isinstance(refusal, Refusal)
    assert refusal.shortfalls[0].store == "paris-1"
    assert shop.stock().reserved == 2
    shop.tell("receive", sku="TOTE", store="paris-1", zone="floor")
    moved = shop.done(picked, Transfer("paris-1"))
    assert (moved.store, moved.state, moved.lines[0].picked) == ("paris-1", "confirmed", 0)
    assert (shop.stock().reserved, shop.stock(store="paris-1").reserved) == (0, 2)
    assert shop.done(moved, Transfer("paris-1")) == moved


def test_no_hold_lasts_longer_than_the_site_allows() -> None:
    """Whatever the request says."""
    shop = HoldingShop(totes=1, max_held_s=900)
    refusal = shop.refused(("TOTE", 1), ttl_ns=901 * S)
    assert (refusal.code, refusal.faults) == ("beyond_limit", (("/ttl_s", "at most 900 now"),))
    assert shop.hold(("TOTE", 1), ttl_ns=900 * S)


def test_quantities_of_what_lies_ready_stay() -> None:
    """The bag is packed; its time to collect may still be extended."""
    shop = HoldingShop(totes=2)
    held = shop.done(shop.hold(("TOTE", 1)), Confirm())
    ready = shop.done(held, Ready())
    refusal = shop.do(ready, Amend(ready.version, lines=(LineAsked("TOTE", 2),)))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong_state"
    assert shop.done(ready, Amend(ready.version, collect_by_ns=shop.now + 60 * S)).state == "ready"


# -- picking and collecting -----------------------------------------------------------------------------


def test_a_picked_tag_at_the_till_is_not_subtracted_twice() -> None:
    """It lies where nobody else may pick it, and is reserved: one piece less is available, not two."""
    shop = tagged_shop()
    held = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    shop.done(held, Pick((TEES[0],)))
    for _ in range(40):
        shop.read(TEES[0], antenna=2)
        shop.run(5, *TEES[1:])
    assert shop.levels("TEE") == {"floor": 2, "till": 1}
    assert quantities(shop, "TEE") == (3, 0, 1, 2)
    shop.done(held, Release())
    assert quantities(shop, "TEE") == (3, 1, 0, 2)


def test_a_weighed_piece_that_was_picked_stays_in_hand_until_it_is_collected() -> None:
    """It left its shelf for a customer who comes tomorrow: not taken for stolen after half an hour."""
    shop = HoldingShop()
    shop.weigh(1_500 + 3 * 420, 60)
    held = shop.done(shop.hold(("CANDLE", 1), min_probability=0), Confirm())
    shop.weigh(1_500 + 2 * 420, 60)
    assert quantities(shop, "CANDLE") == (3, 1, 1, 1), "it may be any customer who has it"
    shop.done(held, Pick(lines=(LineAsked("CANDLE", 1),)))
    assert quantities(shop, "CANDLE") == (3, 0, 1, 2)
    for _ in range(12):
        shop.weigh(1_500 + 2 * 420, 300)
    assert quantities(shop, "CANDLE") == (3, 0, 1, 2)
    shop.done(held, Collect())
    shop.live(shop.now)
    assert quantities(shop, "CANDLE") == (2, 0, 0, 2)


def test_only_pieces_of_the_reservation_are_picked_each_once() -> None:
    """A foreign article, too many, another's piece and a tag by number are refused; a repeat changes nothing."""
    shop = tagged_shop()
    first = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    second = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    picked = shop.done(first, Pick((TEES[0],)))
    assert shop.done(first, Pick((TEES[0],))) == picked
    for command, reservation in (
        (Pick((TEES[1],)), first),
        (Pick((TEES[0],)), second),
        (Pick((epc("JEANS", 1),)), second),
        (Pick(lines=(LineAsked("TEE", 1),)), second),
        (Pick(lines=(LineAsked("TOTE", 1),)), second),
    ):
        refusal = shop.do(reservation, command)
        assert isinstance(refusal, Refusal), command
        assert refusal.code == "not_of_reservation"
    ready = shop.done(first, Ready())
    assert shop.done(ready, Pick((TEES[0],))) == ready


def test_collected_tags_leave_in_the_same_pass_and_do_not_come_back_by_being_seen() -> None:
    """They are read on the way out, for a quarter of an hour; only a return brings one back."""
    shop = tagged_shop()
    held = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    shop.done(held, Pick((TEES[0],)))
    collected = shop.done(held, Collect())
    changes = shop.live(shop.now)
    sold = [m for m in changes.movements if m.ref == f"reservation:{held.id}:1"]
    assert [(str(m.kind), m.epc, m.deltas[0].pieces) for m in sold] == [("sold", TEES[0], -1)]
    assert {r.id: r.state for r in changes.reservations}[held.id] == "collected"
    assert shop.done(collected, Collect()) == collected
    shop.run(900, *TEES)
    assert shop.levels("TEE") == {"floor": 2}
    assert quantities(shop, "TEE")[2] == 0
    shop.tell("return", epc=TEES[0], zone="floor")
    shop.run(60, *TEES)
    assert sum(shop.levels("TEE").values()) == 3
    shop.check_laws()


def test_collected_pieces_without_a_picked_tag_leave_as_sold_by_their_article() -> None:
    """As a sale paid already: the level falls now, and the tag that leaves later pays for it."""
    shop = tagged_shop()
    held = shop.done(shop.hold(("TEE", 2), min_probability=0), Confirm())
    shop.done(held, Collect())
    shop.live(shop.now)
    assert shop.stock("TEE").on_hand == 1
    shop.check_laws()


def test_a_piece_that_a_till_sells_leaves_once() -> None:
    """Where the customer pays in the shop, the till's sale is the departure."""
    shop = HoldingShop(totes=2)
    held = shop.done(shop.hold(("TOTE", 1)), Confirm())
    shop.tell("sale", sku="TOTE")
    assert shop.done(held, Collect(sold_by_till=True)).state == "collected"
    shop.live(shop.now)
    assert quantities(shop) == (1, 0, 0, 1)


def test_a_collected_piece_is_not_granted_to_another_in_the_same_pass() -> None:
    """Between the end of the hold and the departure there is no instant at which it is free; nor after a sale."""
    shop = tagged_shop(tags=1)
    held = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    shop.done(held, Pick((TEES[0],)))
    shop.done(held, Collect())
    assert shop.refused(("TEE", 1), min_probability=0).code in {"insufficient_availability", "stock_unknown"}
    other = tagged_shop(tags=1)
    other.tell("sale", epc=TEES[0])
    assert other.refused(("TEE", 1), min_probability=0).code in {"insufficient_availability", "stock_unknown"}


def test_short_ends_a_reservation_that_was_not_found() -> None:
    """Its pieces are free by the books: whether they are there is for a count to tell."""
    shop = HoldingShop(totes=1)
    held = shop.done(shop.hold(("TOTE", 1)), Confirm())
    ended = shop.done(held, Short())
    assert (ended.state, ended.closed_ns) == ("short", shop.now)
    assert shop.done(held, Release()) == ended
    assert shop.stock().reserved == 0


# -- forgetting -----------------------------------------------------------------------------------------


def test_owners_are_forgotten_by_the_hour_and_with_each_commit_of_reservations() -> None:
    """A quiet shop lets go of names too; a busy one goes on letting go, a bounded number at a time."""
    shop = HoldingShop(totes=1, erase_owner_after_s=86_400)
    assert shop.live(shop.now).forgetting is None
    shop.hold(("TOTE", 1))
    with_hold = shop.live(shop.now).forgetting
    assert with_hold is not None
    assert (with_hold.owners_before_ns, with_hold.closed_before_ns) == (
        shop.now - DAY_NS,
        shop.now - 90 * DAY_NS,
    )
    assert (with_hold.answered_before_ns, with_hold.most) == (shop.now - DAY_NS, 502)
    seen = []
    for _ in range(24):
        shop.wait(600)
        seen.append(shop.live(shop.now).forgetting)
    assert len([forgetting for forgetting in seen if forgetting and forgetting.most == 20_000]) == 4


# -- a restart ------------------------------------------------------------------------------------------


def test_a_restart_takes_holds_up_and_ends_those_that_expired_meanwhile() -> None:
    """Reserved is derived from the rows that were written: the same after as before."""
    shop = HoldingShop(totes=4)
    short, long = shop.hold(("TOTE", 1), ttl_ns=60 * S), shop.hold(("TOTE", 2), ttl_ns=600 * S)
    done = shop.hold(("TOTE", 1))
    shop.done(done, Release())
    shop.live(shop.now)
    before = quantities(shop)
    shop.restart(shop.now)
    assert quantities(shop) == before == (4, 0, 3, 1)
    shop.wait(300)
    shop.restart(shop.now)
    assert quantities(shop) == (4, 0, 2, 2)
    shop.live(shop.now)
    assert {r.id: r.state for r in shop.reservations.values()} == {
        short.id: "expired",
        long.id: "held",
        done.id: "released",
    }


@pytest.mark.parametrize("state", ["held", "confirmed", "picking", "ready"])
def test_every_open_state_survives_a_restart_field_by_field(state: str) -> None:
    """What was written is what is taken up."""
    shop = tagged_shop()
    held = shop.hold(("TEE", 2), min_probability=0.0, owner_ref="cart-7")
    steps = [Confirm(), Pick((TEES[0],)), Ready()]
    for command in steps[: ["held", "confirmed", "picking", "ready"].index(state)]:
        held = shop.done(held, command)
    shop.live(shop.now)
    written = shop.reservations[held.id]
    assert written.state == state
    shop.restart(shop.now)
    taken_up = shop.engine.state.book.get(held.id)
    assert isinstance(taken_up, Reservation)
    assert taken_up == written
