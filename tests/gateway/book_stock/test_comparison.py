"""The ledger beside a store with readers: compared with the belief, never put into it."""

from collections import Counter

from gateway.book_stock import desk
from gateway.book_stock.model import BookView, LedgerLine
from gateway.explain import explain
from gateway.explanation import BookFigure
from tests.support.ledger_site import ACTOR, LEDGER_SITE, SHOP, WEB, LedgerShop
from tests.support.small_site import S, epc


def listed(shop: LedgerShop, *, differs: bool = False, store: str = SHOP) -> list[BookView]:
    """Return the first page of a store's ledger."""
    return list(desk.page(shop.engine.state, store, "", 50, shop.now, differs=differs).items)


def test_a_figure_changes_no_stock_of_a_store_with_readers() -> None:
    """Four by the ledger, two by their tags: two are in stock, and the difference is told with its beginning."""
    shop = LedgerShop()
    shop.wait(30, epc("TEE", 1), epc("TEE", 2))
    before = len(shop.movements)
    assert shop.figure(4, sku="TEE", store=SHOP) == "applied"
    told_ns = shop.now
    shop.wait(10, epc("TEE", 1), epc("TEE", 2))
    assert len(shop.movements) == before
    (line,) = listed(shop)
    assert (line.book, line.moved, line.on_hand, line.difference) == (4, 0, 2, -2)
    assert (line.as_of_ns, line.since_ns) == (told_ns, told_ns)


def test_what_tills_told_since_is_no_difference() -> None:
    """A sale after the figure is one that the ledger will book: book and belief go down together."""
    shop = LedgerShop()
    shop.tell("receive", 3, sku="TOTE", store=SHOP, ago_s=60)
    shop.figure(3, sku="TOTE", store=SHOP, ago_s=30)
    shop.tell("sale", 1, sku="TOTE", store=SHOP, ago_s=10)
    shop.wait()
    (line,) = listed(shop)
    assert (line.book, line.moved, line.on_hand, line.difference, line.since_ns) == (3, -1, 2, 0, None)
    assert listed(shop, differs=True) == []


def test_an_explanation_names_the_figure() -> None:
    """With what moved since; null where the ledger never named the article."""
    shop = LedgerShop()
    shop.figure(3, ago_s=30)
    shop.tell("sale", ago_s=10)
    told = explain(shop.engine.state, shop.answer(), shop.now).book
    assert told == BookFigure(3, shop.now - 30 * S, -1)
    assert explain(shop.engine.state, shop.answer("TEE"), shop.now).book is None


def test_a_difference_that_ends_and_comes_again_begins_anew() -> None:
    """`since` is of the present difference, and survives a restart."""
    shop = LedgerShop()
    shop.figure(2, sku="TOTE", store=SHOP)
    assert listed(shop)[0].since_ns == shop.now
    shop.wait(60)
    shop.figure(0, sku="TOTE", store=SHOP)
    assert listed(shop)[0].since_ns is None
    shop.wait(60)
    shop.figure(1, sku="TOTE", store=SHOP)
    since_ns = shop.now
    shop.wait(60)
    shop.restart(shop.now)
    assert [line.since_ns for line in listed(shop, differs=True)] == [since_ns]


def test_its_probability_is_that_of_the_belief() -> None:
    """Two tags are read: that there are two or more is sure, that there are three is not; counted ones have none."""
    shop = LedgerShop()
    shop.wait(240, epc("TEE", 1), epc("TEE", 2))
    shop.figure(2, sku="TEE", store=SHOP)
    p = listed(shop)[0].p_book_or_more
    assert p is not None
    assert p > 0.99
    shop.now += S
    shop.figure(3, sku="TEE", store=SHOP)
    p = listed(shop)[0].p_book_or_more
    assert p is not None
    assert p < 0.5
    shop.figure(1, sku="TOTE", store=SHOP)
    assert [line.expected is None for line in listed(shop)] == [False, True]


def test_pages_follow_one_another() -> None:
    """By SKU, each article once; those that differ alone, where that is asked."""
    shop = LedgerShop()
    for sku in ("TOTE", "TEE", "JEANS", "CANDLE"):
        shop.figure(int(sku != "TEE"), sku=sku, store=SHOP)
    first = desk.page(shop.engine.state, SHOP, "", 2, shop.now, differs=True)
    assert [line.sku for line in first.items] == ["CANDLE", "JEANS"]
    assert first.after == "JEANS"
    second = desk.page(shop.engine.state, SHOP, "JEANS", 2, shop.now, differs=True)
    assert [line.sku for line in second.items] == ["TOTE"]
    assert second.after is None


