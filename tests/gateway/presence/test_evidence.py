"""What comes late, twice or in any order: each read counts once, at its own time, and all are accounted for."""

from copy import deepcopy
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.presence_shop import (
    BACK,
    EPOCH_S,
    EXIT,
    FLOOR,
    PARIS,
    RULE,
    TILL,
    WALL,
    PresenceShop,
    S,
    said,
)

LIVED_S = 300
CROWD = [f"T{n:06X}" for n in range(110)]
PLACES = (FLOOR, WALL, BACK, TILL, EXIT, PARIS)


@pytest.fixture(scope="module")
def known_shop() -> PresenceShop:
    """Return a shop of 110 tags on the floor, known for five minutes."""
    shop = PresenceShop()
    shop.put(*CROWD)
    shop.live(LIVED_S)
    assert len(shop.events) == len(CROWD)
    shop.events.clear()
    return shop


def believed(shop: PresenceShop) -> list[object]:
    """Return all that is believed of each tag."""
    return [shop.presence.item(epc) for epc in CROWD]


Told = tuple[int, int, float, float]
"""Which tag, where, how many seconds before the epoch's end, dBm."""
told_reads = st.lists(
    st.tuples(
        st.integers(0, len(CROWD) - 1),
        st.sampled_from([FLOOR, WALL, BACK, EXIT]),
        st.integers(1, 49).map(lambda tenths: tenths / 10),
        st.sampled_from([-70.0, -58.0]),
    ),
    max_size=40,
)


def strength_per_place(reads: list[Told]) -> list[Told]:
    """Return the reads, each with the strength that its tag has at its antenna in this epoch."""
    strengths: dict[tuple[int, int], float] = {}
    return [(n, at, ago, strengths.setdefault((n, at), dbm)) for n, at, ago, dbm in reads]


def epoch_of(shop: PresenceShop, reads: list[Told]) -> list[str]:
    """Let an epoch bring these reads and no others; return what changed."""
    shop.lying.clear()
    for number, place, ago_s, dbm in reads:
        shop.read(CROWD[number], place, ago_s=ago_s - EPOCH_S, rssi=dbm)
    return said(shop.live(EPOCH_S))


# -- order and doubles -----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(told_reads, st.randoms(use_true_random=False), st.data())
def test_the_order_and_the_number_of_copies_change_nothing(
    known_shop: PresenceShop, reads: list[Told], random: Random, data: st.DataObject
) -> None:
    """Within an epoch: any order, any read doubled, and beliefs and events are the same."""
    reads = strength_per_place(reads)
    plain, shuffled = deepcopy(known_shop), deepcopy(known_shop)
    doubled = reads + (data.draw(st.lists(st.sampled_from(reads), max_size=20)) if reads else [])
    random.shuffle(doubled)
    assert sorted(epoch_of(plain, reads)) == sorted(epoch_of(shuffled, doubled))
    assert believed(plain) == believed(shuffled)
    for shop in (plain, shuffled):
        assert shop.presence.counts.is_conserved()


def test_a_copy_of_an_earlier_read_counts_as_dropped(known_shop: PresenceShop) -> None:
    """The same reads told again half a minute later: each is dropped by its reason, and nothing is believed of it."""
    once, twice = deepcopy(known_shop), deepcopy(known_shop)
    reads = [(n, FLOOR, 2.0, -60.0) for n in range(100)]
    for shop in (once, twice):
        epoch_of(shop, reads)
    dropped = twice.presence.counts.dropped.total()
    for number, place, ago_s, dbm in reads:
        twice.read(CROWD[number], place, ago_s=ago_s, rssi=dbm)
    for shop in (once, twice):
        shop.live(EPOCH_S)
    assert twice.presence.counts.dropped.total() == dropped + 100
    assert believed(once) == believed(twice)


def test_a_copy_of_the_read_that_made_a_tag_arrive_counts_as_dropped(known_shop: PresenceShop) -> None:
    """The first of all reads is no exception: told again an epoch later, it is nothing new."""
    once, twice = deepcopy(known_shop), deepcopy(known_shop)
    for shop in (once, twice):
        for _ in range(2):
            shop.read("3034AA", ago_s=-1)
        shop.live(EPOCH_S)
    dropped = twice.presence.counts.dropped.total()
    twice.read("3034AA", ago_s=EPOCH_S - 1)
    for shop in (once, twice):
        shop.live(EPOCH_S)
    assert twice.presence.counts.dropped.total() == dropped + 1
    assert twice.presence.item("3034AA") == once.presence.item("3034AA")


