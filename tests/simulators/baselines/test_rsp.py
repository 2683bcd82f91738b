"""Intel RSP's rule: means in power, the two ways out, and what silence does not do."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.baselines.rsp import (
    AGE_OUT_MS,
    ASSET,
    EXIT_DEPARTURE_MS,
    GARMENT,
    POS_DEPARTED_THRESHOLD_MS,
    POS_RETURN_THRESHOLD_MS,
    EventKind,
    Inventory,
    Personality,
    PowerWindow,
    Sensor,
    TagRead,
    TagState,
)
from simulators.baselines.rsp_shop import RspShop
from tests.support.baseline_shop import SECOND_NS, START_NS, play, read, shop

T0_MS = START_NS // 1_000_000
FLOOR = Sensor("floor", "shop")
BACK = Sensor("back", "shop")
EXIT = Sensor("exit", "shop", Personality.EXIT)
POS = Sensor("pos", "shop", Personality.POS)


def seen(inventory: Inventory, sensor: Sensor, at_ms: int, rssi_dbm10: int = -600) -> list[EventKind]:
    """Send one read of the tag "A1", and return the kinds of the events."""
    return [e.kind for e in inventory.data(sensor, at_ms, [TagRead("A1", 0, rssi_dbm10, at_ms)])]


@settings(deadline=None)
@example([-300] + [-600] * 20)
@example([-600, -300] + [-600] * 18)
@given(st.lists(st.integers(-900, -200), min_size=1, max_size=60))
def test_mean_is_taken_in_milliwatts(powers_dbm10: list[int]) -> None:
    """The mean is that of the last 20 powers in mW, each cut to whole dBm towards zero."""
    window = PowerWindow()
    for power in powers_dbm10:
        window.add(power, 0)
    powers_mw = [10 ** (-(-power // 10) / 10) for power in powers_dbm10[-20:]]
    assert window.mean_dbm == pytest.approx(10 * math.log10(sum(powers_mw) / len(powers_mw)))


def test_another_alias_needs_three_reads_and_more_power() -> None:
    """A move needs 3 reads and a mean above the present one by more than the weight."""
    inventory = Inventory(GARMENT)
    assert seen(inventory, FLOOR, T0_MS) == [EventKind.ARRIVAL]
    assert [seen(inventory, BACK, T0_MS + n, -500) for n in (1, 2, 3)] == [[], [], [EventKind.MOVED]]
    assert inventory.tags["A1"].location == "back-0"
    assert [seen(inventory, FLOOR, T0_MS + n, -500) for n in range(4, 10)] == [[]] * 6


def test_equal_power_with_the_weight_does_not_move() -> None:
    """The comparison is strict, for a deep scan too: no more than 6 dB more stays where it is."""
    inventory = Inventory(GARMENT)
    deep = Sensor("deep", "shop", deep_scan=True)
    seen(inventory, FLOOR, T0_MS, 0)  # 0 dBm and 6 dB: numbers without a rounding
    window = inventory.tags["A1"].windows["floor-0"]
    assert [seen(inventory, deep, T0_MS + n, 60) for n in range(3)] == [[]] * 3
    assert inventory.tags["A1"].windows["deep-0"].mean_dbm == window.mean_dbm + 6.0


def test_defaults_are_those_of_its_configuration() -> None:
    """30 s at the exit; an hour before a POS may depart a tag, a day before it may return; 336 h of memory."""
    assert (EXIT_DEPARTURE_MS, POS_DEPARTED_THRESHOLD_MS) == (30_000, 3_600_000)
    assert (POS_RETURN_THRESHOLD_MS, AGE_OUT_MS) == (86_400_000, 1_209_600_000)


def test_a_floor_drops_weak_reads() -> None:
    """A read below the sensor's floor leaves no trace."""
    inventory = Inventory(ASSET)
    deaf = Sensor("floor", "shop", floor_dbm10=-700)
    assert seen(inventory, deaf, T0_MS, -701) == []
    assert inventory.tags == {}
    assert seen(inventory, deaf, T0_MS, -700) == [EventKind.ARRIVAL]


@settings(deadline=None)
@given(st.integers(0, AGE_OUT_MS * 3))
def test_silence_never_departs_a_present_tag(silent_ms: int) -> None:
    """However long nobody reads it, a tag that no exit saw stays in the stock."""
    inventory = Inventory(ASSET)
    seen(inventory, FLOOR, T0_MS)
    assert inventory.check_exiting(T0_MS + silent_ms) == []
    assert inventory.tags["A1"].state is TagState.PRESENT


@example(EXIT_DEPARTURE_MS)
@settings(deadline=None)
@given(st.integers(0, 4 * EXIT_DEPARTURE_MS))
def test_a_tag_at_the_exit_departs_after_its_silence(silent_ms: int) -> None:
    """Placed at an exit, a tag departs exactly when it was unread for more than 30 s."""
    inventory = Inventory(ASSET)
    seen(inventory, EXIT, T0_MS)
    assert seen(inventory, EXIT, T0_MS + 1) == []
    assert inventory.tags["A1"].state is TagState.EXITING
    gone = inventory.check_exiting(T0_MS + 1 + silent_ms)
    assert [event.kind for event in gone] == [EventKind.DEPARTED] * (silent_ms > EXIT_DEPARTURE_MS)


