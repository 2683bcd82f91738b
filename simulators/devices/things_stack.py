"""A simulated LoRaWAN scale behind The Things Stack: joins, and uplinks as its JSON. Pure, seeded.

As the stack does, it leaves out every field of its own whose value is 0, "" or false. Source:
TheThingsIndustries/lorawan-stack-docs, data formats; MQTT topics.
"""

import base64
import json
import struct
from dataclasses import dataclass, field
from random import Random

from simulators.agenda import NS_PER_S
from simulators.devices.load_cell import CellOptions, LoadCell
from simulators.emissions import Publication
from simulators.times import rfc3339

AIR_TIME_NS = 62_000_000
"""From the end of a measurement to the network server, over SF7."""
MAX_DECIGRAMS = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class LoraOptions:
    """The device's names in the stack, how often it sends, and how its frame is decoded there.

    `decoded`: a payload formatter of the application adds decoded_payload.weight, in kilograms.
    """

    device_id: str
    application: str = "shop@ttn"
    period_s: int = 60
    f_port: int = 2
    decoded: bool = True
    cell: CellOptions = field(default_factory=CellOptions)


class LoraScale:
    """One scale. Its frame is a flag byte, a reserved byte, and tenths of grams in four bytes, big endian."""

    def __init__(self, device: str, options: LoraOptions, load_g: float, seed: int = 0) -> None:
        self._device = device
        self._options = options
        self._cell = LoadCell(options.cell, load_g, Random(f"{seed}:{device}"))
        self.touch = self._cell.touch
        self._due_ns = 0
        self._f_cnt = 0

    def births(self, now_ns: int) -> list[Publication]:
        """Return the join-accept of a device that was just switched on."""
        self._f_cnt = 0
        return [
            self._publication("join", {"join_accept": {"session_key_id": "AXA50tHUGUucuzS/bCGMNw=="}}, now_ns)
        ]

    def will(self, now_ns: int = 0) -> None:  # noqa: ARG002 - as of the scales that leave one
        """Return nothing: the stack holds the connection, not the device."""
        return

    def sample(self, now_ns: int) -> list[Publication]:
        """Let a second pass; return the uplink, once per period."""
        if now_ns < self._due_ns:
            return []
        options = self._options
        self._due_ns = now_ns + options.period_s * NS_PER_S
        decigrams = min(max(round(self._cell.weigh(now_ns) * 10), 0), MAX_DECIGRAMS)
        uplink = {
            "f_port": options.f_port,
            "f_cnt": self._f_cnt,
            "frm_payload": base64.b64encode(struct.pack(">BxI", 1, decigrams)).decode("ascii"),
            "decoded_payload": {"weight": decigrams / 10_000} if options.decoded else {},
            "rx_metadata": [{"gateway_ids": {"gateway_id": "gtw1"}, "rssi": -71, "snr": 9.5}],
            "confirmed": False,
            "received_at": rfc3339(now_ns + AIR_TIME_NS),
        }
        self._f_cnt += 1
        return [self._publication("up", {"uplink_message": _without_empty(uplink)}, now_ns)]

    def _publication(self, leaf: str, message: dict[str, object], now_ns: int) -> Publication:
        options = self._options
        event = {
            "end_device_ids": {
                "device_id": options.device_id,
                "application_ids": {"application_id": options.application.partition("@")[0]},
                "dev_eui": "0004A30B001C0530",
            },
            "received_at": rfc3339(now_ns + 2 * AIR_TIME_NS),
            **message,
        }
        topic = f"v3/{options.application}/devices/{options.device_id}/{leaf}"
        payload = json.dumps(event, separators=(",", ":")).encode()
        return Publication(now_ns, self._device, topic, payload)


def _without_empty(message: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in message.items() if value not in (0, "", False, {}, [])}
