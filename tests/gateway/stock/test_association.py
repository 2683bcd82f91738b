"""Which piece a sale took: the tag that fits having left says so, and a tag that is seen says no."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.model import LeavingEvidence
from gateway.stock.association import Candidate, SaleMark, fit, judge

S = 1_000_000_000
SALE = 1_800_000_000 * S


def tag(
    epc: str = "A", *, role: str = "floor", seen_s: float = 0, rest_s: float | None = None, silence: float = 0
) -> Candidate:
    """Return a tag last read so many seconds after the sale (before it: negative)."""
    seen_ns = SALE + round(seen_s * S)
    return Candidate(epc, role, seen_ns, seen_ns if rest_s is None else SALE + round(rest_s * S), silence)


def test_a_tag_that_rests_on_the_floor_long_after_the_sale_did_not_leave_by_it() -> None:
    """Each tag of the article is still read five and a half minutes later: the scan was of nothing here."""
    verdict = judge(SALE, [tag(epc, seen_s=330) for epc in "ABC"], unread=0)
    assert verdict.p_sold < 0.1
    assert verdict.p_unread == 0


def test_a_tag_that_the_gate_reads_after_the_sale_left_by_it() -> None:
    """Read at the exit half a minute after paying, on the floor no more: it fits best of all."""
    others = [tag(epc, seen_s=30) for epc in "ABC"]
    verdict = judge(SALE, [*others, tag("D", role="exit", seen_s=30, rest_s=-60, silence=-1)], unread=0)
    assert verdict.epc == "D"
    assert verdict.p_left["D"] > 0.8


def test_the_only_silent_one_fits() -> None:
    """Four go on being read, one has been silent since: it was that one, almost surely."""
    seen = [tag(epc, seen_s=300) for epc in "ABCD"]
    verdict = judge(SALE, [*seen, tag("E", seen_s=-30, silence=-10)], unread=0)
    assert verdict.epc == "E"
    assert verdict.p_left["E"] > 0.95
    assert verdict.p_sold == pytest.approx(verdict.p_left["E"], abs=0.05)


def test_two_that_fit_alike_are_told_apart_by_nobody() -> None:
    """Two equally silent tags share the sale: that one of them left is sure, which one is not."""
    verdict = judge(SALE, [tag("A", seen_s=-20, silence=-8), tag("B", seen_s=-20, silence=-8)], unread=0)
    assert verdict.p_sold > 0.95
    assert verdict.p_left == pytest.approx({"A": verdict.p_sold / 2, "B": verdict.p_sold / 2})


def test_an_unread_piece_explains_a_sale_that_no_tag_does() -> None:
    """All tags are read on; the piece whose tag never answered was sold."""
    verdict = judge(SALE, [tag(epc, seen_s=300) for epc in "ABC"], unread=1)
    assert verdict.p_unread > 0.8
    assert verdict.p_sold < 0.1


def test_without_tags_only_unread_pieces_can_be_sold() -> None:
    """No tag is named, and the unread piece is it, but for the scan being wrong."""
    verdict = judge(SALE, [], unread=2)
    assert verdict.epc is None
    assert (verdict.p_left, verdict.p_sold) == ({}, 0)
    assert 0.9 < verdict.p_unread < 1


def test_where_there_is_no_piece_nobody_left() -> None:
    """A sale of an article that nothing is known of is of nothing here."""
    assert judge(SALE, [], unread=0).p_unread == 0
    assert judge(SALE, [], unread=0).p_sold == 0


def test_silence_from_long_before_the_sale_is_another_story() -> None:
    """A piece that was lost two hours before is no better a fit than one that fell silent at the sale."""
    lost, carried = tag("A", seen_s=-7_200, silence=-12), tag("B", seen_s=-40, silence=-12)
    assert judge(SALE, [lost, carried], unread=0).epc == "B"
    assert fit(lost, SALE) < fit(carried, SALE) / 100


def test_pieces_rather_leave_from_the_till_than_from_behind() -> None:
    """Of tags silent alike, the one last believed on its way out fits better than one in the back room."""
    order = [tag(role=role, silence=-5) for role in ("back_room", "floor", "till", "exit")]
    fits = [fit(candidate, SALE) for candidate in order]
    assert fits == sorted(fits)


candidates = st.lists(
    st.builds(
        tag,
        role=st.sampled_from(["floor", "till", "exit", "back_room", "receiving", "fitting_room"]),
        seen_s=st.floats(-90_000, 4_000),
        silence=st.floats(-60, 0),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(candidates, st.integers(0, 3))
def test_one_sale_is_of_one_piece_or_of_none(tags: list[Candidate], unread: int) -> None:
    """What left by it adds up to no more than the one piece, however many tags there are."""
    named = [replace(candidate, epc=f"T{n}") for n, candidate in enumerate(tags)]
    verdict = judge(SALE, named, unread)
    assert set(verdict.p_left) == {candidate.epc for candidate in named}
    assert all(0 <= p <= 1 for p in verdict.p_left.values())
    assert sum(verdict.p_left.values()) == pytest.approx(verdict.p_sold)
    assert verdict.p_sold + verdict.p_unread <= 1 + 1e-9
    assert (verdict.epc is None) == (not tags)
    if tags:
        assert verdict.p_left[verdict.epc or ""] == max(verdict.p_left.values())


@settings(deadline=None)
@given(st.floats(0, 3_600), st.floats(0, 3_600), st.floats(-30, 0))
def test_the_longer_a_tag_is_read_after_the_sale_the_less_it_fits(a: float, b: float, silence: float) -> None:
    """Resting is staying."""
    sooner, later = sorted((a, b))
    assert (
        fit(tag(seen_s=later, silence=silence), SALE) <= fit(tag(seen_s=sooner, silence=silence), SALE) + 1e-9
    )


@settings(deadline=None)
@given(st.floats(-30, 0), st.floats(-30, 0), st.floats(-3_600, 0))
def test_the_more_telling_its_silence_the_better_a_tag_fits(a: float, b: float, seen_s: float) -> None:
    """Silence of a well-read tag says more than that of a weak one."""
    more, less = sorted((a, b))
    assert fit(tag(seen_s=seen_s, silence=more), SALE) >= fit(tag(seen_s=seen_s, silence=less), SALE)


@settings(deadline=None)
@given(candidates.filter(bool))
def test_an_unread_piece_takes_from_what_the_tags_explain(tags: list[Candidate]) -> None:
    """With an unread piece more, a tag is never surer to have left."""
    named = [replace(candidate, epc=f"T{n}") for n, candidate in enumerate(tags)]
    more, none = judge(SALE, named, 1), judge(SALE, named, 0)
    assert all(more.p_left[epc] <= none.p_left[epc] + 1e-9 for epc in none.p_left)


# -- silence since the sale ------------------------------------------------------------------------------


def leaving(seen_s: float, silence: float) -> LeavingEvidence:
    """Return a tag of the floor last read so many seconds after the sale, silent since."""
    at_ns = SALE + round(seen_s * S)
    return LeavingEvidence("A", place=0, passing=0, last_seen_ns=at_ns, last_rest_ns=at_ns, silence=silence)


def test_silence_from_before_the_sale_does_not_speak_for_it() -> None:
    """A tag in the shadow of a person for minutes before goes on being silent for that reason."""
    mark = SaleMark(SALE, {"A": -6.0})
    assert mark.since(leaving(-300, -7.0), SALE) == pytest.approx(-1.0)


def test_a_read_after_the_sale_starts_its_silence_anew() -> None:
    """What was silent before was read since: all of its silence now is of after the sale."""
    mark = SaleMark(SALE, {"A": -6.0})
    assert mark.since(leaving(20, -2.0), SALE) == -2.0


def test_a_sale_told_late_counts_the_silence_since_it() -> None:
    """Told ten minutes after: of the silence until then, the part since the sale is of the sale."""
    mark = SaleMark(SALE + 600 * S, {"A": -8.0})
    assert mark.since(leaving(-600, -9.0), SALE) == pytest.approx(-5.0)
    assert mark.since(leaving(0, -9.0), SALE) == pytest.approx(-9.0)


def test_a_tag_that_came_after_the_mark_has_its_own_silence() -> None:
    """It was not here when the sale was first looked at."""
    assert SaleMark(SALE, {}).since(leaving(10, -3.0), SALE) == -3.0


@settings(deadline=None)
@given(st.floats(-3_600, 3_600), st.floats(-40, 0), st.floats(0, 20), st.floats(0, 3_600))
def test_silence_since_a_sale_is_part_of_all_silence(
    seen_s: float, before: float, more: float, told_late_s: float
) -> None:
    """It never says more than the whole silence does."""
    mark = SaleMark(SALE + round(told_late_s * S), {"A": before})
    since = mark.since(leaving(seen_s, before - more), SALE)
    assert before - more - 1e-9 <= since <= 1e-9
