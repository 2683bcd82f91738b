"""What a UHFReader288 of the benchmark's shop sends on its serial line, set to report by itself. Pure.

Real-time mode, as simulators/devices/uhfreader.py has it: a frame per tag, antenna as a bit, a raw
RSSI that no document gives a scale for, no time of its own; a heartbeat frame when it saw nothing.
"""

from simulators.benchmark.messages import SerialBytes
from simulators.benchmark.reader_plan import Columns, ReaderPlan, Told, flushes
from simulators.devices.uhfreader_frames import Command, Status, answer

ADDRESS = 0
LATENCY_NS = 4_000_000
PORTS = 4
CONNECTED = 1


class SerialReports:
    """The dialect of one UHFReader288."""

    def __init__(self, plan: ReaderPlan) -> None:
        self._plan = plan
        self._quiet_until_ns = 0
        self._beats = self._total = 0

    def begin(self, now_ns: int) -> list[Told]:
        """Return nothing: it was set up long ago, and simply goes on."""
        self._quiet_until_ns = now_ns + self._plan.heartbeat_ns
        return []

    def tell(self, columns: Columns, epoch_ns: int) -> list[Told]:
        """Return the frames of its tags, or its heartbeat when it has seen none for long."""
        raw = [round(max(0.0, min(255.0, rssi + 160.0))) for rssi in columns.rssi_dbm.tolist()]
        frames = []
        for epc, port, rssi in zip(columns.epcs, columns.ports, raw, strict=True):
            identity = bytes.fromhex(epc)
            data = bytes((1 << port - 1, len(identity))) + identity + bytes((rssi,))
            frames.append(answer(ADDRESS, Command.REPORT, Status.OK, data))
        messages: list[Told] = [
            SerialBytes(sent_ns + LATENCY_NS, self._plan.id, b"".join(frames[first:end]))
            for sent_ns, first, end in flushes(columns, epoch_ns, self._plan.report_ns)
        ]
        self._total += len(frames)
        if messages:
            self._quiet_until_ns = epoch_ns + self._plan.heartbeat_ns
        elif epoch_ns >= self._quiet_until_ns:
            self._quiet_until_ns = epoch_ns + self._plan.heartbeat_ns
            messages = [SerialBytes(epoch_ns + LATENCY_NS, self._plan.id, self._beat())]
        return messages

    def _beat(self) -> bytes:
        self._beats += 1
        data = self._beats.to_bytes(4, "big") + bytes((CONNECTED,) * PORTS) + self._total.to_bytes(4, "big")
        return answer(ADDRESS, Command.REPORT, Status.BEAT, data)
