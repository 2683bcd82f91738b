"""The conversation with an M100-family reader, from port opened to port closed. Pure.

    opened ─▶ stop ─▶ who are you (×3) ─▶ region ─▶ power ─▶ start ─▶ running ─┐
       ▲                                    ▲                                  │ no frame at all for
       │                                    └──────────────────────────────────┘ SILENT_AFTER_S
       └── a required command unanswered MAX_ATTEMPTS times (the module is reset or gone)

Rules:
1. Tags are read in every state: a module that was left running reports before it is asked.
2. While an inventory runs the module sends a frame in every round, a tag or error 15. So no frame
   at all means that its 65,535 rounds ran out, or that it restarted: the settings, which it forgets
   over a restart, are sent again before the start, lest it transmit in another region.
3. An unanswered command is sent again; until a first frame shows which dialect the firmware speaks,
   each attempt uses the other one.
4. A refused setting is a Fault for people; the reader goes on with what it has.
"""

from collections import deque

from readers.codecs import m100
from readers.codecs.m100 import Command, Dialect, Frame
from readers.codecs.m100_steps import START, STOP, WHO, Step, setting_steps
from readers.counts import StageCounts
from readers.errors import Malformed
from readers.observations import Fault, Heartbeat, Identified, Read
from readers.protocol import Steps
from readers.settings import RfidSettings

NS_PER_S = 1_000_000_000
COMMAND_TIMEOUT_S = 10
"""A module answers in milliseconds; but a demo's clock runs 30 times faster than the wire, and a
late answer that is taken for none costs more than a slow retry."""

MAX_ATTEMPTS = 3
"""Sends of one command before it is given up."""

SILENT_AFTER_S = 5
"""A round takes at most some 100 ms and always gives a frame: 50 rounds without one are an end."""

STALE_AFTER_S = 5
"""Age of a half frame that is given up: the longest takes 0.2 s at 9600 baud to arrive."""

HEARTBEAT_EVERY_S = 1
"""Up to 480 frames a second prove life: one of them is enough."""

FAULT_EVERY_S = 60
"""A module repeats the same error in every round: told once a minute."""

_INVENTORY_ERRORS = frozenset({m100.ERROR_NO_TAG, 0x20})
"""Errors of a round, not of the command that is waiting for its answer."""


