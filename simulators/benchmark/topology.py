"""Floor plans of the benchmark's shops: zones with their antennas, and which reader has which port. Pure data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Rect = tuple[float, float, float, float]
"""x, y, width, height in metres."""
FLOOR, BACK_ROOM, FITTING_ROOM, TILL, EXIT = "floor", "back_room", "fitting_room", "till", "exit"


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A zone; its antennas stand at parts of its width and height."""

    id: str
    role: str
    rect: Rect
    antennas: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AntennaPlan:
    """One antenna: the reader's port, what it watches, where it stands and how far it reaches."""

    reader: str
    port: int
    zone: str
    at_m: tuple[float, float]
    reach_m: float


@dataclass(frozen=True, slots=True)
class Topology:
    """A shop's zones, and its readers: (id, zones whose antennas are on it)."""

    zones: tuple[ZonePlan, ...]
    readers: tuple[tuple[str, tuple[str, ...]], ...]

    def zone(self, zone_id: str) -> ZonePlan:
        """Return a zone by its id."""
        return next(zone for zone in self.zones if zone.id == zone_id)

    def zones_of(self, role: str) -> tuple[str, ...]:
        """Return the ids of the zones of one role."""
        return tuple(zone.id for zone in self.zones if zone.role == role)

    def adjacent(self, zone_id: str) -> frozenset[str]:
        """Return the zones that share a stretch of wall with this one."""
        here = self.zone(zone_id).rect
        return frozenset(z.id for z in self.zones if z.id != zone_id and _share_a_wall(here, z.rect))

    def antennas(self, corner_reach: float, *, is_reader_per_zone: bool) -> tuple[AntennaPlan, ...]:
        """Return all antennas, with a reader of its own for each zone or as the plan has them."""
        readers = self.readers
        if is_reader_per_zone:
            readers = tuple((f"reader-{zone.id}", (zone.id,)) for zone in self.zones)
        plans: list[AntennaPlan] = []
        for reader, zones in readers:
            port = 0
            for zone in map(self.zone, zones):
                reach_m = _farthest_m(zone) / corner_reach
                for part in zone.antennas:
                    port += 1
                    plans.append(AntennaPlan(reader, port, zone.id, _position(zone, part), reach_m))
        return tuple(plans)


def _position(zone: ZonePlan, part: tuple[float, float]) -> tuple[float, float]:
    x, y, width, height = zone.rect
    return x + part[0] * width, y + part[1] * height


def _farthest_m(zone: ZonePlan) -> float:
    """Return how far a point of the zone's edge can be from the nearest antenna."""
    steps = [step / 8 for step in range(9)]
    edge = [(s, e) for s in steps for e in (0.0, 1.0)] + [(e, s) for s in steps for e in (0.0, 1.0)]
    stands = [_position(zone, part) for part in zone.antennas]
    return max(min(math.dist(_position(zone, point), at) for at in stands) for point in edge)


def _share_a_wall(a: Rect, b: Rect) -> bool:
    overlap_x = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    overlap_y = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return (overlap_x >= 0 and overlap_y > 0) or (overlap_x > 0 and overlap_y >= 0)


_WIDE = ((0.25, 0.5), (0.75, 0.5))
_DEEP = ((0.5, 0.25), (0.5, 0.75))
_CENTRE = ((0.5, 0.5),)

STREET = Topology(
    zones=(
        ZonePlan("back-room", BACK_ROOM, (0, 0, 10, 6), _WIDE),
        ZonePlan("fitting-room", FITTING_ROOM, (10, 0, 4, 6), _CENTRE),
        ZonePlan("till", TILL, (14, 0, 4, 6), _CENTRE),
        ZonePlan("floor-a", FLOOR, (0, 6, 6, 8), _DEEP),
        ZonePlan("floor-b", FLOOR, (6, 6, 6, 8), _DEEP),
        ZonePlan("floor-c", FLOOR, (12, 6, 6, 8), _DEEP),
        ZonePlan("exit", EXIT, (18, 2, 3, 6), _CENTRE),
    ),
    readers=(
        ("r700-back", ("back-room", "fitting-room")),
        ("r700-floor", ("floor-a", "floor-b")),
        ("r700-front", ("floor-c", "till", "exit")),
    ),
)

HALL = Topology(
    zones=(
        ZonePlan("stockroom", BACK_ROOM, (0, 0, 7, 12), ((0.05, 0.2), (0.05, 0.8), (0.95, 0.5))),
        ZonePlan("north", FLOOR, (7, 0, 12, 6), ((0.1, 0.05), (0.5, 0.05), (0.9, 0.05))),
        ZonePlan("south", FLOOR, (7, 6, 8, 6), ((0.05, 0.95), (0.95, 0.95))),
        ZonePlan("corner", FLOOR, (15, 6, 4, 6), ((0.95, 0.95),)),
        ZonePlan("cabins", FITTING_ROOM, (19, 0, 4, 4), ((0.5, 0.1),)),
        ZonePlan("counter", TILL, (19, 4, 4, 4), _CENTRE),
        ZonePlan("door", EXIT, (19, 8, 4, 4), ((0.2, 0.5), (0.8, 0.5))),
    ),
    readers=(
        ("r700-a", ("stockroom", "cabins")),
        ("r700-b", ("north", "counter")),
        ("r700-c", ("south", "corner")),
        ("r700-d", ("door",)),
    ),
)
BOUTIQUE = Topology(
    zones=(
        ZonePlan("back-room", BACK_ROOM, (0, 0, 4, 4), _CENTRE),
        ZonePlan("fitting-room", FITTING_ROOM, (4, 0, 2, 4), _CENTRE),
        ZonePlan("floor", FLOOR, (0, 4, 6, 5), _CENTRE),
        ZonePlan("till", TILL, (6, 4, 2, 3), _CENTRE),
        ZonePlan("exit", EXIT, (6, 7, 2, 2), _CENTRE),
    ),
    readers=(("fx9600-1", ("back-room", "floor", "fitting-room", "till", "exit")),),
)
GROCERY = Topology(
    zones=(
        ZonePlan("cold-store", BACK_ROOM, (0, 0, 12, 5), _WIDE),
        ZonePlan("aisle-a", FLOOR, (0, 5, 6, 9), _DEEP),
        ZonePlan("aisle-b", FLOOR, (6, 5, 6, 9), _DEEP),
        ZonePlan("till", TILL, (12, 5, 4, 5), _CENTRE),
        ZonePlan("exit", EXIT, (12, 10, 4, 4), _CENTRE),
    ),
    readers=(
        ("r700-back", ("cold-store", "till", "exit")),
        ("r700-floor", ("aisle-a", "aisle-b")),
    ),
)

TOPOLOGIES: Mapping[str, Topology] = MappingProxyType(
    {"street": STREET, "hall": HALL, "boutique": BOUTIQUE, "grocery": GROCERY}
)
