"""A store as it was: its levels, promises and blind devices, brought forward step by step. Pure.

It shows the rules the same view of an article as the live gateway does, as far as that is stored: not the belief in
each piece, nor deliveries that were announced. Safety stocks are those of today.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from gateway.alert_rules.book import RuleBook
from gateway.alerts.records import AlertType
from gateway.alerts.rules import ArticleView, low_stock_levels
from gateway.backtest.model import Moved, Past, Promised, Sight, Step
from gateway.catalogue.articles import Catalogue, TrackedBy
from gateway.channels.rules import ChannelRules
from gateway.config.stores import STOCK_ROLES
from gateway.inhibition import is_own
from gateway.movements import Movement
from gateway.site import Site
from gateway.state import MAX_STOOD, remembered


class PastShop:
    """One store of a site. One owner calls it."""

    def __init__(self, site: Site, catalogue: Catalogue, rules: RuleBook, past: Past) -> None:
        self.store = past.store
        self._alert_rules = rules
        self._catalogue = catalogue
        self._roles = site.roles[past.store]
        self._by_ledger = any(s.id == past.store and s.source == "ledger" for s in site.config.stores)
        self._rules = ChannelRules(site)
        self._levels: dict[str, dict[str, int]] = {}
        self._stood: dict[str, Counter[str]] = {}
        self._promised: dict[str, int] = {}
        self._zones_of = _zones_of(site, past.store)
        self._read_zones = {p.zone for p in site.places if p.store == past.store and p.readers}
        self._shelf_zones = {
            sku: {s.zone for s in site.config.shelves if (s.store, s.sku) == (past.store, sku)}
            for sku in {s.sku for s in site.config.shelves}
        }
        self._blind: dict[str, Counter[str]] = {}
        for (sku, zone), pieces in past.levels.items():
            if pieces:
                self._levels.setdefault(sku, {})[zone] = pieces
            if pieces > 0 and self._roles.get(zone) == "floor" and self.tracked_by(self.store, sku) == "tag":
                self._stood.setdefault(sku, Counter())[zone] = (
                    pieces  # as a gateway that starts takes them up
                )

    # -- what happens ------------------------------------------------------------------------------

    def take(self, step: Step) -> str | None:
        """Take a step in; return the SKU that it is about; None: it is about all of them."""
        match step:
            case Moved(_, movement):
                self._move(movement)
                return movement.sku
            case Promised(_, sku, pieces):
                self._promised[sku] = self._promised.get(sku, 0) + pieces
                return sku
            case Sight():
                self._see(step)
                return None

    def _move(self, movement: Movement) -> None:
        levels = self._levels.setdefault(movement.sku, {})
        for delta in movement.deltas:
            left = levels.get(delta.zone, 0) + delta.pieces
            if left:
                levels[delta.zone] = left
            else:
                levels.pop(delta.zone, None)
        zone = movement.to_zone
        if zone is not None and movement.epc is not None and self._roles.get(zone) == "floor":
            stood = self._stood.setdefault(movement.sku, Counter())
            stood[zone] += 1
            if stood[zone] >= MAX_STOOD:
                self._stood[movement.sku] = remembered(stood)

    def _see(self, sight: Sight) -> None:
        for zone in self._zones_of.get(sight.device, ()):
            blind = self._blind.setdefault(zone, Counter())
            blind[sight.by] += 1 if sight.is_lost else -1
            if blind[sight.by] <= 0:
                del blind[sight.by]
            if not blind:
                del self._blind[zone]

    # -- what is believed (as gateway.stock.ledger.Ledger answers it) ---------------------------------

    def levels(self, store: str, sku: str) -> Mapping[str, int]:
        """Return the pieces per zone."""
        return self._levels.get(sku, {}) if store == self.store else {}

    def tracked_by(self, store: str, sku: str) -> TrackedBy:  # noqa: ARG002 - as the ledger is asked
        """Return how the pieces of an article are known."""
        if self._by_ledger:
            return "count"
        article = self._catalogue.article(sku)
        return article.tracked_by if article else "tag"

    def on_hand(self, sku: str) -> int:
        """Return all pieces of an article."""
        return sum(self._levels.get(sku, {}).values())

    def skus(self) -> Iterable[str]:
        """Return the articles that were ever heard of."""
        return list(self._levels)

    @property
    def is_blind(self) -> bool:
        """Return whether some zone where stock rests is not seen."""
        return any(self._roles.get(zone) in STOCK_ROLES for zone in self._blind)

    def inhibited_by(self, sku: str) -> str | None:
        """Return why nothing can be known of an article now; None: it can."""
        if not self._blind:
            return None
        tracked_by = self.tracked_by(self.store, sku)
        if tracked_by == "count":
            return None
        witnesses = self._read_zones if tracked_by == "tag" else self._shelf_zones.get(sku, set())
        levels, home = self._levels.get(sku, {}), self._home(sku)
        on_hand = sum(levels.values())
        for zone, blind in self._blind.items():
            if zone in witnesses and is_own(zone, levels.get(zone, 0), self._roles.get(zone), on_hand, home):
                return next(iter(blind))
        return None

    def view(self, sku: str, now_ns: int) -> ArticleView | None:
        """Return what the rules look at; None of what the catalogue does not know."""
        article = self._catalogue.article(sku)
        if article is None or not article.known:
            return None
        levels = self._levels.get(sku, {})
        floor = back = pickable = on_hand = most = 0
        source: str | None = None
        for zone, pieces in levels.items():
            role = self._roles.get(zone)
            on_hand += pieces
            if role in STOCK_ROLES:
                pickable += pieces
                if role == "floor":
                    floor += pieces
                elif pieces > 0:
                    back += pieces
                    if pieces > most:
                        most, source = pieces, zone
        safety = self._rules.safety(self.store, article, None, now_ns).pieces
        home_zone, inhibited_by = self._home(sku), self.inhibited_by(sku)
        rule = self._alert_rules.pick(AlertType.LOW_STOCK, self.store, home_zone, sku)
        at, clear_at = low_stock_levels(rule, article.low_stock_at)
        return ArticleView(
            store=self.store,
            sku=sku,
            on_hand=on_hand,
            available=max(0, pickable - self._promised.get(sku, 0) - safety),
            floor=floor,
            back=back,
            home_zone=home_zone,
            source_zone=source,
            low_stock_at=at,
            low_stock_clear_at=clear_at,
            has_shelf_zones=self.tracked_by(self.store, sku) != "count",
            inhibited_by=inhibited_by,
            is_known=inhibited_by is None,
        )

    def _home(self, sku: str) -> str | None:
        for zone in self._shelf_zones.get(sku, ()):
            return zone
        stood = self._stood.get(sku)
        return stood.most_common(1)[0][0] if stood else None


def _zones_of(site: Site, store: str) -> dict[str, tuple[str, ...]]:
    """Return the zones that each device of a store is needed to see."""
    zones: dict[str, list[str]] = {}
    for place in site.places:
        for reader in place.readers if place.store == store else ():
            zones.setdefault(reader, []).append(place.zone)
    for shelf in site.config.shelves:
        if shelf.store == store:
            zones.setdefault(shelf.id, []).append(shelf.zone)
    return {device: tuple(found) for device, found in zones.items()}
