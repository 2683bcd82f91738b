"""What the belief engine takes as given: its settings, and the physics that no stream can teach. Pure.

Times are per epoch of `epoch_ns` where not said otherwise. Shares and rates that a stream can teach
(read rates, cross-reads, RSSI, ways between zones) start from the priors here and are learned in
gateway/presence/learning.py. The rest is set for good: freeing the persistence of the quality classes
made a prototype worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NS_PER_S = 1_000_000_000
DESIGN_EPOCH_S = 5.0

QUALITIES = ("normal", "fair", "weak", "poor", "hard", "dead")
QUALITY_SHARE = (0.80, 0.085, 0.07, 0.025, 0.017, 0.003)
"""Of new tags; a few in a hundred are hard to read, a few in a thousand never answer."""
QUALITY_FACTOR = (1.0, 0.6, 0.35, 0.18, 0.08, 0.0)
"""Read rate against that of a normal tag: tags differ by the item they are on more than by their make."""
ALIVE = 5
VISIBILITIES = ("visible", "short", "medium", "long")
VISIBILITY_FACTOR = (1.0, 0.06, 0.05, 0.04)
VISIBLE_MEAN_S = 900.0
SHADOW_SHARE = (0.74, 0.22, 0.04)
SHADOW_MEAN_S = (60.0, 300.0, 1_800.0)
"""Shadows come in runs with a long tail (people stand before shelves): three exponentials follow a
lognormal of median 1-2 min and sigma 1.3 from half a minute to two hours. How often each comes is
learned from the share of time that well-read tags spend in it."""
VIEWS = 4
STATES = ALIVE * VIEWS + 1
"""Of being here: five qualities in each visibility, and dead."""
DEAD = STATES - 1
CLEAR = 0
"""The state normal and visible: read rates are learned from it."""

OUT_PER_H = {
    "floor": 0.15, "back_room": 0.12, "receiving": 0.5, "fitting_room": 6.0, "till": 40.0, "exit": 120.0,
}  # fmt: skip
"""How often a piece leaves a zone of a role, before the stream has taught better."""
ENTER_WEIGHT = {
    "floor": 1.0, "back_room": 0.5, "receiving": 0.2, "fitting_room": 0.5, "till": 0.06, "exit": 0.02,
}  # fmt: skip
TILL_TO_EXIT = 0.3
"""Share of what lies at a till that goes on to an exit. Elsewhere tills and exits are entered rarely: what
leaves in earnest is announced by a sale (see StoreBelief.hint); unannounced, a thief or an error of the
till takes about one piece in two thousand an hour."""
GONE_PER_H = {
    "floor": 2e-4, "back_room": 3e-5, "receiving": 3e-5, "fitting_room": 1e-3, "till": 1e-2, "exit": 280.0,
}  # fmt: skip
"""How often a piece leaves the store from a zone without passing a watched zone in between."""
NO_GATE_FACTOR = 10.0
"""… where no antenna watches an exit."""
STRAY = 2e-5
"""Chance per epoch and antenna zone that a tag which is not in the store is read all the same."""

READ_SHARE_PRIOR, READ_SHARE_WEIGHT = 0.65, 60.0
CROSS_SHARE_PRIOR, CROSS_SHARE_WEIGHT = 0.01, 200.0
GATE_CROSS_PRIOR = 0.004
"""Per epoch, of a normal visible tag; weights in tag-epochs."""
LEAST_SHARE, MOST_SHARE, MOST_CROSS_SHARE = 0.0005, 0.97, 0.2
TEACHING_READS, TEACHING_RATIO = 3.0, 2.0
"""A tag teaches what antennas read of its zone once its own zone read it so often, and twice as often as any
other: one that is believed in the wrong zone would teach that walls are air, and be believed there for good.
"""
RSSI_BIN_DB, RSSI_LEAST_DBM, RSSI_BINS = 3.0, -86.0, 18
"""Bin 0 and the last take what lies beyond."""
OWN_DBM, CROSS_DBM, PORTAL_DBM, RSSI_SIGMA_DB = -60.0, -67.0, -54.0, 6.0
RSSI_WEIGHT = 150.0
"""Reads that the prior of an antenna zone's RSSI is worth."""
RSSI_TRUST, GATE_RSSI_TRUST = 0.35, 0.8
"""RSSI of one tag in one place is much the same each time: it is evidence once, not each epoch."""
SURE_SHARE, SURE_MARK = 0.98, 16
"""A tag whose quality is so sure is written down once more: a restart must not forget how well it reads."""
MOST_SHADOWED = 0.2
"""Of tags in view that go into a shadow within an epoch, at most."""
SHADOW_WEIGHT_H = 20.0
"""Tag-hours that the prior of the shadows is worth."""
LEARN_MEMORY_S = 5 * 86_400.0


