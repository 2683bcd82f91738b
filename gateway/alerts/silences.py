"""Silences: what nobody is to be told of for a time, though it is watched and shown. Pure.

A silence ends exactly at its time, by itself. Who asks what silences an alert says at which time.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from gateway.alerts.records import AlertRecord

MAX_SILENCES = 200
"""Each alert that fires is held against all of them; people keep track of fewer."""
MAX_SILENCE_NS = 366 * 86_400 * 1_000_000_000
"""A year: a silence that nobody ends is a rule to be changed."""
MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which alerts: all that is given must be so; None: whatever it is."""

    store: str | None = None
    type: str | None = None
    zone: str | None = None
    sku: str | None = None
    department: str | None = None

    def matches(self, alert: AlertRecord, department: str) -> bool:
        """Return whether an alert is meant. `department`: of its article; empty: none."""
        return (
            (self.store is None or self.store == alert.store)
            and (self.type is None or self.type == alert.type)
            and (self.zone is None or self.zone == alert.zone)
            and (self.sku is None or self.sku == alert.sku)
            and (self.department is None or self.department == department)
        )


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence, until before `until_ns`. `by`: the API key that made it."""

    id: str
    matcher: Matcher
    until_ns: int
    reason: str
    by: str
    created_ns: int

    def is_active(self, at_ns: int) -> bool:
        """Return whether it silences at a time."""
        return at_ns < self.until_ns


@dataclass(slots=True)
class SilenceBook:
    """The silences of a gateway. Those that are over stay until `drop` takes them."""

    _by_id: dict[str, Silence] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)

    def add(self, silence: Silence) -> bool:
        """Take a silence in; return False where there is no room."""
        if len(self._by_id) >= MAX_SILENCES:
            return False
        self._by_id[silence.id] = silence
        self._dirty.add(silence.id)
        return True

    def drop(self, silence_id: str) -> None:
        """Let a silence be no more."""
        if self._by_id.pop(silence_id, None) is not None:
            self._dirty.add(silence_id)

    def get(self, silence_id: str) -> Silence | None:
        """Return a silence."""
        return self._by_id.get(silence_id)

    def active(self, at_ns: int) -> list[Silence]:
        """Return the silences at a time, the one that ends first before others."""
        found = [silence for silence in self._by_id.values() if silence.is_active(at_ns)]
        return sorted(found, key=lambda silence: (silence.until_ns, silence.id))

    def match(self, alert: AlertRecord, department: str, at_ns: int) -> str | None:
        """Return the id of the silence of an alert that lasts longest; None: nobody silenced it."""
        found = [
            (silence.until_ns, silence.id)
            for silence in self._by_id.values()
            if silence.is_active(at_ns) and silence.matcher.matches(alert, department)
        ]
        return max(found)[1] if found else None

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (id, silence as JSON; None: no more) of what changed."""
        for silence_id in self._dirty:
            silence = self._by_id.get(silence_id)
            yield silence_id, None if silence is None else silence_json(silence)
        self._dirty.clear()

    def restore(self, rows: Iterable[str]) -> list[Silence]:
        """Take up the silences of an earlier life, and return them."""
        for text in rows:
            silence = silence_of(text)
            self._by_id[silence.id] = silence
        return list(self._by_id.values())


def silence_json(silence: Silence) -> str:
    """Return a silence as JSON."""
    return json.dumps(asdict(silence), separators=(",", ":"))


def silence_of(text: str) -> Silence:
    """Return the silence that `silence_json` wrote."""
    raw = json.loads(text)
    return Silence(**{**raw, "matcher": Matcher(**raw["matcher"])})
