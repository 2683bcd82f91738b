"""What a Zebra FX reader of the benchmark's shop publishes: tag data, and heartbeats apart. Pure.

The format is that of simulators/devices/zebra.py; a tag's answers at one antenna within an epoch are
one event with their number (reportFilter).
"""

import numpy as np

from simulators.benchmark.clocks import DeviceClock
from simulators.benchmark.messages import MqttMessage
from simulators.benchmark.reader_plan import MQTT_LATENCY_NS, Columns, ReaderPlan, Told, flushes, times
from simulators.times import rfc3339

MAX_EVENTS_PER_MESSAGE = 20
_TO_MS = 23
"""Characters of a time up to its milliseconds."""


class ZebraReports:
    """The dialect of one FX reader."""

    def __init__(self, plan: ReaderPlan, clock: DeviceClock) -> None:
        self._plan = plan
        self._clock = clock
        self._events = 0
        self._heartbeat_ns = 0

    def begin(self, now_ns: int) -> list[Told]:
        """Return its start; its heartbeats begin anew."""
        self._heartbeat_ns = now_ns + self._plan.heartbeat_ns
        return [self._management("readerStarted", now_ns)]

    def tell(self, columns: Columns, epoch_ns: int) -> list[Told]:
        """Return its tag data, and its heartbeat where one is due."""
        texts = self._texts(columns, self._clock.shift_ns(epoch_ns))
        messages: list[Told] = []
        for sent_ns, first, end in flushes(columns, epoch_ns, self._plan.report_ns):
            for start in range(first, end, MAX_EVENTS_PER_MESSAGE):
                payload = "".join(texts[start : min(end, start + MAX_EVENTS_PER_MESSAGE)]).encode("ascii")
                messages.append(
                    MqttMessage(sent_ns + MQTT_LATENCY_NS, self._plan.id, self._plan.topic, payload)
                )
        if epoch_ns >= self._heartbeat_ns:
            self._heartbeat_ns = epoch_ns + self._plan.heartbeat_ns
            messages.append(self._management("heartbeat", epoch_ns))
        return messages

    def _texts(self, columns: Columns, shift_ns: int) -> list[str]:
        first = self._events
        self._events += len(columns.epcs)
        decibels = np.rint(columns.rssi_dbm).astype(np.int64).tolist()
        told = times(columns.at_ns + shift_ns)
        return [
            f'{{"data":{{"antenna":{port},"eventNum":{first + place},"format":"epc","idHex":"{epc.lower()}",'
            f'"peakRssi":{rssi},"reads":{rounds}}},"timestamp":"{second}.{ns // 1_000_000:03d}+0000","type":"SIMPLE"}}'
            for place, (epc, port, rssi, rounds, (second, ns)) in enumerate(
                zip(columns.epcs, columns.ports, decibels, columns.rounds, told, strict=True), 1
            )
        ]

    def _management(self, kind: str, now_ns: int) -> MqttMessage:
        told = rfc3339(now_ns + self._clock.shift_ns(now_ns))[:_TO_MS]
        payload = f'{{"component":"RG","data":{{}},"eventNum":1,"timestamp":"{told}+0000","type":"{kind}"}}'
        return MqttMessage(
            now_ns + MQTT_LATENCY_NS, self._plan.id, self._plan.status_topic, payload.encode("ascii")
        )
