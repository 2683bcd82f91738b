"""Reservations and counts make tasks, and end them: over the whole engine."""

from gateway.reservations.model import Collect, Confirm, LineAsked, Pick, Ready, Release, Risk
from gateway.tasks.model import Task
from tests.support.counting_shop import CountingShop
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import SmallShop, epc


def tasks(shop: SmallShop, kind: str) -> list[Task]:
    """Return the tasks of a kind, those that are over too, oldest first."""
    book = shop.engine.state.tasks
    return [task for task in [*book._closed.values(), *book.live()] if task.kind == kind]


def told(shop: SmallShop, kind: str) -> list[tuple[str, int, int]]:
    """Return (state, done, pieces) of the tasks of a kind."""
    return [(task.state, task.done, task.qty) for task in tasks(shop, kind)]


def a_shop_with_tees() -> tuple[HoldingShop, list[str]]:
    """Return a shop with three tees on the floor, and their tags."""
    shop = HoldingShop()
    tags = [epc("TEE", n) for n in range(3)]
    shop.run(150, *tags)
    return shop, tags


def test_a_confirmed_reservation_is_picked() -> None:
    """A hold alone is nobody's work; a confirmed one is, until its pieces lie ready; it says by when."""
    shop, tags = a_shop_with_tees()
    hold = shop.hold(("TEE", 2))
    shop.live(shop.now)
    assert not tasks(shop, "pick")
    confirmed = shop.done(hold, Confirm())
    shop.live(shop.now)
    (task,) = tasks(shop, "pick")
    assert (task.state, task.sku, task.qty, task.done, task.from_zone) == ("open", "TEE", 2, 0, "floor")
    assert task.due_ns is not None
    assert shop.now < task.due_ns < confirmed.expires_ns
    shop.done(hold, Pick(epcs=(tags[0],)))
    shop.live(shop.now)
    assert told(shop, "pick") == [("open", 1, 2)]
    shop.restart(shop.now)
    shop.live(shop.now)
    shop.done(hold, Pick(epcs=(tags[1],)))
    shop.live(shop.now)
    assert told(shop, "pick") == [("completed", 2, 2)]
    assert tasks(shop, "pick")[0].verified_by == "rfid"
    shop.done(hold, Ready())
    shop.done(hold, Collect(sold_by_till=True))
    shop.live(shop.now)
    assert told(shop, "pick") == [("completed", 2, 2)]


def test_what_a_person_says_was_picked_is_verified_by_them() -> None:
    """Articles without tags are picked by number."""
    shop = HoldingShop(totes=2)
    shop.live(shop.now)
    hold = shop.done(shop.hold(("TOTE", 1)), Confirm())
    shop.live(shop.now)
    shop.done(hold, Pick(lines=(LineAsked("TOTE", 1),)))
    shop.live(shop.now)
    assert [(task.state, task.verified_by) for task in tasks(shop, "pick")] == [("completed", "user")]


def test_a_reservation_that_is_released_needs_no_picking() -> None:
    """Its task is withdrawn; a restart does not bring it back."""
    shop, _ = a_shop_with_tees()
    hold = shop.done(shop.hold(("TEE", 1)), Confirm())
    shop.live(shop.now)
    shop.done(hold, Release())
    shop.live(shop.now)
    shop.restart(shop.now)
    shop.live(shop.now)
    assert told(shop, "pick") == [("withdrawn", 0, 1)]


def test_a_piece_that_went_missing_is_looked_for_until_it_is_secured() -> None:
    """Each time anew; but stock that is unknown is the readers' to mend."""
    shop, _ = a_shop_with_tees()
    hold = shop.done(shop.hold(("TEE", 1)), Confirm())
    book = shop.engine.state.book

    def at_risk(*risks: Risk) -> list[tuple[str, int, int]]:
        held = book.get(hold.id)
        assert held is not None
        shop.now += 1
        book.put(held.changed(shop.now, risks=risks))
        shop.engine._task_watch.take([], [], book.drain()[0], shop.now)
        return told(shop, "find")

    assert at_risk(Risk("TEE", "stock_unknown")) == []
    assert at_risk(Risk("TEE", "not_enough")) == [("open", 0, 1)]
    assert at_risk(Risk("TEE", "stock_unknown")) == [("open", 0, 1)]
    assert at_risk() == [("completed", 1, 1)]
    assert at_risk(Risk("TEE", "not_sure")) == [("completed", 1, 1), ("open", 0, 1)]
    assert [task.verified_by for task in tasks(shop, "find")] == ["rfid", None]


def test_each_zone_of_an_open_count_is_a_task_until_it_is_submitted() -> None:
    """A recount asks for its zones again; cancelled, nobody need count."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor", "back")
    shop.wait()
    assert [(task.to_zone, task.state) for task in tasks(shop, "count")] == [
        ("floor", "open"),
        ("back", "open"),
    ]
    shop.see(count, qty=3, sku="TOTE")
    shop.done(count, "submit")
    shop.wait()
    assert told(shop, "count") == [("completed", 1, 1), ("completed", 1, 1)]
    shop.done(count, "recount", lines=(("TOTE", "floor"),))
    shop.wait()
    shop.restart(shop.now)
    shop.wait()
    assert [(task.to_zone, task.state) for task in tasks(shop, "count")][2:] == [("floor", "open")]
    shop.done(count, "cancel")
    shop.wait()
    assert told(shop, "count")[2:] == [("withdrawn", 0, 1)]
