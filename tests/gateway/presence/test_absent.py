"""What brings a tag in, or back: how it was lost says how much it takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.absent import (
    CANDIDATE_NS,
    EXIT_RETURN_NS,
    GONE_EXIT,
    GONE_MEMORY_NS,
    GONE_SILENT,
    GONE_TOLD,
    LEAVING_NS,
    RETURN_SPAN_NS,
    STRANGER,
    STRAY_MEMORY_NS,
    Absent,
    AbsentTags,
)

S = 1_000_000_000
T0 = 1_800_000_000 * S
FLOOR, BACK, EXIT = 0, 1, 2


def comes_in(tag: Absent, at_ns: int, zone: int = FLOOR, *, arrive_reads: int = 2) -> bool:
    """Return whether a read brings a tag in."""
    return tag.read(zone, at_ns, 1, passes=zone == EXIT, arrive_reads=arrive_reads)


@settings(deadline=None)
@given(st.integers(1, 5), st.permutations(range(5)))
def test_a_stranger_arrives_by_so_many_reads_in_any_order(arrive_reads: int, order: list[int]) -> None:
    """Neither before nor after: the times of its reads may come as they like."""
    tag = Absent(STRANGER)
    came = [comes_in(tag, T0 + n * S, arrive_reads=arrive_reads) for n in order]
    assert came.index(True) == arrive_reads - 1
    assert tag.last_ns == T0 + max(order) * S


def test_reads_in_two_zones_are_not_reads_in_one() -> None:
    """A tag carried past two antennas is one that passes: its count starts anew in each."""
    tag = Absent(STRANGER)
    assert not comes_in(tag, T0, FLOOR)
    assert not comes_in(tag, T0 + S, BACK)
    assert not comes_in(tag, T0 + 2 * S, FLOOR)
    assert comes_in(tag, T0 + 3 * S, FLOOR)


def test_reads_long_apart_are_strays() -> None:
    """Beyond the candidate's time the count starts again."""
    tag = Absent(STRANGER)
    assert not comes_in(tag, T0)
    assert not comes_in(tag, T0 + CANDIDATE_NS + S)
    assert comes_in(tag, T0 + CANDIDATE_NS + 2 * S)


@pytest.mark.parametrize("state", RETURN_SPAN_NS)
def test_nothing_comes_in_by_an_exit(state: int) -> None:
    """Hours of reads at a gate or till."""
    tag = Absent(state, changed_ns=T0)
    assert not any(comes_in(tag, T0 + n * 60 * S, EXIT) for n in range(200))


def test_after_silence_one_read_is_enough() -> None:
    """It was here, and is."""
    assert comes_in(Absent(GONE_SILENT, changed_ns=T0), T0 + S)


@pytest.mark.parametrize(("state", "leaving_ns"), LEAVING_NS.items())
def test_after_a_way_out_it_takes_reads_that_go_on(state: int, leaving_ns: int) -> None:
    """Those of the leaving piece count for nothing; then as many as it takes over as long as it takes."""
    tag = Absent(state, changed_ns=T0)
    assert not any(comes_in(tag, T0 + n * S) for n in range(0, leaving_ns // S, 5))
    began = T0 + leaving_ns + S
    first = [comes_in(tag, began + n * 5 * S) for n in range(10)].index(True)
    assert first * 5 * S >= RETURN_SPAN_NS[state]
    assert first >= 2


def test_after_a_till_named_it_half_an_hour_of_reads_brings_it_back() -> None:
    """Less is its way out."""
    tag = Absent(GONE_TOLD, changed_ns=T0)
    came = [comes_in(tag, T0 + n * 30 * S) for n in range(1, 80)]
    assert (came.index(True)) * 30 * S == RETURN_SPAN_NS[GONE_TOLD]


def test_back_soon_after_an_exit_it_never_left() -> None:
    """Each such return is a false exit of that tag; one after hours is a return."""
    tag = Absent(GONE_EXIT, changed_ns=T0)
    tag.returned(T0 + EXIT_RETURN_NS + S)
    assert tag.false_exits == 0
    tag.returned(T0 + EXIT_RETURN_NS - S)
    assert tag.false_exits == 1


def test_what_was_read_before_it_left_counts_no_more() -> None:
    """One read, then a till names the tag: the next read is the first."""
    tag = Absent(STRANGER)
    comes_in(tag, T0)
    tag.stay_away(STRANGER, T0 + S)
    assert not comes_in(tag, T0 + 2 * S)
    assert comes_in(tag, T0 + 3 * S)


def test_each_is_forgotten_in_its_time() -> None:
    """Strangers a day after their last read, the departed a month after they left; present tags not at all."""
    tags = AbsentTags()
    tags.stranger("A", T0)
    seen = tags.stranger("B", T0)
    tags.gone("C", Absent(GONE_SILENT, changed_ns=T0))
    tags.gone("D", Absent(GONE_SILENT, changed_ns=T0))
    tags.pop("D")
    for tag in (tags.tags["A"], seen):
        comes_in(tag, T0)
    comes_in(seen, T0 + STRAY_MEMORY_NS // 2)
    assert tags.forget(T0 + STRAY_MEMORY_NS - S) == []
    assert set(tags.tags) == {"A", "B", "C"}
    assert tags.forget(T0 + STRAY_MEMORY_NS) == []
    assert set(tags.tags) == {"B", "C"}
    assert tags.forget(T0 + 2 * STRAY_MEMORY_NS) == []
    assert set(tags.tags) == {"C"}
    assert tags.forget(T0 + GONE_MEMORY_NS) == ["C"]
    assert tags.tags == {}


def test_one_that_left_again_is_kept_from_its_last_leaving() -> None:
    """The first departure's month ends; the second's has not."""
    tags = AbsentTags()
    tags.gone("A", Absent(GONE_SILENT, changed_ns=T0))
    tags.pop("A")
    tags.gone("A", Absent(GONE_EXIT, changed_ns=T0 + GONE_MEMORY_NS // 2))
    assert tags.forget(T0 + GONE_MEMORY_NS) == []
    assert tags.forget(T0 + GONE_MEMORY_NS // 2 + GONE_MEMORY_NS) == ["A"]


def test_restored_tags_are_forgotten_in_order_of_time() -> None:
    """Rows come back by name; the oldest goes first all the same."""
    tags = AbsentTags()
    for n, epc in enumerate("CBA"):
        tags.gone(epc, Absent(GONE_SILENT, changed_ns=T0 - n * S))
    tags.sort()
    assert tags.forget(T0 - S + GONE_MEMORY_NS) == ["A", "B"]
