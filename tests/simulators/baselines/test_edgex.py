"""EdgeX's rule: what a window holds, when a tag moves, when it is let go."""

from statistics import fmean

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.baselines.edgex import (
    AGE_OUT_CHECK_MS,
    AGE_OUT_MS,
    ASSET,
    DEPARTED_CHECK_MS,
    DEPARTED_THRESHOLD_MS,
    GARMENT,
    Arrived,
    Departed,
    Event,
    Inventory,
    MobilityProfile,
    Moved,
    RssiWindow,
    TagRead,
)
from simulators.baselines.edgex_shop import EdgexShop
from tests.support.baseline_shop import SECOND_NS, START_NS, play, read, shop

T0_MS = START_NS // 1_000_000


def report(
    inventory: Inventory, device: str, at_ms: int, rssi_dbm: float | None, antenna: int | None = 1
) -> list[Event]:
    """Send one report of one read of the tag "A1"."""
    return inventory.report(device, at_ms * 1_000_000, [TagRead("A1", antenna, rssi_dbm, at_ms * 1_000)])


@settings(deadline=None)
@example([-30.0] + [-60.0] * 20)
@example([-60.0, -30.0] + [-60.0] * 18)
@given(st.lists(st.integers(-9_000, -2_000).map(lambda cdbm: cdbm / 100), min_size=1, max_size=100))
def test_running_mean_is_the_mean_of_the_last_20(values_dbm: list[float]) -> None:
    """The running total gives the plain mean of the last 20 values."""
    window = RssiWindow()
    for value in values_dbm:
        window.add(value)
    assert window.mean_dbm == pytest.approx(fmean(values_dbm[-20:]), abs=1e-9)
    assert len(window) == min(len(values_dbm), 20)


@settings(deadline=None)
@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_offset_falls_with_silence_from_the_threshold(earlier_ms: int, more_ms: int) -> None:
    """The offset is T up to the hold-off, and never grows with silence."""
    for profile in (ASSET, GARMENT):
        first, second = profile.offset_db(earlier_ms), profile.offset_db(earlier_ms + more_ms)
        assert second <= first <= profile.threshold_db
        assert profile.offset_db(round(profile.holdoff_ms)) == pytest.approx(profile.threshold_db)


@pytest.mark.parametrize(("profile", "silent_ms"), [(ASSET, 1_250), (GARMENT, 72_000)])
def test_offset_changes_its_sign(profile: MobilityProfile, silent_ms: int) -> None:
    """After 1.25 s (asset) or 72 s (garment) of silence a weaker antenna wins."""
    assert profile.offset_db(silent_ms) == pytest.approx(0.0)
    assert profile.offset_db(silent_ms + 1) < 0.0


def test_second_antenna_needs_two_reads_and_more_power() -> None:
    """A move needs two values and a mean above the present one by more than the offset."""
    inventory = Inventory(ASSET, {"R_1": "floor", "S_1": "back"})
    assert report(inventory, "R", T0_MS, -60.0) == [Arrived("A1", T0_MS, "floor")]
    assert report(inventory, "S", T0_MS + 1, -50.0) == []
    assert report(inventory, "S", T0_MS + 2, -50.0) == [Moved("A1", T0_MS + 2, "floor", "back")]
    assert report(inventory, "R", T0_MS + 3, -43.9) == []
    assert report(inventory, "R", T0_MS + 4, -43.9) == []


def test_equal_power_with_the_offset_does_not_move() -> None:
    """The comparison is strict: exactly 6 dB more stays where it is."""
    inventory = Inventory(ASSET, {})
    report(inventory, "R", T0_MS, -60.0)
    report(inventory, "S", T0_MS + 1, -54.0)
    assert report(inventory, "S", T0_MS + 2, -54.0) == []


def test_move_within_an_alias_is_silent() -> None:
    """Antennas of one alias keep windows of their own, and a change between them tells nothing."""
    inventory = Inventory(ASSET, {"R_1": "floor", "R_2": "floor"})
    report(inventory, "R", T0_MS, -60.0)
    report(inventory, "R", T0_MS + 1, -40.0, antenna=2)
    assert report(inventory, "R", T0_MS + 2, -40.0, antenna=2) == []
    assert inventory.tags["A1"].location == ("R", 2)


