"""What a small shop looks like on a busy afternoon: values for looking at the staff page. Pure but for reading
the demo's own site and catalogue, which it takes after.
"""

import csv
import tomllib
from dataclasses import replace
from typing import Any

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.config.site import SiteConfig
from gateway.explanation import Explanation, ItemEvidence, ZoneSight, ZoneTerms
from gateway.ports.health import DeviceHealth
from gateway.ports.inventory import ArticleInfo, Availability, Belief, Status, StoreInfo, ZoneInfo, ZoneLevel
from gateway.ports.records import HistoryPoint
from tests.support.api_ports import NOW_NS
from tests.support.source import ROOT

S = 1_000_000_000
STORE = "lyon-1"
NOT_PICKABLE = {"fitting-room", "till", "exit", "in-hand"}


def site() -> SiteConfig:
    """Return the demo's site."""
    return SiteConfig.model_validate(tomllib.loads((ROOT / "config/demo.toml").read_text("utf-8")))


def place(config: SiteConfig) -> StoreInfo:
    """Return the demo's store."""
    store = config.stores[0]
    zones = tuple(ZoneInfo(z.id, z.role, z.name, z.rect) for z in store.zones)
    return StoreInfo(store.id, store.name, store.timezone, zones)


def catalogue() -> list[ArticleInfo]:
    """Return the demo's articles, and a product that no catalogue names."""
    with (ROOT / "config/demo-articles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = [
        ArticleInfo(
            r["sku"],
            (r["gtin"],),
            {"en": r["name_en"], "fr": r["name_fr"]},
            r["tracked_by"],
            True,
            r["department"],
            r["model"],
            r["size"] or None,
            r["colour"],
        )
        for r in rows
    ]
    gtin = "04006381333931"
    names = {"en": f"Unknown product {gtin}", "fr": f"Produit inconnu {gtin}"}
    return [*known, ArticleInfo(f"gtin-{gtin}", (gtin,), names, "tag", False)]


def stock(sku: str, zones: dict[str, int], *, seen_s: float | None = 8, **changes: Any) -> Availability:
    """Return an answer with these pieces; `seen_s`: how long ago a reader saw the newest of them."""
    on_hand = sum(zones.values())
    not_pickable = sum(pieces for zone, pieces in zones.items() if zone in NOT_PICKABLE)
    available = on_hand - not_pickable
    floor = sum(pieces for zone, pieces in zones.items() if zone in ("front", "denim"))
    status: Status = "IN_STOCK" if available > 2 else "LIMITED"
    if available == 0:
        status = "OUT_OF_STOCK"
    elif floor == 0:
        status = "BACK_ROOM_ONLY"
    seen_ns = None if seen_s is None else NOW_NS - round(seen_s * S)
    plain = Availability(
        store=STORE, sku=sku, gtin=None, status=status, on_hand=on_hand, not_pickable=not_pickable, reserved=0,
        safety_stock=0, available=available, shortfall=0, incoming=0,
        zones=tuple(ZoneLevel(zone, pieces, True, seen_ns) for zone, pieces in zones.items()),
        pickup="yes" if available else "no", reasons=(), last_seen_at_ns=seen_ns, last_changed_at_ns=NOW_NS,
        coverage=1.0, readers_ok=True, sources=("rfid", "pos"), valid_until_ns=NOW_NS + 600 * S, version=1,
    )  # fmt: skip
    return replace(plain, **changes)


def unwatched(found: Availability, *zones: str) -> Availability:
    """Return the answer while `zones` are not watched: the same numbers, and no promise."""
    levels = tuple(replace(level, watched=level.zone not in zones) for level in found.zones)
    return replace(found, status="UNKNOWN", zones=levels, readers_ok=False, pickup="no")


EPC_START = 0x3034257BF400B78000000000


def why(found: Availability) -> Explanation:
    """Return the explanation of an answer of an article with tags: each piece was read when its zone was."""
    sights = tuple(
        ZoneSight(level.zone, 0.97 if level.watched else 0.0, "learned", NOW_NS - 86_400 * S)
        for level in found.zones
    )
    items = [
        ItemEvidence(
            f"{EPC_START + number:024X}", level.zone, 0.98, 0.9991,
            None if level.last_seen_at_ns is None else level.last_seen_at_ns - number * S,
        )
        for number, level in enumerate(level for level in found.zones for _ in range(level.pieces))
    ]  # fmt: skip
    return Explanation(
        found.store, found.sku, NOW_NS, found.on_hand, found.not_pickable, found.reserved, found.safety_stock,
        found.available, found.reasons, tuple(ZoneTerms(z.zone, z.pieces, 0, 0, 0, 0) for z in found.zones),
        tuple(items), 0, (), (), (), (), sights, (1.0,) * found.on_hand, "belief/1",
    )  # fmt: skip


