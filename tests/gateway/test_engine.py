"""The engine over a small site: evidence goes where it belongs, nothing is lost, a restart changes nothing."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.answers import availability
from gateway.movements import MovementKind
from readers.errors import Malformed
from readers.observations import Fault, Heartbeat, Identified, Observation, Read, Reading, Scan
from tests.support.small_site import FOREIGN_GTIN, GTIN, STORE, T0, S, SmallShop, epc, new_engine

TEES = [epc("TEE", n) for n in range(1, 6)]

# -- conservation --------------------------------------------------------------------------------------

names = st.sampled_from(["front", "rear", "checkout", "counter", "candles", "desk", "nobody"])
times = st.integers(T0 - 3_600 * S, T0 + 3_600 * S)
texts = st.sampled_from(
    [GTIN["TEE"], GTIN["TOTE"][1:], "]d201" + FOREIGN_GTIN, "https://shop.example", "01999", ""]
)
tags = st.sampled_from([*TEES, epc(FOREIGN_GTIN, 1), "E28011606000020A1B2C3D4E", "00"])
observations = st.one_of(
    st.builds(Read, names, st.integers(0, 5), tags, times, times, st.none() | st.floats(-90, -20), st.none(), st.integers(1, 9)),
    st.builds(Scan, names, texts, times, times),
    st.builds(Reading, names, st.floats(-5_000, 50_000), times, times),
    st.builds(Heartbeat, names, st.booleans(), times, times),
    st.builds(Identified, names, st.just("R700 8.1"), times),
    st.builds(Fault, names, st.just("20"), st.just("antenna missing"), times),
)  # fmt: skip


@settings(max_examples=60, deadline=None)  # a pass may live through many epochs
@given(st.lists(st.lists(observations, max_size=8), max_size=12))
def test_all_that_comes_in_is_accounted_for(story: list[list[Observation]]) -> None:
    """Any observation from any device, known or not, at any time: received = passed + dropped, and the books
    of stock balance after each pass.
    """
    shop = SmallShop()
    received = 0
    for batch in story:
        shop.now += 60 * S
        for observation in batch:
            shop.engine.observe(observation, shop.now)
            received += 1
        shop.engine.refuse("front", Malformed("not_json", "", b"?"))
        received += 1
        shop.live(shop.now)
        shop.check_laws()
    assert shop.engine.state.counts.received == received


def test_what_is_dropped_is_counted_for_its_device_too() -> None:
    """An antenna that the site does not name, a scan twice, a code that is no product."""
    shop = SmallShop()
    shop.read(TEES[0], antenna=9)
    shop.scan("checkout", GTIN["TOTE"])
    shop.scan("checkout", GTIN["TOTE"])
    shop.scan("checkout", "https://shop.example/hello")
    shop.engine.observe(Reading("nobody", 1.0, shop.now, shop.now), shop.now)
    devices = shop.engine.state.devices
    assert devices["front"].dropped == {"unknown_antenna": 1}
    assert devices["checkout"].dropped == {"repeat": 1, "not_a_product": 1}
    assert shop.engine.state.counts.dropped["unknown_device"] == 1


def test_a_code_that_claims_to_be_a_product_and_is_not_is_kept_for_people() -> None:
    """A wrong check digit: dropped, counted, and a sample of it handed on."""
    shop = SmallShop()
    shop.scan("checkout", "3012345000018")
    (refused,) = shop.live(shop.now).refused
    assert refused[0] == "checkout"
    assert isinstance(refused[1], Malformed)


# -- places --------------------------------------------------------------------------------------------


def test_antennas_of_one_zone_are_pooled() -> None:
    """Ports 1 and 4 watch the floor: a tag read by turns of both is in one place, and arrives once."""
    shop = SmallShop()
    for _ in range(10):
        shop.read(TEES[0], antenna=1)
        shop.run(5)
        shop.read(TEES[0], antenna=4)
        shop.run(5)
    assert [m.kind for m in shop.movements] == [MovementKind.ARRIVED]
    assert shop.levels("TEE") == {"floor": 1}


def test_a_tag_that_turns_up_in_another_store_is_transferred() -> None:
    """One piece, two stores, two movements that sum to none."""
    shop = SmallShop()
    shop.run(60, *TEES[:2])
    shop.run(120, TEES[0], reader="paris")
    assert shop.levels("TEE") == {"floor": 1}
    assert shop.levels("TEE", "paris-1") == {"floor": 1}
    shop.check_laws()


# -- scanners by role ----------------------------------------------------------------------------------


def test_the_role_of_a_scanner_says_what_a_scan_means() -> None:
    """Received behind, brought back at the desk, sold at the till; a look-up asks and moves nothing."""
    shop = SmallShop()
    for _ in range(3):
        shop.scan("receiving", GTIN["TOTE"])
        shop.run(2)
    assert shop.levels("TOTE") == {"back": 3}
    shop.scan("desk", GTIN["TOTE"])
    shop.run(2)
    assert shop.levels("TOTE") == {"back": 3, "till": 1}
    shop.scan("checkout", GTIN["TOTE"])
    shop.run(2)
    assert shop.levels("TOTE") == {"back": 3}
    shop.scan("kiosk", GTIN["TOTE"])
    shop.run(2)
    assert shop.levels("TOTE") == {"back": 3}


def test_a_count_takes_effect_when_scanning_has_stopped() -> None:
    """Each scan is a piece in the scanner's zone; a minute without one ends the count."""
    shop = SmallShop()
    for _ in range(4):
        shop.scan("counter", GTIN["TOTE"])
        shop.run(10)
    assert shop.levels("TOTE") == {}
    shop.run(49)
    assert shop.levels("TOTE") == {}
    shop.run(1)
    assert shop.levels("TOTE") == {"floor": 4}
    assert ("count", "counter") not in shop.rows


