"""A store whose ledger is its stock: the newest figure and all that moved since, over any order and restart."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.movements import MovementKind
from gateway.stock.correction import Correction
from tests.support.ledger_site import SHOP, WEB, LedgerShop
from tests.support.small_site import GTIN, S, epc


@dataclass
class Model:
    """The law in its own words: newest figure, then each later move by time, never below none."""

    figure: tuple[int, int] | None = None
    moves: list[tuple[int, int, int, bool]] = field(default_factory=list)

    def tell(self, qty: int, as_of: int) -> None:
        if self.figure is None or as_of >= self.figure[1]:
            self.figure = (qty, as_of)

    def move(self, at: int, pieces: int, *, is_count: bool = False) -> None:
        self.moves.append((at, len(self.moves), pieces, is_count))

    def pieces(self) -> int:
        qty, as_of = self.figure or (0, -1)
        pieces = max(0, qty)
        for at, _, change, is_count in sorted(self.moves):
            if at > as_of:
                pieces = change if is_count else max(0, pieces + change)
        return pieces


steps = st.one_of(
    st.tuples(st.just("figure"), st.integers(-2, 9), st.integers(0, 12)),
    st.tuples(
        st.sampled_from(["sale", "return", "receive", "transfer"]), st.integers(1, 3), st.integers(0, 12)
    ),
    st.tuples(st.just("count"), st.integers(0, 9), st.integers(0, 12)),
    st.tuples(st.sampled_from(["pass", "restart"]), st.just(0), st.just(0)),
)
SIGNS = {"sale": -1, "return": 1, "receive": 1, "transfer": -1}


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=25))
def test_the_level_is_the_newest_figure_and_what_moved_later(told: list[tuple[str, int, int]]) -> None:
    """Told early or late, before or after the figure, with restarts in between: the level is the model's, and the
    journal's deltas sum to it."""
    shop, model = LedgerShop(), Model()
    for kind, number, ago_s in told:
        at_ns = shop.now - ago_s * S
        if kind == "figure":
            shop.figure(number, ago_s=ago_s)
            model.tell(number, at_ns)
        elif kind == "count":
            assert shop.tell("count", number, ago_s=ago_s, zone="stock", complete=True) == "applied"
            model.move(at_ns, number, is_count=True)
        elif kind in SIGNS:
            more = {"to_store": SHOP} if kind == "transfer" else {}
            assert shop.tell(kind, number, ago_s=ago_s, **more) == "applied"
            for _ in range(number):
                model.move(at_ns, SIGNS[kind])
        else:
            shop.wait()
            if kind == "restart":
                shop.restart(shop.now)
        assert shop.pieces() == model.pieces()
    shop.wait()
    shop.restart(shop.now)
    assert shop.pieces() == model.pieces()
    shop.check_laws()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), min_size=1, max_size=8), st.data())
def test_figures_told_again_change_nothing(figures: list[tuple[int, int]], data: st.DataObject) -> None:
    """A file that is sent twice, in whatever order, leaves the stock as it was after the first time."""
    shop = LedgerShop()
    now = shop.now
    by_time = {now - ago_s * S: qty for qty, ago_s in figures}
    for at_ns, qty in by_time.items():
        shop.figure(qty, ago_s=(now - at_ns) / S)
    shop.tell("sale")
    before = shop.pieces()
    for at_ns in data.draw(st.permutations(sorted(by_time))):
        assert shop.figure(by_time[at_ns], ago_s=(now - at_ns) / S) in {"unchanged", "older"}
    assert shop.pieces() == before


def test_the_sales_of_the_morning_count_against_the_figure_of_the_night() -> None:
    """Three were sold since midnight, before any figure was known; then midnight's ten are told: seven are left."""
    shop = LedgerShop()
    shop.tell("sale", 3, ago_s=60)
    assert shop.pieces() == 0
    shop.figure(10, ago_s=600)
    assert shop.pieces() == 7
    shop.wait()
    shop.check_laws()
    assert shop.movements[-1].cause == "ledger"
    assert shop.movements[-1].note == "10 by the ledger, and -3 since"


def test_a_sale_of_before_the_figure_is_in_it() -> None:
    """A till that was offline tells of a sale that the ledger has booked already: written down, and moves nothing."""
    shop = LedgerShop()
    shop.figure(5, ago_s=60)
    shop.tell("sale", ago_s=120)
    shop.wait()
    assert shop.pieces() == 5
    assert shop.movements[-1].deltas == ()
    assert "has it in it" in shop.movements[-1].note


def test_a_partial_count_that_finds_no_more_says_nothing() -> None:
    """Two of three were seen on one rail; the figure of this morning, told late, still counts."""
    shop = LedgerShop()
    shop.figure(3, ago_s=600)
    shop.tell("count", 2, zone="stock")
    assert shop.figure(8, ago_s=60) == "applied"
    assert shop.pieces() == 8


