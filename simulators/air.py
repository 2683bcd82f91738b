"""The air between tags and antennas: which tag answers which antenna when, in epochs of 5 s. Pure.

Per tag: a quality for life, and runs of being visible or shadowed. Per placement: which antennas
reach it, how well and how strongly; a share of placements lie at a border, where neighbours read
them too. The gate is different: fast, several reads in one passing, and blind to what lies still.
The laws and their sources of size are in AirParams.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from simulators.agenda import NS_PER_S
from simulators.layout import EXIT, Antenna, SiteLayout
from simulators.params import AirParams
from simulators.signals import GatePassed
from simulators.stock import Piece

SLOTS_PER_EPOCH = 20
SLOT_NS = NS_PER_S // 4
EPOCH_NS = SLOT_NS * SLOTS_PER_EPOCH
LEAST_SHARE = 0.001
"""Antennas that would read a tag less than once in 1,000 epochs are left out: it keeps an epoch cheap."""
MAX_FORGOTTEN = 2_000
"""Tags kept after they left; beyond it all are forgotten, and redrawn each from its own seed."""


class TagSeen(NamedTuple):
    """One answer of a tag to an antenna port."""

    at_ns: int
    port: int
    epc: str
    rssi_dbm: float


class _Link(NamedTuple):
    antenna: Antenna
    share: float
    rssi_dbm: float


@dataclass(slots=True)
class _Tag:
    quality: float
    sigma_db: float
    is_shadowed: bool
    until_ns: int
    placement: int = -1
    links: list[_Link] = field(default_factory=list)
    factor: float = 0.0
    """How well it can be seen now: its quality, less its shadow."""


_Pending = tuple[Antenna, TagSeen, Piece | None, int]


class Air:
    """All antennas of a site, and all tags in reach of them."""

    def __init__(self, layout: SiteLayout, seed: int, params: AirParams, start_ns: int) -> None:
        self._params = params
        self._seed = seed
        self._rng = Random(f"{seed}:air")
        self._start_ns = start_ns
        self._gates = set(layout.zones_of(EXIT))
        antennas = [antenna for reader in layout.readers for antenna in reader.antennas]
        self._in_zone = {z.id: [a for a in antennas if a.zone == z.id] for z in layout.zones}
        self._around = {
            zone.id: [a for other in layout.adjacent(zone.id) for a in self._in_zone[other]]
            for zone in layout.zones
        }
        self._tags: dict[str, _Tag] = {}
        self._pending: dict[int, list[_Pending]] = {}

    def plan_epoch(self, epoch_ns: int, pieces: Iterable[Piece]) -> None:
        """Draw who answers in the epoch that begins now; a piece that moves meanwhile falls silent."""
        present = 0
        for piece in pieces:
            present += 1
            if piece.stands_in in self._gates:
                continue
            tag = self._tags.get(piece.epc) or self._new_tag(piece.epc)
            if tag.until_ns <= epoch_ns:
                self._turn(tag, epoch_ns)
            if tag.placement != piece.placements:
                tag.placement, tag.links = piece.placements, self._links(tag, piece.stands_in or "")
            self._draw(tag, piece, epoch_ns)
        if len(self._tags) > present + MAX_FORGOTTEN:
            self._tags.clear()

    def pass_gate(self, passing: GatePassed) -> None:
        """Draw how the gate's antennas see one passing: several reads, or none."""
        params, rng = self._params, self._rng
        share = params.gate_share if passing.paid else params.gate_theft_share
        for antenna in (a for gate in self._gates for a in self._in_zone[gate]):
            if rng.random() >= share:
                continue
            for _ in range(rng.randint(*params.gate_reads)):
                at_ns = rng.randrange(passing.at_ns, passing.until_ns)
                rssi_dbm = max(rng.gauss(params.gate_rssi_dbm, params.gate_sigma_db), params.floor_rssi_dbm)
                seen = TagSeen(at_ns, antenna.port, passing.epc, rssi_dbm)
                self._pending.setdefault(at_ns // SLOT_NS, []).append((antenna, seen, None, 0))

    def take_slot(self, slot: int) -> dict[str, list[TagSeen]]:
        """Return the reads of one slot (time // SLOT_NS) that is over, by reader, in order of time."""
        reads: dict[str, list[TagSeen]] = {}
        for antenna, seen, piece, placement in sorted(self._pending.pop(slot, ()), key=_at_ns):
            if piece is None or piece.placements == placement:
                reads.setdefault(antenna.reader, []).append(seen)
        return reads

    def _draw(self, tag: _Tag, piece: Piece, epoch_ns: int) -> None:
        draw, noise_db = self._rng.random, self._params.noise_sigma_db
        factor = tag.factor * (self._params.carried_factor if piece.carried else 1.0)
        for antenna, link_share, rssi_dbm in tag.links:
            share = link_share * factor
            drawn = draw()
            if drawn < share:
                at_ns = epoch_ns + int(drawn / share * EPOCH_NS)
                rssi = max(self._rng.gauss(rssi_dbm, noise_db), self._params.floor_rssi_dbm)
                seen = TagSeen(at_ns, antenna.port, piece.epc, rssi)
                entry = (antenna, seen, piece, piece.placements)
                self._pending.setdefault(at_ns // SLOT_NS, []).append(entry)

    def _new_tag(self, epc: str) -> _Tag:
        """Return a tag as its EPC's own seed makes it: the same whenever it comes back."""
        rng, params = Random(f"{self._seed}:{epc}"), self._params
        quality, lot = rng.betavariate(*params.quality_beta), rng.random()
        if lot < params.dead_share:
            quality = 0.0
        elif lot < params.dead_share + params.hard_share:
            quality *= params.hard_factor
        elif lot < params.dead_share + params.hard_share + params.weak_share:
            quality *= params.weak_factor
        shadow_mean_s = params.shadow_median_s * math.exp(params.shadow_sigma**2 / 2)
        is_shadowed = rng.random() < shadow_mean_s / (shadow_mean_s + params.visible_mean_s)
        tag = _Tag(quality, rng.gauss(0.0, params.tag_sigma_db), not is_shadowed, self._start_ns)
        self._tags[epc] = tag
        return tag

    def _turn(self, tag: _Tag, now_ns: int) -> None:
        """From view into shadow, or back; a run that ended while the tag was away begins anew now."""
        params, rng = self._params, self._rng
        tag.is_shadowed = not tag.is_shadowed
        if tag.is_shadowed:
            run_s = rng.lognormvariate(math.log(params.shadow_median_s), params.shadow_sigma)
        else:
            run_s = rng.expovariate(1 / params.visible_mean_s)
        tag.until_ns = now_ns + round(run_s * NS_PER_S)
        tag.factor = tag.quality * (params.shadow_factor if tag.is_shadowed else 1.0)

    def _links(self, tag: _Tag, zone: str) -> list[_Link]:
        params, rng = self._params, self._rng
        links = []
        for antenna in self._in_zone[zone]:
            fall_off_db = params.fall_off_db * math.sqrt(rng.random())
            place_db = rng.gauss(0.0, params.place_sigma_db)
            rssi_dbm = params.own_rssi_dbm - fall_off_db + place_db + tag.sigma_db
            links.append(_Link(antenna, params.read_share, rssi_dbm))
        at_border = rng.random() < params.border_share
        for antenna in self._around[zone]:
            share = (
                rng.uniform(*params.border_share_range) if at_border else rng.expovariate(1 / params.far_mean)
            )
            if antenna.zone in self._gates:
                share *= params.gate_cross_factor
            rssi_dbm = params.cross_rssi_dbm + rng.gauss(0.0, params.place_sigma_db) + tag.sigma_db
            if share >= LEAST_SHARE:
                links.append(_Link(antenna, share, rssi_dbm))
        return links


def _at_ns(entry: _Pending) -> int:
    return entry[1].at_ns
