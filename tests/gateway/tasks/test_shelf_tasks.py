"""An empty shelf becomes a task, and the tags that are carried there tick it off: over the whole engine."""

from gateway.engine import Engine
from gateway.site import Site
from gateway.tasks.model import Task, TaskState
from tests.support.kept_engine import KeptEngine
from tests.support.small_site import STORE, SmallShop, articles, epc, small_site

BACK = {"reader": "rear", "antenna": 1}


class ShelfShop(SmallShop):
    """The small site, where an empty shelf is told at once."""

    def __init__(self) -> None:
        super().__init__()
        KeptEngine.__init__(self, self._new)

    def _new(self) -> Engine:
        config = small_site()
        quick = config.alerts.model_copy(update={"hold_s": 5.0, "clear_hold_s": 2.0})
        return Engine(Site(config.model_copy(update={"alerts": quick})), articles())

    def stock(self, floor: int, back: int) -> tuple[list[str], list[str]]:
        """Have so many tees on the floor and behind; return their tags."""
        tags = [epc("TEE", n) for n in range(floor + back)]
        for _ in range(20):
            self.run(5, *tags[:floor])
            self.read(*tags[floor:], **BACK)
        return tags[:floor], tags[floor:]

    def both(self, seconds: int, front: list[str], rear: list[str]) -> None:
        """Let time pass while tags are read on the floor and behind."""
        for _ in range(seconds // 5):
            self.read(*rear, **BACK)
            self.run(5, *front)

    def tasks(self, *states: TaskState) -> list[Task]:
        """Return the tasks of these states as the engine has them."""
        book = self.engine.state.tasks
        return [task for task in [*book.live(), *book._closed.values()] if not states or task.state in states]


def a_shop_with_an_empty_shelf(behind: int = 3) -> tuple[ShelfShop, list[str]]:
    """Return a shop whose only tee on the floor was sold, and the tags behind."""
    shop = ShelfShop()
    front, rear = shop.stock(1, behind)
    shop.tell("sale", epc=front[0])
    shop.both(30, [], rear)
    return shop, rear


def test_an_empty_shelf_asks_for_the_pieces_behind_it() -> None:
    """Which article, how many, from where to where, because of which alert."""
    shop, _ = a_shop_with_an_empty_shelf()
    (task,) = shop.tasks()
    (alert,) = [a for a in shop.firing() if a.type == "shelf_empty_backroom_has_stock"]
    assert (task.kind, task.state, task.sku, task.qty) == ("replenish", "open", "TEE", 3)
    assert (task.from_zone, task.to_zone, task.done) == ("back", "floor", 0)
    assert [(cause.type, cause.ref, cause.episode) for cause in task.causes] == [
        ("alert", alert.fingerprint, alert.id)
    ]


def test_tags_that_come_to_the_shelf_are_counted_and_complete_the_task() -> None:
    """One after the other, then it is done, as the tags show; a restart between forgets nothing."""
    shop, rear = a_shop_with_an_empty_shelf()
    shop.both(60, rear[:1], rear[1:])
    (task,) = shop.tasks()
    assert (task.state, task.done, task.seen) == ("open", 1, (rear[0],))
    shop.restart(shop.now)
    shop.both(60, rear[:1], rear[1:])
    (task,) = shop.tasks()
    assert (task.state, task.done, task.seen) == ("open", 1, (rear[0],))
    shop.both(90, rear, [])
    (task,) = shop.tasks()
    assert (task.state, task.done, task.verified_by) == ("completed", 3, "rfid")
    (refill,) = shop.engine.state.tasks.refills(STORE, 0)
    assert refill.completed_ns - refill.opened_ns > 0
    assert not list(shop.engine.state.tasks.refills(STORE, refill.completed_ns + 1))


def test_a_shelf_that_is_filled_by_nobodys_carrying_withdraws_its_task() -> None:
    """The last pieces behind are sold: there is nothing to bring any more."""
    shop, rear = a_shop_with_an_empty_shelf(behind=2)
    for tag in rear:
        shop.tell("sale", epc=tag)
    shop.both(30, [], [])
    (task,) = shop.tasks()
    assert (task.state, task.verified_by) == ("withdrawn", None)


def test_a_restart_makes_no_second_task() -> None:
    """Nor does the alert that still fires, told again."""
    shop, rear = a_shop_with_an_empty_shelf()
    before = shop.tasks()
    for _ in range(3):
        shop.restart(shop.now)
        shop.both(30, [], rear)
    assert [task.id for task in shop.tasks()] == [task.id for task in before]
