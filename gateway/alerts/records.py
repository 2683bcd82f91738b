"""Alerts as values: what staff are told, and the evidence that it rests on. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

Evidence = dict[str, int | float | str | None]


class AlertType(StrEnum):
    """Kinds of alert (their texts, api/pages/static/messages, are keyed by these)."""

    LOW_STOCK = "low_stock"
    STOCK_OUT = "stock_out"
    SHELF_EMPTY = "shelf_empty_backroom_has_stock"
    READER_DOWN = "reader_down"
    RESERVATION_AT_RISK = "reservation_at_risk"
    COUNT_VARIANCE = "count_variance"
    DELIVERY_NOT_SEEN = "delivery_not_seen"


class AlertState(StrEnum):
    """pending (condition holds, not yet long enough) → firing → resolved."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How soon a person should act."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One episode of one alert. `fingerprint` (type, store, sku, device) is its identity over time, `id`
    names the episode. `suppressed_by`: what inhibits it now (a dead reader's fingerprint, or a reason).
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
