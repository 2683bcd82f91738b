"""A process that commits without end and prints the number of each commit once it is acknowledged.

Run as `python -m tests.support.committing_child <store file>`; it is meant to be killed.
"""

import sys
from pathlib import Path

from gateway.movements import LevelPoint
from gateway.storage.ports import AppliedEvent, Commit, StateRow
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import alert, movement


def numbered(number: int) -> Commit:
    """Return a commit that writes its number into every table that it touches."""
    return Commit(
        at_ns=number,
        movements=[movement(at_ns=number), movement(store="nice-2", at_ns=number)],
        levels=[LevelPoint("lyon-1", "A", "front", number, number)],
        state=[StateRow("part", "number", str(number))],
        alerts=[alert(f"a{number}", since_ns=number)],
        applied=[AppliedEvent("till", f"e{number}", "d", number, str(number))],
    )


def commit_for_ever(path: Path) -> None:
    """Go on from where the store is."""
    store = SqliteStore.open(path)
    number = store.last_seq("lyon-1")
    while True:
        number += 1
        store.commit(numbered(number))
        print(number, flush=True)


if __name__ == "__main__":
    commit_for_ever(Path(sys.argv[1]))
