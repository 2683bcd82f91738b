"""The JSON of tasks. Pure."""

from dataclasses import replace

from api.encoding import Json, dump, shown_p
from api.problems import Fault, Problem
from api.times import rfc3339, rfc3339_or_none
from gateway.tasks.model import Task, TaskRefused, TaskView

NS_PER_S = 1_000_000_000


def task_body(view: TaskView) -> Json:
    """Return a task as JSON."""
    task = view.task
    is_completed = task.state == "completed" and task.closed_ns is not None
    return {
        "id": task.id,
        "kind": task.kind,
        "state": task.state,
        "store": task.store,
        "sku": task.sku,
        "qty": task.qty,
        "done": task.done,
        "items": [
            {"epc": item.epc, "zone": item.zone, "probability": shown_p(item.probability)}
            for item in view.items
        ],
        "zone": task.zone,
        "from_zone": task.from_zone,
        "to_zone": task.to_zone,
        "due_at": rfc3339_or_none(task.due_ns),
        "priority": task.priority,
        "causes": [
            {"type": cause.type, "ref": cause.ref, "episode": cause.episode, "gone": cause.gone}
            for cause in task.causes
        ],
        "note": task.note,
        "claimed_by": task.claimed_by,
        "claimed_key": task.claimed_key,
        "verified_by": task.verified_by,
        "reason": task.reason,
        "created_at": rfc3339(task.opened_ns),
        "claimed_at": rfc3339_or_none(task.claimed_ns),
        "closed_at": rfc3339_or_none(task.closed_ns),
        "took_s": ((task.closed_ns or 0) - task.opened_ns) / NS_PER_S if is_completed else None,
        "version": task.version,
    }


def encode_task(view: TaskView) -> bytes:
    """Return a task as JSON text."""
    return dump(task_body(view))


def encode_told_task(task: Task) -> bytes:
    """Return a task as events tell it: without who claimed it, a person's name, and without the pieces to take."""
    return encode_task(TaskView(replace(task, claimed_by=None)))


def task_problem(refused: TaskRefused, headers: dict[str, str] | None = None) -> Problem:
    """Return a refusal as a problem."""
    headers = dict(headers or {})
    if refused.code == "overloaded":
        headers["retry-after"] = "1"
    errors = [Fault(pointer, reason) for pointer, reason in refused.faults]
    return Problem(refused.code, refused.detail, errors=errors, headers=headers)
