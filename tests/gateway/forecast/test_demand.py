"""The demand model as the gateway uses it: hours pass, pieces are sold, it is asked, and it starts again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.forecast.demand import MAX_DELIVERIES, DemandModel
from gateway.forecast.departments import MAX_DEPARTMENTS, OTHERS
from gateway.forecast.model import Delivery
from gateway.forecast.score import MAX_WEEKS
from gateway.forecast.store import MAX_DARK_H, MAX_LATE_H, StoreDemand
from gateway.forecast.week import HORIZON_H, NS_PER_HOUR, LocalWeek, prior_week
from tests.support.demand_shop import FIRST_HOUR, PARIS, simulated

MONDAY_NS = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()) * 1_000_000_000
DAY_NS = 24 * NS_PER_HOUR
SKUS = ("jeans", "socks", "scarf")


@dataclass(frozen=True, slots=True)
class Told:
    """A thing that is told to a model: after so many minutes, of an article."""

    what: str
    sku: str
    pieces: int
    minutes: int
    late_h: int


told = st.builds(
    Told,
    st.sampled_from(["sold", "sold", "come", "go", "advance"]),
    st.sampled_from(SKUS),
    st.integers(-1, 30),
    st.one_of(st.integers(0, 90), st.integers(0, 60 * 24 * 3)),
    st.one_of(st.just(0), st.integers(0, 2 * MAX_LATE_H)),
)
histories = st.lists(told, max_size=30)
starts = st.sampled_from([
    MONDAY_NS,
    int(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp()) * 1_000_000_000,  # the clocks go forward that night
    int(datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp()) * 1_000_000_000,  # and back
])  # fmt: skip


def department(sku: str) -> str:
    """Return where an article of these tests stands."""
    return "accessories" if sku.startswith("scarf") else "denim"


def new_model() -> DemandModel:
    """Return a model of one store in Paris that knows nothing."""
    return DemandModel({"paris": PARIS}, None, department)


def play(model: DemandModel, history: list[Told], now_ns: int) -> int:
    """Tell a model a history from `now_ns` on; return when it ended."""
    for step in history:
        now_ns += step.minutes * 60 * 1_000_000_000
        if step.what == "sold":
            model.sold("paris", step.sku, step.pieces, now_ns - step.late_h * NS_PER_HOUR)
        elif step.what == "advance":
            model.advance(now_ns)
        else:
            model.available("paris", step.sku, step.what == "come", now_ns)
    model.advance(now_ns)
    return now_ns


def answers(model: DemandModel, now_ns: int) -> list[object]:
    """Return what a model answers to a fixed set of questions."""
    coming = (Delivery(now_ns + 2 * DAY_NS, 3), Delivery(now_ns - DAY_NS, 1))
    found: list[object] = [model.accuracy("paris")]
    for sku in (*SKUS, "scarf-new"):
        found += [
            model.forecast("paris", sku, 4, now_ns),
            model.p_stock_out("paris", sku, 2, now_ns, now_ns + 3 * DAY_NS, coming),
            model.expected("paris", sku, now_ns, now_ns + 7 * DAY_NS),
            model.safety_stock("paris", sku, now_ns, 3_600, 0.02),
            model.reorder_point("paris", sku, now_ns, 5 * 86_400, 0.05),
        ]
    return found


def again(kept: dict[str, str]) -> DemandModel:
    """Return a model that took up what another wrote."""
    model = new_model()
    model.restore(kept.items())
    return model


def keep(kept: dict[str, str], model: DemandModel) -> None:
    """Write down what changed, as a store does."""
    for key, text in model.dirty_rows():
        if text is None:
            kept.pop(key, None)
        else:
            kept[key] = text


@settings(max_examples=25, deadline=None)
@given(histories, histories, histories, starts)
def test_a_restart_changes_nothing(
    first: list[Told], second: list[Told], third: list[Told], start_ns: int
) -> None:
    """Rows written along the way hold all: taken up, they answer the same, then and after more has happened."""
    model, kept = new_model(), dict[str, str]()
    now_ns = play(model, first, start_ns)
    keep(kept, model)
    now_ns = play(model, second, now_ns)
    keep(kept, model)
    restored = again(kept)
    assert answers(restored, now_ns) == answers(model, now_ns)
    assert model.dirty_rows() == []
    # Which articles sold out within the hour is not kept: that hour of theirs goes unscored.
    later_ns = play(model, third, now_ns)
    play(restored, third, now_ns)
    assert answers(restored, later_ns)[1:] == answers(model, later_ns)[1:]


@settings(max_examples=40, deadline=None)
@given(
    histories, st.integers(-5, 5_000), st.integers(-60, 100 * 24 * 60), st.floats(-1.0, 2.0), starts,
    st.floats(-100, 1e9),
)  # fmt: skip
def test_answers_are_always_numbers(
    history: list[Told], stock: int, minutes: int, risk: float, start_ns: int, window_s: float
) -> None:
    """Nothing negative, nothing that is no number, times in order and within the horizon, whatever is asked."""
    model = new_model()
    now_ns = play(model, history, start_ns)
    until_ns = now_ns + minutes * 60 * 1_000_000_000
    for sku in (*SKUS, "new"):
        found = model.forecast("paris", sku, stock, now_ns)
        times = [t for t in (found.early_ns, found.median_ns, found.late_ns) if t is not None]
        assert times == sorted(times)
        assert all(now_ns <= t <= found.horizon_ns for t in times)
        assert 0.0 <= found.p_before_horizon <= 1.0
        assert isfinite(found.expected_day)
        assert found.expected_day >= 0.0
        assert 0.0 <= model.p_stock_out("paris", sku, stock, now_ns, until_ns) <= 1.0
        assert isfinite(model.expected("paris", sku, now_ns, until_ns))
        assert model.expected("paris", sku, now_ns, until_ns) >= 0.0
        assert model.safety_stock("paris", sku, now_ns, window_s, risk) >= 0


@settings(max_examples=30, deadline=None)
@given(histories, st.integers(1, 30), starts, st.lists(st.integers(0, 60 * 24 * 30), min_size=2, max_size=6))
def test_the_median_is_where_the_probability_is_a_half(
    history: list[Told], stock: int, start_ns: int, minutes: list[int]
) -> None:
    """The times of a forecast are those at which P(stock-out before t) reaches them; it rises with t, through DST."""
    model = new_model()
    now_ns = play(model, history, start_ns)
    ps = [
        model.p_stock_out("paris", "jeans", stock, now_ns, now_ns + m * 60 * 10**9) for m in sorted(minutes)
    ]
    assert all(a <= b + 1e-7 for a, b in pairwise(ps))
    found = model.forecast("paris", "jeans", stock, now_ns)
    hour_ns = NS_PER_HOUR
    if found.median_ns is not None:
        assert model.p_stock_out("paris", "jeans", stock, now_ns, found.median_ns + hour_ns) >= 0.5 - 1e-7
        assert model.p_stock_out("paris", "jeans", stock, now_ns, found.median_ns - hour_ns) <= 0.5 + 1e-7
    else:
        assert found.p_before_horizon < 0.5


def lived(
    model: DemandModel, sku: str, days: int, per_day: int, now_ns: int, *, out_half: bool = False
) -> int:
    """Let an article sell so many pieces each day from ten o'clock on; `out_half`: none is there every other day."""
    for day in range(days):
        is_there = not out_half or day % 2 == 0
        for hour in range(24):
            at_ns = now_ns + (day * 24 + hour) * NS_PER_HOUR
            model.advance(at_ns)
            model.available("paris", sku, is_there, at_ns)
            if is_there and 1 <= hour < 1 + per_day:
                model.sold("paris", sku, 1, at_ns + 1)
    return now_ns + days * DAY_NS


