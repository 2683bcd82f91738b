"""A capture of a line scanner: its codes, and what each names. Pure.

The scanner's own session cuts the codes. Two things are unknown in a capture: how the scanner is set
(the defaults are taken), and when its bytes came, so only the end of the capture ends a code without
a terminator.
"""

import re
from collections.abc import Iterator

from readers.codecs.scanner import ScannerSession
from readers.describe.gs1 import scan_line
from readers.describe.lines import Line, dropped, refused
from readers.errors import Malformed
from readers.identity.gs1 import identify_scan
from readers.observations import Scan
from readers.protocol import Steps
from readers.settings import ScannerSettings

_ENDS = b"\r\n\x03"
_UP_TO_AN_END = re.compile(rb"[^\r\n\x03]{1,4096}|[\r\n\x03]")
"""So little at a time that at most one code ends in it, and what is held back stays small."""


class ScannerDescriber:
    """The Describer of a line scanner's capture."""

    def __init__(self, session: ScannerSession | None = None) -> None:
        """`session`: a fresh one of the scanner's own settings; None: of the defaults."""
        self._session = session or ScannerSession(ScannerSettings("capture"))
        self._untold = b""
        self._passed = 0
        self._dropped = self._session.bytes_counts.dropped.copy()

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes."""
        lines: list[Line] = []
        for match in _UP_TO_AN_END.finditer(data):
            self._untold += match.group()
            lines += self._tell(self._session.feed(match.group(), 0))
        return lines

    def finish(self) -> list[Line]:
        """End a code that has no terminator."""
        deadline_ns = self._session.deadline_ns
        return [] if deadline_ns is None else list(self._tell(self._session.tick(deadline_ns)))

    def _tell(self, steps: Steps) -> Iterator[Line]:
        """Tell of codes, and of the bytes that the session dropped: those that it had longest."""
        counts = self._session.bytes_counts
        for reason, count in (counts.dropped - self._dropped).items():
            yield dropped(reason, self._untold[:count])
            self._untold = self._untold[count:]
        self._dropped = counts.dropped.copy()
        taken, self._untold = _cut(self._untold, counts.passed - self._passed)
        self._passed = counts.passed
        for observation in steps.observations:
            if isinstance(observation, Scan):
                yield _scan(observation.text, taken.rstrip(_ENDS))


def _cut(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]


def _scan(text: str, raw: bytes) -> Line:
    """Return the line of a code. One that claims to be GS1 and is wrong is refused, a plain one is not."""
    try:
        return scan_line(text, identify_scan(text))
    except Malformed as error:
        return refused(error, raw)
