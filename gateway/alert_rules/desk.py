"""Alert rules changed through the API: entered, changed, switched, deleted; kept over restarts. Pure.

The rules of the site's file and the built-in ones are changed there; from here they are switched on and off alone.
A rule of the API that does not fit to the file any more (its id is taken, it ties, its thresholds cross those of
[alerts]) is kept and judges nothing, until somebody changes or deletes it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gateway.alert_rules.book import RuleRefused, RuleTies, TooManyRules
from gateway.alert_rules.model import AlertRule, rule_json, rule_of
from gateway.alert_rules.ports import RuleNotTaken, RuleOutcome, RuleRefusal, RuleView
from gateway.audit import Actor, cut
from gateway.state import State
from gateway.storage.ports import StateRow

SWITCH = "switch/"
"""Begins the row of a rule of the file, or built in, that was switched."""


class RuleDesk:
    """Decides on the rules of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._book = state.rules
        self._unfit: dict[str, tuple[AlertRule, str]] = {}

    # -- looking ----------------------------------------------------------------------------------

    def all(self) -> list[RuleView]:
        """Return all rules, the built-in ones first, then by id; then those that do not fit."""
        return [self._view(rule) for rule in self._book] + [
            RuleView(rule, rule, problem)
            for name, (rule, problem) in sorted(self._unfit.items())
            if self._book.get(name) is None
        ]

    def get(self, rule_id: str) -> RuleView | None:
        """Return a rule."""
        rule = self._book.get(rule_id)
        if rule is not None:
            return self._view(rule)
        unfit = self._unfit.get(rule_id)
        return None if unfit is None else RuleView(unfit[0], *unfit)

    def _view(self, rule: AlertRule) -> RuleView:
        return RuleView(rule, self._book.whole(rule))

    # -- changing ---------------------------------------------------------------------------------

    def create(self, rule: AlertRule, stores: frozenset[str], actor: Actor, now_ns: int) -> RuleOutcome:
        """Enter a rule."""
        if self.get(rule.id) is not None:
            return RuleNotTaken("rule_exists", f"there is a rule {rule.id!r}: choose another id")
        fault = self._fault(rule, stores) or self._put(rule)
        if fault is not None:
            return fault
        self._note(actor, "alert_rules.create", rule, str(rule.type), now_ns)
        return self._view(rule)

    def change(
        self,
        rule_id: str,
        changes: Mapping[str, Any],
        version: int | None,
        stores: frozenset[str],
        actor: Actor,
        now_ns: int,
    ) -> RuleOutcome:
        """Change fields of a rule."""
        found = self._to_change(rule_id, version, stores)
        if isinstance(found, RuleNotTaken):
            return found
        if found.problem is None and all(
            getattr(found.rule, name) == value for name, value in changes.items()
        ):
            return found
        after = replace(found.rule, **changes, version=found.rule.version + 1)
        if found.rule.origin != "api":
            if changes.keys() - {"enabled"}:
                return RuleNotTaken(
                    "rule_of_file",
                    f"rule {rule_id!r} is of the site's file: change it there; here it is switched on or off (enabled)",
                )
            self._switch(after)
        else:
            fault = self._fault(after, stores) or self._put(after)
            if fault is not None:
                return fault
        self._note(
            actor, "alert_rules.change", after, ", ".join(f"{k} {v}" for k, v in changes.items()), now_ns
        )
        return self._view(after)

    def drop(
        self, rule_id: str, version: int | None, stores: frozenset[str], actor: Actor, now_ns: int
    ) -> RuleNotTaken | None:
        """Delete a rule; return why that cannot be."""
        found = self._to_change(rule_id, version, stores)
        if isinstance(found, RuleNotTaken):
            return found
        if found.rule.origin != "api":
            return RuleNotTaken(
                "rule_of_file",
                f"rule {rule_id!r} is of the site's file: take it out there, or switch it off here",
            )
        if self._unfit.pop(rule_id, None) is None:
            self._book.drop(rule_id)
        self._state.rows.append(StateRow("alert_rule", rule_id, None))
        self._note(actor, "alert_rules.delete", found.rule, str(found.rule.type), now_ns)
        return None

    def _to_change(
        self, rule_id: str, version: int | None, stores: frozenset[str]
    ) -> RuleView | RuleNotTaken:
        found = self.get(rule_id)
        if found is None or not is_seen(found.rule, stores):
            return RuleNotTaken("unknown_rule", f"there is no alert rule {rule_id!r}")
        if stores and not (found.rule.stores and stores.issuperset(found.rule.stores)):
            return RuleNotTaken("forbidden_store", f"rule {rule_id!r} is of stores that this key is not for")
        if version is not None and version != found.rule.version:
            return RuleNotTaken("rule_changed", f"rule {rule_id!r} is at version {found.rule.version}")
        return found

    def _fault(self, rule: AlertRule, stores: frozenset[str]) -> RuleNotTaken | None:
        """Return what a rule names that is not there, or not the caller's."""
        if stores and not (rule.stores and stores.issuperset(rule.stores)):
            return RuleNotTaken(
                "forbidden_store", "this key is bound to stores: name them in stores, and no others"
            )
        roles = self._state.site.roles
        for zone in rule.zones:
            if not any(zone in roles.get(store, ()) for store in rule.stores or roles):
                return RuleNotTaken("unknown_zone", f"zones: none of its stores has a zone {zone!r}")
        for sku in rule.skus:
            if self._state.catalogue.article(sku) is None:
                return RuleNotTaken("unknown_sku", f"skus: there is no article {sku!r}")
        return None

    def _put(self, rule: AlertRule) -> RuleNotTaken | None:
        try:
            self._book.put(rule)
        except RuleRefused as refused:
            code: RuleRefusal = "invalid_request"
            if isinstance(refused, RuleTies):
                code = "rule_conflict"
            elif isinstance(refused, TooManyRules):
                code = "too_many_open"
            return RuleNotTaken(code, str(refused))
        self._unfit.pop(rule.id, None)
        self._state.rows.append(StateRow("alert_rule", rule.id, rule_json(rule)))
        return None

    def _switch(self, rule: AlertRule) -> None:
        self._book.switch(rule.id, enabled=rule.enabled, version=rule.version)
        text = json.dumps({"enabled": rule.enabled, "version": rule.version})
        self._state.rows.append(StateRow("alert_rule", SWITCH + rule.id, text))

    def _note(self, actor: Actor, action: str, rule: AlertRule, detail: str, now_ns: int) -> None:
        store = rule.stores[0] if len(rule.stores) == 1 else ""
        self._state.audit(actor, action, store, rule.id, cut(detail), now_ns)

    # -- an earlier life --------------------------------------------------------------------------

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up the rules of an earlier life. A switch of a rule that the file lacks now is forgotten."""
        for key, text in rows:
            if key.startswith(SWITCH):
                self._switch_again(key, json.loads(text))
                continue
            try:
                rule = rule_of(text)
            except ValueError:  # of a type that a newer gateway knows: kept, for that
                continue
            try:
                if self._book.get(rule.id) is not None:
                    raise RuleRefused(f"rule {rule.id!r}: the site's file has a rule of this id")
                self._book.put(rule)
            except RuleRefused as refused:
                self._unfit[rule.id] = rule, str(refused)

    def _switch_again(self, key: str, switched: Mapping[str, Any]) -> None:
        if self._book.get(rule_id := key.removeprefix(SWITCH)) is None:
            self._state.rows.append(StateRow("alert_rule", key, None))
            return
        self._book.switch(rule_id, enabled=switched["enabled"], version=switched["version"])


def is_seen(rule: AlertRule, stores: frozenset[str]) -> bool:
    """Return whether a rule is for any of the stores that a caller sees; empty: all."""
    return not stores or not rule.stores or not stores.isdisjoint(rule.stores)
