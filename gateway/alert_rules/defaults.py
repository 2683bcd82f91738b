"""The built-in rule of each type, which takes its values from `[alerts]`. Pure."""

from gateway.alert_rules.model import AlertRule, default_id
from gateway.alerts.records import AlertType, Severity
from gateway.config.alerts import AlertsSection

SEVERITIES = {
    AlertType.STOCK_OUT: Severity.CRITICAL,
    AlertType.READER_DOWN: Severity.CRITICAL,
    AlertType.CLOCK_SKEW: Severity.INFO,
    AlertType.GATE_EXIT_UNPAID: Severity.INFO,
    AlertType.MISPLACED_ITEM: Severity.INFO,
}
"""Of what is not a warning."""
PHANTOM_CLEARS_ABOVE = 0.6


def default_rules(alerts: AlertsSection) -> tuple[AlertRule, ...]:
    """Return one whole rule for each type."""
    own = _own(alerts)
    usual = {"hold_s": alerts.hold_s, "clear_hold_s": alerts.clear_hold_s}
    return tuple(
        AlertRule(
            default_id(kind),
            kind,
            severity=SEVERITIES.get(kind, Severity.WARNING),
            thresholds={**usual, **own.get(kind, {})},
            origin="default",
        )
        for kind in AlertType
    )


def _own(alerts: AlertsSection) -> dict[AlertType, dict[str, float]]:
    """Return the thresholds of each type that are not the usual holds."""
    at_once: dict[str, float] = {"hold_s": 0.0, "clear_hold_s": 0.0}
    return {
        AlertType.LOW_STOCK: {
            "fire_at": alerts.low_stock_at,
            "clear_at": alerts.low_stock_clear_at,
            "risk_above": alerts.reorder_risk,
            "risk_clear_below": alerts.reorder_clear_below,
        },
        AlertType.STOCK_OUT: {"fire_at": alerts.stock_out_below, "clear_at": alerts.stock_out_clear_above},
        AlertType.SHELF_EMPTY: {
            "fire_at": alerts.shelf_empty_below,
            "clear_at": alerts.shelf_empty_clear_above,
            "behind_above": alerts.behind_above,
        },
        AlertType.PREDICTED_STOCK_OUT: {
            "fire_at": alerts.predicted_above,
            "clear_at": alerts.predicted_clear_below,
            "horizon_s": alerts.predicted_within_s,
        },
        AlertType.READER_DOWN: {"hold_s": alerts.reader_down_hold_s, "clear_hold_s": 0.0},
        AlertType.COVERAGE_LOW: {
            "fire_at": alerts.coverage_below,
            "clear_at": alerts.coverage_clear_above,
            "hold_s": alerts.coverage_hold_s,
        },
        AlertType.CLOCK_SKEW: {"fire_at": alerts.clock_off_s, "clear_at": alerts.clock_off_s / 2},
        AlertType.PHANTOM_INVENTORY: {
            "fire_at": alerts.phantom_below,
            "clear_at": PHANTOM_CLEARS_ABOVE,
            "unsold_below": alerts.phantom_unsold_below,
            "hold_s": alerts.phantom_hold_s,
        },
        AlertType.STRAY_READS: {
            "fire_at": alerts.stray_tags_per_h,
            "clear_at": alerts.stray_clear_below,
            "hold_s": 0.0,
        },
        AlertType.MISPLACED_ITEM: {"hold_s": alerts.misplaced_after_s},
        # A risk has waited where it may pass by itself, a delivery was given its time, a sale was waited for, and
        # what people submit and approve does not flicker.
        AlertType.RESERVATION_AT_RISK: {"hold_s": 0.0},
        AlertType.DELIVERY_NOT_SEEN: {"hold_s": 0.0, "late_s": alerts.delivery_late_s},
        AlertType.GATE_EXIT_UNPAID: at_once,
        AlertType.COUNT_VARIANCE: at_once,
        AlertType.RESERVATION_UNPICKED: {**at_once, "before_s": alerts.unpicked_before_s},
        AlertType.COLLECT_OVERDUE: {**at_once, "before_s": alerts.collect_soon_s},
    }
