"""One contract for all baselines, and the names and curves that reports rely on."""

import inspect
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.baselines import edgex, fixed_window, ledger, rsp, smurf
from simulators.baselines.observed import ObservedHeartbeat, ObservedRead
from simulators.baselines.registry import BASELINES, variants
from tests.support.baseline_shop import START_NS, epoch_end_ns, play, read, shop, sku_of

SEES_ITEMS = [name for name in BASELINES if name != "ledger"]
READS = st.lists(
    st.lists(
        st.builds(
            read,
            st.sampled_from(["A1", "A2", "B1", "X1"]),
            st.sampled_from(["floor", "back", "exit", "till"]),
            st.just(0.0),
            st.integers(1, 2),
            st.one_of(st.none(), st.floats(-80, -40)),
        ),
        max_size=8,
    ),
    max_size=12,
)


def in_time(epochs: list[list[ObservedRead]]) -> list[list[ObservedRead]]:
    """Return the reads with times of their epoch."""
    return [
        [read(r.epc, r.zone, e * 5 + n * 0.1, r.antenna, r.rssi_dbm) for n, r in enumerate(reads)]
        for e, reads in enumerate(epochs)
    ]


@pytest.mark.parametrize("name", SEES_ITEMS)
def test_a_read_makes_present(name: str) -> None:
    """One read on the floor, and at the end of its epoch the item is there."""
    baseline = BASELINES[name](shop())
    assert play(baseline, [[read("A1", "floor", 1.0)]]) == [{"A1": "floor"}]


@pytest.mark.parametrize("name", SEES_ITEMS)
@settings(max_examples=25, deadline=None)
@given(READS)
def test_only_what_was_read_where_it_was_read(name: str, epochs: list[list[ObservedRead]]) -> None:
    """Items that nobody read are not there, none lies where it was never read, and counts add up."""
    baseline = BASELINES[name](shop())
    known: set[tuple[str, str]] = set()
    for epoch, places in enumerate(play(baseline, in_time(epochs))):
        known |= {(r.epc, r.zone) for r in epochs[epoch]}
        assert places.items() <= known
    present = baseline.places(epoch_end_ns(len(epochs)))
    assert baseline.counts() == Counter(sku for epc in present if (sku := sku_of(epc)))


@pytest.mark.parametrize("name", SEES_ITEMS)
@settings(max_examples=25, deadline=None)
@given(READS)
def test_the_same_reads_give_the_same_answers(name: str, epochs: list[list[ObservedRead]]) -> None:
    """A baseline has no chance and no clock in it."""
    first, second = (play(BASELINES[name](shop()), in_time(epochs)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", BASELINES)
def test_heartbeats_change_nothing(name: str) -> None:
    """No baseline knows of heartbeats: that is what it loses in an outage."""
    baseline = BASELINES[name](shop({"A1": 2}))
    baseline.observe(ObservedHeartbeat(START_NS, START_NS, "reader-floor"))
    baseline.advance(epoch_end_ns(0))
    assert dict(baseline.places(epoch_end_ns(0))) == {}
    assert baseline.counts() == ({"A1": 2} if name == "ledger" else {})


def test_names() -> None:
    """The names that commands and reports use."""
    assert list(BASELINES) == [
        "fixed-5", "fixed-25", "fixed-120", "fixed-720", "smurf-0.05", "smurf-tuned", "edgex-asset",
        "edgex-garment", "rsp-asset", "rsp-garment", "ledger",
    ]  # fmt: skip


@pytest.mark.parametrize("curve", variants())
def test_curves_turn_one_knob_one_way(curve: str) -> None:
    """A curve has one knob, from hasty to patient, and each of its points is a baseline."""
    points = variants()[curve]
    values = [point.value for point in points]
    assert {(point.curve, point.knob) for point in points} == {(curve, points[0].knob)}
    assert values in (sorted(set(values)), sorted(set(values), reverse=True))
    for point in points:
        baseline = point.make(shop())
        places = play(baseline, [[read("A1", "floor", 1.0)]])
        assert places == [{} if curve == "ledger" else {"A1": "floor"}]


@pytest.mark.parametrize("module", [fixed_window, smurf, edgex, rsp, ledger])
def test_each_says_its_rule_its_source_and_what_it_does_not_use(module: object) -> None:
    """The docstring of a baseline bears "Rule.", "Source:" and "Not used:"."""
    text = inspect.getdoc(module) or ""
    assert [part for part in ("Rule.", "Source:", "Not used:") if part not in text] == []
