"""Tasks as values: what a person is asked to do, why, how far it is, how it ended. Pure.

open ──claim──▶ claimed ──complete──▶ completed       by a person, or by the tags (verified_by: rfid)
  ▲               │ └─────fail──────▶ failed
  └────unclaim────┘
open, claimed ── its cause goes away ──▶ withdrawn
Whoever completes or fails an open task did it without claiming. What is over stays as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Kind = Literal["replenish", "count", "find", "pick", "put_back"]
TaskState = Literal["open", "claimed", "completed", "failed", "withdrawn"]
Priority = Literal["high", "normal", "low"]
CauseType = Literal["alert", "reservation", "count", "hand"]
VerifiedBy = Literal["rfid", "user"]
Verb = Literal["claim", "unclaim", "complete", "fail"]
Order = Literal["due", "walk"]

KINDS: tuple[Kind, ...] = ("replenish", "count", "find", "pick", "put_back")
LIVE_STATES: frozenset[TaskState] = frozenset({"open", "claimed"})
RANK: Mapping[Priority, int] = {"high": 0, "normal": 1, "low": 2}
MAX_NAME_CHARS = 64
MAX_REASON_CHARS = 200
MAX_CAUSES = 16
"""Causes that one task is of: an alert for each zone in which an article stands, and some."""
MAX_PIECES = 1_000
"""Pieces of one task, whose tags it remembers: what is more is a delivery."""
NEVER_NS = 2**63 - 1
"""Sorts what is due at no time behind all that is."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a task is there. `ref`: the alert's fingerprint, the reservation's or the count's id; `episode`: which
    time of several (the alert's id). `gone`: it is over.
    """

    type: CauseType
    ref: str
    episode: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands. Pieces in `qty` and `done` (never more than `qty`), times in ns.

    `seen`: tags that were seen to arrive; `done` counts them, and pieces without a tag. `claimed_by`: a name as the
    caller gave it, `claimed_key` the id of the key. `lingers_until_ns`: its cause is gone but pieces have come: so
    long the rest is waited for.
    """

    id: str
    kind: Kind
    store: str
    sku: str | None
    qty: int
    opened_ns: int
    causes: tuple[Cause, ...]
    state: TaskState = "open"
    done: int = 0
    seen: tuple[str, ...] = ()
    epc: str | None = None
    from_zone: str | None = None
    to_zone: str | None = None
    due_ns: int | None = None
    priority: Priority = "normal"
    note: str = ""
    claimed_by: str | None = None
    claimed_key: str | None = None
    claimed_ns: int | None = None
    closed_ns: int | None = None
    closed_by: str | None = None
    verified_by: VerifiedBy | None = None
    reason: str = ""
    lingers_until_ns: int | None = None
    version: int = 1

    @property
    def is_live(self) -> bool:
        """Return whether somebody is still to do it."""
        return self.state in LIVE_STATES

    @property
    def is_wanted(self) -> bool:
        """Return whether any of its causes stands."""
        return any(not cause.gone for cause in self.causes)

    @property
    def zone(self) -> str | None:
        """Return where whoever does it goes first."""
        return self.from_zone or self.to_zone

    def changed(self, **fields: Any) -> "Task":
        """Return it with `fields` set, as its next version."""
        return replace(self, **fields, version=self.version + 1)

    def with_cause(self, cause: Cause) -> "Task":
        """Return it with one cause added, or the earlier one of the same thing replaced; its version stays."""
        others = tuple(c for c in self.causes if (c.type, c.ref) != (cause.type, cause.ref))
        return replace(self, causes=(*others, cause)[-MAX_CAUSES:])

    def to_json(self) -> str:
        """Return all of it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def task_of(text: str) -> Task:
    """Return the task that `Task.to_json` wrote."""
    raw = json.loads(text)
    causes = tuple(Cause(**cause) for cause in raw["causes"])
    return Task(**{**raw, "causes": causes, "seen": tuple(raw["seen"])})


@dataclass(frozen=True, slots=True)
class TaskItem:
    """A piece that the task is about. `probability`: that it is where it is said to be; `zone` None: nowhere sure."""

    epc: str
    zone: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as it is shown: with the pieces that are likeliest and easiest to get, first ones first."""

    task: Task
    items: tuple[TaskItem, ...] = ()


# -- what may be asked ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task made by hand."""

    store: str
    kind: Kind
    sku: str | None = None
    qty: int = 1
    from_zone: str | None = None
    to_zone: str | None = None
    due_ns: int | None = None
    priority: Priority = "normal"
    note: str = ""


@dataclass(frozen=True, slots=True)
class TaskCommand:
    """A step by hand. `version`: that the task is known at; None: whichever. `by`: who claims, `reason`: why it failed."""

    verb: Verb
    version: int | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks are wanted, and in what order. Empty: all stores, kinds; the states of those that are not over.

    `after`: the place of the last task of the page before, as `gateway.tasks.walk.place_of` tells it.
    """

    stores: tuple[str, ...] = ()
    states: tuple[TaskState, ...] = ()
    kinds: tuple[Kind, ...] = ()
    claimed_by: str | None = None
    order: Order = "due"
    after: tuple[int, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TaskRefused:
    """Why nothing was done. `faults`: (JSON pointer, reason)."""

    code: str
    detail: str
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RefillTime:
    """How long an empty shelf waited for its pieces, for key figures."""

    store: str
    sku: str
    opened_ns: int
    completed_ns: int
    verified_by: VerifiedBy


TaskOutcome = TaskView | TaskRefused


class TaskForm:
    """How the answer to a request for a task is stored: a task is; a refusal is decided anew."""

    def is_lasting(self, outcome: TaskOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, TaskView)

    def write(self, outcome: TaskOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, TaskRefused):
            raise TypeError("a refusal is not stored")
        return json.dumps({"task": outcome.task.to_json(), "items": [asdict(i) for i in outcome.items]})

    def read(self, text: str) -> TaskOutcome:
        """Return the outcome that `write` wrote."""
        raw = json.loads(text)
        return TaskView(task_of(raw["task"]), tuple(TaskItem(**item) for item in raw["items"]))
