"""A short run of `make storm`, and that it catches a gateway that oversells or does things twice."""

from typing import Any

import pytest

from tests.durability.progress import Progress
from tests.storm.books import Books
from tests.storm.run import run, tell

REQUESTS = 3_000
ENOUGH = 20_000
"""It is caught within the first thousand or two, and the storm ends there."""
NOW_S = 1_000.0


@pytest.mark.slow
def test_a_storm_with_a_kill_oversells_nothing() -> None:
    """Sixty-four shoppers after few pieces, a gateway that is killed amid it: each hold once, none too many."""
    report = run(REQUESTS, kills=1, seed=5, progress=Progress(REQUESTS, "requests"))
    tell(report)
    assert not report.faults, report.faults[:5]
    assert report.kills == 1
    assert report.tally.requests >= REQUESTS
    assert min(report.tally.granted, report.tally.refused, report.tally.collected) > 0
    assert min(report.tally.replayed, report.tally.cancelled) > 0


@pytest.mark.slow
def test_a_gateway_that_looks_first_and_writes_later_is_caught() -> None:
    """The same storm against a check and an insert with a commit between them: pieces are promised twice."""
    report = run(ENOUGH, kills=0, seed=5, progress=Progress(ENOUGH, "requests"), careless=True)
    assert report.books.oversold


def told(name: str, **lines: int) -> dict[str, Any]:
    """Return a reservation as the API tells of it."""
    return {"id": name, "version": 1, "lines": [{"sku": s, "secured": n} for s, n in lines.items()]}


def test_the_books_see_one_piece_too_many_and_no_other() -> None:
    """What is held and what was collected is at most what came in; what may have ended does not count."""
    books = Books()
    books.received.update(A=3)
    first = books.grant("k1", told("r1", A=2), NOW_S + 60, NOW_S)
    books.grant("k2", told("r2", A=1), NOW_S + 30, NOW_S)
    books.grant("k3", told("r3", A=1), NOW_S + 90, NOW_S + 30)
    assert not books.oversold, "the second had expired"
    books.unsure(first)
    books.grant("k4", told("r4", A=2), NOW_S + 90, NOW_S + 31)
    assert not books.oversold, "the first was on its way to be released"
    books.collect(first, NOW_S + 32)
    assert books.oversold == ["A: 3 held and 2 collected of 3"]


def test_the_books_see_a_key_that_took_effect_twice() -> None:
    """One key, two reservations."""
    books = Books()
    books.received.update(A=9)
    books.grant("k1", told("r1", A=1), NOW_S + 60, NOW_S)
    books.grant("k1", told("r1", A=1), NOW_S + 60, NOW_S)
    assert not books.doubled
    books.grant("k1", told("r2", A=1), NOW_S + 60, NOW_S)
    assert books.doubled == ["key k1 made r1 and r2"]
