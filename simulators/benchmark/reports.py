"""What the benchmark's RFID readers publish: Impinj R700 or Zebra FX messages, built in bulk. Pure.

The formats are those of simulators/devices/impinj.py and zebra.py; here most of their fields are
switched off, as both readers allow, and a tag's answers at one antenna within an epoch are one event
(Impinj: tagReporting.reportingIntervalSeconds; Zebra: reportFilter), so that a day of millions of
reads is made in seconds. An R700 has no heartbeat over MQTT: it tells its status, then only tags.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulators.agenda import NS_PER_S
from simulators.benchmark.clocks import DeviceClock
from simulators.benchmark.messages import MqttMessage
from simulators.benchmark.radio import GateRead, Radio, Reads
from simulators.devices.impinj import ImpinjOptions, ImpinjR700, InventoryStatus
from simulators.times import rfc3339

MAX_EVENTS_PER_MESSAGE = {"impinj": 100, "zebra": 20}
LATENCY_NS = 20_000_000
"""From the reader through the broker, with the wires at their best."""


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """One reader: its kind, and how often it reports and proves its life (never, for an R700)."""

    id: str
    kind: str
    report_ns: int
    heartbeat_ns: int
    tells_rssi: bool = True

    @property
    def topic(self) -> str:
        """Return where it publishes tags."""
        return f"{self.kind}/{self.id}/tags"

    @property
    def status_topic(self) -> str:
        """Return where a zebra reader publishes its heartbeats."""
        return f"{self.kind}/{self.id}/management"


class Reporter:
    """All readers of a shop: reads in, messages out."""

    def __init__(self, plans: Sequence[ReaderPlan], clocks: Mapping[str, DeviceClock], radio: Radio) -> None:
        self._plans = list(plans)
        self._clocks = [clocks[plan.id] for plan in plans]
        self._radio = radio
        number = {plan.id: place for place, plan in enumerate(plans)}
        self._reader_of = np.array([number[antenna.reader] for antenna in radio.antennas], dtype=np.int64)
        self._port_of = np.array([antenna.port for antenna in radio.antennas], dtype=np.int64)
        self._event_numbers = [0] * len(self._plans)
        self._heartbeats_ns = [0] * len(self._plans)

    def begin(self, now_ns: int) -> list[MqttMessage]:
        """Return what the readers publish when their inventory begins."""
        messages = []
        for plan, clock in zip(self._plans, self._clocks, strict=True):
            if plan.kind != "impinj":
                continue
            reader = ImpinjR700(plan.id, ImpinjOptions(plan.topic, hostname=plan.id))
            publication = reader.status(InventoryStatus.RUNNING, now_ns + clock.shift_ns(now_ns))
            messages.append(MqttMessage(now_ns + LATENCY_NS, plan.id, plan.topic, publication.payload))
        return messages

    def report(
        self, reads: Reads, gate: Sequence[GateRead], epoch_ns: int, dead: frozenset[str]
    ) -> list[MqttMessage]:
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
        edges = np.searchsorted(readers[order], np.arange(len(self._plans) + 1)).tolist()
        messages: list[MqttMessage] = []
        for number, (first, last) in enumerate(pairwise(edges)):
            if self._plans[number].id in dead:
                continue
            mine = order[first:last]
            columns = _Columns(
                [epcs[place] for place in mine.tolist()],
                at_ns[mine],
                self._port_of[antennas[mine]].tolist(),
                rssi[mine],
                rounds[mine].tolist(),
            )
            messages += self._messages(number, columns, epoch_ns)
            messages += self._heartbeat(number, epoch_ns)
        return messages

    def _messages(self, number: int, columns: "_Columns", epoch_ns: int) -> list[MqttMessage]:
        plan, clock = self._plans[number], self._clocks[number]
        if not columns.epcs:
            return []
        told_ns = columns.at_ns + clock.shift_ns(epoch_ns)
        flushes = (columns.at_ns - epoch_ns) // plan.report_ns
        last = int(flushes[-1])
        edges = np.searchsorted(flushes, np.arange(last + 2)).tolist()
        if plan.kind == "impinj":
            texts = _impinj_tags(columns, told_ns, tells_rssi=plan.tells_rssi)
        else:
            texts = self._zebra_events(number, columns, told_ns)
        messages = []
        for flush, (first, end) in enumerate(pairwise(edges)):
            sent_ns = epoch_ns + (flush + 1) * plan.report_ns
            sent_at = rfc3339(sent_ns + clock.shift_ns(epoch_ns))
            for start in range(first, end, MAX_EVENTS_PER_MESSAGE[plan.kind]):
                part = texts[start : min(end, start + MAX_EVENTS_PER_MESSAGE[plan.kind])]
                text = _impinj_array(plan.id, sent_at, part) if plan.kind == "impinj" else "".join(part)
                messages.append(MqttMessage(sent_ns + LATENCY_NS, plan.id, plan.topic, text.encode("ascii")))
        return messages

    def _zebra_events(self, number: int, columns: "_Columns", told_ns: np.ndarray) -> list[str]:
        first = self._event_numbers[number]
        self._event_numbers[number] += len(columns.epcs)
        decibels = np.rint(columns.rssi_dbm).astype(np.int64).tolist()
        return [
            f'{{"data":{{"antenna":{port},"eventNum":{first + place},"format":"epc","idHex":"{epc.lower()}",'
            f'"peakRssi":{rssi},"reads":{rounds}}},"timestamp":"{second}.{ns // 1_000_000:03d}+0000","type":"SIMPLE"}}'
            for place, (epc, port, rssi, rounds, (second, ns)) in enumerate(
                zip(columns.epcs, columns.ports, decibels, columns.rounds, _times(told_ns), strict=True), 1
            )
        ]

    def _heartbeat(self, number: int, epoch_ns: int) -> list[MqttMessage]:
        plan, clock = self._plans[number], self._clocks[number]
        if plan.kind != "zebra" or epoch_ns < self._heartbeats_ns[number]:
            return []
        self._heartbeats_ns[number] = epoch_ns + plan.heartbeat_ns
        told = rfc3339(epoch_ns + clock.shift_ns(epoch_ns))
        payload = (
            f'{{"component":"RG","data":{{}},"eventNum":1,"timestamp":"{told[:23]}+0000","type":"heartbeat"}}'
        )
        return [MqttMessage(epoch_ns + LATENCY_NS, plan.id, plan.status_topic, payload.encode("ascii"))]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The reads of one reader in one epoch, in order of time."""

    epcs: list[str]
    at_ns: np.ndarray
    ports: list[int]
    rssi_dbm: np.ndarray
    rounds: list[int]


