"""An epoch of belief is Bayes' rule over every (zone, state) and gone, for each tag by itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.presence.filter import Beliefs, Tables, evidence, habit_factor, predict, weigh
from gateway.presence.rule import (
    STATES,
    STRAY,
    VIEWS,
    Floats,
    shadow_odds,
    state_factors,
    visibility_steps,
)


def floats(rows: object) -> Floats:
    """Return numbers as the filter keeps them."""
    return np.array(rows, np.float32)


class Case:
    """A few tags in a few zones, drawn at random: their beliefs, the tables, and who read them."""

    def __init__(self, seed: int, tags: int, zones: int, states: int) -> None:
        random = np.random.default_rng(seed)
        self.zones, self.states = zones, states
        p_gone = random.choice([0.0, 0.02, 0.5, 0.97], tags)
        self.prior = Beliefs(
            p_zone=floats(random.dirichlet(np.full(zones, 0.4), tags)),
            states=floats(random.dirichlet(np.full(states, 0.5), tags) * (1 - p_gone)[:, None]),
            p_gone=floats(p_gone),
            silence=floats(-random.uniform(0, 3, tags)),
        )
        self.shares = floats(random.uniform(0.0005, 0.9, (zones, zones)))
        self.seen = floats(random.choice([0.0, 0.4, 1.0], zones))
        self.factors = floats(random.choice([1.0, 0.4, 0.05, 0.0], states))
        self.hit = random.random((tags, zones)) < random.choice([0.0, 0.2, 0.7], (tags, 1))
        self.factor = floats(random.uniform(0.2, 5.0, (tags, zones)))
        silent, read_by = evidence(self.shares, self.seen, self.factors)
        ways = random.dirichlet(np.ones(zones), zones)
        steps = random.dirichlet(np.ones(states), states)
        self.to_gate = floats(random.choice([0.0, 0.3], (tags, 1)) * random.dirichlet(np.ones(zones), tags))
        self.tables = Tables(
            shares=self.shares,
            silent=silent,
            read_by=read_by,
            rssi_ratios=np.ones((zones, 1), np.float32),
            ways=floats(ways),
            gone=floats(random.uniform(0, 0.3, zones)),
            state_steps=floats(steps),
        )

    def p_of(self, antenna: int, zone: int, state: int, is_read: bool) -> float:
        """Return what a read or a miss by a zone's antennas says, of a tag that is in a zone and state.

        A miss counts at home alone: next door a tag is read often where it lies at a border, else never.
        """
        rate = float(self.shares[antenna, zone]) * float(self.factors[state])
        if is_read:
            return max(rate, 1e-9)
        return 1 - rate * float(self.seen[antenna]) if antenna == zone else 1.0

    def by_enumeration(self, tag: int) -> tuple[list[float], list[float], float]:
        """Return (P(zone), P(here in each state), P(gone)) of a tag after the epoch, one cause at a time."""
        readers = [a for a in range(self.zones) if self.hit[tag, a]]
        joint: dict[tuple[int, int], float] = {}
        for zone in range(self.zones):
            for state in range(self.states):
                chance = float(self.prior.p_zone[tag, zone]) * float(self.prior.states[tag, state])
                chance *= float(self.factor[tag, zone]) if readers else 1.0
                chance *= math.prod(
                    self.p_of(antenna, zone, state, antenna in readers) for antenna in range(self.zones)
                )
                joint[zone, state] = chance
        gone = float(self.prior.p_gone[tag]) * STRAY ** len(readers)
        here = sum(joint.values())
        p_zone = [sum(p for (z, _), p in joint.items() if z == zone) / here for zone in range(self.zones)]
        total = here + gone
        states = [sum(p for (_, s), p in joint.items() if s == state) / total for state in range(self.states)]
        return p_zone, states, gone / total


cases = st.builds(
    Case, st.integers(0, 10**6), tags=st.integers(1, 6), zones=st.integers(1, 4), states=st.integers(1, 4)
)


@settings(max_examples=150, deadline=None)
@given(cases)
def test_an_epoch_is_bayes_rule_over_all_causes(case: Case) -> None:
    """Weighing gives the marginals of the joint over zone, state and gone, as enumeration does."""
    after = weigh(case.prior, case.tables, case.hit, case.factor)
    for tag in range(len(case.hit)):
        p_zone, states, p_gone = case.by_enumeration(tag)
        if sum(states) < 1e-20:  # the here-branch is out of what single precision can tell
            continue
        assert after.p_gone[tag] == pytest.approx(p_gone, rel=1e-3, abs=1e-6)
        assert after.states[tag].tolist() == pytest.approx(states, rel=1e-3, abs=1e-5)
        assert after.p_zone[tag].tolist() == pytest.approx(p_zone, rel=1e-3, abs=1e-5)


@settings(deadline=None)
@given(cases)
def test_silence_adds_up_the_log_chance_of_being_silent_here(case: Case) -> None:
    """While nothing reads a tag, `silence` falls by log P(no read | here); a read sets it to nothing."""
    after = weigh(case.prior, case.tables, case.hit, case.factor)
    for tag in range(len(case.hit)):
        if case.hit[tag].any():
            assert after.silence[tag] == 0.0
            continue
        here = float(case.prior.states[tag].sum())
        missed = 0.0
        for zone in range(case.zones):
            for state in range(case.states):
                p = float(case.prior.p_zone[tag, zone]) * float(case.prior.states[tag, state])
                missed += p * math.prod(
                    case.p_of(antenna, zone, state, False) for antenna in range(case.zones)
                )
        if here > 1e-6:
            assert after.silence[tag] - case.prior.silence[tag] == pytest.approx(
                math.log(missed / here), rel=1e-3, abs=1e-4
            )


@settings(deadline=None)
@given(cases)
def test_beliefs_stay_probabilities(case: Case) -> None:
    """Zones sum to 1; being here and being gone sum to 1; nothing is below 0 or not a number."""
    after = weigh(predict(case.prior, case.tables, case.to_gate), case.tables, case.hit, case.factor)
    for columns in (after.p_zone, after.states, after.p_gone):
        assert np.isfinite(columns).all()
        assert (columns >= 0).all()
    assert after.p_zone.sum(1) == pytest.approx(1.0, abs=1e-4)
    assert after.states.sum(1) + after.p_gone == pytest.approx(1.0, abs=1e-4)


@settings(deadline=None)
@given(cases)
def test_time_alone_loses_no_probability(case: Case) -> None:
    """Predicting conserves what is here and gone together, and only adds to what is gone."""
    later = predict(case.prior, case.tables, case.to_gate)
    assert later.p_zone.sum(1) == pytest.approx(1.0, abs=1e-4)
    assert later.states.sum(1) + later.p_gone == pytest.approx(
        case.prior.states.sum(1) + case.prior.p_gone, abs=1e-4
    )
    assert (later.p_gone >= case.prior.p_gone - 1e-6).all()
    leaving = (case.prior.p_zone.astype(float) * case.tables.gone).sum(1) * case.prior.states.sum(1)
    assert later.p_gone - case.prior.p_gone == pytest.approx(leaving, abs=1e-4)


@settings(deadline=None)
@given(cases, st.randoms(use_true_random=False))
def test_each_tag_is_judged_by_its_own_evidence(case: Case, random: object) -> None:
    """Whatever other tags stand beside it, and in whatever order, a tag's belief is the same."""
    whole = weigh(case.prior, case.tables, case.hit, case.factor)
    order = list(range(len(case.hit)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis' own Random
    for tag in order:
        row = slice(tag, tag + 1)
        prior = Beliefs(
            case.prior.p_zone[row], case.prior.states[row], case.prior.p_gone[row], case.prior.silence[row]
        )
        alone = weigh(prior, case.tables, case.hit[row], case.factor[row])
        assert alone.p_zone[0] == pytest.approx(whole.p_zone[tag], rel=1e-4, abs=1e-7)
        assert alone.states[0] == pytest.approx(whole.states[tag], rel=1e-4, abs=1e-7)
        assert alone.p_gone[0] == pytest.approx(whole.p_gone[tag], rel=1e-4, abs=1e-7)


def test_a_sale_sends_a_tag_to_the_gate() -> None:
    """The chance that it heads there is taken from where it lay; others stay where they were."""
    case = Case(5, 2, 3, 3)
    nowhere = np.zeros((2, 3), np.float32)
    heading = floats([[0, 0, 0.25], [0, 0, 0]])
    tables = replace(case.tables, gone=np.zeros(3, np.float32))
    plain, sold = (predict(case.prior, tables, to) for to in (nowhere, heading))
    assert sold.p_zone[0].tolist() == pytest.approx((plain.p_zone[0] * 0.75 + heading[0]).tolist(), abs=1e-6)
    assert (sold.p_zone[1] == plain.p_zone[1]).all()
    assert (sold.p_gone == plain.p_gone).all()


def test_every_pattern_of_zones_is_told_apart() -> None:
    """All 2^8 sets of reading zones at once, each read twice over: equal rows alike, others not mixed."""
    zones = 8
    case = Case(7, 1, zones, 3)
    patterns = [[bool(n >> zone & 1) for zone in range(zones)] for n in range(2**zones)] * 2
    tags = len(patterns)
    hit = np.array(patterns)
    ones = np.ones((tags, zones), np.float32)
    prior = Beliefs(*(np.repeat(c, tags, 0) for c in (
        case.prior.p_zone, case.prior.states, floats([0.5]), case.prior.silence,
    )))  # fmt: skip
    after = weigh(prior, case.tables, hit, ones)
    case.hit, case.factor, case.prior = hit, ones, prior
    for tag in range(0, tags, 17):
        assert after.p_zone[tag].tolist() == pytest.approx(case.by_enumeration(tag)[0], rel=1e-3, abs=1e-5)
    assert (after.p_gone[: tags // 2] == after.p_gone[tags // 2 :]).all()


def test_no_tags_are_no_trouble() -> None:
    """An empty store has an epoch like any other."""
    case = Case(1, 1, 3, 2)
    none = Beliefs(
        case.prior.p_zone[:0], case.prior.states[:0], case.prior.p_gone[:0], case.prior.silence[:0]
    )
    assert (
        len(
            weigh(
                predict(none, case.tables, case.to_gate[:0]), case.tables, case.hit[:0], case.factor[:0]
            ).p_gone
        )
        == 0
    )


def test_blind_antennas_tell_nothing() -> None:
    """Where no antenna could see, silence leaves every belief as it was."""
    case = Case(3, 6, 3, 4)
    silent, read_by = evidence(case.shares, np.zeros(3, np.float32), case.factors)
    tables = replace(case.tables, silent=silent, read_by=read_by)
    after = weigh(case.prior, tables, np.zeros_like(case.hit), case.factor)
    assert after.p_gone == pytest.approx(case.prior.p_gone, abs=1e-6)
    assert after.p_zone == pytest.approx(case.prior.p_zone, abs=1e-6)


def test_states_of_being_here_keep_their_quality() -> None:
    """Time shadows a tag and brings it back to view; it never makes a weak tag a good one."""
    steps = visibility_steps(5.0, shadow_odds()).astype(float)
    assert steps.sum(1) == pytest.approx(1.0, abs=1e-6)
    factors = state_factors()
    assert len(factors) == STATES
    for state in range(STATES):
        reached = np.flatnonzero(steps[state])
        assert {s // VIEWS for s in reached} == {state // VIEWS}


# -- habits ----------------------------------------------------------------------------------------------

HOME, DOOR, FAR = range(3)
SHARES = floats([[0.7, 0.01, 0.01], [0.02, 0.7, 0.01], [0.01, 0.01, 0.7]])


def habit(heard: list[float], hit: list[bool]) -> NDArray[np.float32]:
    """Return the factor of a tag that lies at home, read so often by each zone so far."""
    return habit_factor(np.array([heard], np.float16), np.array([HOME], np.int16), SHARES, np.array([hit]))[0]


def test_reads_next_door_are_what_a_border_tag_does() -> None:
    """One that next door reads half as often as home speaks for home when next door reads it again."""
    border = habit([200, 100, 0], [False, True, False])
    assert border[HOME] > 5
    assert border[[DOOR, FAR]].tolist() == [1, 1]
    assert habit([200, 0, 0], [False, True, False])[HOME] == pytest.approx(1, abs=0.05)


def test_the_habit_of_one_zone_says_nothing_of_another() -> None:
    """A border tag that is read where it never was is no border tag there."""
    assert habit([200, 100, 0], [False, False, True])[HOME] == pytest.approx(1, abs=0.05)


def test_a_read_at_home_and_no_read_at_all_are_no_habit() -> None:
    """The factor is about being read elsewhere alone."""
    assert habit([200, 100, 50], [True, False, False]).tolist() == [1, 1, 1]
    assert habit([200, 100, 50], [False, False, False]).tolist() == [1, 1, 1]


@settings(deadline=None)
@given(st.lists(st.floats(0, 2_000), min_size=3, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_habit_only_ever_speaks_for_home(heard: list[float], hit: list[bool]) -> None:
    """It never makes home less likely, and stays a number whatever was heard."""
    factor = habit(heard, hit)
    assert np.isfinite(factor).all()
    assert (factor >= 1 - 1e-6).all()
