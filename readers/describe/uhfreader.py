"""What the frames of UHFReader18 and UHFReader288 readers say, for people. Pure.

An answer with tags is a frame line that lists them, and a read line for each. Commands bear their name
as `cmd` (and its number as `cmd_code`), answers its number (and `name`).

Nothing in a frame says who sent it, unless it is for everybody (address FF). A frame of a setting is the
host's where it holds more than a status; a work mode also where nobody has asked for one.
"""

from collections.abc import Callable

from readers.codecs import uhfreader
from readers.codecs.chafon import Frame
from readers.codecs.json_payload import Json
from readers.codecs.uhfreader import Command, Status, Tag
from readers.codecs.uhfreader_steps import BANDS, decode_info
from readers.describe.fields import Fields, coded, merged, uint, unknown
from readers.describe.frames import FrameDescriber
from readers.describe.lines import Line, without_none

_MODES = {0: "answer (stops real-time)", 1: "real-time inventory", 2: "real-time with trigger"}
_STORED_POWER = 0x7F
"""Bit 7 of a power byte: do not keep it over a power cut."""


def _frequency(data: bytes) -> Line:
    """Return the band and its ends: `MaxFre MinFre`, whose top bits are the band (manual §8.4.3)."""
    if len(data) != 2:
        return unknown(data)
    band = data[0] >> 6 << 2 | data[1] >> 6
    if band not in BANDS:
        return {"band": f"{band:04b}"}
    name, start_khz, step_khz = BANDS[band]
    low, high = ((start_khz + (byte & 0x3F) * step_khz) / 1000 for byte in (data[1], data[0]))
    return {"band": name, "fmin_mhz": low, "fmax_mhz": high}


def _info(data: bytes) -> Line:
    info = decode_info(data)
    head: Line = {
        "fw": info.version,
        "type": info.type,
        "tr": data[3],
        "dmaxfre": data[4],
        "dminfre": data[5],
    }
    tail = without_none(power_dbm=info.power_dbm, scan_time_100ms=info.scan_time_100ms, ant=info.antennas)
    return merged(head, _frequency(info.frequency), tail)


