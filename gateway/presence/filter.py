"""One epoch of belief for many tags at once: predict, weigh the evidence, normalise. Pure.

The hidden state of a tag is (zone, state of being here) or gone; `p_zone` and `states` are kept as
marginals (an assumed-density filter: where a tag is says little of how well it reads). Silence and
each pattern of zones that read a tag in an epoch is one table (zone, state), so that an epoch costs a
few matrix products per pattern, whatever the number of tags.

    weight(zone, state) = prior x prod over antenna zones of (read rate, or 1 - read rate)
"""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from gateway.presence.rule import STRAY, Floats

TINY = 1e-30
LEAST_RATE = np.float32(1e-9)
_KEYS = np.random.default_rng(1).integers(1, 1 << 62, 256)
"""One number a zone; their sum stands for a pattern of zones (a clash has odds below 1 in 10^15)."""
RARE = 24
"""A pattern of fewer tags has no table of its own made: so many weighed one by one cost as much."""
BORDER = 0.95
"""A tag at a border is read next door, by all antennas together, at most so often as at home."""
HEARD_WEIGHT = 8.0
"""Reads at home after which a tag's own habit of being read next door outweighs the zone's average."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What an epoch's evidence is weighed by.

    `shares[a, z]`: read rate of zone a's antennas for a clear tag in zone z; `silent[z, s]`: log P(missed
    by its own zone | zone, state); `read_by[a, z, s]`: what a read by zone a's antennas adds to it.
    """

    shares: Floats
    silent: Floats
    read_by: Floats
    rssi_ratios: Floats
    ways: Floats
    gone: Floats
    state_steps: Floats


def evidence(shares: Floats, seen: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """Return (silent, read_by) of Tables. `seen[a]`: how much of zone a's antennas could see.

    A miss counts at the antennas of the tag's own zone alone. Next door a tag is read often where it lies
    at a border and never elsewhere, so that the average says nothing of a tag that is not.
    """
    rates = shares[:, :, None] * factors[None, None, :]
    own = np.eye(len(seen), dtype=np.float32)[:, :, None]
    misses = np.log1p(-rates * seen[:, None, None]) * own
    silent: Floats = misses.sum(0)
    read_by: Floats = np.log(np.maximum(rates, LEAST_RATE)) - misses
    return silent, read_by


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Rows of belief; see gateway/presence/columns.py."""

    p_zone: Floats
    states: Floats
    p_gone: Floats
    silence: Floats


def predict(beliefs: Beliefs, tables: Tables, to_gate: Floats) -> Beliefs:
    """Return the beliefs an epoch later, before its evidence. `to_gate[tag, zone]`: the chance that a sale
    sends the tag there, shape (tags, zones).
    """
    leaving = beliefs.p_zone @ tables.gone
    p_zone = (beliefs.p_zone * (1.0 - tables.gone)) @ tables.ways
    p_zone = p_zone * (1.0 - to_gate.sum(1, keepdims=True)) + to_gate
    p_zone /= np.maximum(p_zone.sum(1, keepdims=True), TINY)
    states = (beliefs.states * (1.0 - leaving[:, None])) @ tables.state_steps
    p_gone = beliefs.p_gone + beliefs.states.sum(1) * leaving
    return Beliefs(p_zone, states, p_gone.astype(np.float32), beliefs.silence)


def weigh(prior: Beliefs, tables: Tables, hit: NDArray[np.bool_], zone_factor: Floats) -> Beliefs:
    """Return the beliefs after an epoch. `hit`: which antenna zones read each tag, shape (tags, zones);
    `zone_factor`: what RSSI and the tag's own habits add, same shape, 1 where nothing.
    """
    is_read = np.logical_or.reduce(hit, axis=1)
    weighted = prior.p_zone * np.where(np.expand_dims(is_read, 1), zone_factor, np.float32(1.0))
    by_state, by_zone = np.empty_like(prior.states), np.empty_like(prior.p_zone)
    if_gone = np.empty_like(prior.p_gone)
    rare = []
    for rows in _patterns(hit):
        if len(rows) < RARE:
            rare.append(rows)
            continue
        zones = np.flatnonzero(hit[rows[0]])
        log_table = tables.silent + tables.read_by[zones].sum(0)
        scale = float(log_table.max()) if len(zones) else 0.0
        table = np.exp(log_table - scale)
        by_state[rows] = weighted[rows] @ table
        by_zone[rows] = prior.states[rows] @ table.T
        if_gone[rows] = STRAY ** len(zones) * exp(-scale)
    if rare:
        rows = np.concatenate(rare)
        scales = _weigh_each(tables, hit[rows], weighted[rows], prior.states[rows], rows, by_state, by_zone)
        if_gone[rows] = STRAY ** hit[rows].sum(1) * np.exp(-scales)
    states, p_zone, p_gone = prior.states * by_state, weighted * by_zone, prior.p_gone * if_gone
    here = states.sum(1)
    total = np.maximum(here + p_gone, TINY)
    missed = prior.silence + np.log(np.maximum(here / np.maximum(prior.states.sum(1), TINY), TINY))
    return Beliefs(
        p_zone / np.maximum(p_zone.sum(1, keepdims=True), TINY),
        states / total[:, None],
        p_gone / total,
        np.where(is_read, np.float32(0.0), missed),
    )


def _weigh_each(
    tables: Tables,
    hit: NDArray[np.bool_],
    weighted: Floats,
    states: Floats,
    rows: NDArray[np.intp],
    by_state: Floats,
    by_zone: Floats,
) -> Floats:
    """Weigh tags of rare patterns, each by a table of its own; return what each table was scaled by."""
    zones, n = tables.silent.shape
    reads = hit.astype(np.float32) @ tables.read_by.reshape(zones, zones * n)
    log_tables = tables.silent + reads.reshape(-1, zones, n)
    scales: Floats = np.where(hit.any(1), log_tables.max((1, 2)), np.float32(0.0))
    each = np.exp(log_tables - scales[:, None, None])
    by_state[rows] = (weighted[:, None, :] @ each)[:, 0]
    by_zone[rows] = (each @ states[:, :, None])[:, :, 0]
    return scales


def _patterns(hit: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the rows of each pattern of zones that occurs."""
    keys = hit.astype(np.int64) @ _KEYS[: hit.shape[1]]
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[order])) + 1
    return np.split(order, ends) if len(order) else []


def habit_factor(
    heard: NDArray[np.float16], place: NDArray[np.int16], shares: Floats, hit: NDArray[np.bool_]
) -> Floats:
    """Return what a tag's own habit adds: one that is read next door day in day out lies at a border.

    Its own rate of being read by another zone, against reads at home, takes the zone's average's place
    in the hypothesis that it lies where it lay. Shapes (tags, zones).
    """
    tags = np.arange(len(place))
    at_home = np.maximum(heard[tags, place].astype(np.float32), 0.0)
    home_share = shares[place, place]
    average = shares[:, place].T
    own = (heard.astype(np.float32) * home_share[:, None] + average * HEARD_WEIGHT) / (
        at_home[:, None] + HEARD_WEIGHT
    )
    lies_at_border = heard <= BORDER * at_home[:, None]  # read there more than here, it lies there
    ratio = np.where(lies_at_border, np.maximum(own, average), average) / np.maximum(average, 1e-6)
    ratio[tags, place] = 1.0
    factor: Floats = np.ones(ratio.shape, np.float32)
    factor[tags, place] = np.where(hit, ratio, 1.0).prod(axis=1).astype(np.float32)
    return factor
