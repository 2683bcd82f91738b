"""The stream of changes: each encoded once, kept for a while, given to every subscriber. Runtime.

The last frame of a commit bears the commit's id `<journal id>:<version>`, those before it the id of
the version before: a client that was cut in the middle of a commit is given all of it again, and a
client that filters has an id whatever it lets through. Frames without a commit (an answer that changed
because a zone went out of sight, a device's counts) bear the id of the commit before them, so they
are given again, the newest per subject, to a client that comes back with that id.
A slow subscriber holds one frame per subject, the newest: its memory is bounded by what exists, and
past `MAX_PENDING` subjects it is closed and may come back with its last id.

A snapshot is told a part at a time between two passes, when all that is known is on disk (see snapshots.py); what
changes meanwhile waits behind it.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.changes.snapshots import Maker, Present, Shown, Snapshot, Subject
from gateway.changes.subscription import Subscription
from gateway.storage.ports import Committed

KEPT_FRAMES = 20_000
"""Frames kept for replay: minutes of a busy chain, hours of a shop."""
MAX_PENDING = 20_000
MAX_SUBJECTS = 100_000
"""Subjects whose last frame is remembered, lest it be given out again unchanged; past them the oldest is let go."""
PING_EVERY_S = 15.0
"""Real seconds between comment pings at most: proxies close silent connections after 30 or 60 s."""
PING = b": ping\n\n"
BEAT_EVERY_S = 2.0
"""Real seconds between two signs of life at most, where they are asked for: a page that waits for three says within
seven that its numbers stand still."""
BEAT = b"event: beat\ndata: {}\n\n"
"""An event without an id: a browser's EventSource keeps comments to itself. It is no news to come back to."""
MADE_AT_ONCE = 100
"""Subjects encoded for snapshots between two passes: some 5 ms, which a hold that comes meanwhile waits."""
FILLED_AT_ONCE = 8
"""Clients whose next part is made between two passes: what is encoded already costs about 0.5 ms a part."""


@dataclass(frozen=True, slots=True)
class _Event:
    """One frame for all subscribers. `banded`: the same in bands, where those changed.

    `repeats`: it reads as in the snapshots that were given of it.
    """

    subject: Subject
    frame: bytes
    banded: bytes | None
    is_band_news: bool
    repeats: bool


@dataclass(slots=True, eq=False)
class _Subscriber:
    wanted: Subscription
    snapshot: Snapshot | None = None
    opening: bytes = b""
    pending: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    is_quiet: bool = True
    """Nothing was sent since the last tick."""
    is_due: bool = False
    """A sign of life is to be sent."""

    @property
    def every_s(self) -> float:
        """Return how long it may be told nothing, in real seconds."""
        return BEAT_EVERY_S if self.wanted.beats else PING_EVERY_S

    def hear(self, event: _Event) -> None:
        """Take an event in, where it is asked for."""
        subject, wanted = event.subject, self.wanted
        if not wanted.wants(subject.type, subject.store, subject.sku):
            return
        if event.repeats and wanted.snapshot:
            return
        if not event.is_band_news and (wanted.on_band or wanted.is_banded):
            return
        frame = event.banded if wanted.is_banded else event.frame
        if frame is not None:
            self.push(subject.key, frame)

    def push(self, key: str, frame: bytes) -> None:
        if self.closed:
            return
        self.pending[key] = frame
        self.pending.move_to_end(key)
        if len(self.pending) > MAX_PENDING:
            self.closed = True
            self.pending.clear()
        self.wake.set()

    def take(self) -> bytes:
        """Return what is to be sent now; empty where nothing is."""
        if self.snapshot is not None:
            part = self.snapshot.take()
            if self.snapshot.is_over:
                self.snapshot = None
            return part
        frames = b"".join(self.pending.values())
        self.pending.clear()
        return frames


