"""Endpoints as their operator manages them: implements gateway.ports.WebhooksPort. Runtime."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.changes import ChangeType
from gateway.ports import WebhookRefused, WebhookState
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.model import Delivery, Endpoint
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.signing import secret_of
from gateway.webhooks.table import StoredWebhooks
from gateway.webhooks.targets import TargetRefused

MAX_ENDPOINTS = 50
"""Each is sent its own messages; a shop has a handful of systems."""
BY_HAND = "disabled by its operator"


class WebhookDesk:
    """Makes, changes and shows endpoints; the dispatcher serves them."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        table: StoredWebhooks,
        sender: Sender,
        pepper: bytes,
        now_ns: Callable[[], int],
    ) -> None:
        self._dispatcher = dispatcher
        self._table = table
        self._sender = sender
        self._pepper = pepper
        self._now_ns = now_ns

    def endpoints(self) -> Sequence[WebhookState]:
        """Return all endpoints, oldest first."""
        return [self._state(endpoint) for endpoint in self._dispatcher.endpoints()]

    def endpoint(self, endpoint_id: str) -> WebhookState | None:
        """Return one endpoint."""
        return next((state for state in self.endpoints() if state.endpoint.id == endpoint_id), None)

    async def create(
        self, url: str, types: tuple[ChangeType, ...], stores: tuple[str, ...], description: str
    ) -> tuple[WebhookState, str]:
        """Add an endpoint; return it with its secret."""
        if len(self._dispatcher.endpoints()) >= MAX_ENDPOINTS:
            raise WebhookRefused("/url", f"there are {MAX_ENDPOINTS} endpoints already: delete one first")
        await self._check(url)
        endpoint = Endpoint(
            f"wh_{secrets.token_hex(6)}", url, types, tuple(sorted(set(stores))), description, self._now_ns()
        )
        await self._dispatcher.put(endpoint)
        return self._state(endpoint), secret_of(self._pepper, endpoint.id, endpoint.generation)

    async def change(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        types: tuple[ChangeType, ...] | None = None,
        stores: tuple[str, ...] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> WebhookState:
        """Change what is given; enabling one goes on where it stopped."""
        endpoint = self._found(endpoint_id)
        if url is not None:
            await self._check(url)
            endpoint = replace(endpoint, url=url)
        if types is not None:
            endpoint = replace(endpoint, types=types)
        if stores is not None:
            endpoint = replace(endpoint, stores=tuple(sorted(set(stores))))
        if description is not None:
            endpoint = replace(endpoint, description=description)
        if enabled is not None:
            endpoint = replace(endpoint, disabled_reason="" if enabled else BY_HAND)
        await self._dispatcher.put(endpoint)
        return self._state(endpoint)

    async def rotate(self, endpoint_id: str) -> tuple[WebhookState, str]:
        """Give an endpoint its next secret; the one before signs too for a day."""
        before = self._found(endpoint_id)
        endpoint = replace(before, generation=before.generation + 1, rotated_ns=self._now_ns())
        await self._dispatcher.put(endpoint)
        return self._state(endpoint), secret_of(self._pepper, endpoint.id, endpoint.generation)

    async def drop(self, endpoint_id: str) -> bool:
        """Delete an endpoint; return whether there was one."""
        return await self._dispatcher.drop(endpoint_id)

    async def test(self, endpoint_id: str) -> Delivery:
        """Send a message that says nothing, now; return what became of it."""
        return await self._dispatcher.test(endpoint_id)

    async def replay(self, endpoint_id: str, store: str, seq: int) -> bool:
        """Tell again what came after a sequence; False where that is not known any more."""
        return await self._dispatcher.replay(endpoint_id, store, seq)

    async def deliveries(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        """Return the newest tries, newest first."""
        return await asyncio.to_thread(self._table.deliveries, endpoint_id, limit)

    async def _check(self, url: str) -> None:
        try:
            await asyncio.to_thread(self._sender.check, url)
        except (TargetRefused, SendFailed) as error:
            raise WebhookRefused("/url", str(error)) from error

    def _found(self, endpoint_id: str) -> Endpoint:
        return next(e for e in self._dispatcher.endpoints() if e.id == endpoint_id)

    def _state(self, endpoint: Endpoint) -> WebhookState:
        told = {store: self._dispatcher.position(endpoint.id, store) for store in endpoint.stores}
        return WebhookState(
            endpoint,
            self._dispatcher.failing(endpoint.id),
            {store: seq for store, seq in told.items() if seq is not None},
        )
