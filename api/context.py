"""What every route works with: the gateway's ports, the settings and the app's own bounded state."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from api.counts import HttpCounts
from api.hosts import is_loopback
from api.sessions import Sessions
from gateway.ports import (
    AuthPort,
    ClockPort,
    FeedPort,
    HealthPort,
    IngestPort,
    IntakePort,
    InventoryPort,
    RecordsPort,
)


@dataclass(frozen=True, slots=True)
class Ports:
    """The gateway as the app sees it: one object per port."""

    clock: ClockPort
    inventory: InventoryPort
    records: RecordsPort
    intake: IntakePort
    ingest: IngestPort
    feed: FeedPort
    health: HealthPort
    auth: AuthPort


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the app answers. Durations are real seconds, whatever the speed of the shop's clock.

    `host` is where the server listens, `allowed_hosts` are further names that it is reached by.
    `limited_below`: fewer available pieces than this are the band LOW.
    """

    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    page_sign_in: bool = True
    max_streams: int = 1_000
    limited_below: int = 3
    body_timeout_s: float = 30.0
    max_stream_s: float = 3_600.0

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


def context_of(request: Request) -> ApiContext:
    """Return the context of the app that serves `request`."""
    return cast("ApiContext", request.app.state.context)
