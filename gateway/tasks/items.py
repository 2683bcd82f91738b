"""Which pieces a task is about: those that are surely there first, of these the easiest to reach. Pure."""

from collections.abc import Iterable

from gateway.state import State
from gateway.tasks.model import Task, TaskItem
from gateway.tasks.rules import BEHIND

MAX_ITEMS = 10
"""Pieces that are named: whoever stands at the shelf takes what is there."""
MAX_LOOKED_AT = 100
"""Tags of an article that are looked at for one task: a page of tasks must not hold the gateway up."""
SURE = 0.8
"""A piece is likely enough there to be fetched from where it is easy."""
FAR_MINUTES = 100_000


def items_of(state: State, task: Task, now_ns: int) -> tuple[TaskItem, ...]:
    """Return the pieces of a task that is not over; none where its article bears no tags."""
    if not task.is_live or task.sku is None or task.kind == "count":
        return ()
    epcs = [task.epc] if task.epc is not None else _candidates(state, task, now_ns)
    found = [item for item in (_item(state, task.store, epc) for epc in epcs) if item is not None]
    if task.kind == "replenish":
        roles = state.site.roles[task.store]
        found = [item for item in found if roles.get(item.zone or "") in BEHIND]
    found.sort(key=lambda item: _ease(state, task, item))
    return tuple(found[:MAX_ITEMS])


def _candidates(state: State, task: Task, now_ns: int) -> Iterable[str]:
    """Return tags of the article, but for those that lie picked for somebody; in a search those that went unseen too."""
    key = (task.store, task.sku or "")
    epcs = set(state.tags_of.get(key, ()))
    if task.kind == "find":
        epcs |= state.doubtful.get(key, set())
    picked = set(state.book.picked(*key, now_ns)[0]) if task.kind in {"pick", "find"} else set()
    return sorted(epcs - picked - set(task.seen))[:MAX_LOOKED_AT]


def _item(state: State, store: str, epc: str) -> TaskItem | None:
    belief = state.presence.item(epc)
    if belief is None:
        return None
    place = None if belief.place is None else state.site.places[belief.place]
    if place is not None and place.store != store:
        return None
    return TaskItem(epc, None if place is None else place.zone, belief.p_place if place else belief.p_present)


def _ease(state: State, task: Task, item: TaskItem) -> tuple[bool, bool, int, float, str]:
    role = state.site.roles[task.store].get(item.zone or "", "")
    minutes = state.site.pick_minutes[task.store].get(role, FAR_MINUTES)
    is_elsewhere = task.kind == "replenish" and item.zone != task.from_zone
    return item.probability < SURE, is_elsewhere, minutes, -item.probability, item.epc
