"""A piece that rests where its article is not shown is noted after a while, and no more once it is back."""

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from gateway.config.file import parse_site
from gateway.engine import Engine
from gateway.site import Site
from tests.support.kept_engine import KeptEngine
from tests.support.small_site import SITE, SmallShop, articles, epc

TEES = [epc("TEE", n) for n in range(1, 13)]
TWO_FLOORS = SITE.replace(
    '  { id = "back", role = "back_room" },', '  { id = "back", role = "back_room" },\n  { id = "denim", role = "floor" },'
).replace('{ port = 4, zone = "floor" }', '{ port = 4, zone = "denim" }')  # fmt: skip


class TwoFloors(SmallShop):
    """The small shop, whose front reader sees denim with its fourth antenna."""

    def __init__(self, site: str = TWO_FLOORS) -> None:
        SmallShop.__init__(self)
        KeptEngine.__init__(self, lambda: Engine(Site(parse_site(site, "site.toml")), articles()))

    def stand(self, seconds: int, strays: list[str], tags: list[str] = TEES) -> None:
        """Let time pass, the tags read on the floor but for some that are read in denim."""
        for _ in range(0, seconds, 5):
            self.read(*[tag for tag in tags if tag not in strays], antenna=1)
            self.read(*strays, antenna=4)
            self.run(5)

    def noted(self) -> list[AlertRecord]:
        """Return what was noted."""
        return [alert for alert in self.alerts.values() if alert.type is AlertType.MISPLACED_ITEM]


def test_a_piece_that_stays_in_a_foreign_zone_is_noted_until_it_is_back() -> None:
    """Fifteen minutes, not ten; where it is, how many, and where it belongs."""
    shop = TwoFloors()
    shop.stand(200, [])
    shop.stand(600, TEES[:1])
    assert shop.levels("TEE") == {"floor": 11, "denim": 1}
    assert shop.noted() == []
    shop.stand(400, TEES[:1])
    (alert,) = shop.noted()
    assert (alert.state, alert.zone) == (AlertState.FIRING, "denim")
    assert alert.evidence == {"pieces": 1, "zones": "denim", "to_zone": "floor"}
    shop.stand(400, [])
    assert [a.state for a in shop.noted()] == [AlertState.RESOLVED]


def test_a_reader_that_dies_neither_notes_nor_takes_back() -> None:
    """What it saw last may be put back by now, or not."""
    shop = TwoFloors()
    shop.stand(200, [])
    shop.stand(300, TEES[:1])
    shop.alive.discard("front")
    shop.run(1_200)
    assert shop.noted() == []


def test_in_a_shop_that_is_closed_nothing_begins() -> None:
    """Shelves are filled before the opening."""
    closed = TWO_FLOORS.replace('fri = ["00:00-24:00"]', 'fri = ["23:58-23:59"]')
    assert closed != TWO_FLOORS
    shop = TwoFloors(closed)
    shop.stand(200, [])
    shop.stand(1_200, TEES[:1])
    assert shop.levels("TEE")["denim"] == 1
    assert shop.noted() == []


def test_two_homes_and_articles_of_which_little_is_known_are_let_be() -> None:
    """Half of the pieces stand there; or too few were put anywhere to say."""
    shop = TwoFloors()
    shop.stand(1_300, TEES[:5])
    assert shop.noted() == []
    shop = TwoFloors()
    shop.stand(200, [], TEES[:3])
    shop.stand(1_200, TEES[:1], TEES[:3])
    assert shop.noted() == []
