"""The conversation with an R2000 module that speaks "A0", from port opened to port closed. Pure.

    opened ─▶ firmware ─▶ power, region as they are ─▶ (set) ─▶ temperature, return loss ─┬▶ round ─▶ over ─▶ round …
       ▲                                                                                  └── every HEALTH_EVERY_S
       └── a round unanswered, twice

Beyond the rules of every conversation (readers/codecs/conversation.py):
1. A round tells its tags at once and ends with a count: then the next is asked for. There is nothing
   to stop: a round that nobody follows up ends by itself.
2. A module with several antennas switches between them in one round (FAST_SWITCH), so that no setting
   of it need be remembered over a restart.
3. Settings are sent only where the module's differ: it writes them to its flash.
4. A module none of whose antennas is connected, or whose rounds fail, could see no tag: its frames
   prove no life.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from readers.codecs import r2000
from readers.codecs.conversation import NS_PER_S, ROUND_QUIET_S, Conversation, Step
from readers.codecs.r2000 import Command, Frame
from readers.codecs.radio import check_antennas, check_region, whole_dbm
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings

SOURCE = "UHF RFID Reader Serial Interface Protocol V3.7"
MAX_POWER_DBM = 33
_USER_REGION = 4

REGIONS: Mapping[str, tuple[bytes, int]] = MappingProxyType(
    {
        "us": (bytes((1, 7, 59)), 33),
        "eu": (bytes((_USER_REGION, 60, 4)) + (865_700).to_bytes(3, "big"), 5),
        "cn-900": (bytes((3, 44, 52)), 48),
    }
)
"""Region -> what SET_REGION takes, and a frequency index within it to measure the return loss at. "eu" is
a region of our own, four channels 600 kHz apart from 865.7 MHz: exactly those on which ETSI EN 302
208 allows 2 W, where the module's ETSI region hops in steps of 500 kHz from edge to edge of the band."""

REST_S = 1.0
"""Pause after a round that failed again: a module that fails at once must not be asked without end."""

HEALTH_EVERY_S = 300
"""A radio warms up within minutes."""

REPEATS = 10
"""Rounds for one command, through one antenna: half a second or so. One alone would lose more air time to
commands, and more of them to a bad line: each end that is garbled costs ROUND_QUIET_S."""

MAX_PORTS = 4
_NO_ANTENNA = 0xFF
_AMBIGUOUS_POWER = 0x11
"""As an answer of one byte: 17 dBm, or "command failed"."""

FIRMWARE = Step("firmware", Command.INFO)
POWER_NOW = Step("power_now", Command.GET_POWER, is_required=False)
REGION_NOW = Step("region_now", Command.GET_REGION, is_required=False)
TEMPERATURE = Step("temperature", Command.TEMPERATURE, is_required=False)