def a_day(from_ns: int, step_ns: int, steps: int) -> list[HistoryPoint]:
    """Return a level that sinks as pieces are sold, and is filled up in between."""
    levels = [12 - (number * 11 // max(1, steps)) % 8 for number in range(steps)]
    return [
        HistoryPoint(from_ns + n * step_ns, level - 1, level - 0.3, level) for n, level in enumerate(levels)
    ]


def devices(config: SiteConfig) -> list[DeviceHealth]:
    """Return the demo's devices, all well."""
    made = [("rfid", r, tuple(a.zone for a in r.antennas), 48_211, "M100 26dBm V1.0") for r in config.readers]
    rest: list[tuple[str, Any, tuple[str, ...], int, str]] = [
        *((s.role, s, (s.zone,), 37, "/dev/serial/by-id/usb-scanner") for s in config.scanners),
        *(("weight", s, (s.zone,), 512, "Tasmota 14.2.0") for s in config.shelves),
    ]
    return [
        DeviceHealth(
            id=section.id, kind=section.kind, role=role, store=STORE, zones=zones, state="online",
            last_seen_at_ns=NOW_NS - (2 if role == "rfid" else 95) * S,
            detail="R700 firmware 8.1.0" if section.kind == "impinj" else detail,
            observations=count, reconnects=0, received=count, passed=count, held=0,
        )
        for role, section, zones, count, detail in [*made, *rest]
    ]  # fmt: skip


def alert(kind: AlertType, since_s: float, **changes: Any) -> AlertRecord:
    """Return a firing alert whose condition began `since_s` ago."""
    severity = Severity.CRITICAL if kind in (AlertType.STOCK_OUT, AlertType.READER_DOWN) else Severity.WARNING
    subject = f"{changes.get('sku') or ''}|{changes.get('device') or ''}"
    since_ns = NOW_NS - round(since_s * S)
    plain = AlertRecord(
        id=f"{kind}-{subject}", fingerprint=f"{kind}|{STORE}|{subject}", type=kind, severity=severity,
        store=STORE, state=AlertState.FIRING, since_ns=since_ns, fired_at_ns=since_ns + 600 * S,
    )  # fmt: skip
    return replace(plain, **changes)


UNSURE = Belief(10.4, (1.0,) * 9 + (0.98, 0.42), (10, 11))
"""One of eleven pieces was not read for a while."""


def a_busy_afternoon() -> dict[str, Availability]:
    """Return stock as it may be on a Saturday afternoon: one article in each kind of state."""
    seen: list[Availability] = [
        stock("DEN-501-30", {"denim": 3, "back-room": 4}, seen_s=4),
        stock("DEN-501-32", {"denim": 5, "back-room": 6, "fitting-room": 1}, seen_s=2),
        stock("DEN-501-34", {"denim": 4, "back-room": 5}, seen_s=12),
        stock("DEN-JKT-M", {"denim": 2, "back-room": 3, "in-hand": 1}, seen_s=7),
        stock("TEE-WHT-S", {"front": 9, "back-room": 12}, seen_s=3),
        stock("TEE-WHT-M", {"back-room": 8, "fitting-room": 2}, seen_s=18),
        stock("TEE-WHT-L", {"front": 7, "back-room": 9, "till": 1}, seen_s=5),
        stock("KNIT-NVY-M", {"front": 6, "back-room": 4, "fitting-room": 1}, seen_s=9, belief=UNSURE),
        stock("KNIT-NVY-L", {}, seen_s=2_820),
        stock("SHIRT-OXF-40", {"front": 2}, seen_s=31),
        stock("CANDLE-FIG", {"front": 11}, seen_s=95),
        stock("TOTE-CANVAS", {"front": 14, "back-room": 20}, seen_s=None),
        stock("gtin-04006381333931", {"fitting-room": 1}, seen_s=44),
    ]
    return {found.sku: found for found in seen}


REFILL = alert(
    AlertType.SHELF_EMPTY, 780, zone="front", sku="TEE-WHT-M",
    evidence={"floor": 0, "back_room": 8, "from_zone": "back-room", "to_zone": "front"},
)  # fmt: skip
SOLD_OUT = alert(AlertType.STOCK_OUT, 2_800, sku="KNIT-NVY-L", evidence={"on_hand": 0})
LOW = alert(
    AlertType.LOW_STOCK, 960, sku="SHIRT-OXF-40", evidence={"available": 2, "on_hand": 2, "threshold": 2}
)
DOWN = alert(
    AlertType.READER_DOWN,
    300,
    device="m100-denim",
    zone="denim",
    evidence={"zones": "denim", "state": "silent"},
)
HELD = alert(
    AlertType.LOW_STOCK, 1_300, sku="DEN-JKT-M", suppressed_by="reader_down|lyon-1||m100-denim",
    evidence={"available": 2, "on_hand": 2, "threshold": 2},
)  # fmt: skip