def test_a_count_goes_on_over_a_restart() -> None:
    """Two scanned before the crash, one after it: three counted."""
    shop = SmallShop()
    for _ in range(2):
        shop.scan("counter", GTIN["TOTE"])
        shop.run(5)
    shop.restart(shop.now)
    shop.scan("counter", GTIN["TOTE"])
    shop.run(70)
    assert shop.levels("TOTE") == {"floor": 3}


def test_a_serialised_code_sells_the_very_tag() -> None:
    """A QR code with the serial of a tag that was read takes that tag out; its sale is journalled with it."""
    shop = SmallShop()
    shop.run(60, *TEES)
    shop.scan("checkout", f"https://id.gs1.org/01/{GTIN['TEE']}/21/3")
    shop.run(1)
    assert shop.levels("TEE") == {"floor": 4}
    sold = shop.movements[-1]
    assert (sold.kind, sold.epc, sold.cause) == (MovementKind.SOLD, TEES[2], "till")
    assert sold.ref.startswith("checkout:")
    shop.run(300, *TEES)
    assert shop.levels("TEE") == {"floor": 4}, "it is seen on its way out"


def test_a_serial_scanned_twice_is_sold_once() -> None:
    """In one pass or in two."""
    shop = SmallShop()
    shop.tell("receive", sku="TEE")
    shop.run(2 * 3_600 + 120, *TEES, every=60)
    before = sum(shop.levels("TEE").values())
    code = f"https://id.gs1.org/01/{GTIN['TEE']}/21/3"
    shop.scan("checkout", code)
    shop.now += S
    shop.scan("checkout", code)
    shop.run(5)
    shop.scan("checkout", code)
    shop.run(5)
    assert sum(shop.levels("TEE").values()) == before - 1
    shop.check_laws()


# -- unknown products ----------------------------------------------------------------------------------


