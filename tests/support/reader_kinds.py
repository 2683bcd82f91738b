"""Every serial RFID reader that there is: its session, a simulated device, and a report of one tag. Pure.

A report comes from the simulated device's encoders, which share nothing with the codecs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from readers.codecs import cf, m100, r2000, uhfreader
from readers.protocol import SerialProtocol
from readers.registry import serial_kind
from readers.settings import RfidSettings
from simulators.devices import cf_frames, m100_frames, r2000_frames, uhfreader_frames
from simulators.devices.cf import Cf, CfOptions
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.m100_frames import Framing
from simulators.devices.r2000 import R2000, R2000Options
from simulators.devices.serial_reader import SerialReader
from simulators.devices.uhfreader import UhfReader, UhfReaderOptions

READER = "reader-1"
REGION, POWER_DBM = "us", 20


@dataclass(frozen=True)
class ReaderKind:
    """One kind in one of its modes. `is_set`: whether a device has got the region and power of `settings`."""

    name: str
    kind: str
    device: Callable[[LineFaults, int], SerialReader]
    report: Callable[[Sequence[bytes], Random], bytes]
    is_set: Callable[[SerialReader], bool]
    max_frame_bytes: int
    settings: RfidSettings = field(default=RfidSettings(READER, REGION, POWER_DBM))
    tags_per_report: int = 1
    checksum_bits: int = 16

    def session(self) -> SerialProtocol:
        """Return a fresh session."""
        return serial_kind(self.kind).make(self.settings)


def _m100(framing: Framing) -> ReaderKind:
    def report(epcs: Sequence[bytes], rng: Random) -> bytes:
        return m100_frames.tag_frame(framing, epcs[0], rng.uniform(-80, -30))

    return ReaderKind(
        f"m100-{framing.name.lower()}",
        "m100",
        lambda faults, seed: M100(M100Options(framing=framing, faults=faults), seed),
        report,
        lambda device: (device.region, device.power_cdbm) == (2, 2_000),
        m100.MAX_FRAME_BYTES,
        checksum_bits=24,
    )


def _uhf_list(epcs: Sequence[bytes], rng: Random) -> bytes:
    entries = b"".join(bytes((len(epc),)) + epc + bytes((rng.randrange(256),)) for epc in epcs)
    return uhfreader_frames.answer(0, 0x01, 0x03, bytes((1, len(epcs))) + entries)


def _uhf_report(epcs: Sequence[bytes], rng: Random) -> bytes:
    data = bytes((1, len(epcs[0]))) + epcs[0] + bytes((rng.randrange(256),))
    return uhfreader_frames.answer(0, 0xEE, 0x00, data)


def _uhf18_list(epcs: Sequence[bytes], _rng: Random) -> bytes:
    entries = b"".join(bytes((len(epc),)) + epc for epc in epcs)
    return uhfreader_frames.answer(0, 0x01, 0x03, bytes((len(epcs),)) + entries)


def _cf_report(epcs: Sequence[bytes], rng: Random) -> bytes:
    rssi = rng.randrange(-900, -200).to_bytes(2, "big", signed=True)
    return cf_frames.answer(0, 0x0001, 0x00, rssi + bytes((1, 0, len(epcs[0]))) + epcs[0])


def _r2000_report(epcs: Sequence[bytes], rng: Random) -> bytes:
    return r2000_frames.tag_report(1, 0x89, 1, rng.randrange(60), epcs[0], rng.uniform(-80, -30))


def _is_us(device: SerialReader) -> bool:
    return (device.region, device.power_dbm) == (b"\x31\x80", POWER_DBM)


KINDS = (
    _m100(Framing.BB),
    _m100(Framing.AA),
    ReaderKind(
        "uhfreader288-answer",
        "uhfreader288",
        lambda faults, seed: _other_region(UhfReader(UhfReaderOptions(faults=faults), seed)),
        _uhf_list,
        _is_us,
        uhfreader.MAX_FRAME_BYTES,
        tags_per_report=3,
    ),
    ReaderKind(
        "uhfreader288-real-time",
        "uhfreader288",
        lambda faults, seed: _other_region(UhfReader(UhfReaderOptions(faults=faults), seed)),
        _uhf_report,
        lambda device: _is_us(device) and device.mode == 1,
        uhfreader.MAX_FRAME_BYTES,
        settings=RfidSettings(READER, REGION, POWER_DBM, mode="real_time"),
    ),
    ReaderKind(
        "uhfreader18",
        "uhfreader18",
        lambda faults, seed: _other_region(UhfReader(UhfReaderOptions(model=18, faults=faults), seed)),
        _uhf18_list,
        _is_us,
        uhfreader.MAX_FRAME_BYTES,
        tags_per_report=3,
    ),
    ReaderKind(
        "cf",
        "cf",
        lambda faults, seed: Cf(CfOptions(faults=faults), seed),
        _cf_report,
        lambda device: (device.region, device.power_dbm) == (1, POWER_DBM),
        cf.MAX_FRAME_BYTES,
    ),
    ReaderKind(
        "r2000",
        "r2000",
        lambda faults, seed: R2000(R2000Options(faults=faults), seed),
        _r2000_report,
        lambda device: (device.region, device.power_dbm) == (bytes((1, 7, 59)), POWER_DBM),
        r2000.MAX_FRAME_BYTES,
        checksum_bits=8,
    ),
)


def _other_region(device: UhfReader) -> UhfReader:
    """A reader that was used elsewhere: the band China 2."""
    device.region = b"\x13\x40"
    return device


def random_epcs(rng: Random, count: int) -> list[bytes]:
    """Return so many EPCs, no two alike; most have 96 bits."""
    sizes = rng.choices((12, 2, 8, 16, 30), weights=(12, 1, 1, 1, 1), k=count)
    epcs: dict[bytes, None] = {}
    for size in sizes:
        epc = rng.randbytes(size)
        while epc in epcs:
            epc = rng.randbytes(max(size, 12))
        epcs[epc] = None
    return list(epcs)


__all__ = ["KINDS", "NO_FAULTS", "READER", "ReaderKind", "random_epcs"]
