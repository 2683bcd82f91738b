"""What stands in the shops: `[[readers]]`, `[[scanners]]`, `[[shelves]]`. Pure."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from gateway.config.mappings import Scale, Unit
from gateway.config.section import Id, Section, Sku, TopicFilter

ScannerRole = Literal["receiving", "till", "return", "count", "look_up"]
Region = Literal["eu", "us", "cn-900", "cn-800", "kr"]
Topic = Annotated[str, Field(min_length=1, max_length=256)]
Webhook = Annotated[
    bool, Field(description="it posts to /v1/ingest/<id>: not heard at the broker, which is then not needed")
]


class AntennaSection(Section):
    """An antenna port and the zone that it watches."""

    port: int = Field(1, ge=0, le=255, description="antenna number as the reader reports it")
    zone: Id


class ReaderSection(Section):
    """An RFID reader: on a serial port (m100, cf, …), or behind the broker (impinj, zebra, mapping …)."""

    id: Id
    kind: str = Field(
        description="m100, cf, r2000, uhfreader18, uhfreader288 (serial port); impinj, zebra, zebra_sled, "
        "mapping (broker)"
    )
    store: Id
    antennas: tuple[AntennaSection, ...] = Field(min_length=1, max_length=64)
    port: str | None = Field(None, description="serial readers: device path, best /dev/serial/by-id/…")
    baud: int | None = Field(
        None, ge=1_200, le=3_000_000, description="serial readers: bit/s; default by kind"
    )
    region: Region | None = Field(None, description="radio region; left out: the module's own setting stays")
    power_dbm: float | None = Field(None, ge=0, le=33, description="transmit power, dBm at the chip")
    mode: Literal["answer", "real_time"] = Field(
        "answer", description="uhfreader288: asked round after round, or reporting by itself"
    )
    ports: int | None = Field(
        None, ge=1, le=16, description="uhfreader288: how many antenna ports it has, where it has 16"
    )
    topic: Topic | None = Field(None, description="MQTT readers: the configured event topic")
    status_topics: tuple[TopicFilter, ...] = Field(
        (), max_length=8, description="zebra, zebra_sled: topics of its heartbeats and connection events"
    )
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    scan_role: ScannerRole | None = Field(
        None, description="what codes mean that it scans (sleds), in the zone of its first antenna"
    )
    handheld: bool | None = Field(
        None, description="it comes and goes: its reads count, its silence says nothing; left out: by kind"
    )
    silent_after_s: float = Field(
        60,
        ge=2,
        le=3_600,
        description="no proof of life for this long: the reader is down, its zones unknown",
    )

    @field_validator("antennas")
    @classmethod
    def _one_antenna_per_port(cls, value: tuple[AntennaSection, ...]) -> tuple[AntennaSection, ...]:
        ports = [antenna.port for antenna in value]
        for port in ports:
            if ports.count(port) > 1:
                raise ValueError(f"antenna port {port} stands twice: give each port one zone")
        return value


class ScannerSection(Section):
    """A code scanner: lines on a serial port, or behind the broker; its role says what a scan means."""

    id: Id
    kind: str = Field("scanner", description="scanner (serial port), mapping (broker)")
    store: Id
    zone: Id
    role: ScannerRole
    port: str | None = Field(None, description="serial scanners: device path, best /dev/serial/by-id/…")
    baud: int | None = Field(None, ge=1_200, le=3_000_000, description="bit/s; default 9600")
    prefix: str = Field("", max_length=16, description="text that the scanner sends before each code")
    gs_replacement: str = Field("", max_length=1, description="character sent in place of GS (0x1D)")
    idle_flush_s: float = Field(
        0.3, ge=0.02, le=10, description="a code without terminator ends after this, real s"
    )
    topic: Topic | None = Field(None, description="MQTT scanners: the device's part of its mapping's topics")
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    repeat_window_s: float = Field(
        0.8, ge=0, le=60, description="the same code again within this is the same scan"
    )


class ShelfSection(Section):
    """A weight shelf behind the broker, for one article."""

    id: Id
    kind: str = Field("tasmota", description="tasmota, esphome, things_stack, mapping")
    store: Id
    zone: Id
    sku: Sku
    topic: Topic | None = Field(None, description="the device's name in its topics (Tasmota: %topic%)")
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    value: str | None = Field(
        None,
        min_length=1,
        max_length=512,
        description="where the weight is. esphome: object id; things_stack, mapping: expression into the JSON",
    )
    frame: str | None = Field(
        None, max_length=64, description="things_stack: struct format of frm_payload, the weight first"
    )
    unit: Unit | None = Field(
        None, description="unit that the device weighs in: mg, g, kg, oz, lb; default g"
    )
    scale: Scale | None = Field(None, description="factor on what the device says; default 1")
    unit_weight_g: float = Field(gt=0, le=1_000_000, description="weight of one piece, grams")
    tare_g: float = Field(0, ge=-1_000_000, le=1_000_000, description="reading of the empty shelf, grams")
    settle_s: float = Field(15, ge=1, le=300, description="readings must agree for this long")
    silent_after_s: float = Field(
        900, ge=10, le=86_400, description="no message for this long: shelf is down"
    )
