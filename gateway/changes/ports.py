"""What api/ may ask of changes: the durable log, and the stream. Pure."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.changes.model import ChangeType
from gateway.changes.subscription import Subscription


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """Something that reads differently. `subject`: a SKU, an alert's id, or a reservation's id."""

    seq: int
    at_ns: int
    type: ChangeType
    subject: str


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes in order, the position behind the last of them, and whether there are more already."""

    changes: tuple[ChangeInfo, ...]
    position: str
    more: bool


class ChangesPort(Protocol):
    """The durable log of changes, one contiguous sequence per store."""

    async def now(self, store: str) -> str:
        """Return the position behind the newest change of a store."""
        ...

    async def after(self, store: str, position: str, limit: int) -> ChangesPage | None:
        """Return the next changes; None where what comes after the position is not known any more."""
        ...


class FeedPort(Protocol):
    """The stream of changes."""

    def snapshot_size(self, wanted: Subscription) -> int:
        """Return how many subjects a snapshot would tell, at most."""
        ...

    def subscribe(
        self, wanted: Subscription, last_event_id: str | None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return a context whose iterator yields encoded SSE frames (pings included) until closed.

        A `last_event_id` that cannot be replayed yields a `reset` event first. A snapshot is left out where what was
        missed can be told.
        """
        ...
