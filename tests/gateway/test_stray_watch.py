"""An antenna that meets one tag after the other of no article of the shop's is told; a dead reader clears nothing."""

import pytest

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertRecord, AlertState, AlertType
from tests.support.small_site import FOREIGN_GTIN, S, SmallShop, epc

STRAY = AlertType.STRAY_READS


class OpenShop(SmallShop):
    """A shop that lives by the minute, and of whose antennas one meets new tags."""

    def __init__(self) -> None:
        super().__init__()
        self._serial = 0

    def live_on(self, minutes: int, a_minute: int = 0, gtin: str = FOREIGN_GTIN, antenna: int = 1) -> None:
        """Let minutes pass, in each of which so many new tags of a product are read once."""
        for _ in range(minutes):
            self.now += 60 * S
            for device in sorted(self.alive):
                self.beat(device)
            for _ in range(a_minute):
                self._serial += 1
                self.read(epc(gtin, self._serial), reader="front", antenna=antenna)
            self.live(self.now)

    @property
    def told(self) -> list[AlertRecord]:
        return [alert for alert in self.alerts.values() if alert.type is STRAY]


def test_tags_of_no_article_one_after_the_other_are_told_until_they_stay_away() -> None:
    """Five a minute are 120 within the half hour; an hour with hardly any ends it."""
    shop = OpenShop()
    shop.live_on(15, 5)
    assert shop.told == []
    shop.live_on(20, 5)
    (alert,) = shop.told
    assert (alert.state, alert.device, alert.zone) == (AlertState.FIRING, "front", "floor")
    assert alert.rule == "default-stray-reads"
    assert alert.evidence["antenna"] == 1
    assert int(str(alert.evidence["tags_per_h"])) >= 120
    shop.live_on(30)
    assert [alert.state for alert in shop.told] == [AlertState.FIRING], "its hour is not over"
    shop.live_on(40)
    assert [alert.state for alert in shop.told] == [AlertState.RESOLVED]


@pytest.mark.parametrize(("gtin", "antenna"), [("TEE", 1), (FOREIGN_GTIN, 3), (FOREIGN_GTIN, 2)])
def test_what_is_the_shops_own_and_what_customers_wear_is_no_stray(gtin: str, antenna: int) -> None:
    """A delivery of known articles; tags that pass the exit and the till."""
    shop = OpenShop()
    shop.live_on(60, 5, gtin, antenna)
    assert shop.told == []


def test_the_same_tags_again_are_no_new_ones() -> None:
    """Foreign stock that was put down once and is read all day is counted once."""
    shop = OpenShop()
    tags = [epc(FOREIGN_GTIN, n) for n in range(50)]
    for _ in range(30):
        shop.live_on(2)
        shop.read(*tags, reader="front", antenna=1)
    assert shop.told == []


def test_a_reader_that_died_ends_nothing() -> None:
    """Nor does the time before a restart count as quiet."""
    shop = OpenShop()
    shop.live_on(40, 5)
    shop.alive.discard("front")
    shop.live_on(130)
    (alert,) = shop.told
    assert (alert.state, alert.suppressed_by) == (AlertState.FIRING, "reader_down|lyon-1||front")
    shop.alive.add("front")
    shop.restart(shop.now)
    shop.live_on(40)
    assert [alert.state for alert in shop.told] == [AlertState.FIRING]
    shop.live_on(30)
    assert [alert.state for alert in shop.told] == [AlertState.RESOLVED]


def test_a_zone_may_have_a_threshold_of_its_own() -> None:
    """Where customers carry tagged things of elsewhere, more is usual."""
    shop = OpenShop()
    shop.engine.state.rules.put(
        AlertRule("busy", STRAY, zones=("floor",), thresholds={"fire_at": 1_000, "clear_at": 200})
    )
    shop.live_on(60, 5)
    assert shop.told == []
