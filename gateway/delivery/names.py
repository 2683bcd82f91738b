"""What stores, zones and articles are called in a language, and which time it is there. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.catalogue import Catalogue
from gateway.site import Site

FALLBACK = "en"


class Names:
    """Names of a site, as its file and its catalogue have them; an id where they have none."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        stores = site.config.stores
        self._catalogue = catalogue
        self._stores = {store.id: store.name for store in stores}
        self._zones = {(store.id, zone.id): zone.name for store in stores for zone in store.zones}
        self._timezones = {store.id: ZoneInfo(store.timezone) for store in stores}

    def store(self, store: str) -> str:
        """Return the name of a store."""
        return self._stores.get(store, store)

    def zone(self, store: str, zone: str, language: str) -> str:
        """Return the name of a zone."""
        return _named(self._zones.get((store, zone), {}), language, zone)

    def article(self, sku: str, language: str) -> str:
        """Return the name of an article."""
        article = self._catalogue.article(sku)
        return sku if article is None else _named(article.name, language, sku)

    def local(self, store: str, at_ns: int) -> datetime:
        """Return a time as the clocks of a store show it."""
        zone = self._timezones.get(store)
        return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=zone if zone is not None else UTC)


def _named(names: dict[str, str], language: str, otherwise: str) -> str:
    return names.get(language) or names.get(FALLBACK) or next(iter(names.values()), "") or otherwise
