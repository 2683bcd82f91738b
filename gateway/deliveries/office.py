"""Deliveries between HTTP and the pipeline: implements gateway.deliveries.ports.DeliveriesPort. Runtime.

request ─▶ (once per key) ─▶ pipeline pass ─▶ one commit ─▶ told
"""

import hashlib
import secrets
from collections.abc import Callable

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.deliveries.desk import DeliveryDesk
from gateway.deliveries.model import (
    AmendDelivery,
    Delivery,
    DeliveryOutcome,
    DeliveryQuery,
    DocumentRefused,
    Ending,
    NewDelivery,
    delivery_json,
    delivery_of,
)
from gateway.engine import Engine
from gateway.once import Decisions, Once

ID_BITS = 48
OVERLOADED = DocumentRefused("overloaded", "the gateway holds more input than it can write")


class DeliveryForm:
    """How the answer to an announcement is stored: a delivery is; a refusal is decided anew."""

    def is_lasting(self, outcome: DeliveryOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Delivery)

    def write(self, outcome: DeliveryOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, DocumentRefused):
            raise TypeError("a refusal is not stored")
        return delivery_json(outcome)

    def read(self, text: str) -> DeliveryOutcome:
        """Return the outcome that `write` wrote."""
        return delivery_of(text)


class DeliveryOffice:
    """The deliveries of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once) -> None:
        self._desk = DeliveryDesk(engine.state, engine.till)
        self._book = engine.state.deliveries
        self._pipeline = pipeline
        self._once = once

    async def announce(
        self, source: str, key: str, asked: NewDelivery, actor: Actor
    ) -> Answered[DeliveryOutcome]:
        """Expect a delivery, once per key. Raises KeyRefused."""
        digest = hashlib.sha256(f"delivery {asked!r}".encode()).hexdigest()
        delivery_id = f"dl_{secrets.randbits(ID_BITS):012x}"
        return await self._once.decide(
            source,
            key,
            digest,
            lambda now_ns: self._desk.announce(delivery_id, asked, actor, now_ns),
            DeliveryForm(),
        )

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """Return a delivery as it is now; after a pass, so that nothing is told that a crash could take back."""
        return await self._pipeline.decide(lambda _: self._book.get(delivery_id))

    async def deliveries(self, query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries as they are now, those due first before others."""
        return await self._pipeline.decide(lambda _: self._book.find(query))

    async def amend(
        self, delivery_id: str, asked: AmendDelivery, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Change when a delivery is expected, or how much of what."""
        return await self._decide(lambda now_ns: self._desk.amend(delivery_id, asked, stores, actor, now_ns))

    async def end(
        self, delivery_id: str, ending: Ending, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Let nothing more be expected of a delivery."""
        return await self._decide(lambda now_ns: self._desk.end(delivery_id, ending, stores, actor, now_ns))

    async def receive(
        self, delivery_id: str, zone: str | None, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Take in all that is missing, some with each pass, so that no pass is long."""
        while True:
            outcome = await self._decide(
                lambda now_ns: self._desk.receive(delivery_id, zone, stores, actor, now_ns)
            )
            if isinstance(outcome, DocumentRefused) or not outcome.is_open:
                return outcome

    async def _decide(self, decide: Callable[[int], DeliveryOutcome]) -> DeliveryOutcome:
        return OVERLOADED if self._pipeline.is_full() else await self._pipeline.decide(decide)
