"""What the frames of R2000 modules that speak "A0" say, for people. Pure.

Commands bear their name as `cmd` (and its number as `cmd_code`), answers its number (and `name`). So do
the inventories' commands: their reports bear the same number. Nothing in a frame says who sent it, unless
it is for everybody (address FF); what a frame holds tells most of them apart.
"""

from readers.codecs import r2000
from readers.codecs.json_payload import Json
from readers.codecs.r2000 import Command, Frame
from readers.describe.fields import Fields, coded, merged, uint, unknown
from readers.describe.frames import FrameDescriber
from readers.describe.lines import Line, without_none

_REGIONS = {1: "FCC", 2: "ETSI", 3: "CHN", 4: "user"}
_USER_REGION = 4
_CODES = {r2000.OK: "success"} | r2000.ERROR_TEXTS
_OF_ONE_BYTE = frozenset({Command.GET_POWER, Command.RETURN_LOSS})
_NO_VALUES = frozenset({0x11, r2000.RETURN_LOSS_FAILED})
"""What is asked for here may be any small number, of which some are codes too."""

_ROUND_OVER_BYTES = 7


def _power(data: bytes) -> Line:
    levels: list[Json] = [*data]
    return {"dbm": levels} if levels else {}


def _region(data: bytes) -> Line:
    line: Line = {"region": _REGIONS.get(data[0], data[0])} if data else {}
    if len(data) == 3 and data[0] != _USER_REGION:
        return line | {"start": data[1], "end": data[2]}
    if len(data) == 6 and data[0] == _USER_REGION:
        start_khz = int.from_bytes(data[3:], "big")
        return line | {"spacing_khz": data[1] * 10, "channels": data[2], "start_khz": start_khz}
    return line | unknown(data[1:])


def _firmware(data: bytes) -> Line:
    return {"fw": ".".join(str(byte) for byte in data)}


def _temperature(data: bytes) -> Line:
    return {"temperature_c": r2000.temperature_c(data)} if len(data) == 2 else unknown(data)


def _round_over(data: bytes) -> Line:
    if len(data) != _ROUND_OVER_BYTES:
        return unknown(data)
    return {
        "antenna_id": data[0],
        "read_rate": int.from_bytes(data[1:3], "big"),
        "total_read": int.from_bytes(data[3:], "big"),
    }


def _fast_switch_over(data: bytes) -> Line:
    if len(data) != _ROUND_OVER_BYTES:
        return unknown(data)
    return {"total_read": int.from_bytes(data[:3], "big"), "duration_ms": int.from_bytes(data[3:], "big")}


_baud = coded("baud_code", {3: "38400", 4: "115200"}, "baud")

_SETTERS: dict[int, tuple[str, Fields]] = {
    0x70: ("reset", unknown),
    0x71: ("set baud", _baud),
    0x73: ("set address", uint("new_addr")),
    Command.SET_ANTENNA: ("set work antenna", uint("work_antenna")),
    Command.SET_POWER: ("set power", _power),
    0x66: ("set temporary power", _power),
    Command.SET_REGION: ("set region", _region),
    0x7A: ("set beeper", uint("mode")),
}
_GETTERS: dict[int, tuple[str, Fields]] = {
    Command.INFO: ("get firmware version", _firmware),
    0x75: ("get work antenna", uint("work_antenna")),
    Command.GET_POWER: ("get power", _power),
    Command.GET_REGION: ("get region", _region),
    Command.TEMPERATURE: ("get temperature", _temperature),
    Command.RETURN_LOSS: ("get return loss", uint("return_loss_db")),
    0x80: ("inventory to buffer", unknown),
    0x90: ("get buffer", unknown),
    0x91: ("get and reset buffer", unknown),
    0x92: ("count buffer", unknown),
    0x93: ("reset buffer", unknown),
}
_INVENTORIES: dict[int, tuple[str, Fields, Fields]] = {
    Command.INVENTORY: ("real-time inventory", uint("repeat"), _round_over),
    Command.FAST_SWITCH: ("fast switch inventory", unknown, _fast_switch_over),
    Command.SESSION_INVENTORY: ("session inventory", unknown, _round_over),
}
"""Command → its name and the fields of what is said with it (protocol V3.7; hex-in/pyImpinj)."""


def describer() -> FrameDescriber:
    """Return the describer of a capture of this family; it may hold both directions."""
    return FrameDescriber(r2000.new_framer(), _claimed, describe)


def describe(raw: bytes) -> list[Line]:
    """Return the lines of one intact frame. Raises Malformed for a tag that contradicts itself."""
    frame = r2000.split(raw)
    if r2000.is_tag(raw):
        return [_tag(raw, frame)]
    if _is_command(frame):
        return [_command(frame)]
    return [_answer(frame)]


def _is_command(frame: Frame) -> bool:
    """Return whether a host said this. One byte that is a code is taken for an answer."""
    if frame.address == r2000.EVERYBODY or not frame.data:
        return True
    is_code = len(frame.data) == 1 and frame.data[0] in _CODES
    if frame.command in _SETTERS:
        return not is_code
    return frame.command in _INVENTORIES and len(frame.data) == 1 and not is_code


def _command(frame: Frame) -> Line:
    head: Line = {"frame": "command", "addr": frame.address}
    if frame.command in _INVENTORIES:
        name, of_command, _ = _INVENTORIES[frame.command]
        return merged(head, {"cmd": frame.command, "name": name}, of_command(frame.data))
    name, fields = _SETTERS.get(frame.command) or _GETTERS.get(frame.command, ("unknown", unknown))
    told = unknown(frame.data) if frame.command in _GETTERS else fields(frame.data)
    return merged(head, {"cmd": name, "cmd_code": frame.command}, told)


def _answer(frame: Frame) -> Line:
    name, fields = _name_and_fields(frame.command)
    head: Line = {"addr": frame.address, "cmd": frame.command, "name": name}
    lost = r2000.antenna_error(frame)
    if lost is not None:
        antenna, code = lost
        return merged({"frame": "error"}, head, {"antenna": antenna}, _code(code))
    error = frame.error
    is_value = error not in (_NO_VALUES if frame.command in _OF_ONE_BYTE else _CODES)
    is_value = is_value and frame.command in _GETTERS
    if error is None or is_value:
        return merged({"frame": "answer"}, head, fields(frame.data))
    return merged({"frame": "answer" if error == r2000.OK else "error"}, head, _code(error))


def _name_and_fields(command: int) -> tuple[str, Fields]:
    if command in _INVENTORIES:
        name, _, of_answer = _INVENTORIES[command]
        return name, of_answer
    if command in _GETTERS:
        return _GETTERS[command]
    return _SETTERS.get(command, ("unknown", unknown))[0], unknown


def _code(code: int) -> Line:
    return {"code": code, "meaning": _CODES.get(code, "not documented")}


def _tag(raw: bytes, frame: Frame) -> Line:
    tag = r2000.decode_tag(raw)
    return without_none(
        kind="read",
        epc=tag.epc,
        rssi_dbm=tag.rssi_dbm,
        rssi_raw=tag.rssi_raw,
        antenna=tag.antenna,
        pc=raw[5:7].hex().upper(),
        freq_index=tag.frequency_index,
        freq_mhz=r2000.frequency_mhz(tag.frequency_index),
        addr=frame.address,
        cmd=frame.command,
    )


def _claimed(run: bytes, start: int) -> int:
    if len(run) - start < 2:
        return len(run) - start
    size = run[start + 1] + 2
    return 0 if r2000.measure(run, start) in ("length", "command") else size
