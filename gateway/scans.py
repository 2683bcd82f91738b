"""Code scans: the scanner's role says what a scan means; a doubled scan is one scan. Pure."""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from readers.counts import StageCounts


class RepeatFilter:
    """The same code from one scanner within its window is the same scan, over a restart too.

    The window slides: a code held before a scanner stays one scan for as long as it is there. It reaches to
    both sides: a scan that is told late, behind a newer one, is a scan of its own.
    """

    def __init__(self, window_ns: int) -> None:
        self.counts = StageCounts()
        self._window_ns = window_ns
        self._code = 0
        self._last_ns = -(1 << 62)
        self._is_dirty = False

    def is_new(self, text: str, at_ns: int) -> bool:
        """Take a scan in; return whether it is a scan of its own."""
        self.counts.received += 1
        code = _digest(text)
        repeat = code == self._code and abs(at_ns - self._last_ns) < self._window_ns
        self._code, self._last_ns, self._is_dirty = code, at_ns, self._window_ns > 0
        if repeat:
            self.counts.drop("repeat")
            return False
        self.counts.passed += 1
        return True

    def dirty_row(self) -> str | None:
        """Return the last scan as text, which bears no code; None where it is written already."""
        if not self._is_dirty:
            return None
        self._is_dirty = False
        return json.dumps([self._code, self._last_ns])

    def restore(self, text: str) -> None:
        """Take up what `dirty_row` told last."""
        self._code, self._last_ns = json.loads(text)


MAX_TOLD = 20_000
"""Scans of one scanner that are known again: all that one pass takes in. What comes again after a crash was
taken in by the last pass, whose messages were not acknowledged yet. Costs up to 3 MB."""


class ToldScans:
    """The last scans of one scanner that came with a time of their own, kept over a restart.

    A message that was made durable but not acknowledged comes again after a crash, to a gateway whose
    memory of reads is gone. A read told twice changes nothing; a scan told twice would be a piece.
    """

    def __init__(self) -> None:
        self._numbers: OrderedDict[int, int] = OrderedDict()
        self._next = 0
        self._dirty: dict[int, None] = {}

    def is_new(self, text: str, at_ns: int) -> bool:
        """Take a scan in; return whether it was not told before."""
        key = _digest(f"{at_ns}:{text}")
        if key in self._numbers:
            return False
        self._add(key)
        return True

    def _add(self, key: int) -> None:
        self._numbers[key] = self._next
        self._next += 1
        self._dirty[key] = None
        if len(self._numbers) > MAX_TOLD:
            self._dirty[self._numbers.popitem(last=False)[0]] = None

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (key, place in the order) of what is new, and (key, None) of what is known no more."""
        rows = [
            (f"{key:016x}", None if (number := self._numbers.get(key)) is None else str(number))
            for key in self._dirty
        ]
        self._dirty.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` told."""
        numbers = sorted((int(number), int(key, 16)) for key, number in rows)
        self._numbers = OrderedDict((key, number) for number, key in numbers)
        self._next = numbers[-1][0] + 1 if numbers else 0

    def restore_old(self, text: str) -> None:
        """Take up what the first version wrote: all keys in one text. They are told anew, each by itself."""
        for key in json.loads(text):
            self._add(int(key, 16))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest())


@dataclass(slots=True)
class CountSession:
    """A count by scanner: each scan is a piece in the scanner's zone; it ends when scanning stops."""

    ref: str
    started_ns: int
    last_ns: int
    pieces: Counter[str] = field(default_factory=Counter)

    def add(self, sku: str, at_ns: int) -> None:
        """Count one piece."""
        self.pieces[sku] += 1
        self.last_ns = max(self.last_ns, at_ns)
