"""What an Impinj R700 of the benchmark's shop publishes: arrays of tag events, built in bulk. Pure.

The format is that of simulators/devices/impinj.py with most fields switched off, as the reader
allows; a tag's answers at one antenna within an epoch are one event (tagReporting
.reportingIntervalSeconds). An R700 has no heartbeat over MQTT: it tells its status, then only tags.
"""

from collections.abc import Sequence

import numpy as np

from simulators.benchmark.clocks import DeviceClock
from simulators.benchmark.messages import MqttMessage
from simulators.benchmark.reader_plan import MQTT_LATENCY_NS, Columns, ReaderPlan, Told, flushes, times
from simulators.devices.impinj import ImpinjOptions, ImpinjR700, InventoryStatus
from simulators.times import rfc3339

MAX_EVENTS_PER_MESSAGE = 100


class ImpinjReports:
    """The dialect of one R700."""

    def __init__(self, plan: ReaderPlan, clock: DeviceClock) -> None:
        self._plan = plan
        self._clock = clock

    def begin(self, now_ns: int) -> list[Told]:
        """Return its status: running."""
        reader = ImpinjR700(self._plan.id, ImpinjOptions(self._plan.topic, hostname=self._plan.id))
        publication = reader.status(InventoryStatus.RUNNING, now_ns + self._clock.shift_ns(now_ns))
        return [self._message(now_ns, publication.payload)]

    def tell(self, columns: Columns, epoch_ns: int) -> list[Told]:
        """Return its tag events."""
        shift_ns = self._clock.shift_ns(epoch_ns)
        tags = _tags(columns, shift_ns, tells_rssi=self._plan.tells_rssi)
        messages: list[Told] = []
        for sent_ns, first, end in flushes(columns, epoch_ns, self._plan.report_ns):
            sent_at = rfc3339(sent_ns + shift_ns)
            for start in range(first, end, MAX_EVENTS_PER_MESSAGE):
                part = tags[start : min(end, start + MAX_EVENTS_PER_MESSAGE)]
                messages.append(self._message(sent_ns, _array(self._plan.id, sent_at, part)))
        return messages

    def _message(self, sent_ns: int, payload: bytes) -> MqttMessage:
        return MqttMessage(sent_ns + MQTT_LATENCY_NS, self._plan.id, self._plan.topic, payload)


def _tags(columns: Columns, shift_ns: int, *, tells_rssi: bool) -> list[str]:
    """Return the tag of each event as JSON text, RSSI in steps of half a decibel or switched off."""
    cdbm = (np.rint(columns.rssi_dbm * 2.0) * 50.0).astype(np.int64).tolist()
    rssi = [f'"peakRssiCdbm":{value},' for value in cdbm] if tells_rssi else [""] * len(cdbm)
    told = times(columns.at_ns + shift_ns)
    return [
        f'{{"epcHex":"{epc}","antennaPort":{port},{field}"lastSeenTime":"{second}.{ns:09d}Z"}}}}'
        for epc, port, field, (second, ns) in zip(columns.epcs, columns.ports, rssi, told, strict=True)
    ]


def _array(hostname: str, sent_at: str, tags: Sequence[str]) -> bytes:
    head = (
        f'{{"timestamp":"{sent_at}","hostname":"{hostname}","eventType":"tagInventory","tagInventoryEvent":'
    )
    return f"[{head}{f',{head}'.join(tags)}]".encode("ascii")
