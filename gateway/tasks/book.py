"""The tasks that are live, and those that are over for a while, with what finds them. Pure.

For key figures: `refills(store, since_ns)` yields how long each empty shelf waited for its pieces.
"""

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator

from gateway.tasks.model import LIVE_STATES, CauseType, Kind, RefillTime, Task, TaskQuery, task_of
from gateway.tasks.walk import Walk

MAX_LIVE = 2_000
"""Live tasks of one store: more than its people do in a week. What is beyond is counted, and made when there is
room and its cause is told again."""
MAX_CLOSED, CLOSED_KEPT_NS = 5_000, 14 * 86_400 * 1_000_000_000
"""Tasks that are over are kept for so long, and so many: who claimed one is a person, so no longer than needed."""
TOO_MANY = "too_many_live"
"""Why a task was not made: its store has as many as it may."""
LOOKED_AT = 20
"""Closed tasks looked at in one pass for whether they may go."""


class TaskBook:
    """All tasks of a gateway. One owner changes it."""

    def __init__(self, max_live: int = MAX_LIVE, max_closed: int = MAX_CLOSED) -> None:
        """`max_live`: of one store."""
        self._max_live, self._max_closed = max_live, max_closed
        self._live: dict[str, Task] = {}
        self._closed: OrderedDict[str, Task] = OrderedDict()
        self._by_cause: dict[tuple[CauseType, str], dict[str, None]] = {}
        self._by_line: dict[tuple[str, str], dict[str, None]] = {}
        self._per_store: Counter[str] = Counter()
        self._dirty: dict[str, None] = {}
        self._changed: dict[str, Task] = {}
        self.not_made: Counter[str] = Counter()
        """Tasks that were not made, by reason, since start."""

    # -- answers --------------------------------------------------------------------------------------

    def get(self, task_id: str) -> Task | None:
        """Return a task that is live, or over for not too long."""
        return self._live.get(task_id) or self._closed.get(task_id)

    def live(self) -> Collection[Task]:
        """Return the live tasks, oldest first."""
        return self._live.values()

    def is_full(self, store: str) -> bool:
        """Return whether a store has as many live tasks as it may."""
        return self._per_store[store] >= self._max_live

    def of_line(self, store: str, sku: str) -> list[Task]:
        """Return the live tasks about an article in a store, oldest first."""
        return [self._live[name] for name in self._by_line.get((store, sku), ())]

    def has_line(self, store: str, sku: str) -> bool:
        """Return whether a live task is about an article in a store."""
        return (store, sku) in self._by_line

    def of_cause(self, type_: CauseType, ref: str) -> list[Task]:
        """Return the tasks of a cause, oldest first; those that are over too."""
        found = (self.get(name) for name in self._by_cause.get((type_, ref), ()))
        return [task for task in found if task is not None]

    def latest(self, kind: Kind, type_: CauseType, ref: str, about: str | None) -> Task | None:
        """Return the live task of a cause about a SKU or a zone, else the last one that is over."""
        found = [
            task
            for task in self.of_cause(type_, ref)
            if task.kind == kind and about in (task.sku, None if task.sku else task.to_zone)
        ]
        return next((task for task in found if task.is_live), found[-1] if found else None)

    def find(self, query: TaskQuery, walk: Walk) -> list[Task]:
        """Return the tasks that are wanted, in the order that is wanted."""
        states = frozenset(query.states) or LIVE_STATES
        pools = (
            [self._live.values()] if states <= LIVE_STATES else [self._live.values(), self._closed.values()]
        )
        found = [
            (walk.place_of(task, query.order), task)
            for pool in pools
            for task in pool
            if task.state in states
            and (not query.stores or task.store in query.stores)
            and (not query.kinds or task.kind in query.kinds)
            and (query.claimed_by is None or task.claimed_by == query.claimed_by)
        ]
        found.sort(key=lambda pair: pair[0])
        return [task for place, task in found if query.after is None or place > query.after][: query.limit]

    def refills(self, store: str, since_ns: int) -> Iterator[RefillTime]:
        """Yield how long replenish tasks of a store took that were completed since then, as long as they are kept."""
        for task in self._closed.values():
            done_ns = task.closed_ns or 0
            if (task.kind, task.state, task.store) == (
                "replenish",
                "completed",
                store,
            ) and done_ns >= since_ns:
                verified_by = task.verified_by or "user"
                yield RefillTime(store, task.sku or "", task.opened_ns, done_ns, verified_by)

    # -- changes --------------------------------------------------------------------------------------

    def put(self, task: Task, *, is_told: bool = True) -> None:
        """Take a new task in, or what became of one. Not `is_told`: nothing that anybody sees changed."""
        self._forget(task.id)
        self._take(task)
        self._dirty[task.id] = None
        if is_told:
            self._changed[task.id] = task

    def _forget(self, task_id: str) -> None:
        before = self._live.pop(task_id, None)
        if before is not None:
            self._per_store[before.store] -= 1
            self._drop_line(before)

    def _drop_line(self, task: Task) -> None:
        key = (task.store, task.sku or "")
        names = self._by_line.get(key, {})
        names.pop(task.id, None)
        if not names:
            self._by_line.pop(key, None)

    def _take(self, task: Task) -> None:
        for cause in task.causes:
            self._by_cause.setdefault((cause.type, cause.ref), {})[task.id] = None
        if not task.is_live:
            self._closed[task.id] = task
            return
        self._live[task.id] = task
        self._per_store[task.store] += 1
        if task.sku is not None:
            self._by_line.setdefault((task.store, task.sku), {})[task.id] = None

    def advance(self, now_ns: int) -> None:
        """Let go of tasks that are over for long; of those whose cause stands not, lest they be made again."""
        for _ in range(min(LOOKED_AT, len(self._closed))):
            name, oldest = next(iter(self._closed.items()))
            is_old = (oldest.closed_ns or 0) < now_ns - CLOSED_KEPT_NS
            if not is_old and len(self._closed) <= self._max_closed:
                break
            if any(not cause.gone and cause.type != "hand" for cause in oldest.causes):
                self._closed.move_to_end(name)
                continue
            del self._closed[name]
            self._dirty[name] = None
            for cause in oldest.causes:
                names = self._by_cause.get((cause.type, cause.ref), {})
                names.pop(name, None)
                if not names:
                    self._by_cause.pop((cause.type, cause.ref), None)

    def drain(self) -> list[Task]:
        """Return what changed since the last drain: each task once, as it is now."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    # -- persistence ----------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (id, JSON; None: gone) of what changed since the last call."""
        dirty, self._dirty = self._dirty, {}
        found = ((name, self.get(name)) for name in dirty)
        return [(name, None if task is None else task.to_json()) for name, task in found]

    def restore(self, rows: Iterable[tuple[str, str]], stores: Collection[str]) -> None:
        """Take up what `dirty_rows` wrote of `stores`; what is of a store that the site no longer has is let go."""
        tasks = sorted(
            (task_of(text) for _, text in rows), key=lambda task: (task.closed_ns or 0, task.opened_ns)
        )
        for task in tasks:
            if task.store in stores:
                self._take(task)
            else:
                self._dirty[task.id] = None
