"""What the store is believed to be: every part of the gateway's state, with one owner. Pure.

The rules that change it stand beside: intake.py (devices), till.py (people and tills), engine.py
(time); answers.py only reads it.
"""

import json
from collections import Counter
from zoneinfo import ZoneInfo

from gateway.alert_rules.of_site import rules_of
from gateway.audit import Actor, AuditEntry
from gateway.book_stock.books import BookStock
from gateway.calibration import Calibration
from gateway.catalogue.articles import Catalogue
from gateway.catalogue.identify import Identifier
from gateway.channels.rules import ChannelRules
from gateway.counting.book import CountBook
from gateway.deliveries.announcements import Announcements
from gateway.deliveries.book import DeliveryBook
from gateway.devices.clocks import DeviceClocks
from gateway.devices.life import DeviceLife
from gateway.forecast.feed import demand_of
from gateway.kpis.days import Calendar
from gateway.kpis.kpis import Kpis
from gateway.kpis.lost import DemandRates
from gateway.phases import Phases
from gateway.ports.inventory import Belief
from gateway.presence.belief import BeliefPresence
from gateway.presence.watch import Watch
from gateway.reservations.book import Book
from gateway.scans import CountSession, RepeatFilter, ToldScans
from gateway.site import Site, ns
from gateway.stock.association import SaleMark
from gateway.stock.correction import Correction
from gateway.stock.ledger import Ledger
from gateway.storage.ports import StateRow
from gateway.tasks.book import TaskBook
from gateway.transfers.book import TransferBook
from gateway.webhooks.model import NewEndpoint
from gateway.weight.shelves import Shelf
from readers.counts import StageCounts
from readers.errors import Malformed

MAX_STOOD = 64
"""Pieces put down on the floor that are remembered in full; the memory halves there."""
MAX_MET_PER_PASS = 500
"""New tags that are looked at in one pass: a shop's first minutes are no strays, and a look costs 20 us."""


class State:
    """The parts of one site. `rows`: state to be written with the next commit."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        config = site.config
        self.site = site
        self.catalogue = catalogue
        self.counts = StageCounts()
        self.watch = Watch(site.places, site.silent_after_ns, ns(config.presence.settle_s))
        self.presence = BeliefPresence(site.places, site.antennas(), self.watch, site.belief_rule())
        self.deliveries = DeliveryBook(ns(config.stock.incoming_late_s))
        self.transfers = TransferBook()
        self.tasks = TaskBook()
        announcements = Announcements(self.deliveries, self.transfers, self.presence, site.roles)
        self.ledger = Ledger(catalogue, site.roles, site.stock_rule(), announcements)
        ledger_stores = {store.id for store in config.stores if store.source == "ledger"}
        self.books = self.ledger.books = BookStock(ledger_stores, ns(config.stock.ledger_fresh_s))
        self.identifier = Identifier(catalogue, self.presence.is_known)
        self.shelves = {s.id: Shelf(s.id, s.unit_weight_g, s.tare_g, ns(s.settle_s)) for s in config.shelves}
        self.devices = _devices(site)
        self.clocks = DeviceClocks(self.devices)
        self.repeats = {s.id: RepeatFilter(ns(s.repeat_window_s)) for s in site.scanners.values()}
        self.told = {s.id: ToldScans() for s in site.scanners.values()}
        self.sessions: dict[str, CountSession] = {}
        self.book = Book()
        self.channels = ChannelRules(site, lambda: self.demand)
        self.calibration = Calibration()
        self.counting = CountBook(lambda sku: a.department if (a := catalogue.article(sku)) else None)
        self.corrections: dict[str, Correction] = {}
        self.phases = Phases()
        self.demand = demand_of(site, catalogue)
        calendars = {s.id: Calendar(ZoneInfo(s.timezone), site.hours.get(s.id)) for s in config.stores}
        self.kpis = Kpis(calendars, self.department, DemandRates(self.demand, calendars))
        self.rules = rules_of(config, self.department)
        self.tags_of: dict[tuple[str, str], set[str]] = {}
        self.beliefs: dict[tuple[str, str], tuple[tuple[int, int], Belief]] = {}
        self.sale_marks: dict[tuple[str, str], dict[str, SaleMark]] = {}
        self.dim: set[int] = set()
        """Places of which too little is seen, though their readers live (gateway/devices/watch.py)."""
        self.doubtful: dict[tuple[str, str], set[str]] = {}
        self.stood: dict[tuple[str, str], Counter[str]] = {}
        self.rows: list[StateRow] = []
        self.refused: list[tuple[str, Malformed]] = []
        self.audited: list[AuditEntry] = []
        self.endpoints: list[NewEndpoint] = []
        self.met: list[tuple[str, int, str]] = []
        """(reader, antenna, EPC) of tags that no store knew, since they were last looked at (gateway/stray_watch.py)."""
        self.touched: set[tuple[str, str]] = set()
        self.touched_devices: set[str] = set()

    def department(self, sku: str) -> str:
        """Return the department of an article; empty: none, or no such article."""
        article = self.catalogue.article(sku)
        return "" if article is None else article.department or ""

    def drop(self, device: str, reason: str) -> None:
        """Count one observation as dropped, for the stage and for its device."""
        self.counts.drop(reason)
        if device in self.devices:
            self.devices[device].dropped[reason] += 1

    def audit(self, actor: Actor, action: str, store: str, subject: str, detail: str, now_ns: int) -> None:
        """Have a change written down with its commit: see AuditEntry."""
        self.audited.append(AuditEntry(now_ns, actor.key_id, actor.address, action, store, subject, detail))

    def is_watched(self, store: str, zone: str, now_ns: int) -> bool:
        """Return whether a zone's readers see it now, and have for long enough."""
        return self.presence.is_watched(self.site.place_id[store, zone], now_ns)

    def stood_at(self, store: str, sku: str, zone: str, role: str) -> None:
        """Remember that a piece was put into a floor zone; what is long ago counts less."""
        if role == "floor":
            stood = self.stood.setdefault((store, sku), Counter())
            stood[zone] += 1
            if stood[zone] >= MAX_STOOD:
                self.stood[store, sku] = remembered(stood)

    def home_zone(self, store: str, sku: str) -> str | None:
        """Return the floor zone where an article is shown: where its pieces were put most."""
        stood = self.stood.get((store, sku))
        return stood.most_common(1)[0][0] if stood else None

    def save_session(self, scanner: str) -> None:
        """Have a count by scanner written down, or its end."""
        session = self.sessions.get(scanner)
        value = None
        if session is not None:
            value = json.dumps([session.ref, session.started_ns, session.last_ns, session.pieces])
        self.rows.append(StateRow("count", scanner, value))


def remembered(stood: Counter[str]) -> Counter[str]:
    """Return what is kept of pieces put down: all of few, the shares of many."""
    most = max(stood.values(), default=0)
    halvings = (most // MAX_STOOD).bit_length()
    return Counter({zone: pieces >> halvings for zone, pieces in stood.items()})


def _devices(site: Site) -> dict[str, DeviceLife]:
    config = site.config
    devices = [
        DeviceLife(
            r.id,
            r.kind,
            "rfid",
            r.store,
            tuple(dict.fromkeys(a.zone for a in r.antennas)),
            ns(r.silent_after_s),
        )
        for r in config.readers
    ]
    devices += [DeviceLife(s.id, s.kind, s.role, s.store, (s.zone,), None) for s in config.scanners]
    devices += [
        DeviceLife(s.id, s.kind, "weight", s.store, (s.zone,), ns(s.silent_after_s)) for s in config.shelves
    ]
    return {device.id: device for device in devices}
