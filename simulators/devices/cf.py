"""A simulated CF / "UHF Prime" reader: one block of settings, an inventory without end. Pure.

START (by time, 0 seconds) ─▶ each tag as it answers, "round over" (12) where none does ─▶ STOP. In
active mode it begins by itself. The settings stay without power; the inventory does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.devices.cf_frames import Command, Status, answer, command_length
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.serial_reader import SerialReader

EMPTY_EVERY_NS = NS_PER_S + NS_PER_S // 2
"""A real reader says "round over" with every empty round; once in a while is enough to live."""
BLOCK_BYTES = 25
MAX_POWER_DBM = 33
REGIONS = range(9)
MODE_AT, ANTENNAS_AT, REGION_AT, POWER_AT = 2, 6, 7, 15
REFUSED = None


@dataclass(frozen=True, slots=True)
class CfOptions:
    """The reader's make; its block of settings is the captured one."""

    address: int = 0
    hardware: str = "CF591 V1.2"
    firmware: str = "V1.4.2"
    serial: bytes = bytes.fromhex("202207020001000000000000")
    block: bytes = bytes.fromhex("00000180040001010386 02EE01F43121010400000C00030105".replace(" ", ""))
    faults: LineFaults = NO_FAULTS


class Cf(SerialReader):
    """One reader."""

    def __init__(self, options: CfOptions | None = None, seed: int = 0) -> None:
        self._options = options = options or CfOptions()
        errors = (answer(options.address, Command.START, Status.FAILED),)
        super().__init__(partial(command_length, options.address), options.faults, f"{seed}:cf", -1, errors)
        self.block = options.block
        self._commands: dict[int, Callable[[bytes], bytes | None]] = {
            Command.STOP: self._stop,
            Command.INIT: lambda _data: b"",
            Command.SET_POWER: self._set_power,
            Command.INFO: self._info,
            Command.SET_PARAMETERS: self._set_parameters,
            Command.GET_PARAMETERS: lambda _data: self.block,
        }
        self._reset()

    def _reset(self) -> None:
        self._is_running = self.block[MODE_AT] == 1
        self._ends_ns: int | None = None
        self._empty_ns = 0

    @property
    def region(self) -> int:
        """Return the code of the region that is set."""
        return self.block[REGION_AT]

    @property
    def power_dbm(self) -> int:
        """Return the power that is set."""
        return self.block[POWER_AT]

    def is_inventorying(self, now_ns: int) -> bool:
        """Return whether an inventory is under way."""
        return self._is_running and (self._ends_ns is None or now_ns < self._ends_ns)

    def _answer(self, command: bytes, now_ns: int) -> list[bytes]:
        code, data = command[2] << 8 | command[3], command[5:-2]
        if code == Command.START:
            return self._start(data, now_ns)
        if code == Command.REBOOT:
            self.power_on(now_ns)
            return []
        handler = self._commands.get(code)
        told = handler(data) if handler is not None else REFUSED
        return [self._say(code, Status.WRONG_PARAMETER)] if told is REFUSED else [self._say(code, 0, told)]

    def _start(self, data: bytes, now_ns: int) -> list[bytes]:
        if len(data) != 5 or data[0] > 1:
            return [self._say(Command.START, Status.WRONG_PARAMETER)]
        amount = int.from_bytes(data[1:], "big")
        unit_ns = NS_PER_S if data[0] == 0 else NS_PER_S // 20
        self._is_running = True
        self._ends_ns = now_ns + amount * unit_ns if amount else None
        self._empty_ns = now_ns - EMPTY_EVERY_NS
        return []

    def _stop(self, _data: bytes) -> bytes:
        self._is_running = False
        return b""

    def _set_power(self, data: bytes) -> bytes | None:
        if len(data) != 2 or not 1 <= data[0] <= MAX_POWER_DBM:
            return REFUSED
        self.block = self.block[:POWER_AT] + data[:1] + self.block[POWER_AT + 1 :]
        return b""

    def _set_parameters(self, data: bytes) -> bytes | None:
        is_known = len(data) == BLOCK_BYTES and data[REGION_AT] in REGIONS
        if not is_known or data[POWER_AT] > MAX_POWER_DBM or not data[ANTENNAS_AT]:
            return REFUSED
        self.block = data
        return b""

    def _info(self, _data: bytes) -> bytes:
        texts = (self._options.hardware, self._options.firmware)
        fields = b"".join(text.encode("ascii").ljust(32, b"\x00") for text in texts) + self._options.serial
        return fields + fields

    def _report(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        if self.is_silent(now_ns) or not self._is_running:
            return []
        heard = [tag for tag in seen if self.block[ANTENNAS_AT] >> tag.port - 1 & 1]
        if not self.is_inventorying(now_ns):
            self._is_running = False
        elif heard:
            return [self._say(Command.START, Status.OK, _entry(tag)) for tag in heard]
        elif now_ns - self._empty_ns < EMPTY_EVERY_NS:
            return []
        self._empty_ns = now_ns
        return [self._say(Command.START, Status.ROUND_OVER)]

    def _say(self, command: int, status: int, data: bytes = b"") -> bytes:
        return answer(self._options.address, command, status, data)


def _entry(tag: TagSeen) -> bytes:
    raw = bytes.fromhex(tag.epc)
    return round(tag.rssi_dbm * 10).to_bytes(2, "big", signed=True) + bytes((tag.port, 0, len(raw))) + raw
