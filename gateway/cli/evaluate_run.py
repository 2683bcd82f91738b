"""One run of the benchmark: a family's shop for some days, every method on the same messages, judged. Wiring."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.catalogue.articles import Catalogue
from gateway.cli.evaluate_peers import PeerLine, Shown
from gateway.cli.evaluate_product import ProductLine
from gateway.cli.evaluate_wires import Wires
from gateway.config.file import parse_catalogue, parse_site
from gateway.config.site import SiteConfig
from gateway.config.stores import IN_HAND
from gateway.ports.intake import TillEvent
from gateway.site import NS_PER_S, ns
from readers.observations import Observation, Read
from simulators.baselines.observed import ShopSetup
from simulators.benchmark.families import FAMILIES
from simulators.benchmark.messages import HttpEvents
from simulators.benchmark.run import BenchmarkRun
from simulators.scoring.alerts import AlertRule
from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.faults import Fault
from simulators.scoring.grid import Grid
from simulators.scoring.history import History, Sale
from simulators.scoring.results import PRODUCT, RFID_ALONE
from simulators.scoring.score import Scorer
from simulators.scoring.tally import Tally

SHOW_EVERY = 200
"""Messages between two signs of progress."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run. `methods`: names of baselines and of points of their curves, and RFID_ALONE; the product
    runs always.
    """

    family: str
    seed: int
    days: float
    methods: tuple[str, ...]


@dataclass(slots=True)
class RunResult:
    """What came out of it, small enough to hand from process to process."""

    plan: RunPlan
    tallies: dict[str, Tally] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    reads: int = 0
    messages: int = 0
    refused: int = 0
    pieces: float = 0.0
    scoring_s: float = 0.0
    faults: list[Fault] = field(default_factory=list)


def run(plan: RunPlan, on_progress: Callable[[float], None] = lambda _share: None) -> RunResult:
    """Run it. `on_progress` is told the share of the run's time that is done."""
    shop = BenchmarkRun(FAMILIES[plan.family], plan.seed, plan.days)
    site = parse_site(shop.site_toml, f"{plan.family}.toml")
    grid = Grid(shop.start_ns, shop.end_ns, shop.epoch_ns, round((shop.end_ns - shop.start_ns) / plan.days))
    catalogue = parse_catalogue(shop.catalogue_csv, f"{plan.family}.csv")
    skus = tuple(article.sku for article in catalogue.articles())
    methods = _Methods(plan, shop, site, grid, skus)
    result = RunResult(plan)
    read_ns = _play(shop, site, grid, methods, result, on_progress)
    began_s = time.process_time()
    history = _history(shop, site, grid, skus, read_ns)
    scorer = Scorer(history, _alert_rule(site, catalogue))
    result.pieces = scorer.true_pieces
    for log in methods.logs():
        result.tallies[log.name] = scorer.score(log)
        result.inputs[log.name] = log.inputs
        result.seconds[log.name] = log.seconds
        if log.name == PRODUCT:
            result.faults = scorer.faults(log)
    result.scoring_s = time.process_time() - began_s
    return result


def _play(
    shop: BenchmarkRun,
    site: SiteConfig,
    grid: Grid,
    methods: "_Methods",
    result: RunResult,
    on_progress: Callable[[float], None],
) -> dict[str, int]:
    """Let all methods live through the run; return when each tag was first read."""
    wires = Wires(site, grid.start_ns)
    methods.take(wires.opened, grid.start_ns)
    read_ns: dict[str, int] = {}
    tick_ns = grid.start_ns + NS_PER_S
    for message in shop.messages():
        now_ns = message.received_ns
        while now_ns >= tick_ns:
            methods.take(list(wires.tick(tick_ns)), tick_ns)
            methods.tick(tick_ns)
            tick_ns += NS_PER_S
        result.messages += 1
        if result.messages % SHOW_EVERY == 0:
            on_progress((now_ns - grid.start_ns) / (grid.end_ns - grid.start_ns))
        if isinstance(message, HttpEvents):
            methods.record(wires.events(message), now_ns)
            continue
        observations = wires.observations(message)
        for seen in observations:
            if isinstance(seen, Read):
                result.reads += 1
                if seen.epc not in read_ns:
                    read_ns[seen.epc] = now_ns
        methods.take(observations, now_ns)
    while tick_ns <= grid.end_ns:
        methods.take(list(wires.tick(tick_ns)), tick_ns)
        methods.tick(tick_ns)
        tick_ns += NS_PER_S
    result.refused = len(wires.refused)
    return read_ns


