"""What the stream teaches about one store's antennas and ways: read rates, cross-reads, RSSI, moves. Pure.

Nothing is labelled: each tag teaches by what is believed of it, and only where that is clear. Counts
fade over days, and start from priors worth some hundred reads, so that the first day works too.
Zones are numbered within the store; row = the zone of the antenna, column = the zone of the tag.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.presence.model import Phase
from gateway.presence.rule import (
    CROSS_DBM,
    CROSS_SHARE_PRIOR,
    CROSS_SHARE_WEIGHT,
    DESIGN_EPOCH_S,
    ENTER_WEIGHT,
    GATE_CROSS_PRIOR,
    GATE_RSSI_TRUST,
    GONE_PER_H,
    LEARN_MEMORY_S,
    LEAST_SHARE,
    MOST_CROSS_SHARE,
    MOST_SHARE,
    NO_GATE_FACTOR,
    OUT_PER_H,
    OWN_DBM,
    PORTAL_DBM,
    READ_SHARE_PRIOR,
    READ_SHARE_WEIGHT,
    RSSI_BIN_DB,
    RSSI_BINS,
    RSSI_LEAST_DBM,
    RSSI_SIGMA_DB,
    RSSI_TRUST,
    RSSI_WEIGHT,
    SHADOW_WEIGHT_H,
    TILL_TO_EXIT,
    VIEWS,
    Floats,
    chance,
    view_shares,
)

Doubles = NDArray[np.float64]
WAY_WEIGHT_H = 300.0
"""Piece-hours that the prior of the ways between zones is worth."""
MOST_MOVES = 4.0
"""A way is taken to be used at most so many times as often as its prior says: flapping teaches too."""
MOST_SHADOW_ODDS = np.array([0.5, 0.5, 0.25], np.float32)
"""Shadows that are longer than time in view are no shadows, but tags that read badly."""
LEARNING_READS, LEARNED_READS = 200.0, 3_000.0
"""Tag-epochs of clear tags after which a zone's read rate is taken as being learned, as learned."""


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """The zones of one store, in the order of their numbers. `watched`: an antenna looks at it."""

    names: tuple[str, ...]
    roles: tuple[str, ...]
    watched: tuple[bool, ...]


