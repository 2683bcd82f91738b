"""A line's contents as a whole: given to another line, or let go. Pure."""

from collections import Counter
from dataclasses import fields

from gateway.stock.line import Line

OF_PLACE = frozenset({"store", "sku", "roles", "shelves", "picks_ns"})
"""What a line does not give away: whose it is, and what its own shelves weigh."""
KEPT_BY_COUNT = frozenset({"store", "sku", "roles", "incoming"})


def give(line: Line, other: Line) -> None:
    """Hand all that is known of an article's pieces over to the line of another one."""
    for field in fields(Line):
        if field.name in OF_PLACE:
            continue
        mine, theirs = getattr(line, field.name), getattr(other, field.name)
        if isinstance(theirs, list):
            theirs.extend(mine)
        else:
            theirs.update(mine)
        mine.clear()


def set_pieces(line: Line, zone: str, pieces: int) -> None:
    """Let a line hold so many pieces in a zone, known by count alone, and nothing else but what is on its way."""
    for field in fields(Line):
        if field.name not in KEPT_BY_COUNT:
            getattr(line, field.name).clear()
    line.pool = Counter({zone: pieces} if pieces else {})
