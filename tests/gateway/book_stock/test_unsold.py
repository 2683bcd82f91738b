"""An article that is there and does not sell against all likelihood asks for a count; a silent till proves nothing."""

import pytest

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from tests.support.holding_shop import HoldingShop

HOUR = 3_600
PHANTOM = AlertType.PHANTOM_INVENTORY


class QuietShop(HoldingShop):
    """A shop that sold a tote each hour for a day, and has thirty left; others buy jeans."""

    def __init__(self) -> None:
        super().__init__(totes=54)
        self.hours(24, "TOTE", "JEANS")

    def hours(self, count: int, *sold: str) -> None:
        """Let hours pass in which these articles sell."""
        for _ in range(count):
            for sku in sold:
                self.tell("sale", sku=sku)
            self.live(self.now)
            self.wait(HOUR)
            self.live(self.now)

    @property
    def told(self) -> list[AlertRecord]:
        """Return what was told of the totes, oldest first."""
        return [alert for alert in self.alerts.values() if alert.type is PHANTOM and alert.sku == "TOTE"]


def test_what_does_not_sell_against_all_likelihood_is_told_until_it_sells() -> None:
    """Two days without a tote where a day had 24; the evidence says how many should have gone."""
    shop = QuietShop()
    shop.hours(10, "JEANS")
    assert shop.told == [], "ten hours are bad luck"
    shop.hours(38, "JEANS")
    (alert,) = shop.told
    assert (alert.state, alert.evidence["on_hand"], alert.rule) == (
        AlertState.FIRING,
        30,
        "default-phantom-inventory",
    )
    assert 9 < int(str(alert.evidence["expected_sales"])) < 48
    shop.hours(2, "TOTE", "JEANS")
    assert [alert.state for alert in shop.told] == [AlertState.RESOLVED]


def test_a_count_ends_it_and_its_silence_begins_anew() -> None:
    """Somebody counted them: they are there. What they saw is learned: it sells slower than it did."""
    shop = QuietShop()
    shop.hours(48, "JEANS")
    assert [alert.state for alert in shop.told] == [AlertState.FIRING]
    shop.engine.state.ledger.counted("lyon-1", "TOTE", "floor", 30, "c1", shop.now, shop.now)
    shop.hours(12, "JEANS")
    assert [alert.state for alert in shop.told] == [AlertState.RESOLVED]


@pytest.mark.parametrize("why", ["the till is silent", "none is left", "the rule asks for none of it"])
def test_silence_alone_proves_nothing(why: str) -> None:
    """Where nothing at all is told as sold, the till may be down; what is not there cannot sell."""
    shop = QuietShop()
    if why == "none is left":
        shop.hours(30, "TOTE", "JEANS")
    if why == "the rule asks for none of it":
        shop.engine.state.rules.switch("default-phantom-inventory", enabled=False)
    shop.hours(60, *(() if why == "the till is silent" else ("JEANS",)))
    assert shop.told == []


def test_an_alert_of_it_goes_on_over_a_restart() -> None:
    """And ends as it would have."""
    shop = QuietShop()
    shop.hours(48, "JEANS")
    shop.restart(shop.now)
    shop.hours(2, "JEANS")
    assert [alert.state for alert in shop.told] == [AlertState.FIRING]
    shop.hours(2, "TOTE", "JEANS")
    assert [alert.state for alert in shop.told] == [AlertState.RESOLVED]
