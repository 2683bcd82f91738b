"""The site as its simulator knows it: zones, articles, devices, read from the site's own config file.

Reads the file by itself, with plain tomllib and csv: a simulator that shared the product's models
would share their mistakes.
"""

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLOOR, BACK_ROOM, FITTING_ROOM, TILL, EXIT = "floor", "back_room", "fitting_room", "till", "exit"
NEEDED_ROLES = (FLOOR, BACK_ROOM, FITTING_ROOM, TILL, EXIT)
SERIAL_READERS = ("cf", "m100", "r2000", "uhfreader18", "uhfreader288")
"""Kinds of RFID readers on a serial port: see simulators/devices/serial_kinds.py."""
MQTT_READERS = ("impinj", "zebra")
MQTT_SCALES = ("esphome", "tasmota", "things_stack")
"""Kinds of devices behind the broker: see simulators/devices/mqtt_kinds.py."""


class UnusableSiteError(ValueError):
    """The site's config lacks something that the simulated shop stands on."""


@dataclass(frozen=True, slots=True)
class Article:
    """Something the shop sells. `tracked_by`: tag, weight or count."""

    sku: str
    gtin: str
    tracked_by: str
    home: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the shop; `rect` is x, y, width, height in metres."""

    id: str
    role: str
    rect: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Antenna:
    """A port of a reader, and the zone it watches."""

    reader: str
    port: int
    zone: str


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """An RFID reader: a kind of SERIAL_READERS on a serial port, of MQTT_READERS behind the broker."""

    id: str
    kind: str
    antennas: tuple[Antenna, ...]
    topic: str
    status_topic: str = ""


@dataclass(frozen=True, slots=True)
class ScannerFacts:
    """A line scanner on a serial port."""

    id: str
    role: str
    zone: str


@dataclass(frozen=True, slots=True)
class ShelfFacts:
    """A weight shelf behind the broker."""

    id: str
    zone: str
    sku: str
    topic: str
    unit_weight_g: float
    tare_g: float
    kind: str = "tasmota"
    value: str = ""
    unit: str = "g"


@dataclass(frozen=True, slots=True)
class SiteLayout:
    """One shop and its devices."""

    store: str
    zones: tuple[Zone, ...]
    articles: tuple[Article, ...]
    readers: tuple[ReaderFacts, ...]
    scanners: tuple[ScannerFacts, ...]
    shelves: tuple[ShelfFacts, ...]

    def zones_of(self, role: str) -> tuple[str, ...]:
        """Return the ids of the zones of one role, in the order of the file."""
        return tuple(zone.id for zone in self.zones if zone.role == role)

    def article(self, sku: str) -> Article:
        """Return the article of one SKU."""
        return next(article for article in self.articles if article.sku == sku)

    def adjacent(self, zone_id: str) -> tuple[str, ...]:
        """Return the zones whose rectangles touch this one's."""
        here = next(zone for zone in self.zones if zone.id == zone_id)
        return tuple(zone.id for zone in self.zones if zone.id != zone_id and _touch(here.rect, zone.rect))

    def serial_devices(self) -> tuple[str, ...]:
        """Return the ids of the devices that sit on a serial port."""
        return tuple(
            [reader.id for reader in self.readers if reader.kind in SERIAL_READERS]
            + [scanner.id for scanner in self.scanners]
        )

    def mqtt_devices(self) -> tuple[str, ...]:
        """Return the ids of the devices that speak to the broker."""
        return tuple(
            [reader.id for reader in self.readers if reader.kind in MQTT_READERS]
            + [shelf.id for shelf in self.shelves if shelf.kind in MQTT_SCALES and shelf.topic]
        )


def load_site(path: Path) -> SiteLayout:
    """Return the layout in a site's TOML file and the article CSV that it names."""
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    named = config.get("catalogue", {}).get("csv")
    if not named:
        raise UnusableSiteError(f"{path}: [catalogue] csv is needed: the shop has to sell something")
    return parse_site(config, (path.parent / named).read_text(encoding="utf-8"))


def parse_site(config: Mapping[str, Any], articles_csv: str) -> SiteLayout:
    """Return the layout of the first store of a parsed site config."""
    store = config["stores"][0]
    zones = tuple(
        Zone(zone["id"], zone["role"], tuple(zone.get("rect") or (0.0, 0.0, 1.0, 1.0)))
        for zone in store["zones"]
    )
    for role in NEEDED_ROLES:
        if not any(zone.role == role for zone in zones):
            raise UnusableSiteError(f"store {store['id']!r} has no zone of role {role}: the shop needs one")
    shelves = tuple(_shelf(shelf) for shelf in config.get("shelves", ()))
    return SiteLayout(
        store=store["id"],
        zones=zones,
        articles=_articles(articles_csv, zones, shelves),
        readers=tuple(_reader(reader) for reader in config.get("readers", ())),
        scanners=tuple(
            ScannerFacts(scanner["id"], scanner["role"], scanner["zone"])
            for scanner in config.get("scanners", ())
        ),
        shelves=shelves,
    )


def _reader(reader: Mapping[str, Any]) -> ReaderFacts:
    antennas = tuple(Antenna(reader["id"], a.get("port", 1), a["zone"]) for a in reader["antennas"])
    status_topic = next(iter(reader.get("status_topics", ())), "")
    return ReaderFacts(reader["id"], reader["kind"], antennas, reader.get("topic") or "", status_topic)


def _shelf(shelf: Mapping[str, Any]) -> ShelfFacts:
    return ShelfFacts(
        shelf["id"],
        shelf["zone"],
        shelf["sku"],
        shelf.get("topic") or "",
        float(shelf["unit_weight_g"]),
        float(shelf.get("tare_g", 0.0)),
        shelf.get("kind", "tasmota"),
        shelf.get("value") or "",
        shelf.get("unit") or "g",
    )


def _articles(text: str, zones: tuple[Zone, ...], shelves: tuple[ShelfFacts, ...]) -> tuple[Article, ...]:
    """Each article's home is its shelf's zone, else the floor zone named like its department, else the first."""
    floors = [zone.id for zone in zones if zone.role == FLOOR]
    shelf_zones = {shelf.sku: shelf.zone for shelf in shelves}
    articles = []
    for row in csv.DictReader(io.StringIO(text)):
        department = row.get("department", "")
        home = shelf_zones.get(row["sku"]) or (department if department in floors else floors[0])
        articles.append(Article(row["sku"], row["gtin"], row["tracked_by"], home))
    return tuple(articles)


def _touch(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Return whether two rectangles share a stretch of wall (a corner alone is none)."""
    overlap_x = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    overlap_y = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return (overlap_x >= 0 and overlap_y > 0) or (overlap_x > 0 and overlap_y >= 0)
