"""A simulated Impinj R700 on its IoT interface: tag inventory events as JSON over MQTT. Pure.

Source: support.impinj.com, IoT Device Interface; captured payloads in tests/vectors. Over MQTT the
reader has no keep-alive event: it says `inventoryStatus` when that changes, and else only tags.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulators.air import TagSeen
from simulators.emissions import Publication
from simulators.times import rfc3339

MAX_EVENTS_PER_MESSAGE = 100
MAX_CACHED_TAGS = 2_000
"""As for the M100: prepared texts per tag."""


class InventoryStatus(StrEnum):
    """What the reader is doing."""

    IDLE = "idle"
    ARMED = "armed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class ImpinjOptions:
    """How the reader was configured. `batch` false: one object per message; true: arrays."""

    topic: str
    hostname: str = "impinj-16-4b-02"
    batch: bool = True
    frequency_khz: int = 866_300
    transmit_power_cdbm: int = 3_000


class ImpinjR700:
    """One reader with up to four antennas."""

    def __init__(self, device: str, options: ImpinjOptions) -> None:
        self._device = device
        self._options = options
        self._identities: dict[str, str] = {}

    def power_on(self, now_ns: int) -> list[Publication]:
        """Return what the reader publishes when its inventory begins."""
        return [self.status(InventoryStatus.RUNNING, now_ns)]

    def status(self, status: InventoryStatus, now_ns: int) -> Publication:
        """Return an inventory status event."""
        event = {
            "timestamp": rfc3339(now_ns),
            "hostname": self._options.hostname,
            "eventType": "inventoryStatus",
            "inventoryStatusEvent": {"inventoryStatus": status.value},
        }
        return self._publication(json.dumps(event, separators=(",", ":")), now_ns)

    def emit(self, seen: Sequence[TagSeen], now_ns: int) -> list[Publication]:
        """Return the messages for the tags that answered until now."""
        sent_at = rfc3339(now_ns)
        events = [self._event(tag, sent_at) for tag in seen]
        if not self._options.batch:
            return [self._publication(event, now_ns) for event in events]
        return [
            self._publication(f"[{','.join(events[first : first + MAX_EVENTS_PER_MESSAGE])}]", now_ns)
            for first in range(0, len(events), MAX_EVENTS_PER_MESSAGE)
        ]

    def _event(self, tag: TagSeen, sent_at: str) -> str:
        """Built by hand, not by json.dumps: it is the simulator's hot path, and nothing needs escaping."""
        options = self._options
        return (
            f'{{"timestamp":"{sent_at}","hostname":"{options.hostname}","eventType":"tagInventory",'
            f'"tagInventoryEvent":{{{self._identity(tag.epc)},"antennaPort":{tag.port},'
            f'"peakRssiCdbm":{round(tag.rssi_dbm * 2) * 50},"frequency":{options.frequency_khz},'
            f'"transmitPowerCdbm":{options.transmit_power_cdbm},"lastSeenTime":"{rfc3339(tag.at_ns)}"}}}}'
        )

    def _identity(self, epc: str) -> str:
        text = self._identities.get(epc)
        if text is None:
            if len(self._identities) >= MAX_CACHED_TAGS:
                self._identities.clear()
            raw = bytes.fromhex(epc)
            pc = ((len(raw) // 2) << 11).to_bytes(2, "big")
            text = self._identities[epc] = f'"epc":"{_url_safe(raw)}","epcHex":"{epc}","pc":"{_url_safe(pc)}"'
        return text

    def _publication(self, payload: str, now_ns: int) -> Publication:
        return Publication(now_ns, self._device, self._options.topic, payload.encode("ascii"))


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")
