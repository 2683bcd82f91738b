"""Simulated UHFReader288 and UHFReader18: polled round by round, or (288) reporting by themselves. Pure.

Answer mode: INVENTORY ─▶ a round through one antenna ─▶ its tags (status 03 …), then status 01, or FB.
Real-time mode: each tag as it answers (EE 00); a heartbeat (EE 28) where none did for an interval; all
commands but INFO, mode and parameters go unheard. What is set stays set without power.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.serial_reader import SerialReader
from simulators.devices.uhfreader_frames import MAX_DATA_BYTES, Command, Status, answer, command_length

NS_PER_MS = 1_000_000
BEAT_UNIT_NS = 30 * NS_PER_S
ANSWER_MODE, REAL_TIME_MODE = 0, 1
_HEARD_IN_REAL_TIME = frozenset({Command.INFO, Command.SET_MODE, Command.GET_REAL_TIME})
_BANDS = {0b0001: 19, 0b0010: 49, 0b0011: 31, 0b0100: 14, 0b0110: 6, 0b0111: 11}
_BANDS |= {0b1000: 19, 0b1001: 3, 0b1010: 11, 0b1100: 52}
"""Band -> its last channel."""
MAX_POWER_DBM = 30
REFUSED = None


@dataclass(frozen=True, slots=True)
class UhfReaderOptions:
    """The reader's make. `dead_antennas`: ports with nothing on them. `round_ms`: the shortest inventory."""

    model: int = 288
    address: int = 0
    version: tuple[int, int] = (0, 22)
    ports: int = 4
    dead_antennas: frozenset[int] = frozenset()
    round_ms: int = 200
    mode: int = ANSWER_MODE
    faults: LineFaults = NO_FAULTS


