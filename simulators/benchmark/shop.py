"""The benchmark's shop: where each item truly is, and how it gets elsewhere. Pure, seeded.

    back room ─▶ floor ─▶ hands ─▶ fitting room ─▶ till ─▶ gate ─▶ gone ─▶ (returned) ─▶ till ─▶ floor
                  ▲         └─ put back, at times elsewhere ─┘

People are processes on an agenda: simulators/benchmark/customers.py and staff.py. What a device or a
till could notice goes to the radio, the desk and the shelves; what is true goes to the TruthLog.
"""

from dataclasses import dataclass
from random import Random

from simulators.agenda import Agenda, Process
from simulators.benchmark.articles import Article, EpcPrinter, OpeningStock
from simulators.benchmark.calendar import Calendar
from simulators.benchmark.desk import Desk
from simulators.benchmark.families import Family
from simulators.benchmark.radio import Radio
from simulators.benchmark.shelves import ShelfRow
from simulators.benchmark.topology import BACK_ROOM, EXIT, FITTING_ROOM, FLOOR, TILL, Topology
from simulators.benchmark.truth import TrueChange, TrueSale, TruthLog

AT_REST = 1.0


@dataclass(slots=True, eq=False)
class Item:
    """One piece, and where it is; `zone` None: sold, stolen, or not come yet."""

    epc: str
    article: Article
    zone: str | None = None
    sold_ns: int = 0
    weight_g: float = 0.0
    best_before_ns: int | None = None

    @property
    def is_tagged(self) -> bool:
        """Return whether the radio knows it."""
        return not self.article.weight_g