class Learning:
    """Counts and what follows from them. `epoch_s` seconds an epoch."""

    def __init__(self, zones: ZoneFacts, epoch_s: float) -> None:
        n = len(zones.roles)
        self.zones = zones
        self.epoch_s = epoch_s
        self.is_exit = np.array([role == "exit" for role in zones.roles])
        self._watched = np.array(zones.watched)
        self._keep = 1.0 - chance(1 / LEARN_MEMORY_S, epoch_s)
        self.hits = np.zeros((n, n))
        self.trials = np.zeros((n, n))
        self.own_rssi = np.zeros((n, RSSI_BINS))
        self.cross_rssi = np.zeros((n, RSSI_BINS))
        self.moves = np.zeros((n, n))
        self.piece_hours = np.zeros(n)
        self.view_hours = np.zeros(VIEWS)
        self._prior_hits, self._prior_trials = self._share_prior()
        self._prior_own, self._prior_cross = self._rssi_prior()
        self._prior_ways = self._way_prior()
        self.gone = self._gone_prior().astype(np.float32)

    # -- what follows -------------------------------------------------------------------------------

    def read_shares(self) -> Floats:
        """Return P(read by an antenna of the row in an epoch | normal, visible, in the column's zone)."""
        shares = (self._prior_hits + self.hits) / (self._prior_trials + self.trials)
        most = np.where(np.eye(len(shares), dtype=np.bool_), MOST_SHARE, MOST_CROSS_SHARE)
        shares = np.clip(shares, LEAST_SHARE, most)
        result: Floats = (shares * self._watched[:, None]).astype(np.float32)
        return result

    def rssi_ratios(self) -> Floats:
        """Return P(RSSI bin | tag in the antenna's zone) / P(bin | elsewhere), shape (zones, bins)."""
        own = self._prior_own + self.own_rssi
        cross = self._prior_cross + self.cross_rssi
        ratio = (own / own.sum(1, keepdims=True)) / (cross / cross.sum(1, keepdims=True))
        trust = np.where(self.is_exit, GATE_RSSI_TRUST, RSSI_TRUST)[:, None]
        result: Floats = np.clip(ratio**trust, 1e-3, 1e3).astype(np.float32)
        return result

    def ways(self) -> Floats:
        """Return the chance in an epoch to go from the row's zone to the column's; rows sum to 1."""
        per_h = (self._prior_ways * WAY_WEIGHT_H + self.moves) / (WAY_WEIGHT_H + self.piece_hours[:, None])
        per_h = np.minimum(per_h, self._prior_ways * MOST_MOVES)
        steps = 1.0 - np.exp(-per_h / 3_600 * self.epoch_s)
        np.fill_diagonal(steps, 0.0)
        out = steps.sum(1, keepdims=True)
        steps *= np.minimum(1.0, 0.9 / np.maximum(out, 1e-12))
        np.fill_diagonal(steps, 1.0 - steps.sum(1))
        return steps.astype(np.float32)

    def shadow_odds(self) -> Floats:
        """Return the time that a normal tag spends in each shadow against that in view."""
        hours = self.view_hours + SHADOW_WEIGHT_H * view_shares()
        odds: Floats = (hours[1:] / hours[0]).astype(np.float32)
        return np.minimum(odds, MOST_SHADOW_ODDS)

    def phase(self, zone: int) -> Phase:
        """Return how far a zone's read rate is learned: prior, learning, learned."""
        trials = float(self.trials[zone, zone])
        return "learned" if trials >= LEARNED_READS else "learning" if trials >= LEARNING_READS else "prior"

    # -- lessons ------------------------------------------------------------------------------------

    def learn_reads(self, hits: Floats, trials: Floats, alive: Floats) -> None:
        """Take in reads of tags known to be in view. `hits[a, z]`: those in zone z that zone a's antennas
        read, `trials[z]`: all in zone z, weighed by how surely; `alive[a]`: what those antennas could see.
        """
        self.hits += hits
        self.trials += np.outer(alive, trials)

    def learn_shadows(self, views: Floats) -> None:
        """Take in how many normal tags are in each visibility, by belief; shape (VIEWS,)."""
        self.view_hours += views * (self.epoch_s / 3_600)

    def learn_rssi(self, zone: NDArray[np.intp], bins: NDArray[np.intp], own: Floats, cross: Floats) -> None:
        """Take in the RSSI of reads: the antenna's zone, bin, and how surely the tag is there, or elsewhere."""
        np.add.at(self.own_rssi, (zone, bins), own)
        np.add.at(self.cross_rssi, (zone, bins), cross)

    def learn_move(self, source: int, target: int) -> None:
        """Take in that a tag is believed to have moved."""
        self.moves[source, target] += 1.0

    def end_epoch(self, pieces: Doubles) -> None:
        """Let counts fade; `pieces` are those believed in each zone."""
        self.piece_hours += pieces * (self.epoch_s / 3_600)
        for counts in (
            self.hits, self.trials, self.own_rssi, self.cross_rssi, self.moves, self.piece_hours,
            self.view_hours,
        ):  # fmt: skip
            counts *= self._keep

    # -- priors -------------------------------------------------------------------------------------

    def _share_prior(self) -> tuple[Doubles, Doubles]:
        n = len(self.zones.roles)
        weight = np.full((n, n), CROSS_SHARE_WEIGHT)
        cross = np.where(self.is_exit[:, None], GATE_CROSS_PRIOR, CROSS_SHARE_PRIOR) * np.ones((n, n))
        shares = cross.copy()
        np.fill_diagonal(shares, READ_SHARE_PRIOR)
        np.fill_diagonal(weight, READ_SHARE_WEIGHT)
        return share_in_array(shares, self.epoch_s) * weight, weight

    def _rssi_prior(self) -> tuple[Doubles, Doubles]:
        middles = RSSI_LEAST_DBM + RSSI_BIN_DB * (np.arange(RSSI_BINS) + 0.5)

        def bell(mean_dbm: Doubles) -> Doubles:
            bins = np.exp(-0.5 * ((middles[None, :] - mean_dbm[:, None]) / RSSI_SIGMA_DB) ** 2) + 1e-3
            result: Doubles = RSSI_WEIGHT * bins / bins.sum(1, keepdims=True)
            return result

        own = np.where(self.is_exit, PORTAL_DBM, OWN_DBM)
        return bell(own), bell(np.full(len(own), CROSS_DBM))

    def _way_prior(self) -> Doubles:
        roles = self.zones.roles
        reachable = [
            watched or role in {"floor", "back_room", "receiving"}
            for role, watched in zip(roles, self.zones.watched, strict=True)
        ]
        enter = np.array([ENTER_WEIGHT[role] * ok for role, ok in zip(roles, reachable, strict=True)])
        ways = np.zeros((len(roles), len(roles)))
        for source, role in enumerate(roles):
            weights = enter.copy()
            weights[source] = 0.0
            gates = self.is_exit * np.array(reachable, np.float64)
            if weights.sum() > 0:
                weights /= weights.sum()
                if role == "till" and gates.sum() > 0:
                    weights = (1 - TILL_TO_EXIT) * weights + TILL_TO_EXIT * gates / gates.sum()
                ways[source] = OUT_PER_H[role] * weights
        return ways

    def _gone_prior(self) -> Doubles:
        has_gate = bool((self.is_exit & self._watched).any())
        factor = 1.0 if has_gate else NO_GATE_FACTOR
        per_h = [GONE_PER_H[role] * (1.0 if role == "exit" else factor) for role in self.zones.roles]
        return np.array([chance(rate / 3_600, self.epoch_s) for rate in per_h])

    # -- persistence --------------------------------------------------------------------------------

    def save(self) -> str:
        """Return what was learned as text, by the zones' names."""
        parts = {
            "hits": self.hits, "trials": self.trials, "own_rssi": self.own_rssi,
            "cross_rssi": self.cross_rssi, "moves": self.moves, "piece_hours": self.piece_hours, "view_hours": self.view_hours,
        }  # fmt: skip
        rounded = {name: np.round(counts, 3).tolist() for name, counts in parts.items()}
        return json.dumps({"zones": self.zones.names, "epoch_s": self.epoch_s, **rounded})

    def restore(self, text: str) -> bool:
        """Take up what was learned; return False where the zones or the epoch are others now."""
        saved = json.loads(text)
        if tuple(saved["zones"]) != self.zones.names or saved["epoch_s"] != self.epoch_s:
            return False
        for name in ("hits", "trials", "own_rssi", "cross_rssi", "moves", "piece_hours", "view_hours"):
            getattr(self, name)[...] = np.array(saved[name])
        return True


def share_in_array(shares: Doubles, epoch_s: float) -> Doubles:
    """Return shares per design epoch as shares per epoch of `epoch_s`."""
    result: Doubles = 1.0 - (1.0 - shares) ** (epoch_s / DESIGN_EPOCH_S)
    return result


def rssi_bins(rssi_dbm: Floats) -> NDArray[np.intp]:
    """Return the RSSI bin of each value, dBm."""
    bins = ((rssi_dbm - RSSI_LEAST_DBM) / RSSI_BIN_DB).astype(np.intp)
    return np.clip(bins, 0, RSSI_BINS - 1)
