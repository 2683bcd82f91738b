"""What a shop of more than a hundred tags shows: who arrives, moves and departs, and when nothing does."""

from collections.abc import Iterable
from copy import deepcopy

import pytest

from gateway.presence.model import Arrived, Departed, PresenceEvent
from tests.support.presence_shop import BACK, EXIT, FLOOR, PARIS, T0, TILL, WALL, PresenceShop, S, said

HOUR = 3_600
TEE, JEANS = "3034000000000001", "3034000000000002"


@pytest.fixture(scope="module")
def known_shop() -> PresenceShop:
    """Return a shop of 130 well-read tags and a tee, known for an hour."""
    shop = PresenceShop()
    shop.fill(FLOOR, 60)
    shop.fill(BACK, 40)
    shop.fill(WALL, 30)
    shop.put(TEE)
    shop.live(HOUR)
    assert len(shop.events) == 131
    shop.events.clear()
    return shop


@pytest.fixture
def shop(known_shop: PresenceShop) -> PresenceShop:
    """Return a shop of its own for each test: living through the hour again would take seconds."""
    return deepcopy(known_shop)


def departures(events: Iterable[PresenceEvent]) -> list[Departed]:
    """Return the departures among events."""
    return [event for event in events if isinstance(event, Departed)]


def minutes_until_gone(shop: PresenceShop, epc: str, at_most_h: int = 8) -> float:
    """Return how long it takes until a tag is believed gone."""
    began = shop.now
    while shop.presence.place_of(epc) is not None:
        shop.live(60)
        assert shop.now - began < at_most_h * HOUR * S
    return (shop.now - began) / (60 * S)


# -- arriving ------------------------------------------------------------------------------------------


def test_a_tag_arrives_by_its_second_read() -> None:
    """One read may be a stray; two are a tag. Its time is that of the second read."""
    shop = PresenceShop()
    shop.read(TEE, ago_s=0)
    assert said(shop.take()) == []
    shop.now += 7 * S
    shop.read(TEE)
    assert shop.take() == [Arrived(TEE, FLOOR, shop.now, came_back=False)]
    assert shop.presence.place_of(TEE) == FLOOR
    assert shop.presence.last_seen_ns(TEE) == shop.now


@pytest.mark.parametrize("place", [TILL, EXIT])
def test_nothing_arrives_where_people_only_pass(place: int) -> None:
    """A tag that is read at the exit or the till alone belongs to a passer-by."""
    shop = PresenceShop()
    for _ in range(50):
        shop.read(TEE, place)
        shop.now += 5 * S
    assert said(shop.take()) == []
    assert shop.presence.place_of(TEE) is None


def test_strangers_are_forgotten_after_a_day() -> None:
    """A tag read once is a stranger again a day later: no second read of another day makes it arrive."""
    shop = PresenceShop()
    shop.read(TEE)
    shop.now += 25 * HOUR * S
    shop.live(10)
    assert shop.presence.last_seen_ns(TEE) is None
    assert shop.presence.item(TEE) is None
    shop.read(TEE)
    assert said(shop.take()) == []


def test_two_strays_hours_apart_are_no_arrival() -> None:
    """Reads of a stranger count together within minutes only."""
    shop = PresenceShop()
    for _ in range(4):
        shop.read(TEE)
        shop.now += HOUR * S
    assert said(shop.take()) == []


# -- silence -------------------------------------------------------------------------------------------


def test_a_crowd_that_is_read_as_usual_neither_leaves_nor_moves(shop: PresenceShop) -> None:
    """An hour at eight reads of ten, one weak tag among them: no event at all."""
    shop.put("WEAK", chance=0.25)
    shop.live(60)
    assert said(shop.live(HOUR)) == []


def test_silence_is_doubt_long_before_it_is_departure(shop: PresenceShop) -> None:
    """A tag that fell silent is doubted within minutes, and gone after a good while, by silence."""
    shop.take_away(TEE)
    shop.live(240)
    assert shop.presence.place_of(TEE) == FLOOR
    doubted = shop.presence.item(TEE)
    assert doubted is not None
    assert doubted.p_present < 0.99
    assert 2 <= minutes_until_gone(shop, TEE) < 60
    (gone,) = departures(shop.events)
    assert (gone.epc, gone.place, gone.cause) == (TEE, FLOOR, "silence")
    assert gone.last_seen_ns < gone.at_ns - 120 * S


def test_the_silence_of_a_weak_tag_says_less(shop: PresenceShop) -> None:
    """Read in one epoch of seven, it is given far more time than one that is read in eight."""
    shop.put(JEANS, chance=0.15)
    shop.live(HOUR)
    shop.take_away(TEE, JEANS)
    well_read = minutes_until_gone(shop, TEE)
    assert well_read + minutes_until_gone(shop, JEANS) > 2 * well_read


