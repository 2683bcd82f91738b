"""A simulated Zebra FX reader with its IoT Connector: tag data and management events. Pure.

Several events go into one message one after another, without a mark between. Without its broker the
reader keeps events, and sends them at a throttled rate once it is back. Sources: ZebraDevs
DockDoorSample (Models/TagData, ReaderConfig.json: 150,000 events, 500 a second); barnowl-zebra.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.emissions import Publication

MAX_EVENTS_PER_MESSAGE = 20


@dataclass(frozen=True, slots=True)
class ZebraOptions:
    """How the reader was configured. `meta`: the metadata fields that are enabled, beside the EPC.

    `events_per_emit` throttles: 500 a second, for a device that is asked four times in one.
    """

    topic: str
    status_topic: str = ""
    meta: frozenset[str] = frozenset({"antenna", "peakRssi", "reads", "MAC"})
    mac: str = "84:24:8D:F1:0A:E0"
    heartbeat_s: int = 30
    max_kept_events: int = 150_000
    events_per_emit: int = 125


class ZebraFx:
    """One reader with up to eight antennas."""

    def __init__(self, device: str, options: ZebraOptions) -> None:
        self._device = device
        self._options = options
        self._event_num = 0
        self._heartbeat_ns = 0
        self._is_connected = True
        self._kept: deque[str] = deque(maxlen=options.max_kept_events)

    def power_on(self, now_ns: int) -> list[Publication]:
        """Return what the reader publishes when it has started."""
        self._event_num = 0
        return self._management("readerStarted", now_ns)

    def disconnect(self) -> None:
        """Take its broker away: it keeps what it sees."""
        self._is_connected = False

    def reconnect(self) -> None:
        """Give its broker back: what it kept comes with the next `emit`s, oldest first, throttled."""
        self._is_connected = True

    def emit(self, seen: Sequence[TagSeen], now_ns: int) -> list[Publication]:
        """Return the messages for the tags that answered until now, after those that were kept."""
        self._kept.extend(self._event(tag) for tag in seen)
        if not self._is_connected:
            return []
        events = [self._kept.popleft() for _ in range(min(len(self._kept), self._options.events_per_emit))]
        sent = [
            Publication(now_ns, self._device, self._options.topic, "".join(events[at : at + MAX_EVENTS_PER_MESSAGE]).encode("ascii"))
            for at in range(0, len(events), MAX_EVENTS_PER_MESSAGE)
        ]  # fmt: skip
        return sent + self._heartbeat(now_ns)

    def _heartbeat(self, now_ns: int) -> list[Publication]:
        if now_ns < self._heartbeat_ns:
            return []
        self._heartbeat_ns = now_ns + self._options.heartbeat_s * NS_PER_S
        return self._management("heartbeat", now_ns)

    def _event(self, tag: TagSeen) -> str:
        self._event_num += 1
        values: dict[str, object] = {
            "antenna": tag.port,
            "peakRssi": round(tag.rssi_dbm),
            "reads": 1,
            "MAC": self._options.mac,
            "channel": 866.3,
            "phase": 0.0,
        }
        data = {name: value for name, value in values.items() if name in self._options.meta}
        data |= {"eventNum": self._event_num, "format": "epc", "idHex": tag.epc.lower()}
        event = {"data": data, "timestamp": _timestamp(tag.at_ns), "type": "SIMPLE"}
        return json.dumps(event, separators=(",", ":"))

    def _management(self, kind: str, now_ns: int) -> list[Publication]:
        if not self._options.status_topic:
            return []
        event = {"component": "RG", "data": {}, "eventNum": 1, "timestamp": _timestamp(now_ns), "type": kind}
        payload = json.dumps(event, separators=(",", ":")).encode("ascii")
        return [Publication(now_ns, self._device, self._options.status_topic, payload)]


def _timestamp(at_ns: int) -> str:
    """Return milliseconds and a zone without its colon, as the reader writes them."""
    second, ns = divmod(at_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{ns // 1_000_000:03d}+0000"
