"""Acting on alerts and silencing them over HTTP."""

from dataclasses import replace

import pytest

from api.schemas.alerts import AlertPrecisions, Silence, SilenceList, WordedAlert
from gateway.alerts.records import AlertState
from gateway.ports.callers import Caller
from gateway.staff.roles import scopes_of_key
from tests.support.api_ports import EXACT, NOW_NS, PARIS, Floor, alert

STAFF, LYON = "alerts", "lyon-alerts"
LATER = "2027-01-15T20:00:00Z"


def floor() -> Floor:
    """Return an app with one alert of Lyon that fires, and one that is over."""
    shop = Floor()
    shop.auth.callers[STAFF] = Caller(STAFF, scopes_of_key({"alerts:write"}), frozenset())
    shop.auth.callers[LYON] = Caller(LYON, scopes_of_key({"alerts:write"}), frozenset({"lyon-1"}))
    over = alert(2, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS)
    shop.alerts.kept = {one.id: one for one in (alert(1), over)}
    return shop


def post(shop: Floor, path: str, body: object = None, key: str = STAFF, **headers: str) -> tuple[int, dict]:  # type: ignore[type-arg] # JSON
    more = {} if body is None else {"json": body}
    answer = shop.ask("POST", path, key, headers=headers, **more)
    return answer.status_code, answer.json()


ACTS: tuple[tuple[str, object, dict[str, object]], ...] = (
    ("ack", None, {"state": "acknowledged", "changed_by": STAFF}),
    ("ack", {}, {"state": "acknowledged"}),
    ("snooze", {"until": LATER}, {"state": "snoozed", "snoozed_until": LATER}),
    ("assign", {"user": "Zoé Martin"}, {"assignee": "Zoé Martin", "state": "firing"}),
    ("assign", {"user": None}, {"assignee": None}),
    ("resolve", {"reason": "rebuilt"}, {"state": "resolved", "resolved_reason": "rebuilt"}),
    ("feedback", {"useful": False}, {"useful": False}),
)


def test_an_act_answers_the_alert_as_it_is_then() -> None:
    """And so does the same request sent again."""
    shop = floor()
    for act, body, says in ACTS:
        shop.alerts.kept["a0001"] = alert(1)
        for _ in range(2):
            status, told = post(shop, f"/v1/alerts/a0001/{act}", body)
            assert status == 200, told
            assert says.items() <= told.items()
            assert WordedAlert.model_validate(told)
        assert shop.get("/v1/alerts/a0001", STAFF).json() == told
        assert shop.get("/v1/alerts/a0001", EXACT).json() == told


def test_a_comment_bears_who_said_it_and_when() -> None:
    """In order, the same words of one key once."""
    shop = floor()
    post(shop, "/v1/alerts/a0002/comment", {"text": "on their way"})
    post(shop, "/v1/alerts/a0002/comment", {"text": "on their way"})
    _, told = post(shop, "/v1/alerts/a0002/comment", {"text": "there"}, LYON)
    assert [(c["by"], c["text"]) for c in told["comments"]] == [(STAFF, "on their way"), (LYON, "there")]
    assert told["comments"][0]["at"] == "2026-11-21T18:02:11Z"


WRONG_ACTS: tuple[tuple[str, object, str], ...] = (
    ("ack", {"by": "me"}, "invalid_request"),
    ("snooze", {}, "invalid_request"),
    ("snooze", {"until": "tomorrow"}, "invalid_request"),
    ("snooze", {"until": "2020-01-01T00:00:00Z"}, "beyond_limit"),
    ("assign", {}, "invalid_request"),
    ("assign", {"user": ""}, "invalid_request"),
    ("resolve", {"reason": "  "}, "invalid_request"),
    ("comment", {"text": "a\nb"}, "invalid_request"),
    ("comment", {"text": "x" * 501}, "invalid_request"),
    ("feedback", {"useful": "yes"}, "invalid_request"),
)


def test_what_cannot_be_is_refused() -> None:
    """And nothing is changed."""
    shop = floor()
    before = dict(shop.alerts.kept)
    for act, body, code in WRONG_ACTS:
        assert post(shop, f"/v1/alerts/a0001/{act}", body)[1]["code"] == code, (act, body)
    assert shop.alerts.kept == before


