"""What the stream teaches: read rates, strengths, ways; from priors that hold on the first day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.learning import LEARNED_READS, LEARNING_READS, Learning, ZoneFacts, rssi_bins
from gateway.presence.rule import (
    LEAST_SHARE,
    MOST_SHARE,
    QUALITY_SHARE,
    RSSI_BINS,
    STATES,
    Floats,
    first_states,
    quality_shares,
    shadow_odds,
    state_factors,
    visibility_steps,
)
from tests.support.presence_shop import BACK, FLOOR, HOUR, WALL, PresenceShop, S

ZONES = ZoneFacts(
    ("floor", "wall", "back", "till", "exit"), ("floor", "floor", "back_room", "till", "exit"), (True,) * 5
)
EPOCH_S = 5.0
EXIT = 4


def floats(rows: object) -> Floats:
    """Return numbers as belief keeps them."""
    return np.array(rows, np.float32)


def taught(own: float, tags: int = 100, epochs: int = 700, seen: float = 1.0) -> Learning:
    """Return what so many clear tags of the floor teach, read with a chance by the floor's antennas."""
    learning = Learning(ZONES, EPOCH_S)
    for _ in range(epochs):
        hits = np.zeros((5, 5), np.float32)
        hits[FLOOR, FLOOR] = own * tags * seen
        hits[WALL, FLOOR] = 0.05 * tags
        trials = floats([tags, 0, 0, 0, 0])
        learning.learn_reads(hits, trials, floats([seen, 1, 1, 1, 1]))
        learning.end_epoch(np.array([tags, 0, 0, 0, 0], float))
    return learning


def test_it_starts_from_what_is_common() -> None:
    """Own antennas read most, those next door little, gates least; it all sums up where it must."""
    learning = Learning(ZONES, EPOCH_S)
    shares = learning.read_shares()
    own = np.diag(shares)
    assert (own > 0.4).all()
    assert (shares[~np.eye(5, dtype=bool)] < 0.05).all()
    assert learning.ways().sum(1) == pytest.approx(1.0, abs=1e-6)
    assert (np.diag(learning.ways()) > 0.5).all()
    assert learning.gone[EXIT] > 100 * learning.gone[FLOOR]
    assert learning.phase(FLOOR) == "prior"


@pytest.mark.parametrize("own", [0.3, 0.8])
def test_read_rates_are_learned(own: float) -> None:
    """An hour of a hundred tags outweighs the prior; zones that taught nothing keep theirs."""
    learning = taught(own)
    shares = learning.read_shares()
    assert shares[FLOOR, FLOOR] == pytest.approx(own, abs=0.02)
    assert shares[WALL, FLOOR] == pytest.approx(0.05, abs=0.01)
    assert shares[BACK, BACK] == Learning(ZONES, EPOCH_S).read_shares()[BACK, BACK]


def test_what_could_not_be_seen_teaches_no_misses() -> None:
    """Half of the floor's antennas are dark: the rate of those that see is learned."""
    assert taught(0.8, seen=0.5).read_shares()[FLOOR, FLOOR] == pytest.approx(0.8, abs=0.02)


def test_an_outage_unlearns_nothing() -> None:
    """A day of blindness: the rates stand."""
    learning = taught(0.8)
    before = learning.read_shares()[FLOOR, FLOOR]
    for _ in range(5_000):
        learning.learn_reads(np.zeros((5, 5), np.float32), floats([100, 0, 0, 0, 0]), np.zeros(5, np.float32))
        learning.end_epoch(np.zeros(5))
    assert learning.read_shares()[FLOOR, FLOOR] == pytest.approx(before, abs=0.01)


def test_phases_say_how_much_was_seen() -> None:
    """From the prior, over learning, to learned, by tag-epochs of clear tags."""
    learning = Learning(ZONES, EPOCH_S)
    for reads, phase in ((LEARNING_READS - 1, "prior"), (2, "learning"), (LEARNED_READS, "learned")):
        learning.learn_reads(
            np.zeros((5, 5), np.float32), floats([reads, 0, 0, 0, 0]), np.ones(5, np.float32)
        )
        assert learning.phase(FLOOR) == phase
    assert learning.phase(BACK) == "prior"


def test_strong_reads_speak_for_the_antennas_own_zone() -> None:
    """By the prior already; and as each antenna's own and cross reads turn out."""
    learning = Learning(ZONES, EPOCH_S)
    strong, weak = rssi_bins(floats([-56.0, -75.0]))
    ratios = learning.rssi_ratios()
    assert (ratios[:, strong] > ratios[:, weak]).all()
    for _ in range(2_000):
        learning.learn_rssi(np.array([WALL, WALL]), np.array([weak, strong]), floats([1, 0]), floats([0, 1]))
    assert learning.rssi_ratios()[WALL, weak] > 1 > learning.rssi_ratios()[WALL, strong], (
        "a reader set otherwise"
    )
    assert learning.rssi_ratios()[FLOOR].tolist() == pytest.approx(ratios[FLOOR].tolist())


