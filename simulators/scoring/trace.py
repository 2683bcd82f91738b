"""A real trace: reads of tags from a file, and when an antenna could have read which of them. Pure.

A trace is CSV with a header: epc,time,rssi,antenna (`rssi` may be empty). `time` is RFC 3339 or seconds
(Unix, or since any beginning). Fixture truth, where somebody wrote down where things were, is CSV too:
epc,from,to,zone (`to` may be empty: to the end). Other columns are let be.

Rounds. Where the stream has pauses of more than a minute, and at least three stretches between them,
somebody walked with a reader: each walk is a round. Else antennas read all the time, and a round is
five seconds. A round in which an antenna read nothing at all is its own outage, and counts for no tag.
"""

import csv
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

WALK_GAP_S = 60.0
LEAST_WALKS = 3
ROUND_S = 5.0
MAX_ROUNDS = 20_000
"""Rounds that are looked at, the newest: a day of five-second rounds."""
MAX_CELLS = 20_000_000
"""Tags × rounds: 160 MB a forecast; of a longer trace the oldest rounds are left out."""
LEAST_ROUNDS = 4
"""Rounds within which a tag could have been read; a tag with fewer says nothing of runs."""
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Trace:
    """Reads in order of time, in columns; `epcs`, `antennas`: what the numbers stand for."""

    at_s: list[float] = field(default_factory=list)
    tag: list[int] = field(default_factory=list)
    antenna: list[int] = field(default_factory=list)
    rssi_dbm: list[float] = field(default_factory=list)
    epcs: list[str] = field(default_factory=list)
    antennas: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fixture:
    """A tag was in a zone from a time to another, by someone's own eyes."""

    epc: str
    from_s: float
    to_s: float
    zone: str


class TraceError(ValueError):
    """A file cannot be read as a trace: which line, and what would be right."""


def read_trace(lines: Iterable[str], name: str, parse_time: Callable[[str], float]) -> Trace:
    """Return the trace in the lines of a file. Raises TraceError."""
    trace = Trace()
    tag_number: dict[str, int] = {}
    antenna_number: dict[str, int] = {}
    rows: list[tuple[float, int, int, float]] = []
    for where, row in _rows(lines, name, ("epc", "time", "antenna")):
        epc, antenna = row["epc"].upper(), row["antenna"]
        if not epc or not antenna:
            raise TraceError(f"{where}: epc and antenna must not be empty")
        rssi = row.get("rssi", "")
        strength = _number(rssi, f"{where}: rssi") if rssi else math.nan
        tag = tag_number.setdefault(epc, len(tag_number))
        number = antenna_number.setdefault(antenna, len(antenna_number))
        rows.append((_time(row["time"], where, parse_time), tag, number, strength))
    if not rows:
        raise TraceError(f"{name}: no reads: each line after the header is one")
    rows.sort()
    trace.at_s, trace.tag, trace.antenna, trace.rssi_dbm = (list(part) for part in zip(*rows, strict=True))
    trace.epcs, trace.antennas = list(tag_number), list(antenna_number)
    return trace


def read_fixtures(lines: Iterable[str], name: str, parse_time: Callable[[str], float]) -> list[Fixture]:
    """Return where things were, from the lines of a file. Raises TraceError."""
    found = []
    for where, row in _rows(lines, name, ("epc", "from", "zone")):
        to = row.get("to", "")
        to_s = _time(to, where, parse_time) if to else math.inf
        found.append(Fixture(row["epc"].upper(), _time(row["from"], where, parse_time), to_s, row["zone"]))
    return found


