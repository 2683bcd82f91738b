"""One line of stock: its levels are the sum of its reasons, and its state survives as text."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.stores import IN_HAND
from gateway.stock.line import Announced, Line, Lone
from tests.support.stock_room import ROLES, STORE, T0

ZONES = st.sampled_from(sorted(ROLES[STORE]))


def a_line() -> Line:
    """Return an empty line."""
    return Line(STORE, "TEE", ROLES[STORE])


def test_a_level_is_the_sum_of_its_reasons() -> None:
    """Tags, pieces known by scans, a shelf's, announced ones; less what was sold and has not left."""
    line = a_line()
    line.tags.update({"floor": 3, "back": 2})
    line.pool["back"] = 1
    line.shelves["shelf"] = ("wall", 4)
    line.credits.append(Announced("r", "return", T0, "till"))
    line.picks_ns.append(T0)
    line.debts += [Announced("s1", "sale", T0), Announced("s2", "sale", T0)]
    assert line.levels() == {"floor": 3, "back": 3, "wall": 3, IN_HAND: 1}


@pytest.mark.parametrize(
    ("levels", "charged"),
    [
        ({"floor": 1, "till": 1, "back": 5}, "till"),
        ({"floor": 1, "exit": 1}, "exit"),
        ({"floor": 1, "wall": 2, "back": 9}, "wall"),
        ({"floor": 2, "wall": 2}, "floor"),
        ({"back": 1, IN_HAND: 3}, "back"),
    ],
)
def test_where_a_sold_piece_most_likely_stood(levels: dict[str, int], charged: str) -> None:
    """By role, then the fullest, then by name; never from a customer's hand."""
    line = a_line()
    line.tags.update({zone: pieces for zone, pieces in levels.items() if zone != IN_HAND})
    line.picks_ns += [T0] * levels.get(IN_HAND, 0)
    line.debts.append(Announced("s", "sale", T0))
    assert line.levels().get(charged, 0) == levels[charged] - 1


def test_more_debts_than_pieces_make_nothing_negative() -> None:
    """Tags whose zone was taken out of the site leave debts behind that nothing can pay."""
    line = a_line()
    line.tags["floor"] = 1
    line.debts += [Announced(f"s{n}", "sale", T0) for n in range(3)]
    assert line.levels() == {}


times = st.integers(0, 2**62)
words = st.text(max_size=5)
announced = st.builds(
    Announced, words, st.sampled_from(["sale", "return"]), times, ZONES, st.none() | words, st.booleans()
)
lone = st.builds(Lone, words, times, times, words, st.booleans())
lines = st.builds(
    Line,
    st.just(STORE),
    st.just("TEE"),
    st.just(ROLES[STORE]),
    st.just(Counter()),
    st.dictionaries(ZONES, st.integers(1, 9)).map(Counter),
    st.dictionaries(words, st.tuples(ZONES, st.integers(0, 9))),
    st.lists(times),
    st.lists(announced),
    st.lists(announced),
    st.dictionaries(words, announced),
    st.lists(lone),
    st.lists(lone),
)


@given(lines)
def test_a_line_survives_as_text(line: Line) -> None:
    """All but the tags, which presence keeps, comes back as it was written."""
    again = a_line()
    again.load(line.to_json())
    assert again == line
    assert again.to_json() == line.to_json()


def test_a_zone_that_is_no_more_is_let_go() -> None:
    """What was known by scans or weight in a zone that the site file dropped is not carried on."""
    line = Line(STORE, "TEE", {"old": "floor", **ROLES[STORE]})
    line.pool.update({"old": 2, "back": 1})
    line.shelves["shelf"] = ("old", 3)
    line.credits.append(Announced("r", "return", T0, "old"))
    again = a_line()
    again.load(line.to_json())
    assert again.levels() == {"back": 1}