@example(DEPARTED_THRESHOLD_MS)
@settings(deadline=None)
@given(st.integers(0, 10 * DEPARTED_THRESHOLD_MS))
def test_a_tag_departs_by_silence_alone(silent_ms: int) -> None:
    """A check departs a tag exactly when it was unread for more than the threshold."""
    inventory = Inventory(ASSET, {})
    report(inventory, "R", T0_MS, -60.0)
    now_ms = T0_MS + silent_ms
    expected = [Departed("A1", now_ms, T0_MS, "R_1")] if silent_ms > DEPARTED_THRESHOLD_MS else []
    assert inventory.check_departed(now_ms) == expected


def test_an_older_read_makes_no_antenna_older() -> None:
    """Reads out of order within a report: an antenna's silence counts from its newest read."""
    inventory = Inventory(ASSET, {"R_1": "floor", "R_2": "back"})
    late = TagRead("A1", 1, -60.0, (T0_MS - 60_000) * 1_000)
    inventory.report("R", T0_MS * 1_000_000, [TagRead("A1", 1, -60.0, T0_MS * 1_000), late])
    reads = [TagRead("A1", 2, -58.0, T0_MS * 1_000)] * 2
    assert inventory.report("R", T0_MS * 1_000_000, reads) == []
    assert inventory.tags["A1"].last_read_ms == T0_MS


def test_defaults_are_those_of_its_configuration() -> None:
    """Departed after 600 s, checked each 30 s; aged out after 336 h, checked each hour."""
    assert (DEPARTED_THRESHOLD_MS, DEPARTED_CHECK_MS) == (600_000, 30_000)
    assert (AGE_OUT_MS, AGE_OUT_CHECK_MS) == (1_209_600_000, 3_600_000)


def test_a_late_read_looks_live() -> None:
    """The newest read of a report is as young as its arrival, however old the reader says it is."""
    inventory = Inventory(ASSET, {})
    hour_old = TagRead("A1", 1, -60.0, (T0_MS - 3_600_000) * 1_000)
    assert inventory.report("R", T0_MS * 1_000_000, [hour_old]) == [Arrived("A1", T0_MS, "R_1")]


def test_departed_tags_age_out_and_present_ones_do_not() -> None:
    """After 336 h a departed tag is forgotten; a present one is not, for all its silence."""
    inventory = Inventory(ASSET, {})
    report(inventory, "R", T0_MS, -60.0)
    long_after_ms = T0_MS + AGE_OUT_MS + 1
    assert inventory.age_out(long_after_ms) == 0
    inventory.check_departed(long_after_ms)
    assert inventory.age_out(long_after_ms) == 1
    assert inventory.tags == {}


def test_a_sale_is_noticed_after_the_threshold_and_one_check() -> None:
    """In the shop, an item read last at 7 s is gone at the first check 600 s after that: at 630 s."""
    baseline = EdgexShop(shop(), ASSET, departed_threshold_s=600)
    baseline.observe(read("A1", "floor", 7.0))
    baseline.advance(START_NS + 629 * SECOND_NS)
    assert baseline.places(0) == {"A1": "floor"}
    baseline.advance(START_NS + 630 * SECOND_NS)
    assert baseline.places(0) == {}


def test_tasks_run_before_a_later_read() -> None:
    """A read that comes after a due check does not save the tag from it: it arrives anew."""
    baseline = EdgexShop(shop(), ASSET, departed_threshold_s=600)
    baseline.observe(read("A1", "floor", 0.0))
    baseline.observe(read("A1", "back", 3_600.0))
    assert baseline.places(0) == {"A1": "back"}


def test_a_dead_reader_empties_the_shop() -> None:
    """Ten minutes without the reader, and every item of its zone is gone at once."""
    baseline = EdgexShop(shop(), GARMENT, departed_threshold_s=600)
    epochs = [[read(f"A{n}", "floor", 0.0) for n in range(9)], *([] for _ in range(200))]
    answers = play(baseline, epochs)
    assert [len(answers[0]), len(answers[-1])] == [9, 0]
