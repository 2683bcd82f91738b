"""What is said to a UHFReader18 or UHFReader288, and what their information means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from readers.codecs.conversation import Step
from readers.codecs.radio import check_antennas, check_region, whole_dbm
from readers.codecs.uhfreader import Command
from readers.errors import DeviceRefused, Malformed
from readers.settings import RfidSettings

MANUAL_288 = "UHF RFID Reader Series User Manual v2.20"
MANUAL_18 = "ZK-RFID102 / UHFReader18 User's Manual V2.0, §8.4.2"
MAX_POWER_DBM = 30
"""Both manuals, command 2F: 0 to 30 dBm, 30 being about 1 W."""

BANDS = MappingProxyType(
    {
        0b0001: ("China 2", 920_125, 250),
        0b0010: ("US", 902_750, 500),
        0b0011: ("Korea", 917_100, 200),
        0b0100: ("EU", 865_100, 200),
        0b0110: ("Ukraine", 868_000, 100),
        0b0111: ("Peru", 916_200, 900),
        0b1000: ("China 1", 840_125, 250),
        0b1001: ("EU 3", 865_700, 600),
        0b1010: ("Taiwan", 922_250, 500),
        0b1100: ("US 3", 902_000, 500),
    }
)
"""Band -> name, frequency of channel 0 and step, both kHz."""

REGIONS_288: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "cn-900": (0b0001, 19),
        "us": (0b0010, 49),
        "kr": (0b0011, 31),
        "cn-800": (0b1000, 19),
        "eu": (0b1001, 3),
    }
)
"""Region -> band and its last channel. "eu" is band EU 3, whose four channels are exactly those on which
ETSI EN 302 208 allows 2 W; the band EU would use the channels between them too."""

REGIONS_18: Mapping[str, tuple[int, int]] = MappingProxyType(
    {region: REGIONS_288[region] for region in ("cn-900", "us", "kr")}
)
"""The bands of the UHFReader18's manual: it knows none of Europe."""

READER_TYPES = {
    0x03: "RRU9803M",
    0x08: "RRU9803M",
    0x09: "UHFReader18",
    0x0C: "UHFReader288M",
    0x0F: "UHFReader86",
    0x10: "UHFReader86",
    0x16: "RRU9883M",
    0x20: "UHFReader288MP",
    0x8B: "UHFReader288ADV",
}
BYTE_PORTS, MASK_PORTS, NUMBER_PORTS = 4, 8, 16
"""Sizes of readers. Up to 8 ports, a tag's antennas are a bit mask; with 16, one number from 0."""

SCAN_TIME_100MS = 5
"""How long one inventory may take where tags keep answering: four antennas have their turn in two seconds."""
Q, SESSION, TARGET_A = 4, 0, 0
_EPC_BANK = 1
_ANTENNA_SELECTOR = 0x80
REAL_TIME_PARAMETERS = bytes((0, 0, 0, Q, SESSION))
"""Tags of EPC C1 G2, 10 ms between rounds, no filter time (the gateway forgets repeats by itself), Q, session."""
MODE_ANSWER, MODE_REAL_TIME = 0, 1
BEAT_INTERVAL_30S = 1
"""Heartbeats of real-time mode, in half minutes: they come only while no tag does."""
SET_INTERVAL = 0x80

ROUND_WAIT_S = SCAN_TIME_100MS / 10 + 0.5
ROUND_ATTEMPTS = 5
"""A reader is deaf while it takes inventory: to ask it again too early does no harm."""

STOP_WAIT_S = 1.2
"""A running inventory ends within a second of STOP, and is deaf until then."""

STOP = Step("stop", Command.STOP, is_required=False, wait_s=STOP_WAIT_S, attempts=1)
INFO = Step("info", Command.INFO)
LOOK_AT_MODE = Step("mode", Command.GET_REAL_TIME, is_required=False)
LOOK_AT_MODE_18 = Step("mode", Command.GET_WORK_MODE_18, is_required=False)
"""Old firmware does not know these: silence is an answer too."""
TO_ANSWER_MODE = Step("answer_mode", Command.SET_WORK_MODE, bytes((MODE_ANSWER,)))
TO_REAL_TIME_MODE = Step("real_time_mode", Command.SET_WORK_MODE, bytes((MODE_REAL_TIME,)))


def _optional(name: str, command: Command, param: bytes) -> Step:
    return Step(name, command, param, is_required=False)


SET_PARAMETERS = _optional("parameters", Command.SET_REAL_TIME, REAL_TIME_PARAMETERS)
SET_BEAT = _optional("heartbeat", Command.HEARTBEAT_INTERVAL, bytes((SET_INTERVAL | BEAT_INTERVAL_30S,)))
SET_SCAN_TIME = _optional("scan_time", Command.SET_SCAN_TIME, bytes((SCAN_TIME_100MS,)))
INVENTORY_18 = Step(
    "inventory", Command.INVENTORY, is_round=True, wait_s=ROUND_WAIT_S, attempts=ROUND_ATTEMPTS
)


