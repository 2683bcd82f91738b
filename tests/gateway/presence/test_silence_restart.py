"""A restart is not a departure: what was written down is believed again, and each silence starts anew."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.model import Place, TagRow
from gateway.presence.silence import SilencePresence
from gateway.presence.tag import GONE_MEMORY_NS
from gateway.presence.watch import Watch
from tests.support.presence_shop import (
    BACK,
    EXIT,
    FLOOR,
    READERS,
    RULE,
    T0,
    PresenceShop,
    S,
    new_presence,
    said,
)

TAGS = [f"{n:03d}" for n in range(110)]


def test_a_restart_changes_no_belief() -> None:
    """Tags are where they were, gone ones are gone, and nothing is told anew."""
    shop = PresenceShop()
    shop.live(1_800, "here")
    shop.live(60, "there", "here", place=BACK)
    shop.live(10, "out", place=FLOOR)
    shop.live(5, "out", place=EXIT, every=1, rssi=-50)
    shop.live(60, "here", place=BACK)
    shop.presence.depart("sold", shop.now)
    shop.restart()
    assert shop.presence.drain() == []
    assert shop.presence.dirty_rows() == []
    assert [shop.presence.place_of(epc) for epc in ("here", "there", "out", "sold")] == [
        BACK,
        BACK,
        None,
        None,
    ]
    assert said(shop.live(600, "sold")) == [], "it was sold, and a restart does not unsell it"


def test_time_spent_down_is_not_silence() -> None:
    """Down for a week: nothing leaves at the start, nor before the readers have looked for as long as ever."""
    shop = PresenceShop()
    shop.live(60, "a")
    shop.restart()
    shop.now += 7 * 86_400 * S
    assert shop.live(890) == []
    assert said(shop.live(30)) == ["departed a floor silence"]


def test_a_backlog_from_before_a_tag_came_is_no_silence_of_it() -> None:
    """What a broker tells again after a restart is older than the newest tags: they were not there to be read."""
    shop = PresenceShop()
    shop.live(3_600, "old")
    shop.live(20, "old", "new")
    shop.restart()
    for ago_s in range(3_600, 20, -5):
        for reader in READERS:
            shop.presence.proof(reader, shop.now - ago_s * S)
        shop.read("old", ago_s=ago_s)
    assert said(shop.live(800, "old")) == []
    assert said(shop.live(150, "old")) == ["departed new floor silence"]


def test_the_learned_gap_survives() -> None:
    """A tag known to be quiet for minutes is given that time after a restart too."""
    shop = PresenceShop()
    shop.live(60, "a")
    shop.live(400)
    shop.live(10, "a")
    shop.live(1_000)
    shop.live(10, "a")
    shop.restart()
    assert shop.live(2_300) == []
    assert shop.live(1_500) != []


def test_a_gap_is_written_down_when_it_changed_much_not_at_each_read() -> None:
    """A tag that lies still for an hour costs a few rows, not hundreds."""
    shop = PresenceShop()
    rows = 0
    for _ in range(3_600):
        shop.live(1, "a", every=5)
        rows += len(shop.presence.dirty_rows())
    assert rows <= 4


def test_a_tag_in_a_zone_that_is_no_more_is_forgotten() -> None:
    """A zone taken out of the site file: its tags arrive anew where they are read."""
    other = (Place(0, "lyon-1", "shop-floor", "floor", ("front",)),)
    presence = SilencePresence(other, Watch(other, {"front": 60 * S}, 0), RULE)
    presence.restore([TagRow("a", f'[1,["lyon-1","floor"],{T0},{T0},150000000000]')])
    assert presence.place_of("a") is None
    for second in (1, 2):
        presence.observe("a", 0, T0 + second * S, None, 1)
    assert [type(event).__name__ for event in presence.drain()] == ["Arrived"]


def test_gone_tags_are_forgotten_in_time_whatever_their_rows_order() -> None:
    """Rows come back by key; the one that has been gone longest is let go first all the same."""
    shop = PresenceShop()
    for epc, at in (("b", 0), ("c", 10), ("a", 20)):
        shop.presence.depart(epc, T0 + at * 86_400 * S)
    shop.restart()
    left = []
    for day in range(28, 60, 4):
        shop.presence.advance(T0 + day * 86_400 * S)
        left.append(len(shop.presence._tags))
    assert left == [3, 2, 2, 1, 1, 1, 0, 0]
    assert GONE_MEMORY_NS == 30 * 86_400 * S
    assert sorted(shop.presence.dirty_rows(), key=lambda row: row.epc) == [TagRow(epc, None) for epc in "abc"]


steps = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 109), st.sampled_from([FLOOR, BACK, EXIT])), max_size=8),
        st.sampled_from([2, 10, 60, 400]),
        st.sampled_from(["", "", "sold", "restart"]),
    ),
    max_size=20,
)


@settings(max_examples=40)
@given(steps)
def test_a_restart_equals_no_restart_once_the_same_has_been_seen(
    story: list[tuple[list[tuple[int, int]], int, str]],
) -> None:
    """Two gateways see the same; one of them dies now and then. Neither says anything at a restart, and after
    the same hour of the same reads both believe the same of every tag.
    """
    steady, mortal = PresenceShop(), PresenceShop()
    for reads, seconds, what in story:
        for shop in (steady, mortal):
            for n, place in reads:
                shop.read(TAGS[n], place, count=2)
            if what == "sold":
                for n, _ in reads:
                    shop.presence.depart(TAGS[n], shop.now)
            live(shop, seconds)
        if what == "restart":
            before = {epc: mortal.presence.place_of(epc) for epc in TAGS}
            mortal.restart()
            assert {epc: mortal.presence.place_of(epc) for epc in TAGS} == before
            assert mortal.presence.drain() == []
    for _ in range(500):
        for shop in (steady, mortal):
            for n in range(0, len(TAGS), 3):
                shop.read(TAGS[n], BACK if n % 2 else FLOOR, count=2)
            live(shop, 8)
    for epc in TAGS:
        assert steady.presence.place_of(epc) == mortal.presence.place_of(epc), epc


def live(shop: PresenceShop, seconds: int) -> None:
    """Let time pass in steps of at most a minute."""
    for step in [60] * (seconds // 60) + [seconds % 60]:
        shop.now += step * S
        for reader in READERS:
            shop.presence.proof(reader, shop.now)
        shop.presence.advance(shop.now)
        shop.events += shop.presence.drain()


@pytest.mark.parametrize("seed", range(3))
def test_rows_hold_all_that_a_restart_needs(seed: int) -> None:
    """Restored from rows, then restored from the rows of the restored: the same beliefs, and no row to write."""
    random, shop = Random(seed), PresenceShop()
    for _ in range(300):
        shop.read(random.choice(TAGS), random.choice([FLOOR, BACK, EXIT]), count=2)
        if random.random() < 0.1:
            shop.presence.depart(random.choice(TAGS), shop.now)
        live(shop, random.choice([1, 5, 100]))
    believed = {epc: shop.presence.place_of(epc) for epc in TAGS}
    for _ in range(2):
        shop.restart()
        assert {epc: shop.presence.place_of(epc) for epc in TAGS} == believed
        assert shop.presence.dirty_rows() == []


def test_a_new_presence_knows_nothing() -> None:
    """Restoring no rows is a first start; a row that was deleted is none."""
    presence = new_presence()
    presence.restore([TagRow("a", None)])
    assert presence.place_of("a") is None