def test_products_that_no_catalogue_names_are_kept() -> None:
    """By tag and by code: an article of their own, not known, and no alert about it, over a restart too."""
    shop = SmallShop()
    shop.run(60, epc(FOREIGN_GTIN, 1), "E28011606000020A1B2C3D4E")
    shop.scan("receiving", FOREIGN_GTIN[1:])
    shop.run(1)
    for _ in range(2):
        catalogue = shop.engine.state.catalogue
        unknown = [a.sku for a in catalogue.articles() if not a.known]
        assert unknown == [f"gtin-{FOREIGN_GTIN}", "unidentified-tags"]
        assert shop.levels(f"gtin-{FOREIGN_GTIN}") == {"floor": 1}
        assert shop.levels("unidentified-tags") == {"floor": 1}
        shop.restart(shop.now)
    shop.run(1_800, *TEES)
    assert shop.levels("unidentified-tags") == {}
    assert not [a for a in shop.alerts.values() if a.sku]


# -- what is judged ------------------------------------------------------------------------------------


def test_a_stock_alert_waits_for_readers_to_be_believed() -> None:
    """Nothing left while the readers live: it fires after its hold. Nothing seen because they died: it does not."""
    shop = SmallShop()
    others = [epc("JEANS", n) for n in range(1, 9)]
    shop.run(120, TEES[0], *others)
    shop.alive.clear()
    shop.run(2_000)
    assert [alert.sku for alert in shop.firing() if alert.sku] == []
    shop.alive |= {"front", "rear", "paris"}
    shop.run(1_800, *others)
    assert [alert.sku for alert in shop.firing() if alert.sku] == ["TEE"]


def test_an_answer_changes_when_a_zone_goes_out_of_sight_and_is_told() -> None:
    """The article is touched in the pass in which its status became UNKNOWN, though no piece moved."""
    shop = SmallShop()
    shop.run(120, *TEES)
    shop.alive.discard("front")
    for _ in range(61):
        shop.now += S
        changes = shop.live(shop.now)
    assert (STORE, "TEE") in changes.touched
    assert availability(shop.engine.state, STORE, "TEE", 1, shop.now).status == "UNKNOWN"


def test_an_unheard_scale_makes_its_article_unknown_and_is_told() -> None:
    """No reading for a quarter of an hour: the shelf is down, the count stands."""
    shop = SmallShop()
    shop.weigh(1_500 + 8 * 420, 60)
    assert availability(shop.engine.state, STORE, "CANDLE", 1, shop.now).status == "IN_STOCK"
    touched = set()
    for _ in range(920):
        shop.now += S
        touched |= shop.live(shop.now).touched
    assert (STORE, "CANDLE") in touched
    answer = availability(shop.engine.state, STORE, "CANDLE", 1, shop.now)
    assert (answer.status, answer.on_hand) == ("UNKNOWN", 8)


def test_evidence_is_as_fresh_as_the_newest_read_in_each_zone() -> None:
    """last_seen per zone, and of the whole."""
    shop = SmallShop()
    shop.run(60, TEES[0])
    floor_ns = shop.now
    shop.run(60, TEES[1], reader="rear")
    shop.run(6)
    answer = availability(shop.engine.state, STORE, "TEE", 1, shop.now)
    assert {z.zone: z.last_seen_at_ns for z in answer.zones if z.pieces} == {
        "floor": floor_ns,
        "back": shop.now - 6 * S,
    }
    assert answer.last_seen_at_ns == shop.now - 6 * S, "an epoch and its grace ago"
    assert answer.valid_until_ns > shop.now


def test_what_presence_forgets_is_forgotten_everywhere() -> None:
    """A month after it left, nothing of a tag is kept: not its identity, not its row."""
    shop = SmallShop()
    jeans = epc("JEANS", 1)
    shop.run(60, epc(FOREIGN_GTIN, 1), *TEES, jeans)
    shop.run(1_800, jeans)
    shop.tell("sale", epc=jeans)
    shop.run(10)
    assert shop.engine.state.presence.place_of(TEES[0]) is None
    assert sum(part == "item" for part, _ in shop.rows) == 7
    shop.now += 31 * 86_400 * S
    shop.live(shop.now)
    assert sum(part == "item" for part, _ in shop.rows) == 0
    identifier = shop.engine.state.identifier
    assert identifier._sku_of == identifier._epc_of == {}
    assert not any(shop.engine.state.tags_of.values())


