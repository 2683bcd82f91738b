"""Tasks between HTTP and the pipeline: implements gateway.tasks.ports.TasksPort. Runtime.

request ─▶ (once per key) ─▶ pipeline pass ─▶ one commit: task, audit ─▶ told
"""

import hashlib
import secrets

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.engine import Engine
from gateway.once import Decisions, Once
from gateway.tasks.desk import TaskDesk
from gateway.tasks.model import (
    NewTask,
    Task,
    TaskCommand,
    TaskForm,
    TaskOutcome,
    TaskQuery,
    TaskRefused,
    TaskView,
)

ID_BITS = 64
OVERLOADED = TaskRefused("overloaded", "the gateway holds more input than it can write")


class TaskOffice:
    """The tasks of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once) -> None:
        self._desk = TaskDesk(engine.state)
        self._pipeline = pipeline
        self._once = once

    async def create(self, source: str, key: str, asked: NewTask, actor: Actor) -> Answered[TaskOutcome]:
        """Make a task by hand, once per key. Raises KeyRefused."""
        digest = hashlib.sha256(f"task {asked!r}".encode()).hexdigest()
        task_id = f"tk_{secrets.randbits(ID_BITS):016x}"
        return await self._once.decide(
            source, key, digest, lambda now_ns: self._desk.create(task_id, asked, actor, now_ns), TaskForm()
        )

    async def task(self, task_id: str) -> TaskView | None:
        """Return a task as it is now; after a pass, so that nothing is told that a crash could take back."""
        return await self._pipeline.decide(lambda now_ns: self._desk.get(task_id, now_ns))

    async def tasks(self, query: TaskQuery) -> list[TaskView]:
        """Return tasks as they are now, in the order that is wanted."""
        return await self._pipeline.decide(lambda now_ns: self._desk.find(query, now_ns))

    def place_of(self, task: Task, query: TaskQuery) -> tuple[int, str]:
        """Return where a task stands in a list."""
        return self._desk.place_of(task, query)

    async def change(
        self, task_id: str, command: TaskCommand, actor: Actor, stores: frozenset[str]
    ) -> TaskOutcome:
        """Let a step take effect."""
        if self._pipeline.is_full():
            return OVERLOADED
        return await self._pipeline.decide(
            lambda now_ns: self._desk.change(task_id, command, actor, stores, now_ns)
        )