def test_ways_that_are_used_become_likelier() -> None:
    """Back to floor, all day long; no row ever sums to other than one."""
    learning = Learning(ZONES, EPOCH_S)
    before = learning.ways()
    for _ in range(200):
        learning.learn_move(BACK, FLOOR)
        learning.end_epoch(np.full(5, 50.0))
    after = learning.ways()
    assert after[BACK, FLOOR] > before[BACK, FLOOR]
    assert after[FLOOR, BACK] <= before[FLOOR, BACK] * 1.01
    assert after.sum(1) == pytest.approx(1.0, abs=1e-6)


def test_flapping_does_not_teach_that_tags_fly() -> None:
    """A hundred thousand moves between two zones raise that way's chance by a few times at most."""
    learning = Learning(ZONES, EPOCH_S)
    before = learning.ways()[FLOOR, WALL]
    for _ in range(100_000):
        learning.learn_move(FLOOR, WALL)
    assert learning.ways()[FLOOR, WALL] < 5 * before


counts = st.lists(st.floats(0, 1e5), min_size=5, max_size=5)


@settings(max_examples=50, deadline=None)
@given(counts, counts, st.lists(st.floats(0, 1), min_size=5, max_size=5), st.floats(0.5, 60))
def test_rates_stay_rates(hits: list[float], trials: list[float], alive: list[float], epoch_s: float) -> None:
    """Whatever was taught, at any epoch: rates within their bounds, ways and ratios proper numbers."""
    learning = Learning(ZONES, epoch_s)
    learning.learn_reads(np.outer(hits, np.ones(5)).astype(np.float32), floats(trials), floats(alive))
    learning.end_epoch(np.array(trials))
    shares = learning.read_shares()
    assert (shares >= np.float32(LEAST_SHARE)).all()
    assert (shares <= np.float32(MOST_SHARE)).all()
    assert learning.ways().sum(1) == pytest.approx(1.0, abs=1e-5)
    assert (learning.ways() >= 0).all()
    assert np.isfinite(learning.rssi_ratios()).all()
    assert ((learning.gone >= 0) & (learning.gone < 1)).all()


def test_an_unwatched_zone_reads_nothing_and_is_hardly_entered() -> None:
    """No antenna looks at the till and the exit: no read is expected there, no way leads there."""
    facts = ZoneFacts(ZONES.names, ZONES.roles, (True, True, True, False, False))
    learning = Learning(facts, EPOCH_S)
    assert (learning.read_shares()[[3, 4]] == 0).all()
    assert (learning.ways()[:3, 3:] == 0).all()


def test_without_a_gate_pieces_leave_from_anywhere() -> None:
    """Where no antenna watches the exit, silence on the floor says more."""
    facts = ZoneFacts(ZONES.names, ZONES.roles, (True, True, True, True, False))
    assert Learning(facts, EPOCH_S).gone[FLOOR] > 5 * Learning(ZONES, EPOCH_S).gone[FLOOR]


def test_rates_hold_at_any_epoch() -> None:
    """Twice the epoch: a miss of it is two misses; ways and goings double."""
    short, long = Learning(ZONES, 5.0), Learning(ZONES, 10.0)
    misses = 1 - np.diag(short.read_shares())
    assert 1 - np.diag(long.read_shares()) == pytest.approx(np.maximum(misses**2, 1 - MOST_SHARE), rel=1e-3)
    assert long.ways()[FLOOR, BACK] == pytest.approx(2 * short.ways()[FLOOR, BACK], rel=0.01)
    assert long.gone[FLOOR] == pytest.approx(2 * short.gone[FLOOR], rel=0.01)


def test_strengths_beyond_the_scale_take_its_ends() -> None:
    """Absurd values of a broken reader are the first and the last bin."""
    assert rssi_bins(floats([-500, -86, -33, 500])).tolist() == [0, 0, RSSI_BINS - 1, RSSI_BINS - 1]


def test_the_states_of_a_new_tag_are_its_qualities() -> None:
    """They sum to one, by quality as told; in the long run time keeps them so."""
    states = first_states()
    assert states.sum() == pytest.approx(1.0, abs=1e-6)
    assert quality_shares(states).tolist() == pytest.approx(list(QUALITY_SHARE), abs=1e-6)
    assert (np.diff(state_factors()[:: len(state_factors()) // 5]) <= 0).all(), "from the best to the dead"
    steps = visibility_steps(EPOCH_S, shadow_odds())
    later = states @ np.linalg.matrix_power(steps.astype(float), 2_000)
    assert quality_shares(later).tolist() == pytest.approx(list(QUALITY_SHARE), abs=1e-4)
    assert later.tolist() == pytest.approx(states.tolist(), abs=0.02), "a new tag is as visible as any"
    assert len(states) == STATES


def test_a_shop_teaches_itself() -> None:
    """No label is given: after an hour the rates are those by which its tags are read."""
    shop = PresenceShop(seed=4)
    for place, chance in ((FLOOR, 0.85), (WALL, 0.4), (BACK, 0.6)):
        shop.put(*[f"A{place}{n:04X}" for n in range(50)], place=place, chance=chance)
    shop.live(HOUR // S)
    shares = shop.presence.stores["lyon-1"].learning.read_shares()
    assert shares[FLOOR, FLOOR] == pytest.approx(0.85, abs=0.05)
    assert shares[WALL, WALL] == pytest.approx(0.4, abs=0.08)
    assert shares[BACK, BACK] == pytest.approx(0.6, abs=0.06)
    assert shop.presence.phase(FLOOR) == "learned"
    assert len(shop.events) == 150
