"""Group commit: one thread owns the writes, and what waits while it writes goes in together. Runtime.

    loop:   commit ── commit ── commit ─┐            ┌─▶ each caller gets its own Committed
    thread:          [ one transaction ]└[ another  ]┘

Commits are a chain: each may rest on the state that the one before left in memory. So when one
fails, all that were handed in before the loop learned of it fail too (CommitAbandoned), and the
caller brings its memory back to what is on disk before it commits again.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

from gateway.storage.errors import CommitAbandoned, StoreClosed
from gateway.storage.ports import Commit, Committed, GroupOutcome, Settlement
from readers.counts import StageCounts

MAX_LINGER_S = 0.02
"""The most that a commit waits for company. An acknowledgement later than that would be felt at a till."""
MAX_GROUP = 256
"""Commits in one transaction: enough to make the disk's flush cheap, few enough to stay under 100 ms."""
SETTLE_S = 0.5
"""How long the settling of the outbox waits for a commit to go in with."""
MAX_WAITING = 1_024
"""Commits handed in and not yet written; beyond it callers wait before they hand in theirs."""

T = TypeVar("T")


class GroupStore(Protocol):
    """What the writer asks of a store."""

    @property
    def path(self) -> Path:
        """Return the store's file, for messages."""
        ...

    def commit_group(
        self,
        commits: Sequence[Commit],
        published: Sequence[int] = (),
        settlements: Sequence[Settlement] = (),
    ) -> GroupOutcome:
        """Write them in one durable transaction; raise if none of it could be written."""
        ...


@dataclass(slots=True)
class _Job:
    """A commit, alert changes to mark as published or an outbox to settle, and who waits for it."""

    commit: Commit | None
    published: Sequence[int]
    epoch: int
    done: "asyncio.Future[Committed | None]"
    settlement: Settlement | None = None
    result: Committed | Exception | None = None


def linger_s(last_group: int, last_took_s: float, idle_s: float) -> float:
    """Return how long to wait for a group as large as the last: never when idle or alone.

    Waiters that were released together come back together, a moment after the first of them; the
    wait never exceeds the time of a write, so at worst it doubles one.
    """
    if last_group <= 1 or idle_s >= MAX_LINGER_S:
        return 0.0
    return min(MAX_LINGER_S, last_took_s)