@dataclass(frozen=True, slots=True)
class ReaderInfo:
    """The answer to INFO. `frequency` is the two bytes of SET_REGION; `antennas` a mask, where told."""

    version: str
    type: int
    frequency: bytes
    power_dbm: int
    scan_time_100ms: int
    antennas: int | None

    def text(self) -> str:
        """Return it for people."""
        name = READER_TYPES.get(self.type, "UHF reader")
        return (
            f"{name} (type {self.type:02X}); firmware {self.version}; "
            f"{_band_text(self.frequency)}; power {self.power_dbm} dBm"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings ask for, checked. `frequency` and `power_dbm` None: leave the reader's own."""

    frequency: bytes | None
    power_dbm: int | None


def decode_info(data: bytes) -> ReaderInfo:
    """Return what INFO's answer says. Raises Malformed `info` where it is too short.

    `Version(2) Type Tr dmaxfre dminfre Power ScanTime [Ant …]`
    """
    if len(data) < 8:
        raise Malformed("info", f"{len(data)} bytes", data)
    antennas = data[8] if len(data) > 8 else None
    return ReaderInfo(f"{data[0]}.{data[1]:02}", data[2], data[4:6], data[6], data[7], antennas)


@dataclass(frozen=True, slots=True)
class RealTime:
    """The answer to GET_REAL_TIME. `hides_tags`: a mask lets only some through; `reads_tid`: no EPCs."""

    mode: int
    parameters: bytes
    hides_tags: bool
    reads_tid: bool


def decode_real_time(data: bytes) -> RealTime:
    """Return the work mode and its parameters. Raises Malformed `real_time` where it is too short.

    `ReadMode TagProtocol ReadPauseTime FilterTime Q Session MaskMem MaskAdr(2) MaskLen MaskData(32)
    AdrTID LenTID`
    """
    if len(data) < 10:
        raise Malformed("real_time", f"{len(data)} bytes", data)
    return RealTime(data[0], data[1:6], data[9] > 0, len(data) > 42 and data[-1] > 0)


def region_param(region: tuple[int, int]) -> bytes:
    """Return the two bytes of SET_REGION: the band's bits stand on top of the last and first channel."""
    band, last_channel = region
    return bytes(((band & 0b1100) << 4 | last_channel, (band & 0b0011) << 6))


def ports_of(settings: RfidSettings) -> int:
    """Return how many ports a UHFReader288 has: as told, else the smallest size with those in use."""
    used = max(settings.antennas, default=1)
    return settings.ports or next((size for size in (BYTE_PORTS, MASK_PORTS) if used <= size), NUMBER_PORTS)


def wanted_288(settings: RfidSettings) -> Wanted:
    """Return what the settings ask of a UHFReader288. Raises DeviceRefused for what it cannot be."""
    check_region(settings, REGIONS_288, MANUAL_288)
    ports = ports_of(settings)
    check_antennas(settings, min(ports, NUMBER_PORTS), f"a UHFReader288 with {ports} ports")
    if settings.mode == "real_time" and ports > MASK_PORTS:
        raise DeviceRefused(
            f"{settings.device}: real-time mode is known for readers with up to {MASK_PORTS} ports: "
            'set mode = "answer"'
        )
    region = REGIONS_288[settings.region] if settings.region else None
    return Wanted(region_param(region) if region else None, whole_dbm(settings, 0, MAX_POWER_DBM, MANUAL_288))


def wanted_18(settings: RfidSettings) -> Wanted:
    """Return what the settings ask of a UHFReader18. Raises DeviceRefused for what it cannot be."""
    check_region(settings, REGIONS_18, MANUAL_18)
    check_antennas(settings, MASK_PORTS, "the number is yours: a UHFReader18 reports none")
    if len(settings.antennas) != 1:
        raise DeviceRefused(f"{settings.device}: a UHFReader18 tells no antennas apart: give one")
    if settings.mode == "real_time":
        raise DeviceRefused(
            f"{settings.device}: a UHFReader18 has no heartbeats in its scan mode, so that nobody could tell "
            'it from a dead one: set mode = "answer"'
        )
    region = REGIONS_18[settings.region] if settings.region else None
    return Wanted(region_param(region) if region else None, whole_dbm(settings, 0, MAX_POWER_DBM, MANUAL_18))


def radio_steps(wanted: Wanted, info: ReaderInfo) -> list[Step]:
    """Return what has to be set: only what differs, since readers keep it in an EEPROM that wears."""
    steps: list[Step] = []
    if wanted.frequency is not None and wanted.frequency != info.frequency:
        steps.append(Step("region", Command.SET_REGION, wanted.frequency))
    if wanted.power_dbm is not None and wanted.power_dbm != info.power_dbm:
        steps.append(Step("power", Command.SET_POWER, bytes((wanted.power_dbm,))))
    return steps


def antennas_step(antennas: tuple[int, ...], ports: int) -> Step:
    """Return the command that real-time mode watches these antennas. Readers with more than four
    ports take a word, and whether to forget it at power off."""
    mask = sum(1 << port - 1 for port in antennas)
    param = bytes((mask,)) if ports <= BYTE_PORTS else bytes((0, mask >> 8, mask & 0xFF))
    return _optional("antennas", Command.SET_ANTENNAS, param)


def inventory_288(antenna: int) -> Step:
    """Return one inventory through one antenna: Q, session, no mask, target A, antenna, scan time."""
    mask = bytes((_EPC_BANK, 0, 0, 0))
    tail = bytes((TARGET_A, _ANTENNA_SELECTOR | antenna - 1, SCAN_TIME_100MS))
    param = bytes((Q, SESSION)) + mask + tail
    return Step(
        "inventory", Command.INVENTORY, param, is_round=True, wait_s=ROUND_WAIT_S, attempts=ROUND_ATTEMPTS
    )


def _band_text(frequency: bytes) -> str:
    band = frequency[0] >> 6 << 2 | frequency[1] >> 6
    if band not in BANDS:
        return f"band {band:04b}"
    name, start_khz, step_khz = BANDS[band]
    low, high = (start_khz + (byte & 0x3F) * step_khz for byte in (frequency[1], frequency[0]))
    return f"band {name}, {low / 1000:g} to {high / 1000:g} MHz"
