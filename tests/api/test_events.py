"""POST events: each event of a batch is judged, applied once and answered by itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas.events import EventOutcomes, TillEventIn
from tests.support.api_ports import INGEST, LYON_INGEST, NOW_NS, Floor, S

AT = "2026-11-21T18:00:00Z"


def sale(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a valid sale; None removes a field."""
    plain = {"event_id": f"e{number}", "type": "sale", "store": "lyon-1", "sku": "DEN-501-32", "at": AT}
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def post(floor: Floor, *events: Any, key: str = INGEST) -> Any:
    """Return the outcomes of a batch."""
    answer = floor.ask("POST", "/v1/events", key, json={"events": list(events)})
    assert answer.status_code == 200, answer.text
    EventOutcomes.model_validate_json(answer.content)
    return answer.json()


def test_a_sale_reaches_the_gateway_with_its_key_as_source() -> None:
    """All fields arrive as values, the time in nanoseconds, the GTIN as GTIN-14, the EPC in upper case."""
    floor = Floor()
    said = post(floor, sale(sku=None, gtin="3012345000024", epc="3034257bf400b7800004cb2f", zone="denim"))
    assert said["results"] == [
        {"index": 0, "event_id": "e1", "outcome": "applied", "sku": None, "code": None, "detail": None,
         "pointer": None}
    ]  # fmt: skip
    (((source, event_id), event),) = floor.intake.applied.items()
    assert (source, event_id) == ("id-ingest", "e1")
    assert (event.gtin, event.epc, event.qty) == ("03012345000024", "3034257BF400B7800004CB2F", 1)
    assert (event.at_ns, event.zone, event.type) == (NOW_NS - 131 * S, "denim", "sale")


def test_a_batch_sent_again_changes_nothing() -> None:
    """Each event is answered `duplicate`; the gateway has it once."""
    floor = Floor()
    batch = [sale(n) for n in range(3)]
    assert post(floor, *batch)["applied"] == 3
    again = post(floor, *batch)
    assert (again["applied"], again["duplicate"], again["refused"]) == (0, 3, 0)
    assert len(floor.intake.applied) == 3


def test_results_come_in_the_order_of_the_events() -> None:
    """Malformed, refused, applied and repeated events keep their places, with pointers into the body."""
    said = post(
        Floor(),
        sale(1),
        sale(2, qty=0),
        sale(3, sku="NO-SUCH"),
        "no event",
        sale(1),
        sale(5, store="nowhere"),
        sale(6, zone="moon"),
        sale(7, at="2026-11-21T18:07:12Z"),
        sale(8, at="2026-11-21T18:07:11Z"),
    )
    assert [(r["index"], r["event_id"], r["outcome"], r["code"], r["pointer"]) for r in said["results"]] == [
        (0, "e1", "applied", None, None),
        (1, "e2", "refused", "invalid_event", "/events/1/qty"),
        (2, "e3", "refused", "unknown_sku", "/events/2/sku"),
        (3, None, "refused", "invalid_event", "/events/3"),
        (4, "e1", "duplicate", None, None),
        (5, "e5", "refused", "unknown_store", "/events/5/store"),
        (6, "e6", "refused", "unknown_zone", "/events/6/zone"),
        (7, "e7", "refused", "time_in_future", "/events/7/at"),
        (8, "e8", "applied", None, None),
    ]
    assert (said["applied"], said["duplicate"], said["refused"]) == (2, 1, 6)


