"""The stream of changes: each encoded once, kept for a while, given to every subscriber. Runtime.

The last frame of a commit bears the commit's id `<journal id>:<version>`, those before it the id of
the version before: a client that was cut in the middle of a commit is given all of it again, and a
client that filters has an id whatever it lets through. Frames without a commit (an answer that changed
because a zone went out of sight, a device's counts) bear the id of the commit before them, so they
are given again, the newest per subject, to a client that comes back with that id.
A slow subscriber holds one frame per subject, the newest: its memory is bounded by what exists, and
past `MAX_PENDING` subjects it is closed and may come back with its last id.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.ports import StreamEvent
from gateway.storage.ports import Committed

KEPT_FRAMES = 20_000
"""Frames kept for replay: minutes of a busy chain, hours of a shop."""
MAX_PENDING = 20_000
MAX_SUBJECTS = 100_000
"""Subjects whose last frame is remembered, lest it be given out again unchanged; past them the oldest is let go."""
PING_EVERY_S = 15.0
"""Real seconds between comment pings: proxies close silent connections after 30 or 60 s."""
PING = b": ping\n\n"


@dataclass(frozen=True, slots=True)
class Subject:
    """What changed, encoded: `key` is its identity (a newer frame of it replaces an older one)."""

    key: str
    type: str
    store: str
    sku: str | None
    data: bytes


@dataclass(slots=True, eq=False)
class _Subscriber:
    stores: frozenset[str]
    skus: frozenset[str]
    types: frozenset[str]
    pending: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def wants(self, event: StreamEvent) -> bool:
        return (
            (not self.stores or event.store in self.stores)
            and (not self.types or event.type in self.types)
            and (not self.skus or event.sku is None or event.sku in self.skus)
        )

    def push(self, key: str, frame: bytes) -> None:
        if self.closed:
            return
        self.pending[key] = frame
        self.pending.move_to_end(key)
        if len(self.pending) > MAX_PENDING:
            self.closed = True
            self.pending.clear()
        self.wake.set()


class Feed:
    """Implements gateway.ports.FeedPort."""

    def __init__(self, journal_id: str, version: int) -> None:
        self._journal_id = journal_id
        self._version = version
        self._oldest = version
        self._kept: deque[tuple[int, bool, str, StreamEvent]] = deque()
        self._since: OrderedDict[str, StreamEvent] = OrderedDict()
        self._subscribers: set[_Subscriber] = set()
        self._last: OrderedDict[str, bytes] = OrderedDict()

    @property
    def subscribers(self) -> int:
        """Return how many streams are open."""
        return len(self._subscribers)

    def publish(self, subjects: Iterable[Subject], committed: Committed | None) -> None:
        """Give out what changed; what reads as it did before is left out."""
        changed = [subject for subject in subjects if self.is_news(subject)]
        if committed is not None:
            self._begin(committed.version)
        for place, subject in enumerate(changed):
            last = committed is None or place == len(changed) - 1
            version = self._version if last else self._version - 1
            event = StreamEvent(subject.store, subject.sku, subject.type, self._frame(subject, version))
            self._keep(subject, event, committed=committed is not None)
            for subscriber in self._subscribers:
                if subscriber.wants(event):
                    subscriber.push(subject.key, event.frame)

    def is_news(self, subject: Subject) -> bool:
        """Return whether a subject reads differently from how it was last given out."""
        return self._last.get(subject.key) != subject.data

    def close(self) -> None:
        """End all streams: the gateway stops, and its clients come back with their last id."""
        for subscriber in self._subscribers:
            subscriber.closed = True
            subscriber.wake.set()

    def _frame(self, subject: Subject, version: int) -> bytes:
        head = f"id: {self._journal_id}:{version}\nevent: {subject.type}\ndata: "
        return head.encode() + subject.data + b"\n\n"

    def _begin(self, version: int) -> None:
        """Begin a commit's frames; what was given out since the one before is kept before them."""
        self._kept.extend((self._version, False, key, event) for key, event in self._since.items())
        self._since.clear()
        self._version = version

    def _keep(self, subject: Subject, event: StreamEvent, *, committed: bool) -> None:
        self._last[subject.key] = subject.data
        self._last.move_to_end(subject.key)
        if len(self._last) > MAX_SUBJECTS:
            self._last.popitem(last=False)
        if committed:
            self._kept.append((self._version, True, subject.key, event))
        else:
            self._since[subject.key] = event
            self._since.move_to_end(subject.key)
        while len(self._kept) + len(self._since) > KEPT_FRAMES and self._kept:
            version, was_committed, _, _ = self._kept.popleft()
            self._oldest = max(self._oldest, version if was_committed else version + 1)

    @asynccontextmanager
    async def subscribe(
        self,
        *,
        stores: frozenset[str],
        skus: frozenset[str],
        types: frozenset[str],
        last_event_id: str | None,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Yield an iterator of encoded frames, those missed since `last_event_id` first."""
        subscriber = _Subscriber(stores, skus, types)
        if last_event_id is not None:
            self._replay(subscriber, last_event_id)
        self._subscribers.add(subscriber)
        try:
            yield self._frames(subscriber)
        finally:
            self._subscribers.discard(subscriber)

    def _replay(self, subscriber: _Subscriber, last_event_id: str) -> None:
        journal_id, _, text = last_event_id.rpartition(":")
        seen = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if journal_id != self._journal_id or not self._oldest <= seen <= self._version:
            head = f"id: {self._journal_id}:{self._version}\n"
            subscriber.push("reset", f"{head}event: reset\ndata: {{}}\n\n".encode())
            return
        missed = [
            (key, event)
            for version, committed, key, event in self._kept
            if version > seen or (version == seen and not committed)
        ]
        for key, event in (*missed, *self._since.items()):
            if subscriber.wants(event):
                subscriber.push(key, event.frame)

    async def _frames(self, subscriber: _Subscriber) -> AsyncIterator[bytes]:
        while not subscriber.closed:
            if not subscriber.pending:
                subscriber.wake.clear()
                try:
                    async with asyncio.timeout(PING_EVERY_S):
                        await subscriber.wake.wait()
                except TimeoutError:
                    yield PING
                continue
            frames = b"".join(subscriber.pending.values())
            subscriber.pending.clear()
            yield frames
