"""The walk over the floor plan: from the back room, always to the nearest zone not visited yet."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.tasks.model import Cause, Task
from gateway.tasks.walk import PlannedZone, Walk, walking_order

SHOP = [
    PlannedZone("denim", "floor", (8, 5, 6, 5)),
    PlannedZone("back", "back_room", (0, 0, 4, 4)),
    PlannedZone("shoes", "floor", (20, 5, 4, 4)),
    PlannedZone("till", "till", (14, 12, 2, 2)),
    PlannedZone("attic", "back_room"),
    PlannedZone("annex", "floor"),
]
TASK = Task(
    "tk_1", "replenish", "lyon-1", "TEE", 1, 7, (Cause("hand", "tk_1"),), from_zone="back", to_zone="denim"
)


def test_the_walk_sets_out_in_the_back_room_and_goes_to_the_nearest() -> None:
    """What is not drawn comes last, by its id."""
    assert walking_order(SHOP) == ["back", "denim", "till", "shoes", "annex", "attic"]


def test_without_a_back_room_the_walk_begins_at_the_door() -> None:
    """Or else at the first zone that is drawn; a plan without any is in order of ids."""
    here = [zone for zone in SHOP if zone.role != "back_room"]
    assert walking_order([*here, PlannedZone("gate", "exit", (19, 0, 1, 1))])[:2] == ["gate", "shoes"]
    assert walking_order(here)[0] == "denim"
    assert walking_order([replace(zone, rect=None) for zone in here]) == ["annex", "denim", "shoes", "till"]
    assert walking_order([]) == []


@given(st.permutations(SHOP))
def test_the_walk_does_not_depend_on_the_order_of_the_file(zones: list[PlannedZone]) -> None:
    """And visits each zone once."""
    assert walking_order(zones) == walking_order(SHOP)
    assert sorted(walking_order(zones)) == sorted(zone.id for zone in SHOP)


def test_tasks_are_grouped_by_where_one_goes_first() -> None:
    """In a group by where the pieces go; what is in no zone comes last. By due, time alone counts."""
    walk = Walk({"lyon-1": SHOP})
    tasks = [
        replace(TASK, id="nowhere", from_zone=None, to_zone=None),
        replace(TASK, id="shoes", from_zone=None, to_zone="shoes"),
        replace(TASK, id="back-shoes", to_zone="shoes", due_ns=5),
        replace(TASK, id="annex", from_zone="annex"),
        replace(TASK, id="back-denim", due_ns=9),
        replace(TASK, id="back-denim-high", priority="high"),
    ]

    def listed(order: str) -> list[str]:
        return [t.id for t in sorted(tasks, key=lambda task: walk.place_of(task, order))]  # type: ignore[arg-type]  # one of two

    assert listed("walk") == ["back-denim", "back-denim-high", "back-shoes", "shoes", "annex", "nowhere"]
    assert listed("due") == ["back-shoes", "back-denim", "back-denim-high", "annex", "nowhere", "shoes"]
