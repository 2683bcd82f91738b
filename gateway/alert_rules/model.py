"""Alert rules as values: what is judged, where, by which thresholds. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gateway.alerts.records import AlertType, Severity

NS_PER_S = 1_000_000_000
MAX_NOTE_CHARS = 500
MAX_NAMES = 1_000
"""Of one filter: a rule of more articles is one of their department."""
DEFAULT = "default-"
"""Begins the ids of the built-in rules, and of no other."""

Origin = Literal["default", "config", "api"]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule of one type. Filters that are empty mean all. `severity` None: as the type's default rule.

    `thresholds`: what is given, by name (gateway/alert_rules/thresholds.py), durations in s; what is not given is as
    in the type's default rule. Those that a RuleBook picks have all of them, and a severity. `version` counts the changes.
    """

    id: str
    type: AlertType
    enabled: bool = True
    stores: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    severity: Severity | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    origin: Origin = "api"
    version: int = 1

    def __getitem__(self, name: str) -> float:
        """Return a threshold; KeyError: it is not given (a picked rule has all that its type knows)."""
        return self.thresholds[name]

    def ns(self, name: str) -> int:
        """Return a threshold in s as ns."""
        return round(self.thresholds[name] * NS_PER_S)

    @property
    def gravity(self) -> Severity:
        """Return the severity of what it fires."""
        return self.severity or Severity.WARNING


def default_id(kind: AlertType | str) -> str:
    """Return the id of the built-in rule of a type."""
    return DEFAULT + kind.replace("_", "-")


def rule_json(rule: AlertRule) -> str:
    """Return a rule as JSON."""
    return json.dumps(asdict(rule), separators=(",", ":"))


def rule_of(text: str) -> AlertRule:
    """Return the rule that `rule_json` wrote. Raises ValueError where its type is not known (any more)."""
    raw: dict[str, Any] = json.loads(text)
    severity = raw["severity"]
    return AlertRule(
        **{
            **raw,
            "type": AlertType(raw["type"]),
            "severity": None if severity is None else Severity(severity),
            **{name: tuple(raw[name]) for name in ("stores", "zones", "departments", "skus")},
        }
    )
