"""Alert rules as the HTTP side asks for them. Plain values and protocols. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.alert_rules.model import AlertRule
from gateway.answered import Answered
from gateway.audit import Actor

RuleRefusal = Literal[
    "unknown_rule",
    "unknown_zone",
    "unknown_sku",
    "forbidden_store",
    "invalid_request",
    "rule_conflict",
    "rule_exists",
    "rule_of_file",
    "rule_changed",
    "too_many_open",
    "overloaded",
]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as it was given, and `whole`: with what it leaves to its type's default rule.

    `problem`: why it judges nothing, though it is kept: it does not fit to the site's file any more.
    """

    rule: AlertRule
    whole: AlertRule
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RuleNotTaken:
    """A request that changed nothing. `code` says why."""

    code: RuleRefusal
    detail: str


RuleOutcome = RuleView | RuleNotTaken


class AlertRulesPort(Protocol):
    """The alert rules of a gateway. `stores`: those that the caller sees; empty: all."""

    async def rules(self) -> Sequence[RuleView]:
        """Return all rules, the built-in ones first, then by id."""
        ...

    async def rule(self, rule_id: str) -> RuleView | None:
        """Return a rule."""
        ...

    async def create(
        self, source: str, key: str, rule: AlertRule, stores: frozenset[str], actor: Actor
    ) -> Answered[RuleOutcome]:
        """Enter a rule, once per key. Raises KeyRefused."""
        ...

    async def change(
        self,
        rule_id: str,
        changes: Mapping[str, Any],
        version: int | None,
        stores: frozenset[str],
        actor: Actor,
    ) -> RuleOutcome:
        """Change fields of a rule; `version`: as the caller knows it, None: whichever it is."""
        ...

    async def drop(
        self, rule_id: str, version: int | None, stores: frozenset[str], actor: Actor
    ) -> RuleNotTaken | None:
        """Delete a rule; return why that cannot be."""
        ...
