"""A simulated R2000 module that speaks "A0": rounds that the host asks for, one after another. Pure.

INVENTORY (the work antenna) or FAST_SWITCH (several by turns) ─▶ each tag as it answers ─▶ a count
ends the round. Power and region stay without power; the work antenna does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from simulators.air import TagSeen
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.r2000_frames import Code, Command, answer, command_length, tag_report
from simulators.devices.serial_reader import SerialReader

NS_PER_MS = 1_000_000
MAX_POWER_DBM = 33
LAST_INDEX = 59
_USER_REGION = 4
_FREQUENCY = 26


@dataclass(frozen=True, slots=True)
class R2000Options:
    """The module's make. `dead_antennas`: ports with nothing on them. `round_ms`: per antenna."""

    address: int = 1
    version: tuple[int, int] = (2, 6)
    ports: int = 4
    dead_antennas: frozenset[int] = frozenset()
    round_ms: int = 50
    temperature_c: int = 36
    return_loss_db: int = 18
    faults: LineFaults = NO_FAULTS


class R2000(SerialReader):
    """One module."""

    def __init__(self, options: R2000Options | None = None, seed: int = 0) -> None:
        self._options = options = options or R2000Options()
        failed = bytes((Code.INVENTORY_FAILED,))
        errors = (answer(options.address, Command.INVENTORY, failed),)
        super().__init__(
            partial(command_length, options.address), options.faults, f"{seed}:r2000", -1, errors
        )
        self.powers = bytes((30,)) * options.ports
        self.region = bytes((1, 7, LAST_INDEX))
        self.temperature_c = options.temperature_c
        self._commands: dict[int, Callable[[bytes], bytes]] = {
            Command.INFO: lambda _data: bytes(options.version),
            Command.SET_ANTENNA: self._set_antenna,
            Command.GET_ANTENNA: lambda _data: bytes((self._antenna - 1,)),
            Command.SET_POWER: self._set_power,
            Command.GET_POWER: lambda _data: self.powers[:1] if len(set(self.powers)) == 1 else self.powers,
            Command.SET_REGION: self._set_region,
            Command.GET_REGION: lambda _data: self.region,
            Command.TEMPERATURE: lambda _data: bytes((self.temperature_c >= 0, abs(self.temperature_c))),
            Command.RETURN_LOSS: self._return_loss,
        }
        self._reset()

    def _reset(self) -> None:
        self._antenna = 1
        self._round: tuple[int, tuple[int, ...], int] | None = None
        self._round_ns = 0
        self._read = 0

    @property
    def power_dbm(self) -> int:
        """Return the power of the first port."""
        return self.powers[0]

    def is_inventorying(self, _now_ns: int) -> bool:
        """Return whether a round is under way."""
        return self._round is not None

    def _answer(self, command: bytes, now_ns: int) -> list[bytes]:
        code, data = command[3], command[4:-1]
        if code in (Command.INVENTORY, Command.FAST_SWITCH):
            return self._begin_round(code, data, now_ns)
        if code == Command.RESET:
            self.power_on(now_ns)
            return []
        handler = self._commands.get(code)
        return [self._say(code, handler(data) if handler is not None else bytes((Code.FAILED,)))]

    def _set_antenna(self, data: bytes) -> bytes:
        if len(data) != 1 or data[0] >= self._options.ports:
            return bytes((Code.WRONG_ANTENNA,))
        self._antenna = data[0] + 1
        return bytes((Code.OK,))

    def _set_power(self, data: bytes) -> bytes:
        if len(data) not in (1, self._options.ports) or max(data) > MAX_POWER_DBM:
            return bytes((Code.WRONG_POWER,))
        self.powers = data * self._options.ports if len(data) == 1 else data
        return bytes((Code.OK,))

    def _set_region(self, data: bytes) -> bytes:
        is_own = len(data) == 6 and data[0] == _USER_REGION and data[1] > 0 and data[2] > 0
        is_listed = len(data) == 3 and 1 <= data[0] <= 3 and data[1] <= data[2] <= LAST_INDEX
        if not is_own and not is_listed:
            return bytes((Code.WRONG_REGION,))
        self.region = data
        return bytes((Code.OK,))

    def _return_loss(self, data: bytes) -> bytes:
        if len(data) != 1 or data[0] > LAST_INDEX:
            return bytes((Code.WRONG_PARAMETER,))
        is_dead = self._antenna in self._options.dead_antennas
        return bytes((Code.NO_RETURN_LOSS if is_dead else self._options.return_loss_db,))

    def _begin_round(self, code: int, data: bytes, now_ns: int) -> list[bytes]:
        antennas: tuple[int, ...] = (self._antenna,)
        if code == Command.INVENTORY:
            if self._antenna in self._options.dead_antennas:
                return [self._say(code, bytes((Code.NO_ANTENNA,)))]
        else:
            antennas = tuple(number + 1 for number in data[:8:2] if number < self._options.ports)
        if len(data) != (1 if code == Command.INVENTORY else 10) or not antennas:
            return [self._say(code, bytes((Code.WRONG_PARAMETER,)))]
        self._round_ns = len(antennas) * max(1, data[-1]) * self._options.round_ms * NS_PER_MS
        self._round, self._read = (code, antennas, now_ns + self._round_ns), 0
        return []

    def _report(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        if self._round is None or self.is_silent(now_ns):
            return []
        code, antennas, ends_ns = self._round
        dead = self._options.dead_antennas
        heard = [tag for tag in seen if tag.port in antennas and tag.port not in dead]
        self._read += len(heard)
        frames = [self._tag(code, tag) for tag in heard]
        if now_ns < ends_ns:
            return frames
        self._round = None
        errors = [self._say(code, bytes((port - 1, Code.NO_ANTENNA))) for port in antennas if port in dead]
        return frames + errors + [self._say(code, self._count(code))]

    def _tag(self, code: int, tag: TagSeen) -> bytes:
        epc = bytes.fromhex(tag.epc)
        return tag_report(self._options.address, code, tag.port, _FREQUENCY, epc, tag.rssi_dbm)

    def _count(self, code: int) -> bytes:
        if code == Command.FAST_SWITCH:
            return self._read.to_bytes(3, "big") + (self._round_ns // NS_PER_MS).to_bytes(4, "big")
        rate = self._read * 1_000 * NS_PER_MS // max(1, self._round_ns)
        return (
            bytes((self._antenna - 1,)) + min(rate, 0xFFFF).to_bytes(2, "big") + self._read.to_bytes(4, "big")
        )

    def _say(self, command: int, data: bytes) -> bytes:
        return answer(self._options.address, command, data)
