"""What the belief engine takes as given: its settings, and the physics that no stream can teach. Pure.

Times are per epoch of `epoch_ns` where not said otherwise. Shares and rates that a stream can teach
(read rates, cross-reads, RSSI, ways between zones) start from the priors here and are learned in
gateway/presence/learning.py. The rest is set for good: freeing the persistence of the quality classes
made a prototype worse.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NS_PER_S = 1_000_000_000
DESIGN_EPOCH_S = 5.0

QUALITIES = ("normal", "weak", "hard", "dead")
QUALITY_SHARE = (0.870, 0.105, 0.022, 0.003)
"""Of new tags; a few in a hundred are hard to read, a few in a thousand never answer."""
QUALITY_FACTOR = (1.0, 0.42, 0.10, 0.0)
"""Read rate against that of a normal tag."""
VISIBILITIES = ("visible", "short", "medium", "long")
VISIBILITY_FACTOR = (1.0, 0.06, 0.05, 0.04)
VISIBLE_MEAN_S = 900.0
SHADOW_SHARE = (0.74, 0.22, 0.04)
SHADOW_MEAN_S = (60.0, 300.0, 1_500.0)
"""Shadows come in runs with a long tail (people stand before shelves): three exponentials follow a
lognormal of median 1-2 min and sigma 1.3 from half a minute to two hours."""
STATES = 13
"""Of being here: three qualities in each visibility, and dead."""
DEAD = STATES - 1
CLEAR = 0
"""The state normal and visible: read rates are learned from it."""

OUT_PER_H = {
    "floor": 0.15, "back_room": 0.12, "receiving": 0.5, "fitting_room": 6.0, "till": 40.0, "exit": 120.0,
}  # fmt: skip
"""How often a piece leaves a zone of a role, before the stream has taught better."""
ENTER_WEIGHT = {
    "floor": 1.0, "back_room": 0.5, "receiving": 0.2, "fitting_room": 0.5, "till": 0.3, "exit": 0.25,
}  # fmt: skip
GONE_PER_H = {
    "floor": 3e-4, "back_room": 1e-4, "receiving": 1e-4, "fitting_room": 2e-3, "till": 2e-2, "exit": 280.0,
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
LEAST_SHARE, MOST_SHARE = 0.0005, 0.97
RSSI_BIN_DB, RSSI_LEAST_DBM, RSSI_BINS = 3.0, -86.0, 18
"""Bin 0 and the last take what lies beyond."""
OWN_DBM, CROSS_DBM, PORTAL_DBM, RSSI_SIGMA_DB = -60.0, -67.0, -54.0, 6.0
RSSI_WEIGHT = 150.0
"""Reads that the prior of an antenna zone's RSSI is worth."""
RSSI_TRUST, GATE_RSSI_TRUST = 0.35, 0.8
"""RSSI of one tag in one place is much the same each time: it is evidence once, not each epoch."""
SURE_SHARE, SURE_MARK = 0.98, 16
"""A tag whose quality is so sure is written down once more: a restart must not forget how well it reads."""
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
    factors = [q * v for q in QUALITY_FACTOR[:3] for v in VISIBILITY_FACTOR]
    return np.array([*factors, QUALITY_FACTOR[3]], np.float32)


def visibility_steps(epoch_s: float) -> Floats:
    """Return the transition between states in one epoch, shape (STATES, STATES), rows sum to 1."""
    into = chance(1 / VISIBLE_MEAN_S, epoch_s)
    block = np.zeros((4, 4), np.float64)
    block[0, 0] = 1 - into
    for shadow, (share, mean_s) in enumerate(zip(SHADOW_SHARE, SHADOW_MEAN_S, strict=True), start=1):
        out = chance(1 / mean_s, epoch_s)
        block[0, shadow] = into * share
        block[shadow, 0] = out
        block[shadow, shadow] = 1 - out
    steps = np.zeros((STATES, STATES), np.float64)
    for quality in range(3):
        steps[quality * 4 : quality * 4 + 4, quality * 4 : quality * 4 + 4] = block
    steps[DEAD, DEAD] = 1.0
    return steps.astype(np.float32)


def first_states(shares: tuple[float, float, float, float] = QUALITY_SHARE) -> Floats:
    """Return the states of a tag that was just read, by its quality shares, shape (STATES,)."""
    in_view = VISIBLE_MEAN_S / (
        VISIBLE_MEAN_S + sum(s * m for s, m in zip(SHADOW_SHARE, SHADOW_MEAN_S, strict=True))
    )
    shadow = np.array([s * m for s, m in zip(SHADOW_SHARE, SHADOW_MEAN_S, strict=True)])
    view = np.concatenate(([in_view], (1 - in_view) * shadow / shadow.sum()))
    states = np.concatenate([share * view for share in shares[:3]] + [np.array([shares[3]])])
    shares_of: Floats = (states / states.sum()).astype(np.float32)
    return shares_of


def quality_shares(states: Floats) -> Floats:
    """Return the share of each quality, shape (..., 4), of states of shape (..., STATES)."""
    three = states[..., :DEAD].reshape(*states.shape[:-1], 3, 4).sum(axis=-1)
    shares: Floats = np.concatenate([three, states[..., DEAD:]], axis=-1)
    return shares


def quality_mark(shares: Floats) -> NDArray[np.uint8]:
    """Return which quality is likeliest, plus SURE_MARK where that is sure; `shares` as of quality_shares."""
    whole = np.maximum(shares.sum(-1), 1e-9)
    marks = shares.argmax(-1) + np.where(shares.max(-1) > SURE_SHARE * whole, SURE_MARK, 0)
    return marks.astype(np.uint8)
