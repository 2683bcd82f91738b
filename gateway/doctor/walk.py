"""The walk test: which tags of a zone are heard how often while somebody stands and walks there. Pure.

Time is cut into windows. A tag that is heard in nearly every window is safe; one that is heard seldom is
what makes stock uncertain, for the gateway must wait its longest gap before it may call it gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from readers.observations import Observation, Read

NS_PER_S = 1_000_000_000
WINDOW_S = 5.0
"""A zone with several antennas has had them all within this."""
MAX_TAGS = 20_000
STEADY_SHARE, SELDOM_SHARE = 0.8, 0.5
"""Of the windows: from the first on a tag is steady, below the second seldom."""

Antenna = tuple[str, int]
"""(reader, port)."""


@dataclass(slots=True)
class _Heard:
    """One tag in one zone."""

    reads: int = 0
    windows: int = 0
    last_window: int = -1
    best_dbm: float | None = None


@dataclass(frozen=True, slots=True)
class TagCoverage:
    """One tag, in the zone where it was heard most. `share` of the windows in which it was heard.

    `rival` is another zone that heard it nearly as well, and how much weaker (dB) it was there.
    """

    epc: str
    zone: str
    share: float
    reads: int
    best_dbm: float | None
    rival: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ZoneCoverage:
    """One zone. `antennas`: reads by each that watches it."""

    zone: str
    antennas: Mapping[Antenna, int]
    tags: tuple[TagCoverage, ...]

    def share_of(self, low: float, high: float) -> float:
        """Return the share of the zone's tags that were heard in this share of the windows."""
        return sum(low <= tag.share < high for tag in self.tags) / len(self.tags) if self.tags else 0.0

    @property
    def seldom(self) -> tuple[TagCoverage, ...]:
        """Return the tags that are heard seldom, the worst first."""
        return tuple(tag for tag in self.tags if tag.share < SELDOM_SHARE)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a walk test found. `missing`: tags that were expected, and heard nowhere."""

    windows: int
    zones: tuple[ZoneCoverage, ...]
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class WalkTest:
    """Give it every read. `zone_of` each antenna; `expected` tags, where their owner has a list."""

    zone_of: Mapping[Antenna, str]
    started_ns: int
    expected: frozenset[str] = frozenset()
    window_s: float = WINDOW_S
    _heard: dict[str, dict[str, _Heard]] = field(default_factory=dict)
    _reads: dict[Antenna, int] = field(default_factory=dict)

    def take(self, observations: Iterable[Observation]) -> None:
        """Count reads by antennas of the site; others are no part of the test."""
        for observation in observations:
            if isinstance(observation, Read):
                self._take(observation)

    def _take(self, read: Read) -> None:
        antenna = (read.reader, read.antenna)
        zone = self.zone_of.get(antenna)
        if zone is None or (read.epc not in self._heard and len(self._heard) >= MAX_TAGS):
            return
        self._reads[antenna] = self._reads.get(antenna, 0) + read.count
        heard = self._heard.setdefault(read.epc, {}).setdefault(zone, _Heard())
        window = self._window(read.received_ns)
        heard.reads += read.count
        heard.windows += window != heard.last_window
        heard.last_window = window
        if read.rssi_dbm is not None and (heard.best_dbm is None or read.rssi_dbm > heard.best_dbm):
            heard.best_dbm = read.rssi_dbm

    def _window(self, now_ns: int) -> int:
        return int((now_ns - self.started_ns) / (self.window_s * NS_PER_S))

    def coverage(self, now_ns: int) -> Coverage:
        """Return what was heard until now; the window that is not over yet counts too."""
        windows = self._window(now_ns) + 1
        tags = [self._tag(epc, zones, windows) for epc, zones in self._heard.items()]
        tags.sort(key=lambda tag: (tag.share, tag.epc))
        zones = sorted(set(self.zone_of.values()))
        return Coverage(
            windows,
            tuple(self._zone(zone, tuple(tag for tag in tags if tag.zone == zone)) for zone in zones),
            tuple(sorted(self.expected - set(self._heard))),
        )

    def _zone(self, zone: str, tags: tuple[TagCoverage, ...]) -> ZoneCoverage:
        antennas = {
            antenna: self._reads.get(antenna, 0)
            for antenna, watched in sorted(self.zone_of.items())
            if watched == zone
        }
        return ZoneCoverage(zone, antennas, tags)

    def _tag(self, epc: str, zones: dict[str, _Heard], windows: int) -> TagCoverage:
        ranked = sorted(zones.items(), key=lambda item: (-item[1].windows, -item[1].reads, item[0]))
        zone, heard = ranked[0]
        share = min(1.0, heard.windows / windows)
        return TagCoverage(epc, zone, share, heard.reads, heard.best_dbm, _rival(heard, ranked[1:]))


RIVAL_DB = 6.0
"""A zone that hears a tag less than this weaker may take it for its own."""


def _rival(own: _Heard, others: list[tuple[str, _Heard]]) -> tuple[str, float] | None:
    """Return the zone that hears a tag of another best, where it is nearly as loud."""
    if own.best_dbm is None:
        return None
    gaps = [(own.best_dbm - heard.best_dbm, zone) for zone, heard in others if heard.best_dbm is not None]
    gap, zone = min(gaps, default=(RIVAL_DB, ""))
    return (zone, gap) if gap < RIVAL_DB else None
