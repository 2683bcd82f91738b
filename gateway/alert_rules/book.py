"""Which rule applies to what: the most specific one, found by its key, without a look at any other rule. Pure.

A rule is entered once for each combination of the names that it is narrowed to. To pick one, the combinations
that rules of the type use at all (at most 16) are tried, the most specific first:

    an article > a department > a zone > a store > all of the type > the built-in default rule

so a rule of one article beats one of a department of a zone of a store. Two rules of one type that say the same
names for the same subject would tie: the second is refused.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from gateway.alert_rules.model import DEFAULT, MAX_NAMES, AlertRule
from gateway.alert_rules.thresholds import EVERY, fault_of, filters_of, tangled
from gateway.alerts.records import AlertType

MAX_RULES = 500
"""People keep track of fewer; each changed rule has its type's index built anew."""
MAX_KEYS = 20_000
"""Entries of one rule in the index (100 B each): its stores times zones times departments times articles."""
Key = tuple[str, str, str, str]
"""(store, zone, department, sku); empty: the rule says nothing of it."""
STORE, ZONE, DEPARTMENT, SKU = 1, 2, 4, 8
WEIGHTS = (STORE, ZONE, DEPARTMENT, SKU)
"""In the order of EVERY. The sum of those that a rule is narrowed to is how specific it is."""


class RuleRefused(ValueError):  # noqa: N818 - named by what happened
    """A rule that cannot stand beside the others; the text says why, and how to mend it."""


class RuleTies(RuleRefused):
    """It says of the same subject what another rule says."""


class TooManyRules(RuleRefused):
    """There is no room for one more."""


