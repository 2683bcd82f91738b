"""What the gateway publishes of its own answers, held against a shop whose truth is known.

Every two minutes somebody who knows everything counts every article in every stock zone; the counts are
scored as a person's would be, and change nothing. Run with `-s` to see the figures.
"""

from itertools import pairwise

import pytest

from gateway.calibration import CalibrationReport
from gateway.inventory import Inventory
from gateway.proofs import count_proves
from tests.support.figures import figure
from tests.support.virtual_shop import VirtualShop

pytestmark = pytest.mark.slow

STORE = "lyon-1"
ZONES = ("front", "denim", "back-room")
WARM_UP_S, EVERY_S, ROUNDS = 900, 120, 75
MOST_ECE, MOST_BRIER = 0.01, 0.01
"""Of P(N >= 1) per zone: pieces on their way between zones are in here, which an answer per store has not."""
LEAST_EXACT = 0.95


@pytest.fixture(scope="module", params=[1, 2])
def lived(request: pytest.FixtureRequest) -> tuple[CalibrationReport, list[str]]:
    """Return what was published after two and a half hours, and where a number's terms did not add up."""
    shop = VirtualShop(seed=request.param)
    inventory = Inventory(shop.engine, lambda: shop.now_ns, lambda: 1)
    shop.run(WARM_UP_S)
    faults: list[str] = []
    for _ in range(ROUNDS):
        shop.run(EVERY_S)
        for article in inventory.articles():
            faults += _faults(inventory, article.sku)
            if article.tracked_by == "tag":
                _count(shop, article.sku)
    report = shop.engine.state.calibration.report(STORE)
    assert report is not None
    return report, faults


def _faults(inventory: Inventory, sku: str) -> list[str]:
    """Return what is wrong with an answer and its explanation, taken at the same moment."""
    found, told = inventory.availability(STORE, sku), inventory.explain(STORE, sku)
    assert found is not None
    assert told is not None
    levels = {terms.zone: terms.level for terms in told.terms if terms.level}
    faults = []
    if levels != {level.zone: level.pieces for level in found.zones if level.pieces}:
        faults.append(f"{sku}: the terms {told.terms} do not add up to {found.zones}")
    if found.belief is not None:
        chances = found.belief.p_at_least
        if any(later > sooner + 1e-12 for sooner, later in pairwise(chances)):
            faults.append(f"{sku}: more pieces are likelier than fewer: {chances}")
        if not found.belief.interval_90[0] <= found.belief.interval_90[1]:
            faults.append(f"{sku}: the interval {found.belief.interval_90} is none")
    return faults


def _count(shop: VirtualShop, sku: str) -> None:
    """Count an article in each zone, without a mistake."""
    zones = shop.site.shop.truth(sku).zones
    for zone in ZONES:
        pieces = zones.get(zone, 0)
        count_proves(shop.engine.state, STORE, sku, zone, pieces, shop.now_ns, tells_of_none=True)


def test_what_was_told_as_likely_was_so_as_often(lived: tuple[CalibrationReport, list[str]]) -> None:
    """Among answers of the same probability, that share came true; and most numbers were right to the piece."""
    report, _ = lived
    assert report.ece.n > 1_000
    assert report.ece.mean is not None
    assert report.ece.mean < MOST_ECE
    assert report.brier.mean is not None
    assert report.brier.mean < MOST_BRIER
    assert report.exact.share is not None
    assert report.exact.share > LEAST_EXACT
    figure("calibration error of P(N >= 1) per zone", report.ece.mean, f"of {report.ece.n} counts")
    figure("Brier score of P(N >= 1) per zone", report.brier.mean, f"of {report.brier.n} counts")
    figure("levels per zone right to the piece", report.exact.share, f"of {report.exact.n} counts")


def test_no_till_sold_what_was_answered_as_none(lived: tuple[CalibrationReport, list[str]]) -> None:
    """Every sale was of an article of which the answer said that there was one, and said so surely."""
    report, _ = lived
    assert report.sales_out_of_stock.n > 10
    assert report.sales_out_of_stock.yes == 0
    assert report.sales_log_loss.mean is not None
    assert report.sales_log_loss.mean < 0.01


def test_every_number_adds_up_at_any_moment(lived: tuple[CalibrationReport, list[str]]) -> None:
    """Levels are the sums of their terms, and no belief contradicts itself."""
    _, faults = lived
    assert faults == []
