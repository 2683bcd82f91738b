"""However the stream is cut into passes, and whatever kind of reader tells it, the belief is the same."""

from copy import deepcopy

import pytest

from gateway.presence.belief import MAX_CATCH_UP, BeliefPresence
from gateway.presence.watch import Watch
from tests.support.presence_shop import (
    ANTENNAS,
    BACK,
    EPOCH,
    EPOCH_S,
    EXIT,
    FLOOR,
    PLACES,
    READERS,
    RULE,
    SILENT_AFTER,
    T0,
    WALL,
    PresenceShop,
    S,
    said,
)

TEE, JEANS = "3034000000000001", "3034000000000002"


@pytest.fixture(scope="module")
def known_shop() -> PresenceShop:
    """Return a shop of 112 tags, known for a quarter of an hour."""
    shop = PresenceShop()
    shop.fill(FLOOR, 60)
    shop.fill(BACK, 50)
    shop.put(TEE, JEANS)
    shop.live(900)
    shop.events.clear()
    return shop


def busy_morning(shop: PresenceShop, *, is_busy: bool) -> PresenceShop:
    """Live through ten minutes in which one tag leaves by the gate, one goes behind, and strangers come."""
    shop.is_busy = is_busy
    shop.live(60)
    shop.take_away(TEE)
    shop.read(TEE, EXIT, ago_s=-2, rssi=-52)
    shop.live(60)
    shop.put(JEANS, place=BACK)
    shop.put(*[f"AA{n:02X}" for n in range(20)], place=WALL)
    shop.live(480)
    shop.is_busy = False
    shop.take()
    return shop


def test_ten_minutes_in_one_pass_are_believed_as_in_a_hundred(known_shop: PresenceShop) -> None:
    """A gateway that was busy takes up what waited: the same events, and of every tag the same belief."""
    steady = busy_morning(deepcopy(known_shop), is_busy=False)
    at_once = busy_morning(deepcopy(known_shop), is_busy=True)
    assert sorted(said(steady.events)) == sorted(said(at_once.events))
    assert f"departed {TEE} floor exit" in said(steady.events) or "exit exit" in " ".join(said(steady.events))
    for epc in steady.lying:
        found, other = steady.presence.item(epc), at_once.presence.item(epc)
        assert found is not None
        assert other is not None
        assert (found.place, found.last_seen_ns) == (other.place, other.last_seen_ns)
        assert found.p_present == pytest.approx(other.p_present, abs=1e-3)
        assert found.p_place == pytest.approx(other.p_place, abs=1e-2)
    for shop in (steady, at_once):
        assert shop.presence.counts.is_conserved()


def test_a_long_pause_is_caught_up_within_a_bound(known_shop: PresenceShop) -> None:
    """A month of nothing costs no more epochs than the bound, and departs nobody."""
    shop = deepcopy(known_shop)
    shop.now += 30 * 86_400 * S
    for reader in READERS:
        shop.presence.proof(reader, shop.now)
    before = shop.presence.epoch_ns
    assert said(shop.take()) == []
    assert shop.presence.epoch_ns == shop.now > before + MAX_CATCH_UP * EPOCH
    assert said(shop.live(300)) == []


def test_the_belief_waits_for_what_was_not_told_yet(known_shop: PresenceShop) -> None:
    """The broker is away and nobody speaks: no epoch ends, for what happened in it may still be told."""
    shop = deepcopy(known_shop)
    before = shop.presence.epoch_ns
    shop.now += 600 * S
    shop.take()
    assert shop.presence.epoch_ns == before
    shop.presence.proof("front", shop.now)
    shop.take()
    assert shop.presence.epoch_ns == shop.now


# -- handheld readers ------------------------------------------------------------------------------------


def handheld_shop() -> PresenceShop:
    """Return a shop whose back room is seen by a handheld reader alone."""
    shop = PresenceShop()
    antennas = [(r, port, at, at == BACK) for r, port, at, _ in ANTENNAS]
    watch = Watch(PLACES, {r: SILENT_AFTER for r in READERS if r != "rear"} | {"rear": SILENT_AFTER}, 60 * S)
    del watch.readers["rear"]
    shop.presence = BeliefPresence(PLACES, antennas, watch, RULE)
    shop.dead = {"rear"}
    return shop


def walk_behind(shop: PresenceShop, tags: list[str]) -> None:
    """Have a person walk through the back room with the reader for a minute."""
    for _ in range(12):
        for epc in tags:
            shop.read(epc, BACK, ago_s=-2)
        shop.live(EPOCH_S)


def test_what_a_handheld_reader_saw_is_here_until_it_is_seen_elsewhere() -> None:
    """It comes and goes: its reads count, and hours of its silence say nothing."""
    shop = handheld_shop()
    shop.fill(FLOOR, 60)
    tags = [f"AA{n:02X}" for n in range(50)]
    walk_behind(shop, tags)
    assert {shop.presence.place_of(epc) for epc in tags} == {BACK}
    shop.events.clear()
    assert said(shop.live(2 * 3_600)) == []
    assert {shop.presence.place_of(epc) for epc in tags} == {BACK}
    assert shop.presence.coverage(BACK) == 0
    shop.put(tags[0], place=FLOOR, chance=1)
    assert said(shop.live(60)) == [f"moved {tags[0]} back>floor"]


# -- two antennas in a zone ------------------------------------------------------------------------------


def test_antennas_of_one_zone_are_one_witness() -> None:
    """A tag that two antennas of its zone read in one epoch is believed as one that a single one reads."""

    def believed(ports: int) -> tuple[float, float]:
        antennas = [(r, port, at, False) for r, port, at, _ in ANTENNAS] + [("front", 9, FLOOR, False)]
        watch = Watch(PLACES, dict.fromkeys(READERS, SILENT_AFTER), 60 * S)
        presence = BeliefPresence(PLACES, antennas, watch, RULE)
        for number in range(60):
            for n in range(100):
                for port in (1, 9)[:ports]:
                    at = presence.port("front", port)
                    assert at is not None
                    presence.observe_at(at, f"AA{n:04X}", T0 + number * EPOCH + port * S // 3, -60, 1)
            for reader in READERS:
                presence.proof(reader, T0 + (number + 1) * EPOCH)
            presence.advance(T0 + (number + 1) * EPOCH + RULE.grace_ns)
        item = presence.item("AA0007")
        assert item is not None
        return item.p_present, item.p_place

    assert believed(2) == pytest.approx(believed(1), abs=1e-6)


def test_a_zone_with_one_of_two_antennas_unplugged_is_half_seen() -> None:
    """The tags that only the dark one reads do not depart; those of the other stay as they are."""
    antennas = [(r, port, at, False) for r, port, at, _ in ANTENNAS] + [("front", 9, FLOOR, False)]
    watch = Watch(PLACES, dict.fromkeys(READERS, SILENT_AFTER), 60 * S)
    presence = BeliefPresence(PLACES, antennas, watch, RULE)
    events = []
    for number in range(1_000):
        for n in range(100):
            port = (1, 9)[n % 2]
            if (n * 7 + number) % 5 and not (port == 9 and number > 400):
                at = presence.port("front", port)
                assert at is not None
                presence.observe_at(at, f"AA{n:04X}", T0 + number * EPOCH + S, -60, 1)
        for reader in READERS:
            presence.proof(reader, T0 + (number + 1) * EPOCH)
        presence.advance(T0 + (number + 1) * EPOCH + RULE.grace_ns)
        events += presence.drain()
    assert len(events) == 100
    assert presence.coverage(FLOOR) == pytest.approx(0.5, abs=0.1)