class Writer:
    """Commits for an asyncio loop. Make it in the loop; `close` it there."""

    def __init__(self, store: GroupStore) -> None:
        self.counts = StageCounts()
        self.transactions = 0
        """Transactions since the start; received / transactions is the mean group."""
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(MAX_WAITING)
        self._ready = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._asides: deque[Callable[[], Callable[[], None]]] = deque()
        self._wanted = 1
        self._urgent = 0
        """Waiting jobs that are no settlement."""
        self._is_settling_due = False
        self._closing = False
        self._epoch = 0
        self._failed_epoch = -1
        self._failure: Exception | None = None
        self._last_group = 1
        self._last_took_s = 0.0
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def commit(self, commit: Commit) -> Committed:
        """Return once the commit is durable; raise StoreError if it is not and never will be.

        Commits are written in the order of the calls. A caller that is cancelled while it waits
        does not take its commit back.
        """
        committed = await self._hand_in(commit, ())
        assert committed is not None  # noqa: S101 - a job with a commit has no other outcome
        return committed

    async def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Mark alert changes as delivered to the broker; durable on return."""
        await self._hand_in(None, tuple(outbox_ids))

    async def settle_outbox(self, settlement: Settlement) -> None:
        """Note what became of the outbox; durable on return.

        It is in no hurry (what is not noted is delivered twice at worst): it goes in with the next
        commit, or by itself after SETTLE_S, so that a commit seldom waits behind it.
        """
        await self._hand_in(None, (), settlement)

    async def aside(self, work: Callable[[], T]) -> T:
        """Run `work` in the writer's thread, between two transactions; return or raise what it does.

        It should be short: commits wait for it. What waits at `close` is still done.
        """
        done: asyncio.Future[T] = self._loop.create_future()

        def act() -> Callable[[], None]:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - it reaches the one who asked
                failure = error
                return lambda: None if done.done() else done.set_exception(failure)
            return lambda: None if done.done() else done.set_result(result)

        with self._ready:
            if self._closing:
                raise StoreClosed(self._store.path, "the writer is closed")
            self._asides.append(act)
            self._ready.notify()
        return await done

    async def close(self) -> None:
        """Write what was handed in, then end the thread; idempotent. The store stays open."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        await self._loop.run_in_executor(None, self._thread.join)

    # -- in the loop ---------------------------------------------------------------------------

    async def _hand_in(
        self, commit: Commit | None, published: Sequence[int], settlement: Settlement | None = None
    ) -> Committed | None:
        await self._room.acquire()
        job = _Job(commit, published, self._epoch, self._loop.create_future(), settlement)
        with self._ready:
            if self._closing:
                self._room.release()
                raise StoreClosed(self._store.path, "the writer is closed")
            self._jobs.append(job)
            self.counts.received += 1
            self.counts.held += 1
            if settlement is not None:
                self._loop.call_later(SETTLE_S, self._settle_alone)
            else:
                self._urgent += 1
                if len(self._jobs) >= self._wanted:
                    self._ready.notify()
        return await job.done

    def _settle_alone(self) -> None:
        """Let the settlements that still wait go in without a commit."""
        with self._ready:
            self._is_settling_due = bool(self._jobs)
            self._ready.notify()

    def _deliver(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            self._room.release()
            self.counts.held -= 1
            if isinstance(job.result, Exception):
                self.counts.drop(type(job.result).__name__)
                if job.commit is not None:
                    self._epoch = max(self._epoch, job.epoch + 1)
            else:
                self.counts.passed += 1
            if job.done.done():  # its caller was cancelled
                continue
            if isinstance(job.result, Exception):
                job.done.set_exception(job.result)
            else:
                job.done.set_result(job.result)

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        while (jobs := self._take()) or self._asides:
            self._settle(jobs)
            aside = self._asides.popleft() if self._asides else None
            try:
                if jobs:
                    self._loop.call_soon_threadsafe(self._deliver, jobs)
                if aside is not None:
                    self._loop.call_soon_threadsafe(aside())
            except RuntimeError:  # the loop was closed without us: nobody waits any more
                return

    def _take(self) -> list[_Job]:
        """Wait for work and return it, at most MAX_GROUP jobs; none when closed and drained, or for an aside."""
        with self._ready:
            self._wanted = 1
            waits_from_s = time.monotonic()
            self._ready.wait_for(
                lambda: self._urgent or self._is_settling_due or self._asides or self._closing
            )
            idle_s = time.monotonic() - waits_from_s
            wait_s = linger_s(self._last_group, self._last_took_s, idle_s)
            if wait_s > 0 and self._jobs and not self._closing:
                self._wanted = min(self._last_group, MAX_GROUP)
                self._ready.wait_for(lambda: len(self._jobs) >= self._wanted or self._closing, wait_s)
            taken = [self._jobs.popleft() for _ in range(min(len(self._jobs), MAX_GROUP))]
            self._urgent -= sum(job.settlement is None for job in taken)
            self._is_settling_due = self._is_settling_due and bool(self._jobs)
            return taken

    def _settle(self, jobs: Sequence[_Job]) -> None:
        """Write the jobs and give each its result."""
        alive: list[_Job] = []
        for job in jobs:
            if job.commit is not None and job.epoch <= self._failed_epoch:
                job.result = self._abandoned()
            else:
                alive.append(job)
        if not alive:
            return
        commits = [job for job in alive if job.commit is not None]
        started_s = time.monotonic()
        try:
            outcome = self._store.commit_group(
                [job.commit for job in commits if job.commit is not None],
                [outbox_id for job in alive for outbox_id in job.published],
                [job.settlement for job in alive if job.settlement is not None],
            )
        except Exception as error:  # noqa: BLE001 - the thread's outer edge: it reaches and is counted for each caller
            for job in alive:
                job.result = error
            if commits:
                self._failure, self._failed_epoch = error, commits[0].epoch
        else:
            for job, committed in zip(commits, outcome.committed, strict=False):
                job.result = committed
            if outcome.failure is not None:
                self._refuse(commits[len(outcome.committed) :], outcome.failure)
        self.transactions += 1
        self._last_group, self._last_took_s = len(alive), time.monotonic() - started_s

    def _refuse(self, commits: Sequence[_Job], failure: Exception) -> None:
        """Give the first of `commits` its failure; those behind it, here and waiting, are abandoned."""
        self._failure, self._failed_epoch = failure, commits[0].epoch
        commits[0].result = failure
        for job in commits[1:]:
            job.result = self._abandoned()

    def _abandoned(self) -> CommitAbandoned:
        error = CommitAbandoned(self._store.path, f"an earlier commit failed ({self._failure})")
        error.__cause__ = self._failure
        return error
