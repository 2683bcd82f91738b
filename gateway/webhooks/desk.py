"""Endpoints as their operator manages them: implements gateway.webhooks.ports.WebhooksPort. Runtime.

A new one goes through the pipeline, so that endpoint, answer to the Idempotency-Key and audit entry are one commit;
a change of one is written beside it, with its audit entry in the same transaction.
"""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from gateway.answered import Answered
from gateway.audit import Actor, AuditEntry, cut
from gateway.changes.model import ChangeType
from gateway.once import Once
from gateway.state import State
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.model import Delivery, Endpoint, NewEndpoint, Position
from gateway.webhooks.ports import WebhookRefused, WebhookState
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.signing import secret_of
from gateway.webhooks.table import StoredWebhooks
from gateway.webhooks.targets import TargetRefused

MAX_ENDPOINTS = 50
"""Each is sent its own messages; a shop has a handful of systems."""
BY_HAND = "disabled by its operator"


class _MadeForm:
    """How the making of an endpoint is stored as an answer: without its secret, which follows from the id."""

    def is_lasting(self, outcome: NewEndpoint | WebhookRefused) -> bool:
        """Return whether the outcome answers the repeats too: a refusal is mended, and asked again."""
        return isinstance(outcome, NewEndpoint)

    def write(self, outcome: NewEndpoint | WebhookRefused) -> str:
        """Return the outcome as JSON."""
        assert isinstance(outcome, NewEndpoint)  # noqa: S101 - nothing else lasts
        return json.dumps(asdict(outcome))

    def read(self, text: str) -> NewEndpoint | WebhookRefused:
        """Return the outcome that `write` wrote."""
        stored = json.loads(text)
        fields = stored["endpoint"]
        lists = {"types": tuple(fields["types"]), "stores": tuple(fields["stores"])}
        return NewEndpoint(Endpoint(**{**fields, **lists}), tuple(Position(**p) for p in stored["positions"]))


