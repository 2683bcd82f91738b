"""The conversation with a UHFReader288, in answer mode or in real-time mode. Pure."""

from collections.abc import Sequence

from readers.codecs import uhfreader
from readers.codecs import uhfreader_steps as words
from readers.codecs.conversation import Step
from readers.codecs.uhfreader import Status
from readers.codecs.uhfreader_session import UhfReaderSession
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings

DISCONNECTED = 2
"""Of an antenna, in a heartbeat."""


class UhfReader288Session(UhfReaderSession):
    """The SerialProtocol of the UHFReader288 family, in answer mode or in real-time mode."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what the reader or the law forbids."""
        super().__init__(settings, words.wanted_288(settings))
        ports = words.ports_of(settings)
        by_number = ports > words.MASK_PORTS
        self._antennas_of = uhfreader.ANTENNA_OF_NUMBER if by_number else uhfreader.ANTENNAS_OF_MASK
        self._ports = ports
        self._is_real_time = settings.mode == "real_time"
        self._inventories = tuple(words.inventory_288(antenna) for antenna in settings.antennas)
        self._turn = -1
        self._parameters = b""
        if self._is_real_time:
            self.silent_after_s = 2.5 * 30 * words.BEAT_INTERVAL_30S

    def _opening(self) -> Sequence[Step]:
        self._parameters = b""
        return (words.STOP, words.LOOK_AT_MODE, words.INFO)

    def _farewell(self) -> list[bytes]:
        return [self._encode(words.TO_ANSWER_MODE if self._is_real_time else words.STOP)]

    def _next_round(self, now_ns: int) -> Step | None:  # noqa: ARG002 - its turns do not go by time
        if self._is_real_time:
            return None
        self._turn = (self._turn + 1) % len(self._inventories)
        return self._inventories[self._turn]

    def _polled_antenna(self) -> int:
        return self._antennas[self._turn]

    def _take_mode(self, data: bytes, now_ns: int, steps: Steps) -> None:
        told = words.decode_real_time(data)
        self._parameters = told.parameters
        if told.mode != words.MODE_ANSWER:
            self._todo.appendleft(words.TO_ANSWER_MODE)
        if self._is_real_time and told.hides_tags:
            self._blame("mask", "a mask hides tags: clear it with the maker's tool", now_ns, steps)
        if self._is_real_time and told.reads_tid:
            self._blame(
                "tid", "set to read TIDs, not EPCs: set LenTID to 0 with the maker's tool", now_ns, steps
            )

    def _further(self, info: words.ReaderInfo) -> Sequence[Step]:
        if not self._is_real_time:
            return ()
        steps = []
        antennas = words.antennas_step(self._antennas, self._ports)
        if self._ports > words.BYTE_PORTS or antennas.param[0] != info.antennas:
            steps.append(antennas)
        if self._parameters != words.REAL_TIME_PARAMETERS:
            steps.append(words.SET_PARAMETERS)
        return (*steps, words.SET_BEAT, words.TO_REAL_TIME_MODE)

    def _reads(self, data: bytes, now_ns: int) -> list[Read]:
        if len(data) < 2:
            return []
        tags = uhfreader.decode_tags(data[1:], has_rssi=True)
        antennas = self._antennas_of[data[0]]
        if tags and not antennas:
            raise Malformed("antenna", f"{data[0]:#04x}", data)
        return [self._read(tag, antenna, now_ns) for tag in tags for antenna in antennas]

    def _take_report(self, data: bytes, status: int, now_ns: int, steps: Steps) -> None:
        if status == Status.OK and data:
            self._take_reads(self._reads(data[:1] + b"\x01" + data[1:], now_ns), steps)
        elif status == Status.HEARTBEAT:
            beat = uhfreader.decode_beat(data)
            for antenna, state in enumerate(beat.antennas, start=1):
                if state == DISCONNECTED:
                    self._lost_antenna(antenna, now_ns, steps)
                else:
                    self._disconnected.discard(antenna)
        else:
            raise Malformed("unexpected")
