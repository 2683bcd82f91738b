"""Readers die, brokers are away, gateways start again: none of it is evidence that a piece left."""

from collections.abc import Iterable

import pytest

from gateway.answers import availability
from gateway.movements import MovementKind
from readers.observations import Heartbeat, Observation, Read
from tests.support.small_site import READERS, STORE, S, SmallShop, epc

TEES = [epc("TEE", n) for n in range(1, 13)]
JEANS = [epc("JEANS", n) for n in range(1, 6)]
HOUR = 3_600 * S


def test_readers_that_are_dead_for_weeks_empty_no_shelf() -> None:
    """Nobody looked, so nothing was learned: the level stands, and is UNKNOWN."""
    shop = SmallShop()
    shop.run(120, *TEES)
    shop.alive.clear()
    for _ in range(21 * 24):
        shop.now += HOUR
        shop.live(shop.now)
    assert shop.levels("TEE") == {"floor": 12}
    assert availability(shop.engine.state, STORE, "TEE", 1, shop.now).status == "UNKNOWN"
    assert min(shop.engine.state.presence.p_present(STORE, TEES)) > 0.95
    assert shop.engine.state.presence.coverage(0) == 0.0


def test_the_store_opens_again_with_all_that_it_has() -> None:
    """After a night without power each piece is read again where it lies, and none left meanwhile."""
    shop = SmallShop()
    shop.run(120, *TEES)
    shop.now += 14 * HOUR
    shop.run(600, *TEES)
    assert [m.kind for m in shop.movements] == [MovementKind.ARRIVED] * 12
    assert shop.levels("TEE") == {"floor": 12}


def test_an_antenna_that_goes_mute_while_its_reader_answers_empties_no_shelf() -> None:
    """A cut cable: the reader goes on proving its life. Twelve pieces do not fall silent at once by chance."""
    shop = SmallShop()
    shop.run(120, *TEES)
    shop.run(7_200)
    assert shop.levels("TEE") == {"floor": 12}
    assert availability(shop.engine.state, STORE, "TEE", 1, shop.now).status == "UNKNOWN"


@pytest.mark.parametrize("pieces", [1, 5])
def test_pieces_that_fall_silent_while_others_are_read_have_left(pieces: int) -> None:
    """The antenna proves that it sees: a quarter of an hour of silence is enough for tags that were always read."""
    shop = SmallShop()
    shop.run(300, *TEES[:pieces], *JEANS)
    shop.run(300, *JEANS)
    assert shop.levels("TEE") == {"floor": pieces}, "people stand before shelves for five minutes"
    shop.run(900, *JEANS)
    assert shop.levels("TEE") == {}
    assert shop.levels("JEANS") == {"floor": 5}


def test_a_quarter_of_an_hour_after_a_restart_is_not_less() -> None:
    """How well a tag reads survives: a piece that leaves just after a restart is missed as soon as any, and one
    that was hardly known yet is missed within the hour.
    """
    shop = SmallShop()
    shop.run(300, *JEANS)
    shop.run(60, TEES[0], *JEANS)
    shop.run(10, TEES[1], *JEANS)
    shop.restart(shop.now)
    shop.run(1_200, *JEANS)
    assert shop.levels("TEE") == {"floor": 1}
    shop.run(2_400, *JEANS)
    assert shop.levels("TEE") == {}


def wait(shop: SmallShop, seconds: int) -> None:
    """Let time pass in which nothing is heard."""
    for _ in range(0, seconds, 30):
        shop.now += 30 * S
        shop.live(shop.now)


def told_late(shop: SmallShop, from_ns: int, reads: Iterable[tuple[int, str]]) -> list[Observation]:
    """Return what readers said from then until now: their heartbeats, and (antenna, tag) each five seconds."""
    told: list[Observation] = []
    for at_ns in range(from_ns, shop.now, 5 * S):
        told += [Heartbeat(reader, True, at_ns, shop.now) for reader in READERS]
        told += [Read("front", antenna, tag, at_ns, shop.now, -60) for antenna, tag in reads]
    return told


@pytest.mark.parametrize("at_once", [100_000, 500])
@pytest.mark.parametrize("away_s", [300, 1_800, 5_400])
def test_a_broker_that_was_away_hands_over_no_silence(away_s: int, at_once: int) -> None:
    """Its backlog comes in one pass or in many, after five minutes or an hour and a half: each read is of its own time."""
    shop = SmallShop()
    shop.run(120, *TEES)
    from_ns = shop.now + 5 * S
    wait(shop, away_s)
    told = told_late(shop, from_ns, [(1, tag) for tag in TEES])
    for start in range(0, len(told), at_once):
        shop.engine.observe_all(told[start : start + at_once], shop.now)
        shop.live(shop.now)
        assert shop.levels("TEE") == {"floor": 12}
    shop.run(120, *TEES)
    assert [m.kind for m in shop.movements] == [MovementKind.ARRIVED] * 12
    shop.check_laws()


def test_what_left_while_the_broker_was_away_has_left_when_it_is_back() -> None:
    """Read at the gate in the second of ten minutes that were told late: one piece less, and dated then."""
    shop = SmallShop()
    shop.run(120, *TEES)
    from_ns = shop.now + 5 * S
    wait(shop, 600)
    stayed = told_late(shop, from_ns, [(1, tag) for tag in TEES[1:]])
    gate_ns = from_ns + 60 * S
    left = [Read("front", 3, TEES[0], gate_ns + n * S, shop.now, -50) for n in range(6)]
    told = sorted([*stayed, *left], key=lambda observation: observation.at_ns)
    shop.engine.observe_all(told, shop.now)
    shop.live(shop.now)
    assert shop.levels("TEE") == {"floor": 11}
    (departed,) = [m for m in shop.movements if m.kind is MovementKind.DEPARTED]
    assert (departed.epc, departed.cause) == (TEES[0], "exit")
    assert 0 < departed.at_ns - gate_ns < 60 * S


def test_reads_of_a_piece_that_came_back_are_not_lost_with_its_row() -> None:
    """In one backlog it leaves by the gate and is brought back: it is here, and no other tag takes its reads."""
    shop = SmallShop()
    shop.run(120, *TEES)
    from_ns = shop.now + 5 * S
    wait(shop, 900)
    others = told_late(shop, from_ns, [(1, tag) for tag in TEES[1:]])
    gate = [Read("front", 3, TEES[0], from_ns + n * S, shop.now, -50) for n in range(10)]
    back = [
        Read("front", 1, TEES[0], at_ns, shop.now, -60) for at_ns in range(from_ns + 300 * S, shop.now, 5 * S)
    ]
    new = [Read("rear", 1, JEANS[0], from_ns + n * S, shop.now, -60) for n in range(1, 600, 5)]
    told = sorted([*others, *gate, *back, *new], key=lambda observation: observation.at_ns)
    shop.engine.observe_all(told, shop.now)
    shop.live(shop.now)
    assert shop.levels("TEE") == {"floor": 12}
    assert shop.levels("JEANS") == {"back": 1}
    kinds = [m.kind for m in shop.movements if m.epc == TEES[0] and m.kind is not MovementKind.MOVED]
    assert kinds == [MovementKind.ARRIVED, MovementKind.DEPARTED, MovementKind.ARRIVED]
    shop.check_laws()
