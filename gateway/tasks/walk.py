"""In what order tasks are gone through: zone by zone, on a short walk over the floor plan. Pure.

The walk of a store is laid once, through all its zones, from the back room on: always to the nearest zone that was
not visited yet. So it is the same at each question, and pages of a list fit together while tasks come and go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.tasks.model import NEVER_NS, RANK, Order, Task

START_ROLES = ("back_room", "receiving", "exit")
"""Where people set out: where goods lie, else where they come in, else the door."""
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PlannedZone:
    """A zone on the floor plan. `rect`: x, y, width, height in metres; None: it is not drawn."""

    id: str
    role: str
    rect: Rect | None = None


def walking_order(zones: Iterable[PlannedZone]) -> list[str]:
    """Return the ids of zones in the order of the walk; zones that are not drawn come last, by id."""
    zones = sorted(zones, key=lambda zone: zone.id)
    centres = {zone.id: _centre(zone.rect) for zone in zones if zone.rect is not None}
    path: list[str] = []
    left = dict(centres)
    here = _start(zones)
    while here is not None:
        path.append(here)
        x, y = left.pop(here)
        here = min(
            left, key=lambda name: ((left[name][0] - x) ** 2 + (left[name][1] - y) ** 2, name), default=None
        )
    return path + [zone.id for zone in zones if zone.id not in centres]


def _start(zones: list[PlannedZone]) -> str | None:
    drawn = [zone for zone in zones if zone.rect is not None]
    for role in START_ROLES:
        for zone in drawn:
            if zone.role == role:
                return zone.id
    return drawn[0].id if drawn else None


def _centre(rect: Rect) -> tuple[float, float]:
    x, y, width, height = rect
    return x + width / 2, y + height / 2


class Walk:
    """The walks of all stores."""

    def __init__(self, plans: Mapping[str, Iterable[PlannedZone]]) -> None:
        self._ranks = {
            store: {zone: number for number, zone in enumerate(walking_order(zones))}
            for store, zones in plans.items()
        }

    def place_of(self, task: Task, order: Order) -> tuple[int, str]:
        """Return where a task stands in a list: by when it is due, or by the walk. Places sort as tasks do."""
        due_ns = NEVER_NS if task.due_ns is None else task.due_ns
        last = f"{RANK[task.priority]}/{task.opened_ns:020d}/{task.id}"
        if order == "due":
            return due_ns, last
        first, then = self._rank(task.store, task.zone), self._rank(task.store, task.to_zone)
        return 0, f"{task.store}|{first:05d}|{task.zone or ''}|{then:05d}|{due_ns:020d}|{last}"

    def _rank(self, store: str, zone: str | None) -> int:
        """Return the number of a zone on the walk; what is in no zone comes last."""
        return self._ranks.get(store, {}).get(zone or "", 99_999)
