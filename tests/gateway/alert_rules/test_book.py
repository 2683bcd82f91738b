"""Which rule applies: the most specific one, whatever the order they came in; what cannot stand is refused."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alert_rules.book import RuleBook, RuleRefused, specificity
from gateway.alert_rules.defaults import default_rules
from gateway.alert_rules.model import AlertRule, default_id, rule_json, rule_of
from gateway.alert_rules.thresholds import EVERY
from gateway.alerts.records import AlertType, Severity
from gateway.config.alerts import AlertsSection

DEFAULTS = default_rules(AlertsSection())
DEPARTMENTS = {"TEE": "tops", "POLO": "tops", "JEAN": "denim", "CAP": ""}
LOW = AlertType.LOW_STOCK
names = {
    "stores": ("lyon-1", "lyon-2"),
    "zones": ("front", "wall"),
    "departments": ("tops", "denim"),
    "skus": tuple(DEPARTMENTS),
}
filters = st.fixed_dictionaries(
    {
        name: st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)
        for name, values in names.items()
    }
)
subjects = st.tuples(*(st.sampled_from(names[name]) for name in ("stores", "zones", "skus")))


def book(*rules: AlertRule) -> RuleBook:
    return RuleBook(DEFAULTS, rules, lambda sku: DEPARTMENTS.get(sku, ""))


def low(rule_id: str = "floor", **given: object) -> AlertRule:
    return replace(AlertRule(rule_id, LOW), **given)  # type: ignore[arg-type]  # fields by name


def put_all(rules: list[AlertRule]) -> tuple[RuleBook, int]:
    """Return a book of those rules that it took, and how many it refused."""
    made, refused = book(), 0
    for rule in rules:
        try:
            made.put(rule)
        except RuleRefused:
            refused += 1
    return made, refused


@settings(max_examples=80)
@given(st.lists(filters, max_size=6), subjects, st.randoms(use_true_random=False))
def test_the_most_specific_rule_that_fits_applies(
    asked: list[dict[str, tuple[str, ...]]], subject: tuple[str, str, str], random: Random
) -> None:
    rules = [low(f"rule-{number}", **each) for number, each in enumerate(asked)]
    made, refused = put_all(rules)
    store, zone, sku = subject
    of = dict(zip(EVERY, (store, zone, DEPARTMENTS[sku], sku), strict=True))
    fitting = [
        rule
        for rule in made
        if rule.type is LOW
        and all(not getattr(rule, name) or of[name] in getattr(rule, name) for name in EVERY)
    ]
    best = max(specificity(rule) for rule in fitting)
    picked = made.pick(LOW, store, zone, sku)
    assert specificity(picked) == best
    own = [rule.id for rule in fitting if specificity(rule) == best and rule.origin != "default"]
    assert [picked.id] == (own or [default_id(LOW)])
    if not refused:
        random.shuffle(rules)
        again, refused_too = put_all(rules)
        assert refused_too == 0
        assert again.pick(LOW, store, zone, sku) == picked


@settings(max_examples=40)
@given(st.lists(filters, min_size=2, max_size=5), subjects)
def test_what_is_dropped_leaves_no_trace(
    asked: list[dict[str, tuple[str, ...]]], subject: tuple[str, str, str]
) -> None:
    made, _ = put_all([low(f"rule-{number}", **each) for number, each in enumerate(asked)])
    kept = [rule for rule in made if rule.origin != "default"]
    made.drop(kept[0].id)
    fresh, refused = put_all(kept[1:])
    assert refused == 0
    assert made.pick(LOW, *subject) == fresh.pick(LOW, *subject)


def test_what_a_rule_leaves_out_is_as_the_default_rule_says() -> None:
    made = book(low(stores=("lyon-1",), thresholds={"fire_at": 1, "hold_s": 5}))
    picked = made.pick(LOW, "lyon-1", None, "TEE")
    assert (picked["fire_at"], picked["clear_at"], picked["risk_above"]) == (1, 4, 0.5)
    assert (picked.ns("hold_s"), picked.ns("clear_hold_s")) == (5_000_000_000, 60_000_000_000)
    assert picked.severity is Severity.WARNING
    assert made.pick(LOW, "lyon-2", None, "TEE").id == "default-low-stock"
    assert made.pick(AlertType.STOCK_OUT, "lyon-1").severity is Severity.CRITICAL


def test_a_rule_that_is_switched_off_still_applies() -> None:
    made = book(low(departments=("tops",), enabled=False))
    assert not made.pick(LOW, "lyon-1", None, "POLO").enabled
    assert made.pick(LOW, "lyon-1", None, "CAP").enabled
    made.switch("default-low-stock", enabled=False)
    assert not made.pick(LOW, "lyon-1", None, "CAP").enabled
    made.switch("floor", enabled=True)
    assert made.pick(LOW, "lyon-1", None, "POLO").enabled


def test_a_device_of_some_zones_has_the_rule_of_the_most_specific() -> None:
    down = AlertType.READER_DOWN
    made = book(
        AlertRule("wall", down, zones=("wall",)), AlertRule("here", down, stores=("lyon-1",), zones=("back",))
    )
    assert made.pick_of_zones(down, "lyon-1", ("wall", "back")).id == "here"
    assert made.pick_of_zones(down, "lyon-2", ("back", "wall")).id == "wall"
    assert made.pick_of_zones(down, "lyon-2", ()).id == "default-reader-down"


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((low("a", skus=("TEE",)), low("b", skus=("CAP", "TEE"))), "'b' ties with 'a': both say how low_stock is judged for sku TEE"),
        ((low("a"), low("b")), "for all that no other rule names"),
        ((low(thresholds={"fire_at": 6}),), "fire_at = 6 must be below clear_at = 4: give both"),
        ((low(thresholds={"fire_at": 1.5}),), "fire_at = 1.5: pieces are whole"),
        ((low(thresholds={"horizon_s": 7_200}),), "low_stock knows no such threshold: it knows fire_at,"),
        ((low(thresholds={"hold_s": -1}),), "hold_s = -1: it must lie between 0 and 604800"),
        ((AlertRule("a", AlertType.READER_DOWN, skus=("TEE",)),), "rules of reader_down know no skus"),
        ((low("default-mine"),), "ids that begin with 'default-' are the gateway's own"),
        ((low(skus=("TEE", "TEE")),), "skus names one twice"),
        ((low("a"), AlertRule("a", AlertType.STOCK_OUT)), "a rule keeps its type"),
        (
            (low(skus=tuple(f"S{n}" for n in range(1_000)), zones=tuple(f"z{n}" for n in range(21))),),
            "its filters make 21000 combinations",
        ),
    ],
)  # fmt: skip
def test_rules_that_cannot_stand_are_refused_and_change_nothing(
    rules: tuple[AlertRule, ...], says: str
) -> None:
    made = book(*rules[:-1])
    before = list(made)
    with pytest.raises(RuleRefused, match=says):
        made.put(rules[-1])
    assert list(made) == before


def test_every_type_has_a_whole_default_rule() -> None:
    made = book()
    for kind in AlertType:
        rule = made.pick(kind, "lyon-1")
        assert rule.id == default_id(kind)
        assert made.whole(rule) == rule


def test_a_rule_is_the_same_after_it_was_stored() -> None:
    rule = low(skus=("TEE",), severity=Severity.CRITICAL, thresholds={"fire_at": 1.0}, note="busy")
    assert rule_of(rule_json(rule)) == rule
