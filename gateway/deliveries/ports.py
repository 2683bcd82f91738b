"""What api/ may ask of expected deliveries. Pure."""

from collections.abc import Sequence
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.deliveries.model import (
    AmendDelivery,
    Delivery,
    DeliveryOutcome,
    DeliveryQuery,
    Ending,
    NewDelivery,
)


class DeliveriesPort(Protocol):
    """Expected deliveries. What is returned is on disk. `stores` (empty: all): those that the caller sees."""

    async def announce(
        self, source: str, key: str, asked: NewDelivery, actor: Actor
    ) -> Answered[DeliveryOutcome]:
        """Expect a delivery; a request with the `key` of an earlier one of `source` gets its answer.

        Raises KeyRefused.
        """
        ...

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """Return a delivery as it is now; None where there is none (any more)."""
        ...

    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Return deliveries as they are now, those due first before others."""
        ...

    async def amend(
        self, delivery_id: str, asked: AmendDelivery, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Change when a delivery is expected, or how much of what."""
        ...

    async def end(
        self, delivery_id: str, ending: Ending, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Let nothing more be expected of a delivery."""
        ...

    async def receive(
        self, delivery_id: str, zone: str | None, stores: frozenset[str], actor: Actor
    ) -> DeliveryOutcome:
        """Take in all that is missing, by hand, in `zone` (None: where the store receives)."""
        ...
