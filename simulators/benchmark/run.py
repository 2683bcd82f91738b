"""One run of the benchmark's shop: a family, a seed, a length; messages out, truth beside them. Pure, seeded.

    shop (truth) ─▶ radio ─▶ readers ─┐
       └─▶ desk, shelves ─────────────┴▶ wires ─▶ messages

The people's chance is drawn apart from the radio's and the wires': runs of one seed have much the same
day in all families that share a shop, and differ in what is seen of it.
"""

from collections.abc import Iterator, Mapping
from random import Random

from simulators.agenda import NS_PER_S
from simulators.benchmark.articles import EpcPrinter, catalogue_csv, stock_up
from simulators.benchmark.calendar import START_NS, Calendar
from simulators.benchmark.clocks import make_clocks
from simulators.benchmark.customers import Demand, returners, visitors
from simulators.benchmark.desk import DESK_CLOCK, TILL_SCANNER, Desk
from simulators.benchmark.families import Family
from simulators.benchmark.messages import Message
from simulators.benchmark.outages import Outages
from simulators.benchmark.radio import EPOCH_NS, Radio
from simulators.benchmark.reader_plan import ReaderPlan
from simulators.benchmark.reports import Reporter
from simulators.benchmark.shelves import ShelfRow, shelf_id
from simulators.benchmark.shop import Shop
from simulators.benchmark.site import site_toml
from simulators.benchmark.staff import clearing, deliveries, restocking
from simulators.benchmark.topology import TOPOLOGIES
from simulators.benchmark.transport import Wires
from simulators.benchmark.truth import TruthLog


class BenchmarkRun:
    """A run. Take its messages once; `truth` grows with them."""

    def __init__(self, family: Family, seed: int, days: float) -> None:
        """Raises ValueError for a run of no length."""
        if days <= 0:
            raise ValueError(f"days = {days}: a run lasts longer than that")
        self.family, self.seed = family, seed
        self.epoch_ns = EPOCH_NS
        day_ns = Calendar(family).day_ns
        self._epochs = max(1, round(days * day_ns / EPOCH_NS))
        self.start_ns = START_NS
        self.end_ns = START_NS + self._epochs * EPOCH_NS
        self.truth = TruthLog()
        self._is_taken = False
        self._out: list[Message] = []
        topology = TOPOLOGIES[family.topology]
        antennas = topology.antennas(family.corner_reach, is_reader_per_zone=family.is_reader_per_zone)
        self._radio = Radio(family, topology, antennas, seed, START_NS)
        printer = EpcPrinter(self._chance("epcs"))
        opening = stock_up(family, topology, self._chance("stock"), printer)
        self.ledger: Mapping[str, int] = opening.ledger
        plans = [
            ReaderPlan(
                reader,
                family.reader_kind,
                round(family.report_s * NS_PER_S),
                round(family.heartbeat_s * NS_PER_S),
                family.tells_rssi,
            )
            for reader in dict.fromkeys(antenna.reader for antenna in antennas)
        ]
        self.site_toml = site_toml(family, topology, plans, antennas, opening.articles)
        self.catalogue_csv = catalogue_csv(opening.articles)
        devices = [plan.id for plan in plans]
        clocks = make_clocks(
            family.transport, [*devices, DESK_CLOCK], self._chance("clocks"), START_NS, self.end_ns
        )
        self._reporter = Reporter(plans, clocks, self._radio)
        devices += [shelf_id(article) for article in opening.articles if article.weight_g]
        self._wires = Wires(
            family.transport, [*devices, TILL_SCANNER], self._chance("wires"), START_NS, day_ns, self.end_ns
        )
        self._shelves = ShelfRow(family.shelves, opening.articles, self._chance("shelves"), START_NS)
        self._bump_ns = _moment_ns(family.antennas_bumped_at_day, day_ns)
        self._outages = Outages(family, antennas, self._chance("outages"), START_NS, self.end_ns)
        self.truth.marks.extend(self._outages.marks())
        self._shop = Shop(
            family,
            topology,
            opening,
            printer,
            self._chance("people"),
            self._radio,
            Desk(family, opening.articles, self._chance("desk"), clocks[DESK_CLOCK], self._out.append),
            self._shelves,
            self.truth,
            START_NS,
        )

    def messages(self) -> Iterator[Message]:
        """Yield all messages in order of `received_ns`. Raises RuntimeError when taken a second time."""
        if self._is_taken:
            raise RuntimeError("the messages of a run are taken once: make another run of the same seed")
        self._is_taken = True
        self._people_come()
        self._wires.send(self._reporter.begin(self.start_ns))
        self._wires.send(self._shelves.begin(self.start_ns))
        for epoch in range(self._epochs):
            self._live_through(self.start_ns + epoch * EPOCH_NS)
            yield from self._wires.receive(self.start_ns + (epoch + 1) * EPOCH_NS)

    def _people_come(self) -> None:
        demand = Demand(self._shop)
        for process in (
            visitors(self._shop, demand),
            demand.burst(),
            returners(self._shop),
            restocking(self._shop),
            deliveries(self._shop),
            clearing(self._shop),
            self._shelves.hands(self._shop.calendar, lambda: self._shop.now_ns),
        ):
            self._shop.start(process)

    def _live_through(self, epoch_ns: int) -> None:
        """The radio's rounds are drawn for where things are as the epoch begins; then people move them."""
        end_ns = epoch_ns + EPOCH_NS
        if self._bump_ns is not None and epoch_ns >= self._bump_ns:
            self._radio.bump()
            self._bump_ns = None
        dead = self._outages.apply(self._radio, epoch_ns)
        reads = self._radio.draw(epoch_ns)
        self._shop.advance(end_ns - 1)
        gate = self._radio.take_gate_reads(end_ns)
        self._wires.send(self._reporter.report(self._radio.settle(reads), gate, epoch_ns, dead))
        self._wires.send(self._shelves.sample(end_ns))
        self._wires.send(self._out)
        self._out.clear()

    def _chance(self, purpose: str) -> Random:
        return Random(f"{self.seed}:{purpose}")


def _moment_ns(at_day: float | None, day_ns: int) -> int | None:
    return None if at_day is None else START_NS + round(at_day * day_ns)
