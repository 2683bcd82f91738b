"""Levels of two places read as one: every step as if a single place knew all, and neither asked in vain."""

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.movements import LevelPoint
from gateway.storage.combined import CombinedLevels, seam_ns
from gateway.storage.ports import HistoryStep, LevelSeries
from gateway.storage.resolution import Kept
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.steps import Window
from tests.support.level_model import LevelModel

TICK_NS = HOUR_NS // 2
KEPT = Kept(daily=1 * DAY_NS, hourly=2 * DAY_NS, levels=3 * DAY_NS)
DAYS = 4


@dataclass
class Place:
    """The read side of a LevelSeries that knows some points, and notes whether it was asked."""

    model: LevelModel
    has: Kept = KEPT
    asked: int = 0

    def kept(self) -> Kept:
        """Return from when on it is whole."""
        return self.has

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return what the model tells."""
        self.asked += 1
        return self.model.history(store, sku, from_ns, to_ns, step_ns, zone)

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return what the model tells."""
        self.asked += 1
        return self.model.levels_at(store, sku, at_ns)

    def append(self, points: object) -> None:
        """Never asked for."""
        raise AssertionError

    def latest_levels(self) -> list[LevelPoint]:
        """Never asked for."""
        raise AssertionError

    def latest_many(self, keys: object) -> list[LevelPoint]:
        """Never asked for."""
        raise AssertionError


class Embedded(Place):
    """Knows all, and may be asked only for what an embedded store tells exactly."""

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return what the model tells, and fail where a real store would have to guess."""
        window = Window(from_ns, to_ns, step_ns)
        assert from_ns >= seam_ns(window, self.has) or from_ns >= to_ns, "asked for what it knows coarsely"
        return super().history(store, sku, from_ns, to_ns, step_ns, zone)


POINTS = st.lists(
    st.builds(
        lambda zone, tick, pieces: LevelPoint("lyon-1", "A", zone, tick * TICK_NS, pieces),
        st.sampled_from(["front", "back"]),
        st.integers(0, DAYS * 48),
        st.integers(0, 9),
    ),
    max_size=30,
)
BEGIN = LevelPoint("lyon-1", "A", "front", 0, 5)


def model_of(points: list[LevelPoint]) -> LevelModel:
    """Return a model that knows these points."""
    model = LevelModel(TICK_NS)
    model.add(points)
    return model


def rounded(steps: list[HistoryStep]) -> list[HistoryStep]:
    """Return steps with means that may be compared: a joined one is summed in another order."""
    return [replace(step, mean=round(step.mean, 9)) for step in steps]


@given(
    POINTS,
    st.integers(0, DAYS * 48),
    st.integers(1, DAYS * 48),
    st.sampled_from([1, 2, 3, 7, 14, 48, 96, 100]),
    st.sampled_from([None, "front", "back"]),
)
@settings(max_examples=150, deadline=None)
def test_both_together_equal_one_that_knows_all(
    points: list[LevelPoint], from_tick: int, ticks: int, step_ticks: int, zone: str | None
) -> None:
    """The older one knows nothing from the raw boundary on, and the embedded one is asked only after the seam."""
    points = [BEGIN, *points]
    whole = model_of(points)
    window = Window(from_tick * TICK_NS, (from_tick + ticks) * TICK_NS, step_ticks * TICK_NS)
    old_to_ns = seam_ns(window, KEPT)
    older = Place(model_of([p for p in points if p.at_ns < old_to_ns]))
    both = CombinedLevels(Embedded(whole, KEPT), older)
    expected = whole.history("lyon-1", "A", window.from_ns, window.to_ns, window.step_ns, zone)
    if older.model.history("lyon-1", "A", window.from_ns, min(old_to_ns, window.to_ns), window.step_ns, zone):
        assert rounded(both.history("lyon-1", "A", window, zone)) == rounded(expected)
    assert both.needs_older(window) == (window.from_ns < old_to_ns)


@given(POINTS, st.integers(0, DAYS * 48))
def test_as_of_is_asked_where_every_change_is_known(points: list[LevelPoint], tick: int) -> None:
    """Before the raw boundary of the older one, from it on of the embedded one."""
    whole = model_of([BEGIN, *points])
    embedded, older = Place(whole, KEPT), Place(whole)
    both = CombinedLevels(embedded, older)
    assert both.levels_at("lyon-1", "A", tick * TICK_NS) == whole.levels_at("lyon-1", "A", tick * TICK_NS)
    is_old = tick * TICK_NS < KEPT.levels
    assert (older.asked, embedded.asked) == ((1, 0) if is_old else (0, 1))


def test_an_older_place_that_knows_nothing_leaves_it_to_the_embedded_one() -> None:
    """InfluxDB was set up later than the shop: what is known coarsely is better than nothing."""
    embedded, older = Place(model_of([BEGIN]), KEPT), Place(model_of([]))
    both = CombinedLevels(embedded, older)
    window = Window(0, DAY_NS, TICK_NS)
    assert [step.mean for step in both.history("lyon-1", "A", window)] == [5.0] * 48
    assert both.levels_at("lyon-1", "A", 0) == {"front": 5}
    assert (older.asked, embedded.asked) == (2, 2)


def test_what_the_embedded_one_has_never_asks_the_older_one() -> None:
    """Whole days as far back as days are kept, whole hours as hours are, everything from the raw boundary on."""
    embedded = Place(model_of([BEGIN]), KEPT)
    older: LevelSeries = Place(model_of([]))
    both = CombinedLevels(embedded, older)
    for from_ns, to_ns, step_ns, is_asked in (
        (1 * DAY_NS, 4 * DAY_NS, DAY_NS, False),
        (0, 4 * DAY_NS, DAY_NS, True),
        (2 * DAY_NS, 4 * DAY_NS, 7 * HOUR_NS, False),
        (2 * DAY_NS, 3 * DAY_NS - 1, HOUR_NS, True),
        (2 * DAY_NS, 4 * DAY_NS, HOUR_NS // 4, True),
        (3 * DAY_NS, 4 * DAY_NS, HOUR_NS // 4, False),
    ):
        assert both.needs_older(Window(from_ns, to_ns, step_ns)) is is_asked
