"""What an alert was worth, on episodes and stock-outs written down by hand."""

import pytest

from gateway.backtest.model import Episode, Lived, Range, StockOut
from gateway.backtest.score import score, spread

S = 1_000_000_000
HOUR = 3_600 * S
DAY = 24 * HOUR
STORE, SKU = "lyon-1", "TEE"


def episode(since: float, fired: float, cleared: float | None) -> Episode:
    """Return an episode; times in hours."""
    return Episode(
        STORE, SKU, None, round(since * HOUR), round(fired * HOUR),
        None if cleared is None else round(cleared * HOUR),
    )  # fmt: skip


def out(at: float, until: float | None) -> StockOut:
    """Return a time without a piece; times in hours."""
    return StockOut(STORE, SKU, round(at * HOUR), None if until is None else round(until * HOUR))


def lived(episodes: list[Episode], outs: list[StockOut]) -> Lived:
    """Return four days of ten articles."""
    return Lived(STORE, 0, 4 * DAY, articles=10, article_ns=40 * DAY, episodes=episodes, stock_outs=outs)


@pytest.mark.parametrize(
    ("told", "came", "outcome", "lead_h"),
    [
        (episode(1, 1.5, 9), out(8, 12), "stock_out", 6.5),
        (episode(1, 1.5, 9), out(25.4, 30), "stock_out", 23.9),
        (episode(1, 1.5, 9), out(25.6, 30), "none", None),
        (episode(1, 1.5, 9), out(8, 8.1), "none", None),
        (episode(1, 1.5, 9), out(0.9, 30), "stock_out", -0.6),
        (episode(8, 8.2, 12), out(8, 11), "stock_out", -0.2),
        (episode(90, 91, None), out(8, 11), "open", None),
    ],
    ids=["stands", "within a day", "later", "a glimpse", "began in it", "tells of it", "near the end"],
)
def test_what_followed_an_alert(told: Episode, came: StockOut, outcome: str, lead_h: float | None) -> None:
    """A stock-out within the horizon, none, or nobody can say yet."""
    [judged] = score([lived([told], [came])], DAY).judged
    assert judged.outcome == outcome
    assert judged.lead_ns == (None if lead_h is None else pytest.approx(lead_h * HOUR))


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ([episode(1, 1.5, 9)], (1, 0, 0)),
        ([episode(1, 1.5, 7.9)], (0, 0, 1)),
        ([episode(8, 8.2, None)], (0, 1, 0)),
        ([episode(9, 9.2, None)], (0, 1, 0)),
        ([episode(12.1, 12.3, None)], (0, 0, 1)),
        ([], (0, 0, 1)),
    ],
)
def test_which_stock_outs_were_told_of(told: list[Episode], counts: tuple[int, int, int]) -> None:
    """Warned, told late, missed: an alert that was over when it came warned of nothing."""
    found = score([lived(told, [out(8, 12)])], DAY)
    assert (found.warned, found.told_late, found.missed) == counts


def test_one_that_lasts_at_the_end_is_real_once_it_lasted() -> None:
    """Ten minutes of it must be seen."""
    assert score([lived([], [out(95.9, None)])], DAY).stock_outs == 0
    assert score([lived([], [out(95.8, None)])], DAY).stock_outs == 1


def test_articles_and_stores_are_kept_apart() -> None:
    """An alert of one says nothing of another; rates are over all stores."""
    other = Lived("paris-1", 0, 4 * DAY, articles=5, article_ns=20 * DAY, unknown_ns=3 * DAY)
    other.stock_outs.append(StockOut("paris-1", SKU, 8 * HOUR, None))
    other.stock_outs.append(StockOut("paris-1", "JEANS", 8 * HOUR, None))
    found = score([lived([episode(1, 1.5, 9)], []), other], DAY)
    assert (found.alerts, found.followed, found.stock_outs, found.missed) == (1, 0, 2, 2)
    assert (found.articles, found.article_days, found.days) == (15, 60, 4)
    assert found.alerts_per_day == pytest.approx(0.25)
    assert found.alerts_per_100_article_days == pytest.approx(100 / 60)
    assert found.unknown_share == pytest.approx(3 / 60)


def test_nothing_at_all_is_scored_as_nothing() -> None:
    """No store, no article, no time."""
    found = score([], DAY)
    assert (found.alerts_per_day, found.alerts_per_100_article_days, found.lead_ns) == (0.0, None, None)


def test_quantiles_lie_between_neighbours() -> None:
    """One value is all of them; of eleven the second, the sixth and the tenth."""
    assert spread([7]) == Range(7, 7, 7)
    assert spread(range(0, 110, 10)) == Range(10, 50, 90)
    assert spread([0, 10]) == Range(1, 5, 9)
    assert spread([]) is None
