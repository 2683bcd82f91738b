"""Requests that take effect once: the first with a key is decided in a pass, its repeats get its answer. Runtime.

request ─▶ key known? ─┬─ yes: the stored answer
                       └─ no ─▶ pipeline pass ─▶ one commit: the effect, the answer to the key ─▶ told
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from gateway.answered import ANSWERED_KEPT_NS, Answered, AnsweredRequest, KeyRefused

T = TypeVar("T")

MAX_RECENT_ANSWERS = 20_000
"""Answers kept in memory (2 KB each). Those of requests that are decided and not on disk yet are among them,
so that a repeat cannot slip between."""
MAX_KNOWN_KEYS = 200_000
"""Keys told apart without the disk (100 B each): a shop's day has some thousands. A look-up by a thread costs a
third of a hold."""


class Decisions(Protocol):
    """The pipeline, as a request is given to it."""

    def is_full(self) -> bool:
        """Return whether there is no room for more."""
        ...

    def clock_now_ns(self) -> int:
        """Return the shop's time."""
        ...

    async def decide(self, decide: Callable[[int], T]) -> T:
        """Return what `decide` returned, once that is durable."""
        ...


class AnsweredTable(Protocol):
    """The requests that were answered, on disk."""

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        """Return the answer to a request with a key."""
        ...

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        """Return (source, key, at_ns) of the newest `limit` requests answered after a time, oldest first."""
        ...


class Form(Protocol[T]):
    """How outcomes of one kind are stored. A `lasting` one is the answer to each repeat; after another,
    such as a refusal that the caller mends, the request is decided anew."""

    def is_lasting(self, outcome: T) -> bool:
        """Return whether the outcome answers the repeats too."""
        ...

    def write(self, outcome: T) -> str:
        """Return the outcome as JSON."""
        ...

    def read(self, text: str) -> T:
        """Return the outcome that `write` wrote."""
        ...


class KnownKeys:
    """The keys of the last day, as hashes in order of time: what is not among them is surely new.

    `is_whole` is False where there were more than are kept; then each new key is looked up on disk.
    """

    def __init__(self, names: Iterable[tuple[str, str, int]], most: int) -> None:
        self._at_ns: dict[int, int] = {}
        self._most = most
        self.is_whole = True
        for source, key, at_ns in names:
            self.add((source, key), at_ns)

    def add(self, name: tuple[str, str], at_ns: int) -> None:
        """Take note of a key."""
        self._at_ns.pop(hash(name), None)
        self._at_ns[hash(name)] = at_ns
        while self._at_ns:
            oldest, known_ns = next(iter(self._at_ns.items()))
            if known_ns > at_ns - ANSWERED_KEPT_NS:
                if len(self._at_ns) <= self._most:
                    break
                self.is_whole = False
            del self._at_ns[oldest]

    def may_have(self, name: tuple[str, str]) -> bool:
        """Return whether a key may have been used within the last day."""
        return not self.is_whole or hash(name) in self._at_ns


class Once:
    """The keys of one gateway. `note` has an answer written with the commit of its effect."""

    def __init__(
        self, pipeline: Decisions, table: AnsweredTable, note: Callable[[AnsweredRequest], None]
    ) -> None:
        self._pipeline = pipeline
        self._table = table
        self._note = note
        self._recent: OrderedDict[tuple[str, str], AnsweredRequest] = OrderedDict()
        self._running: set[tuple[str, str]] = set()
        after_ns = pipeline.clock_now_ns() - ANSWERED_KEPT_NS
        self._known = KnownKeys(table.answered_keys(after_ns, MAX_KNOWN_KEYS + 1), MAX_KNOWN_KEYS)

    async def decide(
        self, source: str, key: str, digest: str, decide: Callable[[int], T], form: Form[T]
    ) -> Answered[T]:
        """Call `decide(now_ns)` in its turn and return what it returned, once that is durable; where
        (source, key) was answered within a day, return that answer. Raises KeyRefused.

        `digest`: a hash of all that is asked, the kind of the request included.
        """
        name = (source, key)
        if name in self._running:
            raise KeyRefused("idempotency_in_progress", "the first request with this key is not over")
        if self._pipeline.is_full():
            raise KeyRefused("overloaded", "the gateway holds more input than it can write")
        self._running.add(name)
        try:
            answered = await self._decided(name, digest, decide, form)
        finally:
            self._running.discard(name)
        if answered is None:
            detail = "this key was used for a request with other content"
            raise KeyRefused("idempotency_key_reused", detail)
        return answered

    async def _decided(
        self, name: tuple[str, str], digest: str, decide: Callable[[int], T], form: Form[T]
    ) -> Answered[T] | None:
        """Return the answer; None where the key was used for another request."""
        stored = None
        if name not in self._recent and self._known.may_have(name):
            stored = await asyncio.to_thread(self._table.answered_request, *name)

        def first(now_ns: int) -> Answered[T] | None:
            before = self._recent.get(name) or stored
            if before is not None and now_ns - before.at_ns < ANSWERED_KEPT_NS:
                return Answered(form.read(before.result), replayed=True) if before.digest == digest else None
            outcome = decide(now_ns)
            if form.is_lasting(outcome):
                self._remember(AnsweredRequest(*name, digest, now_ns, form.write(outcome)))
            return Answered(outcome)

        return await self._pipeline.decide(first)

    def _remember(self, answered: AnsweredRequest) -> None:
        self._note(answered)
        self._known.add((answered.source, answered.key), answered.at_ns)
        self._recent[answered.source, answered.key] = answered
        while len(self._recent) > MAX_RECENT_ANSWERS:
            self._recent.popitem(last=False)