class M100Session:
    """The SerialProtocol of the M100 family."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what no module of the family can do."""
        self._device = settings.device
        self._setting_steps = setting_steps(settings)
        self._antenna = settings.antennas[0]
        self._framer = m100.new_framer()
        self.bytes_counts = self._framer.counts
        self.frame_counts = StageCounts()
        self._is_open = False
        self._dialect = Dialect.BB
        self._is_dialect_known = False
        self._todo: deque[Step] = deque()
        self._pending: Step | None = None
        self._attempts = 0
        self._sent_ns = 0
        self._held_since_ns = 0
        self._held_from = 0
        self._last_frame_ns = 0
        self._next_beat_ns: int | None = None
        self._next_fault_ns: dict[str, int] = {}
        self._who: dict[str, str] = {}

    def opened(self, now_ns: int) -> Steps:
        """Forget the old connection and begin: stop, identify, set, start."""
        self._framer.clear("reopened")
        self._is_open = True
        self._next_beat_ns = None
        self._next_fault_ns.clear()
        steps = Steps()
        self._begin(now_ns, steps)
        return steps

    def feed(self, data: bytes, now_ns: int) -> Steps:
        """Take bytes from the wire."""
        steps = Steps()
        was_held = self._framer.held
        frames = self._framer.feed(data)
        held_from = self.bytes_counts.received - self._framer.held
        if not was_held or held_from != self._held_from:
            self._held_since_ns, self._held_from = now_ns, held_from
        self._take(frames, now_ns, steps)
        return steps

    def tick(self, now_ns: int) -> Steps:
        """Drop a stale half frame, send an unanswered command again, start a silent reader again."""
        steps = Steps()
        if self._framer.held and now_ns >= self._held_since_ns + STALE_AFTER_S * NS_PER_S:
            self._take(self._framer.flush(), now_ns, steps)
        if not self._is_open:
            return steps
        if self._pending is not None:
            if now_ns >= self._sent_ns + COMMAND_TIMEOUT_S * NS_PER_S:
                self._retry(self._pending, now_ns, steps)
        elif now_ns >= self._last_frame_ns + SILENT_AFTER_S * NS_PER_S:
            self._todo.extend((*self._setting_steps, START))
            self._advance(now_ns, steps)
        return steps

    def closing(self, now_ns: int) -> Steps:  # noqa: ARG002 - the port's contract; a stop needs no time
        """Stop the inventory, in both dialects when none has been heard yet."""
        self._is_open = False
        self._pending = None
        self._todo.clear()
        dialects = (self._dialect,) if self._is_dialect_known else tuple(Dialect)
        return Steps(writes=[m100.encode(STOP.command, dialect=dialect) for dialect in dialects])

    @property
    def deadline_ns(self) -> int | None:
        """When the next of the three waits ends."""
        waits = [self._held_since_ns + STALE_AFTER_S * NS_PER_S] if self._framer.held else []
        if self._is_open:
            if self._pending is not None:
                waits.append(self._sent_ns + COMMAND_TIMEOUT_S * NS_PER_S)
            else:
                waits.append(self._last_frame_ns + SILENT_AFTER_S * NS_PER_S)
        return min(waits, default=None)

    # What the reader says

    def _take(self, frames: list[bytes], now_ns: int, steps: Steps) -> None:
        counts, observations = self.frame_counts, steps.observations
        counts.received += len(frames)
        voice: bytes | None = None
        is_inventory = False
        for frame in frames:
            if not m100.is_tag(frame):
                answer = m100.split(frame)
                if answer.type == m100.FrameType.COMMAND:
                    counts.drop("echo")
                    continue
                voice = frame
                is_inventory = is_inventory or answer.error in _INVENTORY_ERRORS
                self._hear(frame)
                self._take_answer(answer, now_ns, steps)
                continue
            voice, is_inventory = frame, True
            try:
                epc, rssi_dbm = m100.decode_tag(frame)
            except Malformed as error:
                counts.drop(error.reason)
                continue
            counts.passed += 1
            observations.append(
                Read(self._device, self._antenna, epc, now_ns, now_ns, float(rssi_dbm), rssi_dbm & 0xFF)
            )
        if voice is None:
            return
        self._hear(voice)
        self._last_frame_ns = now_ns
        if is_inventory and self._pending is START:
            self._advance(now_ns, steps)
        if self._next_beat_ns is None or now_ns >= self._next_beat_ns:
            self._next_beat_ns = now_ns + HEARTBEAT_EVERY_S * NS_PER_S
            observations.insert(0, Heartbeat(self._device, True, now_ns, now_ns))

    def _hear(self, frame: bytes) -> None:
        """Speak as the reader speaks."""
        self._dialect = Dialect(frame[0])
        self._is_dialect_known = True

    def _take_answer(self, frame: Frame, now_ns: int, steps: Steps) -> None:
        step, error = self._pending, frame.error
        if error is not None:
            self.frame_counts.passed += 1
            if error == m100.ERROR_NO_TAG:
                return
            detail = f"error {error:#04x}: {m100.ERROR_TEXTS.get(error, 'not documented')}"
            if step is None or error in _INVENTORY_ERRORS:
                self._blame(f"error_{error:02x}", detail, now_ns, steps)
            else:
                self._blame(f"{step.name}_refused", detail, now_ns, steps)
                self._advance(now_ns, steps)
        elif step is not None and _is_answer_to(step, frame):
            self.frame_counts.passed += 1
            if step.command == Command.INFO:
                self._who[step.name] = _printable(frame.param[1:])
            elif frame.param != b"\x00":
                self._blame(f"{step.name}_refused", f"answered {frame.param.hex()}", now_ns, steps)
            self._advance(now_ns, steps)
        else:
            self.frame_counts.drop("unexpected")

    def _blame(self, code: str, detail: str, now_ns: int, steps: Steps) -> None:
        if now_ns >= self._next_fault_ns.get(code, now_ns):
            self._next_fault_ns[code] = now_ns + FAULT_EVERY_S * NS_PER_S
            steps.observations.append(Fault(self._device, code, detail, now_ns))

    # What is said to the reader

    def _begin(self, now_ns: int, steps: Steps) -> None:
        self._is_dialect_known = False
        self._who.clear()
        self._todo.clear()
        self._todo.extend((STOP, *WHO, *self._setting_steps, START))
        self._advance(now_ns, steps)

    def _advance(self, now_ns: int, steps: Steps) -> None:
        """Go on to the next command; after the last one the inventory runs."""
        was, self._pending = self._pending, self._todo.popleft() if self._todo else None
        if was is WHO[-1] and self._who:
            detail = "; ".join(f"{name} {text}" for name, text in self._who.items())
            steps.observations.append(Identified(self._device, detail, now_ns))
        self._attempts = 0
        if self._pending is not None:
            self._send(self._pending, now_ns, steps)

    def _send(self, step: Step, now_ns: int, steps: Steps) -> None:
        self._attempts += 1
        self._sent_ns = now_ns
        steps.writes.append(m100.encode(step.command, step.param, self._dialect))

    def _retry(self, step: Step, now_ns: int, steps: Steps) -> None:
        if not self._is_dialect_known:
            self._dialect = Dialect.AA if self._dialect is Dialect.BB else Dialect.BB
        if self._attempts < MAX_ATTEMPTS:
            self._send(step, now_ns, steps)
        elif step.is_required:
            self._begin(now_ns, steps)
        else:
            self._advance(now_ns, steps)


def _is_answer_to(step: Step, frame: Frame) -> bool:
    is_same = frame.type == m100.FrameType.ANSWER and frame.command == step.command
    return is_same and (step.command != Command.INFO or frame.param[:1] == step.param)


def _printable(raw: bytes) -> str:
    """Return a device's text for people: ASCII, its control characters and padding left out."""
    return "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()
