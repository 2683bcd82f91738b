"""Answers to look-ups of one article, remembered while nothing that they rest on has changed. Pure.

An answer is given again to the same question of the same key for LIFE_S at most, only before the end of its
validity (which is never later than the end of a hold that counts), and only while its stamp stands: the stamp
changes with each pass that touched the article, with each epoch of belief, and with each change of a setting.
What nothing tells of (that a reader has been silent for too long, say) shows after LIFE_S, as it does in the
stream, which is told by the passes too.
"""

from collections.abc import Callable
from dataclasses import dataclass

LIFE_S = 1.0
"""Real seconds. A shop's page asks for the same article tens of times within that, and hundreds when it is hot."""
MAX_REMEMBERED = 20_000
"""About 1.5 KB each: the hot part of what is asked within a second."""

Question = tuple[str, bytes, str]
"""(path, query string, id of the key)."""
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it was given: `headers` but for those of the single request, and what it rests on."""

    store: str
    sku: str
    stamp: object
    body: bytes
    etag: str
    headers: tuple[Header, ...]
    headers_unchanged: tuple[Header, ...]
    """Of a 304."""
    valid_until_ns: int
    shown_until_ns: int
    """The end of validity that Cache-Control tells."""
    until_s: float


class Remembered:
    """The answers of one app. `stamp(store, sku)` is what an answer rests on now."""

    def __init__(self, stamp: Callable[[str, str], object], monotonic_s: Callable[[], float]) -> None:
        self._stamp = stamp
        self._monotonic_s = monotonic_s
        self._shown: dict[Question, Shown] = {}
        self.hits = 0
        """Answers that were given again."""

    def __len__(self) -> int:
        return len(self._shown)

    def stamp(self, store: str, sku: str) -> object:
        """Return what an answer rests on, to be asked before it is computed."""
        return self._stamp(store, sku)

    def until_s(self) -> float:
        """Return until when an answer of now may be given again."""
        return self._monotonic_s() + LIFE_S

    def keep(self, question: Question, shown: Shown) -> None:
        """Remember an answer; the oldest go beyond the bound."""
        self._shown.pop(question, None)
        self._shown[question] = shown
        while len(self._shown) > MAX_REMEMBERED:
            del self._shown[next(iter(self._shown))]

    def find(self, question: Question, now_ns: int) -> Shown | None:
        """Return the answer, where it still stands at shop time `now_ns`."""
        shown = self._shown.get(question)
        if shown is None:
            return None
        if (
            now_ns >= shown.valid_until_ns
            or self._monotonic_s() >= shown.until_s
            or self._stamp(shown.store, shown.sku) != shown.stamp
        ):
            del self._shown[question]
            return None
        return shown
