"""The small shop with an alert, and its people behind the port of the API: the real ones, each pass done at once."""

from collections.abc import Callable
from typing import TypeVar

from gateway.alerts.notices import Notice
from gateway.alerts.office import AlertOffice
from gateway.alerts.records import AlertRecord, AlertType
from gateway.answered import AnsweredRequest
from gateway.audit import AuditEntry
from gateway.once import Once
from gateway.storage.rows import alert_json, alert_of
from tests.support.small_site import S, SmallShop

T = TypeVar("T")


class AlertShop:
    """A shop whose only tote is sold: its alert fires ten minutes later. What is durable lies as JSON, as on disk."""

    def __init__(self) -> None:
        self.shop = SmallShop()
        self.disk: dict[str, str] = {}
        self.notices: list[Notice] = []
        self.audited: list[AuditEntry] = []
        self.answered: dict[tuple[str, str], AnsweredRequest] = {}
        self.full = False
        self.begin()

    def begin(self) -> None:
        """Serve what people ask, over the engine that lives now."""
        once = Once(self, self, lambda a: self.answered.update({(a.source, a.key): a}))
        self.office = AlertOffice(self.shop.engine, self, once, self)

    def restart(self) -> None:
        """Lose all that was not written down."""
        self.shop.restart(self.shop.now)
        self.begin()

    def run(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.shop.now += S
            for device in sorted(self.shop.alive):
                self.shop.beat(device)
            self._pass()

    def sell_out(self) -> AlertRecord:
        """Let the last tote be sold, and its alert fire."""
        self.shop.tell("receive", sku="TOTE", qty=1, zone="floor")
        self.run(1)
        self.shop.tell("sale", sku="TOTE")
        self.run(601)
        return self.newest(AlertType.STOCK_OUT)

    def newest(self, kind: AlertType) -> AlertRecord:
        """Return the episode of the tote that began last, from disk."""
        found = [alert_of(text) for text in self.disk.values()]
        return max((a for a in found if a.type is kind and a.sku == "TOTE"), key=lambda a: a.since_ns)

    def told(self, kind: AlertType) -> list[str]:
        """Return the kinds of notices of the tote so far."""
        return [n.kind for n in self.notices if any(a.type is kind and a.sku == "TOTE" for a in n.alerts)]

    def _pass(self) -> None:
        changes = self.shop.live(self.shop.now)
        self.disk |= {record.id: alert_json(record) for record in changes.alerts}
        self.notices += changes.notices
        self.audited += changes.audited

    # -- Decisions, StoredAlerts, AnsweredTable -----------------------------------------------------

    def is_full(self) -> bool:
        return self.full

    def clock_now_ns(self) -> int:
        return self.shop.now

    async def decide(self, decide: Callable[[int], T]) -> T:
        outcome = decide(self.shop.now)
        self._pass()
        return outcome

    def alert(self, alert_id: str) -> AlertRecord | None:
        text = self.disk.get(alert_id)
        return None if text is None else alert_of(text)

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        return self.answered.get((source, key))

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        return [(a.source, a.key, a.at_ns) for a in self.answered.values()]