def test_days_without_stock_are_not_days_without_demand() -> None:
    """Sold out every other day, and 3 a day on the others: it is 3 a day that is asked for."""
    model = new_model()
    now_ns = lived(model, "jeans", 28, 3, MONDAY_NS, out_half=True)
    week = model.expected("paris", "jeans", now_ns, now_ns + 7 * DAY_NS)
    assert week == pytest.approx(21, rel=0.25)


def test_a_new_article_sells_as_its_department_does() -> None:
    """Of an article never heard of, a department that sells much makes more be expected than one that does not."""
    model = new_model()
    for number in range(20):
        model.available("paris", f"scarf-{number}", True, MONDAY_NS)
    now_ns = lived(model, "jeans", 14, 6, MONDAY_NS)
    denim = model.expected("paris", "jacket", now_ns, now_ns + DAY_NS)
    accessories = model.expected("paris", "scarf-new", now_ns, now_ns + DAY_NS)
    assert denim > 5 * accessories > 0


def test_safety_stock_follows_the_hours_of_the_week() -> None:
    """What goes within an hour at noon is kept back at noon; at night nothing has to be."""
    model = new_model()
    now_ns = lived(model, "jeans", 28, 9, MONDAY_NS)
    noon = model.safety_stock("paris", "jeans", now_ns + 3 * NS_PER_HOUR, 3_600, 0.05)
    night = model.safety_stock("paris", "jeans", now_ns + 16 * NS_PER_HOUR, 3_600, 0.05)
    assert noon >= 2
    assert night == 0


