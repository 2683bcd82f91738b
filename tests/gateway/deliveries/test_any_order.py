"""Pieces come by scan, by tag, by hand, in any order and with restarts between: each counts once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.deliveries.model import Delivery
from tests.support.delivery_shop import ACTOR, ALL, DeliveryShop
from tests.support.small_site import epc

QTY = st.integers(1, 3)
TAGS = st.integers(1, 6)


class Unloading(RuleBasedStateMachine):
    """Some deliveries of one tagged and one counted article, and what people and readers tell of them."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = DeliveryShop()
        self.ids: list[str] = []
        self.scans = 0
        self.tags: set[int] = set()
        self.by_hand = 0
        self.totes = 0

    @precondition(lambda self: len(self.ids) < 4)
    @rule(qty=QTY, names=st.sets(st.integers(1, 6), max_size=2), hours=st.integers(1, 3))
    def announce(self, qty: int, names: set[int], hours: int) -> None:
        tags = tuple(epc("TEE", n) for n in sorted(names)[:qty])
        self.ids.append(self.shop.announce(("TEE", qty, tags), ("TOTE", qty), in_s=hours * 3_600))

    @rule(number=TAGS)
    def tag_is_read_at_the_back(self, number: int) -> None:
        self.shop.run(10, epc("TEE", number), reader="rear")
        self.tags.add(number)

    @rule()
    def tee_is_scanned_in(self) -> None:
        self.shop.tell("receive", sku="TEE")
        self.shop.live(self.shop.now)
        self.scans += 1

    @rule(qty=QTY)
    def totes_are_scanned_in(self, qty: int) -> None:
        self.shop.tell("receive", sku="TOTE", qty=qty)
        self.shop.live(self.shop.now)
        self.totes += qty

    @precondition(lambda self: self.tags)
    @rule(data=st.data())
    def tag_is_sold_and_brought_back(self, data: st.DataObject) -> None:
        tag = epc("TEE", data.draw(st.sampled_from(sorted(self.tags))))
        self.shop.tell("sale", epc=tag)
        self.shop.run(5)
        self.shop.tell("return", epc=tag)
        self.shop.run(10, tag, reader="rear")

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), ending=st.sampled_from(["closed", "cancelled"]))
    def delivery_is_ended(self, data: st.DataObject, ending: str) -> None:
        chosen = data.draw(st.sampled_from(self.ids))
        self.shop.desk.end(chosen, ending, ALL, ACTOR, self.shop.now)  # type: ignore[arg-type]  # one of two
        self.shop.live(self.shop.now)

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delivery_is_received_by_hand(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.ids))
        before = self.shop.delivery(chosen)
        missing = before.missing if before.is_open else 0
        self.shop.receive_all(chosen)
        self.by_hand += missing

    @rule()
    def restart(self) -> None:
        before = [self.shop.delivery(one) for one in self.ids]
        self.shop.restart(self.shop.now)
        assert [self.shop.delivery(one) for one in self.ids] == before

    @invariant()
    def what_came_and_what_is_to_come_are_all(self) -> None:
        book = self.shop.engine.state.deliveries
        deliveries = [self.shop.delivery(one) for one in self.ids]
        for delivery in deliveries:
            for line in delivery.lines:
                assert line.arrived + line.missing == line.qty
                assert 0 <= len(line.seen) <= line.arrived <= line.qty
            assert delivery.is_open == (delivery.ending is None and delivery.missing > 0)
        for number, sku in enumerate(("TEE", "TOTE")):
            open_pieces = sum(d.lines[number].missing for d in deliveries if d.is_open)
            assert self.shop.answer(sku).incoming == open_pieces
            assert sum(pieces for _, pieces in book.expected("lyon-1", sku)) == open_pieces

    @invariant()
    def nothing_is_counted_that_did_not_come(self) -> None:
        deliveries: list[Delivery] = [self.shop.delivery(one) for one in self.ids]
        arrived = sum(delivery.arrived for delivery in deliveries)
        assert arrived <= self.scans + len(self.tags) + self.totes + self.by_hand
        self.shop.check_laws()


TestUnloading = Unloading.TestCase
TestUnloading.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
