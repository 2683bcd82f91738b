"""Stock as others see it, from the engine's memory: implements gateway.ports.inventory.InventoryPort. Pure."""

from collections.abc import Callable, Sequence

from gateway.answers import availability
from gateway.calibration import CalibrationReport
from gateway.catalogue.articles import Article
from gateway.catalogue.codes import Named, named_by
from gateway.channels.model import ANYBODY, Asker
from gateway.config.place import HoursSection, PlaceSection
from gateway.config.site import SiteConfig
from gateway.engine import Changes, Engine
from gateway.explain import explain, sight
from gateway.explanation import Explanation, ZoneSight
from gateway.opening_hours import WEEKDAYS
from gateway.ports.inventory import ArticleInfo, Availability, StoreInfo, ZoneInfo

NO_SETTINGS = ("reservation", "tasks.")
"""What actions begin with in the audit log that change no setting: what they touched is told apart."""


class Inventory:
    """Answers of one engine. `now_ns` and `version` are asked at each answer."""

    def __init__(self, engine: Engine, now_ns: Callable[[], int], version: Callable[[], int]) -> None:
        self._state = engine.state
        self._now_ns = now_ns
        self._version = version
        self._stores = _stores(engine.site.config)
        self._listed: tuple[int, list[ArticleInfo]] | None = None
        self._revisions: dict[tuple[str, str], int] = {}
        self._site_revision = 0

    def note(self, changes: Changes) -> None:
        """Take note of what a pass changed: answers that rest on it are given no more.

        A change of a setting may touch any article; what became of a reservation touched its own.
        """
        for key in changes.touched:
            self._revisions[key] = self._revisions.get(key, 0) + 1
        self._site_revision += any(not entry.action.startswith(NO_SETTINGS) for entry in changes.audited)

    def stamp(self, store: str, sku: str) -> object:
        """Return what an answer rests on: settings, the article, and the epoch that its belief is of."""
        return self._site_revision, self._revisions.get((store, sku), 0), self._state.presence.epoch_ns

    def stores(self) -> Sequence[StoreInfo]:
        """Return all stores."""
        return self._stores

    def articles(self) -> Sequence[ArticleInfo]:
        """Return all articles by SKU, the unknown ones last."""
        catalogue = self._state.catalogue
        if self._listed is None or self._listed[0] != catalogue.revision:
            listed = [_article_info(article) for article in catalogue.articles()]
            self._listed = catalogue.revision, listed
        return self._listed[1]

    def variants(self, sku: str) -> Sequence[ArticleInfo]:
        """Return an article, and behind it the others of its model."""
        return [_article_info(article) for article in self._state.catalogue.variants(sku)]

    def sku_of(self, gtin: str) -> str | None:
        """Return the SKU of a GTIN-14."""
        return self._state.catalogue.sku_of(gtin)

    def named_by(self, code: str) -> Named:
        """Return what a scanned or typed text names."""
        return named_by(code, self._state.catalogue, self._state.identifier.tag_of)

    def availability(self, store: str, sku: str, qty: int = 1, asker: Asker = ANYBODY) -> Availability | None:
        """Return the answer for one pair; None where there is no such store or article."""
        if store not in self._state.site.roles or self._state.catalogue.article(sku) is None:
            return None
        return availability(self._state, store, sku, qty, self._now_ns(), self._version(), asker=asker)

    def explain(self, store: str, sku: str, asker: Asker = ANYBODY) -> Explanation | None:
        """Return every term of one answer; None where there is no such store or article."""
        found = self.availability(store, sku, 1, asker)
        return None if found is None else explain(self._state, found, self._now_ns(), asker)

    def sight(self, store: str) -> Sequence[ZoneSight]:
        """Return how well each zone of a store is seen."""
        return sight(self._state, store)

    def calibration(self, store: str) -> CalibrationReport | None:
        """Return what past answers of a store were worth."""
        return self._state.calibration.report(store)


def _article_info(article: Article) -> ArticleInfo:
    return ArticleInfo(
        sku=article.sku,
        gtins=article.gtins,
        name=article.name or {"en": article.sku, "fr": article.sku},
        tracked_by=article.tracked_by,
        known=article.known,
        department=article.department,
        model=article.model,
        size=article.size,
        colour=article.colour,
        source=article.source,
        low_stock_at=article.low_stock_at,
        safety_stock=article.safety_stock,
        epcs=article.epcs,
    )


def _stores(config: SiteConfig) -> tuple[StoreInfo, ...]:
    return tuple(
        StoreInfo(
            id=store.id,
            name=store.name,
            timezone=store.timezone,
            zones=tuple(
                ZoneInfo(zone.id, zone.role, zone.name or {"en": zone.id, "fr": zone.id}, zone.rect)
                for zone in store.zones
            ),
            address=store.place.address,
            position=_position(store.place),
            hours=_hours(store.hours),
            special_hours={} if store.hours is None else _special_hours(store.hours),
            source=store.source,
            channels=tuple(c.id for c in config.channels if not c.stores or store.id in c.stores),
            fulfilment=store.fulfilment,
        )
        for store in config.stores
    )


def _position(place: PlaceSection) -> tuple[float, float] | None:
    if place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _hours(hours: HoursSection | None) -> dict[str, tuple[str, ...]] | None:
    return None if hours is None else {day: getattr(hours, day) for day in WEEKDAYS}


def _special_hours(hours: HoursSection) -> dict[str, tuple[str, ...]]:
    return {day.isoformat(): spans for day, spans in sorted(hours.special.items())}