def test_what_was_told_while_the_gateway_was_dark_teaches_nothing() -> None:
    """After a silence of days nobody knows what was sold: what is told of it later is counted and not learned."""
    model = new_model()
    now_ns = lived(model, "jeans", 14, 4, MONDAY_NS)
    before = model.expected("paris", "jeans", now_ns, now_ns + DAY_NS)
    back_ns = now_ns + 21 * DAY_NS
    model.advance(back_ns)
    model.sold("paris", "jeans", 500, back_ns - 10 * DAY_NS)
    model.sold("paris", "jeans", 500, back_ns - 2 * DAY_NS)
    model.advance(back_ns + NS_PER_HOUR)
    after = model.expected("paris", "jeans", back_ns + NS_PER_HOUR, back_ns + NS_PER_HOUR + DAY_NS)
    assert after == pytest.approx(before, rel=0.1)
    report = model.accuracy("paris")
    assert report is not None
    assert report.unlearnt_pieces == 1_000


def test_a_short_silence_is_lived_through() -> None:
    """A restart of some hours is like none: devices and tills tell afterwards what happened."""
    model, other = new_model(), new_model()
    for each in (model, other):
        lived(each, "jeans", 7, 4, MONDAY_NS)
    start_ns = MONDAY_NS + 7 * DAY_NS
    for hour in range(MAX_DARK_H):
        other.advance(start_ns + hour * NS_PER_HOUR)
    end_ns = start_ns + (MAX_DARK_H - 1) * NS_PER_HOUR
    model.advance(end_ns)
    assert answers(model, end_ns) == answers(other, end_ns)


def test_a_sale_told_late_counts_for_its_own_hour() -> None:
    """A till that tells of the morning in the evening teaches the rate as one that tells at once."""
    late, prompt = new_model(), new_model()
    for model in (late, prompt):
        model.available("paris", "jeans", True, MONDAY_NS)
    for hour in range(12):
        prompt.sold("paris", "jeans", 1, MONDAY_NS + hour * NS_PER_HOUR)
        for model in (late, prompt):
            model.advance(MONDAY_NS + (hour + 1) * NS_PER_HOUR)
    for hour in range(12):
        late.sold("paris", "jeans", 1, MONDAY_NS + hour * NS_PER_HOUR)
    end_ns = MONDAY_NS + 13 * NS_PER_HOUR
    for model in (late, prompt):
        model.advance(end_ns)
    later, sooner = (
        model.expected("paris", "jeans", end_ns, end_ns + 7 * DAY_NS) for model in (late, prompt)
    )
    assert later == pytest.approx(sooner, rel=0.3)


def test_hours_are_predicted_before_they_are_learned_and_come_true() -> None:
    """Over weeks of a simulated shop P(one is sold within the hour) is as often right as it says."""
    articles, days = 60, 35
    shop, model = simulated(articles, days, seed=5), new_model()
    was_there = [False] * articles
    for hour in range(days * 24):
        now_ns = (FIRST_HOUR + hour) * NS_PER_HOUR
        model.advance(now_ns)
        for number in range(articles):
            is_there = bool(shop.stock[hour, number])
            if is_there != was_there[number]:
                was_there[number] = is_there
                model.available("paris", f"sku-{number}", is_there, now_ns)
        for number in shop.sold[hour].nonzero()[0].tolist():
            model.sold("paris", f"sku-{number}", int(shop.sold[hour, number]), now_ns + 10**9)
    report = model.accuracy("paris")
    assert report is not None
    assert report.sold_pieces == int(shop.sold[:-1].sum())
    assert report.log_loss.n > 30_000
    assert report.ece.mean is not None
    assert report.ece.mean < 0.01
    for one in report.bins:
        if one.came_true.n >= 500 and one.mean_p is not None and one.came_true.share is not None:
            assert one.came_true.share == pytest.approx(one.mean_p, rel=0.5, abs=0.01)