class _Methods:
    """All methods of one run. Each product has a catalogue of its own, for it grows by what is met."""

    def __init__(
        self, plan: RunPlan, shop: BenchmarkRun, site: SiteConfig, grid: Grid, skus: Sequence[str]
    ) -> None:
        def catalogue() -> Catalogue:
            return parse_catalogue(shop.catalogue_csv, f"{plan.family}.csv")

        self._grid = grid
        self._products = [ProductLine(site, catalogue(), grid, skus, reads_alone=False)]
        if RFID_ALONE in plan.methods:
            self._products.append(ProductLine(site, catalogue(), grid, skus, reads_alone=True))
        self._shown = Shown(site, catalogue())
        roles = {zone.id: zone.role for zone in site.stores[0].zones}
        self._whole_store = next(zone for zone, role in roles.items() if role == "floor")
        setup = ShopSetup(
            start_ns=grid.start_ns,
            sku_of=self._shown.sku_of,
            exit_zones=frozenset(zone for zone, role in roles.items() if role == "exit"),
            till_zones=frozenset(zone for zone, role in roles.items() if role == "till"),
            ledger=shop.ledger,
        )
        self._peers = [PeerLine(name, setup) for name in plan.methods if name != RFID_ALONE]

    def take(self, observations: Sequence[Observation], now_ns: int) -> None:
        if not observations:
            return
        for product in self._products:
            product.take(observations, now_ns)
        if self._peers:
            shown = self._shown.observations(observations)
            for peer in self._peers:
                peer.take(shown)

    def record(self, events: Sequence[TillEvent], now_ns: int) -> None:
        for product in self._products:
            product.record(events, now_ns)
        news = [event for event in events if event.at_ns > self._grid.start_ns]
        if self._peers and news:  # what was there before the run stands in the books that a ledger is given
            shown = self._shown.events(news, now_ns)
            for peer in self._peers:
                peer.take(shown)

    def tick(self, now_ns: int) -> None:
        for product in self._products:
            product.tick(now_ns)
        if (now_ns - self._grid.start_ns) % self._grid.epoch_ns == 0:
            for peer in self._peers:
                peer.tick(now_ns, self._whole_store)

    def logs(self) -> list[BeliefLog]:
        return [product.log() for product in self._products] + [peer.log() for peer in self._peers]


def _history(
    shop: BenchmarkRun, site: SiteConfig, grid: Grid, skus: tuple[str, ...], read_ns: dict[str, int]
) -> History:
    roles: dict[str, str] = {zone.id: zone.role for zone in site.stores[0].zones}
    roles[IN_HAND] = "in_hand"
    history = History(grid, skus, tuple(roles), roles, read_ns=read_ns)
    history.add(sorted(shop.truth.changes, key=lambda change: change.at_ns), shop.truth.quality)
    history.sales += [Sale(sale.at_ns, sale.sku) for sale in shop.truth.sales]
    history.door_ns.update({(walk.epc, walk.paid_ns): walk.left_ns for walk in shop.truth.walks})
    history.outages += [
        (mark.at_ns, mark.until_ns, frozenset({mark.where}))
        for mark in shop.truth.marks
        if mark.kind == "outage"
    ]
    return history


def _alert_rule(site: SiteConfig, catalogue: Catalogue) -> AlertRule:
    alerts = site.alerts
    return AlertRule(
        low_at={
            article.sku: alerts.low_stock_at if article.low_stock_at is None else article.low_stock_at
            for article in catalogue.articles()
        },
        clear_gap=alerts.low_stock_clear_at - alerts.low_stock_at,
        hold_ns=ns(alerts.hold_s),
        clear_hold_ns=ns(alerts.clear_hold_s),
        predicted_within_ns=ns(alerts.predicted_within_s),
    )
