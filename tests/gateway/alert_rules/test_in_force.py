"""Rules through the whole engine: entered, changed, switched and deleted while alerts stand; kept over restarts."""

import asyncio
import json
from typing import Any

import pytest

from gateway.alert_rules.model import AlertRule
from gateway.alert_rules.office import RuleOffice
from gateway.alert_rules.ports import RuleNotTaken, RuleView
from gateway.alerts.records import AlertState, AlertType, Severity
from gateway.audit import Actor
from gateway.once import Once
from tests.support.alert_shop import AlertShop

ANNE = Actor("anne", "127.0.0.1")
OUT, LOW = AlertType.STOCK_OUT, AlertType.LOW_STOCK
NOBODY: frozenset[str] = frozenset()


class RuleShop(AlertShop):
    """The shop of an alert, whose rules are changed."""

    def begin(self) -> None:
        super().begin()
        once = Once(self, self, lambda a: self.answered.update({(a.source, a.key): a}))
        self.rules = RuleOffice(self.shop.engine, self, once)

    def make(self, rule: AlertRule, key: str = "k", *stores: str) -> RuleView | RuleNotTaken:
        return asyncio.run(self.rules.create("anne", key, rule, frozenset(stores), ANNE)).outcome

    def change(
        self, rule_id: str, version: int | None = None, stores: frozenset[str] = NOBODY, **changes: Any
    ) -> RuleView | RuleNotTaken:
        return asyncio.run(self.rules.change(rule_id, changes, version, stores, ANNE))

    def drop(self, rule_id: str) -> RuleNotTaken | None:
        return asyncio.run(self.rules.drop(rule_id, None, NOBODY, ANNE))

    def view(self, rule_id: str) -> RuleView | None:
        return asyncio.run(self.rules.rule(rule_id))


def code(outcome: object) -> str:
    assert isinstance(outcome, RuleNotTaken), outcome
    return outcome.code


def test_what_stands_of_a_rule_that_is_switched_off_ends_and_comes_back_with_it() -> None:
    """Told as over, for that reason; while it is off nothing is judged, over a restart too."""
    shop = RuleShop()
    alert = shop.sell_out()
    assert (alert.state, alert.rule, alert.severity) == (
        AlertState.FIRING,
        "default-stock-out",
        Severity.CRITICAL,
    )
    assert isinstance(shop.change("default-stock-out", enabled=False), RuleView)
    over = shop.newest(OUT)
    assert (over.id, over.state, over.resolved_reason) == (alert.id, AlertState.RESOLVED, "rule_off")
    shop.run(301)
    assert shop.told(OUT) == ["fired", "resolved"]
    shop.restart()
    view = shop.view("default-stock-out")
    assert view is not None
    assert (view.rule.enabled, view.rule.version) == (False, 2)
    shop.shop.tell("receive", sku="TOTE", qty=1, zone="floor")
    shop.run(1)
    shop.shop.tell("sale", sku="TOTE")
    shop.run(700)
    assert shop.newest(OUT).id == alert.id
    shop.change("default-stock-out", enabled=True)
    shop.run(601)
    again = shop.newest(OUT)
    assert (again.state, again.id != alert.id) == (AlertState.FIRING, True)
    assert [(entry.action, entry.subject, entry.detail) for entry in shop.audited] == [
        ("alert_rules.change", "default-stock-out", "enabled False"),
        ("alert_rules.change", "default-stock-out", "enabled True"),
    ]


def test_a_rule_of_an_article_judges_what_the_built_in_one_does_not() -> None:
    """It fires at once at its own threshold, with its severity; deleted, the built-in rule lets it clear."""
    shop = RuleShop()
    shop.shop.tell("receive", sku="TOTE", qty=5, zone="floor")
    shop.run(700)
    thresholds = {"fire_at": 8.0, "clear_at": 9.0, "hold_s": 0.0}
    rule = AlertRule("totes", LOW, skus=("TOTE",), severity=Severity.CRITICAL, thresholds=thresholds)
    made = shop.make(rule)
    assert isinstance(made, RuleView)
    assert (made.rule, made.whole["clear_hold_s"]) == (rule, 60)
    shop.run(2)
    alert = shop.newest(LOW)
    assert (alert.state, alert.rule, alert.severity) == (AlertState.FIRING, "totes", Severity.CRITICAL)
    assert alert.evidence["threshold"] == 8
    shop.restart()
    shop.run(120)
    assert shop.newest(LOW).state is AlertState.FIRING
    assert shop.drop("totes") is None
    shop.run(120)
    over = shop.newest(LOW)
    assert (over.id, over.state, over.rule, over.resolved_reason) == (
        alert.id,
        AlertState.RESOLVED,
        "totes",
        None,
    )
    shop.restart()
    assert shop.view("totes") is None
    assert [entry.action for entry in shop.audited] == ["alert_rules.create", "alert_rules.delete"]


