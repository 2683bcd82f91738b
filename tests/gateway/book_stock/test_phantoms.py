"""What the ledger has and the readers are sure not to see asks for a count; what nobody can see asks for nothing."""

from dataclasses import replace

from gateway.alerts.records import AlertState, AlertType
from gateway.alerts.rules import ArticleView, Condition
from gateway.answers import article_view
from gateway.book_stock.account import Figure
from gateway.book_stock.phantoms import PhantomWatch
from gateway.movements import Movement, MovementKind
from tests.support.small_site import STORE, SmallShop, epc

TEES = [epc("TEE", n) for n in range(1, 4)]


def view_of(shop: SmallShop, sku: str = "TEE", **fields: object) -> ArticleView:
    """Return what the rules look at, with some fields set."""
    article = shop.engine.state.catalogue.article(sku)
    assert article is not None
    view = article_view(shop.engine.state, STORE, article, shop.now, ())
    return replace(view, **fields)  # type: ignore[arg-type]  # fields by name


def booked_shop(pieces: int, *tags: str, sku: str = "TEE") -> SmallShop:
    """Return a shop that was read for minutes, and whose ledger has so many."""
    shop = SmallShop()
    shop.run(150, *tags)
    shop.engine.state.books.tell(STORE, sku, Figure(pieces, shop.now))
    return shop


def verdict(shop: SmallShop, sku: str = "TEE", **fields: object) -> Condition | None:
    """Return what is said of an article."""
    return PhantomWatch(shop.engine.state).judged(view_of(shop, sku, **fields))


def edge(shop: SmallShop) -> tuple[bool, bool] | None:
    """Return whether it fires and clears; None: nothing is said."""
    found = verdict(shop)
    return None if found is None else (found.fires, found.clears)


def test_what_the_ledger_has_and_no_reader_sees_fires() -> None:
    """Two in the books and none read; as many read, or none in the books, clears."""
    assert edge(booked_shop(2)) == (True, False)
    assert edge(booked_shop(2, *TEES)) == (False, True)
    assert edge(booked_shop(0)) == (False, True)
    assert edge(SmallShop()) is None, "no ledger tells of it"


def test_what_only_scans_track_is_nobodys_phantom() -> None:
    """Its stock are scans, as the ledger's is: no reader says that it is not there."""
    assert verdict(booked_shop(2, sku="TOTE"), "TOTE") is None


def test_an_inhibition_is_passed_on() -> None:
    """While the readers are down the alert neither fires nor clears."""
    found = verdict(booked_shop(2), inhibited_by="unwatched:floor")
    assert found is not None
    assert found.inhibited_by == "unwatched:floor"


def test_a_count_ends_it_until_the_ledger_tells_anew() -> None:
    """Somebody looked: the ledger is wrong, and is not argued with each hour."""
    shop = booked_shop(2)
    watch = PhantomWatch(shop.engine.state)
    counted = Movement(at_ns=shop.now, recorded_ns=shop.now, store=STORE, sku="TEE",
                       kind=MovementKind.COUNTED, pieces=0, deltas=(), cause="count")  # fmt: skip
    watch.take([counted])
    ended = watch.judged(view_of(shop))
    assert ended is not None
    assert (ended.fires, ended.clears) == (False, True)
    shop.engine.state.books.tell(STORE, "TEE", Figure(2, shop.now + 1))
    anew = watch.judged(view_of(shop))
    assert anew is not None
    assert anew.fires


def test_it_is_told_after_its_hold_by_the_whole_engine() -> None:
    """An hour of it, the readers alive; a reader that dies ends nothing."""
    shop = booked_shop(2)
    shop.engine.state.touched.add((STORE, "TEE"))
    shop.run(3_590, every=60)
    found = [a for a in shop.alerts.values() if a.type is AlertType.PHANTOM_INVENTORY]
    assert found == []
    shop.run(20)
    (alert,) = [a for a in shop.alerts.values() if a.type is AlertType.PHANTOM_INVENTORY]
    assert (alert.state, alert.evidence["ledger"]) == (AlertState.FIRING, 2)
    shop.alive.clear()
    shop.run(200)
    (alert,) = [a for a in shop.alerts.values() if a.type is AlertType.PHANTOM_INVENTORY]
    assert alert.state is AlertState.FIRING
