"""The shop floor that people act on: what a hand, a scanner or a pair of legs does to it. Pure.

Everything a person does goes through here, so the truth and what devices notice cannot part ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from simulators.agenda import NS_PER_S, Agenda, seconds
from simulators.epc import sgtin96
from simulators.layout import BACK_ROOM, EXIT, FITTING_ROOM, FLOOR, TILL, Article, SiteLayout
from simulators.params import Range, ShopParams
from simulators.signals import CodeScanned, GatePassed, ShelfTouched, Signal
from simulators.stock import Piece, Stock

DAY_S = 86_400


@dataclass(slots=True)
class Scene:
    """The shop with its clock, goods and rules. `held_back`: SKUs that the opening act has claimed."""

    agenda: Agenda
    stock: Stock
    layout: SiteLayout
    params: ShopParams
    rng: Random
    signals: list[Signal] = field(default_factory=list)
    held_back: set[str] = field(default_factory=set)
    serials: dict[str, int] = field(default_factory=dict)

    @property
    def back_room(self) -> str:
        """Return the zone where deliveries arrive."""
        return self.layout.zones_of(BACK_ROOM)[0]

    @property
    def fitting_room(self) -> str:
        """Return the zone where clothes are tried on."""
        return self.layout.zones_of(FITTING_ROOM)[0]

    @property
    def till(self) -> str:
        """Return the zone of the till."""
        return self.layout.zones_of(TILL)[0]

    @property
    def exit(self) -> str:
        """Return the zone of the gate."""
        return self.layout.zones_of(EXIT)[0]

    @property
    def floors(self) -> tuple[str, ...]:
        """Return the zones where customers shop."""
        return self.layout.zones_of(FLOOR)

    def is_open(self) -> bool:
        """Return whether customers may come in now."""
        return self.params.opens_s <= self.second_of_day() < self.params.closes_s

    def second_of_day(self) -> int:
        """Return the local time of day, in seconds."""
        return (self.agenda.now_ns // NS_PER_S + self.params.utc_offset_s) % DAY_S

    def between(self, bounds: Range) -> float:
        """Return a number drawn evenly between two bounds."""
        return self.rng.uniform(*bounds)

    def wait(self, bounds_s: Range) -> int:
        """Return a wait drawn evenly between two bounds in seconds, for a process to yield."""
        return seconds(self.rng.uniform(*bounds_s))

    def make(self, article: Article, zone: str, why: str) -> Piece:
        """A piece that was never here before lies in a zone now."""
        serial = self.serials.setdefault(article.sku, self.rng.randrange(1_000, 1_000_000))
        self.serials[article.sku] = serial + 1
        is_tagged = article.tracked_by == "tag"
        epc = sgtin96(article.gtin, self.params.company_prefix_digits, serial) if is_tagged else ""
        weight_g = self._unit_weight_g(article) * self.rng.gauss(1.0, self.params.piece_weight_spread)
        return self.stock.add(article, zone, epc, weight_g, self.agenda.now_ns, why)

    def take(self, piece: Piece, why: str) -> None:
        """Someone takes the piece into their hand, where it lies."""
        zone = piece.stands_in or piece.article.home
        self.stock.move(piece, zone, self.agenda.now_ns, why, carried=True)
        self._touched_at(zone, piece.article)

    def put(self, piece: Piece, zone: str, why: str) -> None:
        """Someone puts the piece down in a zone."""
        self.stock.move(piece, zone, self.agenda.now_ns, why, carried=False)
        self._touched_at(zone, piece.article)

    def carry(self, pieces: Sequence[Piece], zone: str) -> None:
        """Someone walks into a zone with pieces in hand."""
        for piece in pieces:
            self.stock.move(piece, zone, self.agenda.now_ns, "carried", carried=True)

    def scan(self, role: str, article: Article) -> None:
        """Someone scans the article's code at the scanner of a role."""
        self.signals.append(CodeScanned(self.agenda.now_ns, role, article.sku, article.gtin))

    def pass_gate(self, pieces: Sequence[Piece]) -> int:
        """Someone goes through the gate with pieces in hand; return how long that takes, in ns."""
        passing_ns = self.wait(self.params.gate_passing_s)
        now_ns = self.agenda.now_ns
        for piece in pieces:
            self.stock.move(piece, self.exit, now_ns, "at the gate", carried=True)
            if piece.epc:
                self.signals.append(GatePassed(now_ns, now_ns + passing_ns, piece.epc, not piece.in_stock))
        return passing_ns

    def touch_shelf(self, article: Article) -> None:
        """A hand rests on the article's weight shelf and takes nothing."""
        self._touched_at(article.home, article)

    def on_floor(self, sku: str) -> list[Piece]:
        """Return the pieces of an article that a customer finds, in all floor zones."""
        return [piece for zone in self.floors for piece in self.stock.placed(sku, zone)]

    def shelf_load_g(self, article: Article) -> float:
        """Return what the article's goods on its shelf weigh."""
        return sum(piece.weight_g for piece in self.stock.placed(article.sku, article.home))

    def _touched_at(self, zone: str, article: Article) -> None:
        if article.tracked_by != "weight" or zone != article.home:
            return
        now_ns = self.agenda.now_ns
        settles_ns = now_ns + self.wait(self.params.touch_s)
        press_g = self.between(self.params.touch_load_g)
        load_g = self.shelf_load_g(article)
        self.signals.append(ShelfTouched(now_ns, article.sku, load_g, settles_ns, press_g))

    def _unit_weight_g(self, article: Article) -> float:
        return next((shelf.unit_weight_g for shelf in self.layout.shelves if shelf.sku == article.sku), 0.0)
