"""Since when each zone is in its phase of learning, kept over restarts. Pure."""

import json
from collections.abc import Iterable

from gateway.presence.model import Phase


class Phases:
    """The phases of all zones, by (store, zone). One owner calls it."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], tuple[Phase, int]] = {}
        self._dirty: set[tuple[str, str]] = set()

    def note(self, store: str, zone: str, phase: Phase, now_ns: int) -> None:
        """Take note of the phase that a zone is in now."""
        known = self._since.get((store, zone))
        if known is None or known[0] != phase:
            self._since[store, zone] = phase, now_ns
            self._dirty.add((store, zone))

    def of(self, store: str, zone: str) -> tuple[Phase, int] | None:
        """Return the phase of a zone and since when; None where none was noted yet."""
        return self._since.get((store, zone))

    def dirty_rows(self) -> list[tuple[str, str]]:
        """Return (key, text) of the zones whose phase changed since the last call."""
        dirty, self._dirty = self._dirty, set()
        return [(f"{store}/{zone}", json.dumps(self._since[store, zone])) for store, zone in sorted(dirty)]

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` wrote."""
        for key, text in rows:
            store, _, zone = key.partition("/")
            phase, since_ns = json.loads(text)
            self._since[store, zone] = phase, since_ns
