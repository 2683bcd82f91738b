"""What EPCs say: one a line as hex, or the bytes of one. Pure."""

import re

from readers.describe.lines import Line, dropped, refused, without_none
from readers.describe.text_lines import TextLineDescriber
from readers.errors import Malformed
from readers.identity.epc import decode_epc
from readers.identity.epc_partitioned import DECODERS as PARTITIONED
from readers.identity.percent import decode_percent

MAX_LINE_BYTES = 1_024
"""124 digits, with room for white space between each two of them and around."""

_NO_TEXT = re.compile(rb"[^\t\r\n -~]")
_BETWEEN_DIGITS = re.compile(rb"[\s:,-]+|0[xX]")
_PARTITION_SHIFT = 2
"""header(8) filter(3) partition(3): the partition ends two bits before the second byte does."""


class EpcDescriber:
    """The Describer of EPCs. From the first byte on that no text has, all is taken for one binary EPC."""

    def __init__(self) -> None:
        self._lines = TextLineDescriber(_describe_text, MAX_LINE_BYTES)
        self._binary: bytes | None = None

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes."""
        lines: list[Line] = []
        if self._binary is None:
            foreign = _NO_TEXT.search(data)
            if foreign is None:
                return self._lines.feed(data)
            begin = data.rfind(b"\n", 0, foreign.start()) + 1
            lines += self._lines.feed(data[:begin])
            self._binary, data = self._lines.take_rest(), data[begin:]
        self._binary += data
        while len(self._binary) > MAX_LINE_BYTES:
            lines.append(dropped("too_long", self._binary[:MAX_LINE_BYTES]))
            self._binary = self._binary[MAX_LINE_BYTES:]
        return lines

    def finish(self) -> list[Line]:
        """Tell of the last EPC."""
        return self._lines.finish() if self._binary is None else [describe(self._binary.hex(), self._binary)]


def _describe_text(raw: bytes) -> list[Line]:
    digits = _BETWEEN_DIGITS.sub(b"", raw).decode("ascii", "replace")
    return [describe(digits, raw)] if digits else []


def describe(digits: str, raw: bytes) -> Line:
    """Return the line of one EPC, given as hex; `raw` is how it was written. Its path is for reading: a
    slash in a serial stands as it is.
    """
    try:
        identity = decode_epc(digits)
    except Malformed as error:
        line = refused(error, raw)
        return line if error.reason == "epc_hex" else {**line, "bytes": digits.upper()}
    is_partitioned = int(digits[:2], 16) in PARTITIONED
    return without_none(
        kind="epc",
        epc=digits.upper(),
        scheme=identity.scheme,
        filter=identity.filter,
        partition=int(digits[2:4], 16) >> _PARTITION_SHIFT & 7 if is_partitioned else None,
        ai=identity.ai,
        key=identity.key,
        gtin=identity.gtin,
        serial=identity.serial,
        date=dict([identity.date]) if identity.date else None,
        digital_link_path=decode_percent(identity.digital_link_path),
    )
