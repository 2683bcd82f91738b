"""How sure an answer is: belief in availability, in the overview and in the stream; and nothing where nothing is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.encoding import availability_event, belief_body, shown_p
from api.schemas.availability import Availability, AvailabilityList
from api.schemas.overview import Overview
from gateway.ports.inventory import Belief, ZoneLevel
from tests.support.api_ports import NOW_NS, READ, Floor, availability

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
BELIEF = Belief(expected=5.84449, p_at_least=(1.0, 0.99999, 0.9941), interval_90=(5, 6))


def floor_with(**changes: object) -> Floor:
    """Return a floor whose one answer bears a belief."""
    floor = Floor()
    found = availability(belief=BELIEF, p_at_least_requested=0.98765)
    floor.inventory.found["lyon-1", "DEN-501-32"] = replace(found, **changes)  # type: ignore[arg-type]  # by name
    return floor


def test_an_answer_bears_how_sure_it_is() -> None:
    """Expected pieces, the probability of what was asked for, and the range of nine tenths; rounded down."""
    answer = floor_with().get(ONE)
    Availability.model_validate_json(answer.content)
    assert answer.json()["belief"] == {
        "expected": 5.84,
        "p_at_least_requested": 0.9876,
        "interval_90": [5, 6],
    }


@pytest.mark.parametrize("changes", [{"status": "UNKNOWN"}, {"belief": None}, {"p_at_least_requested": None}])
def test_nothing_is_believed_where_nothing_is_known(changes: dict[str, object]) -> None:
    """UNKNOWN has no belief, though last-known quantities stand beside it; nor has what nothing computes."""
    answer = floor_with(**changes).get(ONE).json()
    assert answer["belief"] is None
    assert answer["quantities"]["on_hand"] == 6


def test_a_list_bears_it_for_each_pair() -> None:
    """The same belief as in the single answer."""
    answer = floor_with().get("/v1/availability?sku=DEN-501-32&store=lyon-1")
    AvailabilityList.model_validate_json(answer.content)
    assert answer.json()["items"][0]["belief"]["p_at_least_requested"] == 0.9876


def test_a_reading_key_sees_no_belief() -> None:
    """Expected pieces are a quantity: without availability:exact there are none."""
    answer = floor_with().get(ONE, READ)
    assert b"belief" not in answer.content
    assert b"expected" not in answer.content


def test_a_change_of_belief_has_another_etag_and_noise_has_not() -> None:
    """What a caller would read differently is sent again; a change beyond the digits shown is not."""
    etag = floor_with().get(ONE).headers["etag"]
    same = floor_with(p_at_least_requested=0.98767).get(ONE, headers={"if-none-match": etag})
    other = floor_with(p_at_least_requested=0.9871).get(ONE, headers={"if-none-match": etag})
    assert (same.status_code, other.status_code) == (304, 200)


def test_the_overview_shows_the_range() -> None:
    """The staff page needs no more than the least and most pieces; none while UNKNOWN."""
    answer = floor_with().get("/v1/overview?store=lyon-1")
    Overview.model_validate_json(answer.content)
    assert answer.json()["articles"][0]["interval_90"] == [5, 6]
    unknown = floor_with(status="UNKNOWN").get("/v1/overview?store=lyon-1")
    assert unknown.json()["articles"][0]["interval_90"] is None


def test_an_event_bears_the_range_and_not_each_small_change() -> None:
    """The stream tells whole pieces: it stays silent while a probability drifts."""
    before = availability_event(availability(belief=BELIEF, p_at_least_requested=0.98))
    after = availability_event(availability(belief=replace(BELIEF, expected=5.7), p_at_least_requested=0.97))
    assert before["interval_90"] == (5, 6)
    assert before == after


def test_a_zone_tells_its_coverage() -> None:
    """Beside its pieces and their freshness stands how much of it is seen."""
    zones = (ZoneLevel("denim", 6, True, NOW_NS, 0.8765),)
    details = floor_with(zones=zones).get(ONE).json()["zone_details"]
    assert details[0]["coverage"] == 0.88


def test_zones_say_in_which_phase_of_learning_they_are() -> None:
    """In the overview as in the list of stores; a zone in which no reader sees tags is in none."""
    zones = Floor().get("/v1/overview?store=lyon-1").json()["zones"]
    assert [(z["id"], z["phase"], z["phase_since"]) for z in zones] == [
        ("denim", "learned", "2026-11-20T18:02:11Z"),
        ("back-room", "learning", "2026-11-21T17:02:11Z"),
        ("fitting-room", None, None),
        ("in-hand", None, None),
    ]


@given(st.floats(0, 1))
def test_a_shown_probability_never_claims_more(p: float) -> None:
    """It is rounded down, by less than a step; certain is certain alone."""
    shown = shown_p(p)
    assert 0 <= shown <= p + 1e-9
    assert p - shown < 0.0001 + 1e-9
    assert (shown == 1) == (p > 1 - 1e-9)


@given(st.integers(0, 9_999))
def test_what_has_four_digits_is_shown_as_it_is(step: int) -> None:
    """Binary fractions cost no digit."""
    assert shown_p(step / 10_000) == step / 10_000


@given(expected=st.floats(0, 500), p=st.floats(0, 1), low=st.integers(0, 500), more=st.integers(0, 50))
def test_any_belief_fits_its_schema(expected: float, p: float, low: int, more: int) -> None:
    """Whatever the engine believes, the answer is one that clients can read."""
    found = availability(belief=Belief(expected, (p,), (low, low + more)), p_at_least_requested=p)
    body = belief_body(found)
    assert body is not None
    assert 0 <= float(str(body["p_at_least_requested"])) <= 1
