"""Rules tried on the past, over HTTP: what is asked of the port, what is answered, and every refusal."""

from typing import Any

import httpx
import pytest

from gateway.backtest.ports import BacktestAsked, BacktestRefused
from tests.support.api_ports import ADMIN, EXACT, LYON_EXACT, NOW_NS, READ, Floor

S = 1_000_000_000
DAY_NS = 86_400 * S
FIELDS = "/v1/alert-rules/test"
BUILT_IN = "/v1/alert-rules/default-low-stock/test"


def asked(path: str, body: dict[str, Any], key: str = EXACT, **headers: str) -> tuple[httpx.Response, Floor]:
    """Return the answer, and the floor that it came from."""
    floor = Floor()
    return floor.ask("POST", path, key, json=body, headers=headers), floor


def wanted(floor: Floor) -> BacktestAsked:
    """Return the one question that the port was asked."""
    [question] = floor.backtests.asked
    return question


def test_a_rule_that_is_not_there_is_tried_by_its_fields() -> None:
    """All that it says reaches the port, and all that came of it the caller."""
    body = {
        "type": "low_stock", "stores": ["lyon-1"], "zones": ["denim"], "departments": ["denim"], "skus": ["TEE-WHT-M"],
        "thresholds": {"fire_at": 3, "clear_at": 6}, "from": "2026-11-01T00:00:00Z", "to": "2026-11-15T00:00:00Z",
        "horizon_s": 3_600,
    }  # fmt: skip
    answer, floor = asked(FIELDS, body)
    assert answer.status_code == 200, answer.text
    question = wanted(floor)
    rule = question.rule
    assert (rule.id, rule.type, rule.zones, rule.departments) == (
        "trial",
        "low_stock",
        ("denim",),
        ("denim",),
    )
    assert (rule.stores, rule.skus, rule.thresholds) == (
        ("lyon-1",),
        ("TEE-WHT-M",),
        {"fire_at": 3, "clear_at": 6},
    )
    assert (question.to_ns - question.from_ns, question.horizon_ns) == (14 * DAY_NS, 3_600 * S)
    assert question.picture is None
    told = answer.json()
    assert told["alerts"] == {
        "n": 2, "per_day": 0.1429, "per_100_article_days": 1.1905, "followed": 1, "not_followed": 0, "open": 1,
    }  # fmt: skip
    assert told["stock_outs"] == {"n": 3, "warned": 1, "told_late": 0, "missed": 2}
    assert told["lead_s"] == {"p10": 10_800, "median": 10_800, "p90": 10_800}
    assert told["episodes"][0] == {
        "store": "lyon-1", "sku": "TEE-WHT-M", "zone": "denim", "since": "2026-11-01T00:00:00Z",
        "fired_at": "2026-11-01T00:10:00Z", "cleared_at": "2026-11-01T04:00:00Z", "outcome": "stock_out",
        "lead_s": 10_800,
    }  # fmt: skip
    assert told["episodes"][1]["cleared_at"] is None
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_rule_that_is_there_is_tried_over_the_last_two_weeks_of_all_stores() -> None:
    """Where nothing else is asked for; the future has not been yet."""
    answer, floor = asked(BUILT_IN, {"to": "2099-01-01T00:00:00Z"})
    assert answer.status_code == 200, answer.text
    question = wanted(floor)
    assert (question.rule.id, question.rule.origin) == ("default-low-stock", "default")
    assert (question.from_ns, question.to_ns) == (NOW_NS - 14 * DAY_NS, NOW_NS)
    assert set(question.stores) == {place.id for place in floor.inventory.stores()}


def test_a_key_of_one_store_tries_rules_there_alone() -> None:
    """The other stores' past is none of its business."""
    answer, floor = asked(BUILT_IN, {}, LYON_EXACT)
    assert answer.status_code == 200
    assert wanted(floor).stores == ["lyon-1"]
    assert asked(FIELDS, {"type": "low_stock", "stores": ["paris-1"]}, LYON_EXACT)[0].status_code == 403


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_timeline_comes_to_those_who_ask_for_a_picture(language: str) -> None:
    """By the Accept header, in the language asked for."""
    answer, _ = asked(BUILT_IN, {"language": language}, accept="image/svg+xml")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text == f'<svg lang="{language}"/>'
    assert "Accept" in answer.headers["vary"]
    both, _ = asked(BUILT_IN, {}, accept="application/json, image/svg+xml")
    assert both.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("rule_not_testable", 422, "rule_not_testable"),
        ("too_much_history", 422, "too_much_history"),
        ("bad_period", 422, "invalid_request"),
        ("rule_refused", 422, "invalid_request"),
        ("backtest_busy", 503, "backtest_busy"),
    ],
)
def test_refusals_are_problems(code: Any, status: int, told: str) -> None:
    """With their reason in words; who is too early hears when to come again."""
    floor = Floor()
    floor.backtests.refusal = BacktestRefused(code, "So it is.")
    answer = floor.ask("POST", BUILT_IN, EXACT, json={})
    assert answer.status_code == status
    assert answer.json()["code"] == told
    assert answer.json()["detail"] == "So it is."
    assert ("retry-after" in answer.headers) == (code == "backtest_busy")


@pytest.mark.parametrize(
    ("path", "body", "key", "code"),
    [
        ("/v1/alert-rules/nope/test", {}, EXACT, "unknown_rule"),
        (BUILT_IN, {"stores": ["nice-9"]}, EXACT, "unknown_store"),
        (BUILT_IN, {"form": "2026-11-01T00:00:00Z"}, EXACT, "invalid_request"),
        (BUILT_IN, {"horizon_s": 10}, EXACT, "invalid_request"),
        (FIELDS, {}, EXACT, "invalid_request"),
        (FIELDS, {"type": "no_such"}, EXACT, "invalid_request"),
        (BUILT_IN, {}, READ, "insufficient_scope"),
    ],
)
def test_what_is_wrong_is_said(path: str, body: dict[str, Any], key: str, code: str) -> None:
    """And nothing is tried."""
    answer, floor = asked(path, body, key)
    assert answer.json()["code"] == code
    assert not floor.backtests.asked


def test_administrators_may_too() -> None:
    """Who may write a rule may try it."""
    assert asked(BUILT_IN, {}, ADMIN)[0].status_code == 200
