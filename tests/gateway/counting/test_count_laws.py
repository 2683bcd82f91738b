"""Whatever moves while a zone is counted, in whatever order, over any crash: stock after an approval is what was
counted and what moved since each line's count; what is rejected changes nothing; repeats change nothing.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.counting.model import Count
from tests.support.counting_shop import BEN, CountingShop, code, made
from tests.support.small_site import STORE

SKUS = ("TOTE", "CANDLE")
ZONES = ("floor", "back")
skus, zones, few = st.sampled_from(SKUS), st.sampled_from(ZONES), st.integers(0, 6)


class Counting(RuleBasedStateMachine):
    """A shop, and a plain model of it: what is in each zone by what people said and what moved."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = CountingShop()
        self.model: dict[tuple[str, str], int] = {}
        self.truth: dict[tuple[str, str], int] = {}
        self.count: Count | None = None
        self.ids = 0

    @initialize(start=st.dictionaries(st.tuples(skus, zones), st.integers(1, 6)))
    def stock(self, start: dict[tuple[str, str], int]) -> None:
        for (sku, zone), pieces in start.items():
            self.move("receive", sku, zone, pieces)

    # -- what moves -----------------------------------------------------------------------------------

    def move(self, kind: str, sku: str, zone: str, pieces: int) -> None:
        """Tell of pieces that come in; they are there in the model, and in what was counted."""
        assert self.shop.tell(kind, sku=sku, zone=zone, qty=pieces) == "applied"
        self.shop.wait()
        self.add(sku, zone, pieces)

    def add(self, sku: str, zone: str, pieces: int) -> None:
        self.model[sku, zone] = self.model.get((sku, zone), 0) + pieces
        if (sku, zone) in self.truth:
            self.truth[sku, zone] += pieces

    @rule(sku=skus, zone=zones, pieces=st.integers(1, 3))
    def receive(self, sku: str, zone: str, pieces: int) -> None:
        self.move("receive", sku, zone, pieces)

    @rule(sku=skus)
    def sell(self, sku: str) -> None:
        before = self.shop.levels(sku)
        self.shop.tell("sale", sku=sku)
        self.shop.wait()
        for zone in ZONES:
            if gone := self.shop.levels(sku).get(zone, 0) - before.get(zone, 0):
                self.add(sku, zone, gone)

    @rule(sku=skus, zone=zones)
    def damage(self, sku: str, zone: str) -> None:
        level = self.model.get((sku, zone), 0)
        if level:
            self.shop.adjusted(sku, level, delta=-1, zone=zone, reason="damaged")
            self.shop.wait()
            self.add(sku, zone, -1)

    @rule(sku=skus, zone=zones, pieces=few)
    def correct(self, sku: str, zone: str, pieces: int) -> None:
        """Somebody else mends the number meanwhile: nothing moves, so a line that was counted stays what it was."""
        level = self.model.get((sku, zone), 0)
        self.shop.adjusted(sku, level, set_to=pieces, zone=zone)
        self.shop.wait()
        self.model[sku, zone] = pieces

    # -- the count ------------------------------------------------------------------------------------

    @precondition(lambda self: self.count is None)
    @rule()
    def open(self) -> None:
        self.count = self.shop.count(*ZONES)
        self.shop.wait()
        self.truth = {}

    @precondition(lambda self: self.count is not None and self.count.state == "open")
    @rule(sku=skus, zone=zones, pieces=few)
    def see(self, sku: str, zone: str, pieces: int) -> None:
        assert self.count is not None
        self.ids += 1
        for expected in ("applied", "duplicate"):
            told = self.shop.see(self.count, zone, entry_id=f"x{self.ids}", sku=sku, qty=pieces, mode="set")
            if told == "not_to_recount":
                return
            assert told == expected
        self.truth[sku, zone] = pieces
        self.shop.wait()

    @precondition(lambda self: self.count is not None and self.count.state == "open" and self.truth)
    @rule()
    def submit(self) -> None:
        assert self.count is not None
        lines = self.shop.session(self.count).lines
        again = {key for key, line in lines.items() if line.to_recount}
        if again and not any(lines[key].is_counted for key in again):
            assert code(self.shop.do(self.count, "submit")) == "nothing_counted"
            return
        whole = lines.keys() | {key for key, level in self.model.items() if level}
        for key in (again or whole) - self.truth.keys():
            self.truth[key] = 0  # nobody saw any; what turned up after a recount began is no part of it
        self.count = made(self.shop.do(self.count, "submit"))
        self.shop.wait()
        if self.count.state == "approved":
            self.approved()

    @precondition(lambda self: self.count is not None and self.count.state == "submitted")
    @rule()
    def approve(self) -> None:
        assert self.count is not None
        self.count = self.shop.done(self.count, "approve", BEN)
        self.shop.wait()
        self.approved()

    def approved(self) -> None:
        """Stock is what was counted, and what moved since; a second approval changes nothing."""
        assert self.count is not None
        for (sku, zone), pieces in self.truth.items():
            assert self.shop.levels(sku).get(zone, 0) == max(0, pieces), (sku, zone)
        before = len(self.shop.movements)
        assert self.shop.done(self.count, "approve", version=1) == self.count
        self.shop.wait()
        assert len(self.shop.movements) == before
        self.model |= {key: max(0, pieces) for key, pieces in self.truth.items()}
        self.count = None

    @precondition(lambda self: self.count is not None and self.count.state == "submitted")
    @rule(rejected=st.booleans())
    def drop(self, rejected: bool) -> None:
        assert self.count is not None
        before = len(self.shop.movements)
        self.shop.done(self.count, "reject" if rejected else "cancel")
        self.shop.wait()
        assert len(self.shop.movements) == before
        self.count = None

    @precondition(lambda self: self.count is not None and self.count.state == "submitted")
    @rule(sku=skus, zone=zones)
    def recount(self, sku: str, zone: str) -> None:
        assert self.count is not None
        self.count = self.shop.done(self.count, "recount", lines=((sku, zone),))
        self.truth.pop((sku, zone), None)
        self.shop.wait()

    @rule()
    def crash(self) -> None:
        self.shop.restart(self.shop.now)

    # -- laws -----------------------------------------------------------------------------------------

    @invariant()
    def the_books_balance(self) -> None:
        """Levels are the sums of movements, none below zero, and what the model says."""
        self.shop.check_laws()
        for (sku, zone), pieces in self.model.items():
            assert self.shop.engine.state.ledger.levels(STORE, sku).get(zone, 0) == pieces


TestCounting = Counting.TestCase
TestCounting.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