def test_nothing_grows_without_bounds() -> None:
    """Months of sales leave as many rows as there are articles, each a line of text, and the last weeks' scores."""
    model, kept = new_model(), dict[str, str]()
    for week in range(MAX_WEEKS + 3):
        now_ns = lived(model, "jeans", 7, 2, MONDAY_NS + week * 7 * DAY_NS)
        keep(kept, model)
    assert now_ns > MONDAY_NS
    articles = [key for key in kept if not key.startswith("paris//") and key != "paris/"]
    assert articles == ["paris/jeans"]
    assert sum(key.startswith("paris//") for key in kept) == MAX_WEEKS
    assert len(kept["paris/jeans"]) < 300
    assert len(kept["paris/"]) < 10_000


def test_articles_and_departments_are_followed_up_to_a_bound() -> None:
    """What articles beyond it sell is counted, not learned; departments beyond it share one mean."""
    demand = StoreDemand(
        LocalWeek(PARIS), prior_week(None), lambda sku: sku, max_articles=MAX_DEPARTMENTS + 9
    )
    for number in range(MAX_DEPARTMENTS + 19):
        demand.sold(f"sku-{number}", 2, MONDAY_NS)
    assert demand.rates.used == MAX_DEPARTMENTS + 9
    assert sum(score.unlearnt for score in demand.scores.weeks.values()) == 20
    assert demand.rates.group[MAX_DEPARTMENTS - 2 : MAX_DEPARTMENTS + 9].tolist() == [
        MAX_DEPARTMENTS - 1,
        *[OTHERS] * 10,
    ]


def test_an_article_that_does_nothing_writes_nothing() -> None:
    """Hours that pass write the store's own row; of its articles only those that sold something, or came or went."""
    model = new_model()
    for number in range(50):
        model.available("paris", f"sku-{number}", True, MONDAY_NS)
    model.advance(MONDAY_NS)
    model.dirty_rows()
    model.sold("paris", "sku-7", 1, MONDAY_NS + 1)
    assert [key for key, _ in model.dirty_rows() if "sku" in key] == ["paris/sku-7"]
    model.advance(MONDAY_NS + NS_PER_HOUR)
    model.dirty_rows()
    model.advance(MONDAY_NS + 5 * NS_PER_HOUR)
    assert [key for key, _ in model.dirty_rows() if "sku" in key] == []


def test_deliveries_move_the_stock_out_back() -> None:
    """Pieces that come before the last is gone move the median; those beyond the bound are left out, not refused."""
    model = new_model()
    now_ns = lived(model, "jeans", 28, 5, MONDAY_NS)
    alone = model.forecast("paris", "jeans", 10, now_ns)
    helped = model.forecast("paris", "jeans", 10, now_ns, (Delivery(now_ns + NS_PER_HOUR, 20),))
    assert alone.median_ns is not None
    assert helped.median_ns is not None
    assert helped.median_ns > alone.median_ns + DAY_NS
    many = tuple(Delivery(now_ns + day * DAY_NS, 1) for day in range(3 * MAX_DELIVERIES))
    assert model.forecast("paris", "jeans", 10, now_ns, many).horizon_ns <= now_ns + HORIZON_H * NS_PER_HOUR


def test_stores_and_their_clocks_are_kept_apart() -> None:
    """What Paris sells teaches Tokyo nothing, a store that the site has not is refused, its rows are left alone."""
    model = DemandModel({"paris": PARIS, "tokyo": ZoneInfo("Asia/Tokyo")})
    untold = model.expected("tokyo", "jeans", MONDAY_NS, MONDAY_NS + 7 * DAY_NS)
    now_ns = lived(model, "jeans", 7, 5, MONDAY_NS)
    assert model.expected("tokyo", "jeans", now_ns, now_ns + 7 * DAY_NS) == pytest.approx(untold)
    with pytest.raises(KeyError):
        model.safety_stock("lyon", "jeans", now_ns, 3_600, 0.05)
    new_model().restore([("lyon/jeans", "[]")])
