"""Calibration: past answers scored by counts and sales, of bounded size, kept over restarts."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calibration import (
    MAX_PERIODS,
    P_LEAST,
    PERIOD_NS,
    Answered,
    Calibration,
    CalibrationReport,
    share,
)

DAY_NS = 86_400 * 1_000_000_000
NOW_NS = 700 * PERIOD_NS

proofs = st.lists(
    st.tuples(
        st.sampled_from(["count", "found", "sale"]),
        st.integers(0, 5),
        st.one_of(st.none(), st.floats(0, 1)),
        st.booleans(),
        st.integers(0, 5),
        st.integers(0, 20 * PERIOD_NS),
    ),
    max_size=60,
)


def played(events: list[tuple[str, int, float | None, bool, int, int]]) -> Calibration:
    """Return a calibration that took these proofs."""
    calibration = Calibration()
    for kind, pieces, p, unknown, counted, at_ns in events:
        answered = Answered(pieces, None if p is None else p * pieces, p, is_unknown=unknown)
        if kind == "sale":
            calibration.sold("lyon-1", answered, NOW_NS + at_ns)
        else:
            calibration.counted("lyon-1", answered, counted, NOW_NS + at_ns, tells_of_none=kind == "count")
    return calibration


def report_of(calibration: Calibration, store: str = "lyon-1") -> CalibrationReport:
    """Return the report of a store of which something was proved."""
    report = calibration.report(store)
    assert report is not None
    return report


def test_a_count_scores_the_answer_before_it() -> None:
    """3 answered, 2 counted: not exact, an error of one piece, one too many."""
    calibration = Calibration()
    calibration.counted("lyon-1", Answered(3, 2.4, 0.99), 2, NOW_NS, tells_of_none=True)
    report = report_of(calibration)
    assert (report.exact.n, report.exact.yes) == (1, 0)
    assert (report.error.mean, report.bias.mean) == (1.0, 1.0)
    assert report.expected_error.mean == pytest.approx(0.4)
    assert (report.bins[9].came_true.n, report.bins[9].came_true.yes) == (1, 1)
    assert (report.since_ns, report.until_ns) == (NOW_NS, NOW_NS)


def test_a_count_that_names_what_it_found_judges_no_probability() -> None:
    """A scanner's count cannot find none: its quantities count, its P(N >= 1) would always come true."""
    calibration = Calibration()
    calibration.counted("lyon-1", Answered(1, 0.3, 0.3), 1, NOW_NS, tells_of_none=False)
    report = report_of(calibration)
    assert report.exact.yes == 1
    assert sum(one.came_true.n for one in report.bins) == 0
    assert report.brier.mean is None


def test_what_was_unknown_is_counted_and_not_scored() -> None:
    """UNKNOWN promised nothing, so it was neither right nor wrong."""
    calibration = Calibration()
    unknown = Answered(5, 5.0, 1.0, is_unknown=True)
    calibration.counted("lyon-1", unknown, 0, NOW_NS, tells_of_none=True)
    calibration.sold("lyon-1", unknown, NOW_NS)
    report = report_of(calibration)
    assert (report.exact.n, report.counts_unknown) == (0, 1)
    assert (report.sales_out_of_stock.n, report.sales_unknown) == (0, 1)


def test_a_sale_of_what_was_called_impossible_costs_much_and_not_everything() -> None:
    """-ln P is bounded: one such sale does not drown all others."""
    calibration = Calibration()
    calibration.sold("lyon-1", Answered(0, 0.0, 0.0), NOW_NS)
    calibration.sold("lyon-1", Answered(2, 2.0, 1.0), NOW_NS)
    report = report_of(calibration)
    assert report.sales_log_loss.mean == pytest.approx(-log(P_LEAST) / 2)
    assert (report.sales_out_of_stock.n, report.sales_out_of_stock.yes) == (2, 1)


def test_a_sale_of_a_piece_that_was_seen_leaving_accuses_nobody() -> None:
    """The level fell when the piece left by the gate: to say 0 after it was right."""
    calibration = Calibration()
    calibration.sold("lyon-1", Answered(0, 0.0, 0.0), NOW_NS, had_left=True)
    calibration.sold_late("lyon-1", NOW_NS)
    report = report_of(calibration)
    assert (report.sales_out_of_stock.n, report.sales_left_before, report.sales_late) == (0, 1, 1)


def test_stores_are_kept_apart() -> None:
    """A proof in one store says nothing of another."""
    calibration = Calibration()
    calibration.sold("lyon-1", Answered(1, 1.0, 1.0), NOW_NS)
    assert calibration.report("paris-2") is None


