"""The conversation with a CF / "UHF Prime" reader, from port opened to port closed. Pure.

    opened ─▶ stop ─▶ who are you ─▶ parameters ─▶ (set ─▶ as set?) ─▶ (power) ─▶ start ─▶ running
       ▲                                                                                     │ no frame at all
       └─────────────────────────────────────────────────────────────────────────────────────┘ for SILENT_AFTER_S

Beyond the rules of every conversation (readers/codecs/conversation.py):
1. An inventory without end tells tags, and "round over" where there are none: silence is an end, or a
   restart, and all is looked at again.
2. All settings are one block: it is read, changed where it differs, written, and read again, since
   what firmwares take of it is not documented. It is kept over power cuts: what is right is not written.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from readers.codecs import cf
from readers.codecs.cf import Command, Parameters, Status
from readers.codecs.conversation import Conversation, Step, printable
from readers.codecs.radio import check_antennas, check_region, whole_dbm
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings

MANUAL = "UHF Prime Reader manual, RFM_SET_ALL_PARAM"
MAX_POWER_DBM = 30
MAX_ANTENNAS = 8


def _plan(code: int, start_khz: int, step_khz: int, last_channel: int) -> bytes:
    """Return the frequency words of a region."""
    words = (*divmod(start_khz, 1000), step_khz)
    return bytes((code,)) + b"".join(word.to_bytes(2, "big") for word in words) + bytes((last_channel,))


REGIONS: Mapping[str, bytes] = MappingProxyType(
    {
        "us": _plan(0x01, 902_750, 500, 49),
        "kr": _plan(0x02, 917_100, 200, 32),
        "eu": _plan(0x06, 865_700, 600, 3),
        "cn-800": _plan(0x07, 840_125, 250, 19),
        "cn-900": _plan(0x08, 920_125, 250, 19),
    }
)
"""Region -> the eight frequency bytes. That of "us" was captured; the others follow its pattern. "eu" is
region EU 3, whose four channels are exactly those on which ETSI EN 302 208 allows 2 W."""

STOP = Step("stop", Command.STOP, is_required=False)
INFO = Step("info", Command.INFO, is_required=False)
PARAMETERS = Step("parameters", Command.GET_PARAMETERS)
AS_SET = Step("as_set", Command.GET_PARAMETERS, is_required=False)
START = Step("start", Command.START, bytes(5))
"""By time (0), for ever (0 seconds). Every frame of the inventory answers it."""

_INFO_TEXTS = (
    ("hardware", 0, 32),
    ("firmware", 32, 64),
    ("module hardware", 76, 108),
    ("module firmware", 108, 140),
)
_SERIAL_FROM, _SERIAL_TO = 64, 76
_TAG_TROUBLES = frozenset({Status.ROUND_OVER, 0x14, 0x15})
"""Of an inventory's round: none or no clear answer."""


class CfSession(Conversation):
    """The SerialProtocol of the CF family."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what the reader or the law forbids."""
        super().__init__(settings.device, cf.new_framer())
        check_region(settings, REGIONS, MANUAL)
        check_antennas(settings, MAX_ANTENNAS, MANUAL)
        self._frequency = REGIONS[settings.region] if settings.region else None
        self._power_dbm = whole_dbm(settings, 1, MAX_POWER_DBM, MANUAL)
        self._antennas = sum(1 << port - 1 for port in settings.antennas)
        self._target: Parameters | None = None
        self._is_failing = False

    def _opening(self) -> Sequence[Step]:
        return (STOP, INFO, PARAMETERS, START)

    def _resuming(self) -> Sequence[Step]:
        return self._opening()

    def _farewell(self) -> list[bytes]:
        return [self._encode(STOP)]

    def _encode(self, step: Step) -> bytes:
        return cf.encode(step.command, step.param)

    def _is_watching(self) -> bool:
        return not self._is_failing

    def _is_echo(self, frame: bytes) -> bool:
        return cf.is_command(frame)

    def _understand(self, raw: bytes, now_ns: int, steps: Steps) -> None:
        if cf.is_tag(raw):
            self._take_tag(raw[6:-2], now_ns, steps)
            return
        frame, step = cf.split(raw), self._pending
        if frame.command == Command.START:
            self._take_round(frame.status, now_ns, steps)
        elif step is None or frame.command != step.command:
            raise Malformed("unexpected")
        elif frame.status not in (None, Status.OK):
            self._settle(step, _refusal(frame.status), now_ns, steps)
        else:
            self._take_answer(step, frame.data, now_ns, steps)

    def _take_tag(self, data: bytes, now_ns: int, steps: Steps) -> None:
        if self._pending is START:
            self._advance(now_ns, steps)
        epc, rssi_dbm, rssi_raw, antenna, _ = cf.decode_tag(data)
        self._is_failing = False
        steps.observations.append(Read(self._device, antenna, epc, now_ns, now_ns, rssi_dbm, rssi_raw))

    def _take_round(self, status: int | None, now_ns: int, steps: Steps) -> None:
        is_failing = status not in (None, Status.OK, *_TAG_TROUBLES)
        if is_failing and not self._is_failing:
            self._blame("inventory", _refusal(status), now_ns, steps)
        self._is_failing = is_failing
        if self._pending is START:
            self._advance(now_ns, steps)

    def _take_answer(self, step: Step, data: bytes, now_ns: int, steps: Steps) -> None:
        if step is INFO:
            self._identify(_info_text(data), now_ns, steps)
        elif step is PARAMETERS:
            self._compare(cf.decode_parameters(data))
        elif step is AS_SET and cf.decode_parameters(data) != self._target:
            self._blame("settings_ignored", "the reader took none or some of what was set", now_ns, steps)
        self._settle(step, None, now_ns, steps)

    def _compare(self, found: Parameters) -> None:
        """Put before the start what has to be set."""
        self._target = found.changed(self._frequency, self._power_dbm, self._antennas)
        if self._target == found:
            return
        further = [Step("settings", Command.SET_PARAMETERS, self._target.raw), AS_SET]
        if self._power_dbm is not None and self._power_dbm != found.power_dbm:
            param = bytes((self._power_dbm, 0))
            further.insert(1, Step("power", Command.SET_POWER, param, is_required=False))
        self._todo.extendleft(reversed(further))


def _refusal(status: int | None) -> str:
    code = status or 0
    return f"status {code:#04x}: {cf.STATUS_TEXTS.get(code, 'not documented')}"


def info_fields(data: bytes) -> dict[str, str]:
    """Return what an answer to INFO says: texts of fixed width with a serial number between them."""
    found = {name: printable(data[start:end]) for name, start, end in _INFO_TEXTS}
    serial = data[_SERIAL_FROM:_SERIAL_TO]
    if serial.strip(b"\x00"):
        found["serial"] = printable(serial) if serial.isalnum() else serial.hex().upper()
    return {name: text for name, text in found.items() if text}


def _info_text(data: bytes) -> str:
    return "; ".join(f"{name} {text}" for name, text in info_fields(data).items()) or "CF reader"
