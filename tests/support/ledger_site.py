"""A site of a shop with readers and a web warehouse whose ledger is its stock, for tests of both. Pure."""

from gateway.answers import availability
from gateway.audit import Actor
from gateway.book_stock import desk
from gateway.book_stock.model import LedgerLine, LineVerdict
from gateway.config.file import parse_catalogue, parse_site
from gateway.engine import Engine
from gateway.ports.intake import TillEvent
from gateway.ports.inventory import Availability
from gateway.site import Site
from readers.observations import Heartbeat, Read
from tests.support.kept_engine import KeptEngine
from tests.support.small_site import ARTICLES, T0, S

WEB, SHOP = "web-1", "lyon-1"
ACTOR = Actor("key-1", "192.0.2.1")
LEDGER_SITE = """
[mqtt]

[stock]
ledger_fresh_s = 3_600

[[stores]]
id = "web-1"
name = "Web"
source = "ledger"

[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "floor", role = "floor" }, { id = "back", role = "back_room" }]

[[readers]]
id = "front"
kind = "impinj"
store = "lyon-1"
topic = "front/events"
antennas = [{ port = 1, zone = "floor" }]

[[scanners]]
id = "pack"
store = "web-1"
zone = "stock"
role = "till"
port = "/dev/pack"
"""


def ledger_engine(site: str) -> Engine:
    """Return an engine of a site that knows nothing yet."""
    return Engine(Site(parse_site(site, "site.toml")), parse_catalogue(ARTICLES, "articles.csv"))


class LedgerShop(KeptEngine):
    """The site over time. Figures and events are told with seconds ago."""

    def __init__(self) -> None:
        self.site = LEDGER_SITE
        super().__init__(lambda: ledger_engine(self.site))
        self.now = T0
        self._events = 0

    def figure(self, qty: int, *, ago_s: float = 0, sku: str = "TOTE", store: str = WEB) -> LineVerdict:
        """The ledger says how many there are."""
        line = LedgerLine(store, sku, qty, self.now - round(ago_s * S))
        return desk.tell(self.engine.state, [line], ACTOR, self.now)[0]

    def tell(
        self,
        kind: str,
        qty: int = 1,
        *,
        ago_s: float = 0,
        sku: str | None = "TOTE",
        store: str = WEB,
        **more: object,
    ) -> str:
        """A till or a person tells of an event; return its outcome, or the code of its refusal."""
        self._events += 1
        given = {"event_id": f"e{self._events}", "type": kind, "store": store, "sku": sku, "gtin": None,
                 "epc": None, "qty": qty, "at_ns": self.now - round(ago_s * S)} | more  # fmt: skip
        result = self.engine.record(TillEvent(**given), self.now)  # type: ignore[arg-type]  # fields by name
        return result.code or result.outcome

    def wait(self, seconds: float = 1, *epcs: str) -> None:
        """Let time pass, second by second where tags are read in the shop."""
        for _ in range(round(seconds) if epcs else 1):
            self.now += S if epcs else round(seconds * S)
            self.engine.observe(Heartbeat("front", True, self.now, self.now), self.now)
            for epc in epcs:
                self.engine.observe(Read("front", 1, epc, self.now, self.now, -60), self.now)
            self.live(self.now)

    def pieces(self, sku: str = "TOTE", store: str = WEB) -> int:
        """Return the stock of an article."""
        return sum(self.engine.state.ledger.levels(store, sku).values())

    def answer(self, sku: str = "TOTE", store: str = WEB) -> Availability:
        """Return what is answered now."""
        return availability(self.engine.state, store, sku, 1, self.now)
