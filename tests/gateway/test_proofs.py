"""Proofs: counts and sales of a running engine score what was answered just before them."""

import pytest

from gateway.calibration import CalibrationReport
from tests.support.small_site import GTIN, STORE, S, SmallShop, epc


def report(shop: SmallShop) -> CalibrationReport:
    """Return what is proved of the store."""
    found = shop.engine.state.calibration.report(STORE)
    assert found is not None
    return found


def shop_with_tees(pieces: int = 3) -> SmallShop:
    """Return a shop whose tees have lain on the floor for three minutes."""
    shop = SmallShop()
    shop.run(180, *tees(pieces))
    return shop


def tees(pieces: int) -> list[str]:
    """Return the tags of that many tees."""
    return [epc("TEE", number) for number in range(pieces)]


def count(shop: SmallShop, sku: str, pieces: int) -> None:
    """Count pieces by scanner on the floor, and let the count end."""
    for _ in range(pieces):
        shop.scan("counter", GTIN[sku])
        shop.run(3, *tees(3))
    shop.run(200, *tees(3))


def test_a_sale_proves_that_there_was_one() -> None:
    """Three tees are answered, one is sold: the answer was not "none", and P(N >= 1) was near 1."""
    shop = shop_with_tees()
    assert shop.tell("sale", sku="TEE") == "applied"
    found = report(shop)
    assert (found.sales_out_of_stock.n, found.sales_out_of_stock.yes) == (1, 0)
    assert found.sales_log_loss.mean == pytest.approx(0, abs=0.001)


def test_a_sale_of_what_was_answered_as_none_is_told() -> None:
    """The readers see no jeans at all, and the till sells a pair: so it was wrong."""
    shop = shop_with_tees()
    assert shop.tell("sale", sku="JEANS") == "applied"
    found = report(shop)
    assert (found.sales_out_of_stock.n, found.sales_out_of_stock.yes) == (1, 1)


def test_each_piece_of_a_sale_is_a_proof() -> None:
    """Three of three: before each of them there was one."""
    shop = shop_with_tees()
    shop.tell("sale", sku="TEE", qty=3)
    assert (report(shop).sales_out_of_stock.n, report(shop).sales_out_of_stock.yes) == (3, 0)


def test_a_sale_told_late_is_not_scored() -> None:
    """What was answered an hour ago is not known any more."""
    shop = shop_with_tees()
    shop.tell("sale", sku="TEE", at_ns=shop.now - 3_600 * S)
    assert (report(shop).sales_late, report(shop).sales_out_of_stock.n) == (1, 0)


def test_a_sale_while_the_readers_are_down_is_not_scored() -> None:
    """UNKNOWN promised nothing."""
    shop = shop_with_tees()
    shop.alive.clear()
    shop.run(600)
    shop.tell("sale", sku="TEE")
    assert (report(shop).sales_unknown, report(shop).sales_out_of_stock.n) == (1, 0)


def test_a_sale_of_a_piece_that_left_before_accuses_nobody() -> None:
    """The piece went out by the gate and the till told of it then: to have said 0 was right."""
    shop = shop_with_tees(1)
    shop.run(30, *tees(1), antenna=3, every=1)
    for _ in range(60):
        if not shop.levels("TEE"):
            break
        shop.run(10)
    assert shop.levels("TEE") == {}
    shop.tell("sale", sku="TEE", at_ns=shop.now - 30 * S)
    assert (report(shop).sales_left_before, report(shop).sales_out_of_stock.n) == (1, 0)


@pytest.mark.parametrize(("counted", "right"), [(3, 1), (2, 0)])
def test_a_count_proves_the_level_of_its_zone(counted: int, right: int) -> None:
    """Three on the floor by belief: a count of three says so, a count of two does not."""
    shop = shop_with_tees()
    count(shop, "TEE", counted)
    found = report(shop)
    assert (found.exact.n, found.exact.yes) == (1, right)
    assert found.error.mean == 3 - counted
    assert found.expected_error.n == 1
    assert found.brier.n == 0, "a scanner's count names what it found, so it proves no probability"


def test_what_counts_and_sales_proved_survives_a_restart() -> None:
    """The months are rows of the engine's state."""
    shop = shop_with_tees()
    shop.tell("sale", sku="TEE")
    count(shop, "TEE", 2)
    before = report(shop)
    shop.restart(shop.now)
    assert report(shop) == before


@pytest.mark.parametrize(
    ("sku", "pieces", "p_least", "p_most"), [("TEE", 3, 0.999, 1.0), ("JEANS", 0, 0.0, 0.01)]
)
def test_a_complete_count_proves_the_probability_too(
    sku: str, pieces: int, p_least: float, p_most: float
) -> None:
    """It would have told of none: what was said of P(N >= 1) in that zone is in its bin."""
    shop = shop_with_tees()
    assert shop.tell("count", sku=sku, zone="floor", qty=pieces, complete=True) == "applied"
    found = report(shop)
    (hit,) = [one for one in found.bins if one.came_true.n]
    assert (hit.came_true.n, hit.came_true.yes) == (1, int(pieces > 0))
    assert hit.mean_p is not None
    assert p_least <= hit.mean_p <= p_most
    assert found.exact.yes == 1


def test_a_partial_count_proves_nothing() -> None:
    """One rail of a zone was counted: of the rest it says nothing."""
    shop = shop_with_tees()
    shop.tell("count", sku="TEE", zone="floor", qty=1)
    assert shop.engine.state.calibration.report(STORE) is None


def test_what_lies_elsewhere_is_not_expected_here() -> None:
    """Three tees on the floor: in the back room there are none, and that is what was said."""
    shop = shop_with_tees()
    shop.tell("count", sku="TEE", zone="back", qty=0, complete=True)
    found = report(shop)
    assert found.exact.yes == 1
    assert found.expected_error.mean == pytest.approx(0, abs=0.05)
    assert found.bins[0].came_true.n == 1


def test_a_count_of_weighed_pieces_proves_the_shelfs_belief() -> None:
    """Three candles on the only shelf of the article: counted, right, and told as near certain."""
    shop = SmallShop()
    shop.weigh(1_500 + 3 * 420, seconds=60)
    shop.tell("count", sku="CANDLE", zone="floor", qty=3, complete=True)
    found = report(shop)
    assert (found.exact.n, found.exact.yes) == (1, 1)
    assert found.expected_error.mean == pytest.approx(0, abs=0.1)
    assert found.bins[9].came_true.yes == 1
