"""The ledger: pieces are conserved, and nothing but the books moves them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.baselines.ledger import Ledger
from simulators.baselines.observed import (
    Observed,
    ObservedHeartbeat,
    ObservedReceive,
    ObservedReturn,
    ObservedSale,
)
from tests.support.baseline_shop import START_NS, read, shop

LATER_NS = START_NS + 1
SKUS = st.sampled_from(["A1", "B1", "C1"])
BOOKED = st.one_of(
    st.builds(ObservedSale, st.just(LATER_NS), st.just(LATER_NS), SKUS, st.none(), st.integers(1, 5)),
    st.builds(ObservedReturn, st.just(LATER_NS), st.just(LATER_NS), SKUS, st.none(), st.integers(1, 5)),
    st.builds(ObservedReceive, st.just(LATER_NS), st.just(LATER_NS), SKUS, st.none(), st.integers(1, 5)),
)


@settings(deadline=None)
@given(st.dictionaries(SKUS, st.integers(0, 9)), st.lists(BOOKED))
def test_pieces_are_conserved(start: dict[str, int], events: list[Observed]) -> None:
    """The books hold what was there, less what was sold, plus what came; an answer is never negative."""
    ledger = Ledger(shop(start))
    expected = sum(start.values())
    for event in events:
        ledger.observe(event)
        match event:
            case ObservedSale(qty=qty):
                expected -= qty
            case ObservedReturn(qty=qty) | ObservedReceive(qty=qty):
                expected += qty
    assert sum(ledger.booked.values()) == expected
    assert ledger.counts() == {sku: max(0, pieces) for sku, pieces in ledger.booked.items()}


def test_reads_and_time_change_no_book() -> None:
    """The ledger knows neither items nor time, and does not touch the start that it was given."""
    start = {"A1": 3}
    ledger = Ledger(shop(start))
    ledger.observe(read("A1", "floor", 0.0))
    ledger.observe(ObservedHeartbeat(START_NS, START_NS, "reader-floor"))
    ledger.observe(ObservedSale(START_NS, START_NS, "A1"))
    ledger.advance(START_NS * 2)
    assert (ledger.places(START_NS), ledger.counts(), start) == ({}, {"A1": 2}, {"A1": 3})


def test_what_was_delivered_before_is_in_the_books() -> None:
    """A list of the tags in stock, told at the opening as deliveries, does not double the books."""
    ledger = Ledger(shop({"A1": 3}))
    for epc in ("A101", "A102", "A103"):
        ledger.observe(ObservedReceive(START_NS, START_NS, "A1", epc))
    assert ledger.counts() == {"A1": 3}
    ledger.observe(ObservedReceive(LATER_NS, LATER_NS, "A1", "A104"))
    assert ledger.counts() == {"A1": 4}
