"""Counts what a device says while it is watched: reads per antenna and tag, signal, faults. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.doctor.evidence import AntennaSeen, SignalRange, TagSeen, Watched
from readers.counts import StageCounts
from readers.observations import Fault, Identified, Observation, Read, Scan

MAX_TAGS = 10_000
"""Tags told apart: beyond it reads still count, and the report says that it is not complete."""
MAX_FAULTS = 50
MAX_CODES = 50
TOP_TAGS = 20
"""Tags that are listed: a screenful."""


@dataclass(slots=True)
class _Antenna:
    reads: int = 0
    tags: set[str] = field(default_factory=set)
    dbm: Counter[int] = field(default_factory=Counter)
    raw: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Tag:
    reads: int = 0
    antennas: set[int] = field(default_factory=set)
    best: float | None = None


class Tally:
    """What one device said so far."""

    def __init__(self) -> None:
        self.identified = ""
        self._antennas: dict[int, _Antenna] = {}
        self._tags: dict[str, _Tag] = {}
        self._faults: dict[str, str] = {}
        self._codes: dict[str, None] = {}

    def take(self, observations: Iterable[Observation]) -> None:
        """Count what was observed."""
        for observation in observations:
            match observation:
                case Read():
                    self._take_read(observation)
                case Scan() if len(self._codes) < MAX_CODES:
                    self._codes[observation.text] = None
                case Fault() if len(self._faults) < MAX_FAULTS:
                    self._faults[observation.code] = observation.detail
                case Identified():
                    self.identified = observation.detail

    def _take_read(self, read: Read) -> None:
        antenna = self._antennas.setdefault(read.antenna, _Antenna())
        antenna.reads += read.count
        value = read.rssi_raw if read.rssi_dbm is None else read.rssi_dbm
        if read.rssi_dbm is not None:
            antenna.dbm[round(read.rssi_dbm)] += 1
        elif read.rssi_raw is not None:
            antenna.raw[read.rssi_raw] += 1
        if read.epc not in self._tags and len(self._tags) >= MAX_TAGS:
            return
        antenna.tags.add(read.epc)
        tag = self._tags.setdefault(read.epc, _Tag())
        tag.reads += read.count
        tag.antennas.add(read.antenna)
        if value is not None and (tag.best is None or value > tag.best):
            tag.best = value

    def watched(
        self, seconds: float, asked: tuple[int, ...], of_bytes: StageCounts, of_frames: StageCounts
    ) -> Watched:
        """Return all of it; the counts are the codec's own."""
        most = sorted(self._tags.items(), key=lambda item: (-item[1].reads, item[0]))
        return Watched(
            seconds,
            asked,
            tuple(
                AntennaSeen(number, seen.reads, len(seen.tags), _signal(seen))
                for number, seen in sorted(self._antennas.items())
            ),
            tuple(
                TagSeen(epc, tag.reads, tuple(sorted(tag.antennas)), tag.best) for epc, tag in most[:TOP_TAGS]
            ),
            len(self._tags),
            tuple(self._codes),
            tuple(self._faults.items()),
            of_bytes.received - of_bytes.held,
            _own(of_bytes.dropped),
            _own(of_frames.dropped),
        )


def _own(dropped: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in sorted(dropped.items()) if count}


def _signal(seen: _Antenna) -> SignalRange | None:
    values = seen.dbm or seen.raw
    if not values:
        return None
    ordered = sorted(values.elements())
    unit = "dBm" if seen.dbm else "raw"
    return SignalRange(unit, ordered[0], ordered[len(ordered) // 2], ordered[-1])