def test_a_bound_key_tells_of_its_own_store_alone() -> None:
    """Events of a foreign store and of none are refused alike; the others are applied."""
    floor = Floor()
    said = post(floor, sale(1, store="paris-2"), sale(2, store="nowhere"), sale(3), key=LYON_INGEST)
    assert [r["code"] for r in said["results"]] == ["forbidden_store", "forbidden_store", None]
    assert [event.event_id for event in floor.intake.applied.values()] == ["e3"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"event_id": None}, "/event_id"), ({"event_id": ""}, "/event_id"), ({"event_id": "a b"}, "/event_id"),
        ({"event_id": "x" * 129}, "/event_id"), ({"event_id": 7}, "/event_id"), ({"event_id": "é"}, "/event_id"),
        ({"type": "theft"}, "/type"), ({"store": "Lyon"}, "/store"), ({"store": None}, "/store"),
        ({"sku": None}, ""), ({"sku": "a b"}, "/sku"), ({"gtin": "03012345000025"}, "/gtin"),
        ({"gtin": "123456789"}, "/gtin"), ({"gtin": 3012345000024}, "/gtin"), ({"epc": "ABC"}, "/epc"),
        ({"epc": "AB" * 63}, "/epc"), ({"epc": "AB"}, "/epc"), ({"epc": "ABCD", "qty": 2}, ""),
        ({"qty": 0}, "/qty"), ({"qty": -1}, "/qty"), ({"qty": 1_001}, "/qty"), ({"qty": 1.5}, "/qty"),
        ({"qty": "1"}, "/qty"), ({"qty": True}, "/qty"), ({"at": None}, "/at"), ({"at": "18:00"}, "/at"),
        ({"at": 1_795_284_000}, "/at"), ({"zone": "The till"}, "/zone"), ({"quantity": 1}, "/quantity"),
    ],
)  # fmt: skip
def test_a_malformed_event_is_refused_by_itself(changes: dict[str, Any], pointer: str) -> None:
    """The pointer names what is wrong; its neighbour is applied."""
    said = post(Floor(), sale(1, **changes), sale(2))
    assert (said["results"][0]["outcome"], said["results"][0]["code"]) == ("refused", "invalid_event")
    assert said["results"][0]["pointer"] == f"/events/0{pointer}"
    assert said["results"][0]["detail"]
    assert said["results"][1]["outcome"] == "applied"


def test_an_unknown_field_of_an_event_names_the_nearest() -> None:
    """A `qyt` that were ignored would sell one piece instead of three."""
    said = post(Floor(), sale(1, qyt=3))
    assert said["results"][0]["detail"] == "unknown field: did you mean 'qty'?"


def test_a_thousand_events_are_a_batch_and_one_more_is_not() -> None:
    """The bound is the schema's: 422 beyond it."""
    floor = Floor()
    assert post(floor, *(sale(n) for n in range(1_000)))["applied"] == 1_000
    answer = floor.ask("POST", "/v1/events", INGEST, json={"events": [sale(n) for n in range(1_001)]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/events"


def test_where_nothing_is_valid_the_gateway_is_not_asked() -> None:
    """A batch of malformed events is answered all the same."""
    floor = Floor()
    del floor.intake.applied
    assert post(floor, {}, 1)["refused"] == 2


@given(st.from_regex(r"[0-9]{7}|[0-9]{11}|[0-9]{12}|[0-9]{13}", fullmatch=True))
def test_exactly_one_check_digit_makes_a_gtin(digits: str) -> None:
    """Of the ten numbers that begin alike, one is a GTIN, and it is kept as GTIN-14."""
    valid = []
    for last in "0123456789":
        try:
            valid.append(TillEventIn.model_validate(sale(gtin=digits + last)).gtin)
        except ValidationError:
            continue
    assert len(valid) == 1
    assert valid[0] is not None
    assert len(valid[0]) == 14


def test_transfers_and_counts_reach_the_gateway() -> None:
    """A transfer bears the store it goes to; a count its zone, whether it is whole, and maybe no piece."""
    floor = Floor()
    moved = sale(1, type="transfer", to_store="paris-2", epc="3034257BF400B7800004CB2F")
    counted = sale(2, type="count", zone="denim", qty=0, complete=True)
    assert post(floor, moved, counted)["applied"] == 2
    transfer, count = floor.intake.applied.values()
    assert (transfer.type, transfer.to_store, transfer.complete) == ("transfer", "paris-2", False)
    assert (count.type, count.zone, count.qty, count.complete) == ("count", "denim", 0, True)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"type": "transfer"}, "invalid_event", ""),
        ({"to_store": "paris-2"}, "invalid_event", ""),
        ({"type": "transfer", "to_store": "nowhere"}, "unknown_store", "/to_store"),
        ({"type": "count"}, "invalid_event", ""),
        ({"complete": True}, "invalid_event", ""),
        ({"qty": 0}, "invalid_event", "/qty"),
    ],
)
def test_an_event_that_does_not_fit_its_type_is_refused(
    changes: dict[str, Any], code: str, pointer: str
) -> None:
    """What belongs to one type of event is refused in another, by itself."""
    said = post(Floor(), sale(1, **changes), sale(2))
    assert said["applied"] == 1
    assert (said["results"][0]["code"], said["results"][0]["pointer"]) == (code, f"/events/0{pointer}")
