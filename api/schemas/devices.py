"""Schemas of device health and of the gateway's own. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, StoreField, Timestamp


class DeviceClock(Answer):
    """How a device's own clock is, learned from when its messages come. Its times are corrected by it."""

    state: Literal["ok", "offset", "drifting", "stepped", "no_clock"] = Field(
        description="ok; offset (more than a second off); drifting; stepped (set anew within a day); no_clock "
        "(it tells no time of its own, or nothing yet).",
        examples=["ok"],
    )
    offset_s: float | None = Field(
        description="Seconds ahead of the gateway's clock, less than 0: behind; null: not known.",
        examples=[0.2],
    )
    drift_ppm: float | None = Field(
        description="Gain against the gateway's clock in parts per million; null: not known yet.",
        examples=[12],
    )
    steps: int = Field(ge=0, description="Times that it was set anew since the start.", examples=[0])


class Device(Answer):
    """One reader, scanner or shelf. Counts are since the gateway's start."""

    id: str = Field(description="Id of the device.", examples=["m100-front"])
    kind: str = Field(description="What speaks there.", examples=["m100"])
    role: str = Field(description="What it is for.", examples=["reader"])
    store: StoreField
    zones: tuple[str, ...] = Field(description="Ids of the zones it watches.", examples=[["front"]])
    state: Literal["online", "silent", "offline", "never"] = Field(
        description="online; silent (no proof of life in time); offline (it said so, or unplugged); "
        "never (not heard since start).",
        examples=["online"],
    )
    last_seen_at: Timestamp | None = Field(
        description="Last proof of life (RFC 3339, UTC); null: never.", examples=["2026-11-21T18:02:11Z"]
    )
    detail: str = Field(description="What the device says that it is; free text.", examples=["M100 V2.3"])
    observations: int = Field(description="Observations it made.", examples=[184302])
    reconnects: int = Field(description="Times that its link came back.", examples=[0])
    received: int = Field(description="Frames or messages received.", examples=[184310])
    passed: int = Field(description="Observations of these that were passed on.", examples=[184302])
    held: int = Field(description="Observations of these that are still held back.", examples=[0])
    dropped: dict[str, int] = Field(
        description="What was set aside since the start, by reason: frames or messages, single events in "
        "them, and bytes of a port that were in no intact frame (garbage, checksum …).",
        examples=[{"epc_crc": 8, "garbage": 13}],
    )
    clock: DeviceClock | None = Field(description="How its own clock is; null: not judged.")


class DeviceList(Answer):
    """The devices of the stores that the caller sees."""

    items: tuple[Device, ...] = Field(description="Devices, in the order of the site's file.")


class Ready(Answer):
    """Whether the gateway can do its work."""

    ready: bool = Field(description="Whether requests can be answered truthfully.", examples=[True])
    reasons: tuple[str, ...] = Field(description="Why not; empty when ready.", examples=[[]])


class Alive(Answer):
    """That the process answers. It depends on nothing else."""

    alive: Literal[True] = Field(description="Always true.", examples=[True])
