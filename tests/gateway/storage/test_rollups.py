"""Rollups kept while writing equal those computed from all raw points, whatever came late or twice."""

import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.movements import LevelPoint
from gateway.storage.ports import Commit
from gateway.storage.rollups import HOUR_NS, Hour, growth, hour_of, whole_hour
from tests.support.stores import a_store


def test_a_point_in_a_new_hour_brings_what_was_carried_into_it() -> None:
    """The first point of an hour makes a whole row: the old level up to it, its own to the hour's end."""
    half = HOUR_NS // 2
    assert growth((HOUR_NS - 5, 4), HOUR_NS + half, 2) == Hour(2, 4, 4 * half + 2 * half, 2)
    assert growth((HOUR_NS - 5, 4), HOUR_NS, 2) == Hour(2, 2, 2 * HOUR_NS, 2)
    assert growth(None, half, 2) == Hour(0, 2, 2 * half, 2)


def test_a_later_point_of_an_hour_adds_its_difference() -> None:
    """Within an hour a point changes the rest of it alone."""
    row = whole_hour((-7, 5), [(HOUR_NS // 4, 1), (HOUR_NS // 2, 3)])
    assert row == Hour(1, 5, 5 * HOUR_NS // 4 + HOUR_NS // 4 + 3 * HOUR_NS // 2, 3)
    assert whole_hour((-7, 5), []) is None


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["A", "B"]), st.integers(0, 6 * HOUR_NS), st.integers(0, 2_000)),
            max_size=6,
        ),
        max_size=10,
    )
)
@settings(max_examples=100, deadline=None)
def test_rollups_equal_the_raw_points(commits: list[list[tuple[str, int, int]]]) -> None:
    """After any commits each hour with a point has the one row that its raw points give, exactly."""
    with a_store() as store:
        for number, points in enumerate(commits):
            store.commit(
                Commit(number, levels=[LevelPoint("lyon-1", sku, "z", t, n) for sku, t, n in points])
            )
        database = sqlite3.connect(store.path)
        kept = database.execute("SELECT series, hour_ns, minimum, maximum, piece_ns, last FROM hourly")
        rows = {
            (series, hour): Hour(low, high, round(area), last) for series, hour, low, high, area, last in kept
        }
        raw: dict[int, list[tuple[int, int]]] = {}
        for series, at_ns, pieces in database.execute("SELECT * FROM levels ORDER BY series, at_ns"):
            raw.setdefault(series, []).append((at_ns, pieces))
        database.close()
    expected = {}
    for series, known in raw.items():
        for hour in {hour_of(at_ns) for at_ns, _ in known}:
            before = [point for point in known if point[0] < hour]
            within = [point for point in known if hour_of(point[0]) == hour]
            expected[series, hour] = whole_hour(before[-1] if before else None, within)
    assert rows == expected
