"""Each rule of silence.py by a worked example: a small shop, two readers, seconds."""

import pytest

from gateway.presence.model import Place, TagRow
from gateway.presence.silence import SilencePresence
from gateway.presence.tag import GONE_MEMORY_NS, STRAY_MEMORY_NS, read_weight
from gateway.presence.watch import Watch
from tests.support.presence_shop import (
    BACK,
    EXIT,
    FLOOR,
    HOUR,
    READERS,
    RULE,
    TILL,
    PresenceShop,
    S,
    said,
)

# -- arriving ------------------------------------------------------------------------------------------


def test_two_reads_in_one_place_make_an_arrival() -> None:
    """An unknown tag is a stray until it was read twice in one place."""
    shop = PresenceShop()
    shop.read("a")
    assert shop.live(1) == []
    shop.read("a")
    assert said(shop.live(1)) == ["arrived a floor"]


def test_a_batch_of_reads_counts_as_many() -> None:
    """A report that says a tag was read twice is as good as two reports."""
    shop = PresenceShop()
    shop.read("a", count=2)
    assert said(shop.live(1)) == ["arrived a floor"]


def test_reads_in_two_places_are_no_arrival() -> None:
    """One read here and one there tell of no place."""
    shop = PresenceShop()
    for place in (FLOOR, BACK, FLOOR, BACK):
        shop.read("a", place)
    assert shop.live(1) == []


@pytest.mark.parametrize("place", [EXIT, TILL])
def test_nothing_arrives_at_an_exit_or_a_till(place: int) -> None:
    """Passers-by and bought pieces are read there all day; they are no stock."""
    shop = PresenceShop()
    assert shop.live(120, "a", place=place) == []


def test_strays_that_are_rarely_read_never_arrive() -> None:
    """Reads more than ten minutes apart start again: a tag beyond the wall is heard now and then."""
    shop = PresenceShop()
    for _ in range(5):
        shop.read("a")
        assert shop.live(601) == []


# -- places --------------------------------------------------------------------------------------------


def test_a_tag_moves_when_another_place_outweighs_its_own() -> None:
    """Carried to the back room and read there as well as before, it moves within a minute, once."""
    shop = PresenceShop()
    shop.settle("a")
    assert said(shop.live(60, "a", place=BACK)) == ["moved a floor>back"]


def test_a_single_read_moves_nothing() -> None:
    """However strong, one read elsewhere is no place."""
    shop = PresenceShop()
    shop.settle("a")
    shop.live(120)
    shop.read("a", BACK, rssi=-30)
    assert shop.live(5) == []


def test_faint_reads_through_the_wall_move_nothing_while_a_person_stands_before_the_tag() -> None:
    """Unheard at home for three minutes, but faintly next door: less than a quarter of how it is usually heard."""
    shop = PresenceShop()
    shop.settle("a")
    for _ in range(8):
        shop.read("a", BACK, rssi=-78)
        assert shop.live(23) == []


def test_how_well_a_tag_was_once_heard_is_forgotten_over_hours() -> None:
    """Hung close to the antenna for an hour, then far from it all day: a read like those of the day can move it."""
    shop = PresenceShop()
    shop.live(3_600, "a", rssi=-45)
    shop.live(16 * 3_600, "a", rssi=-78, every=20)
    shop.live(60)
    assert said(shop.live(60, "a", place=BACK, rssi=-78, every=20)) == ["moved a floor>back"]


def test_antennas_of_one_place_are_one_place() -> None:
    """Two antennas of a place, each hearing a tag half as often, outweigh one of another place."""
    shop = PresenceShop()
    shop.settle("a")
    for _ in range(60):
        shop.read("a", FLOOR)
        shop.read("a", BACK)
        shop.read("a", FLOOR)
        assert shop.live(5) == []


def test_a_tag_between_two_places_ceases_to_flap() -> None:
    """A tag at the border is read a minute here, a minute there: each return makes the next move harder."""
    shop = PresenceShop()
    shop.settle("a")
    moves = []
    for _ in range(10):
        moves.append(len(shop.live(60, "a", place=BACK)))
        moves.append(len(shop.live(60, "a", place=FLOOR)))
    assert moves[0] == 1
    assert sum(moves[-10:]) < sum(moves[:10])
    assert sum(moves[-10:]) <= 2


