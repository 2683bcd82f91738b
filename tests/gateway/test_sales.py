"""A till names the article alone: which tag left, whether any did, and what the level says meanwhile."""

from copy import deepcopy
from random import Random

import pytest

from gateway.answers import availability
from gateway.movements import Movement, MovementKind
from tests.support.small_site import STORE, SmallShop, epc

TEES = [epc("TEE", n) for n in range(1, 7)]
CROWD = [epc("JEANS", n) for n in range(1, 101)]
FLOOR, TILL, EXIT = 1, 2, 3
EPOCH_S = 5


class SalesShop(SmallShop):
    """The small site with a hundred jeans on the floor and behind, and tees that are sold."""

    def __init__(self) -> None:
        super().__init__()
        self.random = Random(3)
        self.floor: dict[str, float] = dict.fromkeys([*TEES, *CROWD[:60]], 0.8)
        self.behind: dict[str, float] = dict.fromkeys(CROWD[60:], 0.8)

    def live_on(self, seconds: int) -> None:
        """Let time pass by epochs, while tags answer where they lie and readers prove their lives."""
        for _ in range(seconds // EPOCH_S):
            self.now += EPOCH_S * 1_000_000_000
            for device in sorted(self.alive):
                self.beat(device)
            self.read(*self._heard(self.floor), antenna=FLOOR)
            self.read(*self._heard(self.behind), reader="rear")
            self.live(self.now)

    def _heard(self, chances: dict[str, float]) -> list[str]:
        return [tag for tag, chance in chances.items() if self.random.random() < chance]

    def pieces(self, sku: str = "TEE") -> int:
        """Return the pieces that are believed in the store."""
        return sum(self.levels(sku).values())

    def told(self, sku: str = "TEE") -> list[Movement]:
        """Return the movements of an article since the shop opened."""
        return [m for m in self.movements if m.sku == sku]

    def p_at_least(self, pieces: int, sku: str = "TEE") -> float:
        """Return the answer's P(N >= pieces)."""
        belief = availability(self.engine.state, STORE, sku, 1, self.now).belief
        assert belief is not None
        return belief.at_least(pieces)

    def until(self, pieces: int, *, within_s: int) -> int:
        """Return how many seconds it takes until so many tees are believed here; fail where it takes longer."""
        for seconds in range(0, within_s + 1, EPOCH_S):
            if self.pieces() == pieces:
                return seconds
            self.live_on(EPOCH_S)
        raise AssertionError(f"{self.levels('TEE')} after {within_s} s")


@pytest.fixture(scope="module")
def known_shop() -> SalesShop:
    """Return a shop of 106 tags, known for a quarter of an hour."""
    shop = SalesShop()
    shop.live_on(900)
    assert (shop.pieces(), shop.pieces("JEANS")) == (6, 100)
    shop.movements.clear()
    return shop


@pytest.fixture
def shop(known_shop: SalesShop) -> SalesShop:
    """Return a shop of its own for each test."""
    copy = deepcopy(known_shop)
    copy.check_laws = lambda: None  # type: ignore[method-assign]  # its movements began before this story
    return copy


def test_a_sale_lowers_the_level_at_once(shop: SalesShop) -> None:
    """Before any reader noticed: the piece is promised to nobody else."""
    assert shop.tell("sale", sku="TEE") == "applied"
    assert shop.pieces() == 5
    assert shop.p_at_least(6) < 0.1
    assert shop.p_at_least(5) > 0.95


def test_the_silent_tag_of_a_right_sale_departs_by_it(shop: SalesShop) -> None:
    """Five tees go on being read and one does not: minutes later it departed, paid for; never four."""
    del shop.floor[TEES[2]]
    shop.live_on(20)
    shop.tell("sale", sku="TEE")
    shop.live_on(600)
    departed = [m for m in shop.told() if m.kind is MovementKind.DEPARTED]
    assert [(m.epc, m.cause) for m in departed] == [(TEES[2], "sale")]
    assert departed[0].ref == "e1"
    assert shop.engine.state.presence.place_of(TEES[2]) is None
    assert shop.levels("TEE") == {"floor": 5}
    assert not shop.engine.state.ledger.sales_owed(STORE, "TEE")


def test_the_level_counts_sale_and_silence_once_all_the_way(shop: SalesShop) -> None:
    """From the scan until long after the tag departed the level is five, whatever pays the sale and when."""
    del shop.floor[TEES[0]]
    shop.live_on(10)
    shop.tell("sale", sku="TEE")
    for _ in range(240):
        shop.live_on(EPOCH_S)
        assert shop.pieces() == 5
        assert shop.p_at_least(5) > 0.8
        assert shop.p_at_least(6) < 0.2


def test_a_tag_sold_and_read_at_the_gate_pays_at_once(shop: SalesShop) -> None:
    """Till, then gate: departed by the exit within a minute, and the sale is paid."""
    del shop.floor[TEES[1]]
    shop.live_on(30)
    shop.tell("sale", sku="TEE")
    shop.live_on(30)
    shop.read(TEES[1], antenna=EXIT, rssi=-54)
    shop.live_on(60)
    assert shop.engine.state.presence.place_of(TEES[1]) is None
    assert shop.levels("TEE") == {"floor": 5}
    assert not shop.engine.state.ledger.sales_owed(STORE, "TEE")


def test_a_scan_of_the_wrong_article_is_taken_back_in_minutes(shop: SalesShop) -> None:
    """All six tees go on being read after a sale of one: it was of something else; the piece is back."""
    shop.tell("sale", sku="TEE")
    assert shop.pieces() == 5
    taken_back_s = shop.until(6, within_s=420)
    assert taken_back_s >= 60, "a paid piece may be read for a while on its way out"
    last = shop.told()[-1]
    assert (last.kind, last.ref) == (MovementKind.ADJUSTED, "e1")
    shop.live_on(600)
    assert shop.levels("TEE") == {"floor": 6}
    assert all(shop.engine.state.presence.place_of(tag) is not None for tag in TEES)


def test_a_scan_doubled_takes_one_piece(shop: SalesShop) -> None:
    """Two scans, one silent tag: the one departs, the other is taken back."""
    del shop.floor[TEES[3]]
    shop.live_on(10)
    shop.tell("sale", sku="TEE")
    shop.tell("sale", sku="TEE")
    assert shop.pieces() == 4
    shop.until(5, within_s=600)
    shop.live_on(600)
    assert shop.levels("TEE") == {"floor": 5}
    departed = [m.epc for m in shop.told() if m.kind is MovementKind.DEPARTED]
    assert departed == [TEES[3]]


def test_two_sales_take_two_silent_tags(shop: SalesShop) -> None:
    """Each takes its own; the level is four from the second scan on."""
    for tag in TEES[:2]:
        del shop.floor[tag]
    shop.live_on(10)
    shop.tell("sale", sku="TEE")
    shop.tell("sale", sku="TEE")
    for _ in range(180):
        shop.live_on(EPOCH_S)
        assert shop.pieces() == 4
    assert {tag for tag in TEES if shop.engine.state.presence.place_of(tag) is None} == set(TEES[:2])


def test_a_piece_that_was_never_read_is_sold_first_when_all_tags_are_seen(shop: SalesShop) -> None:
    """A tee was received whose tag is dead; one is sold, and all tags are read on: it was that piece."""
    shop.now += 3 * 3_600 * 1_000_000_000  # the six came in too long ago to be what is announced now
    shop.live_on(300)
    shop.tell("receive", sku="TEE", zone="back")
    shop.live_on(60)
    assert shop.pieces() == 7
    shop.tell("sale", sku="TEE")
    shop.live_on(600)
    assert shop.levels("TEE") == {"floor": 6}
    assert all(shop.engine.state.presence.place_of(tag) is not None for tag in TEES)
    assert not shop.engine.state.ledger.sales_owed(STORE, "TEE")
    assert shop.told()[-1].note == "a piece whose tag was never read"


def test_while_a_reader_is_dead_no_sale_takes_or_gives_back_a_tag(shop: SalesShop) -> None:
    """Nothing can be told apart where nothing is seen: the level stays lowered, and no tag departs."""
    shop.alive.discard("front")
    lying, shop.floor = shop.floor, {}
    shop.live_on(120)
    shop.tell("sale", sku="TEE")
    shop.live_on(1_800)
    assert shop.pieces() == 5
    assert all(shop.engine.state.presence.place_of(tag) is not None for tag in TEES)
    shop.alive.add("front")
    del lying[TEES[5]]
    shop.floor = lying
    shop.live_on(1_200)
    assert shop.levels("TEE") == {"floor": 5}
    assert shop.engine.state.presence.place_of(TEES[5]) is None


def test_a_wrong_guess_is_set_right_by_the_tag_itself(shop: SalesShop) -> None:
    """The tag that the sale took is read again and another one is silent: the sale is that one's, level five."""
    shadowed, sold = TEES[0], TEES[1]
    del shop.floor[shadowed]
    shop.live_on(10)
    shop.tell("sale", sku="TEE")
    shop.live_on(420)
    assert shop.engine.state.presence.place_of(shadowed) is None
    shop.floor[shadowed] = 0.9
    del shop.floor[sold]
    shop.live_on(1_200)
    assert shop.engine.state.presence.place_of(shadowed) is not None
    assert shop.engine.state.presence.place_of(sold) is None
    assert shop.levels("TEE") == {"floor": 5}


def test_a_restart_amid_a_sale_changes_nothing(shop: SalesShop) -> None:
    """Scanned, crash, silence: the tag departs by the sale all the same."""
    del shop.floor[TEES[2]]
    shop.live_on(20)
    shop.tell("sale", sku="TEE")
    shop.live_on(20)
    shop.restart(shop.now)
    assert shop.pieces() == 5
    shop.live_on(900)
    assert shop.levels("TEE") == {"floor": 5}
    assert shop.engine.state.presence.place_of(TEES[2]) is None


def test_many_sales_in_a_day_leave_the_books_right() -> None:
    """Thirty jeans are sold, most with a gate read, some without; some scans are doubled, one names the wrong
    article: at the end all is as it is on the floor.
    """
    shop = SalesShop()
    shop.live_on(600)
    for number, tag in enumerate(CROWD[:30]):
        del shop.floor[tag]
        shop.live_on(30)
        for _ in range(2 if number % 10 == 4 else 1):
            shop.tell("sale", sku="TEE" if number == 17 else "JEANS")
        if number % 4:
            shop.live_on(15)
            shop.read(tag, antenna=EXIT, rssi=-54)
        shop.live_on(60)
    shop.live_on(1_800)
    assert (shop.pieces("JEANS"), shop.pieces("TEE")) == (70, 6)
    shop.check_laws()
