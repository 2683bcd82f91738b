"""What stores, zones and articles are called in a language, and which time it is there. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.catalogue.articles import Catalogue

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class StoreNames:
    """A store's name, its clock, and its zones' names by language."""

    id: str
    name: str
    timezone: str
    zones: Mapping[str, Mapping[str, str]]


class Names:
    """Names of a site, as its file and its catalogue have them; an id where they have none."""

    def __init__(self, stores: Iterable[StoreNames], catalogue: Catalogue) -> None:
        self._stores = {store.id: store for store in stores}
        self._timezones = {store.id: ZoneInfo(store.timezone) for store in self._stores.values()}
        self._catalogue = catalogue

    def store(self, store: str) -> str:
        """Return the name of a store."""
        found = self._stores.get(store)
        return store if found is None else found.name

    def zone(self, store: str, zone: str, language: str) -> str:
        """Return the name of a zone."""
        found = self._stores.get(store)
        return zone if found is None else _named(found.zones.get(zone, {}), language, zone)

    def article(self, sku: str, language: str) -> str:
        """Return the name of an article."""
        article = self._catalogue.article(sku)
        return sku if article is None else _named(article.name, language, sku)

    def local(self, store: str, at_ns: int) -> datetime:
        """Return a time as the clocks of a store show it."""
        zone = self._timezones.get(store)
        return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=zone if zone is not None else UTC)


def _named(names: Mapping[str, str], language: str, otherwise: str) -> str:
    return names.get(language) or names.get(FALLBACK) or next(iter(names.values()), "") or otherwise
