"""The conversation with an M100-family reader, from port opened to port closed. Pure.

    opened ─▶ stop ─▶ who are you (×3) ─▶ region ─▶ power ─▶ start ─▶ running ─┐
       ▲                                    ▲                                  │ no frame at all for
       │                                    └──────────────────────────────────┘ SILENT_AFTER_S
       └── a required command unanswered MAX_ATTEMPTS times (the module is reset or gone)

Beyond the rules of every conversation (readers/codecs/conversation.py):
1. While an inventory runs the module sends a frame in every round, a tag or error 15. So no frame
   at all means that its 65,535 rounds ran out, or that it restarted: the settings, which it forgets
   over a restart, are sent again before the start, lest it transmit in another region.
2. Until a first frame shows which dialect the firmware speaks, each attempt uses the other one.
"""

from collections.abc import Sequence

from readers.codecs import m100
from readers.codecs.conversation import Conversation, Step, printable
from readers.codecs.m100 import Command, Dialect, Frame
from readers.codecs.m100_steps import START, STOP, WHO, setting_steps
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings

_INVENTORY_ERRORS = frozenset({m100.ERROR_NO_TAG, 0x20})
"""Errors of a round, not of the command that is waiting for its answer."""


class M100Session(Conversation):
    """The SerialProtocol of the M100 family."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what no module of the family can do."""
        super().__init__(settings.device, m100.new_framer())
        self._setting_steps = setting_steps(settings)
        self._antenna = settings.antennas[0]
        self._dialect = Dialect.BB
        self._is_dialect_known = False
        self._who: dict[str, str] = {}

    def _opening(self) -> Sequence[Step]:
        self._is_dialect_known = False
        self._who.clear()
        return (STOP, *WHO, *self._setting_steps, START)

    def _resuming(self) -> Sequence[Step]:
        return (*self._setting_steps, START)

    def _farewell(self) -> list[bytes]:
        """Stop the inventory, in both dialects when none has been heard yet."""
        dialects = (self._dialect,) if self._is_dialect_known else tuple(Dialect)
        return [m100.encode(STOP.command, dialect=dialect) for dialect in dialects]

    def _encode(self, step: Step) -> bytes:
        return m100.encode(step.command, step.param, self._dialect)

    def _before_retry(self) -> None:
        if not self._is_dialect_known:
            self._dialect = Dialect.AA if self._dialect is Dialect.BB else Dialect.BB

    def _left(self, step: Step, now_ns: int, steps: Steps) -> None:
        if step is WHO[-1] and self._who:
            detail = "; ".join(f"{name} {text}" for name, text in self._who.items())
            self._identify(detail, now_ns, steps)

    def _is_echo(self, frame: bytes) -> bool:
        return frame[1] == m100.FrameType.COMMAND

    def _understand(self, frame: bytes, now_ns: int, steps: Steps) -> None:
        if not self._is_dialect_known or frame[0] != self._dialect:
            self._dialect, self._is_dialect_known = Dialect(frame[0]), True
        if not m100.is_tag(frame):
            self._take_answer(m100.split(frame), now_ns, steps)
            return
        if self._pending is START:
            self._advance(now_ns, steps)
        epc, rssi_dbm = m100.decode_tag(frame)
        steps.observations.append(
            Read(self._device, self._antenna, epc, now_ns, now_ns, float(rssi_dbm), rssi_dbm & 0xFF)
        )

    def _take_answer(self, frame: Frame, now_ns: int, steps: Steps) -> None:
        step, error = self._pending, frame.error
        if error is not None:
            self._take_error(error, now_ns, steps)
        elif step is None or not _is_answer_to(step, frame):
            raise Malformed("unexpected")
        elif step.command == Command.INFO:
            self._who[step.name] = printable(frame.param[1:])
            self._settle(step, None, now_ns, steps)
        else:
            refusal = None if frame.param == b"\x00" else f"answered {frame.param.hex()}"
            self._settle(step, refusal, now_ns, steps)

    def _take_error(self, error: int, now_ns: int, steps: Steps) -> None:
        step = self._pending
        detail = f"error {error:#04x}: {m100.ERROR_TEXTS.get(error, 'not documented')}"
        if error not in _INVENTORY_ERRORS and step is not None:
            self._settle(step, detail, now_ns, steps)
            return
        if error != m100.ERROR_NO_TAG:
            self._blame(f"error_{error:02x}", detail, now_ns, steps)
        if step is START and error in _INVENTORY_ERRORS:
            self._advance(now_ns, steps)


def _is_answer_to(step: Step, frame: Frame) -> bool:
    is_same = frame.type == m100.FrameType.ANSWER and frame.command == step.command
    return is_same and (step.command != Command.INFO or frame.param[:1] == step.param)
