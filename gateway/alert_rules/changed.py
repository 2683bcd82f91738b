"""What is looked at again after the rules changed: all alerts at once, all articles a few per pass. Pure."""

from collections import deque
from collections.abc import Iterator

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertRecord, AlertType
from gateway.state import State

JUDGED_PER_PASS = 200
"""Articles that are judged anew in one pass beside those that changed: one costs about 0.1 ms."""


class ChangedRules:
    """Watches the rules of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._revision: int | None = None
        self._waiting: deque[tuple[str, str]] = deque()

    def are_new(self) -> bool:
        """Return whether the rules are others than at the last call; at the first call they are, for they may differ
        from those of an earlier life.
        """
        revision, self._revision = self._revision, self._state.rules.revision
        if revision is not None and revision != self._revision:
            self._waiting = deque(self._state.ledger.line_keys())
        return revision != self._revision

    def to_judge(self) -> Iterator[tuple[str, str]]:
        """Yield (store, sku) of the next articles to be judged anew."""
        for _ in range(min(JUDGED_PER_PASS, len(self._waiting))):
            yield self._waiting.popleft()

    def rule_of(self, alert: AlertRecord) -> AlertRule:
        """Return the rule that applies to an alert now."""
        zone, rules = alert.zone, self._state.rules
        if alert.type is AlertType.COVERAGE_LOW:
            return rules.pick_of_zones(
                alert.type, alert.store, str(alert.evidence.get("zones", "")).split(", ")
            )
        if alert.sku is not None:
            zone = self._state.home_zone(alert.store, alert.sku)
        if alert.type is AlertType.STRAY_READS:
            return rules.pick(alert.type, alert.store, zone)
        if alert.device is not None and (device := self._state.devices.get(alert.device)) is not None:
            return rules.pick_of_zones(alert.type, alert.store, device.zones)
        return rules.pick(alert.type, alert.store, zone, alert.sku)