class Feed:
    """Implements gateway.changes.model.ports.FeedPort."""

    def __init__(self, journal_id: str, version: int) -> None:
        self._journal_id = journal_id
        self._version = version
        self._oldest = version
        self._kept: deque[tuple[int, bool, _Event]] = deque()
        self._since: OrderedDict[str, _Event] = OrderedDict()
        self._subscribers: set[_Subscriber] = set()
        self._last: OrderedDict[str, Subject] = OrderedDict()
        self._shown = Shown(MAX_SUBJECTS)
        self._nudge: Callable[[], None] = lambda: None
        self._waiting: dict[_Subscriber, None] = {}
        self._ticking: set[float] = set()

    def show(self, present: Present, nudge: Callable[[], None]) -> None:
        """Take snapshots from here; `nudge()` has `settle` called soon."""
        self._shown.present = present
        self._nudge = nudge

    @property
    def subscribers(self) -> int:
        """Return how many streams are open."""
        return len(self._subscribers)

    def snapshot_size(self, wanted: Subscription) -> int:
        """Return how many subjects a snapshot would tell, at most."""
        return self._shown.present.size(wanted)

    def publish(self, subjects: Iterable[Subject], committed: Committed | None) -> None:
        """Give out what changed; what reads as it did before is left out."""
        changed = [subject for subject in subjects if self.is_news(subject)]
        if committed is not None:
            self._begin(committed.version)
        for place, subject in enumerate(changed):
            is_last = committed is None or place == len(changed) - 1
            event = self._event(subject, self._version if is_last else self._version - 1)
            self._keep(event, committed=committed is not None)
            for subscriber in self._subscribers:
                subscriber.hear(event)

    def is_news(self, subject: Subject) -> bool:
        """Return whether a subject reads differently from how it was last given out."""
        last = self._last.get(subject.key)
        return last is None or last.data != subject.data

    def settle(self) -> None:
        """Make the next parts of snapshots, where all that is known is on disk: between two passes."""
        made = filled = 0
        for subscriber in list(self._waiting):
            if made >= MADE_AT_ONCE or filled >= FILLED_AT_ONCE:
                break
            del self._waiting[subscriber]
            if subscriber.snapshot is None or subscriber.closed:
                continue
            made += subscriber.snapshot.fill(MADE_AT_ONCE - made, self._as_it_reads, subscriber.pending)
            filled += 1
            if subscriber.snapshot.waits:  # nothing came of it, or there was room for no more
                self._waiting[subscriber] = None
            else:
                subscriber.wake.set()
        if self._waiting:
            self._nudge()

    def _as_it_reads(self, key: str, make: Maker) -> tuple[Subject, bool]:
        return self._shown.subject(key, make, self._last)

    def close(self) -> None:
        """End all streams: the gateway stops, and its clients come back with their last id."""
        for subscriber in self._subscribers:
            subscriber.closed = True
            subscriber.wake.set()

    def _event(self, subject: Subject, version: int) -> _Event:
        """Return the event of a subject that changed, encoded for all."""
        last, shown = self._last.get(subject.key), self._shown.pop(subject.key)
        before = last or shown
        is_band_news = subject.banded is None or before is None or before.banded != subject.banded
        head = f"id: {self._journal_id}:{version}\nevent: {subject.type}\ndata: ".encode()
        return _Event(
            subject,
            head + subject.data + b"\n\n",
            head + subject.banded + b"\n\n" if is_band_news and subject.banded is not None else None,
            is_band_news,
            repeats=last is None and shown is not None and shown.data == subject.data,
        )

    def _begin(self, version: int) -> None:
        """Begin a commit's frames; what was given out since the one before is kept before them."""
        self._kept.extend((self._version, False, event) for event in self._since.values())
        self._since.clear()
        self._version = version

    def _keep(self, event: _Event, *, committed: bool) -> None:
        key = event.subject.key
        self._last[key] = event.subject
        self._last.move_to_end(key)
        if len(self._last) > MAX_SUBJECTS:
            self._last.popitem(last=False)
        if committed:
            self._kept.append((self._version, True, event))
        else:
            self._since[key] = event
            self._since.move_to_end(key)
        while len(self._kept) + len(self._since) > KEPT_FRAMES and self._kept:
            version, was_committed, _ = self._kept.popleft()
            self._oldest = max(self._oldest, version if was_committed else version + 1)

    @asynccontextmanager
    async def subscribe(
        self, wanted: Subscription, last_event_id: str | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Yield an iterator of encoded frames: those missed since `last_event_id`, else the snapshot, first."""
        subscriber = _Subscriber(wanted)
        is_whole = last_event_id is not None and self._replay(subscriber, last_event_id)
        if wanted.snapshot and not is_whole:
            items, end_id = self._shown.present.subjects(wanted), f"{self._journal_id}:{self._version}"
            subscriber.snapshot = Snapshot(items, end_id, is_banded=wanted.is_banded)
            self._wait(subscriber)
        self._subscribers.add(subscriber)
        if subscriber.every_s not in self._ticking:
            self._ticking.add(subscriber.every_s)
            asyncio.get_running_loop().call_later(subscriber.every_s / 2, self._tick, subscriber.every_s)
        try:
            yield self._frames(subscriber)
        finally:
            self._subscribers.discard(subscriber)
            self._waiting.pop(subscriber, None)

    def _wait(self, subscriber: _Subscriber) -> None:
        """Have the next part of a snapshot made, in its turn."""
        self._waiting[subscriber] = None
        self._nudge()

    def _replay(self, subscriber: _Subscriber, last_event_id: str) -> bool:
        """Give a subscriber what it missed; return False where that cannot be told any more: it begins anew."""
        journal_id, _, text = last_event_id.rpartition(":")
        seen = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if journal_id != self._journal_id or not self._oldest <= seen <= self._version:
            # With a snapshot to come it bears no id: who is cut before its end must begin anew.
            id_line = "" if subscriber.wanted.snapshot else f"id: {self._journal_id}:{self._version}\n"
            subscriber.opening = f"{id_line}event: reset\ndata: {{}}\n\n".encode()
            return False
        for version, committed, event in self._kept:
            if version > seen or (version == seen and not committed):
                subscriber.hear(event)
        for event in self._since.values():
            subscriber.hear(event)
        return True

    async def _frames(self, subscriber: _Subscriber) -> AsyncIterator[bytes]:
        if subscriber.opening:
            yield subscriber.opening
        while not subscriber.closed:
            subscriber.wake.clear()
            frames = subscriber.take()
            snapshot = subscriber.snapshot
            if snapshot is not None and snapshot.waits and subscriber not in self._waiting:
                self._wait(subscriber)
            if frames:
                subscriber.is_quiet = False
                yield frames
            elif subscriber.is_due:
                subscriber.is_due = False
                yield BEAT if subscriber.wanted.beats else PING
            else:
                await subscriber.wake.wait()

    def _tick(self, every_s: float) -> None:
        """Give a sign of life to who was told nothing for a whole tick; go on while anybody listens.

        One timer for all of a kind: one of each client's own would cost as much as telling it an event.
        """
        listening = [subscriber for subscriber in self._subscribers if subscriber.every_s == every_s]
        for subscriber in listening:
            if subscriber.is_quiet:
                subscriber.is_due = True
                subscriber.wake.set()
            subscriber.is_quiet = True
        if listening:
            asyncio.get_running_loop().call_later(every_s / 2, self._tick, every_s)
        else:
            self._ticking.discard(every_s)