def test_an_ordinary_walk_is_not_made_harder() -> None:
    """A piece that is carried on to a third and fourth place within minutes moves as fast as the first time."""
    shop = PresenceShop()
    shop.settle("a")
    for place in (TILL, BACK, FLOOR):
        assert len(shop.live(45, "a", place=place)) == 1


def test_moves_between_stores_bear_both_places() -> None:
    """A move names where the tag was and where it is."""
    shop = PresenceShop()
    shop.settle("a")
    (moved,) = shop.live(60, "a", place=BACK)
    assert (moved.place, shop.presence.place_of("a")) == (BACK, BACK)


# -- leaving by silence --------------------------------------------------------------------------------


def gone_after_s(shop: PresenceShop, epc: str, limit_s: int = 4_000) -> int:
    """Return after how many seconds of silence a tag is believed gone."""
    for second in range(1, limit_s):
        if shop.live(1):
            return second
    raise AssertionError(f"{epc} is still here after {limit_s} s")


def test_a_new_tag_is_given_the_time_of_a_shadow() -> None:
    """Six times the longest gap expected of a tag nobody knows (150 s)."""
    shop = PresenceShop()
    shop.live(10, "a")
    assert gone_after_s(shop, "a") in range(900, 904)
    assert said(shop.events[-1:]) == ["departed a floor silence"]


def test_a_tag_that_is_heard_all_the_time_is_missed_sooner() -> None:
    """After a day of reads every five seconds, a silence of a few minutes says that it left."""
    shop = PresenceShop()
    shop.live(10 * 3_600, "a", every=5)
    assert 90 <= gone_after_s(shop, "a") < 200


def test_a_tag_with_long_gaps_is_missed_later() -> None:
    """One that was once unheard for five minutes is given half an hour."""
    shop = PresenceShop()
    shop.live(60, "a")
    shop.live(300)
    shop.live(60, "a")
    assert 1_800 < gone_after_s(shop, "a") < 1_835


def test_no_silence_is_longer_than_the_longest() -> None:
    """A tag that is heard every fifteen minutes is gone after an hour, not after six gaps."""
    shop = PresenceShop()
    for _ in range(4):
        shop.live(895)
        shop.read("a")
        shop.read("a")
    shop.live(5)
    assert gone_after_s(shop, "a") in range(3_590, 3_605)


def test_a_read_by_any_antenna_ends_a_silence() -> None:
    """Heard faintly elsewhere, it is in the store: its silence starts again."""
    shop = PresenceShop()
    shop.live(10, "a")
    shop.live(880)
    shop.read("a", BACK, rssi=-80)
    assert gone_after_s(shop, "a") > 880


def test_a_dead_reader_makes_nothing_leave() -> None:
    """Its places' clock stands: after a day nothing has left; after its return each silence goes on where it was."""
    shop = PresenceShop()
    shop.live(60, *"abc")
    shop.live(800)
    shop.die("front")
    assert shop.live(24 * 3_600) == []
    shop.alive.add("front")
    shop.live(90)
    assert shop.events[3:] == []
    assert sorted(said(shop.live(30))) == [f"departed {epc} floor silence" for epc in "abc"]


def test_the_other_reader_is_not_asked() -> None:
    """The back room's reader is dead; what fell silent on the floor has left all the same."""
    shop = PresenceShop()
    shop.live(10, "a")
    shop.die("rear")
    assert gone_after_s(shop, "a") < 910


def test_a_tag_that_moved_is_missed_on_the_clock_of_its_new_place() -> None:
    """In the back room since a minute; then the back room's reader dies, and its silence means nothing."""
    shop = PresenceShop()
    shop.settle("a")
    shop.live(60, "a", place=BACK)
    shop.die("rear")
    assert shop.live(2 * 3_600) == []


