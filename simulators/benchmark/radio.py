"""The air of the benchmark's shop: which tag answers which antenna in an epoch of 5 s, in NumPy columns. Pure, seeded.

    share(tag, antenna) = placement(tag, antenna) x quality(tag) x shadow(tag, now) x hold(tag)
    rounds answered in the epoch ~ Poisson(-ln(1 - share)): none at all with probability 1 - share

A tag that moves within an epoch falls silent for the rest of it. The gate is different: several reads
within one passing, or none. All laws and sizes are data of the Family.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.agenda import NS_PER_S
from simulators.benchmark.families import Family
from simulators.benchmark.topology import AntennaPlan, Topology

EPOCH_NS = 5 * NS_PER_S
FIRST_ROWS = 1_024
MOST_SHARE = 0.98
"""No tag is certain to answer."""
MOST_ROUNDS = 6
"""Rounds told apart in one epoch; beyond it the noise hardly falls."""
NEVER_NS = np.iinfo(np.int64).max

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class GateRead(NamedTuple):
    """One read of an antenna at the door."""

    at_ns: int
    antenna: int
    epc: str
    rssi_dbm: float


@dataclass(slots=True)
class Reads:
    """The reads of one epoch, as columns: row of the tag, number of the antenna, time, RSSI and rounds."""

    rows: Integers
    antennas: Integers
    at_ns: Integers
    rssi_dbm: Floats
    rounds: Integers


class Radio:
    """All antennas of a shop and all tags in reach of them."""

    def __init__(
        self, family: Family, topology: Topology, antennas: Sequence[AntennaPlan], seed: int, start_ns: int
    ) -> None:
        self._family = family
        self._rng = np.random.default_rng([seed, 1])
        self._tag_rng = Random(f"{seed}:tags")
        self._gate_rng = Random(f"{seed}:gate")
        self._topology = topology
        self.antennas = tuple(antennas)
        self._at_m = np.array([antenna.at_m for antenna in antennas], dtype=np.float64)
        self._reach_m = np.array([antenna.reach_m for antenna in antennas], dtype=np.float64)
        self._is_own, self._is_next = _relations(topology, antennas)
        self._gates = {
            zone: [i for i, a in enumerate(antennas) if a.zone == zone] for zone in topology.zones_of("exit")
        }
        self.is_on = np.ones(len(antennas), dtype=np.float64)
        self.epc_of_row: list[str] = []
        self._row_of: dict[str, int] = {}
        self._free_rows: list[int] = []
        self._leaving_rows: list[int] = []
        self._quality_of: dict[str, tuple[float, float, str]] = {}
        self._moved_ns: dict[int, int] = {}
        self._gate_reads: list[GateRead] = []
        self._now_ns = start_ns
        count = len(self.antennas)
        self._share, self._level = np.zeros((0, count)), np.zeros((0, count))
        self._quality, self._hold = np.zeros(0), np.zeros(0)
        self._places_m = np.zeros((0, 2))
        self._is_mine = np.zeros((0, count), dtype=np.bool_)
        self._until_ns = np.zeros(0, dtype=np.int64)
        self._is_shadowed = np.zeros(0, dtype=np.bool_)
        self._grow(FIRST_ROWS)

    def _grow(self, rows: int) -> None:
        """Make room for so many tags; an empty row answers nobody and never turns."""
        old = len(self.epc_of_row)
        more = rows - old
        self._share = np.concatenate([self._share, np.zeros((more, len(self.antennas)))])
        self._level = np.concatenate([self._level, np.zeros((more, len(self.antennas)))])
        self._places_m = np.concatenate([self._places_m, np.zeros((more, 2))])
        self._is_mine = np.concatenate([self._is_mine, np.zeros((more, len(self.antennas)), dtype=np.bool_)])
        self._quality = np.concatenate([self._quality, np.zeros(more)])
        self._hold = np.concatenate([self._hold, np.zeros(more)])
        self._until_ns = np.concatenate([self._until_ns, np.full(more, NEVER_NS)])
        self._is_shadowed = np.concatenate([self._is_shadowed, np.zeros(more, dtype=np.bool_)])
        self._free_rows.extend(range(rows - 1, old - 1, -1))
        self.epc_of_row.extend([""] * more)

    def print_tag(self, epc: str) -> str:
        """Give a tag its quality for life; return the name of its class."""
        family, rng = self._family, self._tag_rng
        quality = 1.0 if family.quality_beta is None else rng.betavariate(*family.quality_beta)
        drawn, offset_db = rng.random(), rng.gauss(0.0, family.tag_sigma_db)
        kind = "normal"
        for name, share, factor in (
            ("dead", family.dead_share, 0.0),
            ("hard", family.hard_share, family.hard_factor),
            ("weak", family.weak_share, family.weak_factor),
        ):
            if drawn < share:
                kind, quality = name, quality * factor
                break
            drawn -= share
        self._quality_of[epc] = (quality, offset_db, kind)
        return kind

    def place(self, epc: str, zone: str, hold: float, at_ns: int) -> None:
        """A tag comes to rest in a zone, or is held there; `hold` is what that leaves of its answers."""
        row = self._row_of.get(epc)
        if row is None:
            if not self._free_rows:
                self._grow(2 * len(self.epc_of_row))
            row = self._row_of[epc] = self._free_rows.pop()
            self.epc_of_row[row] = epc
            self._is_shadowed[row] = True
            self._turn(row, at_ns)
        quality, offset_db, _ = self._quality_of[epc]
        self._quality[row] = quality
        self._hold[row] = hold
        self._settle(row, zone, offset_db)
        self._moved_ns.setdefault(row, at_ns)

    def leave(self, epc: str, at_ns: int) -> None:
        """A tag is in reach no more."""
        row = self._row_of.pop(epc)
        self._share[row] = 0.0
        self._is_mine[row] = False
        self._until_ns[row] = NEVER_NS
        self._moved_ns.setdefault(row, at_ns)
        self._leaving_rows.append(row)

    def pass_gate(self, epc: str, zone: str, begin_ns: int, end_ns: int, share: float) -> bool:
        """A tag passes the gate with this chance to be read; return whether it was."""
        family, rng = self._family, self._gate_rng
        drawn, reads = rng.random(), rng.randint(*family.gate_reads)
        if drawn >= share or self._quality_of[epc][0] == 0.0:
            return False
        antennas = [antenna for antenna in self._gates[zone] if self.is_on[antenna]]
        for antenna in antennas:
            for _ in range(reads):
                rssi_dbm = max(rng.gauss(family.gate_rssi_dbm, family.gate_sigma_db), family.floor_rssi_dbm)
                self._gate_reads.append(GateRead(rng.randrange(begin_ns, end_ns), antenna, epc, rssi_dbm))
        return bool(antennas)

    def draw(self, epoch_ns: int) -> Reads:
        """Return who answers whom in the epoch that begins now."""
        self._free_rows.extend(self._leaving_rows)
        self._leaving_rows.clear()
        self._moved_ns.clear()
        for row in np.flatnonzero(self._until_ns <= epoch_ns).tolist():
            self._turn(row, epoch_ns)
        family, rng = self._family, self._rng
        factor = self._quality * self._hold * np.where(self._is_shadowed, family.shadow_factor, 1.0)
        is_listening = epoch_ns // EPOCH_NS % family.listens_each_epochs == 0
        share = np.minimum(self._share * factor[:, None], MOST_SHARE) * (self.is_on * is_listening)
        drawn = rng.random(share.shape)
        rows, antennas = np.nonzero(drawn < share)
        hit, u = share[rows, antennas], drawn[rows, antennas]
        rounds = _rounds(hit, u)
        if family.is_each_round_told:
            rows, antennas = np.repeat(rows, rounds), np.repeat(antennas, rounds)
            rounds = np.ones(len(rows), dtype=np.int64)
        noise = rng.standard_normal(len(rows)) * family.noise_sigma_db / np.sqrt(rounds)
        rssi = np.maximum(self._level[rows, antennas] + noise, family.floor_rssi_dbm)
        at_ns = epoch_ns + rng.integers(0, EPOCH_NS, len(rows))
        return Reads(rows, antennas, at_ns, rssi, rounds)

    def settle(self, reads: Reads) -> Reads:
        """Return the reads of the epoch without those of tags that had moved on by then."""
        if not self._moved_ns:
            return reads
        moved = np.full(len(self.epc_of_row), NEVER_NS, dtype=np.int64)
        moved[list(self._moved_ns)] = list(self._moved_ns.values())
        keep = reads.at_ns < moved[reads.rows]
        return Reads(
            reads.rows[keep],
            reads.antennas[keep],
            reads.at_ns[keep],
            reads.rssi_dbm[keep],
            reads.rounds[keep],
        )

    def take_gate_reads(self, until_ns: int) -> list[GateRead]:
        """Return the reads at the door before a moment, in order of time."""
        taken = sorted(read for read in self._gate_reads if read.at_ns < until_ns)
        self._gate_reads = [read for read in self._gate_reads if read.at_ns >= until_ns]
        return taken

    def bump(self) -> None:
        """Knock against each second antenna: it stands elsewhere, and what it saw well it may see no more."""
        before = self._parts(self._places_m)
        angles = self._rng.uniform(0.0, 2.0 * math.pi, len(self.antennas))
        moved_m = np.stack([np.cos(angles), np.sin(angles)], axis=1) * self._family.bump_m
        moved_m[::2] = 0.0
        self._at_m = self._at_m + moved_m
        after = self._parts(self._places_m)
        self._share = np.where(self._is_mine, self._own_share(after), self._share)
        self._level = np.where(
            self._is_mine, self._level - self._family.fall_off_db * (after - before), self._level
        )

    def _parts(self, places_m: Floats) -> Floats:
        """Return how far places are from the antennas, in parts of their reach: a row per place."""
        away_m: Floats = np.hypot(*(self._at_m[None, :, :] - places_m[:, None, :]).transpose(2, 0, 1))
        return away_m / self._reach_m

    def _own_share(self, parts: Floats) -> Floats:
        fall = (1.0 - parts) / (1.0 - self._family.full_reach)
        return self._family.read_share * np.clip(fall, 0.0, 1.0)

    def _turn(self, row: int, at_ns: int) -> None:
        """Let a tag come out of its shadow, or into one, and draw for how long."""
        family, rng = self._family, self._rng
        if family.shadow_law == "none":
            self._is_shadowed[row], self._until_ns[row] = False, NEVER_NS
            return
        self._is_shadowed[row] = not self._is_shadowed[row]
        if not self._is_shadowed[row]:
            lasts_s = rng.exponential(family.visible_mean_s)
        elif family.shadow_law == "lognormal":
            lasts_s = family.shadow_median_s * math.exp(rng.normal(0.0, family.shadow_sigma))
        else:
            lasts_s = _weibull_uniform_s(family.shadow_median_s, rng)
        self._until_ns[row] = at_ns + max(1, round(lasts_s * NS_PER_S))

    def _settle(self, row: int, zone: str, offset_db: float) -> None:
        """Draw a place in a zone: which antennas see it there, how often and how strongly."""
        family, rng, count = self._family, self._rng, len(self.antennas)
        x, y, width, height = self._topology.zone(zone).rect
        place_m = np.array((x, y)) + rng.random(2) * (width, height)
        parts = self._parts(place_m[None, :])[0]
        own = self._own_share(parts)
        if rng.random() < family.border_share:
            cross = rng.uniform(*family.border_read_share, count)
        else:
            cross = rng.exponential(family.far_mean, count)
        is_own, is_next = self._is_own[zone], self._is_next[zone]
        self._places_m[row], self._is_mine[row] = place_m, is_own
        self._share[row] = np.where(is_own, own, np.where(is_next, cross, family.stray_share))
        level = np.where(is_own, family.own_rssi_dbm - family.fall_off_db * parts, family.cross_rssi_dbm)
        self._level[row] = level + offset_db + rng.normal(0.0, family.place_sigma_db, count)


def _relations(
    topology: Topology, antennas: Sequence[AntennaPlan]
) -> tuple[Mapping[str, NDArray[np.bool_]], Mapping[str, NDArray[np.bool_]]]:
    """Return, per zone, which antennas are its own and which are next door."""
    own, beside = {}, {}
    for zone in topology.zones:
        around = topology.adjacent(zone.id)
        own[zone.id] = np.array([antenna.zone == zone.id for antenna in antennas])
        beside[zone.id] = np.array([antenna.zone in around for antenna in antennas])
    return own, beside


def _rounds(share: Floats, u: Floats) -> Integers:
    """Return how many rounds a tag answered, given u, even over [0, share): the Poisson's upper tail at u."""
    mean = -np.log1p(-share)
    term = 1.0 - share
    tail = share.copy()
    rounds = np.ones(len(share), dtype=np.int64)
    for count in range(1, MOST_ROUNDS):
        term = term * mean / count
        tail = tail - term
        rounds += u < tail
    return rounds


def _weibull_uniform_s(median_s: float, rng: np.random.Generator) -> float:
    """Return a shadow of another law: short ones with a heavy tail (Weibull 0.6), and even ones up to 10 min."""
    if rng.random() < 0.7:
        scale_s = median_s / math.log(2.0) ** (1.0 / 0.6)
        return float(scale_s * rng.weibull(0.6))
    return float(rng.uniform(30.0, 600.0))
