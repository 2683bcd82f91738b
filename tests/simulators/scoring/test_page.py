"""The texts of the benchmark: tables, figures, losses and charts, of results made by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scoring.charts import Scale, label
from simulators.scoring.metrics import METRICS
from simulators.scoring.page import RunInfo, page
from simulators.scoring.results import PRODUCT, RFID_ALONE, Score, as_json, losses, score
from simulators.scoring.text_table import BLOCKS, figures, lost, number, summary, table
from tests.support.scored_shop import Step, belief, shop, tally

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "A2", "floor"), (0, "B1", "back"), (240, "A1", None)]
LATE = [*TRUTH[:3], (250, "A1", None)]
INFO = RunInfo("hand", "A shop <by hand>.", held=True, seeds=(1,), days=1, reads=10, messages=5, pieces=3)


def results() -> list[Score]:
    """Return the product late, reads alone right, one baseline that flickers, and a curve of two points."""
    flicker = belief([*TRUTH, (60, "A2", None), (61, "A2", "floor")])
    history = shop(TRUTH)
    return [
        score("hand", PRODUCT, "all messages", tally(history, belief(LATE)), 1.0),
        score("hand", RFID_ALONE, "reads", tally(history, belief(TRUTH)), 1.0),
        score("hand", "fixed-25", "reads", tally(history, flicker), 1.0),
        score("hand", "fixed@5", "reads", tally(history, flicker), 1.0, "fixed", "window = 5"),
        score("hand", "fixed@9", "reads", tally(history, belief(LATE)), 1.0, "fixed", "window = 9"),
    ]


def test_every_metric_stands_in_one_block() -> None:
    """Nothing that is computed is left out of the tables, and nothing is told twice."""
    told = [key for _, keys in BLOCKS for key in keys]
    assert sorted(told) == sorted(metric.key for metric in METRICS)


def test_where_others_are_better_is_said() -> None:
    """The product let go ten minutes late: reads alone did not, and that is told in so many words."""
    scores = results()[:3]
    found = {loss.metric.key: loss for loss in losses(scores)}
    assert found["mae"].method == RFID_ALONE
    assert (found["delay_median_s"].best.value, found["delay_median_s"].ours.value) == (0, 600)
    assert found["delay_median_s"].others == ("fixed-25",)
    assert "false_departures" not in found
    assert any(line.startswith("we lose in stock error, mean: ") for line in lost(scores))


def test_tables_and_figures_bear_every_method() -> None:
    """A row and a line of figures each; what is not known is a dash, never a number."""
    lines = list(table(results()[:3]))
    told = [keys for _, keys in BLOCKS if any(not math.isnan(results()[0].values[key].value) for key in keys)]
    assert 5 <= len(told) < len(BLOCKS)  # of an outage, or a forecast, there is none here
    for method in (PRODUCT, RFID_ALONE, "fixed-25"):
        assert sum(line.startswith(f"{method} ") for line in lines) == len(told)
        assert any(line.startswith(f"figure: hand/{method}/mae = ") for line in figures(results()[:3]))
    assert not any("nan" in line for line in [*lines, *figures(results()[:3])])
    assert [entry["method"] for entry in as_json(results())] == [s.method for s in results()]


def test_the_short_table_has_a_line_for_each_method() -> None:
    """False departures beside their delay, oversold beside refused: neither means anything alone."""
    lines = list(summary(results()[:3]))
    assert "0 @ 600.0 s" in lines[2]
    assert [line.split()[0] for line in lines[2:5]] == [PRODUCT, RFID_ALONE, "fixed-25"]


def test_the_page_draws_each_method_and_each_curve() -> None:
    """The curve is a line with its settings; foreign text is escaped; intervals stand below the figures."""
    text = page([INFO], results())
    assert '<polyline class="line curve m2"' in text
    assert "fixed (window = 5): " in text
    assert "A shop &lt;by hand&gt;. <em>Held" in text
    assert "<td>fixed@5</td>" not in text
    assert page([INFO], results()) == text
    assert "<td>fixed-25</td>" in text


def test_a_page_of_nothing_is_a_page() -> None:
    """A run in which nobody left has no delay to draw, and says so."""
    quiet: list[Step] = [(0, "A1", "floor")]
    text = page([INFO], [score("hand", PRODUCT, "all", tally(shop(quiet), belief(quiet)), 1.0)])
    assert "No method noticed a departure" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (99.5, "99.50"), (0.0123456, "0.0123"), (2.5e-5, "2.5e-5"), (12345.6, "12346"), (math.nan, "-"),
     (-52.0, "-52.00")],
)  # fmt: skip
def test_numbers_are_as_long_as_they_mean(value: float, text: str) -> None:
    """Four digits, fewer where they would be noise."""
    assert number(value) == text


@given(st.floats(0.001, 1e6), st.floats(1.5, 1e4), st.booleans())
def test_ticks_lie_on_the_scale_and_are_few(low: float, factor: float, is_log: bool) -> None:
    """Between the ends, in order, and not more than a person reads."""
    scale = Scale(low, low * factor, 0, 100, is_log=is_log)
    ticks = scale.ticks()
    assert ticks == sorted(ticks)
    assert all(low * (1 - 1e-6) <= tick <= low * factor * (1 + 1e-6) for tick in ticks)
    assert len(ticks) <= 12
    assert all(label(tick) for tick in ticks)


def test_a_scale_may_run_down() -> None:
    """Rows are counted from the top."""
    scale = Scale(4, 0, 300, 20)
    assert scale.px(0) == 20
    assert scale.px(4) == 300
    assert scale.px(1) == 90
