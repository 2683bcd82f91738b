"""What of a level's history is kept in which table, and which of them answers for which time. Pure.

    time ──▶  daily.from      hourly.from       levels.from           now
              │ a row a day   │ a row an hour   │ every change        │

Each boundary is a midnight (UTC) and only moves forward. An answer depends on the boundaries alone, never
on how far the rows behind them are deleted yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.storage.rollups import DAY_NS, HOUR_NS, start_of
from gateway.storage.steps import Window

Table = Literal["daily", "hourly", "levels"]
TABLES: tuple[Table, ...] = ("daily", "hourly", "levels")
START_COLUMN: dict[Table, str] = {"daily": "day_ns", "hourly": "hour_ns", "levels": "at_ns"}
WIDTH_NS: dict[Table, int] = {"daily": DAY_NS, "hourly": HOUR_NS}


@dataclass(frozen=True, slots=True)
class Kept:
    """From when on each table is whole, ns; 0: it always was. daily <= hourly <= levels."""

    daily: int = 0
    hourly: int = 0
    levels: int = 0


def parts(window: Window, kept: Kept) -> Iterator[tuple[Table, int, int]]:
    """Yield (table, from, to) that together cover the window, which begins at or after `kept.daily`.

    The finest table that is kept answers, but where all steps are whole hours or days: then the
    rollups say the same, with far fewer rows, up to the last whole hour or day.
    """
    until = {
        "daily": max(kept.hourly, start_of(window.to_ns, DAY_NS) if window.is_of(DAY_NS) else 0),
        "hourly": max(kept.levels, start_of(window.to_ns, HOUR_NS) if window.is_of(HOUR_NS) else 0),
        "levels": window.to_ns,
    }
    at_ns = window.from_ns
    for table in TABLES:
        end_ns = min(until[table], window.to_ns)
        if end_ns > at_ns:
            yield table, at_ns, end_ns
            at_ns = end_ns


def table_at(at_ns: int, kept: Kept) -> Table | None:
    """Return the finest table that is whole at an instant; None before all of them."""
    if at_ns >= kept.levels:
        return "levels"
    if at_ns >= kept.hourly:
        return "hourly"
    return "daily" if at_ns >= kept.daily else None
