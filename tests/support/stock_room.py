"""A ledger with its laws at hand, for tests of stock: short words in, levels out. Pure."""

from collections import Counter
from collections.abc import Callable

from gateway.catalogue.articles import Article, Catalogue, TrackedBy
from gateway.movements import LevelPoint, Movement
from gateway.stock.effects import StockRule
from gateway.stock.ledger import Ledger

S = 1_000_000_000
T0 = 1_800_000_000 * S
STORE = "lyon-1"
ROLES = {
    STORE: {"floor": "floor", "wall": "floor", "back": "back_room", "till": "till", "exit": "exit"},
    "paris-1": {"floor": "floor", "back": "back_room"},
}
ARTICLES = (Article("TEE"), Article("CANDLE", tracked_by="weight"), Article("TOTE", tracked_by="count"))
RULE = StockRule(pairing_window_ns=7_200 * S, in_hand_ns=1_800 * S)
SKU_OF: dict[TrackedBy, str] = {article.tracked_by: article.sku for article in ARTICLES}


class StockRoom:
    """One ledger in one shop. `now` in ns; methods take seconds ago where a time is not now."""

    def __init__(self, roles: dict[str, dict[str, str]] = ROLES) -> None:
        self.roles = roles
        self.ledger = self._new()
        self.now = T0
        self.unwatched: set[str] = set()
        self.movements: list[Movement] = []
        self.latest: dict[tuple[str, str, str], LevelPoint] = {}
        self.rows: dict[tuple[str, str], str] = {}
        self.tags: dict[str, tuple[str, str, str]] = {}
        self._events = 0

    def _new(self) -> Ledger:
        return Ledger(Catalogue(ARTICLES), self.roles, RULE)

    # -- tags ---------------------------------------------------------------------------------------

    def arrive(self, epc: str, zone: str = "floor", *, back: bool = False, sku: str = "TEE") -> Movement:
        """A tag comes in; `back`: it had been here before."""
        self.tags[epc] = (STORE, sku, zone)
        return self.did(
            lambda: self.ledger.tag_arrived(STORE, sku, epc, zone, self.now, self.now, came_back=back)
        )

    def move(self, epc: str, zone: str) -> Movement:
        """A tag goes to another zone."""
        store, sku, before = self.tags[epc]
        self.tags[epc] = (store, sku, zone)
        return self.did(lambda: self.ledger.tag_moved(store, sku, epc, before, zone, self.now, self.now))

    def depart(self, epc: str, cause: str = "exit", seen_s_ago: float = 0) -> Movement:
        """A tag leaves by the exit or by silence."""
        store, sku, zone = self.tags.pop(epc)
        seen_ns = self.now - round(seen_s_ago * S)
        return self.did(
            lambda: self.ledger.tag_departed(store, sku, epc, zone, self.now, self.now, seen_ns, cause)
        )

    def transfer(self, epc: str, store: str, zone: str) -> Movement:
        """A tag turns up in another store."""
        before, sku, from_zone = self.tags[epc]
        self.tags[epc] = (store, sku, zone)
        ends = (before, from_zone), (store, zone)
        return self.did(lambda: self.ledger.tag_transferred(sku, epc, *ends, self.now, self.now))

    # -- events -------------------------------------------------------------------------------------

    def sell(self, sku: str = "TEE", epc: str | None = None, *, ago_s: float = 0) -> Movement:
        """A till sells a piece, by its SKU or by its very tag."""
        ref, at_ns = self._ref("sale"), self.now - round(ago_s * S)
        if epc is None:
            return self.did(lambda: self.ledger.sold(STORE, sku, ref, at_ns, self.now))
        _, _, zone = self.tags.pop(epc, (STORE, sku, None))
        return self.did(lambda: self.ledger.sold_epc(STORE, sku, epc, zone, ref, at_ns, self.now))

    def take_back(
        self, sku: str = "TEE", zone: str = "till", epc: str | None = None, *, ago_s: float = 0
    ) -> Movement:
        """A customer brings a piece back."""
        at_ns = self.now - round(ago_s * S)
        ref, here = self._ref("return"), epc in self.tags
        return self.did(
            lambda: self.ledger.returned(STORE, sku, zone, epc, ref, at_ns, self.now, is_here=here)
        )

    def receive(
        self, sku: str = "TEE", zone: str = "back", epc: str | None = None, *, ago_s: float = 0
    ) -> Movement:
        """A piece is scanned in."""
        at_ns = self.now - round(ago_s * S)
        ref, here = self._ref("receipt"), epc in self.tags
        return self.did(
            lambda: self.ledger.received(STORE, sku, zone, epc, ref, at_ns, self.now, is_here=here)
        )

    def count(self, pieces: int, zone: str = "floor", sku: str = "TOTE") -> Movement:
        """A person counts."""
        return self.did(
            lambda: self.ledger.counted(STORE, sku, zone, pieces, self._ref("count"), self.now, self.now)
        )

    def weigh(self, pieces: int, zone: str = "floor", device: str = "shelf") -> list[Movement]:
        """A shelf settles at some pieces."""
        before = len(self.movements)
        self.ledger.shelf_settled(STORE, "CANDLE", device, zone, pieces, self.now, self.now)
        self.keep()
        return self.movements[before:]

    # -- time ---------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> list[Movement]:
        """Let time pass and what is due expire."""
        before = len(self.movements)
        self.now += round(seconds * S)
        self.ledger.expire(self.now, lambda _, zone: zone not in self.unwatched)
        self.keep()
        return self.movements[before:]

    def restart(self) -> None:
        """Give a new ledger what was kept, and the tags that presence believes in."""
        self.ledger = self._new()
        for store, sku, zone in self.tags.values():
            self.ledger.restore_tags(store, sku, zone, 1)
        for (store, sku), text in self.rows.items():
            self.ledger.restore_line(store, sku, text)
        imbalanced = self.ledger.settle_restored(self.latest.values(), self.now)
        self.keep()
        assert imbalanced == 0

    # -- what is known ------------------------------------------------------------------------------

    def levels(self, sku: str = "TEE", store: str = STORE) -> dict[str, int]:
        """Return the pieces per zone."""
        return dict(self.ledger.levels(store, sku))

    def on_hand(self, sku: str = "TEE", store: str = STORE) -> int:
        """Return the pieces in the store."""
        return sum(self.levels(sku, store).values())

    def did(self, what: Callable[[], None]) -> Movement:
        """Do one thing and return its (last) movement."""
        what()
        self.keep()
        return self.movements[-1]

    def keep(self) -> None:
        """Take what changed, as a store would, and hold it to the laws of conservation."""
        self.movements += self.ledger.drain_movements()
        self.latest |= {(p.store, p.sku, p.zone): p for p in self.ledger.drain_points()}
        self.rows |= dict(self.ledger.dirty_rows())

    def check_laws(self) -> None:
        """Levels are the sums of movements, equal the stored ones, are never negative."""
        sums: Counter[tuple[str, str, str]] = Counter()
        for movement in self.movements:
            for delta in movement.deltas:
                assert delta.pieces
                sums[movement.store, movement.sku, delta.zone] += delta.pieces
        believed = {
            (store, sku, zone): pieces
            for store, sku in self.ledger.line_keys()
            for zone, pieces in self.ledger.levels(store, sku).items()
        }
        assert all(pieces > 0 for pieces in believed.values()), believed
        assert {key: pieces for key, pieces in sums.items() if pieces} == believed
        assert {key: point.pieces for key, point in self.latest.items() if point.pieces} == believed

    def _ref(self, kind: str) -> str:
        self._events += 1
        return f"{kind}-{self._events}"
