"""SMURF equals its algorithm written out for one tag, and keeps its windows within bounds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.baselines.epoch_reads import ReadColumns
from simulators.baselines.smurf import MAX_WINDOW_EPOCHS, Smurf, adapted_window, required_window
from tests.support.baseline_shop import epoch_end_ns, play, read, shop

ROUNDS = 4


def modelled(rates: list[float], delta: float) -> list[bool]:
    """Return whether the tag is present at the end of each epoch: VLDB 2006, algorithm 1, for one tag."""
    window, present = 1, []
    for epoch in range(len(rates)):
        seen = [rate for rate in rates[max(0, epoch + 1 - window) : epoch + 1] if rate > 0]
        present.append(bool(seen))
        if not seen:
            window = 1
            continue
        rate = sum(seen) / len(seen)
        required = min(math.ceil(math.log(1 / delta) / rate), MAX_WINDOW_EPOCHS)
        deviation = 2 * math.sqrt(max(0.0, window * rate * (1 - rate)))
        if required > window:
            window = max(min(window + 2, required), 1)
        elif abs(len(seen) - window * rate) > deviation:
            window = max(min(window // 2, required), 1)
    return present


@settings(deadline=None)
@given(st.lists(st.integers(0, ROUNDS), max_size=120), st.sampled_from([0.3, 0.05, 1e-3, 1e-9]))
def test_equals_the_algorithm(answered: list[int], delta: float) -> None:
    """A tag that answers 0 to 4 of 4 rounds per epoch is present exactly when the algorithm says so."""
    epochs = [
        [read("B1", "floor", epoch * 5 + n) for n in range(ROUNDS)]  # answers each round: shows how many
        + [read("A1", "floor", epoch * 5 + n) for n in range(count)]
        for epoch, count in enumerate(answered)
    ]
    answers = play(Smurf(shop(), delta), epochs)
    assert ["A1" in places for places in answers] == modelled([count / ROUNDS for count in answered], delta)


@settings(deadline=None)
@given(
    st.integers(1, MAX_WINDOW_EPOCHS).flatmap(lambda w: st.tuples(st.just(w), st.integers(1, w))),
    st.floats(1e-4, 1.0),
    st.floats(1e-100, 0.99),
)
def test_windows_stay_within_bounds(window_seen: tuple[int, int], rate: float, delta: float) -> None:
    """A window grows by 2 at most, shrinks by half or to w*, and stays between 1 and its bound."""
    window, seen = window_seen
    after = int(adapted_window(np.array([window]), np.array([seen]), np.array([rate]), delta)[0])
    required = int(required_window(np.array([rate]), delta)[0])
    assert 1 <= after <= min(window + 2, MAX_WINDOW_EPOCHS)
    assert after >= min(window // 2, required)
    if after > window:
        assert after <= required


@settings(deadline=None)
@given(st.floats(1e-3, 1.0), st.floats(1e-30, 0.9))
def test_required_window_misses_with_probability_delta(rate: float, delta: float) -> None:
    """In w* epochs a tag of that rate is missed with probability δ at most, and w* is the bound's least."""
    window = int(required_window(np.array([rate]), delta)[0])
    if window < MAX_WINDOW_EPOCHS:
        assert (1 - rate) ** window <= delta * (1 + 1e-9)
        assert (window - 1) * rate < math.log(1 / delta)


def test_smaller_delta_is_more_patient() -> None:
    """A tag that falls silent stays the longer, the smaller δ is."""
    seen = [
        [read("B1", "floor", e * 5), read("B1", "floor", e * 5 + 1), read("A1", "floor", e * 5)]
        for e in range(60)
    ]
    silent = [[read("B1", "floor", e * 5), read("B1", "floor", e * 5 + 1)] for e in range(60, 160)]
    stays = [
        sum("A1" in places for places in play(Smurf(shop(), delta), seen + silent)[60:])
        for delta in (0.5, 1e-3, 1e-12)
    ]
    assert stays == sorted(stays)
    assert stays[0] < stays[-1] < 100


def test_skipped_epochs_are_empty_epochs() -> None:
    """One advance over many epochs gives the same answer as an advance at each."""
    stepped, leapt = Smurf(shop(), 1e-6), Smurf(shop(), 1e-6)
    for baseline in (stepped, leapt):
        play(baseline, [[read("A1", "floor", epoch * 5)] for epoch in range(20)])
    for gone in range(5):
        stepped.advance(epoch_end_ns(20 + gone))
    leapt.advance(epoch_end_ns(24))
    assert stepped.places(0) == leapt.places(0)


def test_more_tags_than_first_columns() -> None:
    """Columns grow with the shop: none of 3,000 tags is lost."""
    baseline = Smurf(shop(), 0.05)
    answers = play(
        baseline, [[read(f"A{n}", "floor", e * 5) for n in range(1_500 * (e + 1))] for e in range(2)]
    )
    assert [len(places) for places in answers] == [1_500, 3_000]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), st.sampled_from(["floor", "back"])), max_size=80)
)
def test_rates_are_shares_of_rounds(answers: list[tuple[int, int, str]]) -> None:
    """Reads are conserved by (tag, zone), and a rate lies above 0 and at 1 at most."""
    columns = ReadColumns()
    for tag, antenna, zone in answers:
        columns.add(read(f"A{tag}", zone, 0.0, antenna=antenna))
    epoch = columns.close()
    assert epoch.reads.sum() == len(answers)
    assert {(columns.epcs[c], columns.zones[c]) for c in epoch.columns} == {
        (f"A{t}", z) for t, _, z in answers
    }
    assert ((epoch.rate > 0) & (epoch.rate <= 1)).all()
    assert len(columns.close().columns) == 0


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.1])
def test_an_impossible_delta_is_refused(delta: float) -> None:
    """δ is a probability of a miss, between 0 and 1."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Smurf(shop(), delta)
