"""The conversation with a UHFReader18, in answer mode. Pure."""

from collections.abc import Sequence

from readers.codecs import uhfreader
from readers.codecs import uhfreader_steps as words
from readers.codecs.conversation import Step
from readers.codecs.uhfreader import Command, Status
from readers.codecs.uhfreader_session import UhfReaderSession
from readers.errors import Malformed
from readers.observations import Read
from readers.protocol import Steps
from readers.settings import RfidSettings


class UhfReader18Session(UhfReaderSession):
    """The SerialProtocol of the UHFReader18 family, in answer mode."""

    def __init__(self, settings: RfidSettings) -> None:
        """Raises DeviceRefused when the settings ask for what the reader or the law forbids."""
        super().__init__(settings, words.wanted_18(settings))

    def _opening(self) -> Sequence[Step]:
        return (words.LOOK_AT_MODE_18, words.INFO)

    def _farewell(self) -> list[bytes]:
        """It falls silent by itself when its inventory is over."""
        return []

    def _next_round(self, now_ns: int) -> Step | None:  # noqa: ARG002 - always the same
        return words.INVENTORY_18

    def _take_mode(self, data: bytes, now_ns: int, steps: Steps) -> None:  # noqa: ARG002 - nothing to blame
        """`Wg…(4) Read_mode Mode_state Mem_Inven First_Adr Word_Num Tag_Time …`: back to answer mode."""
        if len(data) >= 10 and data[4] & 0b11:
            param = bytes((words.MODE_ANSWER,)) + data[5:10]
            self._todo.appendleft(Step("answer_mode", Command.SET_WORK_MODE_18, param))

    def _further(self, info: words.ReaderInfo) -> Sequence[Step]:
        return () if info.scan_time_100ms == words.SCAN_TIME_100MS else (words.SET_SCAN_TIME,)

    def _reads(self, data: bytes, now_ns: int) -> list[Read]:
        tags = uhfreader.decode_tags(data, has_rssi=False)
        return [self._read(tag, self._antennas[0], now_ns) for tag in tags]

    def _take_report(self, data: bytes, status: int, now_ns: int, steps: Steps) -> None:
        """A reader that was left in scan mode: the data is the EPC alone."""
        if status != Status.OK:
            raise Malformed("unexpected")
        self._take_reads(self._reads(bytes((1, len(data))) + data, now_ns), steps)