def test_the_clocks_of_two_places_are_not_mixed_up() -> None:
    """The floor's reader was dead for hours, so its clock is far behind: a tag carried out from the back is not
    missed for hours, nor one carried in at once.
    """
    shop = PresenceShop()
    shop.settle("out", place=BACK)
    shop.die("front")
    shop.live(5 * 3_600, "out", place=BACK)
    shop.alive.add("front")
    shop.live(60, "out", "in")
    shop.live(60, "in", place=BACK)
    assert said(shop.events[-3:]) == ["arrived in floor", "moved out back>floor", "moved in floor>back"]
    assert said(shop.live(700, "in", place=BACK)) == ["departed out floor silence"]
    assert said(shop.live(1_000)) == ["departed in back silence"]


# -- leaving by the exit -------------------------------------------------------------------------------


def walk_out(shop: PresenceShop, epc: str, seconds: int = 4, rssi: float = -50) -> None:
    """A tag is read at the gate each second."""
    shop.live(seconds, epc, place=EXIT, every=1, rssi=rssi)


def test_a_tag_leaves_by_the_exit_and_is_gone_after_the_hold() -> None:
    """Read at the gate, then nowhere for twenty seconds: gone, at the time of the hold's end."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a")
    assert "departed" not in str(said(shop.live(19)))
    (gone,) = shop.live(2)
    assert said([gone]) in (["departed a exit exit"], ["departed a floor exit"])
    assert gone.at_ns == shop.now - 1 * S


def test_a_passage_is_twice_and_clear() -> None:
    """One read at the gate, or a few faint ones, are a tag on a shelf nearby."""
    shop = PresenceShop()
    shop.settle("a", "b")
    shop.read("a", EXIT, rssi=-40)
    for _ in range(3):
        shop.read("b", EXIT, rssi=-80)
        shop.live(2)
    assert "exit" not in str(said(shop.live(60, "a", "b")))


def test_a_tag_that_is_believed_at_the_exit_leaves_by_it_too() -> None:
    """It drifted into the exit's place by slow faint reads, which are no passage; the passage comes later."""
    shop = PresenceShop()
    shop.settle("a")
    shop.live(120, "a", place=EXIT, every=12, rssi=-68)
    assert shop.presence.place_of("a") == EXIT
    assert shop.live(200, "a", place=EXIT, every=12, rssi=-68) == []
    walk_out(shop, "a")
    assert said(shop.live(21)) == ["departed a exit exit"]


def test_one_who_turns_back_has_not_left() -> None:
    """Read at the gate, then clearly inside again within the hold: it stays."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a")
    shop.live(300, "a")
    assert shop.presence.place_of("a") == FLOOR
    assert not [event for event in said(shop.events) if "departed" in event]


def test_the_last_read_at_the_gate_counts() -> None:
    """One who lingers at the gate for a minute is gone twenty seconds after the last read there."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a", seconds=60)
    assert shop.presence.place_of("a") is not None
    assert "departed a exit exit" in said(shop.live(21))


def test_the_reads_of_a_leaving_piece_do_not_bring_it_back() -> None:
    """In the first 45 s after, the gate's and the floor's antennas still hear it through the window."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a")
    shop.live(21)
    assert shop.live(40, "a") == []


def test_one_that_is_heard_on_after_an_exit_is_back() -> None:
    """Reads for twenty seconds, away from gate and till, bring it back."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a")
    shop.live(100)
    assert shop.live(300, "a", place=EXIT) == []
    assert shop.live(20, "a") == []
    assert said(shop.live(10, "a")) == ["came back a floor"]


def test_a_tag_that_lies_by_the_gate_is_doubted_after_its_first_false_exit() -> None:
    """It came back from an exit at once: the next passage must be three times as clear."""
    shop = PresenceShop()
    shop.settle("a")
    walk_out(shop, "a", seconds=2)
    shop.live(60)
    shop.live(100, "a")
    assert shop.presence.place_of("a") == FLOOR
    shop.live(60, "a")
    walk_out(shop, "a", seconds=2)
    shop.live(30)
    assert shop.presence.place_of("a") is not None
    walk_out(shop, "a", seconds=8)
    shop.live(30)
    assert shop.presence.place_of("a") is None


# -- coming back ---------------------------------------------------------------------------------------