def _rows(lines: Iterable[str], name: str, needed: tuple[str, ...]) -> Iterable[tuple[str, dict[str, str]]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        columns = [column.strip().lower() for column in reader.fieldnames or ()]
        reader.fieldnames = columns
        for column in needed:
            if column not in columns:
                raise TraceError(
                    f"{name}: no column {column!r}: the first line must name {', '.join(needed)}"
                )
        for row in reader:
            where = f"{name}: line {reader.line_num}"
            yield (
                where,
                {str(key): (value or "").strip() for key, value in row.items() if isinstance(value, str)},
            )
    except csv.Error as error:
        raise TraceError(f"{name}: line {reader.line_num}: {error}: mend its quotes") from error


def _time(text: str, where: str, parse_time: Callable[[str], float]) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise TraceError(f"{where}: time {text!r} is neither RFC 3339 nor seconds") from error


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise TraceError(f"{where} {text!r} is no number") from error
    if not math.isfinite(value):
        raise TraceError(f"{where} {text!r} is no number")
    return value


@dataclass(frozen=True, slots=True)
class Rounds:
    """Stretches of time in which each tag is read or missed. `starts` has one entry per round."""

    starts: NDArray[np.float64]
    of_read: NDArray[np.int64]
    are_walks: bool

    @property
    def spacing_s(self) -> float:
        """Return the usual time from one round to the next."""
        return float(np.median(np.diff(self.starts))) if len(self.starts) > 1 else ROUND_S


def rounds_of(trace: Trace, round_s: float | None = None) -> Rounds:
    """Return the rounds of a trace; of `round_s` seconds where that is given."""
    at_s = np.array(trace.at_s)
    breaks = np.flatnonzero(np.diff(at_s) > WALK_GAP_S) + 1
    if round_s is None and len(breaks) + 1 >= LEAST_WALKS:
        number = np.zeros(len(at_s), dtype=np.int64)
        number[breaks] = 1
        return Rounds(at_s[np.concatenate(([0], breaks))], np.cumsum(number), are_walks=True)
    length_s = round_s or ROUND_S
    of_read = np.floor((at_s - at_s[0]) / length_s).astype(np.int64)
    starts = at_s[0] + np.arange(of_read[-1] + 1) * length_s
    return Rounds(starts, of_read, are_walks=False)


@dataclass(frozen=True, slots=True)
class Sightings:
    """Per tag (a row) and round: was it read at home, and could it have been? `home`: antenna by row.

    `missing`: tags that fixtures name and nobody ever read.
    """

    epcs: tuple[str, ...]
    home: NDArray[np.int64]
    zone: tuple[str, ...]
    read: Bools
    could: Bools
    missing: tuple[str, ...]


def sightings(trace: Trace, rounds: Rounds, fixtures: Iterable[Fixture] = ()) -> Sightings:
    """Return what was read and missed at home, which is where a tag was read in most rounds.

    A tag could be read between its first and its last read at home (both left out: they are reads by
    choice), or, where fixtures tell, as long as it stood where they say.
    """
    n_tags, n_antennas, n_rounds = len(trace.epcs), len(trace.antennas), len(rounds.starts)
    tag, antenna = np.array(trace.tag), np.array(trace.antenna)
    keep = min(n_rounds, MAX_ROUNDS, max(LEAST_ROUNDS, MAX_CELLS // n_tags))
    first = n_rounds - keep
    recent = rounds.of_read >= first
    where = np.unique(np.stack([tag, antenna, rounds.of_read - first])[:, recent], axis=1)
    per_home = np.zeros((n_tags, n_antennas), dtype=np.int64)
    np.add.at(per_home, (where[0], where[1]), 1)
    home = per_home.argmax(axis=1)
    alive = np.zeros((n_antennas, keep), dtype=bool)
    alive[where[1], where[2]] = True
    read = np.zeros((n_tags, keep), dtype=bool)
    own = where[1] == home[where[0]]
    read[where[0][own], where[2][own]] = True
    could, zone, missing = _spans(trace, rounds.starts[first:], read, list(fixtures))
    could &= alive[home]
    return Sightings(tuple(trace.epcs), home, zone, read, could, missing)


def _spans(
    trace: Trace, starts: NDArray[np.float64], read: Bools, fixtures: list[Fixture]
) -> tuple[Bools, tuple[str, ...], tuple[str, ...]]:
    number = {epc: place for place, epc in enumerate(trace.epcs)}
    could = np.zeros(read.shape, dtype=bool)
    for row, seen in enumerate(read):
        places = np.flatnonzero(seen)
        if len(places) > 2:
            could[row, places[0] + 1 : places[-1]] = True
    zone = [""] * len(trace.epcs)
    told: set[int] = set()
    for fixture in fixtures:
        place = number.get(fixture.epc)
        if place is None:
            continue
        if place not in told:
            could[place] = False
            told.add(place)
        could[place] |= (starts >= fixture.from_s) & (starts < fixture.to_s)
        zone[place] = fixture.zone
    missing = sorted({fixture.epc for fixture in fixtures} - set(number))
    return could, tuple(zone), tuple(missing)