def test_alerts_of_other_stores_are_unknown() -> None:
    """As those that never were; what is over can be commented, and not acknowledged."""
    shop = floor()
    shop.alerts.kept["a0001"] = replace(alert(1), store=PARIS.id)
    for path in ("a0001", "a0009"):
        assert post(shop, f"/v1/alerts/{path}/ack", key=LYON)[1]["code"] == "unknown_alert"
        assert shop.get(f"/v1/alerts/{path}", LYON).json()["code"] == "unknown_alert"
    assert post(shop, "/v1/alerts/a0002/ack")[1]["code"] == "wrong_state"


def test_the_precision_is_what_staff_said() -> None:
    """With its counts, and the interval that they prove."""
    shop = floor()
    post(shop, "/v1/alerts/a0001/feedback", {"useful": True})
    post(shop, "/v1/alerts/a0002/feedback", {"useful": False})
    told = shop.get("/v1/alert-precision", STAFF).json()
    assert AlertPrecisions.model_validate(told)
    (score,) = told["items"]
    assert (score["rule"], score["useful"], score["false_alerts"]) == ("default-low-stock", 1, 1)
    assert score["precision"] == 0.5
    assert score["interval_90"][0] == pytest.approx(1 - score["interval_90"][1], abs=1e-4)


SILENCE = {
    "store": "lyon-1",
    "type": "low_stock",
    "until": LATER,
    "reason": "The denim wall is being rebuilt",
}


def test_a_silence_is_made_once_listed_and_ended() -> None:
    """The repeat of a request is answered and makes none."""
    shop = floor()
    key = {"Idempotency-Key": "k1"}
    status, made = post(shop, "/v1/silences", SILENCE, LYON, **key)
    assert status == 201
    assert SILENCE.items() <= made.items()
    assert Silence.model_validate(made)
    again = shop.ask("POST", "/v1/silences", LYON, json=SILENCE, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (made, "true")
    told = shop.get("/v1/silences", LYON).json()
    assert SilenceList.model_validate(told)
    assert told["items"] == [made]
    assert shop.ask("DELETE", f"/v1/silences/{made['id']}", LYON).status_code == 204
    assert shop.get("/v1/silences", LYON).json()["items"] == []
    assert shop.ask("DELETE", f"/v1/silences/{made['id']}", LYON).json()["code"] == "unknown_silence"


WRONG_SILENCES: tuple[tuple[dict[str, object], str], ...] = (
    ({"store": None, "type": None}, "invalid_request"),
    ({"type": "low_stok"}, "invalid_request"),
    ({"store": None}, "forbidden_store"),
    ({"store": PARIS.id}, "forbidden_store"),
    ({"until": None}, "invalid_request"),
    ({"reason": ""}, "invalid_request"),
    ({"zones": "denim"}, "invalid_request"),
)


def test_a_silence_that_cannot_be_is_refused() -> None:
    """Of nothing in particular, of no such type, of stores that are not the key's."""
    shop = floor()
    for change, code in WRONG_SILENCES:
        body = {name: value for name, value in {**SILENCE, **change}.items() if value is not None}
        told = post(shop, "/v1/silences", body, LYON, **{"Idempotency-Key": "k1"})[1]
        assert told["code"] == code, change
    assert post(shop, "/v1/silences", SILENCE, LYON)[1]["code"] == "missing_idempotency_key"
    assert shop.get("/v1/silences", LYON).json()["items"] == []


def test_silences_of_all_stores_are_seen_by_all_and_ended_by_keys_for_all() -> None:
    """Silences of another store are neither seen nor ended."""
    shop = floor()
    for number, store in enumerate((None, PARIS.id)):
        body = {name: v for name, v in {**SILENCE, "store": store}.items() if v is not None}
        assert post(shop, "/v1/silences", body, STAFF, **{"Idempotency-Key": f"k{number}"})[0] == 201
    everywhere, paris = (one["id"] for one in shop.get("/v1/silences", STAFF).json()["items"])
    assert [one["id"] for one in shop.get("/v1/silences", LYON).json()["items"]] == [everywhere]
    assert shop.ask("DELETE", f"/v1/silences/{everywhere}", LYON).json()["code"] == "forbidden_store"
    assert shop.ask("DELETE", f"/v1/silences/{paris}", LYON).json()["code"] == "unknown_silence"
    assert len(shop.get("/v1/silences", STAFF).json()["items"]) == 2
