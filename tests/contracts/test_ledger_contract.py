"""What the ERP believes, by the port that the API asks: in memory, as its tests have it, and the ledger itself."""

import asyncio
from typing import Protocol

import pytest

from gateway.answered import Answered, KeyRefused
from gateway.audit import Actor
from gateway.book_stock.model import BookView, LedgerLine, LedgerPort, LineVerdict
from gateway.book_stock.office import LedgerBooks
from gateway.once import Once
from tests.support.fake_books import FakeLedger
from tests.support.fake_documents import AtOnce, NothingAnswered
from tests.support.ledger_site import SHOP, LedgerShop
from tests.support.small_site import T0

ERP = Actor("erp", "192.0.2.1")
SKUS = ("CANDLE", "JEANS", "TEE", "TOTE")


class Bench(Protocol):
    """A ledger of a shop where nothing is believed to be."""

    port: LedgerPort

    def told_of(self, skus: tuple[str, ...]) -> None:
        """Let the ledger say that there are pieces of these articles."""


class InMemory:
    """The fake of the tests of the API; it is told what differs."""

    def __init__(self) -> None:
        self.port = FakeLedger()

    def told_of(self, skus: tuple[str, ...]) -> None:
        self.port.views = [BookView(SHOP, sku, 3, T0, 0, 0, None, None, -3, T0) for sku in skus]


class InTheGateway:
    """The ledger over a whole engine."""

    def __init__(self) -> None:
        shop = LedgerShop()
        pipeline = AtOnce(shop)
        once = Once(pipeline, NothingAnswered(), lambda _: None)
        self.port = LedgerBooks(shop.engine, once, lambda: shop.now)

    def told_of(self, skus: tuple[str, ...]) -> None:
        tell(self.port, "figures", *(LedgerLine(SHOP, sku, 3, None) for sku in skus))


@pytest.fixture(params=[InMemory, InTheGateway])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return a ledger of each kind."""
    made: Bench = request.param()
    return made


def tell(
    port: LedgerPort, key: str, *lines: LedgerLine, source: str = "erp"
) -> Answered[tuple[LineVerdict, ...]]:
    return asyncio.run(port.tell(source, key, lines, ERP))


def test_each_line_has_its_verdict(bench: Bench) -> None:
    """In the order that they were told in; a line of an article that nobody knows spoils no other."""
    lines = [LedgerLine(SHOP, sku, 2, None) for sku in ("TOTE", "NO-SUCH", "JEANS")]
    told = tell(bench.port, "k1", *lines)
    assert told == Answered(("applied", "unknown_sku", "applied"))


def test_a_key_is_answered_once(bench: Bench) -> None:
    """Its repeat gets the same verdicts; the same key of somebody else is another; with other lines it is refused."""
    line = LedgerLine(SHOP, "TOTE", 2, None)
    first = tell(bench.port, "k1", line)
    assert tell(bench.port, "k1", line) == Answered(first.outcome, replayed=True)
    assert not tell(bench.port, "k1", line, source="another").replayed
    with pytest.raises(KeyRefused) as refused:
        tell(bench.port, "k1", LedgerLine(SHOP, "TOTE", 3, None))
    assert refused.value.code == "idempotency_key_reused"


@pytest.mark.parametrize("limit", [1, 3, 4, 9])
def test_pages_tell_of_each_article_once_by_sku(bench: Bench, limit: int) -> None:
    """However many go on a page: those of the store that differ, each once; and of no other store."""
    bench.told_of(SKUS)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = bench.port.page(SHOP, after, limit, differs=True)
        assert len(page.items) <= limit
        seen += [view.sku for view in page.items]
        after = page.after
    assert tuple(seen) == SKUS
    assert bench.port.page("elsewhere-9", "", limit, differs=True).items == ()