def test_its_answers_say_that_a_ledger_tells() -> None:
    """Sources name the ledger, no probability is told, the time of the figure is the time of the evidence."""
    shop = LedgerShop()
    shop.figure(5, ago_s=60, sku="TEE")
    shop.wait()
    found = shop.answer("TEE")
    assert (found.status, found.on_hand, found.pickup) == ("IN_STOCK", 5, "yes")
    assert found.sources[0] == "ledger"
    assert found.belief is None
    assert found.last_seen_at_ns == shop.now - 61 * S
    assert [(zone.zone, zone.pieces) for zone in found.zones] == [("stock", 5)]


def test_what_no_ledger_ever_named_is_not_known() -> None:
    """Nobody said that there is none: UNKNOWN, never out of stock."""
    found = LedgerShop().answer()
    assert (found.status, found.reasons, found.pickup) == ("UNKNOWN", ("no_ledger",), "no")


def test_an_old_figure_is_not_known_any_more_and_its_end_is_told() -> None:
    """After ledger_fresh_s the answer is UNKNOWN, is told anew by itself, and was never valid for longer."""
    shop = LedgerShop()
    shop.figure(5)
    shop.wait(3_500)
    fresh = shop.answer()
    assert fresh.status == "IN_STOCK"
    assert fresh.valid_until_ns == shop.now + 100 * S
    shop.now += 100 * S
    assert (WEB, "TOTE") in shop.live(shop.now).touched
    found = shop.answer()
    assert (found.status, found.reasons, found.on_hand) == ("UNKNOWN", ("ledger_too_old",), 5)
    assert shop.figure(5) == "applied"
    assert (WEB, "TOTE") in shop.live(shop.now).touched
    assert shop.answer().status == "IN_STOCK"


def test_a_whole_count_is_as_good_as_a_figure() -> None:
    """Somebody counted the warehouse: its stock is known, though the ledger never named the article."""
    shop = LedgerShop()
    shop.tell("count", 4, zone="stock", complete=True)
    shop.wait()
    assert (shop.answer().status, shop.pieces()) == ("IN_STOCK", 4)


def test_a_sale_by_tag_is_of_one_counted_piece() -> None:
    """A tag that a till names is looked up for its article, and never comes into presence."""
    shop = LedgerShop()
    shop.figure(5, sku="TEE")
    tag = epc("TEE", 1)
    assert shop.tell("sale", sku=None, epc=tag, ago_s=-1) == "applied"
    assert shop.tell("return", sku=None, epc=tag, ago_s=-2) == "applied"
    assert shop.tell("sale", sku=None, epc=epc("TEE", 2), ago_s=-3) == "applied"
    shop.wait()
    assert shop.pieces("TEE") == 4
    assert not shop.engine.state.presence.is_known(tag)


def test_pieces_sent_to_a_shop_arrive_by_their_tags() -> None:
    """A transfer leaves the warehouse by count and is expected in the shop, where its tag redeems it."""
    shop = LedgerShop()
    shop.figure(5, ago_s=1, sku="TEE")
    shop.tell("transfer", sku="TEE", to_store=SHOP)
    assert (shop.pieces("TEE"), shop.answer("TEE", SHOP).incoming) == (4, 1)
    shop.wait(30, epc("TEE", 1))
    assert (shop.pieces("TEE", SHOP), shop.answer("TEE", SHOP).incoming) == (1, 0)
    shop.check_laws()


@pytest.mark.parametrize("kind", ["sale", "return"])
def test_returns_lie_where_all_lies(kind: str) -> None:
    """A ledger tells of no zones: a piece that was brought back can be sold again at once."""
    shop = LedgerShop()
    shop.figure(2, ago_s=1)
    shop.tell(kind)
    shop.wait()
    assert shop.answer().not_pickable == 0
    assert {zone.zone for zone in shop.answer().zones} == {"stock"}
    assert GTIN["TOTE"] == shop.answer().gtin


def test_a_correction_moves_the_stock_and_a_count_of_a_person_sets_it() -> None:
    """Two fewer were found since the figure; a newer figure has them in it; a count over the zone is as good as one."""
    shop = LedgerShop()
    shop.figure(9, ago_s=60)
    ledger = shop.engine.state.ledger
    ledger.corrected(
        WEB, "TOTE", "stock", -2, Correction(MovementKind.ADJUSTED, "adjustment", "a1", shop.now), shop.now
    )
    assert shop.pieces() == 7
    shop.figure(10, ago_s=30)
    assert shop.pieces() == 8
    counted = Correction(MovementKind.COUNTED, "count", "c1", shop.now + S)
    ledger.corrected(WEB, "TOTE", "stock", -3, counted, shop.now + S)
    shop.wait()
    assert shop.pieces() == 5
    shop.figure(50, ago_s=20)
    assert shop.pieces() == 5
    shop.wait()
    shop.restart(shop.now)
    assert shop.pieces() == 5
    shop.check_laws()
