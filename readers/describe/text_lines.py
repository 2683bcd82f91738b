"""A stream of text lines, told line by line; all work is on bytes, so GS (0x1D) stays what it is. Pure."""

from collections.abc import Callable

from readers.describe.lines import Line, dropped

DescribeText = Callable[[bytes], list[Line]]


class TextLineDescriber:
    """The Describer of texts, one a line. A line beyond `max_line_bytes` is refused piece by piece."""

    def __init__(self, describe: DescribeText, max_line_bytes: int) -> None:
        self._describe = describe
        self._max_line_bytes = max_line_bytes
        self._held = b""
        self._is_too_long = False

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes."""
        *ended, rest = data.split(b"\n")
        lines: list[Line] = []
        for part in ended:
            lines += self._hold(part)
            lines += self._end()
        return lines + self._hold(rest)

    def finish(self) -> list[Line]:
        """Tell of a last line without its end."""
        return self._end()

    def take_rest(self) -> bytes:
        """Return the unfinished line, and forget it."""
        rest, self._held, self._is_too_long = self._held, b"", False
        return rest

    def _hold(self, part: bytes) -> list[Line]:
        lines: list[Line] = []
        while len(self._held) + len(part) > self._max_line_bytes:
            taken = self._max_line_bytes - len(self._held)
            lines.append(dropped("too_long", self._held + part[:taken]))
            self._held, part, self._is_too_long = b"", part[taken:], True
        self._held += part
        return lines

    def _end(self) -> list[Line]:
        text, self._held = self._held, b""
        if self._is_too_long:
            self._is_too_long = False
            return [dropped("too_long", text)] if text else []
        text = text.removesuffix(b"\r")
        return self._describe(text) if text else []
