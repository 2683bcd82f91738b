"""The articles a site sells, and the look-up from GTIN to SKU. Pure.

A product that no catalogue names is kept, never dropped: it gets a SKU of its own (`gtin-…`),
marked as unknown. Tags that bear no product code at all share one (`UNIDENTIFIED`). Articles come from the
site's file, and from whoever puts them there while the gateway runs; what was put last counts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

TrackedBy = Literal["tag", "weight", "count"]
ArticleSource = Literal["file", "api", "floor"]
UNIDENTIFIED = "unidentified-tags"
MAX_UNKNOWN_ARTICLES = 10_000
"""Foreign products pass every shop door on customers; past this many they count as unidentified."""


@dataclass(frozen=True, slots=True)
class Article:
    """A sellable thing. `gtins` are 14 digits. `epcs`: tags bound to it by hand, as upper-case hex, for
    their code names no product. `source`: the site's file, the API, or the floor, where it was met.
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
    source: ArticleSource = "file"


class Catalogue:
    """Articles by SKU and by GTIN; grows by the unknown products that readers meet."""

    def __init__(self, articles: Iterable[Article]) -> None:
        """Raises ValueError naming both articles where two share a SKU or a GTIN."""
        self._by_sku: dict[str, Article] = {}
        self._by_gtin: dict[str, str] = {}
        self._by_epc: dict[str, str] = {}
        self._by_model: dict[str, list[str]] = {}
        self._unknown = 0
        self._listed: list[Article] | None = None
        self.revision = self.put_in = 0
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
        self._listed, self.revision = None, self.revision + 1
        self.put_in += article.source == "api"
        if article.model is not None:
            self._by_model.setdefault(article.model, []).append(article.sku)

    def __len__(self) -> int:
        return len(self._by_sku)

    def owner(self, article: Article) -> tuple[str, str] | None:
        """Return (GTIN or EPC, SKU) of the first code of an article that is another known article's; None: of none."""
        for gtin in article.gtins:
            other = self._by_sku.get(self._by_gtin.get(gtin, article.sku))
            if other is not None and other.sku != article.sku and other.known:
                return gtin, other.sku
        for epc in article.epcs:
            sku = self._by_epc.get(epc, article.sku)
            if sku != article.sku:
                return epc, sku
        return None

    def put(self, article: Article) -> None:
        """Put an article in the place of the one of its SKU. Its codes are its own from now on, whose they were."""
        before = self._by_sku.get(article.sku)
        if before is not None:
            self._remove(before)
        for gtin in article.gtins:
            if (sku := self._by_gtin.get(gtin)) is not None:
                other = self._by_sku[sku]
                self._remove(other)
                if other.known:
                    self._add(replace(other, gtins=tuple(code for code in other.gtins if code != gtin)))
        for epc in article.epcs:
            if (sku := self._by_epc.get(epc)) is not None:
                other = self._by_sku[sku]
                self._remove(other)
                self._add(replace(other, epcs=tuple(code for code in other.epcs if code != epc)))
        self._add(article)

    def _remove(self, article: Article) -> None:
        del self._by_sku[article.sku]
        self._listed, self.revision = None, self.revision + 1
        self.put_in -= article.source == "api"
        for gtin in article.gtins:
            self._by_gtin.pop(gtin, None)
        for epc in article.epcs:
            self._by_epc.pop(epc, None)
        if article.model is not None:
            self._by_model[article.model].remove(article.sku)
        if not article.known and article.sku != UNIDENTIFIED:
            self._unknown -= 1

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
        if self._listed is None:
            self._listed = sorted(self._by_sku.values(), key=lambda a: (not a.known, a.sku))
        return self._listed

    def meet(self, gtin: str | None) -> str:
        """Return the SKU for a product met on the floor, making an unknown article where need be."""
        if gtin is None or (gtin not in self._by_gtin and self._unknown >= MAX_UNKNOWN_ARTICLES):
            if UNIDENTIFIED not in self._by_sku:
                self._add(
                    Article(
                        UNIDENTIFIED,
                        name={"en": "Unidentified tags", "fr": "Étiquettes inconnues"},
                        known=False,
                        source="floor",
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
                    source="floor",
                )
            )
        return sku
