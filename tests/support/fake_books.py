"""The ledger and the catalogue behind the ports of the API, in memory: they keep what they are told."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.answered import Answered, KeyRefused
from gateway.audit import Actor
from gateway.book_stock.model import BookPage, BookView, LedgerLine, LineVerdict
from gateway.book_stock.office import VerdictsForm
from gateway.catalogue.model import NewArticle, PutVerdict
from gateway.once import Once
from tests.support.fake_documents import NothingAnswered

T = TypeVar("T")


class FakeLedger:
    """Implements LedgerPort: SKUs that begin with NO are unknown; each key is answered once."""

    def __init__(self) -> None:
        self.lines: list[LedgerLine] = []
        self.actors: list[Actor] = []
        self.views: list[BookView] = []
        self.refuses: KeyRefused | None = None
        self._once = Once(self, NothingAnswered(), lambda _: None)

    async def tell(
        self, source: str, key: str, lines: Sequence[LedgerLine], actor: Actor
    ) -> Answered[tuple[LineVerdict, ...]]:
        if self.refuses is not None:
            raise self.refuses
        return await self._once.decide(
            source, key, repr(lines), lambda _: self._told(lines, actor), VerdictsForm()
        )

    def _told(self, lines: Sequence[LedgerLine], actor: Actor) -> tuple[LineVerdict, ...]:
        self.lines += lines
        self.actors.append(actor)
        return tuple(self._verdict(line) for line in lines)

    def _verdict(self, line: LedgerLine) -> LineVerdict:
        return "unknown_sku" if line.sku.startswith("NO") else "applied"

    def page(self, store: str, after: str, limit: int, *, differs: bool) -> BookPage:
        found = [view for view in self.views if view.store == store and view.sku > after]
        found = [view for view in found if view.difference or not differs]
        page = tuple(found[:limit])
        return BookPage(page, page[-1].sku if len(found) > limit else None)

    # -- gateway.once.Decisions -------------------------------------------------------------------

    def is_full(self) -> bool:
        return False

    def clock_now_ns(self) -> int:
        return 0

    async def decide(self, decide: Callable[[int], T]) -> T:
        return decide(0)


class FakeCatalogue:
    """Implements CataloguePort: SKUs that begin with NO are refused."""

    def __init__(self) -> None:
        self.put_in: list[NewArticle] = []
        self.actors: list[Actor] = []

    async def put(self, articles: Sequence[NewArticle], actor: Actor) -> list[PutVerdict]:
        self.actors.append(actor)
        return [self._put(article) for article in articles]

    def _put(self, article: NewArticle) -> PutVerdict:
        if article.sku.startswith("NO"):
            detail = "GTIN 03012345000024 belongs to 'DEN-501-32'"
            return PutVerdict("refused", "gtin_taken", detail, "/gtins")
        self.put_in.append(article)
        return PutVerdict("created")