def test_after_silence_the_first_read_brings_it_back() -> None:
    """It was here, and is."""
    shop = PresenceShop()
    shop.live(10, "a")
    shop.live(1_000)
    shop.read("a", BACK)
    assert said(shop.live(1)) == ["came back a back"]


def test_a_sold_tag_is_seen_on_its_way_out_and_stays_sold() -> None:
    """A till named it: reads of a quarter of an hour are those of a customer who looks around."""
    shop = PresenceShop()
    shop.settle("a")
    assert shop.presence.depart("a", shop.now)
    assert said(shop.live(900, "a")) == ["departed a floor told"]


def test_a_sold_tag_that_stays_for_half_an_hour_is_back() -> None:
    """Nobody shops that long with a paid piece."""
    shop = PresenceShop()
    shop.settle("a")
    shop.presence.depart("a", shop.now)
    shop.live(1_795, "a")
    assert shop.presence.place_of("a") is None
    assert said(shop.live(15, "a")) == ["came back a floor"]


def test_a_return_lifts_that() -> None:
    """Once a return names the tag, its next read brings it back."""
    shop = PresenceShop()
    shop.settle("a")
    shop.presence.depart("a", shop.now)
    shop.live(600)
    shop.presence.expect("a", shop.now)
    assert said(shop.live(5, "a")) == ["came back a floor"]


def test_what_was_read_before_a_sale_does_not_bring_a_tag_back_after_it() -> None:
    """A tag that was gone, or a stray, and is named by a till, starts its half hour then."""
    shop = PresenceShop()
    shop.read("a")
    shop.live(300)
    assert not shop.presence.depart("a", shop.now)
    shop.live(1_700, "a")
    assert shop.presence.place_of("a") is None


def test_a_tag_that_was_never_read_can_be_sold() -> None:
    """It was not believed present; it is known as sold from then on."""
    shop = PresenceShop()
    shop.live(1)
    assert not shop.presence.depart("a", shop.now)
    assert shop.live(600, "a") == []


# -- forgetting ----------------------------------------------------------------------------------------


def known(presence: SilencePresence) -> int:
    """Return how many tags are held in memory."""
    return len(presence._tags)


def later(shop: PresenceShop, ns: int) -> None:
    """Let time pass in one step; no reader proves anything."""
    shop.now += ns
    shop.presence.advance(shop.now)
    shop.events += shop.presence.drain()


