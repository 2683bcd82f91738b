"""A restart is no departure: what was written down brings every tag back where it was, as well known as it was."""

from copy import deepcopy
from dataclasses import replace

import pytest

from gateway.presence.absent import GONE_MEMORY_NS
from gateway.presence.belief import LEARNED_EVERY_NS
from gateway.presence.model import Departed
from gateway.presence.rule import QUALITIES, QUALITY_FACTOR, quality_shares
from gateway.presence.store_belief import StoreBelief
from tests.support.presence_shop import (
    BACK,
    EPOCH_S,
    EXIT,
    FLOOR,
    PARIS,
    WALL,
    PresenceShop,
    S,
    new_presence,
    said,
)

HOUR = 3_600
TEE, WEAK = "3034000000000001", "3034000000000002"


@pytest.fixture(scope="module")
def known_shop() -> PresenceShop:
    """Return two shops of 160 tags, a tee and a weak tag, known for half an hour."""
    shop = PresenceShop()
    for place, tags in ((FLOOR, 60), (WALL, 30), (BACK, 40), (PARIS, 30)):
        shop.fill(place, tags)
    shop.put(TEE)
    shop.put(WEAK, chance=0.15)
    shop.live(HOUR // 2)
    shop.events.clear()
    return shop


@pytest.fixture
def shop(known_shop: PresenceShop) -> PresenceShop:
    """Return shops of its own for each test."""
    return deepcopy(known_shop)


def believed_places(shop: PresenceShop) -> dict[str, int | None]:
    """Return where each tag that lies somewhere is believed to be."""
    return {epc: shop.presence.place_of(epc) for epc in shop.lying}


def read_rate(shop: PresenceShop, epc: str) -> float:
    """Return how well a tag is believed to read, against a normal one."""
    store: StoreBelief = shop.presence.stores["lyon-1"]
    shares = quality_shares(store.columns.states[store.columns.index[epc]])
    return float(
        sum(share * factor for share, factor in zip(shares, QUALITY_FACTOR, strict=True)) / shares.sum()
    )


def test_every_tag_is_where_it_was(shop: PresenceShop) -> None:
    """No event is told of it, at the restart or after."""
    before = believed_places(shop)
    shop.restart()
    assert believed_places(shop) == before
    assert shop.presence.drain() == []
    assert said(shop.live(HOUR // 2)) == []
    assert believed_places(shop) == before


@pytest.mark.parametrize("hours", [0, 12, 24 * 20])
def test_time_spent_down_is_no_silence(shop: PresenceShop, hours: int) -> None:
    """However long the gateway was away; the first reads find all as it was."""
    before = believed_places(shop)
    shop.now += hours * HOUR * S
    shop.restart()
    assert said(shop.live(600)) == []
    assert believed_places(shop) == before


def test_a_tag_is_as_well_known_as_before(shop: PresenceShop) -> None:
    """How well it reads outlives the restart, of normal and weak tags: silence means as much as before."""
    normal, weak = read_rate(shop, TEE), read_rate(shop, WEAK)
    assert weak < 0.5 < normal
    shop.restart()
    assert read_rate(shop, TEE) == pytest.approx(normal, abs=0.1)
    assert read_rate(shop, WEAK) == pytest.approx(weak, abs=0.15)


def test_what_left_while_it_was_down_departs_after_it(shop: PresenceShop) -> None:
    """The tag is gone when the gateway is back: silence counts from then on."""
    shop.take_away(TEE)
    shop.restart()
    began = shop.now
    while shop.presence.place_of(TEE) is not None:
        shop.live(60)
        assert shop.now - began < 3 * HOUR * S
    assert shop.now - began >= 120 * S
    assert said(shop.events) == [f"departed {TEE} floor silence"]


def test_a_doubtful_tag_comes_back_at_its_first_read_over_a_restart(shop: PresenceShop) -> None:
    """It had fallen silent and departed; it is read after the restart: it was here, and is."""
    shop.take_away(TEE)
    while shop.presence.place_of(TEE) is not None:
        shop.live(60)
    shop.restart()
    assert shop.presence.place_of(TEE) is None
    shop.events.clear()
    shop.read(TEE, ago_s=-1)
    assert said(shop.live(EPOCH_S)) == [f"came back {TEE} floor"]


def test_one_that_left_by_the_exit_stays_away_over_a_restart(shop: PresenceShop) -> None:
    """A stray read brings nothing back; nor is it a stranger who arrives."""
    shop.take_away(TEE)
    shop.read(TEE, EXIT, ago_s=-1, rssi=-52)
    shop.live(60)
    assert shop.presence.place_of(TEE) is None
    shop.restart()
    shop.events.clear()
    shop.live(60)
    shop.read(TEE, ago_s=-1)
    shop.live(20)
    shop.read(TEE, ago_s=-1)
    assert said(shop.live(60)) == []
    shop.put(TEE, chance=1)
    assert said(shop.live(120)) == [f"came back {TEE} floor"]


def test_a_sold_tag_stays_sold_over_a_restart(shop: PresenceShop) -> None:
    """The till named it; after the restart it is still on its way out, and a return still lifts that."""
    shop.presence.depart(TEE, shop.now)
    shop.take()
    shop.restart()
    shop.events.clear()
    assert said(shop.live(300)) == []
    shop.presence.expect(TEE, shop.now)
    assert said(shop.live(60)) == [f"came back {TEE} floor"]


def test_rows_are_written_when_something_changed_and_only_then(shop: PresenceShop) -> None:
    """A tag that is read as ever costs no write; a move, a departure and an arrival cost one row each."""
    shop.presence.written()
    shop.live(600)
    assert len(shop.presence.written()[0]) < 10, "a quality that was not sure yet, now and then"
    shop.put("3034AA", chance=1)
    shop.put(TEE, place=WALL, chance=1)
    shop.presence.depart(f"C{BACK}000001", shop.now)
    shop.live(30)
    changed = {row.epc for row in shop.presence.written()[0]}
    assert {"3034AA", TEE, f"C{BACK}000001"} <= changed
    assert len(changed) < 10


@pytest.mark.parametrize(("source", "target"), [(FLOOR, PARIS), (PARIS, FLOOR)])
def test_a_transfer_outlives_a_restart(shop: PresenceShop, source: int, target: int) -> None:
    """Whichever way it went: the tag is in the store where it is, and in no other."""
    epc = f"C{source}000001"
    shop.put(epc, place=target, chance=1)
    shop.live(60)
    assert shop.presence.place_of(epc) == target
    shop.restart()
    assert shop.presence.place_of(epc) == target
    shop.events.clear()
    assert said(shop.live(60)) == []


def test_what_one_store_forgets_of_a_tag_is_kept_for_the_other(shop: PresenceShop) -> None:
    """A month after it went to Paris, Lyon forgets that it left; Paris does not, over a restart either."""
    shop.put(TEE, place=PARIS, chance=1)
    shop.live(60)
    shop.now += GONE_MEMORY_NS
    shop.live(60)
    assert shop.presence.place_of(TEE) == PARIS
    assert shop.presence.forgotten() == []
    assert [row.store for row in shop.keep() if row.epc == TEE and row.value is None] == ["lyon-1"]
    shop.restart()
    assert shop.presence.place_of(TEE) == PARIS


def test_restarts_in_a_row_change_nothing_more(shop: PresenceShop) -> None:
    """What a restart reads it writes again the same."""
    shop.restart()
    first = {epc: shop.presence.item(epc) for epc in shop.lying}
    shop.restart()
    assert {epc: shop.presence.item(epc) for epc in shop.lying} == first


def test_a_tag_of_a_zone_or_store_that_is_no_more_is_forgotten(shop: PresenceShop) -> None:
    """The site file lost a zone: its rows are left out, all others are taken up."""
    rows, _ = shop.presence.written()
    lost = [
        replace(r, value=(r.value or "").replace('"wall"', '"attic"').replace("paris-1", "nice-1"))
        for r in rows
    ]
    presence = new_presence()
    presence.restore(lost)
    assert presence.place_of(TEE) == FLOOR
    assert presence.place_of(f"C{BACK}000001") == BACK
    assert presence.item(f"C{WALL}000001") is None
    assert presence.item(f"C{PARIS}000001") is None


# -- what was learned ------------------------------------------------------------------------------------


def test_what_was_learned_is_taken_up_again(shop: PresenceShop) -> None:
    """Read rates and phases of each zone, of each store, as they were."""
    saved = shop.presence.learned(shop.now)
    assert [store for store, _ in saved] == ["lyon-1", "paris-1"]
    fresh = new_presence()
    assert fresh.phase(FLOOR) == "prior"
    for store, text in saved:
        fresh.restore_learned(store, text)
        was, now = shop.presence.stores[store].learning, fresh.stores[store].learning
        assert now.read_shares() == pytest.approx(was.read_shares(), abs=1e-3)
        assert now.rssi_ratios() == pytest.approx(was.rssi_ratios(), rel=1e-2)
        assert now.ways() == pytest.approx(was.ways(), abs=1e-5)
    assert fresh.phase(FLOOR) == shop.presence.phase(FLOOR) == "learned"


def test_what_was_learned_is_written_now_and_then(shop: PresenceShop) -> None:
    """Not with each pass: ten minutes of days are nothing to lose."""
    assert shop.presence.learned(shop.now)
    assert shop.presence.learned(shop.now + LEARNED_EVERY_NS - 1) == []
    assert shop.presence.learned(shop.now + LEARNED_EVERY_NS)


def test_lessons_of_other_zones_are_not_taken_up(shop: PresenceShop) -> None:
    """The site was changed: its antennas are learned anew; and a store that is no more is nobody's."""
    ((store, text), *_) = shop.presence.learned(shop.now)
    fresh = new_presence()
    fresh.restore_learned(store, text.replace('"wall"', '"attic"'))
    fresh.restore_learned("nice-1", text)
    assert fresh.phase(FLOOR) == "prior"
    assert (fresh.stores[store].learning.hits == 0).all()


def test_the_qualities_are_those_that_rows_bear() -> None:
    """A row tells one share for each quality."""
    assert len(QUALITIES) == len(QUALITY_FACTOR)
    presence = new_presence()
    presence.depart("AAAA", S)
    (row,) = presence.written()[0]
    assert (row.value or "").count(",") == 5 + len(QUALITIES)


def test_departures_before_a_crash_are_not_told_twice(shop: PresenceShop) -> None:
    """Gone before the restart, written down: its silence after it says nothing new."""
    shop.take_away(TEE)
    while shop.presence.place_of(TEE) is not None:
        shop.live(60)
    shop.restart()
    shop.events.clear()
    shop.live(HOUR // 3)
    assert [event for event in shop.events if isinstance(event, Departed)] == []
