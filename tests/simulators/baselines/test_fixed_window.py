"""Fixed windows equal a model that keeps every read."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.baselines.fixed_window import FixedWindow
from simulators.baselines.observed import ObservedRead
from tests.support.baseline_shop import START_NS, epoch_end_ns, play, read, shop

EPOCHS = st.lists(
    st.lists(st.tuples(st.sampled_from(["A1", "A2", "B1", "X1"]), st.sampled_from(["floor", "back", "exit"])),
             max_size=6),
    max_size=30,
)  # fmt: skip


def as_reads(epochs: list[list[tuple[str, str]]]) -> list[list[ObservedRead]]:
    """Return the reads of the epochs of (epc, zone)."""
    return [[read(epc, zone, epoch * 5 + 1) for epc, zone in pairs] for epoch, pairs in enumerate(epochs)]


def modelled(held: list[list[tuple[str, str]]]) -> dict[str, set[str]]:
    """Return per tag of the window's epochs the zones that share its best (reads, last epoch)."""
    best: dict[str, tuple[int, int, set[str]]] = {}
    reads = Counter(pair for pairs in held for pair in pairs)
    for (epc, zone), count in reads.items():
        rank = (count, max(epoch for epoch, pairs in enumerate(held) if (epc, zone) in pairs))
        if epc not in best or rank > best[epc][:2]:
            best[epc] = (*rank, {zone})
        elif rank == best[epc][:2]:
            best[epc][2].add(zone)
    return {epc: zones for epc, (_, _, zones) in best.items()}


@settings(deadline=None)
@given(EPOCHS, st.integers(1, 8))
def test_equals_the_model(epochs: list[list[tuple[str, str]]], window_epochs: int) -> None:
    """A tag is present while one of the last W epochs read it, where it was read most, then last."""
    answers = play(FixedWindow(shop(), window_epochs), as_reads(epochs))
    for epoch, places in enumerate(answers):
        expected = modelled(epochs[max(0, epoch + 1 - window_epochs) : epoch + 1])
        assert places.keys() == expected.keys()
        assert all(zone in expected[epc] for epc, zone in places.items())


@settings(deadline=None)
@given(EPOCHS, st.integers(1, 8), st.integers(1, 12))
def test_skipped_epochs_are_empty_epochs(
    epochs: list[list[tuple[str, str]]], window_epochs: int, skipped: int
) -> None:
    """One advance over many epochs gives the same answer as an advance at each."""
    stepped, leapt = FixedWindow(shop(), window_epochs), FixedWindow(shop(), window_epochs)
    play(stepped, as_reads(epochs))
    play(leapt, as_reads(epochs))
    for gone in range(skipped):
        stepped.advance(epoch_end_ns(len(epochs) + gone))
    leapt.advance(epoch_end_ns(len(epochs) + skipped - 1))
    assert stepped.places(0) == leapt.places(0)


def test_counts_leave_out_tags_of_no_article() -> None:
    """The pieces of an article are its tags in the window; a foreign tag is no stock."""
    baseline = FixedWindow(shop(), 5)
    play(baseline, [[read(epc, "floor", 1.0) for epc in ("AA1", "AA2", "BB1", "X1")]])
    assert baseline.counts() == {"AA": 2, "BB": 1}


def test_time_within_an_epoch_changes_nothing() -> None:
    """An advance within the running epoch closes nothing."""
    baseline = FixedWindow(shop(), 1)
    baseline.observe(read("A1", "floor", 1.0))
    baseline.advance(START_NS + 4_999_999_999)
    assert baseline.places(0) == {}


def test_a_window_of_nothing_is_refused() -> None:
    """A window needs an epoch."""
    with pytest.raises(ValueError, match="at least 1"):
        FixedWindow(shop(), 0)
