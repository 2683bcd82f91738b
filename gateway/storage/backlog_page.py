"""A page of what the store keeps of a stretch of time (backlog.py reads it). Pure values."""

from dataclasses import dataclass

from gateway.alerts.records import AlertRecord
from gateway.movements import JournalEntry, LevelPoint

START = '["levels", 0, -1]'
"""The cursor of a gap that was begun, and of which nothing was told."""


@dataclass(frozen=True, slots=True)
class BacklogPage:
    """A page of what is kept; `cursor` is how far it goes, None with the last page."""

    levels: tuple[LevelPoint, ...] = ()
    entries: tuple[JournalEntry, ...] = ()
    alerts: tuple[AlertRecord, ...] = ()
    cursor: str | None = None
