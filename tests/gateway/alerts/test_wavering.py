"""Alerts that rest on belief: a piece that nobody saw leave, a tag that never answered, doubts that pass."""

from dataclasses import replace

import pytest

from gateway.alerts.rules import Likely
from gateway.answers import article_view
from gateway.beliefs import likely
from gateway.wavering import Wavering
from tests.gateway.alerts.test_dead_readers import EMPTY, LOW, OUT, look, stock_alerts
from tests.support.small_site import STORE, S, SmallShop, epc

JEANS = [epc("JEANS", n) for n in range(1, 6)]


def fired_s(shop: SmallShop, alert: str) -> int | None:
    """Return when an alert of an article fired, in seconds of the shop."""
    times = [a.fired_at_ns for a in shop.alerts.values() if f"{a.type} {a.sku}" == alert and a.fired_at_ns]
    return None if not times else times[0] // S


def test_a_shelf_is_empty_before_its_last_piece_is_given_up() -> None:
    """It was carried out unseen. The piece counts until it is believed below 0.1; the shelf is told before."""
    shop = SmallShop()
    look(shop, 600, floor=JEANS[:1], back=JEANS[1:4])
    gone_s = shop.now // S
    while shop.levels("JEANS").get("floor"):
        look(shop, 5, back=JEANS[1:4])
    given_up_s = shop.now // S
    look(shop, 600, back=JEANS[1:4])
    at_s = fired_s(shop, EMPTY)
    assert at_s is not None
    assert gone_s + 600 < at_s < given_up_s + 500


@pytest.mark.parametrize(("pieces", "alert"), [(3, LOW), (1, OUT)])
def test_the_hold_begins_with_the_silence(pieces: int, alert: str) -> None:
    """The last but two, or the very last, is carried out unseen: told ten minutes after the first doubt, not after the
    minutes that it took to be believed.
    """
    shop = SmallShop()
    look(shop, 600, floor=JEANS[:pieces])
    while pieces - shop.levels("JEANS").get("floor", 0) == 0:
        look(shop, 5, floor=JEANS[: pieces - 1])
    given_up_s = shop.now // S
    look(shop, 600, floor=JEANS[: pieces - 1])
    at_s = fired_s(shop, alert)
    assert at_s is not None
    assert at_s < given_up_s + 540


def test_a_tag_that_is_heard_again_ends_the_hold() -> None:
    """Of three pieces one is silent for minutes, is heard, and is silent again: two doubts, not one long."""
    shop = SmallShop()
    look(shop, 600, floor=JEANS[:3])
    for _ in range(3):
        look(shop, 420, floor=JEANS[:2])
        look(shop, 30, floor=JEANS[:3])
    assert stock_alerts(shop) == {}


def test_a_shadow_is_not_an_empty_shelf() -> None:
    """Its last piece is not read for seven minutes, and wavers; it is read again, and nothing is told."""
    shop = SmallShop()
    look(shop, 600, floor=JEANS[:1], back=JEANS[1:4])
    look(shop, 420, back=JEANS[1:4])
    doubted = likely(shop.engine.state, STORE, "JEANS", 1, 3, spare=2)
    assert doubted is not None
    assert doubted.on_floor < 0.9
    look(shop, 900, floor=JEANS[:1], back=JEANS[1:4])
    assert stock_alerts(shop) == {}


def test_a_tag_that_never_answered_fills_no_back_room() -> None:
    """It was received there, and may be dead, or on the floor: nobody is sent to fetch it."""
    shop = SmallShop()
    shop.tell("receive", sku="JEANS", epc=JEANS[4], zone="back")
    look(shop, 60, floor=JEANS[:1])
    shop.now += 7_200 * S
    look(shop, 120, floor=JEANS[:1])
    shop.tell("sale", sku="JEANS", epc=JEANS[0])
    look(shop, 900)
    assert shop.levels("JEANS") == {"back": 1}
    assert EMPTY not in stock_alerts(shop)
    assert OUT not in stock_alerts(shop)


def test_what_was_judged_in_this_pass_is_judged_again_in_the_next() -> None:
    """A piece moves to the floor, not yet sure: its article was judged by that, and must be when it is sure."""
    shop = SmallShop()
    look(shop, 120, floor=JEANS[:1], back=JEANS[1:3])
    state = shop.engine.state
    article = state.catalogue.article("JEANS")
    assert article is not None
    view = article_view(state, STORE, article, shop.now, ())
    waiting, key = Wavering(state), (STORE, "JEANS")
    waiting.judged(replace(view, likely=Likely(1.0, 0.93, 1.0, 0.0)))
    assert list(waiting.to_judge({key})) == []
    assert list(waiting.to_judge(set())) == [], "beliefs move once an epoch"
    look(shop, 5, floor=JEANS[:1], back=JEANS[1:3])
    assert list(waiting.to_judge(set())) == [key]
    look(shop, 5, floor=JEANS[:1], back=JEANS[1:3])
    assert list(waiting.to_judge(set())) == []


def test_a_tag_that_never_answered_takes_no_turn_from_doubts_that_pass() -> None:
    """Its article stays in doubt for good: judged each epoch, a few hundred such would keep all others waiting."""
    shop = SmallShop()
    look(shop, 120, floor=JEANS[:1])
    state = shop.engine.state
    article = state.catalogue.article("JEANS")
    assert article is not None
    view = article_view(state, STORE, article, shop.now, ())
    waiting = Wavering(state)
    for unread, on_hand, waits in ((1, 1, False), (0, 1, True), (1, 0, True)):
        waiting.judged(replace(view, on_hand=on_hand, likely=Likely(0.7, 0.0, 0.0, 0.0, unread)))
        look(shop, 5, floor=JEANS[:1])
        assert list(waiting.to_judge(set())) == [(STORE, "JEANS")] * waits


def test_what_is_plain_costs_no_belief() -> None:
    """Three pieces and more on the floor than one: the pieces say it all, and no tag is looked at."""
    shop = SmallShop()
    look(shop, 120, floor=JEANS[:3], back=JEANS[3:])
    state = shop.engine.state
    assert likely(state, STORE, "JEANS", 3, 2, spare=3) is None
    article = state.catalogue.article("JEANS")
    assert article is not None
    view = article_view(state, STORE, article, shop.now, ())
    assert (view.floor, view.back, view.likely) == (3, 2, None)
