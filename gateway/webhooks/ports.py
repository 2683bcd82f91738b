"""What serving an endpoint needs: something that sends, and a table. Pure."""

from collections.abc import Sequence
from typing import Protocol

from gateway.audit import AuditEntry
from gateway.changes.model import Change
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
