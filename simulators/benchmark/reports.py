"""All RFID readers of the benchmark's shop: the reads of an epoch in, each reader's own messages out. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from simulators.benchmark.clocks import DeviceClock
from simulators.benchmark.impinj_reports import ImpinjReports
from simulators.benchmark.radio import GateRead, Radio, Reads
from simulators.benchmark.reader_plan import SERIAL_KIND, Columns, Dialect, ReaderPlan, Told
from simulators.benchmark.serial_reports import SerialReports
from simulators.benchmark.zebra_reports import ZebraReports


class Reporter:
    """The readers of one shop."""

    def __init__(self, plans: Sequence[ReaderPlan], clocks: Mapping[str, DeviceClock], radio: Radio) -> None:
        self._ids = [plan.id for plan in plans]
        self._dialects = [_dialect(plan, clocks[plan.id]) for plan in plans]
        self._radio = radio
        number = {reader: place for place, reader in enumerate(self._ids)}
        self._reader_of = np.array([number[antenna.reader] for antenna in radio.antennas], dtype=np.int64)
        self._port_of = np.array([antenna.port for antenna in radio.antennas], dtype=np.int64)
        self._dead: frozenset[str] = frozenset()

    def begin(self, now_ns: int) -> list[Told]:
        """Return what the readers say when their inventory begins."""
        return [message for dialect in self._dialects for message in dialect.begin(now_ns)]

    def report(
        self, reads: Reads, gate: Sequence[GateRead], epoch_ns: int, dead: frozenset[str]
    ) -> list[Told]:
        """Return the messages of one epoch, reader by reader; the caller brings them in order."""
        at_ns, antennas, rssi, rounds = reads.at_ns, reads.antennas, reads.rssi_dbm, reads.rounds
        epcs = list(map(self._radio.epc_of_row.__getitem__, reads.rows.tolist()))
        if gate:
            epcs += [read.epc for read in gate]
            at_ns = np.concatenate([at_ns, [read.at_ns for read in gate]])
            antennas = np.concatenate([antennas, [read.antenna for read in gate]])
            rssi = np.concatenate([rssi, [read.rssi_dbm for read in gate]])
            rounds = np.concatenate([rounds, np.ones(len(gate), dtype=np.int64)])
        readers = self._reader_of[antennas]
        order = np.lexsort((at_ns, readers))
        edges = np.searchsorted(readers[order], np.arange(len(self._ids) + 1)).tolist()
        messages: list[Told] = []
        for reader, dialect, (first, last) in zip(self._ids, self._dialects, pairwise(edges), strict=True):
            if reader in dead:
                continue
            if reader in self._dead:
                messages += dialect.begin(epoch_ns)
            mine = order[first:last]
            columns = Columns(
                [epcs[place] for place in mine.tolist()],
                at_ns[mine],
                self._port_of[antennas[mine]].tolist(),
                rssi[mine],
                rounds[mine].tolist(),
            )
            messages += dialect.tell(columns, epoch_ns)
        self._dead = dead
        return messages


def _dialect(plan: ReaderPlan, clock: DeviceClock) -> Dialect:
    if plan.kind == SERIAL_KIND:
        return SerialReports(plan)
    return ZebraReports(plan, clock) if plan.kind == "zebra" else ImpinjReports(plan, clock)
