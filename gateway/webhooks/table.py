"""The dispatcher's table over the gateway's store and its writer. Runtime."""

from collections.abc import Sequence

from gateway.audit import AuditEntry
from gateway.changes.model import Change
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.model import Delivery, Endpoint, Position


class StoredWebhooks:
    """Implements gateway.webhooks.ports.Table: writes go between two commits of the writer's thread."""

    def __init__(self, store: SqliteStore, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    @property
    def journal_id(self) -> str:
        """Return the id of the journal."""
        return self._store.journal_id

    def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, oldest first."""
        return self._store.webhook_endpoints()

    def positions(self) -> list[Position]:
        """Return how far each was told."""
        return self._store.webhook_positions()

    def deliveries(self, endpoint_id: str, limit: int) -> list[Delivery]:
        """Return the newest tries of an endpoint, newest first."""
        return self._store.webhook_deliveries(endpoint_id, limit)

    def changes_after(self, store: str, seq: int, limit: int) -> list[Change] | None:
        """Return the next changes; None where they are not known any more."""
        return self._store.changes_after(store, seq, limit)

    def last_change(self, store: str) -> int:
        """Return the newest sequence of a store."""
        return self._store.last_change(store)

    async def keep(
        self,
        *,
        endpoint: Endpoint | None = None,
        positions: Sequence[Position] = (),
        delivery: Delivery | None = None,
        audited: AuditEntry | None = None,
    ) -> None:
        """Write an endpoint, positions, a try, and who changed it, in one durable transaction."""
        await self._writer.aside(lambda: self._store.keep_webhook(endpoint, positions, delivery, audited))

    async def drop(self, endpoint_id: str, audited: AuditEntry) -> bool:
        """Delete an endpoint with all of it, and note who did; return whether there was one."""
        return await self._writer.aside(lambda: self._store.drop_webhook(endpoint_id, audited))
