"""The truth of one run in columns: which item was where, and what was sold when. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from simulators.scoring.grid import Grid, Ints, column

UNTAGGED = "untagged"


class TrueChange(Protocol):
    """One item came to be somewhere; `zone` None: it is not in the store any more."""

    @property
    def at_ns(self) -> int: ...
    @property
    def epc(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def zone(self) -> str | None: ...
    @property
    def cause(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sale:
    """One piece was paid for."""

    at_ns: int
    sku: str


@dataclass(slots=True)
class History:
    """What was true. Items are numbered as they appear; `zones` bears every zone, in order. Pieces without
    a tag (of weight shelves) count as stock, and are no items that a method could place.

    `door_ns[epc, paid_ns]`: when a piece that was paid for passed the gate. `track[item]`: its (at_ns, zone number or -1), in order. `read_ns[epc]`: when a reader first read it
    (as the gateway decoded it), for telling what could be observed at all.
    """

    grid: Grid
    skus: tuple[str, ...]
    zones: tuple[str, ...]
    roles: Mapping[str, str]
    epcs: list[str] = field(default_factory=list)
    sku_of: list[int] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    tagged: list[bool] = field(default_factory=list)
    track: list[list[tuple[int, int]]] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    outages: list[tuple[int, int, frozenset[str]]] = field(default_factory=list)
    number: dict[str, int] = field(default_factory=dict)
    read_ns: dict[str, int] = field(default_factory=dict)
    door_ns: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, changes: Iterable[TrueChange], quality: Mapping[str, str]) -> None:
        """Take the changes of items in, in order of time."""
        sku_number = {sku: number for number, sku in enumerate(self.skus)}
        zone_number = {zone: number for number, zone in enumerate(self.zones)}
        for change in changes:
            item = self.number.get(change.epc)
            if item is None:
                item = self.number[change.epc] = len(self.epcs)
                self.epcs.append(change.epc)
                self.sku_of.append(sku_number[change.sku])
                self.quality.append(quality.get(change.epc, UNTAGGED))
                self.tagged.append(change.epc in quality)
                self.track.append([])
            place = -1 if change.zone is None else zone_number[change.zone]
            self.track[item].append((change.at_ns, place))

    def item_events(self) -> tuple[Ints, Ints, Ints]:
        """Return (item, at_ns, zone) of all changes, in order of time within each item."""
        return _columns(self.track)

    def zone_role(self, zone: int) -> str:
        """Return the role of a zone."""
        return self.roles[self.zones[zone]]


def _columns(track: Sequence[Sequence[tuple[int, int]]]) -> tuple[Ints, Ints, Ints]:
    items = column([item for item, steps in enumerate(track) for _ in steps])
    times = column([at_ns for steps in track for at_ns, _ in steps])
    zones = column([zone for steps in track for _, zone in steps])
    return items, times, zones
