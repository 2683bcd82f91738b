"""What the delivery to InfluxDB asks of others, and its rules. Pure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.storage.backlog_page import BacklogPage
from gateway.storage.ports import OutboxBatch, OutboxGap, OutboxTotals, Settlement

T = TypeVar("T")


class OutboxStore(Protocol):
    """What the delivery asks of a store; any thread."""

    def outbox_after(self, batch_id: int, max_points: int) -> list[OutboxBatch]:
        """Return the oldest batches after `batch_id`."""
        ...

    def outbox_totals(self) -> OutboxTotals:
        """Return what waits in all."""
        ...

    def outbox_gaps(self) -> list[OutboxGap]:
        """Return the times that are still to be told."""
        ...

    def backlog_page(self, gap: OutboxGap, limit: int) -> BacklogPage:
        """Return the next page of what is kept of a gap's time."""
        ...


class Settler(Protocol):
    """Takes note of what was delivered."""

    async def settle_outbox(self, settlement: Settlement) -> None:
        """Return once durable."""
        ...


class OffLoop(Protocol):
    """Runs a blocking call away from the loop."""

    def __call__(self, call: Callable[[], T]) -> Awaitable[T]:
        """Return what it returns, or raise what it raises."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """How much at once, and how often (real seconds)."""

    batch_points: int = 5_000
    flush_s: float = 1.0
    tells_gaps: bool = True