class UhfReader(SerialReader):
    """One reader."""

    def __init__(self, options: UhfReaderOptions | None = None, seed: int = 0) -> None:
        self._options = options = options or UhfReaderOptions()
        errors = (answer(options.address, 0, Status.ILLEGAL), answer(options.address, 1, Status.FAILED))
        super().__init__(
            partial(command_length, options.address), options.faults, f"{seed}:uhfreader", -2, errors
        )
        self.mode = options.mode
        self.region = b"\x31\x80"
        self.power_dbm = MAX_POWER_DBM
        self.scan_time_100ms = 20 if options.model == 288 else 10
        self.parameters = bytes((0, 0, 1, 4, 0))
        self.beat_interval = 0
        self.antennas = 1
        self._work_mode_18 = bytes((2, 4, 0, 1, 0))
        self._commands = self._commands_of(options.model)
        self._reset()

    def _reset(self) -> None:
        self._round: tuple[int, int, int] | None = None
        self._found: dict[str, int] = {}
        self._beats = 0
        self._total = 0
        self._last_report_ns: int | None = None

    def is_inventorying(self, _now_ns: int) -> bool:
        """Return whether a round is under way, or the reader reports by itself."""
        return self._round is not None or self.mode != ANSWER_MODE

    def _commands_of(self, model: int) -> dict[int, Callable[[bytes], bytes | None]]:
        common: dict[int, Callable[[bytes], bytes | None]] = {
            Command.INFO: self._info,
            Command.SET_REGION: self._set_region,
            Command.SET_SCAN_TIME: self._set_scan_time,
            Command.SET_POWER: self._set_power,
        }
        if model != 288:
            return common | {Command.SET_MODE_18: self._set_mode_18, Command.GET_MODE_18: self._get_mode_18}
        return common | {
            Command.SET_ANTENNAS: self._set_antennas,
            Command.SET_REAL_TIME: self._set_real_time,
            Command.SET_MODE: self._set_mode,
            Command.GET_REAL_TIME: self._get_real_time,
            Command.BEAT_INTERVAL: self._beat_interval,
        }

    # Commands: data in, data out; REFUSED: wrong parameter

    def _answer(self, command: bytes, now_ns: int) -> list[bytes]:
        code, data = command[2], command[3:-2]
        if code == Command.STOP:
            self._finish_at(now_ns)
            return []
        if self._round is not None or (self.mode != ANSWER_MODE and not self._hears_beside_reports(code)):
            return []
        if code == Command.INVENTORY:
            return self._begin_round(data, now_ns)
        handler = self._commands.get(code)
        if handler is None:
            return [self._say(0, Status.ILLEGAL)]
        told = handler(data)
        return [self._say(code, Status.WRONG_PARAMETER)] if told is REFUSED else [self._say(code, 0, told)]

    def _hears_beside_reports(self, code: int) -> bool:
        return code in _HEARD_IN_REAL_TIME if self._options.model == 288 else code != Command.INVENTORY

    def _info(self, _data: bytes) -> bytes:
        kind, tail = (
            (0x0C, bytes((self.antennas & 0xFF, 0, 0, 0))) if self._options.model == 288 else (0x09, b"")
        )
        head = bytes((*self._options.version, kind, 0x03))
        return head + self.region + bytes((self.power_dbm, self.scan_time_100ms)) + tail

    def _set_region(self, data: bytes) -> bytes | None:
        if len(data) != 2:
            return REFUSED
        band = data[0] >> 6 << 2 | data[1] >> 6
        if not (data[1] & 0x3F) <= (data[0] & 0x3F) <= _BANDS.get(band, -1):
            return REFUSED
        self.region = data
        return b""

    def _set_scan_time(self, data: bytes) -> bytes | None:
        if len(data) != 1:
            return REFUSED
        self.scan_time_100ms = max(3, data[0])
        return b""

    def _set_power(self, data: bytes) -> bytes | None:
        if not data or any(power & 0x7F > MAX_POWER_DBM for power in data):
            return REFUSED
        self.power_dbm = data[0] & 0x7F
        return b""

    def _set_antennas(self, data: bytes) -> bytes | None:
        mask = data[0] & 0x7F if len(data) == 1 else int.from_bytes(data[1:], "big")
        if len(data) not in (1, 3) or not 0 < mask < 1 << self._options.ports:
            return REFUSED
        self.antennas = mask
        return b""

    def _set_real_time(self, data: bytes) -> bytes | None:
        if len(data) < 5:
            return REFUSED
        self.parameters = data[:5]
        return b""

    def _get_real_time(self, _data: bytes) -> bytes:
        no_mask = bytes((1, 0, 0, 0)) + bytes(32)
        return bytes((self.mode,)) + self.parameters + no_mask + bytes(3)

    def _set_mode(self, data: bytes) -> bytes | None:
        if len(data) != 1 or data[0] > 2:
            return REFUSED
        self.mode = data[0]
        self._last_report_ns = None
        return b""

    def _beat_interval(self, data: bytes) -> bytes | None:
        if len(data) != 1:
            return REFUSED
        if data[0] & 0x80:
            self.beat_interval = data[0] & 0x7F
        return bytes((self.beat_interval,))

    def _set_mode_18(self, data: bytes) -> bytes | None:
        if len(data) != 6:
            return REFUSED
        self.mode, self._work_mode_18 = data[0] & 0b11, data[1:]
        return b""

    def _get_mode_18(self, _data: bytes) -> bytes:
        return bytes((0, 30, 10, 15, self.mode)) + self._work_mode_18 + bytes(2)

    # Rounds and reports

    def _begin_round(self, data: bytes, now_ns: int) -> list[bytes]:
        antenna, scan_100ms = 1, self.scan_time_100ms
        if self._options.model == 288:
            if len(data) not in (2, 5, 9):
                return [self._say(Command.INVENTORY, Status.WRONG_PARAMETER)]
            if len(data) > 2:
                antenna, scan_100ms = (data[-2] & 0x7F) + 1, data[-1]
        if antenna in self._options.dead_antennas or antenna > self._options.ports:
            return [self._say(Command.INVENTORY, Status.NO_ANTENNA)]
        shortest_ns = self._options.round_ms * NS_PER_MS
        self._round = (antenna, now_ns + shortest_ns, now_ns + max(3, scan_100ms) * 100 * NS_PER_MS)
        self._found.clear()
        return []

    def _finish_at(self, now_ns: int) -> None:
        if self._round is not None:
            self._round = (self._round[0], now_ns, now_ns)

    def _report(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        if self._round is not None:
            return self._go_on(self._round, seen, now_ns)
        if self.mode == ANSWER_MODE or self.is_silent(now_ns):
            return []
        if self._options.model != 288:
            return [self._say(Command.REPORT, 0, bytes.fromhex(tag.epc)) for tag in seen]
        return self._report_now([tag for tag in seen if self.antennas >> tag.port - 1 & 1], now_ns)

    def _go_on(self, a_round: tuple[int, int, int], seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        antenna, ends_ns, limit_ns = a_round
        is_18 = self._options.model != 288
        for tag in seen:
            if is_18 or tag.port == antenna:
                self._found[tag.epc] = _raw_rssi(tag.rssi_dbm)
        if now_ns < min(ends_ns, limit_ns):
            return []
        self._round = None
        frames = [self._say(Command.INVENTORY, Status.MORE, data) for data in self._tag_lists(antenna)]
        if not frames:
            return [self._say(Command.INVENTORY, Status.NO_TAG)]
        head = b"" if is_18 else bytes((1 << antenna - 1,))
        return [*frames, self._say(Command.INVENTORY, Status.DONE, head + b"\x00")]

    def _tag_lists(self, antenna: int) -> list[bytes]:
        """Return the tags that were found, in lists that fit a frame."""
        has_rssi = self._options.model == 288
        lists, entries, count = [], b"", 0
        head = self._antenna_byte(antenna) if has_rssi else b""
        for epc, rssi in [*self._found.items(), ("", 0)]:
            raw = bytes.fromhex(epc)
            if entries and (not epc or len(entries) + len(raw) + 4 > MAX_DATA_BYTES):
                lists.append(head + bytes((count,)) + entries)
                entries, count = b"", 0
            entries += bytes((len(raw),)) + raw + (bytes((rssi,)) if has_rssi else b"")
            count += 1
        self._found.clear()
        return lists

    def _report_now(self, seen: Sequence[TagSeen], now_ns: int) -> list[bytes]:
        if self._last_report_ns is None:
            self._last_report_ns = now_ns
        if seen:
            self._last_report_ns = now_ns
            self._total += len(seen)
            return [self._say(Command.REPORT, Status.OK, self._entry(tag)) for tag in seen]
        if not self.beat_interval or now_ns - self._last_report_ns < self.beat_interval * BEAT_UNIT_NS:
            return []
        self._last_report_ns = now_ns
        self._beats += 1
        states = bytes(self._state_of(port) for port in range(1, self._options.ports + 1))
        data = self._beats.to_bytes(4, "big") + states + self._total.to_bytes(4, "big")
        return [self._say(Command.REPORT, Status.BEAT, data)]

    def _entry(self, tag: TagSeen) -> bytes:
        raw = bytes.fromhex(tag.epc)
        return bytes((1 << tag.port - 1, len(raw))) + raw + bytes((_raw_rssi(tag.rssi_dbm),))

    def _antenna_byte(self, antenna: int) -> bytes:
        return bytes((antenna - 1,)) if self._options.ports > 8 else bytes((1 << antenna - 1,))

    def _state_of(self, port: int) -> int:
        if not self.antennas >> port - 1 & 1:
            return 0
        return 2 if port in self._options.dead_antennas else 1

    def _say(self, command: int, status: int, data: bytes = b"") -> bytes:
        return answer(self._options.address, command, status, data)


def _raw_rssi(rssi_dbm: float) -> int:
    """Return a raw byte: the makers give no scale, so this one is made up (captures show 100 to 110)."""
    return round(max(0.0, min(255.0, rssi_dbm + 160.0)))