def test_each_line_is_judged_by_itself() -> None:
    """No such store, no such article, tomorrow: each is refused alone; what was taken in is written down once."""
    shop = LedgerShop()
    lines = [
        LedgerLine("nowhere", "TOTE", 1, None),
        LedgerLine(WEB, "NONE", 1, None),
        LedgerLine(WEB, "TOTE", 1, shop.now + 301 * S),
        LedgerLine(WEB, "TOTE", 2, shop.now + 299 * S),
        LedgerLine(WEB, "TEE", 3, None),
    ]
    verdicts = desk.tell(shop.engine.state, lines, ACTOR, shop.now)
    assert verdicts == ("unknown_store", "unknown_sku", "time_in_future", "applied", "applied")
    entries = shop.live(shop.now).audited
    assert [(e.action, e.store, e.detail) for e in entries] == [("ledger.tell", WEB, "figures: 2")]
    assert (shop.pieces("TOTE"), shop.pieces("TEE")) == (2, 3)


def test_a_figure_of_a_clock_ahead_is_of_now() -> None:
    """An ERP whose clock runs two minutes ahead hides no sale of these two minutes."""
    shop = LedgerShop()
    shop.figure(2, ago_s=-120)
    shop.now += S
    shop.tell("sale")
    assert shop.pieces() == 1


def test_a_store_that_gets_readers_keeps_its_ledger_to_compare_with() -> None:
    """What scans alone track stays; tags prove themselves: pieces that the ledger knew of are not counted twice."""
    shop = LedgerShop()
    shop.figure(5, sku="TOTE", ago_s=1)
    shop.figure(3, sku="TEE", ago_s=1)
    shop.tell("sale", sku="TOTE")
    shop.wait()
    shop.site = LEDGER_SITE.replace('source = "ledger"', 'zones = [{ id = "stock", role = "back_room" }]')
    shop.restart(shop.now)
    shop.wait()
    assert (shop.pieces("TOTE"), shop.pieces("TEE")) == (4, 0)
    assert [(line.sku, line.book, line.difference) for line in listed(shop, store=WEB)] == [
        ("TEE", 3, -3),
        ("TOTE", 5, 0),
    ]
    shop.site = LEDGER_SITE
    shop.restart(shop.now)
    shop.wait()
    assert (shop.pieces("TOTE"), shop.pieces("TEE")) == (4, 3)
    assert sums_of(shop) == {("TOTE", 4), ("TEE", 3)}


def sums_of(shop: LedgerShop) -> set[tuple[str, int]]:
    """Return what the journal's deltas add up to in the warehouse, by SKU."""
    sums = Counter[str]()
    for movement in shop.movements:
        if movement.store == WEB:
            sums[movement.sku] += sum(delta.pieces for delta in movement.deltas)
    return set(sums.items())


def test_a_shop_that_loses_its_readers_begins_with_what_was_scanned() -> None:
    """Tags tell of nothing any more where nothing reads them: they leave the stock by a movement."""
    shop = LedgerShop()
    shop.wait(30, epc("TEE", 1), epc("TEE", 2))
    shop.tell("receive", 3, sku="TOTE", store=SHOP)
    shop.figure(6, sku="JEANS", store=SHOP)
    shop.wait()
    named = 'name = "Lyon"\n'
    site = LEDGER_SITE.split("[[readers]]")[0].replace(named, f'{named}source = "ledger"\n')
    shop.site = site.replace('{ id = "floor", role = "floor" }, ', "")
    shop.restart(shop.now)
    shop.live(shop.now)
    assert (shop.pieces("TEE", SHOP), shop.pieces("TOTE", SHOP)) == (0, 3)
    assert shop.answer("TEE", SHOP).reasons == ("no_ledger",)
    assert shop.pieces("JEANS", SHOP) == 6  # the ledger named them, and nobody ever saw one
    shop.figure(2, sku="TEE", store=SHOP)
    shop.live(shop.now)
    assert shop.pieces("TEE", SHOP) == 2
    sums = sum(d.pieces for m in shop.movements if (m.store, m.sku) == (SHOP, "TEE") for d in m.deltas)
    assert sums == 2
