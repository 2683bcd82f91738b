"""Alerts as values: what staff are told, and the evidence that it rests on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Evidence = dict[str, int | float | str | None]

MAX_COMMENTS = 50
"""Of one episode: staff's words about one shelf, not a forum."""
MAX_COMMENT_CHARS = 500
MAX_USER_CHARS = 128
SILENCE = "silence:"
"""Begins `suppressed_by` where people silenced the alert: the rest is the silence's id."""


RULE_OFF = "rule_off"
"""The reason why an alert is over whose rule was switched off."""


class AlertType(StrEnum):
    """Kinds of alert (their texts, api/pages/static/messages, are keyed by these)."""

    LOW_STOCK = "low_stock"
    STOCK_OUT = "stock_out"
    SHELF_EMPTY = "shelf_empty_backroom_has_stock"
    READER_DOWN = "reader_down"
    RESERVATION_AT_RISK = "reservation_at_risk"
    DELIVERY_NOT_SEEN = "delivery_not_seen"
    COUNT_VARIANCE = "count_variance"
    RESERVATION_UNPICKED = "reservation_unpicked"
    COLLECT_OVERDUE = "collect_overdue"
    PREDICTED_STOCK_OUT = "predicted_stock_out"
    COVERAGE_LOW = "coverage_low"
    CLOCK_SKEW = "clock_skew"
    PHANTOM_INVENTORY = "phantom_inventory"
    GATE_EXIT_UNPAID = "gate_exit_unpaid"
    MISPLACED_ITEM = "misplaced_item"
    STRAY_READS = "stray_reads"


class AlertState(StrEnum):
    """pending (condition holds, not yet long enough) → firing → acknowledged | snoozed → resolved."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


STANDING = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SNOOZED)
"""States of what fired and is not over."""


class Severity(StrEnum):
    """How soon a person should act."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of an alert. `by`: the id of their API key."""

    at_ns: int
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One episode of one alert. `fingerprint` (type, store, sku, device) is its identity over time, `id`
    names the episode. `suppressed_by`: what inhibits it now (a dead reader's fingerprint, or a reason), or
    the silence (`silence:<id>`) because of which nobody is told.

    `changed_at_ns`, `changed_by`: when its state was last changed by a person or a snooze's end, and by which
    API key; `useful`: what staff said of it; `rule`: the id of the rule that fired it; None: its type's default rule.
    """

    id: str
    fingerprint: str
    type: AlertType
    severity: Severity
    store: str
    state: AlertState
    since_ns: int
    zone: str | None = None
    sku: str | None = None
    device: str | None = None
    fired_at_ns: int | None = None
    resolved_at_ns: int | None = None
    suppressed_by: str | None = None
    evidence: Evidence = field(default_factory=dict)
    assignee: str | None = None
    snoozed_until_ns: int | None = None
    changed_at_ns: int | None = None
    changed_by: str | None = None
    resolved_reason: str | None = None
    useful: bool | None = None
    comments: tuple[Comment, ...] = ()
    rule: str | None = None


def record_of(fields: Mapping[str, Any]) -> AlertRecord:
    """Return the record that `dataclasses.asdict` took apart; what an older version did not write is as new."""
    plain = dict(fields)
    plain["type"] = AlertType(plain["type"])
    plain["severity"] = Severity(plain["severity"])
    plain["state"] = AlertState(plain["state"])
    plain["comments"] = tuple(Comment(**comment) for comment in plain.get("comments", ()))
    return AlertRecord(**plain)