class WebhookDesk:
    """Makes, changes and shows endpoints; the dispatcher serves them."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        table: StoredWebhooks,
        sender: Sender,
        pepper: bytes,
        now_ns: Callable[[], int],
        once: Once,
        state: State,
    ) -> None:
        self._dispatcher = dispatcher
        self._table = table
        self._sender = sender
        self._pepper = pepper
        self._now_ns = now_ns
        self._once = once
        self._gateway = state

    def endpoints(self) -> Sequence[WebhookState]:
        """Return all endpoints, oldest first."""
        return [self._state(endpoint) for endpoint in self._dispatcher.endpoints()]

    def endpoint(self, endpoint_id: str) -> WebhookState | None:
        """Return one endpoint."""
        return next((state for state in self.endpoints() if state.endpoint.id == endpoint_id), None)

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
        """Add an endpoint; return it with its secret, the same ones to a repeat with the same key."""
        stores = tuple(sorted(set(stores)))
        digest = hashlib.sha256(repr(("webhook", url, types, stores, description)).encode()).hexdigest()
        refusal = await self._refusal(url)
        endpoint = Endpoint(f"wh_{secrets.token_hex(6)}", url, types, stores, description, self._now_ns())
        ends = await self._dispatcher.ends_of(endpoint)

        def decide(now_ns: int) -> NewEndpoint | WebhookRefused:
            if refusal is not None:
                return refusal
            if len(self._dispatcher.endpoints()) >= MAX_ENDPOINTS:
                return WebhookRefused(
                    "/url", f"there are {MAX_ENDPOINTS} endpoints already: delete one first"
                )
            made = NewEndpoint(replace(endpoint, created_ns=now_ns), ends)
            self._gateway.endpoints.append(made)
            told = cut(", ".join(stores))
            self._gateway.audit(actor, "webhooks.create", _one_of(stores), endpoint.id, told, now_ns)
            return made

        answered = await self._once.decide(actor.key_id, key, digest, decide, _MadeForm())
        made = answered.outcome
        if isinstance(made, WebhookRefused):
            raise made
        if not answered.replayed:
            self._dispatcher.adopt(made)
        state = WebhookState(made.endpoint, 0, {position.store: position.seq for position in made.positions})
        return Answered((state, self._secret(made.endpoint)), answered.replayed)

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
        """Change what is given; enabling one goes on where it stopped."""
        refusal = None if url is None else await self._refusal(url)
        if refusal is not None:
            raise refusal
        before = self._found(endpoint_id)
        wanted = {
            "url": url,
            "types": types,
            "stores": None if stores is None else tuple(sorted(set(stores))),
            "description": description,
            "disabled_reason": None
            if enabled is None
            else ""
            if enabled
            else before.disabled_reason or BY_HAND,
        }
        given = {name: value for name, value in wanted.items() if value not in (None, getattr(before, name))}
        endpoint = replace(before, **given)  # type: ignore[arg-type]  # fields by name
        switched = "" if enabled is None else "enabled" if enabled else "disabled"
        told = ", ".join(switched if name == "disabled_reason" else name for name in given)
        entry = self._entry(actor, "change", endpoint, told) if given else None
        await self._dispatcher.put(endpoint, entry)  # what reads as before is tried at once, too
        return self._state(endpoint)

    async def rotate(self, actor: Actor, endpoint_id: str) -> tuple[WebhookState, str]:
        """Give an endpoint its next secret; the one before signs too for a day."""
        before = self._found(endpoint_id)
        endpoint = replace(before, generation=before.generation + 1, rotated_ns=self._now_ns())
        await self._dispatcher.put(endpoint, self._entry(actor, "rotate_secret", endpoint))
        return self._state(endpoint), self._secret(endpoint)

    async def drop(self, actor: Actor, endpoint_id: str) -> bool:
        """Delete an endpoint; return whether there was one."""
        return await self._dispatcher.drop(
            endpoint_id, self._entry(actor, "delete", self._found(endpoint_id))
        )

    async def test(self, endpoint_id: str) -> Delivery:
        """Send a message that says nothing, now; return what became of it."""
        return await self._dispatcher.test(endpoint_id)

    async def replay(self, actor: Actor, endpoint_id: str, store: str, seq: int) -> bool:
        """Tell again what came after a sequence; False where that is not known any more."""
        entry = self._entry(actor, "replay", self._found(endpoint_id), f"{store} after {seq}")
        return await self._dispatcher.replay(endpoint_id, store, seq, entry)

    async def deliveries(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        """Return the newest tries, newest first."""
        return await asyncio.to_thread(self._table.deliveries, endpoint_id, limit)

    async def _refusal(self, url: str) -> WebhookRefused | None:
        """Return why nothing may be sent there, if so."""
        try:
            await asyncio.to_thread(self._sender.check, url)
        except (TargetRefused, SendFailed) as error:
            return WebhookRefused("/url", str(error))
        return None

    def _entry(self, actor: Actor, verb: str, endpoint: Endpoint, told: str = "") -> AuditEntry:
        """Return who changed an endpoint; never its URL, which may hold a secret of its receiver's."""
        place = (_one_of(endpoint.stores), endpoint.id, told)
        return AuditEntry(self._now_ns(), actor.key_id, actor.address, f"webhooks.{verb}", *place)

    def _secret(self, endpoint: Endpoint) -> str:
        return secret_of(self._pepper, endpoint.id, endpoint.generation)

    def _found(self, endpoint_id: str) -> Endpoint:
        return next(e for e in self._dispatcher.endpoints() if e.id == endpoint_id)

    def _state(self, endpoint: Endpoint) -> WebhookState:
        told = {store: self._dispatcher.position(endpoint.id, store) for store in endpoint.stores}
        return WebhookState(
            endpoint,
            self._dispatcher.failing(endpoint.id),
            {store: seq for store, seq in told.items() if seq is not None},
        )


def _one_of(stores: Sequence[str]) -> str:
    """Return the store of a change that is about one; of several, it is the site's."""
    return stores[0] if len(stores) == 1 else ""
