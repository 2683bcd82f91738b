"""The site as the rules need it: places numbered, antennas resolved, roles at hand. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.config.devices import ReaderSection, ScannerSection
from gateway.config.site import SiteConfig
from gateway.presence.model import Place, PlaceId
from gateway.presence.rule import BeliefRule
from gateway.stock.effects import StockRule
from readers.registry import MQTT_KINDS

NS_PER_S = 1_000_000_000


def ns(seconds: float) -> int:
    """Return seconds as whole nanoseconds."""
    return round(seconds * NS_PER_S)


def instant(at_ns: int) -> str:
    """Return a time as RFC 3339, to the second, UTC."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Site:
    """Look-up tables of one SiteConfig.

    A handheld reader watches no place: it comes and goes, so its reads count and its silence says nothing.
    """

    def __init__(self, config: SiteConfig) -> None:
        self.config = config
        readers_of: dict[tuple[str, str], list[str]] = {}
        watching = [reader for reader in config.readers if not is_handheld(reader)]
        for reader in watching:
            for antenna in reader.antennas:
                readers_of.setdefault((reader.store, antenna.zone), []).append(reader.id)
        places: list[Place] = []
        for store in config.stores:
            for zone in store.zones:
                readers = tuple(dict.fromkeys(readers_of.get((store.id, zone.id), ())))
                places.append(Place(len(places), store.id, zone.id, zone.role, readers))
        self.places: tuple[Place, ...] = tuple(places)
        self.place_id: dict[tuple[str, str], PlaceId] = {(p.store, p.zone): p.id for p in places}
        self.antenna_place: dict[tuple[str, int], PlaceId] = {
            (reader.id, antenna.port): self.place_id[reader.store, antenna.zone]
            for reader in config.readers
            for antenna in reader.antennas
        }
        self.roles: dict[str, dict[str, str]] = {
            store.id: {zone.id: zone.role for zone in store.zones} for store in config.stores
        }
        self.silent_after_ns = {reader.id: ns(reader.silent_after_s) for reader in watching}
        self.hours = {
            store.id: store.hours.opening_hours(ZoneInfo(store.timezone))
            for store in config.stores
            if store.hours is not None
        }
        self.pick_minutes: dict[str, dict[str, int]] = {
            store.id: store.pick_minutes.model_dump() for store in config.stores
        }
        self.scanners = {scanner.id: scanner for scanner in config.scanners} | {
            reader.id: _scanner_of(reader) for reader in config.readers if reader.scan_role is not None
        }
        self.shelves = {shelf.id: shelf for shelf in config.shelves}

    def belief_rule(self) -> BeliefRule:
        """Return the [presence] table in ns."""
        c = self.config.presence
        return BeliefRule(
            epoch_ns=ns(c.epoch_s),
            grace_ns=ns(c.grace_s),
            late_ns=ns(c.late_s),
            in_above=c.in_above,
            out_below=c.out_below,
            move_above=c.move_above,
            arrive_reads=c.arrive_reads,
        )

    def antennas(self) -> list[tuple[str, int, PlaceId, bool]]:
        """Return (reader, port, place, whether it is handheld) of each antenna."""
        return [
            (reader, port, place, reader not in self.silent_after_ns)
            for (reader, port), place in self.antenna_place.items()
        ]

    def stock_rule(self) -> StockRule:
        """Return the [stock] table's durations in ns."""
        stock = self.config.stock
        return StockRule(ns(stock.pairing_window_s), ns(stock.in_hand_s), ns(stock.incoming_late_s))


def is_handheld(reader: ReaderSection) -> bool:
    """Return whether a reader comes and goes: as its section says, else as its kind is."""
    if reader.handheld is not None:
        return reader.handheld
    kind = MQTT_KINDS.get(reader.kind)
    return kind is not None and kind.handheld


def _scanner_of(reader: ReaderSection) -> ScannerSection:
    """Return the scanner that a reader with a scan_role is as well, where its first antenna is."""
    return ScannerSection(
        id=reader.id,
        kind=reader.kind,
        store=reader.store,
        zone=reader.antennas[0].zone,
        role=reader.scan_role or "look_up",
    )
