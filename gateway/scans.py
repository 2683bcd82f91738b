"""Code scans: the scanner's role says what a scan means; a doubled scan is one scan. Pure."""

import json
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from readers.counts import StageCounts


class RepeatFilter:
    """The same code from one scanner within its window is the same scan.

    The window slides: a code held before a scanner stays one scan for as long as it is there. It reaches to
    both sides: a scan that is told late, behind a newer one, is a scan of its own.
    """

    def __init__(self, window_ns: int) -> None:
        self.counts = StageCounts()
        self._window_ns = window_ns
        self._text = ""
        self._last_ns = -(1 << 62)

    def is_new(self, text: str, at_ns: int) -> bool:
        """Take a scan in; return whether it is a scan of its own."""
        self.counts.received += 1
        repeat = text == self._text and abs(at_ns - self._last_ns) < self._window_ns
        self._text, self._last_ns = text, at_ns
        if repeat:
            self.counts.drop("repeat")
            return False
        self.counts.passed += 1
        return True


MAX_TOLD = 256
"""Scans of one scanner that are known again: more than a broker has on its way to us, of scans."""


class ToldScans:
    """The last scans of one scanner that came with a time of their own, kept over a restart.

    A message that was made durable but not acknowledged comes again after a crash, to a gateway whose
    memory of reads is gone. A read told twice changes nothing; a scan told twice would be a piece.
    """

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()

    def is_new(self, text: str, at_ns: int) -> bool:
        """Take a scan in; return whether it was not told before."""
        key = blake2b(f"{at_ns}:{text}".encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > MAX_TOLD:
            self._keys.popitem(last=False)
        return True

    def save(self) -> str:
        """Return it as text."""
        return json.dumps(list(self._keys))

    def restore(self, text: str) -> None:
        """Take up what was saved."""
        self._keys = OrderedDict.fromkeys(json.loads(text))


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
