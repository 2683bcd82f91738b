"""Rollups kept while writing equal those computed from all raw points, whatever came late or twice."""

import sqlite3
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.movements import LevelPoint
from gateway.storage.ports import Commit
from gateway.storage.rollups import DAY_NS, HOUR_NS, Bucket, gathered, growth, rolled, start_of
from tests.support.stores import a_store

HALF_NS = HOUR_NS // 2


def test_a_point_in_a_new_hour_brings_what_was_carried_into_it() -> None:
    """The first point of an hour makes a whole row: the old level up to it, its own to the hour's end."""
    assert growth((HOUR_NS - 5, 4), HOUR_NS + HALF_NS, 2, HOUR_NS) == Bucket(
        2, 4, 4 * HALF_NS + 2 * HALF_NS, 2
    )
    assert growth((HOUR_NS - 5, 4), HOUR_NS, 2, HOUR_NS) == Bucket(2, 2, 2 * HOUR_NS, 2)
    assert growth(None, HALF_NS, 2, HOUR_NS) == Bucket(0, 2, 2 * HALF_NS, 2)


def test_a_later_point_of_an_hour_adds_its_difference() -> None:
    """Within an hour a point changes the rest of it alone."""
    [(start_ns, row)] = rolled(5, [(HOUR_NS // 4, 1), (HOUR_NS // 2, 3)], HOUR_NS)
    area = 5 * HOUR_NS // 4 + HOUR_NS // 4 + 3 * HOUR_NS // 2
    assert (start_ns, row) == (0, Bucket(1, 5, area, 3))
    assert list(rolled(5, [], HOUR_NS)) == []


def test_a_day_is_gathered_from_its_hours_and_what_lies_between() -> None:
    """Hours without a row hold the level before them; a day without an hour has no row."""
    hours = [(2 * HOUR_NS, Bucket(1, 7, 4 * HOUR_NS, 3)), (5 * HOUR_NS, Bucket(9, 9, 9 * HOUR_NS, 9))]
    [(start_ns, day)] = gathered(2, hours, HOUR_NS, DAY_NS)
    area = 2 * 2 * HOUR_NS + 4 * HOUR_NS + 2 * 3 * HOUR_NS + 9 * HOUR_NS + 18 * 9 * HOUR_NS
    assert (start_ns, day) == (0, Bucket(1, 9, area, 9))
    assert list(gathered(2, [], HOUR_NS, DAY_NS)) == []


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["A", "B"]),
                st.sampled_from(["front", "back"]),
                st.integers(0, 12) | st.integers(0, 60 * HOUR_NS),
                st.integers(0, 50),
            ),
            max_size=6,
        ),
        max_size=10,
    )
)
@settings(max_examples=150, deadline=None)
def test_rollups_equal_the_raw_points(commits: list[list[tuple[str, str, int, int]]]) -> None:
    """After any commits the hours and days of each zone, and of each article's sum, are those of the raw points."""
    with a_store() as store:
        for number, points in enumerate(commits):
            store.commit(
                Commit(number, levels=[LevelPoint("lyon-1", sku, zone, t, n) for sku, zone, t, n in points])
            )
        database = sqlite3.connect(store.path)
        names = dict(database.execute("SELECT id, sku || '/' || zone FROM series").fetchall())
        raw: dict[str, dict[int, int]] = {}
        for series, at_ns, pieces in database.execute("SELECT * FROM levels"):
            raw.setdefault(names[series], {})[at_ns] = pieces
        kept = {
            (names[series], table, start): (low, high, round(area), last)
            for table in ("hourly", "daily")
            for series, start, low, high, area, last in database.execute(
                f"SELECT * FROM {table}"  # noqa: S608 - our own names
            )
        }
        latest = {
            names[series]: pieces for series, pieces in database.execute("SELECT series, pieces FROM latest")
        }
        database.close()
    for sku in ("A", "B"):
        zones = [levels for name, levels in raw.items() if name.startswith(sku)]
        if zones:
            raw[f"{sku}/"] = {
                t: sum(_level(levels, t) for levels in zones) for levels in zones for t in levels
            }
    assert latest == {name: levels[max(levels)] for name, levels in raw.items()}
    for name, levels in raw.items():
        for table, width_ns in (("hourly", HOUR_NS), ("daily", DAY_NS)):
            for start_ns in {start_of(at_ns, width_ns) for at_ns in levels}:
                expected = _bucket(levels, start_ns, width_ns)
                is_unchanged = expected[0] == expected[1] == _level(levels, start_ns - 1)
                found = kept.pop((name, table, start_ns), expected if is_unchanged else None)
                assert found == expected
    assert kept == {}


def _level(levels: dict[int, int], at_ns: int) -> int:
    known = [t for t in levels if t <= at_ns]
    return levels[max(known)] if known else 0


def _bucket(levels: dict[int, int], start_ns: int, width_ns: int) -> tuple[int, int, int, int]:
    """Return (minimum, maximum, area, last), told the slow way: level by level between all changes."""
    edges = [start_ns, *sorted(t for t in levels if start_ns < t < start_ns + width_ns), start_ns + width_ns]
    spans = [(_level(levels, a), b - a) for a, b in pairwise(edges)]
    held = [level for level, _ in spans]
    return min(held), max(held), round(float(sum(level * span for level, span in spans))), held[-1]
