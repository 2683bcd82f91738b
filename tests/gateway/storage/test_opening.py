"""What a store refuses to open, and what it says then: file and remedy, never a silent loss."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.storage.errors import (
    SchemaTooNew,
    SchemaTooOld,
    StoreCorrupt,
    StoreError,
    StoreLocked,
)
from gateway.storage.ports import Commit
from gateway.storage.schema import APPLICATION_ID, SCHEMA_VERSION
from gateway.storage.sqlite import SqliteStore
from tests.support.source import ROOT
from tests.support.stores import movement


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a store that has some commits."""
    path = tmp_path / "data" / "storefloor.db"
    store = SqliteStore.open(path)
    for number in range(200):
        store.commit(Commit(number, movements=[movement(note="x" * 200)]))
    store.close()
    return path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that any user may look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="storefloor-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def refused(path: Path, error: type[StoreError]) -> str:
    """Return the message with which opening `path` is refused, and check that it helps."""
    with pytest.raises(error) as caught:
        SqliteStore.open(path)
    assert path.name in caught.value.path
    assert caught.value.remedy in str(caught.value)
    return str(caught.value)


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    """The file, its folder and its lock are made at the first start; others cannot read the file."""
    path = tmp_path / "var" / "storefloor" / "storefloor.db"
    store = SqliteStore.open(path)
    assert path.stat().st_mode & 0o077 == 0
    store.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["storefloor.db", "storefloor.db.lock"]


def test_each_store_has_a_journal_of_its_own(tmp_path: Path) -> None:
    """Two stores never share a journal id."""
    stores = [SqliteStore.open(tmp_path / name) for name in ("a.db", "b.db")]
    assert stores[0].journal_id != stores[1].journal_id
    for store in stores:
        store.close()


def test_commits_are_flushed_to_the_disk(path: Path) -> None:
    """The writing connection runs at synchronous=FULL in WAL mode: a power cut takes nothing acknowledged."""
    store = SqliteStore.open(path)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_second_gateway_is_refused(path: Path) -> None:
    """Whoever comes second is told who holds the store; after the first has closed, it may open."""
    store = SqliteStore.open(path)
    assert f"process id {os.getpid()}" in refused(path, StoreLocked)
    store.close()
    SqliteStore.open(path).close()


def test_a_damaged_page_is_found_at_the_start(path: Path) -> None:
    """Pages overwritten with noise are StoreCorrupt, before anything is read for good."""
    content = bytearray(path.read_bytes())
    content[4096 * 5 : 4096 * 12] = random.Random(7).randbytes(4096 * 7)
    path.write_bytes(content)
    assert "backup" in refused(path, StoreCorrupt)


@pytest.mark.parametrize("kept", [0, 100, 4096 * 3 + 17])
def test_a_truncated_file_is_found_at_the_start(path: Path, kept: int) -> None:
    """A file cut short, even to nothing, is StoreCorrupt and never an empty store."""
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, StoreCorrupt)


def test_a_missing_file_whose_log_is_there_is_a_loss(path: Path) -> None:
    """A write-ahead log without its file holds commits: no new store is made over it."""
    path.rename(path.with_name("storefloor.db-wal"))
    assert "storefloor.db-wal" in refused(path, StoreCorrupt)
    with pytest.raises(StoreCorrupt):
        SqliteStore.attach(path)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    """Text, and databases of others, are left as they are."""
    text, database = tmp_path / "notes.db", tmp_path / "other.db"
    text.write_text("no database " * 100)
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE songs (title)")
    connection.close()
    before = database.read_bytes()
    refused(text, StoreCorrupt)
    assert "another program" in refused(database, StoreCorrupt)
    assert database.read_bytes() == before


@pytest.mark.parametrize(("version", "error"), [(SCHEMA_VERSION + 1, SchemaTooNew), (0, SchemaTooOld)])
def test_tools_open_the_current_schema_alone(path: Path, version: int, error: type[StoreError]) -> None:
    """A newer schema is refused by all; an older one by tools, for a gateway may be running on it."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(error):
        SqliteStore.attach(path)
    if error is SchemaTooNew:
        assert str(version) in refused(path, SchemaTooNew)


def test_a_failed_migration_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Migrations are one transaction: what fails in the middle of it changes nothing."""
    path = tmp_path / "half.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("CREATE TABLE movements (stands_in_the_way)")
    connection.close()
    refused(path, StoreError)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("movements",)]
    connection.close()


READ_ONLY_CHILD = """
import os, sys
from pathlib import Path
from gateway.storage.errors import StoreError
from gateway.storage.sqlite import SqliteStore
if os.geteuid() == 0:
    os.setuid(65534)  # permissions do not bind root
try:
    SqliteStore.open(Path(sys.argv[1]))
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("content", [False, True])
def test_a_read_only_folder_is_named(open_folder: Path, content: bool) -> None:
    """Without the right to write, with or without a store there, the answer is StoreReadOnly and its remedy."""
    path = open_folder / "storefloor.db"
    if content:
        SqliteStore.open(path).close()
        path.chmod(0o444)
    open_folder.chmod(0o555)
    child = [sys.executable, "-c", READ_ONLY_CHILD, str(path)]
    said = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("StoreReadOnly")
    assert str(path) in said
    assert "write access" in said


def test_a_file_that_cannot_be_written_is_named(open_folder: Path) -> None:
    """A read-only file in a folder that may be written is StoreReadOnly at the start, not at the first sale."""
    path = open_folder / "storefloor.db"
    SqliteStore.open(path).close()
    path.chmod(0o444)
    path.with_name("storefloor.db.lock").chmod(0o666)
    open_folder.chmod(0o777)
    child = [sys.executable, "-c", READ_ONLY_CHILD, str(path)]
    said = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("StoreReadOnly")


def test_a_file_without_its_head_is_refused(path: Path) -> None:
    """Nonsense in the place of the file's first bytes is StoreCorrupt."""
    path.write_bytes(b"\0" * 64 + path.read_bytes()[64:])
    refused(path, StoreCorrupt)


def test_damage_is_told_in_one_line(path: Path) -> None:
    """What SQLite's check says in several lines is one message for a log."""
    content = bytearray(path.read_bytes())
    content[4096 * 5 : 4096 * 12] = random.Random(7).randbytes(4096 * 7)
    path.write_bytes(content)
    assert "\n" not in refused(path, StoreCorrupt)
