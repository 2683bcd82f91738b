"""A site of two small shops for tests of the whole engine: its file, its articles, its tags. Pure."""

from gateway.catalogue.articles import Catalogue
from gateway.config.file import parse_catalogue, parse_site
from gateway.config.site import SiteConfig
from gateway.engine import Engine
from gateway.ports.intake import TillEvent
from gateway.site import Site
from readers.observations import Heartbeat, Read, Reading, Scan
from simulators.epc import sgtin96
from tests.support.kept_engine import KeptEngine

S = 1_000_000_000
T0 = 1_800_000_000 * S
STORE = "lyon-1"
SITE = """
[mqtt]

[[stores]]
id = "lyon-1"
name = "Lyon"
place = { address = "Part-Dieu, Lyon", latitude = 45.76, longitude = 4.86 }
hours = { mon = ["00:00-24:00"], tue = ["00:00-24:00"], wed = ["00:00-24:00"], thu = ["00:00-24:00"], fri = ["00:00-24:00"], sat = ["00:00-24:00"], sun = ["00:00-24:00"], special = { "2026-12-25" = [] } }
pick_minutes = { floor = 10, back_room = 25 }
zones = [
  { id = "floor", role = "floor" },
  { id = "back", role = "back_room" },
  { id = "till", role = "till" },
  { id = "exit", role = "exit" },
]

[[stores]]
id = "paris-1"
name = "Paris"
zones = [{ id = "floor", role = "floor" }]

[[readers]]
id = "front"
kind = "impinj"
store = "lyon-1"
topic = "front/events"
antennas = [{ port = 1, zone = "floor" }, { port = 2, zone = "till" }, { port = 3, zone = "exit" }, { port = 4, zone = "floor" }]

[[readers]]
id = "rear"
kind = "impinj"
store = "lyon-1"
topic = "rear/events"
antennas = [{ port = 1, zone = "back" }]

[[readers]]
id = "paris"
kind = "impinj"
store = "paris-1"
topic = "paris/events"
antennas = [{ port = 1, zone = "floor" }]

[[scanners]]
id = "receiving"
store = "lyon-1"
zone = "back"
role = "receiving"
port = "/dev/receiving"

[[scanners]]
id = "checkout"
store = "lyon-1"
zone = "till"
role = "till"
port = "/dev/checkout"

[[scanners]]
id = "desk"
store = "lyon-1"
zone = "till"
role = "return"
port = "/dev/desk"

[[scanners]]
id = "counter"
store = "lyon-1"
zone = "floor"
role = "count"
port = "/dev/counter"

[[scanners]]
id = "kiosk"
store = "lyon-1"
zone = "floor"
role = "look_up"
port = "/dev/kiosk"

[[shelves]]
id = "candles"
store = "lyon-1"
zone = "floor"
sku = "CANDLE"
topic = "tasmota_candles"
unit_weight_g = 420
tare_g = 1500
"""
ARTICLES = """sku,gtin,tracked_by,low_stock_at
TEE,03012345000055,tag,0
JEANS,03012345000017,tag,2
CANDLE,03012345000116,weight,0
TOTE,03012345000123,count,0
"""
GTIN = {
    "TEE": "03012345000055",
    "JEANS": "03012345000017",
    "CANDLE": "03012345000116",
    "TOTE": "03012345000123",
}
FOREIGN_GTIN = "04006381333931"
READERS = ("front", "rear", "paris")


def small_site() -> SiteConfig:
    """Return the site's config."""
    return parse_site(SITE, "site.toml")


def new_engine() -> Engine:
    """Return an engine that knows nothing but its site and its articles."""
    return Engine(Site(small_site()), articles())


def articles() -> Catalogue:
    """Return the catalogue."""
    return parse_catalogue(ARTICLES, "articles.csv")


def epc(sku: str, serial: int) -> str:
    """Return the EPC of one piece of an article, or of a GTIN-14."""
    return sgtin96(GTIN.get(sku, sku), 7, serial)


class SmallShop(KeptEngine):
    """The small site over time: short words to feed its engine with, everything kept."""

    def __init__(self) -> None:
        super().__init__(new_engine)
        self.now = T0
        self.alive = set(READERS)
        self._events = 0

    def read(self, *epcs: str, reader: str = "front", antenna: int = 1, rssi: float = -60) -> None:
        """Tags answer an antenna now."""
        for tag in epcs:
            self.engine.observe(Read(reader, antenna, tag, self.now, self.now, rssi), self.now)

    def scan(self, scanner: str, text: str) -> None:
        """A scanner sends a text now."""
        self.engine.observe(Scan(scanner, text, self.now, self.now), self.now)

    def weigh(self, weight_g: float, seconds: int = 20) -> None:
        """The shelf sends a weight every five seconds."""
        for _ in range(0, seconds, 5):
            self.engine.observe(Reading("candles", weight_g, self.now, self.now), self.now)
            self.run(5)

    def beat(self, device: str, *, online: bool = True) -> None:
        """A device proves its life, or says that it is gone."""
        self.engine.observe(Heartbeat(device, online, self.now, self.now), self.now)

    def event(self, kind: str, **fields: object) -> TillEvent:
        """Return an event of a till, of now, for the first store."""
        self._events += 1
        given = {"event_id": f"e{self._events}", "type": kind, "store": STORE, "sku": None, "gtin": None,
                 "epc": None, "qty": 1, "at_ns": self.now} | fields  # fmt: skip
        return TillEvent(**given)  # type: ignore[arg-type]  # fields by name

    def tell(self, kind: str, **fields: object) -> str:
        """Tell the engine of an event; return its outcome, or the code of its refusal."""
        result = self.engine.record(self.event(kind, **fields), self.now)
        return result.code or result.outcome

    def run(self, seconds: int, *epcs: str, reader: str = "front", antenna: int = 1, every: int = 5) -> None:
        """Let time pass second by second, while tags are read and readers live."""
        for second in range(1, seconds + 1):
            self.now += S
            for device in sorted(self.alive):
                self.beat(device)
            if second % every == 0:
                self.read(*epcs, reader=reader, antenna=antenna)
            self.live(self.now)

    def levels(self, sku: str, store: str = STORE) -> dict[str, int]:
        """Return the pieces per zone."""
        return dict(self.engine.state.ledger.levels(store, sku))
