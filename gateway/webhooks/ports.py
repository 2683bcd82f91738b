"""What serving an endpoint needs, and what api/ may ask of endpoints. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor, AuditEntry
from gateway.changes.model import Change, ChangeType
from gateway.webhooks.model import Answer, Delivery, Endpoint, Position


class Posting(Protocol):
    """Sends a message, and blocks meanwhile."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the answer; raise TargetRefused or SendFailed."""
        ...


class Table(Protocol):
    """Where endpoints, positions and tries are kept; and the log."""

    @property
    def journal_id(self) -> str:
        """Return the id of the journal."""
        ...

    def endpoints(self) -> list[Endpoint]:
        """Return all endpoints."""
        ...

    def positions(self) -> list[Position]:
        """Return how far each was told."""
        ...

    def changes_after(self, store: str, seq: int, limit: int) -> list[Change] | None:
        """Return the next changes; None where they are not known any more."""
        ...

    def last_change(self, store: str) -> int:
        """Return the newest sequence of a store."""
        ...

    async def keep(
        self,
        *,
        endpoint: Endpoint | None = None,
        positions: Sequence[Position] = (),
        delivery: Delivery | None = None,
        audited: AuditEntry | None = None,
    ) -> None:
        """Write an endpoint, positions, a try, and who changed it, in one durable transaction."""
        ...

    async def drop(self, endpoint_id: str, audited: AuditEntry) -> bool:
        """Delete an endpoint with all of it, and note who did; return whether there was one."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookState:
    """An endpoint and how it fares: `failing` tries in a row; `told`: by store, the sequence told through."""

    endpoint: Endpoint
    failing: int
    told: dict[str, int]


class WebhookRefused(Exception):  # noqa: N818 - named by what happened
    """An endpoint that cannot be; `pointer` into the request, and why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer = pointer
        self.reason = reason


class WebhooksPort(Protocol):
    """Endpoints that changes are posted to. Methods with an id take one that `endpoint` knows."""

    def endpoints(self) -> Sequence[WebhookState]:
        """Return all endpoints, oldest first."""
        ...

    def endpoint(self, endpoint_id: str) -> WebhookState | None:
        """Return one endpoint."""
        ...

    async def create(
        self,
        actor: Actor,
        key: str,
        *,
        url: str,
        types: tuple[ChangeType, ...],
        stores: tuple[str, ...],
        description: str,
    ) -> Answered[tuple[WebhookState, str]]:
        """Add an endpoint; return it with its secret, to a repeat with the same `key` too.

        Raises WebhookRefused, or KeyRefused.
        """
        ...

    async def change(
        self,
        actor: Actor,
        endpoint_id: str,
        *,
        url: str | None = None,
        types: tuple[ChangeType, ...] | None = None,
        stores: tuple[str, ...] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> WebhookState:
        """Change what is given. Raises WebhookRefused."""
        ...

    async def rotate(self, actor: Actor, endpoint_id: str) -> tuple[WebhookState, str]:
        """Give an endpoint its next secret."""
        ...

    async def drop(self, actor: Actor, endpoint_id: str) -> bool:
        """Delete an endpoint; return whether there was one."""
        ...

    async def test(self, endpoint_id: str) -> Delivery:
        """Send a message that says nothing, now; return what became of it."""
        ...

    async def replay(self, actor: Actor, endpoint_id: str, store: str, seq: int) -> bool:
        """Tell again what came after a sequence; False where that is not known any more."""
        ...

    async def deliveries(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        """Return the newest tries, newest first."""
        ...
