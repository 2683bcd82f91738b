"""Damage in a store's file: what is found before the start, what soon after, and that either stops the gateway."""

import asyncio
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.movements import LevelPoint
from gateway.storage import integrity
from gateway.storage.errors import StoreCorrupt
from gateway.storage.inspector import Inspector, Look
from gateway.storage.ports import AppliedEvent, Commit
from gateway.storage.sqlite import SqliteStore
from gateway.storage.upkeep import StoreUpkeep

PAGE_BYTES = 4_096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a store whose levels and applied events take some pages each."""
    path = tmp_path / "storefloor.db"
    store = SqliteStore.open(path, synchronous="OFF")
    points = [LevelPoint("lyon-1", f"A{n % 9}", "front", n, n % 5) for n in range(9_000)]
    events = [AppliedEvent("till", f"e{n}", "d" * 64, 1, "{}") for n in range(900)]
    store.commit(Commit(1, levels=points, applied=events))
    store.close()
    return path


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every file count as a large one."""
    monkeypatch.setattr(integrity, "MAX_CHECKED_BYTES", 0)


def damage(path: Path, table: str) -> None:
    """Overwrite the body of a leaf page of a table with noise."""
    with sqlite3.connect(path) as database:
        [(root,)] = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
    database.close()
    content = bytearray(path.read_bytes())
    at = (
        root - 1
    ) * PAGE_BYTES  # an interior page: its first child stands at the end of its first cell pointer
    cell = at + int.from_bytes(content[at + 12 : at + 14])
    child = (int.from_bytes(content[cell : cell + 4]) - 1) * PAGE_BYTES
    content[child : child + PAGE_BYTES] = random.Random(5).randbytes(PAGE_BYTES)
    path.write_bytes(content)


def _inspector(store: SqliteStore) -> tuple[Inspector, StoreUpkeep]:
    upkeep = StoreUpkeep()
    return Inspector(store, SystemClock(), upkeep), upkeep


def test_a_small_file_is_looked_through_before_the_start(path: Path) -> None:
    """A small store says how long its whole look took; damaged history is refused at once."""
    store = SqliteStore.open(path)
    assert store.checked_s is not None
    store.close()
    damage(path, "levels")
    with pytest.raises(StoreCorrupt, match="restore"):
        SqliteStore.open(path)


@pytest.mark.usefixtures("large")
def test_what_decisions_rest_on_is_looked_at_before_any_start(path: Path) -> None:
    """Damaged event ids are refused before the start, however large the file: a repeat would be applied twice."""
    damage(path, "applied")
    with pytest.raises(StoreCorrupt, match=r"malformed|table applied"):
        SqliteStore.open(path)


@pytest.mark.usefixtures("large")
def test_history_of_a_large_file_is_looked_at_after_the_start(path: Path) -> None:
    """Damaged history is found by the look after the start, which raises what stops the gateway."""
    store = SqliteStore.open(path)
    assert store.checked_s is None
    inspector, upkeep = _inspector(store)
    asyncio.run(inspector.look_through())
    assert upkeep.checked_ns is not None
    store.close()
    damage(path, "levels")
    store = SqliteStore.open(path)
    inspector, upkeep = _inspector(store)
    with pytest.raises(StoreCorrupt, match=r"malformed|table levels") as caught:
        asyncio.run(inspector.look_through())
    assert "restore" in str(caught.value)
    assert upkeep.checked_ns is None
    store.close()


@pytest.mark.usefixtures("large")
def test_a_large_file_that_was_cut_is_refused(path: Path) -> None:
    """Whatever tables the missing end held: a file shorter than its head says is refused before the start."""
    path.write_bytes(path.read_bytes()[: -3 * PAGE_BYTES])
    with pytest.raises(StoreCorrupt, match="malformed"):
        SqliteStore.open(path)


def test_every_table_is_looked_at_some_time(path: Path) -> None:
    """The tables that are left for later are tables of the schema, and a look has all of them."""
    store = SqliteStore.open(path)
    with store.looking() as look:
        assert set(look.tables) >= integrity.LATER
        assert {"applied", "latest", "counters", "opening"} <= set(look.tables)
    store.close()


def test_a_stop_breaks_the_look_off() -> None:
    """A gateway that stops does not wait for a look at a large file."""

    class Endless:
        def __init__(self) -> None:
            self.tables = ["levels"]
            self.stopped = threading.Event()

        def at(self, table: str) -> None:
            if self.stopped.wait(30):
                raise StoreCorrupt("x", f"{table} was interrupted")

        def stop(self) -> None:
            self.stopped.set()

    class Store:
        checked_s = None

        @contextmanager
        def looking(self) -> Iterator[Look]:
            yield Endless()

    async def go() -> None:
        looking = asyncio.ensure_future(Inspector(Store(), SystemClock(), StoreUpkeep()).look_through())
        await asyncio.sleep(0)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking

    asyncio.run(go())