def _impinj_tags(columns: _Columns, told_ns: np.ndarray, *, tells_rssi: bool) -> list[str]:
    """Return the tag of each event as JSON text, RSSI in steps of half a decibel or switched off."""
    cdbm = (np.rint(columns.rssi_dbm * 2.0) * 50.0).astype(np.int64).tolist()
    texts = [f'"peakRssiCdbm":{rssi},' for rssi in cdbm] if tells_rssi else [""] * len(cdbm)
    return [
        f'{{"epcHex":"{epc}","antennaPort":{port},{rssi}"lastSeenTime":"{second}.{ns:09d}Z"}}}}'
        for epc, port, rssi, (second, ns) in zip(
            columns.epcs, columns.ports, texts, _times(told_ns), strict=True
        )
    ]


def _impinj_array(hostname: str, sent_at: str, tags: Sequence[str]) -> str:
    head = (
        f'{{"timestamp":"{sent_at}","hostname":"{hostname}","eventType":"tagInventory","tagInventoryEvent":'
    )
    return f"[{head}{f',{head}'.join(tags)}]"


def _times(told_ns: np.ndarray) -> list[tuple[str, int]]:
    """Return (second as text, ns within it) of each time; an epoch spans a handful of seconds."""
    seconds, ns = np.divmod(told_ns, NS_PER_S)
    names = {second: rfc3339(second * NS_PER_S)[:19] for second in np.unique(seconds).tolist()}
    return [(names[second], part) for second, part in zip(seconds.tolist(), ns.tolist(), strict=True)]
