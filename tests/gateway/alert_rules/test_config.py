"""Rules of the site's file: read into the book that judges, or refused with the line to mend."""

import pytest

from gateway.alert_rules.of_site import rules_of
from gateway.alerts.records import AlertType, Severity
from gateway.config.file import parse_site
from gateway.errors import ConfigError
from tests.support.small_site import SITE

FLOOR = '[[alert_rules]]\nid = "floor"\ntype = "low_stock"\nzones = ["floor"]\nthresholds = { fire_at = 3, clear_at = 6 }\n'
TEES = '[[alert_rules]]\nid = "tees"\ntype = "low_stock"\nskus = ["TEE"]\nseverity = "critical"\nenabled = false\n'


@pytest.mark.parametrize("rules", [FLOOR + TEES, TEES + FLOOR])
def test_the_rules_of_the_file_apply_in_whatever_order(rules: str) -> None:
    """The article's own before its zone's; what neither says is as in [alerts]."""
    book = rules_of(parse_site(SITE + "[alerts]\nhold_s = 77\n" + rules, "site.toml"), lambda _: "")
    tee = book.pick(AlertType.LOW_STOCK, "lyon-1", "floor", "TEE")
    assert (tee.id, tee.enabled, tee.severity, tee["fire_at"]) == ("tees", False, Severity.CRITICAL, 2)
    cap = book.pick(AlertType.LOW_STOCK, "lyon-1", "floor", "CAP")
    assert (cap.id, cap.origin, cap["fire_at"], cap["hold_s"]) == ("floor", "config", 3, 77)
    assert book.pick(AlertType.LOW_STOCK, "lyon-1", "back", "CAP").id == "default-low-stock"


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (FLOOR + FLOOR, r"alert_rules\[1\].id: 'floor' is the id of another"),
        (FLOOR + FLOOR.replace('id = "floor"', 'id = "two"'), r"alert_rules\[1\]: rule 'two' ties with 'floor'.*zone floor"),
        (FLOOR.replace("fire_at = 3", "fire_at = 6"), r"fire_at = 6 must be below clear_at = 6"),
        (FLOOR.replace("fire_at", "colour"), r"low_stock knows no such threshold"),
        (FLOOR.replace('zones = ["floor"]', 'zones = ["flor"]'), r"alert_rules\[0\].zones: 'flor' is no zone of its stores: did you mean 'floor'"),
        (FLOOR.replace("zones", "stores"), r"alert_rules\[0\].stores: 'floor' is no store"),
        (FLOOR.replace("low_stock", "reader_down").replace("zones", "skus"), r"rules of reader_down know no skus"),
        (FLOOR.replace("low_stock", "weather"), r"alert_rules.*type"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_stand_is_refused(rules: str, says: str) -> None:
    """With its place in the file, and what to do."""
    with pytest.raises(ConfigError, match=says):
        parse_site(SITE + rules, "site.toml")
