"""The webhooks of one gateway, put together: table, sender, dispatcher, desk. Wiring."""

import asyncio

from api.encoding import encode_alert, encode_availability
from api.reservation_body import encode_reservation
from api.task_body import encode_told_task
from api.times import rfc3339
from gateway.alerts.past import as_it_was
from gateway.answers import availability
from gateway.changes.model import Change
from gateway.clock import Clock
from gateway.config.webhooks import WebhooksSection
from gateway.engine import Engine
from gateway.once import Once
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.desk import WebhookDesk
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.sender import Sender
from gateway.webhooks.table import StoredWebhooks


class WebhookParts:
    """What serves endpoints (`dispatcher`), and what manages them (`desk`)."""

    def __init__(
        self,
        section: WebhooksSection,
        engine: Engine,
        store: SqliteStore,
        writer: Writer,
        pepper: bytes,
        clock: Clock,
        once: Once,
    ) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        table, sender = StoredWebhooks(store, writer), Sender(section.policy())
        self.dispatcher = Dispatcher(table, sender, pepper, clock, self._describe, rfc3339)
        self.desk = WebhookDesk(self.dispatcher, table, sender, pepper, clock.now_ns, once, engine.state)

    async def _describe(self, change: Change) -> bytes | None:
        """Return a subject as it reads now (an alert that is over: as it read then), as the stream tells it; None where
        there is no such thing.
        """
        state = self._engine.state
        match change.type:
            case "availability":
                if state.catalogue.article(change.subject) is None or change.store not in state.site.roles:
                    return None
                now_ns = self._clock.now_ns()
                found = availability(state, change.store, change.subject, 1, now_ns, is_dated=False)
                return encode_availability(found)
            case "reservation":
                held = state.book.get(change.subject)
                if held is None:
                    held = await asyncio.to_thread(self._store.reservation, change.subject)
                return None if held is None else encode_reservation(held)
            case "task":
                task = state.tasks.get(change.subject)
                return None if task is None else encode_told_task(task)
            case _:
                alert = await asyncio.to_thread(self._store.alert, change.subject)
                return None if alert is None else encode_alert(as_it_was(alert, change.at_ns))