class Shop:
    """The items of one shop, and the moves that people can make with them."""

    def __init__(
        self,
        family: Family,
        topology: Topology,
        opening: OpeningStock,
        printer: EpcPrinter,
        rng: Random,
        radio: Radio,
        desk: Desk,
        shelves: ShelfRow,
        truth: TruthLog,
        start_ns: int,
    ) -> None:
        self.family = family
        self.calendar = Calendar(family)
        self.articles = opening.articles
        self.rng = rng
        self.desk = desk
        self.agenda = Agenda(start_ns)
        self.truth = truth
        self._printer = printer
        self._radio = radio
        self.shelves = shelves
        self.floors = topology.zones_of(FLOOR)
        self.back_room = topology.zones_of(BACK_ROOM)[0]
        self.fitting_room = next(iter(topology.zones_of(FITTING_ROOM)), "")
        self.till = topology.zones_of(TILL)[0]
        self.exit = topology.zones_of(EXIT)[0]
        self.on_floor: dict[str, list[Item]] = {article.sku: [] for article in self.articles}
        self.in_back: dict[str, list[Item]] = {article.sku: [] for article in self.articles}
        self.strays: list[Item] = []
        """At rest where they do not belong: misplaced, left in the fitting room, returned."""
        self.sold: list[Item] = []
        self._pieces = 0
        self._open(opening)

    @property
    def now_ns(self) -> int:
        """Return the shop's time."""
        return self.agenda.now_ns

    def start(self, process: Process) -> None:
        """Let somebody begin what they do."""
        self.agenda.start(process)

    def advance(self, until_ns: int) -> None:
        """Let time pass."""
        self.agenda.run_until(until_ns)

    def make(self, article: Article) -> Item:
        """Return a new piece of an article, not in the shop yet."""
        rng, family = self.rng, self.family
        life_days = 0.0 if family.life_days is None else rng.uniform(*family.life_days)
        best_before_ns = self.now_ns + round(life_days * self.calendar.day_ns) if life_days else None
        if article.weight_g:
            self._pieces += 1
            weight_g = article.weight_g * (1.0 + rng.gauss(0.0, family.shelves.piece_spread))
            name = f"piece:{article.sku}:{self._pieces}"
            return Item(name, article, weight_g=weight_g, best_before_ns=best_before_ns)
        item = Item(self._printer.print(article.gtin), article, best_before_ns=best_before_ns)
        self.truth.quality[item.epc] = self._radio.print_tag(item.epc)
        return item

    def carry(self, item: Item, zone: str, cause: str, *, shielded: bool = False) -> None:
        """Somebody takes an item to a zone, on the arm or in a bag of foil."""
        self._move(item, zone, cause, 0.0 if shielded else self.family.carried_factor)

    def hang(self, item: Item, zone: str, cause: str) -> None:
        """Leave an item in a zone for a while, not for good: in the fitting room, on the counter."""
        self._move(item, zone, cause, AT_REST)

    def shelve(self, item: Item, zone: str, cause: str) -> None:
        """Put an item down, for others to take."""
        self._move(item, zone, cause, AT_REST)
        if zone == item.article.home:
            self.on_floor[item.article.sku].append(item)
            if not item.is_tagged and cause == "initial":
                self.shelves.stock(item.article.sku, item.weight_g)
            elif not item.is_tagged:
                self.shelves.put(item.article.sku, item.weight_g, self.now_ns)
        elif zone == self.back_room and cause != "misplaced":
            self.in_back[item.article.sku].append(item)
        else:
            self.strays.append(item)

    def take(self, item: Item) -> None:
        """Take an item from its place on the floor."""
        self.on_floor[item.article.sku].remove(item)
        if not item.is_tagged:
            self.shelves.take(item.article.sku, item.weight_g, self.now_ns)

    def pay(self, item: Item) -> None:
        """An item is paid: nobody else can have it any more, though it is still in the shop."""
        outcome = self.desk.sell(item.article, item.epc if item.is_tagged else None, self.now_ns)
        item.sold_ns = self.now_ns
        self.truth.sales.append(TrueSale(item.sold_ns, item.article.sku, item.epc, outcome))
        self._gone(item, "sold")

    def pass_gate(self, item: Item, begin_ns: int, end_ns: int, share: float) -> bool:
        """An item goes through the door, where other antennas see it no more; return whether the gate did."""
        if not item.is_tagged:
            return False
        self._radio.leave(item.epc, begin_ns)
        return self._radio.pass_gate(item.epc, self.exit, begin_ns, end_ns, share)

    def stolen(self, item: Item) -> None:
        """An item was never paid, and is past the gate."""
        self._gone(item, "stolen")

    def write_off(self, item: Item) -> None:
        """An item is too old: staff ring it up as waste, by its tag where it has one, and throw it away."""
        self.desk.write_off(item.article, item.epc if item.is_tagged else None, self.now_ns)
        if item.is_tagged:
            self._radio.leave(item.epc, self.now_ns)
        self._gone(item, "expired")

    def _gone(self, item: Item, cause: str) -> None:
        item.zone = None
        self.truth.changes.append(TrueChange(self.now_ns, item.epc, item.article.sku, None, cause))

    def _move(self, item: Item, zone: str, cause: str, hold: float) -> None:
        if zone != item.zone:
            item.zone = zone
            self.truth.changes.append(TrueChange(self.now_ns, item.epc, item.article.sku, zone, cause))
        if item.is_tagged:
            self._radio.place(item.epc, zone, hold, self.now_ns)

    def _open(self, opening: OpeningStock) -> None:
        told: list[tuple[str, str]] = list(opening.ghosts)
        self.truth.ghosts.extend(epc for epc, _ in opening.ghosts)
        for article in self.articles:
            for number in range(article.units):
                item = self.make(article)
                if item.best_before_ns is not None:
                    left = self.rng.random() * (item.best_before_ns - self.now_ns)
                    item.best_before_ns = self.now_ns + round(left)
                self.shelve(
                    item, article.home if number < article.floor_capacity else self.back_room, "initial"
                )
                if item.is_tagged and self.rng.random() < self.family.tags_told_share:
                    told.append((item.epc, article.sku))
        self.desk.tell_stock(told if self.family.tags_told_share else [], self.now_ns)
        tagged = [article for article in self.articles if not article.weight_g]
        self.sold = [self.make(self.rng.choice(tagged)) for _ in range(self.family.sold_before)]
