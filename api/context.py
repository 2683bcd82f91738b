"""What every route works with: the gateway's ports, the settings and the app's own bounded state."""

from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from api.counts import HttpCounts
from api.hosts import is_loopback
from api.limits import Limiter, Quota
from api.places import StoreOrders
from api.remembered import Remembered
from api.sessions import Sessions
from gateway.alert_rules.ports import AlertRulesPort
from gateway.alerts.ports import AlertsPort
from gateway.audit import AuditPort
from gateway.backtest.ports import BacktestPort
from gateway.book_stock.model import LedgerPort
from gateway.catalogue.model import CataloguePort
from gateway.changes.ports import ChangesPort, FeedPort
from gateway.channels.model import ChannelsPort
from gateway.counting.ports import CountingPort
from gateway.deliveries.ports import DeliveriesPort
from gateway.delivery.ports import NotifyPort
from gateway.forecast.ports import ForecastsPort
from gateway.kpis.model import KpisPort
from gateway.ports.callers import AuthPort
from gateway.ports.health import ClockPort, HealthPort
from gateway.ports.intake import IngestPort, IntakePort
from gateway.ports.inventory import InventoryPort
from gateway.ports.records import RecordsPort
from gateway.reservations.ports import ReservationsPort
from gateway.staff.model import StaffPort
from gateway.tasks.ports import TasksPort
from gateway.transfers.ports import TransfersPort
from gateway.webhooks.ports import WebhooksPort

KEY_QUOTA = Quota(per_s=500.0, burst=5_000)
"""Of one key, where the site says nothing: an e-shop's peak, and no more than a tenth of what a core answers."""
STRANGER_QUOTA = Quota(per_s=5.0, burst=50)
"""Of one address whose requests bear no valid key: a page that lost its session asks again now and then."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The gateway as the app sees it: one object per port."""

    clock: ClockPort
    inventory: InventoryPort
    records: RecordsPort
    intake: IntakePort
    ingest: IngestPort
    reservations: ReservationsPort
    changes: ChangesPort
    webhooks: WebhooksPort
    feed: FeedPort
    health: HealthPort
    auth: AuthPort
    audit: AuditPort
    kpis: KpisPort
    channels: ChannelsPort
    ledger: LedgerPort
    catalogue: CataloguePort
    deliveries: DeliveriesPort
    transfers: TransfersPort
    counting: CountingPort
    tasks: TasksPort
    alerts: AlertsPort
    notify: NotifyPort
    staff: StaffPort
    forecasts: ForecastsPort
    alert_rules: AlertRulesPort
    backtests: BacktestPort


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the app answers. Durations are real seconds, whatever the speed of the shop's clock.

    `host` is where the server listens, `allowed_hosts` are further names that it is reached by.
    `limited_below`: fewer available pieces than this are the band LOW. `key_quota` is each key's own;
    `stranger_quota` is for the requests of one address that bear no valid key. `recheck_s`: how often a stream looks
    whether whoever follows it is let in still.
    """

    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    page_sign_in: bool = True
    max_streams: int = 1_000
    limited_below: int = 3
    key_quota: Quota = KEY_QUOTA
    stranger_quota: Quota = STRANGER_QUOTA
    body_timeout_s: float = 30.0
    max_stream_s: float = 3_600.0
    recheck_s: float = 10.0

    def __post_init__(self) -> None:
        if not self.page_sign_in and not is_loopback(self.host):
            raise ValueError(
                f"page_sign_in = false with host = {self.host!r}: without a key only a loopback host is served"
            )


@dataclass(slots=True)
class ApiContext:
    """All that a request needs, held by the app."""

    ports: Ports
    settings: ApiSettings
    sessions: Sessions
    counts: HttpCounts
    key_limits: Limiter
    stranger_limits: Limiter
    remembered: Remembered
    orders: StoreOrders = field(default_factory=StoreOrders)


def context_of(request: Request) -> ApiContext:
    """Return the context of the app that serves `request`."""
    return cast("ApiContext", request.app.state.context)