class RuleBook:
    """The rules of a gateway. `defaults`: one whole rule for each type. `department`: of an article; empty: none."""

    def __init__(
        self,
        defaults: Iterable[AlertRule],
        rules: Iterable[AlertRule] = (),
        department: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._defaults = {rule.type: rule for rule in defaults}
        self._department = department
        self._rules: dict[str, AlertRule] = {}
        self.revision = 0
        """Counts the changes: who keeps what a rule says looks again where it is another."""
        self._index: dict[AlertType, tuple[tuple[int, dict[Key, AlertRule]], ...]] = {}
        for rule in rules:
            self.put(rule)

    def pick(self, kind: AlertType, store: str, zone: str | None = None, sku: str | None = None) -> AlertRule:
        """Return the rule that applies to a subject, with all its thresholds. It may be one that is switched off."""
        shapes = self._index.get(kind)
        if shapes is None:
            return self._defaults[kind]
        department = self._department(sku) if sku is not None else ""
        for shape, rules in shapes:
            key = (
                store if shape & STORE else "",
                (zone or "") if shape & ZONE else "",
                department if shape & DEPARTMENT else "",
                (sku or "") if shape & SKU else "",
            )
            if (rule := rules.get(key)) is not None:
                return rule
        return self._defaults[kind]

    def pick_of_zones(self, kind: AlertType, store: str, zones: Sequence[str]) -> AlertRule:
        """Return the rule that applies to a device of some zones: the most specific, of equals the first zone's."""
        picked = [self.pick(kind, store, zone) for zone in zones] or [self.pick(kind, store)]
        return max(picked, key=specificity)

    # -- the rules --------------------------------------------------------------------------------

    def get(self, rule_id: str) -> AlertRule | None:
        """Return a rule as it was given."""
        found = self._rules.get(rule_id)
        if found is None and rule_id.startswith(DEFAULT):
            found = next((rule for rule in self._defaults.values() if rule.id == rule_id), None)
        return found

    def whole(self, rule: AlertRule) -> AlertRule:
        """Return a rule with what it leaves to its type's default rule. Raises RuleRefused where that does not fit."""
        default = self._defaults[rule.type]
        fault = fault_of(rule.type, rule.thresholds)
        thresholds = {**default.thresholds, **rule.thresholds}
        fault = fault or tangled(rule.type, thresholds)
        if fault is not None:
            raise RuleRefused(f"rule {rule.id!r}: {fault}")
        return replace(rule, thresholds=thresholds, severity=rule.severity or default.severity)

    def __iter__(self) -> Iterator[AlertRule]:
        """Yield all rules as they were given, the built-in ones first, then by id."""
        yield from sorted(self._defaults.values(), key=lambda rule: rule.id)
        yield from sorted(self._rules.values(), key=lambda rule: rule.id)

    def put(self, rule: AlertRule) -> None:
        """Enter a rule, in place of the one of its id. Raises RuleRefused, and nothing is changed then."""
        before = self._rules.get(rule.id)
        if rule.id.startswith(DEFAULT):
            raise RuleRefused(f"rule {rule.id!r}: ids that begin with {DEFAULT!r} are the gateway's own")
        if before is None and len(self._rules) >= MAX_RULES:
            raise TooManyRules(f"rule {rule.id!r}: there are {MAX_RULES} rules: drop some")
        if before is not None and before.type is not rule.type:
            raise RuleRefused(f"rule {rule.id!r}: it is of {before.type}: a rule keeps its type")
        self._check_filters(rule)
        self.whole(rule)
        others = [other for other in self._rules.values() if other.id != rule.id and other.type is rule.type]
        self._index[rule.type] = self._indexed([*others, rule])
        self._rules[rule.id] = rule
        self.revision += 1

    def drop(self, rule_id: str) -> None:
        """Take a rule out that is not built in."""
        rule = self._rules.pop(rule_id)
        left = [other for other in self._rules.values() if other.type is rule.type]
        if left:
            self._index[rule.type] = self._indexed(left)
        else:
            del self._index[rule.type]
        self.revision += 1

    def switch(self, rule_id: str, *, enabled: bool, version: int = 1) -> None:
        """Switch a rule on or off, a built-in one too; it is at a version then."""
        rule = self._rules.get(rule_id)
        if rule is not None:
            self.put(replace(rule, enabled=enabled, version=version))
            return
        for kind, default in self._defaults.items():
            if default.id == rule_id:
                self._defaults[kind] = replace(default, enabled=enabled, version=version)
                self.revision += 1
                return
        raise KeyError(rule_id)

    def _check_filters(self, rule: AlertRule) -> None:
        size = 1
        for name in EVERY:
            names: tuple[str, ...] = getattr(rule, name)
            if names and name not in filters_of(rule.type):
                raise RuleRefused(f"rule {rule.id!r}: rules of {rule.type} know no {name}: leave them out")
            if "" in names or len(set(names)) != len(names):
                raise RuleRefused(f"rule {rule.id!r}: {name} names one twice, or none: give each once")
            if len(names) > MAX_NAMES:
                raise RuleRefused(f"rule {rule.id!r}: {name} names more than {MAX_NAMES}")
            size *= len(names) or 1
        if size > MAX_KEYS:
            raise RuleRefused(
                f"rule {rule.id!r}: its filters make {size} combinations, and {MAX_KEYS} are held: make two rules of it"
            )

    def _indexed(self, rules: Iterable[AlertRule]) -> tuple[tuple[int, dict[Key, AlertRule]], ...]:
        """Return rules of one type by how specific they are, the most specific first, and by their keys."""
        index: dict[int, dict[Key, AlertRule]] = {}
        for rule in rules:
            whole, entries = self.whole(rule), index.setdefault(specificity(rule), {})
            for key in product(*(getattr(rule, name) or ("",) for name in EVERY)):
                other = entries.setdefault(key, whole)
                if other is not whole:
                    raise RuleTies(f"rule {rule.id!r} ties with {other.id!r}: {_said(rule, key)}")
        return tuple(sorted(index.items(), reverse=True))


def specificity(rule: AlertRule) -> int:
    """Return how specific a rule is: 0 for one of all of its type."""
    return sum(weight for weight, name in zip(WEIGHTS, EVERY, strict=True) if getattr(rule, name))


def _said(rule: AlertRule, key: Key) -> str:
    named = ", ".join(f"{name[:-1]} {value}" for name, value in zip(EVERY, key, strict=True) if value)
    where = f"for {named}" if named else "for all that no other rule names"
    return f"both say how {rule.type} is judged {where}: narrow one of them down, or drop it"