def test_a_read_that_is_too_late_changes_nothing(known_shop: PresenceShop) -> None:
    """Beyond the watermark it is counted, dropped, and neither seen nor a sign of life."""
    shop, quiet = deepcopy(known_shop), deepcopy(known_shop)
    for each in (shop, quiet):
        each.lying.clear()
        each.live(600)
    before = shop.presence.counts.dropped["late_or_repeated"]
    late_s = RULE.late_ns / S + 10
    for epc in CROWD[:50]:
        shop.read(epc, ago_s=late_s)
    for each in (shop, quiet):
        each.live(EPOCH_S)
    assert shop.presence.counts.dropped["late_or_repeated"] == before + 50
    assert believed(shop) == believed(quiet)


def test_a_read_that_is_a_little_late_counts_and_is_of_its_own_time(known_shop: PresenceShop) -> None:
    """Half a minute old: the tag was seen then, not now."""
    shop = deepcopy(known_shop)
    shop.lying.clear()
    shop.live(60)
    shop.read(CROWD[0], ago_s=30)
    at_ns = shop.now - 30 * S
    shop.live(EPOCH_S)
    item = shop.presence.item(CROWD[0])
    assert item is not None
    assert item.last_seen_ns == at_ns


def test_a_late_read_of_before_the_departure_brings_nothing_back(known_shop: PresenceShop) -> None:
    """A till named the tag; what a reader saw of it before that is of before that."""
    shop = deepcopy(known_shop)
    assert shop.presence.depart(CROWD[0], shop.now)
    shop.take_away(CROWD[0])
    for _ in range(30):
        shop.read(CROWD[0], ago_s=1)
    assert said(shop.live(EPOCH_S)) == [f"departed {CROWD[0]} floor told"]
    assert said(shop.live(60)) == []
    assert shop.presence.counts.dropped["older_than_last_change"] >= 30


def test_reads_wait_for_the_end_of_their_epoch(known_shop: PresenceShop) -> None:
    """Those of an epoch that is not over are held, and belong to it when it is."""
    shop = deepcopy(known_shop)
    for n in range(100):
        shop.read(CROWD[n], ago_s=-3)
    shop.take()
    counts = shop.presence.counts
    assert counts.held == 100
    assert counts.is_conserved()
    shop.lying.clear()
    shop.live(EPOCH_S)
    assert counts.held == 0
    assert counts.is_conserved()


# -- conservation ----------------------------------------------------------------------------------------

acts = st.one_of(
    st.tuples(
        st.just("read"),
        st.integers(0, 14),
        st.sampled_from(PLACES),
        st.integers(-20, 400),
        st.none() | st.sampled_from([-80.0, -66.0, -50.0]),
    ),
    st.tuples(st.just("depart"), st.integers(0, 14)),
    st.tuples(st.just("sold"), st.integers(0, 14)),
    st.tuples(st.just("expect"), st.integers(0, 14)),
    st.tuples(st.just("live"), st.sampled_from([5, 5, 30, 300])),
    st.tuples(st.just("restart")),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(acts, max_size=40))
def test_all_reads_are_accounted_for_and_beliefs_stay_beliefs(story: list[tuple[object, ...]]) -> None:
    """Whatever happens in whatever order: received = passed + dropped + held; chances are chances; the tags
    that events brought in and did not take out are those that are believed here.
    """
    shop = PresenceShop()
    here: dict[str, int] = {}
    for act, *rest in story:
        epc = f"S{rest[0]:03X}" if rest else ""
        match act:
            case "read":
                shop.read(epc, rest[1], ago_s=rest[2], rssi=rest[3])  # type: ignore[arg-type]  # as drawn
            case "depart":
                shop.presence.depart(epc, shop.now)
            case "sold":
                shop.presence.depart_sold(epc, shop.now, 0.95, at_till=bool(rest[0] % 2))  # type: ignore[operator]  # as drawn
            case "expect":
                shop.presence.expect(epc, shop.now)
            case "restart":
                shop.take()
                shop.restart()
            case "live":
                shop.live(rest[0])  # type: ignore[arg-type]  # as drawn
        shop.take()
        assert shop.presence.counts.is_conserved(), shop.presence.counts
    follow(here, shop)
    for number in range(15):
        epc = f"S{number:03X}"
        item = shop.presence.item(epc)
        assert shop.presence.place_of(epc) == here.get(epc)
        if item is not None:
            assert 0 <= item.p_place <= item.p_present + 1e-6 <= 1 + 2e-6


def follow(here: dict[str, int], shop: PresenceShop) -> None:
    """Follow the events: each is possible after the one before it."""
    for event in shop.events:
        match type(event).__name__:
            case "Arrived":
                assert event.epc not in here or event.epc in shop.presence.clones
                here[event.epc] = event.place
            case "Moved":
                assert here[event.epc] == event.from_place  # type: ignore[union-attr]  # a Moved
                here[event.epc] = event.place
            case "Departed":
                assert here.pop(event.epc) == event.place
