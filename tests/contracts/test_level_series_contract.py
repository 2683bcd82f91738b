"""The laws that every LevelSeries keeps: each test runs on each of SERIES, the real InfluxDB among them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.movements import LevelPoint
from gateway.storage.ports import HistoryStep, LevelSeries
from tests.support.influx_series import series_on
from tests.support.level_model import LevelModel
from tests.support.stores import a_store

Fresh = Callable[[], AbstractContextManager[LevelSeries]]
"""Gives an empty series each time."""


def _sqlite(_: pytest.FixtureRequest) -> Fresh:
    return a_store


def _influxdb(request: pytest.FixtureRequest) -> Fresh:
    server = request.getfixturevalue("shared_influx")
    return lambda: closing(series_on(server, page_points=7))


SERIES: dict[str, Callable[[pytest.FixtureRequest], Fresh]] = {"sqlite": _sqlite, "influxdb": _influxdb}
EXAMPLES = {"sqlite": 150, "influxdb": 25}
"""Of a law; a question to a server costs milliseconds, one to a file microseconds."""
HOUR_NS = 3_600 * 10**9
TICK_NS = HOUR_NS // 4
"""Four instants an hour: steps fall within, on and across the hours of the rollups."""


@pytest.fixture(params=SERIES)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Return what gives an empty series of each kind."""
    return SERIES[request.param](request)


POINTS = st.builds(
    lambda sku, zone, tick, pieces: LevelPoint("lyon-1", sku, zone, tick * TICK_NS, pieces),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["front", "denim", "back-room"]),
    st.integers(0, 40),
    st.integers(0, 9),
)


def _rounded(steps: list[HistoryStep]) -> list[HistoryStep]:
    """Return the steps with means that may be compared: they are summed in another order."""
    return [replace(step, mean=round(step.mean, 9)) for step in steps]


@pytest.mark.parametrize("kind", SERIES)
def test_history_and_as_of_equal_the_model(kind: str, request: pytest.FixtureRequest) -> None:
    """Late, repeated and same-time points included: levels then and now equal the slow model's."""
    fresh = SERIES[kind](request)

    @given(
        st.lists(st.lists(POINTS, max_size=8), max_size=8),
        st.integers(0, 44),
        st.integers(0, 44),
        st.sampled_from([1, 2, 3, 4, 5, 8, 12]),
        st.sampled_from([None, "front", "denim"]),
    )
    @settings(max_examples=EXAMPLES[kind], deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def law(
        batches: list[list[LevelPoint]], from_tick: int, ticks: int, step_ticks: int, zone: str | None
    ) -> None:
        model = LevelModel(TICK_NS)
        from_ns, to_ns = from_tick * TICK_NS, (from_tick + ticks) * TICK_NS
        with fresh() as series:
            for points in batches:
                series.append(points)
                model.add(points)
            assert set(series.latest_levels()) == model.latest()
            assert len(series.latest_levels()) == len(model.latest())
            for sku in ("A", "B"):
                assert series.levels_at("lyon-1", sku, to_ns) == model.levels_at("lyon-1", sku, to_ns)
                asked = ("lyon-1", sku, from_ns, to_ns, step_ticks * TICK_NS, zone)
                assert _rounded(series.history(*asked)) == _rounded(model.history(*asked))

    law()


def test_a_late_point_enters_history_and_leaves_the_latest(fresh: Fresh) -> None:
    """A point older than the latest is history; what is now stays."""
    with fresh() as series:
        series.append([LevelPoint("lyon-1", "A", "front", 50, 5)])
        series.append([LevelPoint("lyon-1", "A", "front", 30, 9)])
        assert series.latest_levels() == [LevelPoint("lyon-1", "A", "front", 50, 5)]
        assert series.levels_at("lyon-1", "A", 40) == {"front": 9}
        assert series.levels_at("lyon-1", "A", 29) == {}


def test_of_several_points_of_one_time_the_last_holds(fresh: Fresh) -> None:
    """Within one batch, and over several."""
    point = LevelPoint("lyon-1", "A", "front", 50, 5)
    with fresh() as series:
        series.append([point, replace(point, pieces=6), replace(point, pieces=4)])
        assert series.latest_levels() == [replace(point, pieces=4)]
        series.append([replace(point, pieces=7)])
        assert series.latest_levels() == [replace(point, pieces=7)]
        series.append([])
        assert series.latest_levels() == [replace(point, pieces=7)]


def test_the_latest_of_many_is_that_of_each(fresh: Fresh) -> None:
    """Unknown series are left out; one that is asked for twice is told once; none asked for is none told."""
    points = [LevelPoint("lyon-1", sku, zone, 50, 5) for sku in "ABC" for zone in ("front", "back")]
    with fresh() as series:
        series.append(points)
        assert series.latest_many([]) == []
        asked = [("lyon-1", "A", "front"), ("lyon-1", "C", "back"), ("lyon-1", "A", "front")]
        told = series.latest_many([*asked, ("nice-2", "A", "front"), ("lyon-1", "A", "denim")])
        assert sorted(told, key=lambda point: point.sku) == [points[0], points[5]]


def test_pieces_that_move_are_never_doubled_in_the_sum(fresh: Fresh) -> None:
    """A move between zones at one time leaves the store's minimum and maximum as they were."""
    both = [LevelPoint("lyon-1", "A", "front", 10, 4), LevelPoint("lyon-1", "A", "back", 10, 6)]
    moved = [LevelPoint("lyon-1", "A", "front", 25, 7), LevelPoint("lyon-1", "A", "back", 25, 3)]
    with fresh() as series:
        series.append(both)
        series.append(moved)
        assert {(s.minimum, s.maximum) for s in series.history("lyon-1", "A", 10, 40, 10)} == {(10, 10)}


def test_a_window_of_too_many_steps_is_refused(fresh: Fresh) -> None:
    """An answer is bounded: more than 10,000 steps, or steps of no length, are a ValueError."""
    with fresh() as series:
        series.append([LevelPoint("lyon-1", "A", "front", 0, 5)])
        assert len(series.history("lyon-1", "A", 0, 10_000, 1)) == 10_000
        for step_ns in (1, 0, -5):
            with pytest.raises(ValueError, match="step"):
                series.history("lyon-1", "A", 0, 10_001, step_ns)
        assert series.history("lyon-1", "A", 10, 10, 1) == []
        assert series.history("lyon-1", "unknown", 0, 10, 1) == []


def test_a_move_told_in_two_parts_is_one_change(fresh: Fresh) -> None:
    """What happens at one time is one change, though its halves are told one after the other."""
    with fresh() as series:
        series.append([LevelPoint("lyon-1", "A", "front", 10, 4), LevelPoint("lyon-1", "A", "back", 10, 6)])
        series.append([LevelPoint("lyon-1", "A", "front", 35, 0)])
        series.append([LevelPoint("lyon-1", "A", "back", 35, 10)])
        steps = series.history("lyon-1", "A", 10, 50, 10)
        assert len(steps) == 4
        assert {(step.minimum, step.maximum) for step in steps} == {(10, 10)}


def test_stores_and_articles_are_apart(fresh: Fresh) -> None:
    """The same article in another store, and an article whose name begins alike, are others."""
    with fresh() as series:
        series.append([LevelPoint("lyon-1", "A", "front", 10, 4), LevelPoint("lyon-1", "AB", "front", 10, 9)])
        series.append([LevelPoint("lyon-10", "A", "front", 10, 7)])
        assert series.levels_at("lyon-1", "A", 10) == {"front": 4}
        assert [step.maximum for step in series.history("lyon-1", "A", 10, 20, 10)] == [4]
