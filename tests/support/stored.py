"""What a store on disk holds, looked at from outside: beside a running gateway, or after it was killed."""

from dataclasses import dataclass
from pathlib import Path

from gateway.movements import JournalEntry
from gateway.storage.ports import DeadLetter
from gateway.storage.sqlite import SqliteStore

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Stored:
    """One look: the whole journal of one store, its levels that are not 0 by (sku, zone), the dead letters."""

    journal_id: str
    entries: tuple[JournalEntry, ...]
    latest: dict[tuple[str, str], int]
    dead_letters: tuple[DeadLetter, ...]

    def on_hand(self) -> dict[str, int]:
        """Return the pieces of each article."""
        totals: dict[str, int] = {}
        for (sku, _), pieces in self.latest.items():
            totals[sku] = totals.get(sku, 0) + pieces
        return totals


def stored(path: Path, store: str = "lyon-1") -> Stored:
    """Return what the file holds now; its levels may be newer than its journal where a gateway is writing."""
    table = SqliteStore.attach(path)
    try:
        entries: list[JournalEntry] = []
        while page := table.entries_after(store, entries[-1].seq if entries else 0, PAGE):
            entries += page
        points = [point for point in table.latest_levels() if point.store == store and point.pieces]
        return Stored(
            table.journal_id,
            tuple(entries),
            {(point.sku, point.zone): point.pieces for point in points},
            tuple(table.dead_letters(1_000)),
        )
    finally:
        table.close()
