"""The HTTP app: the gateway's ports in, one ASGI app out. The list of routes stands here, in order."""

import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.context import ApiContext, ApiSettings, Ports
from api.counts import HttpCounts
from api.edge import Edge
from api.fast_holds import FastHolds
from api.fast_path import FastPath
from api.limits import Limiter
from api.openapi import build_openapi
from api.problems import install_problem_handlers
from api.remembered import Remembered
from api.routes.adjustments import add_adjustment_routes
from api.routes.alert_acts import add_alert_act_routes
from api.routes.alert_rules import add_alert_rule_routes
from api.routes.alerts import add_alert_routes
from api.routes.articles import add_article_routes
from api.routes.audit import add_audit_routes
from api.routes.availability import add_availability_routes
from api.routes.backtests import add_backtest_routes
from api.routes.calibration import add_calibration_routes
from api.routes.changes import add_change_routes
from api.routes.channels import add_channel_routes
from api.routes.counts import add_count_routes
from api.routes.deliveries import add_delivery_routes
from api.routes.docs import add_docs_routes
from api.routes.events import add_event_routes
from api.routes.explain import add_explain_routes
from api.routes.forecast import add_forecast_routes
from api.routes.health import add_health_routes
from api.routes.history import add_history_routes
from api.routes.ingest import add_ingest_routes
from api.routes.kpis import add_kpi_routes
from api.routes.ledger import add_ledger_routes
from api.routes.notify_targets import add_notify_target_routes
from api.routes.overview import add_overview_routes
from api.routes.problems import add_problem_routes
from api.routes.query import add_query_routes
from api.routes.refused import add_refused_routes
from api.routes.reservations import add_reservation_routes
from api.routes.session import add_session_routes
from api.routes.shipping import add_shipping_routes
from api.routes.stores import add_store_routes
from api.routes.stream import add_stream_routes
from api.routes.tasks import add_task_routes
from api.routes.transfers import add_transfer_routes
from api.routes.webhooks import add_webhook_routes
from api.sessions import Sessions
from api.strict_route import StrictRoute

__all__ = ["ApiSettings", "Ports", "create_app"]

VERSION = "1"
"""Of the contract, as in /v1; the gateway's own version is another thing."""

ROUTES = (
    add_availability_routes,
    add_query_routes,
    add_shipping_routes,
    add_history_routes,
    add_explain_routes,
    add_stream_routes,
    add_change_routes,
    add_webhook_routes,
    add_notify_target_routes,
    add_reservation_routes,
    add_count_routes,
    add_adjustment_routes,
    add_event_routes,
    add_ingest_routes,
    add_ledger_routes,
    add_delivery_routes,
    add_transfer_routes,
    add_overview_routes,
    add_task_routes,
    add_alert_routes,
    add_alert_rule_routes,
    add_backtest_routes,
    add_alert_act_routes,
    add_calibration_routes,
    add_forecast_routes,
    add_store_routes,
    add_channel_routes,
    add_article_routes,
    add_health_routes,
    add_audit_routes,
    add_kpi_routes,
    add_refused_routes,
    add_session_routes,
    add_problem_routes,
    add_docs_routes,
)
"""In the order in which a path is tried: what is asked most comes first."""


class StorefloorApi(FastAPI):
    """The framework's app with our OpenAPI document, and a fast path ahead of it."""

    fast_path: FastPath | None = None
    fast_holds: FastHolds | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        answer = None
        if scope["type"] == "http":
            answer = self.fast_path.answer(scope) if self.fast_path else None
            if answer is None and self.fast_holds:
                answer, receive = await self.fast_holds.answer(scope, receive)
        if answer is None:
            await super().__call__(scope, receive, send)
            return
        for message in answer:
            await send(message)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, built once."""
        if not self.openapi_schema:
            self.openapi_schema = build_openapi(self)
        return self.openapi_schema


def create_app(
    ports: Ports,
    settings: ApiSettings,
    *,
    pages: Callable[[FastAPI], None] | None = None,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """Return the app. `pages` mounts the staff page, after all routes of the API.

    `monotonic_s` is real time in seconds, for page sessions and rate limits; the shop's time comes from the clock port.
    """
    app = StorefloorApi(
        title="storefloor",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    context = ApiContext(
        ports,
        settings,
        Sessions(monotonic_s),
        HttpCounts(),
        key_limits=Limiter(settings.key_quota, monotonic_s),
        stranger_limits=Limiter(settings.stranger_quota, monotonic_s),
        remembered=Remembered(ports.inventory.stamp, monotonic_s),
    )
    app.state.context = context
    app.fast_path = FastPath(context, context.remembered)
    app.fast_holds = FastHolds(context)
    app.router.route_class = StrictRoute
    for add_routes in ROUTES:
        add_routes(app.router)
    install_problem_handlers(app)
    app.add_middleware(Edge, context=context)
    if pages is not None:
        pages(app)
    return app
