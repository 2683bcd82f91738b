"""Articles that are put into the catalogue, and what becomes of each: plain values and their port. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.audit import Actor
from gateway.catalogue.articles import Article, ArticleSource, TrackedBy

MAX_PUT = 5_000
"""Articles of one request: 1 MiB of them."""

PutOutcome = Literal["created", "changed", "unchanged", "refused"]
PutCode = Literal[
    "gtin_taken",
    "epc_taken",
    "has_stock",
    "on_a_shelf",
    "reserved_sku",
    "pieces_held",
    "too_many_articles",
]


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article as it shall be: what is left out is not set. `tracked_by` None: as it is, of a new one by tag.

    `gtins` are 14 digits, `epcs` upper-case hex.
    """

    sku: str
    gtins: tuple[str, ...] = ()
    name: dict[str, str] = field(default_factory=dict)
    tracked_by: TrackedBy | None = None
    department: str | None = None
    model: str | None = None
    size: str | None = None
    colour: str | None = None
    low_stock_at: int | None = None
    safety_stock: int | None = None
    epcs: tuple[str, ...] = ()

    def article(self, tracked_by: TrackedBy, source: ArticleSource) -> Article:
        """Return it as the catalogue keeps it."""
        return Article(
            sku=self.sku,
            gtins=self.gtins,
            name=self.name,
            tracked_by=tracked_by,
            department=self.department,
            model=self.model,
            size=self.size,
            colour=self.colour,
            low_stock_at=self.low_stock_at,
            safety_stock=self.safety_stock,
            epcs=self.epcs,
            source=source,
        )


@dataclass(frozen=True, slots=True)
class PutVerdict:
    """What became of an article. `field`: the one that was refused, as a JSON pointer from the article on."""

    outcome: PutOutcome
    code: PutCode | None = None
    detail: str | None = None
    field: str | None = None


class CataloguePort(Protocol):
    """The catalogue, as it is changed while the gateway runs."""

    async def put(self, articles: Sequence[NewArticle], actor: Actor) -> list[PutVerdict]:
        """Put articles in, in order; return what became of each, once it is on disk. Raises KeyRefused."""
        ...