def test_strays_are_forgotten_after_a_day() -> None:
    """Each shop door is passed by thousands of foreign tags; those read again are kept a day longer."""
    shop = PresenceShop()
    for n in range(100):
        shop.read(f"stray {n}")
    later(shop, STRAY_MEMORY_NS // 2)
    shop.read("stray 7")
    later(shop, STRAY_MEMORY_NS // 2)
    assert known(shop.presence) == 1
    later(shop, STRAY_MEMORY_NS // 2)
    assert known(shop.presence) == 0


def absent_by(way: str) -> PresenceShop:
    """Return a shop whose tag "a" is absent in one of the ways there are."""
    shop = PresenceShop()
    if "unknown" not in way:
        shop.settle("a")
    if "stray" in way:
        shop.presence = PresenceShop().presence
        shop.read("a")
    if "exit" in way:
        walk_out(shop, "a")
        shop.live(60)
    if "silence" in way:
        shop.live(3_601)
    if "told" in way:
        shop.presence.depart("a", shop.now)
    if "long ago" in way:
        shop.presence.depart("a", shop.now - 2 * HOUR)
    if "awaited" in way:
        shop.presence.expect("a", shop.now)
    later(shop, 0)
    assert shop.presence.place_of("a") is None
    return shop


@pytest.mark.parametrize(
    "way",
    ["silence", "exit", "told", "told long ago", "unknown told", "stray told", "silence, then told",
     "exit, then told", "told, then awaited", "exit, then awaited"],
)  # fmt: skip
def test_absent_tags_are_forgotten_after_a_return_period(way: str) -> None:
    """Thirty days after the last reason of its absence a tag is let go, and its row with it."""
    shop = absent_by(way)
    shop.presence.dirty_rows()
    later(shop, GONE_MEMORY_NS - 3 * HOUR)
    assert known(shop.presence) == 1
    later(shop, 3 * HOUR)
    assert known(shop.presence) == 0
    assert shop.presence.dirty_rows() == [TagRow("a", None)]


def test_a_tag_that_came_back_is_not_forgotten() -> None:
    """Being gone once does not end a tag that is here."""
    shop = PresenceShop()
    shop.live(10, "a")
    shop.live(1_000)
    shop.live(10, "a")
    later(shop, GONE_MEMORY_NS)
    assert shop.presence.place_of("a") == FLOOR


# -- late, double, old ---------------------------------------------------------------------------------


def test_reads_older_than_the_last_change_are_dropped_and_counted() -> None:
    """A read from before a departure says nothing of what came after it."""
    shop = PresenceShop()
    shop.settle("a")
    shop.presence.depart("a", shop.now)
    shop.read("a", ago_s=30)
    shop.live(1)
    assert shop.presence.counts.dropped == {"older_than_last_change": 1}
    assert shop.presence.counts.is_conserved()


def test_late_reads_keep_a_tag_but_do_not_make_it_look_live() -> None:
    """A queue told late counts at its own time: `last_seen` is the newest read's, whatever came in since."""
    shop = PresenceShop()
    shop.settle("a")
    seen_ns = shop.presence.last_seen_ns("a")
    shop.live(60)
    for ago_s in (600, 300, 90):
        shop.read("a", ago_s=ago_s)
    assert shop.presence.last_seen_ns("a") == seen_ns
    shop.read("a", ago_s=30)
    assert shop.presence.last_seen_ns("a") == shop.now - 30 * S


@pytest.mark.parametrize("minutes", [2, 15, 60])
def test_a_backlog_taken_in_one_pass_is_no_silence(minutes: int) -> None:
    """A broker was away and hands over minutes at once: what was read all the while stays, what was not leaves."""
    shop = PresenceShop()
    shop.settle("stays", "leaves")
    for second in range(1, minutes * 60 + 1):
        for reader in READERS:
            shop.presence.proof(reader, shop.now + second * S)
        if second % 5 == 0:
            shop.presence.observe("stays", FLOOR, shop.now + second * S, -65, 1)
    shop.now += minutes * 60 * S
    assert said(shop.live(1, "stays")) == (["departed leaves floor silence"] if minutes >= 15 else [])
    assert said(shop.live(60, "stays")) == []


def test_a_reader_that_tells_late_makes_no_silence_of_what_another_saw() -> None:
    """Two readers watch a place; one is cut off for an hour and then tells all of it. What the other read
    all the while stays; what neither did leaves.
    """
    both = (Place(0, "lyon-1", "floor", "floor", READERS),)
    watch = Watch(both, dict.fromkeys(READERS, 60 * S), 60 * S)
    shop = PresenceShop(SilencePresence(both, watch, RULE))
    shop.settle("stays", "leaves")
    shop.alive.remove("rear")
    assert said(shop.live(3_600, "stays")) == []
    for ago_s in range(3_600, 0, -1):
        shop.presence.proof("rear", shop.now - ago_s * S)
    shop.alive.add("rear")
    assert said(shop.live(1)) == ["departed leaves floor silence"]
    assert said(shop.live(60, "stays")) == []


def test_a_tag_nobody_knows_was_never_seen() -> None:
    """Answers about unknown tags are None, not zero."""
    shop = PresenceShop()
    shop.presence.depart("sold unseen", shop.now)
    assert shop.presence.place_of("x") is shop.presence.last_seen_ns("x") is None
    assert shop.presence.last_seen_ns("sold unseen") is None


@pytest.mark.parametrize(
    ("rssi", "weight"),
    [(-65.0, 1.0), (-53.0, 2.718), (-30.0, 3.0), (-77.0, 0.368), (-99.0, 0.3), (None, 1.0)],
)
def test_the_weight_of_a_read(rssi: float | None, weight: float) -> None:
    """1 at -65 dBm, e-fold per 12 dB, between 0.3 and 3; 1 where the reader tells no strength."""
    assert read_weight(rssi, 1) == pytest.approx(weight, abs=0.001)
    assert read_weight(rssi, 3) == pytest.approx(3 * weight, abs=0.003)