def test_back_from_the_exit_is_a_new_arrival_for_the_till() -> None:
    """A tag that turns round at the exit is held safe from a POS for an hour again."""
    inventory = Inventory(ASSET)
    seen(inventory, EXIT, T0_MS)
    seen(inventory, EXIT, T0_MS + 1)
    for n in range(3):
        seen(inventory, FLOOR, T0_MS + 20_000 + n, -400)
    assert inventory.tags["A1"].state is TagState.PRESENT
    assert inventory.tags["A1"].last_arrived_ms == T0_MS + 20_002


@example(POS_DEPARTED_THRESHOLD_MS)
@settings(deadline=None)
@given(st.integers(1, 3 * POS_DEPARTED_THRESHOLD_MS))
def test_a_till_departs_what_came_over_an_hour_ago(age_ms: int) -> None:
    """A POS read departs a tag exactly when it arrived more than an hour before."""
    inventory = Inventory(ASSET)
    seen(inventory, FLOOR, T0_MS)
    expected = [EventKind.DEPARTED] if age_ms > POS_DEPARTED_THRESHOLD_MS else []
    assert seen(inventory, POS, T0_MS + age_ms, -900) == expected


@example(POS_RETURN_THRESHOLD_MS)
@settings(deadline=None)
@given(st.integers(1, 2 * POS_RETURN_THRESHOLD_MS))
def test_what_a_till_departed_stays_gone_for_a_day(later_ms: int) -> None:
    """Reads bring back a tag that a POS departed only when more than 24 h have passed."""
    inventory = Inventory(ASSET)
    seen(inventory, FLOOR, T0_MS)
    sold_ms = T0_MS + POS_DEPARTED_THRESHOLD_MS + 1
    seen(inventory, POS, sold_ms, -900)
    expected = [EventKind.RETURNED] if later_ms > POS_RETURN_THRESHOLD_MS else []
    assert seen(inventory, FLOOR, sold_ms + later_ms) == expected


def test_a_till_never_adds_to_the_stock() -> None:
    """A tag that only a POS read is unknown."""
    inventory = Inventory(ASSET)
    assert seen(inventory, POS, T0_MS) == []
    assert inventory.tags["A1"].state is TagState.UNKNOWN


def test_age_out_leaves_the_old_object_at_the_exit() -> None:
    """An aged-out tag is still departed by the exit task, with the data of its old self."""
    inventory = Inventory(ASSET)
    seen(inventory, EXIT, T0_MS)
    seen(inventory, EXIT, T0_MS + 1)
    later_ms = T0_MS + AGE_OUT_MS + 2
    assert inventory.age_out(later_ms) == 1
    assert [(e.kind, e.at_ms) for e in inventory.check_exiting(later_ms)] == [(EventKind.DEPARTED, T0_MS + 1)]


def test_the_old_object_hides_the_new_one_from_the_exit() -> None:
    """Made anew after its age-out, a tag at the exit is not watched until its old self has departed."""
    inventory = Inventory(ASSET)
    seen(inventory, EXIT, T0_MS)
    seen(inventory, EXIT, T0_MS + 1)
    later_ms = T0_MS + AGE_OUT_MS + 2
    inventory.age_out(later_ms)
    seen(inventory, EXIT, later_ms)
    seen(inventory, EXIT, later_ms + 1)
    assert [e.at_ms for e in inventory.check_exiting(later_ms + 1)] == [T0_MS + 1]
    assert inventory.check_exiting(later_ms + 10 * EXIT_DEPARTURE_MS) == []
    assert inventory.tags["A1"].state is TagState.EXITING


def test_the_exit_of_a_shop_lets_items_go() -> None:
    """In the shop an item seen at the exit is gone some 30 s later, and one on the floor stays."""
    baseline = RspShop(shop(), ASSET, exit_departure_s=30, pos_floor_dbm=None)
    first = [read("A1", "floor", 0.0), read("B1", "exit", 0.1), read("B1", "exit", 0.2)]
    answers = play(baseline, [first, *([] for _ in range(9))])
    assert answers[0] == answers[5] == {"A1": "floor", "B1": "exit"}
    assert answers[-1] == {"A1": "floor"}
    assert baseline.counts() == {"A1": 1}


def test_zones_of_one_reader_are_sensors_of_their_own() -> None:
    """A reader that watches the floor and the till is a POS at the till alone."""
    baseline = RspShop(shop(), ASSET, exit_departure_s=30, pos_floor_dbm=None)
    baseline.observe(read("A1", "floor", 0.0, antenna=1, reader="r"))
    baseline.observe(read("A1", "till", 4_000.0, antenna=2, reader="r", rssi_dbm=None))
    baseline.advance(START_NS + 4_000 * SECOND_NS)
    assert baseline.places(0) == {}


def test_a_floor_keeps_stray_reads_from_selling() -> None:
    """At the till a read below the floor departs nothing, and one above it does."""
    baseline = RspShop(shop(), ASSET, exit_departure_s=30, pos_floor_dbm=-54.0)
    baseline.observe(read("B1", "till", 0.0, rssi_dbm=-54.1))
    baseline.observe(read("A1", "floor", 0.0))
    baseline.observe(read("A1", "till", 4_000.0, rssi_dbm=-54.1))
    assert baseline.places(0) == {"A1": "floor"}
    baseline.observe(read("A1", "till", 4_000.0, rssi_dbm=-54.0))
    assert baseline.places(0) == {}