def test_a_rule_is_made_once_per_key() -> None:
    """The repeat gets the same answer; another rule of its id is refused."""
    shop = RuleShop()
    rule = AlertRule("totes", LOW, skus=("TOTE",))
    assert shop.make(rule) == shop.make(rule)
    assert code(shop.make(rule, "other")) == "rule_exists"
    assert len(shop.audited) == 1


def test_what_cannot_be_is_refused() -> None:
    """Each with its code, and nothing is changed."""
    shop = RuleShop()
    assert isinstance(shop.make(AlertRule("totes", LOW, stores=("lyon-1",), skus=("TOTE",))), RuleView)
    before = asyncio.run(shop.rules.rules())
    low = AlertRule("x", LOW)
    for rule, expected in (
        (AlertRule("x", LOW, stores=("lyon-1",), skus=("TOTE",)), "rule_conflict"),
        (AlertRule("x", LOW, skus=("NOTHING",)), "unknown_sku"),
        (AlertRule("x", LOW, zones=("moon",)), "unknown_zone"),
        (AlertRule("x", LOW, thresholds={"fire_at": 9.0}), "invalid_request"),
        (AlertRule("default-x", LOW), "invalid_request"),
    ):
        assert code(shop.make(rule, f"k-{expected}-{rule.id}")) == expected
    assert code(shop.make(low, "k-store", "paris-1")) == "forbidden_store"
    assert code(shop.change("default-low-stock", note="x")) == "rule_of_file"
    assert code(shop.change("totes", 7, note="x")) == "rule_changed"
    assert code(shop.change("none", note="x")) == "unknown_rule"
    assert code(shop.change("totes", stores=frozenset({"paris-1"}), note="x")) == "unknown_rule"
    assert (
        code(shop.change("default-low-stock", stores=frozenset({"paris-1"}), enabled=False))
        == "forbidden_store"
    )
    assert code(shop.drop("default-low-stock")) == "rule_of_file"
    assert asyncio.run(shop.rules.rules()) == before


def test_the_same_change_again_is_no_change() -> None:
    """The version counts what was different."""
    shop = RuleShop()
    shop.make(AlertRule("totes", LOW, skus=("TOTE",)))
    for _ in range(2):
        view = shop.change("totes", note="busy")
        assert isinstance(view, RuleView)
        assert (view.rule.note, view.rule.version) == ("busy", 2)
    assert len(shop.audited) == 2


@pytest.mark.parametrize("taken", ["id", "subject"])
def test_a_rule_that_the_file_takes_the_place_of_is_kept_and_judges_nothing(taken: str) -> None:
    """Until it fits again, or somebody changes or deletes it."""
    shop = RuleShop()
    desk = shop.shop.engine.alert_rules
    shop.shop.engine.state.rules.put(AlertRule("file", LOW, skus=("TOTE",), origin="config"))
    row = {"id": "file" if taken == "id" else "mine", "type": "low_stock", "enabled": True, "stores": [], "zones": [],
           "departments": [], "skus": ["TOTE"], "severity": None, "thresholds": {}, "note": "", "origin": "api",
           "version": 1}  # fmt: skip
    desk.restore([(str(row["id"]), json.dumps(row)), ("switch/gone", '{"enabled": false, "version": 2}')])
    kept = desk.get(str(row["id"]))
    assert kept is not None
    if taken == "id":
        assert (kept.rule.origin, [view.rule.id for view in desk.all()].count("file")) == ("config", 1)
        return
    assert "ties with" in (kept.problem or "")
    assert kept in desk.all()
    assert shop.shop.engine.state.rules.pick(LOW, "lyon-1", None, "TOTE").id == "file"
    mended = shop.change("mine", skus=("TEE",))
    assert isinstance(mended, RuleView)
    assert mended.problem is None
