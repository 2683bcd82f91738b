"""Reads gathered by epoch, in NumPy columns: one per tag and antenna, and one per tag and zone. Pure.

Fixed windows and SMURF look at epochs, not at single reads. A read costs a dictionary look-up; the rest
is done once per epoch, for all columns together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.baselines.observed import ObservedRead

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EpochReads:
    """The reads of one epoch: columns of (tag, zone) that were read, each once, in rising order.

    `reads` counts them. `rate` is the share of the interrogation rounds of the zone's antennas that read
    the tag. Readers do not tell their rounds, and a tag answers a round once: an antenna's rounds in an
    epoch are taken to be the most reads that any one tag got from it.
    """

    columns: Integers
    reads: Integers
    rate: Floats


class ReadColumns:
    """Numbers the tags at their antennas and zones, and gathers the reads of the running epoch."""

    def __init__(self) -> None:
        self._answer_index: dict[tuple[str, str, int, str], int] = {}  # (epc, reader, antenna, zone)
        self._antenna_index: dict[tuple[str, int], int] = {}
        self._zone_index: dict[str, int] = {}
        self._column_index: dict[tuple[str, str], int] = {}
        self._antenna_of: list[int] = []  # by answer
        self._column_of: list[int] = []  # by answer
        self._zone_of: list[int] = []  # by answer
        self._pending: list[int] = []
        self.epcs: list[str] = []  # by column
        self.zones: list[str] = []  # by column

    def __len__(self) -> int:
        return len(self.epcs)

    def add(self, read: ObservedRead) -> None:
        """Count a read into the running epoch."""
        key = (read.epc, read.reader, read.antenna, read.zone)
        index = self._answer_index.get(key)
        if index is None:
            index = self._number(key)
        self._pending.append(index)

    def _number(self, key: tuple[str, str, int, str]) -> int:
        epc, reader, antenna, zone = key
        column = self._column_index.setdefault((epc, zone), len(self.epcs))
        if column == len(self.epcs):
            self.epcs.append(epc)
            self.zones.append(zone)
        self._antenna_of.append(self._antenna_index.setdefault((reader, antenna), len(self._antenna_index)))
        self._zone_of.append(self._zone_index.setdefault(zone, len(self._zone_index)))
        self._column_of.append(column)
        index = self._answer_index[key] = len(self._answer_index)
        return index

    def close(self) -> EpochReads:
        """End the running epoch, and return its reads."""
        pending = np.array(self._pending, dtype=np.int64)
        self._pending.clear()
        answers, reads = np.unique(pending, return_counts=True)
        antennas = np.array([self._antenna_of[answer] for answer in answers], dtype=np.int64)
        zones = np.array([self._zone_of[answer] for answer in answers], dtype=np.int64)
        rounds = np.zeros(len(self._antenna_index), dtype=np.int64)
        np.maximum.at(rounds, antennas, reads)
        zone_rounds = self._rounds_by_zone(zones, antennas, rounds)
        by_column = np.array([self._column_of[answer] for answer in answers], dtype=np.int64)
        columns, first, place = np.unique(by_column, return_index=True, return_inverse=True)
        column_reads = np.bincount(place, weights=reads, minlength=len(columns)).astype(np.int64)
        rate = np.minimum(1.0, column_reads / np.maximum(zone_rounds[zones[first]], 1))
        return EpochReads(columns, column_reads, rate)

    def _rounds_by_zone(self, zones: Integers, antennas: Integers, rounds: Integers) -> Integers:
        """Return the rounds of each zone: the sum over its antennas that read anything in this epoch."""
        total = np.zeros(len(self._zone_index), dtype=np.int64)
        pairs = (
            np.unique(np.stack((zones, antennas), axis=1), axis=0) if len(zones) else np.zeros((0, 2), int)
        )
        np.add.at(total, pairs[:, 0], rounds[pairs[:, 1]])
        return total


def strongest_places(columns: ReadColumns, present: Integers, *rank: Floats | Integers) -> Mapping[str, str]:
    """Return each present tag's zone: that of its column with the greatest rank, the first key first.

    `present` are columns; each of `rank` holds a value for each of them.
    """
    order = np.lexsort(tuple(reversed(rank)))  # rising: of a tag's columns the greatest comes last, and stays
    epcs, zones = columns.epcs, columns.zones
    return {epcs[column]: zones[column] for column in present[order].tolist()}