class R2000Session(Conversation):
    """The SerialProtocol of R2000 modules."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what the module or the law forbids."""
        super().__init__(settings.device, r2000.new_framer())
        check_region(settings, REGIONS, SOURCE)
        check_antennas(settings, MAX_PORTS, SOURCE)
        self._region = REGIONS[settings.region] if settings.region else None
        self._power_dbm = whole_dbm(settings, 0, MAX_POWER_DBM, SOURCE)
        self._antennas = settings.antennas
        self._inventory = _inventory(settings.antennas)
        self._missing: set[int] = set()
        self._missing_this_round: set[int] = set()
        self._is_failing = False
        self._next_health_ns = 0
        self._found: dict[str, bytes] = {}
        self._facts: dict[str, str] = {}
        self._told = ""

    def _opening(self) -> Sequence[Step]:
        self._found.clear()
        self._facts.clear()
        self._told = ""
        self._next_health_ns = 0
        return (FIRMWARE, POWER_NOW, REGION_NOW)

    def _resuming(self) -> Sequence[Step]:
        return self._opening()

    def _farewell(self) -> list[bytes]:
        return []

    def _encode(self, step: Step) -> bytes:
        return r2000.encode(step.command, step.param)

    def _is_watching(self) -> bool:
        return not self._is_failing and not self._missing.issuperset(self._antennas)

    def _next_round(self, now_ns: int) -> Step:
        """Return the next round; once in a while the module is asked how it is instead."""
        self._missing_this_round.clear()
        if now_ns < self._next_health_ns:
            return self._inventory
        self._next_health_ns = now_ns + HEALTH_EVERY_S * NS_PER_S
        if self._region is not None:
            self._todo.extend(_loss_steps(self._antennas, self._region[1]))
        return TEMPERATURE

    def _left(self, step: Step, now_ns: int, steps: Steps) -> None:
        if step is REGION_NOW:
            self._todo.extend(self._radio_steps())
        is_health = step is TEMPERATURE or step.command == Command.RETURN_LOSS
        detail = "; ".join(f"{name} {text}" for name, text in self._facts.items())
        if is_health and not self._todo and detail != self._told:
            self._told = detail
            self._identify(detail, now_ns, steps)

    def _radio_steps(self) -> list[Step]:
        """Return what has to be set: what differs, or could not be asked for."""
        steps: list[Step] = []
        if self._power_dbm is not None:
            found = self._found.get("power_now", b"")
            wanted = bytes((self._power_dbm,)) * max(1, len(found))
            if found != wanted or found[0] == _AMBIGUOUS_POWER:
                steps.append(Step("power", Command.SET_POWER, wanted))
        if self._region is not None and self._found.get("region_now") != self._region[0]:
            steps.append(Step("region", Command.SET_REGION, self._region[0]))
        return steps

    # What the module says

    def _is_echo(self, frame: bytes) -> bool:
        return r2000.is_command(frame)

    def _understand(self, raw: bytes, now_ns: int, steps: Steps) -> None:
        if r2000.is_tag(raw):
            self._take_tag(raw, now_ns, steps)
        elif r2000.is_inventory(raw):
            self._take_round(r2000.split(raw), now_ns, steps)
        else:
            self._take_answer(r2000.split(raw), now_ns, steps)

    def _take_tag(self, raw: bytes, now_ns: int, steps: Steps) -> None:
        epc, antenna, rssi_dbm, rssi_raw, _ = r2000.decode_tag(raw)
        if self._missing:
            self._missing.discard(antenna)
        steps.observations.append(Read(self._device, antenna, epc, now_ns, now_ns, rssi_dbm, rssi_raw))

    def _take_round(self, frame: Frame, now_ns: int, steps: Steps) -> None:
        """Take the end of a round, or an error in it."""
        error, is_ours = frame.error, self._pending is self._inventory
        lost = r2000.antenna_error(frame)
        if lost is not None:
            antenna, code = lost
            if code == r2000.ANTENNA_MISSING:
                self._lose_antenna(antenna, now_ns, steps)
            return
        if error == r2000.ANTENNA_MISSING and len(self._antennas) == 1:
            self._lose_antenna(self._antennas[0], now_ns, steps)
        if error not in (None, r2000.NO_TAG):
            self._blame(f"error_{error:02x}", _error_text(error), now_ns, steps)
            was_failing, self._is_failing = self._is_failing, True
            if is_ours and was_failing:
                self._rest(REST_S, now_ns)
            elif is_ours:
                self._advance(now_ns, steps)
        elif is_ours:
            self._is_failing = False
            self._missing = set(self._missing_this_round)
            self._advance(now_ns, steps)

    def _lose_antenna(self, antenna: int, now_ns: int, steps: Steps) -> None:
        if antenna in self._antennas:
            self._missing.add(antenna)
            self._missing_this_round.add(antenna)
            self._blame(f"antenna_{antenna}_disconnected", f"no antenna on port {antenna}", now_ns, steps)

    def _take_answer(self, frame: Frame, now_ns: int, steps: Steps) -> None:
        step = self._pending
        if step is None or frame.command != step.command:
            raise Malformed("unexpected")
        refusal = None
        if step in (POWER_NOW, REGION_NOW):
            self._found[step.name] = frame.data
        elif step is FIRMWARE:
            self._facts["firmware"] = ".".join(str(byte) for byte in frame.data)
        elif step is TEMPERATURE:
            if len(frame.data) == 2:
                self._facts["temperature"] = f"{r2000.temperature_c(frame.data)} °C"
        elif step.command == Command.RETURN_LOSS:
            if frame.error is not None and frame.error != r2000.RETURN_LOSS_FAILED:
                self._facts[step.name] = f"{frame.error} dB"
        elif frame.error != r2000.OK:
            refusal = _error_text(frame.error or 0)
        self._settle(step, refusal, now_ns, steps)


def _inventory(antennas: tuple[int, ...]) -> Step:
    """Return one round: through the only antenna of a small module, or through all by turns."""
    if antennas == (1,):
        return Step("inventory", Command.INVENTORY, bytes((REPEATS,)), is_round=True, wait_s=ROUND_QUIET_S)
    slots = [(antenna - 1, 1) for antenna in antennas] + [(_NO_ANTENNA, 0)] * (MAX_PORTS - len(antennas))
    param = bytes(byte for slot in slots for byte in slot) + bytes((0, max(1, REPEATS // len(antennas))))
    return Step("inventory", Command.FAST_SWITCH, param, is_round=True, wait_s=ROUND_QUIET_S)


def _loss_steps(antennas: tuple[int, ...], frequency_index: int) -> list[Step]:
    """Return the measurement of each antenna's return loss."""
    steps: list[Step] = []
    for antenna in antennas:
        steps.append(Step("antenna", Command.SET_ANTENNA, bytes((antenna - 1,)), is_required=False))
        name, param = f"return loss of antenna {antenna}", bytes((frequency_index,))
        steps.append(Step(name, Command.RETURN_LOSS, param, is_required=False))
    return steps


def _error_text(code: int) -> str:
    return f"error {code:#04x}: {r2000.ERROR_TEXTS.get(code, 'not documented')}"
