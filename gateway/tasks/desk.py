"""Tasks changed by hand: made, claimed, given back, completed, failed; each step once. Pure."""

from collections.abc import Mapping

from gateway.audit import Actor
from gateway.state import State
from gateway.tasks.items import items_of
from gateway.tasks.model import (
    MAX_NAME_CHARS,
    MAX_PIECES,
    MAX_REASON_CHARS,
    Cause,
    NewTask,
    Task,
    TaskCommand,
    TaskOutcome,
    TaskQuery,
    TaskRefused,
    TaskState,
    TaskView,
    Verb,
)
from gateway.tasks.walk import PlannedZone, Walk

DONE: Mapping[Verb, TaskState] = {
    "claim": "claimed",
    "unclaim": "open",
    "complete": "completed",
    "fail": "failed",
}
"""The state after each step: a step from there changes nothing."""


class TaskDesk:
    """Decides on the tasks of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._book = state.tasks
        self._walk = Walk(
            {
                store.id: [PlannedZone(zone.id, zone.role, zone.rect) for zone in store.zones]
                for store in state.site.config.stores
            }
        )

    # -- looking --------------------------------------------------------------------------------------

    def view(self, task: Task, now_ns: int) -> TaskView:
        """Return a task with the pieces that it is about."""
        return TaskView(task, items_of(self._state, task, now_ns))

    def get(self, task_id: str, now_ns: int) -> TaskView | None:
        """Return a task; None where there is none (any more)."""
        task = self._book.get(task_id)
        return None if task is None else self.view(task, now_ns)

    def find(self, query: TaskQuery, now_ns: int) -> list[TaskView]:
        """Return tasks in the order that is wanted."""
        return [self.view(task, now_ns) for task in self._book.find(query, self._walk)]

    def place_of(self, task: Task, query: TaskQuery) -> tuple[int, str]:
        """Return where a task stands in a list."""
        return self._walk.place_of(task, query.order)

    # -- a new one ------------------------------------------------------------------------------------

    def create(self, task_id: str, asked: NewTask, actor: Actor, now_ns: int) -> TaskOutcome:
        """Make a task that somebody thought of."""
        refusal = self._not_so(asked)
        if refusal is not None:
            return refusal
        task = Task(
            id=task_id,
            kind=asked.kind,
            store=asked.store,
            sku=asked.sku,
            qty=min(asked.qty, MAX_PIECES),
            opened_ns=now_ns,
            causes=(Cause("hand", task_id),),
            from_zone=asked.from_zone,
            to_zone=asked.to_zone,
            due_ns=asked.due_ns,
            priority=asked.priority,
            note=asked.note[:MAX_REASON_CHARS],
        )
        self._book.put(task)
        self._audit(actor, "create", task, task.kind, now_ns)
        return self.view(task, now_ns)

    def _not_so(self, asked: NewTask) -> TaskRefused | None:
        roles = self._state.site.roles.get(asked.store)
        if roles is None:
            return TaskRefused("unknown_store", f"there is no store {asked.store!r}")
        for pointer, zone in (("/from_zone", asked.from_zone), ("/to_zone", asked.to_zone)):
            if zone is not None and zone not in roles:
                faults = ((pointer, f"{zone!r} is not known"),)
                return TaskRefused("unknown_zone", f"no zone {zone!r} in store {asked.store!r}", faults)
        if asked.sku is not None and self._state.catalogue.article(asked.sku) is None:
            faults = (("/sku", f"{asked.sku!r} is not known"),)
            return TaskRefused("unknown_sku", f"there is no article {asked.sku!r}", faults)
        if self._book.is_full(asked.store):
            return TaskRefused("too_many_open", f"store {asked.store!r} has as many tasks as it may")
        return None

    # -- its steps ------------------------------------------------------------------------------------

    def change(
        self, task_id: str, command: TaskCommand, actor: Actor, stores: frozenset[str], now_ns: int
    ) -> TaskOutcome:
        """Let a step take effect; one that was done already changes nothing."""
        task = self._book.get(task_id)
        if task is None or (stores and task.store not in stores):
            return TaskRefused("unknown_task", f"there is no task {task_id!r}")
        by = command.by[:MAX_NAME_CHARS]
        if task.state == DONE[command.verb] and (command.verb != "claim" or by == task.claimed_by):
            return self.view(task, now_ns)
        refusal = _not_now(task, command)
        if refusal is not None:
            return refusal
        if command.verb == "claim":
            after = task.changed(state="claimed", claimed_by=by, claimed_key=actor.key_id, claimed_ns=now_ns)
        elif command.verb == "unclaim":
            after = task.changed(state="open", claimed_by=None, claimed_key=None, claimed_ns=None)
        else:
            after = task.changed(
                state=DONE[command.verb],
                closed_ns=now_ns,
                closed_by=actor.key_id,
                verified_by="user" if command.verb == "complete" else None,
                reason=command.reason[:MAX_REASON_CHARS],
                lingers_until_ns=None,
            )
        self._book.put(after)
        self._audit(actor, command.verb, after, after.reason, now_ns)
        return self.view(after, now_ns)

    def _audit(self, actor: Actor, verb: str, task: Task, detail: str, now_ns: int) -> None:
        """Write a step down, without the name of who claimed: that is a person's, and goes with the task."""
        self._state.audit(actor, f"tasks.{verb}", task.store, task.id, detail, now_ns)


def _not_now(task: Task, command: TaskCommand) -> TaskRefused | None:
    """Return why a step cannot be done to a task as it stands."""
    if not task.is_live:
        return TaskRefused("task_over", f"the task is {task.state}")
    if command.version is not None and command.version != task.version:
        return TaskRefused("task_changed", f"the task is at version {task.version} by now")
    if command.verb == "claim" and task.state == "claimed":
        return TaskRefused("task_claimed", "somebody else claimed the task: they give it back first")
    return None
