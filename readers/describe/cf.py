"""What the frames of CF / "UHF Prime" readers say, for people. Pure.

Commands and answers alike bear the command's number as `cmd` and its name as `name`.
"""

from readers.codecs import cf
from readers.codecs.cf import Command, Status
from readers.codecs.cf_session import REGIONS, info_fields
from readers.describe.fields import Fields, merged, unknown
from readers.describe.frames import FrameDescriber
from readers.describe.lines import Line

_REGIONS = {plan[0]: region for region, plan in REGIONS.items()}
_HEAD_BYTES = 5


def _parameters(data: bytes) -> Line:
    if len(data) != cf.PARAMETER_BYTES:
        return unknown(data)
    parameters = cf.decode_parameters(data)
    frequency = parameters.frequency
    line: Line = {
        "work_mode": parameters.work_mode,
        "interface": data[3],
        "baud_code": data[4],
        "antennas": parameters.antennas,
        "region": frequency[0],
        "region_name": _REGIONS.get(frequency[0], "unknown"),
        "fmin_mhz": int.from_bytes(frequency[1:3], "big") + int.from_bytes(frequency[3:5], "big") / 1000,
        "power_dbm": parameters.power_dbm,
        "area": parameters.area,
        "q": data[17],
        "session": data[18],
        "filter_time": parameters.filter_time_s,
        "trigger_time": data[22],
        "buzzer": data[23],
        "interval": data[24],
    }
    return line


def _info(data: bytes) -> Line:
    return {name.replace(" ", "_"): text for name, text in info_fields(data).items()} or unknown(data)


def _power(data: bytes) -> Line:
    return {"power_dbm": data[0]} if data else {}


_COMMANDS: dict[int, tuple[str, Fields, Fields]] = {
    Command.START: ("start inventory", unknown, unknown),
    Command.STOP: ("stop inventory", unknown, unknown),
    Command.INIT: ("initialise", unknown, unknown),
    Command.REBOOT: ("reboot", unknown, unknown),
    Command.SET_POWER: ("set power", _power, unknown),
    Command.INFO: ("get info", unknown, _info),
    Command.SET_PARAMETERS: ("set parameters", _parameters, unknown),
    Command.GET_PARAMETERS: ("get parameters", unknown, _parameters),
    0x0077: ("relay", unknown, unknown),
}
"""Command → its name, the fields of the command, the fields of its answer (protocol notes; CFApi.h)."""

_UNKNOWN = ("unknown", unknown, unknown)


def describer() -> FrameDescriber:
    """Return the describer of a capture of this family; it may hold both directions."""
    return FrameDescriber(cf.new_framer(), _claimed, describe)


def describe(raw: bytes) -> list[Line]:
    """Return the lines of one intact frame. Raises Malformed for a tag that contradicts itself."""
    frame = cf.split(raw)
    name, of_command, of_answer = _COMMANDS.get(frame.command, _UNKNOWN)
    head: Line = {"addr": frame.address, "cmd": frame.command}
    if frame.address == cf.EVERYBODY:
        return [merged({"frame": "command"}, head, {"name": name}, of_command(frame.data))]
    if frame.status is None:
        return [merged({"frame": "answer"}, head, {"name": name}, unknown(frame.data))]
    head["status"] = frame.status
    if frame.command == Command.START and frame.status == Status.OK and frame.data:
        return [merged({"kind": "read"}, _tag(frame.data), head)]
    head["name"] = name
    if frame.status == Status.OK:
        return [merged({"frame": "answer"}, head, of_answer(frame.data))]
    head["meaning"] = cf.STATUS_TEXTS.get(frame.status, "not documented")
    is_normal = frame.command == Command.START and frame.status == Status.ROUND_OVER
    return [merged({"frame": "answer" if is_normal else "error"}, head, unknown(frame.data))]


def _tag(data: bytes) -> Line:
    tag = cf.decode_tag(data)
    return {
        "epc": tag.epc,
        "rssi_dbm": tag.rssi_dbm,
        "rssi_raw": tag.rssi_raw,
        "antenna": tag.antenna,
        "channel": tag.channel,
    }


def _claimed(run: bytes, start: int) -> int:
    if len(run) - start < _HEAD_BYTES:
        return len(run) - start
    return run[start + 4] + cf.OVERHEAD_BYTES if run[start + 2] == 0 else 0