# -- restarts ------------------------------------------------------------------------------------------


def busy_day(seed: int, restarts: bool) -> SmallShop:
    """Return a shop after hours of everything, in which the gateway may have died again and again."""
    random, shop = Random(seed), SmallShop()
    place: dict[str, tuple[str, int]] = {}
    pieces = [epc(sku, n) for sku in ("TEE", "JEANS", FOREIGN_GTIN) for n in range(1, 5)]
    for step in range(240):
        for tag in pieces:
            if random.random() < 0.02:
                place[tag] = random.choice(
                    [("front", 1), ("front", 2), ("front", 3), ("rear", 1), ("nowhere", 1)]
                )
            reader, antenna = place.get(tag, ("rear", 1))
            if reader != "nowhere":
                shop.read(tag, reader=reader, antenna=antenna)
        draw = random.random()
        if draw < 0.1:
            shop.tell(
                random.choice(["sale", "return", "receive"]),
                sku=random.choice(["TEE", "JEANS", "TOTE", "CANDLE"]),
            )
        elif draw < 0.15:
            shop.scan(
                random.choice(["checkout", "desk", "receiving", "counter"]), GTIN[random.choice(list(GTIN))]
            )
        elif draw < 0.2:
            shop.weigh(1_500 + 420 * random.randrange(9), 30)
        elif draw < 0.22:
            shop.alive ^= {random.choice(["front", "rear"])}
        shop.run(random.choice([5, 5, 5, 60]))
        if restarts and random.random() < 0.1:
            shop.restart(shop.now)
        if step % 20 == 0:
            shop.check_laws()
    shop.check_laws()
    return shop


@pytest.mark.parametrize("seed", range(3))
def test_a_gateway_that_dies_again_and_again_keeps_its_books(seed: int) -> None:
    """Levels from rows equal levels from movements at every restart: the imbalance stays 0."""
    assert busy_day(seed, restarts=True).restarts > 5


def test_a_restart_changes_no_level_and_tells_nothing() -> None:
    """The pass after a restart, with nothing new, moves no piece and tells no alert."""
    shop = busy_day(7, restarts=False)
    keys = shop.engine.state.ledger.line_keys()
    before = {key: shop.levels(key[1], key[0]) for key in keys}
    firing = sorted(alert.id for alert in shop.firing())
    shop.restart(shop.now)
    changes = shop.live(shop.now)
    assert {key: shop.levels(key[1], key[0]) for key in keys} == before
    assert [m for m in changes.movements if m.cause == "restart"] == []
    assert changes.points == []
    assert sorted(alert.id for alert in shop.firing()) == firing


def test_a_zone_taken_out_of_the_site_is_written_down_as_a_correction() -> None:
    """Pieces that were known by scans alone in a zone that is no more: a movement says so, none is lost silently."""
    shop = SmallShop()
    shop.scan("receiving", GTIN["TOTE"])
    shop.run(1)
    rows = list(shop.rows.values())
    latest = [*shop.latest.values()]
    engine = new_engine()
    changed = latest[0].__class__(STORE, "TOTE", "cellar", shop.now, 2)
    engine.restore(rows, [*latest, changed], shop.now)
    assert engine.imbalanced == 1
    engine.advance(shop.now)
    (correction,) = engine.drain().movements
    assert (correction.kind, correction.cause) == (MovementKind.ADJUSTED, "restart")
    assert [(delta.zone, delta.pieces) for delta in correction.deltas] == [("cellar", -2)]
