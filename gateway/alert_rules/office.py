"""Alert rules between HTTP and the pipeline: implements gateway.alert_rules.ports.AlertRulesPort. Runtime.

request ─▶ (creating: once per key) ─▶ pipeline pass ─▶ one commit ─▶ told
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.alert_rules.model import AlertRule, rule_json, rule_of
from gateway.alert_rules.ports import RuleNotTaken, RuleOutcome, RuleView
from gateway.answered import Answered
from gateway.audit import Actor
from gateway.engine import Engine
from gateway.once import Decisions, Once

FULL = RuleNotTaken("overloaded", "the gateway holds more input than it can write")


class RuleForm:
    """How the answer to a new rule is stored; a refusal is decided anew."""

    def is_lasting(self, outcome: RuleOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, RuleView)

    def write(self, outcome: RuleOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, RuleNotTaken):
            raise TypeError("a refusal is not stored")
        return json.dumps([rule_json(outcome.rule), rule_json(outcome.whole)])

    def read(self, text: str) -> RuleOutcome:
        """Return the outcome that `write` wrote."""
        rule, whole = json.loads(text)
        return RuleView(rule_of(rule), rule_of(whole))


class RuleOffice:
    """The alert rules of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once) -> None:
        self._desk = engine.alert_rules
        self._pipeline = pipeline
        self._once = once

    async def rules(self) -> Sequence[RuleView]:
        """Return all rules, the built-in ones first, then by id."""
        return await self._pipeline.decide(lambda _: self._desk.all())

    async def rule(self, rule_id: str) -> RuleView | None:
        """Return a rule."""
        return await self._pipeline.decide(lambda _: self._desk.get(rule_id))

    async def create(
        self, source: str, key: str, rule: AlertRule, stores: frozenset[str], actor: Actor
    ) -> Answered[RuleOutcome]:
        """Enter a rule, once per key. Raises KeyRefused."""
        digest = hashlib.sha256(f"alert rule {rule_json(rule)}".encode()).hexdigest()

        def create(now_ns: int) -> RuleOutcome:
            return self._desk.create(rule, stores, actor, now_ns)

        return await self._once.decide(source, key, digest, create, RuleForm())

    async def change(
        self,
        rule_id: str,
        changes: Mapping[str, Any],
        version: int | None,
        stores: frozenset[str],
        actor: Actor,
    ) -> RuleOutcome:
        """Change fields of a rule; `version`: as the caller knows it, None: whichever it is."""
        if self._pipeline.is_full():
            return FULL
        return await self._pipeline.decide(
            lambda now_ns: self._desk.change(rule_id, changes, version, stores, actor, now_ns)
        )

    async def drop(
        self, rule_id: str, version: int | None, stores: frozenset[str], actor: Actor
    ) -> RuleNotTaken | None:
        """Delete a rule; return why that cannot be."""
        if self._pipeline.is_full():
            return FULL
        return await self._pipeline.decide(
            lambda now_ns: self._desk.drop(rule_id, version, stores, actor, now_ns)
        )
