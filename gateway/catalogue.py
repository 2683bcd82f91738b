"""The articles a site sells, and the look-up from GTIN to SKU. Pure.

A product that no catalogue names is kept, never dropped: it gets a SKU of its own (`gtin-…`),
marked as unknown. Tags that bear no product code at all share one (`UNIDENTIFIED`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

TrackedBy = Literal["tag", "weight", "count"]
UNIDENTIFIED = "unidentified-tags"
MAX_UNKNOWN_ARTICLES = 10_000
"""Foreign products pass every shop door on customers; past this many they count as unidentified."""


@dataclass(frozen=True, slots=True)
class Article:
    """A sellable thing. `gtins` are 14 digits. `epcs`: tags bound to it by hand, as upper-case hex, for
    their code names no product.
    """

    sku: str
    gtins: tuple[str, ...] = ()
    name: dict[str, str] = field(default_factory=dict)
    tracked_by: TrackedBy = "tag"
    known: bool = True
    department: str | None = None
    model: str | None = None
    size: str | None = None
    colour: str | None = None
    low_stock_at: int | None = None
    safety_stock: int | None = None
    epcs: tuple[str, ...] = ()


class Catalogue:
    """Articles by SKU and by GTIN; grows by the unknown products that readers meet."""

    def __init__(self, articles: Iterable[Article]) -> None:
        """Raises ValueError naming both articles where two share a SKU or a GTIN."""
        self._by_sku: dict[str, Article] = {}
        self._by_gtin: dict[str, str] = {}
        self._by_epc: dict[str, str] = {}
        self._by_model: dict[str, list[str]] = {}
        self._unknown = 0
        for article in articles:
            self._add(article)

    def _add(self, article: Article) -> None:
        if article.sku in self._by_sku:
            raise ValueError(f"SKU {article.sku!r} stands twice in the catalogue")
        for gtin in article.gtins:
            other = self._by_gtin.setdefault(gtin, article.sku)
            if other != article.sku:
                raise ValueError(f"GTIN {gtin} belongs to both {other!r} and {article.sku!r}")
        for epc in article.epcs:
            other = self._by_epc.setdefault(epc, article.sku)
            if other != article.sku:
                raise ValueError(f"EPC {epc} is bound to both {other!r} and {article.sku!r}")
        self._by_sku[article.sku] = article
        if article.model is not None:
            self._by_model.setdefault(article.model, []).append(article.sku)

    def variants(self, sku: str) -> list[Article]:
        """Return an article, and behind it the others of its model, by SKU; empty where there is none."""
        article = self._by_sku.get(sku)
        if article is None:
            return []
        others = sorted(other for other in self._by_model.get(article.model or "", ()) if other != sku)
        return [article, *(self._by_sku[other] for other in others)]

    def article(self, sku: str) -> Article | None:
        """Return the article of a SKU."""
        return self._by_sku.get(sku)

    def sku_of(self, gtin: str) -> str | None:
        """Return the SKU that a GTIN-14 stands for, unknown products included once met."""
        return self._by_gtin.get(gtin)

    def sku_of_epc(self, epc: str) -> str | None:
        """Return the SKU that a tag was bound to by hand."""
        return self._by_epc.get(epc)

    def bound_epcs(self) -> Collection[str]:
        """Return the tags that were bound to an article by hand."""
        return self._by_epc.keys()

    def articles(self) -> list[Article]:
        """Return all articles by SKU, the unknown ones last."""
        return sorted(self._by_sku.values(), key=lambda a: (not a.known, a.sku))

    def meet(self, gtin: str | None) -> str:
        """Return the SKU for a product met on the floor, making an unknown article where need be."""
        if gtin is None or (gtin not in self._by_gtin and self._unknown >= MAX_UNKNOWN_ARTICLES):
            if UNIDENTIFIED not in self._by_sku:
                self._add(
                    Article(
                        UNIDENTIFIED,
                        name={"en": "Unidentified tags", "fr": "Étiquettes inconnues"},
                        known=False,
                    )
                )
            return UNIDENTIFIED
        sku = self._by_gtin.get(gtin)
        if sku is None:
            sku = f"gtin-{gtin}"
            self._unknown += 1
            self._add(
                Article(
                    sku,
                    (gtin,),
                    {"en": f"Unknown product {gtin}", "fr": f"Produit inconnu {gtin}"},
                    known=False,
                )
            )
        return sku