@given(p=st.floats(0, 1))
def test_every_probability_falls_into_one_bin(p: float) -> None:
    """Also 0 and 1, which stand at the ends."""
    calibration = Calibration()
    calibration.counted("lyon-1", Answered(1, p, p), 1, NOW_NS, tells_of_none=True)
    hit = [one for one in report_of(calibration).bins if one.came_true.n]
    assert len(hit) == 1
    assert hit[0].low <= p + 1e-9
    assert p <= hit[0].high + 1e-9


@given(proofs)
def test_no_proof_is_lost(events: list[tuple[str, int, float | None, bool, int, int]]) -> None:
    """Within the months kept, counts and sales sum to what was proved, scored or said why not."""
    events = [(*event[:5], event[5] % (MAX_PERIODS * PERIOD_NS)) for event in events]
    report = played(events).report("lyon-1")
    if report is None:
        assert events == []
        return
    counts = sum(kind != "sale" for kind, *_ in events)
    assert report.exact.n + report.counts_unknown == counts
    assert report.sales_out_of_stock.n + report.sales_unknown == len(events) - counts
    assert report.brier.n == sum(one.came_true.n for one in report.bins)


@given(proofs)
def test_a_restart_changes_nothing(events: list[tuple[str, int, float | None, bool, int, int]]) -> None:
    """What the rows say, taken up anew, is the same report."""
    calibration = played(events)
    again = Calibration()
    again.restore([(key, text) for key, text in calibration.dirty_rows() if text is not None])
    assert again.report("lyon-1") == calibration.report("lyon-1")
    assert calibration.dirty_rows() == []


@given(proofs, proofs)
def test_written_rows_are_enough_at_any_time(
    first: list[tuple[str, int, float | None, bool, int, int]],
    second: list[tuple[str, int, float | None, bool, int, int]],
) -> None:
    """Rows written along the way, with those let go taken out, hold the state."""
    calibration = Calibration()
    kept: dict[str, str] = {}
    for kind, pieces, p, unknown, counted, at_ns in [*first, *second]:
        answered = Answered(pieces, None, p, is_unknown=unknown)
        if kind == "sale":
            calibration.sold("lyon-1", answered, NOW_NS + at_ns)
        else:
            calibration.counted("lyon-1", answered, counted, NOW_NS + at_ns, tells_of_none=True)
        for key, text in calibration.dirty_rows():
            if text is None:
                kept.pop(key, None)
            else:
                kept[key] = text
    again = Calibration()
    again.restore(kept.items())
    assert again.report("lyon-1") == calibration.report("lyon-1")
    assert len(kept) <= MAX_PERIODS


def test_old_months_make_room_for_new_ones() -> None:
    """Thirteen months are kept of a store; the rows of the oldest are taken out of the file."""
    calibration = Calibration()
    for month in range(MAX_PERIODS + 5):
        calibration.sold("lyon-1", Answered(1, 1.0, 1.0), NOW_NS + month * PERIOD_NS)
    rows = calibration.dirty_rows()
    assert sum(text is not None for _, text in rows) == MAX_PERIODS
    report = report_of(calibration)
    assert report.sales_out_of_stock.n == MAX_PERIODS
    assert report.since_ns == NOW_NS + 5 * PERIOD_NS


def test_a_proof_of_long_ago_does_not_push_out_a_newer_month() -> None:
    """A clock that is a year behind costs no month: its proof goes into the oldest one."""
    calibration = Calibration()
    for month in range(MAX_PERIODS):
        calibration.sold("lyon-1", Answered(1, 1.0, 1.0), NOW_NS + month * PERIOD_NS)
    calibration.sold("lyon-1", Answered(1, 1.0, 1.0), NOW_NS - 3 * PERIOD_NS)
    assert report_of(calibration).sales_out_of_stock.n == MAX_PERIODS + 1


@given(n=st.integers(1, 10_000), part=st.floats(0, 1))
def test_the_range_holds_the_share_and_narrows(n: int, part: float) -> None:
    """It holds what was seen, stays within 0 and 1, and is narrower for ten times as many cases."""
    yes = round(n * part)
    found, more = share(n, yes), share(10 * n, 10 * yes)
    assert found.range_95 is not None
    assert more.range_95 is not None
    assert found.share is not None
    low, high = found.range_95
    assert 0 <= low <= found.share + 1e-12
    assert found.share - 1e-12 <= high <= 1
    assert more.range_95[1] - more.range_95[0] < high - low


@pytest.mark.parametrize(
    ("n", "yes", "low", "high"),
    [(20, 20, 0.8389, 1.0), (10, 0, 0.0, 0.2775), (263, 81, 0.2553, 0.3662)],
)
def test_the_range_is_wilsons(n: int, yes: int, low: float, high: float) -> None:
    """81 of 263 is the worked case of Newcombe 1998 (Statistics in Medicine 17, table I, method 3)."""
    found = share(n, yes)
    assert found.range_95 == pytest.approx((low, high), abs=5e-5)
