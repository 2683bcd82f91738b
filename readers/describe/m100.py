"""What the frames of the M100 family say, for people. Pure.

Commands bear their name as `cmd` (and its number as `cmd_code`), answers its number (and `name`).
"""

from readers.codecs import m100
from readers.codecs.m100 import Command, FrameType, Info
from readers.describe.fields import Fields, coded, epc_and_rest, merged, printable, uint, unknown
from readers.describe.frames import FrameDescriber
from readers.describe.lines import Line

_REGIONS = {code: region for region, code in m100.REGION_CODES.items()}
_region = coded("region", _REGIONS, "region_name")
_result = uint("result")
_power = uint("centi_dbm", 2)
_channel = uint("channel")


def _rounds(param: bytes) -> Line:
    return {"rounds": int.from_bytes(param[1:], "big")} if len(param) == 3 else unknown(param)


def _selector(param: bytes) -> Line:
    is_known = len(param) == 1 and param[0] in list(Info)
    return {"selector": Info(param[0]).name.lower()} if is_known else unknown(param)


def _info(param: bytes) -> Line:
    """Return what a module says that it is, under the selector's name: `hardware`, `software`, `maker`."""
    if not param or param[0] not in list(Info):
        return unknown(param)
    return {Info(param[0]).name.lower(): printable(param[1:])}


def _query(param: bytes) -> Line:
    if len(param) != 2:
        return unknown(param)
    word = int.from_bytes(param, "big")
    return {"sel": word >> 10 & 3, "session": word >> 8 & 3, "target": word >> 7 & 1, "q": word >> 3 & 15}


_COMMANDS: dict[int, tuple[str, Fields, Fields]] = {
    Command.INFO: ("get info", _selector, _info),
    Command.SET_REGION: ("set region", _region, _result),
    Command.GET_REGION: ("get region", unknown, _region),
    0x0B: ("get select parameter", unknown, unknown),
    0x0C: ("set select parameter", unknown, _result),
    Command.GET_QUERY: ("get query parameters", unknown, _query),
    Command.SET_QUERY: ("set query parameters", _query, _result),
    0x11: ("set baud", uint("baud", 2, scale=100), _result),
    0x12: ("set select mode", uint("mode"), _result),
    0x17: ("sleep", unknown, _result),
    Command.INVENTORY: ("single inventory", unknown, unknown),
    Command.MULTI_INVENTORY: ("start inventory", _rounds, unknown),
    Command.STOP: ("stop inventory", unknown, _result),
    0x39: ("read memory", unknown, epc_and_rest),
    0x49: ("write memory", unknown, epc_and_rest),
    0x65: ("kill", unknown, epc_and_rest),
    0x82: ("lock", unknown, epc_and_rest),
    0xAA: ("get channel", unknown, _channel),
    0xAB: ("set channel", _channel, _result),
    0xAD: ("set auto hop", uint("auto_hop"), _result),
    Command.SET_POWER: ("set tx power", _power, _result),
    Command.GET_POWER: ("get tx power", unknown, _power),
}
"""Command → its name, the fields of the command, the fields of its answer (V2.1 §4)."""

_UNKNOWN = ("unknown", unknown, unknown)


def describer() -> FrameDescriber:
    """Return the describer of a capture of this family; it may hold both directions and both dialects."""
    return FrameDescriber(m100.new_framer(), _claimed, describe)


def describe(raw: bytes) -> list[Line]:
    """Return the lines of one intact frame. Raises Malformed for a tag that contradicts itself."""
    if m100.is_tag(raw):
        return [_tag(raw)]
    frame = m100.split(raw)
    name, of_command, of_answer = _COMMANDS.get(frame.command, _UNKNOWN)
    if frame.type == FrameType.COMMAND:
        head: Line = {"frame": "command", "cmd": name, "cmd_code": frame.command}
        return [merged(head, of_command(frame.param))]
    if frame.error is not None:
        return [_error(frame.error, frame.param[1:])]
    kind = "answer" if frame.type == FrameType.ANSWER else "notice"
    return [merged({"frame": kind, "cmd": frame.command, "name": name}, of_answer(frame.param))]


def _tag(raw: bytes) -> Line:
    epc, rssi_dbm = m100.decode_tag(raw)
    return {
        "kind": "read",
        "epc": epc,
        "rssi_dbm": rssi_dbm,
        "rssi_raw": rssi_dbm & 0xFF,
        "pc": raw[6:8].hex().upper(),
        "epc_crc": raw[-4:-2].hex().upper(),
    }


def _error(error: int, about: bytes) -> Line:
    line: Line = {"frame": "error", "error": error, "meaning": m100.ERROR_TEXTS.get(error, "not documented")}
    return merged(line, epc_and_rest(about)) if about else line


def _claimed(run: bytes, start: int) -> int:
    if len(run) - start < 5:
        return len(run) - start
    size = (run[start + 3] << 8 | run[start + 4]) + m100.OVERHEAD_BYTES
    return size if run[start + 1] <= FrameType.NOTICE and size <= m100.MAX_FRAME_BYTES else 0