def test_a_tag_that_was_only_unseen_comes_back_at_its_first_reads(shop: PresenceShop) -> None:
    """It lay in a shadow for hours; when it is read again it is here, where it was."""
    shop.take_away(TEE)
    minutes_until_gone(shop, TEE)
    shop.live(600)
    shop.put(TEE, chance=1)
    assert said(shop.live(10)) == [f"came back {TEE} floor"]


def test_one_that_is_followed_no_more_comes_back_at_its_first_read(shop: PresenceShop) -> None:
    """It was here, and is: no second read is asked for."""
    shop.take_away(TEE)
    while shop.presence.p_present("lyon-1", [TEE]) != [0.0]:
        shop.live(300)
        assert shop.now < T0 + 12 * HOUR * S
    shop.read(TEE)
    assert said(shop.live(5)) == [f"came back {TEE} floor"]


# -- readers that die ----------------------------------------------------------------------------------


def test_nothing_departs_while_a_reader_is_dead_nor_after(shop: PresenceShop) -> None:
    """Its heartbeat stops with its reads, for an hour: no tag leaves then, and none when it is back."""
    shop.dead = {"front"}
    assert said(shop.live(HOUR)) == []
    assert not shop.presence.is_watched(FLOOR, shop.now)
    assert shop.presence.coverage(FLOOR) == 0
    assert shop.presence.coverage(BACK) == 1
    shop.dead = set()
    assert said(shop.live(HOUR // 2)) == []
    assert shop.presence.is_watched(FLOOR, shop.now)


def test_nothing_departs_where_an_antenna_is_unplugged_from_a_living_reader(shop: PresenceShop) -> None:
    """The reader goes on proving its life, and reads nothing: its silence is its own, not that of 60 tags."""
    shop.unplugged = {"front"}
    assert said(shop.live(HOUR)) == []
    assert shop.presence.coverage(FLOOR) < 0.5
    assert not shop.presence.is_watched(FLOOR, shop.now)
    shop.unplugged = set()
    assert said(shop.live(HOUR // 2)) == []
    assert shop.presence.is_watched(FLOOR, shop.now)


def test_what_left_while_the_reader_was_dead_departs_after_it(shop: PresenceShop) -> None:
    """The silence that counts begins when the reader sees again."""
    shop.dead = {"front"}
    shop.live(60)
    shop.take_away(TEE)
    shop.live(HOUR)
    assert shop.presence.place_of(TEE) == FLOOR
    shop.dead = set()
    assert 2 <= minutes_until_gone(shop, TEE) < 90
    assert said(departures(shop.events)) == [f"departed {TEE} floor silence"]


def test_the_gateway_itself_away_for_a_night_departs_nothing(shop: PresenceShop) -> None:
    """Nobody advanced the clock and nobody read: a pause of the machine is not silence."""
    shop.now += 10 * HOUR * S
    assert said(shop.take()) == []
    assert said(shop.live(HOUR // 2)) == []


def test_a_reader_that_flaps_departs_nothing(shop: PresenceShop) -> None:
    """Two minutes dead, one alive, for 45 minutes."""
    for _ in range(15):
        shop.dead = {"front", "rear"}
        shop.live(120)
        shop.dead = set()
        shop.live(60)
    assert departures(shop.events) == []


def test_a_room_carried_next_door_at_once_is_no_departure(shop: PresenceShop) -> None:
    """All of the wall goes behind: the tags are read there, move, and none is gone."""
    for n in range(30):
        shop.put(f"C{WALL}{n:06X}", place=BACK)
    words = said(shop.live(600))
    assert sorted(words) == sorted(f"moved C{WALL}{n:06X} wall>back" for n in range(30))


# -- ways out ------------------------------------------------------------------------------------------


def test_a_passage_of_the_exit_departs_within_half_a_minute(shop: PresenceShop) -> None:
    """Read at the gate on its way out and nowhere since."""
    shop.take_away(TEE)
    shop.read(TEE, EXIT, rssi=-54)
    words = said(shop.live(30))
    assert words == [f"departed {TEE} floor exit"] or words == [
        f"moved {TEE} floor>exit", f"departed {TEE} exit exit",
    ]  # fmt: skip


def test_a_leaving_piece_that_the_gate_goes_on_reading_leaves_once(shop: PresenceShop) -> None:
    """The customer lingers at the door for a minute: one departure, no coming back."""
    shop.put(TEE, place=EXIT, chance=0.9)
    shop.live(60)
    shop.take_away(TEE)
    shop.live(HOUR)
    assert [event.cause for event in departures(shop.events)] == ["exit"]
    assert shop.presence.place_of(TEE) is None


def test_a_tag_that_lies_at_the_gate_does_not_leave_again_and_again(shop: PresenceShop) -> None:
    """Both the floor and the gate read it for hours: it leaves wrongly a few times at most."""
    before = len(shop.events)
    for _ in range(HOUR // 5):
        if shop.now // (5 * S) % 3:
            shop.read(TEE, EXIT, ago_s=-2, rssi=-66)
        shop.live(5)
    assert len(departures(shop.events[before:])) <= 3
    later = len(shop.events)
    for _ in range(HOUR // 10):
        if shop.now // (5 * S) % 3:
            shop.read(TEE, EXIT, ago_s=-2, rssi=-66)
        shop.live(5)
    assert departures(shop.events[later:]) == []
    assert shop.presence.place_of(TEE) == FLOOR


def test_a_single_faint_gate_read_of_a_tag_that_stays_is_no_departure(shop: PresenceShop) -> None:
    """The floor reads it in the same epoch and on: the gate's beam strayed."""
    shop.put(TEE, chance=1)
    shop.read(TEE, EXIT, ago_s=-2, rssi=-72)
    shop.live(600)
    assert departures(shop.events) == []


# -- moves ---------------------------------------------------------------------------------------------


def test_a_tag_carried_next_door_moves(shop: PresenceShop) -> None:
    """One move, within a minute, and it stays there."""
    shop.put(TEE, place=WALL)
    assert said(shop.live(60)) == [f"moved {TEE} floor>wall"]
    assert said(shop.live(HOUR // 2)) == []


def test_a_stray_read_moves_nothing(shop: PresenceShop) -> None:
    """The neighbour hears it every few minutes, faintly, while its own antenna reads it: it lies where it lay."""
    shop.put(TEE)
    shop.live(HOUR)
    for _ in range(6):
        shop.read(TEE, WALL, ago_s=-2, rssi=-70)
        shop.live(300)
    assert said(shop.events) == []


def test_a_tag_at_a_border_does_not_flicker(shop: PresenceShop) -> None:
    """Read in eight epochs of ten at home and in two next door, for an hour: a few moves at most."""
    for _ in range(HOUR // 5):
        if shop.now // (5 * S) % 5 == 0:
            shop.read(TEE, WALL, ago_s=-2, rssi=-66)
        shop.live(5)
    assert len(shop.events) <= 2
    assert shop.presence.place_of(TEE) == FLOOR


# -- answers -------------------------------------------------------------------------------------------


def test_a_tag_that_is_read_is_believed_here_and_there(shop: PresenceShop) -> None:
    """P(present) and P(place) are near one; others are nowhere."""
    item = shop.presence.item(f"C{BACK}000001")
    assert item is not None
    assert (item.place, item.epc) == (BACK, f"C{BACK}000001")
    assert item.p_present > 0.99
    assert item.p_place > 0.99
    assert shop.presence.item("3034FFFF") is None
    told = shop.presence.p_present("lyon-1", [f"C{BACK}000001", "3034FFFF"])
    assert told == [pytest.approx(item.p_present), 0.0]
    assert shop.presence.p_present("paris-1", [f"C{BACK}000001"]) == [0.0]


def test_a_zone_without_life_is_not_watched_and_one_that_settled_is(shop: PresenceShop) -> None:
    """Paris has a living reader and no tag: it is seen; the phase of each zone says what it read."""
    assert shop.presence.is_watched(PARIS, shop.now)
    assert shop.presence.phase(PARIS) == "prior"
    assert shop.presence.phase(FLOOR) == "learned"


def test_the_same_story_told_twice_ends_the_same() -> None:
    """Nothing hangs on the order of a set or the time of day: equal events, beliefs and rows."""

    def tell() -> tuple[list[PresenceEvent], list[object], list[object]]:
        shop = PresenceShop(seed=5)
        crowd = [*shop.fill(FLOOR, 60), *shop.fill(BACK, 50)]
        shop.live(600)
        shop.put(*crowd[:10], place=WALL)
        shop.take_away(*crowd[10:15])
        shop.read(crowd[12], EXIT, rssi=-52)
        shop.live(1_200)
        return shop.events, [shop.presence.item(epc) for epc in crowd], shop.presence.written()

    assert tell() == tell()


def test_reads_without_a_strength_place_tags_as_well() -> None:
    """A reader that tells no RSSI is a reader all the same."""
    shop = PresenceShop()
    for _ in range(120):
        for n in range(100):
            shop.read(f"T{n:06X}", FLOOR if n % 2 else BACK, ago_s=-2, rssi=None)
        shop.live(5)
    assert {shop.presence.place_of(f"T{n:06X}") for n in range(1, 100, 2)} == {FLOOR}
    assert {shop.presence.place_of(f"T{n:06X}") for n in range(0, 100, 2)} == {BACK}
    assert len(shop.events) == 100
