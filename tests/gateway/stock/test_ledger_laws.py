"""Whatever happens in whatever order, true or not: no level is negative, every change is a movement, and a
ledger that dies between any two steps goes on as one that never died.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.stock_room import STORE, StockRoom

EPCS = [f"tag {n}" for n in range(12)]
ZONES = ["floor", "wall", "back", "till", "exit"]
SKUS = ["TEE", "CANDLE", "TOTE"]
epcs, zones, skus = st.sampled_from(EPCS), st.sampled_from(ZONES), st.sampled_from(SKUS)
causes = st.sampled_from(["exit", "silence"])
ago = st.sampled_from([0, 0, 30, 600, 5_000, -300])


class TwoLedgers(RuleBasedStateMachine):
    """One ledger that never dies, and one that does: told the same, they must say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.steady, self.mortal = StockRoom(), StockRoom()
        self.ever: set[str] = set()

    def both(self, what: str, *args: object, **kwargs: object) -> None:
        """Do the same with both; both must record the same movements, line by line in the same order."""
        before = len(self.steady.movements)
        recorded = []
        for room in (self.steady, self.mortal):
            getattr(room, what)(*args, **kwargs)
            recorded.append(sorted(room.movements[before:], key=lambda m: (m.store, m.sku)))
        assert recorded[0] == recorded[1]

    # -- readers ----------------------------------------------------------------------------------

    @rule(epc=epcs, zone=zones)
    def arrive(self, epc: str, zone: str) -> None:
        if epc not in self.steady.tags:
            self.both("arrive", epc, zone, back=epc in self.ever)
            self.ever.add(epc)

    @rule(epc=epcs, zone=zones)
    def move(self, epc: str, zone: str) -> None:
        if epc in self.steady.tags and self.steady.tags[epc][0] == STORE:
            self.both("move", epc, zone)

    @rule(epc=epcs, cause=causes, seen_s_ago=st.integers(0, 4_000))
    def depart(self, epc: str, cause: str, seen_s_ago: int) -> None:
        if epc in self.steady.tags:
            self.both("depart", epc, cause, seen_s_ago)

    @rule(epc=epcs, store=st.sampled_from([STORE, "paris-1"]))
    def transfer(self, epc: str, store: str) -> None:
        if epc in self.steady.tags and self.steady.tags[epc][0] != store:
            self.both("transfer", epc, store, "back")

    @rule(pieces=st.integers(0, 9), device=st.sampled_from(["shelf", "table"]))
    def weigh(self, pieces: int, device: str) -> None:
        self.both("weigh", pieces, "floor" if device == "shelf" else "wall", device)

    # -- people -----------------------------------------------------------------------------------

    @rule(sku=skus, ago_s=ago)
    def sell(self, sku: str, ago_s: int) -> None:
        self.both("sell", sku, ago_s=ago_s)

    @rule(epc=st.one_of(epcs, st.just("never read")), ago_s=ago)
    def sell_this_tag(self, epc: str, ago_s: int) -> None:
        if self.steady.tags.get(epc, (STORE,))[0] == STORE:
            self.both("sell", "TEE", epc, ago_s=ago_s)

    @rule(sku=skus, zone=zones, epc=st.one_of(st.none(), epcs), ago_s=ago)
    def take_back(self, sku: str, zone: str, epc: str | None, ago_s: int) -> None:
        self.both("take_back", sku, zone, epc if sku == "TEE" else None, ago_s=ago_s)

    @rule(sku=skus, zone=zones, epc=st.one_of(st.none(), epcs), ago_s=ago)
    def receive(self, sku: str, zone: str, epc: str | None, ago_s: int) -> None:
        self.both("receive", sku, zone, epc if sku == "TEE" else None, ago_s=ago_s)

    @rule(sku=skus, zone=zones, pieces=st.integers(0, 9))
    def count(self, sku: str, zone: str, pieces: int) -> None:
        self.both("count", pieces, zone, sku)

    # -- time -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([60, 600, 1_800, 7_200]))
    def wait(self, seconds: int) -> None:
        self.both("wait", seconds)

    @rule(zone=zones)
    def blink(self, zone: str) -> None:
        for room in (self.steady, self.mortal):
            room.unwatched ^= {zone}

    @rule()
    def restart(self) -> None:
        self.mortal.restart()

    # -- laws -------------------------------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        """Levels are sums of movements, equal to what is stored, none negative."""
        self.steady.check_laws()
        self.mortal.check_laws()

    @invariant()
    def nothing_was_lost(self) -> None:
        """The one that died knows what the other knows."""
        for sku in SKUS:
            for store in (STORE, "paris-1"):
                assert self.mortal.levels(sku, store) == self.steady.levels(sku, store)
                changed = self.mortal.ledger.changed_ns(store, sku), self.steady.ledger.changed_ns(store, sku)
                assert changed[0] == changed[1]

    @invariant()
    def a_tag_is_one_piece(self) -> None:
        """The pieces of a zone are no fewer than its tags, but for those that a sale was charged to."""
        lines = self.steady.ledger._lines
        for (store, sku), line in lines.items():
            here = sum(1 for place in self.steady.tags.values() if place[:2] == (store, sku))
            assert line.tags.total() == here
            assert all(pieces >= 0 for pieces in line.tags.values())
            assert all(pieces >= 0 for pieces in line.pool.values())
            assert len(line.debts) <= here + sum(pieces for _, pieces in line.shelves.values())

    @precondition(lambda self: self.steady.movements)
    @invariant()
    def movements_say_who_and_where(self) -> None:
        """A movement names its store and article, its pieces are positive, its deltas are in zones that exist."""
        for movement in self.steady.movements[-3:]:
            assert movement.store in self.steady.roles
            assert movement.sku in SKUS
            assert movement.pieces >= (0 if movement.kind == "counted" else 1)
            for delta in movement.deltas:
                assert delta.zone == "in-hand" or delta.zone in self.steady.roles[movement.store]


TestTwoLedgers = TwoLedgers.TestCase
TestTwoLedgers.settings = settings(max_examples=120, stateful_step_count=40)
