"""What the conversations with a UHFReader288 and a UHFReader18 share, from port opened to port closed. Pure.

    opened ─▶ stop ─▶ which mode? ─▶ answer mode ─▶ who are you ─▶ region, power ─┬▶ inventory ─▶ antenna 1, 2 …
                                                                                 └▶ real-time mode: it reports

Beyond the rules of every conversation (readers/codecs/conversation.py):
1. In answer mode the reader speaks when it is asked: each inventory is followed by the next, through
   the next antenna. In real-time mode it reports by itself, and beats while it sees nothing.
2. In real-time mode it hears little: what has to be set is set in answer mode.
3. Settings are sent only where the reader's differ: it writes them to an EEPROM.
4. A reader none of whose antennas is connected, or whose inventories fail, could see no tag: its
   frames prove no life.
"""

from abc import abstractmethod
from collections.abc import Sequence

from readers.codecs import uhfreader
from readers.codecs import uhfreader_steps as words
from readers.codecs.chafon import Frame
from readers.codecs.conversation import Conversation, Step
from readers.codecs.uhfreader import Command, Status, Tag
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings

REST_S = 1.0
"""Pause after an inventory that failed again: a reader that fails at once must not be asked without end."""

_NO_FAULTS = frozenset({Status.NO_TAG, Status.TAG_UNCLEAR, Status.TAG_ERROR})
"""Of an inventory: no tag was heard well enough this time."""


class UhfReaderSession(Conversation):
    """What both models share. `ports` tells a kind's antennas apart."""

    stale_after_s = 0.5
    """In answer mode nothing follows the frame that a false beginning holds back: the longest takes 0.27 s at
    9600 baud."""

    def __init__(self, settings: RfidSettings, wanted: words.Wanted) -> None:
        self._line = uhfreader.Line()
        super().__init__(settings.device, uhfreader.new_framer(self._line))
        self._wanted = wanted
        self._antennas = settings.antennas
        self._disconnected: set[int] = set()
        self._is_failing = False

    def _encode(self, step: Step) -> bytes:
        return uhfreader.encode(step.command, step.param)

    def opened(self, now_ns: int) -> Steps:
        """Begin; another reader may be on the line now."""
        self._line.address = None
        return super().opened(now_ns)

    def _resuming(self) -> Sequence[Step]:
        return self._opening()

    def _is_watching(self) -> bool:
        return not self._is_failing and not self._disconnected.issuperset(self._antennas)

    # What a model fills in

    @abstractmethod
    def _reads(self, data: bytes, now_ns: int) -> list[Read]:
        """Return the reads in an inventory's answer. Raises Malformed."""

    @abstractmethod
    def _take_report(self, data: bytes, status: int, now_ns: int, steps: Steps) -> None:
        """Take what the reader sends by itself (counted)."""

    @abstractmethod
    def _take_mode(self, data: bytes, now_ns: int, steps: Steps) -> None:
        """Take the answer to the question for the work mode. Raises Malformed."""

    @abstractmethod
    def _further(self, info: words.ReaderInfo) -> Sequence[Step]:
        """Return what is to be said once the radio is set."""

    def _polled_antenna(self) -> int:
        """Return the antenna of the inventory that was asked for last."""
        return self._antennas[0]

    # What the reader says

    def _is_echo(self, frame: bytes) -> bool:
        return uhfreader.is_command(frame)

    def _understand(self, raw: bytes, now_ns: int, steps: Steps) -> None:
        if raw[2] == Command.INVENTORY:
            self._take_inventory(raw[4:-2], raw[3], now_ns, steps)
            return
        if raw[2] == Command.REPORT:
            self._take_report(raw[4:-2], raw[3], now_ns, steps)
            return
        frame, step = uhfreader.split(raw), self._pending
        status = frame.status or 0
        if step is not None and frame.command == Command.REFUSED:
            if step.is_round or not self._again(now_ns, steps):
                self._refused(step, status, now_ns, steps)
        elif step is None or frame.command != step.command:
            raise Malformed("unexpected")
        elif status != Status.OK:
            self._refused(step, status, now_ns, steps)
        else:
            self._take_answer(step, frame, now_ns, steps)

    def _take_answer(self, step: Step, frame: Frame, now_ns: int, steps: Steps) -> None:
        if step.command == Command.INFO:
            info = words.decode_info(frame.data)
            self._line.address = frame.address
            self._identify(info.text(), now_ns, steps)
            self._todo.extend((*words.radio_steps(self._wanted, info), *self._further(info)))
        elif step.name == "mode":
            self._take_mode(frame.data, now_ns, steps)
        self._settle(step, None, now_ns, steps)

    def _refused(self, step: Step, status: int, now_ns: int, steps: Steps) -> None:
        detail = f"status {status:#04x}: {uhfreader.STATUS_TEXTS.get(status, 'not documented')}"
        if step.is_round:
            self._fail_round(detail, f"error_{status:02x}", now_ns, steps)
        elif step.name == "mode":
            self._advance(now_ns, steps)  # old firmware does not know the question
        else:
            self._settle(step, detail, now_ns, steps)

    def _take_inventory(self, data: bytes, status: int, now_ns: int, steps: Steps) -> None:
        step = self._pending if self._pending is not None and self._pending.is_round else None
        if status in uhfreader.TAG_STATUSES:
            self._take_reads(self._reads(data, now_ns), steps)
        elif status == Status.STATISTICS:
            return
        elif status == Status.ANTENNA_ERROR:
            self._lost_antenna(self._polled_antenna(), now_ns, steps)
            if step is not None:
                self._go_on(now_ns, steps, is_again=not self._is_watching())
            return
        elif status not in _NO_FAULTS:
            if step is not None:
                self._refused(step, status, now_ns, steps)
            return
        if step is None or status == Status.MORE_FOLLOWS:
            return
        self._is_failing = False
        self._disconnected.discard(self._polled_antenna())
        if status == Status.MEMORY_FULL:
            self._blame(
                "memory_full", "more tags than the reader remembers: some were not told", now_ns, steps
            )
        self._advance(now_ns, steps)

    def _take_reads(self, reads: list[Read], steps: Steps) -> None:
        steps.observations.extend(reads)
        if self._disconnected:
            self._disconnected.difference_update(read.antenna for read in reads)

    def _fail_round(self, detail: str, code: str, now_ns: int, steps: Steps) -> None:
        was_failing, self._is_failing = self._is_failing, True
        self._blame(code, detail, now_ns, steps)
        self._go_on(now_ns, steps, is_again=was_failing)

    def _go_on(self, now_ns: int, steps: Steps, *, is_again: bool) -> None:
        """Ask for the next inventory: after a rest where this one failed as the last one did."""
        if is_again:
            self._rest(REST_S, now_ns)
        else:
            self._advance(now_ns, steps)

    def _lost_antenna(self, antenna: int, now_ns: int, steps: Steps) -> None:
        if antenna in self._antennas:
            self._disconnected.add(antenna)
            self._blame(f"antenna_{antenna}_disconnected", f"no antenna on port {antenna}", now_ns, steps)

    def _read(self, tag: Tag, antenna: int, now_ns: int) -> Read:
        return Read(self._device, antenna, tag.epc, now_ns, now_ns, None, tag.rssi_raw)
