"""The baselines as methods of the benchmark: what the product's codecs decoded, as they are shown it. Wiring."""

import time
from collections.abc import Callable, Mapping, Sequence

from gateway.catalogue.articles import Catalogue
from gateway.catalogue.identify import Identifier
from gateway.config.site import SiteConfig
from gateway.ports.intake import TillEvent
from gateway.scans import RepeatFilter
from gateway.site import Site, ns
from readers.errors import Malformed
from readers.observations import Heartbeat, Observation, Read, Scan
from simulators.baselines.observed import (
    Baseline,
    Observed,
    ObservedHeartbeat,
    ObservedRead,
    ObservedReceive,
    ObservedReturn,
    ObservedSale,
    ShopSetup,
)
from simulators.baselines.registry import BASELINES, Factory, Variant, variants
from simulators.scoring.beliefs import BeliefLog

_KINDS: Mapping[str, Callable[..., Observed]] = {
    "sale": ObservedSale,
    "return": ObservedReturn,
    "receive": ObservedReceive,
    "till": ObservedSale,
    "receiving": ObservedReceive,
}
"""What an event's type, and what a scanner's role, says to a baseline."""


class Shown:
    """Turns what was decoded into what baselines see, once for all of them.

    Articles are looked up by the product's own rules; a code held before a scanner is one scan.
    """

    def __init__(self, site: SiteConfig, catalogue: Catalogue) -> None:
        self._site = Site(site)
        self._catalogue = catalogue
        self._identifier = Identifier(catalogue, lambda _epc: False)
        self._repeats = {s.id: RepeatFilter(ns(s.repeat_window_s)) for s in self._site.scanners.values()}
        self._zones = {
            port: self._site.places[place].zone for port, place in self._site.antenna_place.items()
        }

    def sku_of(self, epc: str) -> str | None:
        """Return the catalogue's article of a tag, if there is one."""
        sku = self._identifier.tag(epc)
        article = self._catalogue.article(sku)
        return sku if article is not None and article.known else None

    def observations(self, observations: Sequence[Observation]) -> list[Observed]:
        """Return what of it a baseline may see."""
        shown: list[Observed] = []
        for seen in observations:
            match seen:
                case Read():
                    zone = self._zones.get((seen.reader, seen.antenna))
                    if zone is not None:
                        shown.append(
                            ObservedRead(
                                seen.at_ns,
                                seen.received_ns,
                                seen.reader,
                                seen.antenna,
                                zone,
                                seen.epc,
                                seen.rssi_dbm,
                            )
                        )
                case Heartbeat():
                    shown.append(ObservedHeartbeat(seen.at_ns, seen.received_ns, seen.device, seen.online))
                case Scan():
                    shown += self._scanned(seen)
                case _:
                    pass
        return shown

    def _scanned(self, scan: Scan) -> list[Observed]:
        scanner = self._site.scanners.get(scan.scanner)
        if scanner is None or not self._repeats[scan.scanner].is_new(scan.text, scan.at_ns):
            return []
        kind = _KINDS.get(scanner.role)
        try:
            product = self._identifier.scan(scan.text)
        except Malformed:
            return []
        if kind is None or product is None:
            return []
        return [kind(scan.at_ns, scan.received_ns, product.sku, product.epc)]

    def events(self, events: Sequence[TillEvent], received_ns: int) -> list[Observed]:
        """Return what of a till's events a baseline may see."""
        shown: list[Observed] = []
        for event in events:
            sku = event.sku or (self.sku_of(event.epc) if event.epc else None)
            if sku is None and event.gtin is not None:
                sku = self._catalogue.sku_of(event.gtin)
            kind = _KINDS.get(event.type)
            if sku is not None and kind is not None:
                shown.append(kind(event.at_ns, received_ns, sku, event.epc, event.qty))
        return shown


class PeerLine:
    """One baseline at work, and what it believed at the end of each epoch."""

    def __init__(self, name: str, setup: ShopSetup) -> None:
        self._name = name
        self._baseline: Baseline = factory_of(name)(setup)
        self._knows_items = not name.startswith("ledger")
        self._places: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._items: list[tuple[int, str, str | None]] = []
        self._levels: list[tuple[int, str, str, int]] = []
        self._seconds = 0.0

    def take(self, shown: Sequence[Observed]) -> None:
        """Show it observations."""
        began_s = time.process_time()
        observe = self._baseline.observe
        for observation in shown:
            observe(observation)
        self._seconds += time.process_time() - began_s

    def tick(self, now_ns: int, zone: str) -> None:
        """End an epoch. `zone` stands for the whole store where only counts are known."""
        began_s = time.process_time()
        self._baseline.advance(now_ns)
        self._seconds += time.process_time() - began_s
        if not self._knows_items:
            for sku, pieces in self._baseline.counts().items():
                if self._counts.get(sku) != pieces:
                    self._counts[sku] = pieces
                    self._levels.append((now_ns, sku, zone, pieces))
            return
        places = self._baseline.places(now_ns)
        changed = places.items() ^ self._places.items()
        if changed:
            for epc in sorted({epc for epc, _ in changed}):
                self._items.append((now_ns, epc, places.get(epc)))
            self._places = dict(places)

    def log(self) -> BeliefLog:
        """Return what was believed."""
        items = self._items if self._knows_items else None
        levels = None if self._knows_items else self._levels
        return BeliefLog(self._name, inputs_of(self._name), items, levels, seconds=self._seconds)


INPUTS: Mapping[str, str] = {
    "fixed": "reads",
    "smurf": "reads",
    "edgex": "reads",
    "rsp": "reads; which zone is exit, till",
    "ledger": "books at start, sales, returns, receipts",
}
"""What a family of baselines uses of all that it is shown (its module says what it leaves unused)."""
VARIANTS: Mapping[str, Variant] = {
    f"{variant.curve}@{variant.value:g}": variant for points in variants().values() for variant in points
}
"""The points of all curves, as methods of their own."""


def inputs_of(name: str) -> str:
    """Return what a baseline, or a point of its curve, is given."""
    return INPUTS[name.partition("@")[0].partition("-")[0]]


def factory_of(name: str) -> Factory:
    """Return how a baseline is made, or a point of a curve."""
    return VARIANTS[name].make if name in VARIANTS else BASELINES[name]