@dataclass(frozen=True, slots=True)
class BeliefRule:
    """The [presence] table."""

    epoch_ns: int
    grace_ns: int
    late_ns: int
    in_above: float
    out_below: float
    move_above: float
    arrive_reads: int

    @property
    def epoch_s(self) -> float:
        """Seconds of one epoch."""
        return self.epoch_ns / NS_PER_S


def chance(per_s: float, epoch_s: float) -> float:
    """Return the chance within one epoch of what happens `per_s` times a second."""
    return 1.0 - exp(-per_s * epoch_s)


def state_factors() -> Floats:
    """Return the read rate of each state against a normal visible tag, shape (STATES,)."""
    factors = [q * v for q in QUALITY_FACTOR[:ALIVE] for v in VISIBILITY_FACTOR]
    return np.array([*factors, QUALITY_FACTOR[ALIVE]], np.float32)


def shadow_odds() -> Floats:
    """Return the time spent in each shadow against that in view, of old, shape (VIEWS - 1,)."""
    odds = [
        share * mean_s / VISIBLE_MEAN_S for share, mean_s in zip(SHADOW_SHARE, SHADOW_MEAN_S, strict=True)
    ]
    return np.array(odds, np.float32)


def view_shares() -> NDArray[np.float64]:
    """Return the share of time in each visibility, of old, shape (VIEWS,)."""
    odds: NDArray[np.float64] = np.array([1.0, *shadow_odds().tolist()])
    shares: NDArray[np.float64] = odds / odds.sum()
    return shares


def visibility_steps(epoch_s: float, odds: Floats) -> Floats:
    """Return the transition between states in one epoch, shape (STATES, STATES), rows sum to 1.

    `odds`: time in each shadow against time in view; in the long run as many leave a shadow as enter it.
    """
    block = np.zeros((VIEWS, VIEWS), np.float64)
    for shadow, mean_s in enumerate(SHADOW_MEAN_S, start=1):
        out = chance(1 / mean_s, epoch_s)
        block[0, shadow] = float(odds[shadow - 1]) * out
        block[shadow, 0] = out
        block[shadow, shadow] = 1 - out
    block[0] *= min(1.0, MOST_SHADOWED / max(block[0].sum(), 1e-12))
    block[0, 0] = 1 - block[0].sum()
    steps = np.zeros((STATES, STATES), np.float64)
    for quality in range(ALIVE):
        at = slice(quality * VIEWS, quality * VIEWS + VIEWS)
        steps[at, at] = block
    steps[DEAD, DEAD] = 1.0
    return steps.astype(np.float32)


def first_states(shares: Sequence[float] = QUALITY_SHARE) -> Floats:
    """Return the states of a tag that was just read, by its quality shares, shape (STATES,)."""
    states: Floats = states_by_quality(np.array([shares], np.float32))[0]
    return states


def states_by_quality(shares: Floats) -> Floats:
    """Return the states of tags that were just read, (tags, STATES), by quality shares, (tags, ALIVE + 1)."""
    alive = shares[:, :ALIVE, None] * view_shares().astype(np.float32)
    states = np.concatenate([alive.reshape(len(shares), DEAD), shares[:, ALIVE:]], axis=1)
    shares_of: Floats = states / np.maximum(states.sum(1, keepdims=True), 1e-9)
    return shares_of


def quality_shares(states: Floats) -> Floats:
    """Return the share of each quality, shape (..., ALIVE + 1), of states of shape (..., STATES)."""
    alive = states[..., :DEAD].reshape(*states.shape[:-1], ALIVE, VIEWS).sum(axis=-1)
    shares: Floats = np.concatenate([alive, states[..., DEAD:]], axis=-1)
    return shares


def quality_mark(shares: Floats) -> NDArray[np.uint8]:
    """Return which quality is likeliest, plus SURE_MARK where that is sure; `shares` as of quality_shares."""
    whole = np.maximum(shares.sum(-1), 1e-9)
    is_sure = shares.max(-1) > SURE_SHARE * whole
    marks: NDArray[np.uint8] = (shares.argmax(-1) + SURE_MARK * is_sure).astype(np.uint8)
    return marks