def _inventory(data: bytes) -> Line:
    """Return `Q Session [MaskMem MaskAdr(2) MaskLen MaskData] [AdrTID LenTID] [Target Ant ScanTime]`."""
    if len(data) < 2:
        return unknown(data)
    line: Line = {"q": data[0] & 0x0F, "session": data[1]}
    rest = data[2:]
    if len(rest) >= 4:
        mask_bytes = -(-rest[3] // 8)
        line |= {"mask_mem": rest[0], "mask_adr": int.from_bytes(rest[1:3], "big"), "mask_len": rest[3]}
        if mask_bytes:
            line["mask"] = rest[4 : 4 + mask_bytes].hex().upper()
        rest = rest[4 + mask_bytes :]
    if len(rest) in (2, 5):
        line |= {"tid_adr": rest[0], "tid_len": rest[1]}
        rest = rest[2:]
    if len(rest) == 3:
        return merged(line, {"target": rest[0], "ant": rest[1], "scan_time": rest[2]})
    return merged(line, unknown(rest))


def _power(data: bytes) -> Line:
    levels: list[Json] = [byte & _STORED_POWER for byte in data]
    return {"power_dbm": levels[0] if len(levels) == 1 else levels} if levels else {}


def _real_time(data: bytes) -> Line:
    head = coded("mode_code", _MODES, "mode")(data[:1])
    return merged(head, unknown(data[1:]))


_COMMANDS: dict[int, tuple[str, Fields, Fields]] = {
    Command.REFUSED: ("refused", unknown, unknown),
    Command.INVENTORY: ("inventory", _inventory, unknown),
    0x02: ("read memory", unknown, unknown),
    0x03: ("write memory", unknown, unknown),
    0x04: ("write epc", unknown, unknown),
    Command.INFO: ("get info", unknown, _info),
    Command.SET_REGION: ("set region", _frequency, unknown),
    0x24: ("set address", uint("new_adr"), unknown),
    Command.SET_SCAN_TIME: ("set scan time", uint("scan_time_100ms"), unknown),
    0x28: ("set baud", uint("baud_code"), unknown),
    Command.SET_POWER: ("set power", _power, unknown),
    Command.SET_WORK_MODE_18: ("set work mode", unknown, unknown),
    Command.GET_WORK_MODE_18: ("get work mode", unknown, unknown),
    Command.SET_ANTENNAS: ("set antennas", unknown, unknown),
    Command.SET_REAL_TIME: ("set real-time parameters", unknown, unknown),
    Command.SET_WORK_MODE: ("set work mode", coded("mode_code", _MODES, "mode"), unknown),
    Command.GET_REAL_TIME: ("get work mode", unknown, _real_time),
    Command.HEARTBEAT_INTERVAL: ("heartbeat interval", unknown, unknown),
    Command.STOP: ("stop inventory", unknown, unknown),
    Command.REPORT: ("real-time report", unknown, unknown),
}
"""Command → its name, the fields of the command, the fields of its answer (manual v2.20 §8)."""

_UNKNOWN = ("unknown", unknown, unknown)
_SETTINGS = frozenset(
    {
        Command.SET_REGION,
        0x24,
        Command.SET_SCAN_TIME,
        0x28,
        Command.SET_POWER,
        Command.SET_ANTENNAS,
        Command.SET_REAL_TIME,
        Command.SET_WORK_MODE,
    }
)
"""Answered by a status and nothing else."""
_NOT_REFUSED = frozenset(
    {*uhfreader.TAG_STATUSES, Status.OK, Status.STATISTICS, Status.HEARTBEAT, Status.NO_TAG}
)


TakeTags = Callable[[Frame], tuple[Line, list[Tag]]]


def describer_288() -> FrameDescriber:
    """Return the describer of a UHFReader288's capture; it may hold both directions."""
    return FrameDescriber(uhfreader.new_framer(), _claimed, _Dialogue(_tags_288).describe)


def describer_18() -> FrameDescriber:
    """Return the describer of a UHFReader18's capture; it may hold both directions."""
    return FrameDescriber(uhfreader.new_framer(), _claimed, _Dialogue(_tags_18).describe)


class _Dialogue:
    """Remembers the command that waits for its answer, to tell the two apart."""

    def __init__(self, take_tags: TakeTags) -> None:
        self._take_tags = take_tags
        self._asked: int | None = None

    def describe(self, raw: bytes) -> list[Line]:
        """Return the lines of one intact frame. Raises Malformed for one that contradicts itself."""
        frame = uhfreader.split(raw)
        if frame.status is None or self._is_from_host(frame):
            self._asked = frame.command
            return [_command(frame.address, frame.command, raw[3:-2])]
        self._asked = None
        return _answer(frame, frame.status, self._take_tags)

    def _is_from_host(self, frame: Frame) -> bool:
        if frame.command not in _SETTINGS or frame.command == self._asked:
            return False
        return bool(frame.data) or frame.command == Command.SET_WORK_MODE


def _command(address: int, command: int, data: bytes) -> Line:
    name, fields, _ = _COMMANDS.get(command, _UNKNOWN)
    return merged({"frame": "command", "adr": address, "cmd": name, "cmd_code": command}, fields(data))


def _answer(frame: Frame, status: int, take_tags: TakeTags) -> list[Line]:
    name, _, fields = _COMMANDS.get(frame.command, _UNKNOWN)
    head: Line = {"adr": frame.address, "cmd": frame.command, "name": name, "status": status}
    if status in uhfreader.STATUS_TEXTS:
        head["meaning"] = uhfreader.STATUS_TEXTS[status]
    is_inventory = frame.command == Command.INVENTORY and status in uhfreader.TAG_STATUSES
    if is_inventory or (frame.command == Command.REPORT and status == Status.OK):
        return _with_tags({"frame": "answer" if is_inventory else "tag"}, head, *take_tags(frame))
    if frame.command == Command.REPORT and status == Status.HEARTBEAT:
        return [merged({"frame": "heartbeat"}, head, _beat(frame.data))]
    if frame.command == Command.INVENTORY and status == Status.NO_TAG:
        return [merged({"frame": "answer"}, head, {"tags": []})]
    if status not in _NOT_REFUSED:
        return [merged({"frame": "error"}, head, unknown(frame.data))]
    return [merged({"frame": "answer"}, head, fields(frame.data))]


def _with_tags(kind: Line, head: Line, where: Line, tags: list[Tag]) -> list[Line]:
    listed = [without_none(epc=tag.epc, rssi_raw=tag.rssi_raw) for tag in tags]
    antenna = without_none(antenna=where.get("antenna"))
    told: list[Json] = [*listed]
    frame = merged(kind, head, where, {"tags": told})
    return [frame, *(merged({"kind": "read"}, tag, antenna) for tag in listed)]


def _tags_288(frame: Frame) -> tuple[Line, list[Tag]]:
    """Return the antennas and tags: `Ant Num {…}` of an inventory, `Ant Len EPC RSSI` of a report."""
    data = frame.data
    if not data:
        return {}, []
    ports = uhfreader.ANTENNAS_OF_MASK[data[0]]
    where: Line = {"ant_mask": data[0]}
    if len(ports) == 1:
        where["antenna"] = ports[0]
    elif ports:
        where["antennas"] = [*ports]
    listed = data[1:] if frame.command == Command.INVENTORY else b"\x01" + data[1:]
    return where, uhfreader.decode_tags(listed, has_rssi=True)


def _tags_18(frame: Frame) -> tuple[Line, list[Tag]]:
    """Return the tags: `Num {…}` of an inventory, `EPC` of a report. No antenna is told, and no RSSI."""
    data = frame.data
    listed = data if frame.command == Command.INVENTORY else bytes((1, len(data))) + data
    return {}, uhfreader.decode_tags(listed, has_rssi=False)


def _beat(data: bytes) -> Line:
    beat = uhfreader.decode_beat(data)
    states: list[Json] = [*beat.antennas]
    return {"packet_no": beat.number, "ant_status": states, "total_count": beat.total_count}


def _claimed(run: bytes, start: int) -> int:
    is_beginning = len(run) - start < 3 or uhfreader.measure(run, start) != "command"
    return run[start] + 1 if is_beginning else 0
