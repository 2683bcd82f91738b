"""A simulated M100 module on a serial line: answers commands and reports tags as the device does. Pure.

Idle → (27: start, count rounds) → inventorying → (28: stop | the rounds run out | reboot) → idle.
Rounds run out silently: the host has to notice, and to start again. While inventorying, each tag
that answers is a notification (CMD 22), and an empty round an error 15; of those one is sent each
EMPTY_EVERY_NS, where a real module repeats them with every round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.m100_frames import (
    ANSWER,
    Command,
    ErrorCode,
    Framing,
    HostCommand,
    TagFrames,
    command_length,
    frame,
    host_command,
)
from simulators.devices.serial_reader import FIELD_NS, Cache, SerialReader

EMPTY_EVERY_NS = NS_PER_S + NS_PER_S // 2
MAX_SINGLE_TAGS = 8
DEFAULT_REGION = 0x01
DEFAULT_POWER_CDBM = 2_600
DEFAULT_CHANNEL = 0x00
REGIONS = frozenset({1, 2, 3, 4, 6})
OK = b"\x00"
_WRITE_FAIL = {
    Framing.BB: bytes.fromhex("BB01FF0001100A7E"),
    Framing.AA: bytes.fromhex("AA01FF0001100ADD"),
}
"""As the manual prints it: its checksum is wrong, and nobody knows whether firmware sends it so."""


@dataclass(frozen=True, slots=True)
class M100Options:
    """The module's make. `round_ms`: how long one inventory round takes."""

    framing: Framing = Framing.BB
    hardware: str = "M100 26dBm V1.0"
    software: str = "V2.3.5"
    maker: str = "MagicRf"
    round_ms: int = 25
    faults: LineFaults = NO_FAULTS


class M100(SerialReader):
    """One module."""

    def __init__(self, options: M100Options | None = None, seed: int = 0) -> None:
        self._options = options or M100Options()
        framing = self._options.framing
        errors = (frame(framing, ANSWER, Command.ERROR, b"\x20"), _WRITE_FAIL[framing])
        super().__init__(partial(command_length, framing), self._options.faults, f"{seed}:m100", -2, errors)
        self._tags = Cache(lambda epc: TagFrames(framing, bytes.fromhex(epc)))
        self._field: list[TagSeen] = []
        self._commands: dict[int, Callable[[bytes, int], bytes]] = {
            Command.INFO: self._info,
            Command.SET_REGION: self._set_region,
            Command.GET_REGION: lambda _param, _now: bytes([self.region]),
            Command.SET_POWER: self._set_power,
            Command.GET_POWER: lambda _param, _now: self.power_cdbm.to_bytes(2, "big"),
            Command.SET_CHANNEL: self._set_channel,
            Command.GET_CHANNEL: lambda _param, _now: bytes([self.channel]),
            Command.AUTO_HOP: lambda _param, _now: OK,
            Command.STOP_INVENTORY: self._stop,
        }
        self._reset()

    def _reset(self) -> None:
        self.region = DEFAULT_REGION
        self.power_cdbm = DEFAULT_POWER_CDBM
        self.channel = DEFAULT_CHANNEL
        self._asleep = False
        self._ends_ns = 0
        self._empty_ns = 0

    def is_inventorying(self, now_ns: int) -> bool:
        """Return whether rounds are left of the inventory that the host started."""
        return now_ns < self._ends_ns

    def _hear(self, data: bytes) -> bytes:
        """The first byte after sleep only wakes the module."""
        if self._asleep:
            self._asleep, data = False, data[1:]
        return data

    def _report(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        self._field = [*(t for t in self._field if t.at_ns > now_ns - FIELD_NS), *seen]
        if self.is_silent(now_ns) or self._asleep or not self.is_inventorying(now_ns):
            return []
        if seen:
            return [self._tag(tag) for tag in seen]
        if now_ns - self._empty_ns < EMPTY_EVERY_NS:
            return []
        self._empty_ns = now_ns
        return [self._error(ErrorCode.NO_TAG)]

    def _answer(self, command: bytes, now_ns: int) -> list[bytes]:
        return self._answer_to(host_command(command), now_ns)

    def _answer_to(self, command: HostCommand, now_ns: int) -> list[bytes]:
        """Return the frames that answer one command; some are answered by none."""
        if command.code == Command.SINGLE_INVENTORY:
            in_field = [tag for tag in self._field if tag.at_ns > now_ns - FIELD_NS][:MAX_SINGLE_TAGS]
            return [self._tag(tag) for tag in in_field] or [self._error(ErrorCode.NO_TAG)]
        if command.code == Command.MULTI_INVENTORY and len(command.param) == 3:
            rounds = int.from_bytes(command.param[1:], "big")
            self._ends_ns = now_ns + rounds * self._options.round_ms * 1_000_000
            return []
        if command.code == Command.SET_BAUD:
            return []
        if command.code == Command.SLEEP:
            self._asleep, self._ends_ns = True, 0
            return [self._frame(command.code, OK)]
        handler = self._commands.get(command.code)
        if handler is None:
            return [self._error(ErrorCode.UNKNOWN_COMMAND)]
        answer = handler(command.param, now_ns)
        return [self._frame(command.code, answer)] if answer else [self._error(ErrorCode.UNKNOWN_COMMAND)]

    def _info(self, param: bytes, _now_ns: int) -> bytes:
        texts = {0: self._options.hardware, 1: self._options.software, 2: self._options.maker}
        selector = param[0] if param else 0
        return bytes([selector]) + texts[selector].encode("ascii") if selector in texts else b""

    def _set_region(self, param: bytes, _now_ns: int) -> bytes:
        if len(param) != 1 or param[0] not in REGIONS:
            return b""
        self.region = param[0]
        return OK

    def _set_power(self, param: bytes, _now_ns: int) -> bytes:
        if len(param) != 2:
            return b""
        self.power_cdbm = int.from_bytes(param, "big")
        return OK

    def _set_channel(self, param: bytes, _now_ns: int) -> bytes:
        self.channel = param[0] if param else self.channel
        return OK

    def _stop(self, _param: bytes, _now_ns: int) -> bytes:
        self._ends_ns = 0
        return OK

    def _tag(self, tag: TagSeen) -> bytes:
        return self._tags.of(tag.epc).at(tag.rssi_dbm)

    def _error(self, code: int) -> bytes:
        return self._frame(Command.ERROR, bytes([code]))

    def _frame(self, code: int, param: bytes) -> bytes:
        return frame(self._options.framing, ANSWER, code, param)
