"""Captures written as hex: any spacing, upper or lower case, `0x`, one capture a line or one over many. Pure."""

import re

from readers.describe.lines import Describer, Line, dropped
from readers.describe.text_lines import TextLineDescriber

MAX_LINE_BYTES = 1 << 20
"""Half a megabyte of capture in one line; a longer line is refused, so that no input takes more memory."""

_BETWEEN_DIGITS = re.compile(rb"[\s:,;-]+|0[xX]")
_DIGITS = re.compile(rb"[0-9A-Fa-f]*")


class HexDescriber:
    """The Describer of a capture that is written as hex: its lines are joined to one stream."""

    def __init__(self, inner: Describer) -> None:
        self._inner = inner
        self._lines = TextLineDescriber(self._feed_line, MAX_LINE_BYTES)

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes of the text."""
        return self._lines.feed(data)

    def finish(self) -> list[Line]:
        """Take the last line, and end the stream."""
        return self._lines.finish() + self._inner.finish()

    def _feed_line(self, text: bytes) -> list[Line]:
        digits = _BETWEEN_DIGITS.sub(b"", text)
        if _DIGITS.fullmatch(digits) is None:
            return [dropped("hex", text, "not hexadecimal")]
        if len(digits) % 2:
            return [dropped("hex", text, "an odd number of digits")]
        return self._inner.feed(bytes.fromhex(digits.decode("ascii")))
