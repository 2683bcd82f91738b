"""What api/ may ask of tasks. Pure."""

from collections.abc import Sequence
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.tasks.model import NewTask, Task, TaskCommand, TaskOutcome, TaskQuery, TaskView


class TasksPort(Protocol):
    """Tasks. What is returned is on disk. `stores` (empty: all): those that the caller sees."""

    async def create(self, source: str, key: str, asked: NewTask, actor: Actor) -> Answered[TaskOutcome]:
        """Make a task by hand; a request with the `key` of an earlier one of `source` gets its answer.

        Raises KeyRefused.
        """
        ...

    async def task(self, task_id: str) -> TaskView | None:
        """Return a task as it is now; None where there is none (any more)."""
        ...

    async def tasks(self, query: TaskQuery) -> Sequence[TaskView]:
        """Return tasks as they are now, in the order that is wanted."""
        ...

    def place_of(self, task: Task, query: TaskQuery) -> tuple[int, str]:
        """Return where a task stands in a list, for the page after it."""
        ...

    async def change(
        self, task_id: str, command: TaskCommand, actor: Actor, stores: frozenset[str]
    ) -> TaskOutcome:
        """Let a step take effect."""
        ...
