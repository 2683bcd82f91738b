"""Backups: one instant, whole or not there, every flipped bit found; and restores that lose nothing twice."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from gateway.movements import JournalEntry, LevelPoint
from gateway.staff.model import Opened
from gateway.storage.backup import (
    Backup,
    Restored,
    backup_name,
    backups_in,
    check_backup,
    keep_newest,
    make_backup,
    restore,
)
from gateway.storage.errors import (
    BackupFailed,
    BackupUnusable,
    SchemaTooNew,
    StoreCorrupt,
    StoreLocked,
)
from gateway.storage.ports import ApiKey, Commit, StateRow
from gateway.storage.schema import SCHEMA_VERSION
from gateway.storage.sqlite import SqliteStore
from gateway.storage.staff import StaffRows
from tests.support.source import ROOT
from tests.support.staff_bench import StaffBench, entry
from tests.support.stores import alert, movement

PEPPER = bytes(range(32))
NOW_NS = 1_795_287_731 * 10**9
SECOND_NS = 10**9
VERSIONS = Path(__file__).parents[2] / "vectors" / "stores"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a closed store with something in every table, and its secret beside it."""
    path = tmp_path / "data" / "storefloor.db"
    opened = SqliteStore.open(path, synchronous="OFF")
    opened.commit(
        Commit(
            1,
            movements=[movement(at_ns=number, note="x" * 200) for number in range(100)],
            levels=[LevelPoint("lyon-1", "A", "front", number, number) for number in range(100)],
            state=[StateRow("tag", str(number), "{}") for number in range(100)],
            alerts=[alert(f"a{number}") for number in range(100)],
        )
    )
    opened.add_key(ApiKey("k1", "till", "0a", ("admin",), (), 5))
    opened.add_key(ApiKey("k2", "shop", "0b", ("admin",), (), 6))
    opened.close()
    secret(path).write_bytes(PEPPER)
    return path


def secret(store: Path) -> Path:
    """Return where the secret of the keys lies."""
    return store.with_name("api-keys.pepper")


def backed_up(store: Path, name: str = "it.backup", now_ns: int = NOW_NS) -> Path:
    """Make a backup beside the store's folder; return its path."""
    to = store.parent.parent / name
    make_backup(store, to, secret(store), now_ns, lambda _done, _total: None)
    return to


def checked(backup: Path, store: Path) -> Backup:
    """Return a backup that is good."""
    return check_backup(backup, secret(store))


def restored(backup: Path, store: Path, now_ns: int = NOW_NS + SECOND_NS) -> Restored:
    """Put a backup in the store's place."""
    return restore(checked(backup, store), store, secret(store), now_ns, lambda _done, _total: None)


def entries(path: Path) -> tuple[str, list[JournalEntry], list[LevelPoint], int]:
    """Return what a store holds: its journal and entries, levels, number of state rows."""
    opened = SqliteStore.open(path)
    try:
        first = opened.first_seq("lyon-1") - 1
        kept = opened.entries_after("lyon-1", first, 10_000)
        return opened.journal_id, kept, opened.latest_levels(), len(opened.state_rows("tag"))
    finally:
        opened.close()


def revocations(store: SqliteStore) -> dict[str, int | None]:
    """Return when each key of a store was revoked."""
    table = store.keys()
    return {key.id: key.revoked_at_ns for key in table}


def journals(path: Path) -> dict[str, int]:
    """Return how many movements each journal of a file has."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT journal_id, count(seq) FROM journals LEFT JOIN movements ON journal = number GROUP BY number"
    ).fetchall()
    connection.close()
    return dict(rows)


def test_a_backup_is_one_private_file_with_all_in_it(store: Path) -> None:
    """Nothing lies beside it; others cannot read it; its manifest tells what the store held."""
    before = entries(store)
    made = checked(backed_up(store), store)
    assert sorted(path.name for path in store.parent.parent.iterdir()) == ["data", "it.backup"]
    assert made.path.stat().st_mode & 0o077 == 0
    assert made.made_at_ns == NOW_NS
    assert made.contents.journal_id == before[0]
    assert made.contents.sequences == {"lyon-1": 100}
    assert (made.rows["movements"], made.rows["state"], made.rows["api_keys"]) == (100, 100, 2)
    assert made.pepper == PEPPER
    assert entries(store) == before


def test_a_restore_gives_back_all_under_a_new_journal(store: Path) -> None:
    """Levels, state and keys are those of the backup; movements begin anew at 1; the old journal stays."""
    old_id, old_entries, levels, tags = entries(store)
    backup = backed_up(store)
    opened = SqliteStore.open(store)
    opened.commit(Commit(200, movements=[movement()], state=[StateRow("tag", "5", None)]))
    opened.close()
    done = restored(backup, store)
    new_id, new_entries, new_levels, new_tags = entries(store)
    assert new_id == done.journal_id != old_id
    assert (new_entries, new_levels, new_tags) == ([], levels, tags)
    assert journals(store) == {old_id: len(old_entries), new_id: 0}
    opened = SqliteStore.open(store)
    assert opened.commit(Commit(1, movements=[movement()])).entries[0].seq == 1
    assert list(revocations(opened)) == ["k1", "k2"]
    opened.close()


def test_the_replaced_store_is_kept_and_can_be_put_back(store: Path) -> None:
    """What happened since the backup is in the file set aside, and restoring that file undoes the restore."""
    backup = backed_up(store)
    opened = SqliteStore.open(store)
    opened.commit(Commit(200, movements=[movement()]))
    opened.close()
    [aside] = restored(backup, store).aside
    assert aside.parent == store.parent
    undone = restored(aside, store, NOW_NS + 2 * SECOND_NS)
    assert undone.backup.made_at_ns is None
    assert undone.backup.pepper == PEPPER
    assert list(journals(store).values()) == [101, 0]


def test_the_secret_of_the_keys_comes_back_and_stays_out_of_the_store(store: Path) -> None:
    """On another machine the keys work; in the store's own file no page holds the secret."""
    backup = backed_up(store)
    elsewhere = store.parent.parent / "elsewhere" / store.name
    assert restored(backup, elsewhere).aside == ()
    assert secret(elsewhere).read_bytes() == PEPPER
    assert secret(elsewhere).stat().st_mode & 0o077 == 0
    assert PEPPER in backup.read_bytes()
    assert PEPPER not in elsewhere.read_bytes()
    assert sorted(path.name for path in elsewhere.parent.iterdir()) == [
        "api-keys.pepper", "storefloor.db", "storefloor.db.lock",
    ]  # fmt: skip


def test_another_secret_is_set_aside(store: Path) -> None:
    """A secret that differs is replaced, and kept under the time of the restore."""
    backup = backed_up(store)
    secret(store).write_bytes(b"y" * 32)
    aside = restored(backup, store).aside
    assert [path.name.split(".before-")[0] for path in aside] == ["storefloor.db", "api-keys.pepper"]
    assert aside[1].read_bytes() == b"y" * 32
    assert secret(store).read_bytes() == PEPPER


def test_a_key_revoked_since_the_backup_stays_revoked(store: Path) -> None:
    """An old backup opens no door again, as long as the store that it replaces can be read."""
    backup = backed_up(store)
    opened = SqliteStore.open(store)
    opened.revoke_key("k1", 77)
    opened.close()
    assert restored(backup, store).still_revoked == 1
    opened = SqliteStore.open(store)
    assert list(revocations(opened).values()) == [77, None]
    opened.close()


def test_who_left_since_the_backup_stays_away_and_nobody_is_signed_in(store: Path) -> None:
    """A removed person has no name and no PIN again; links and sessions of the backup are void; who is there, stays."""
    opened = SqliteStore.open(store)
    bench = StaffBench(StaffRows(opened))
    person, tablet = bench.add("associate"), bench.add("tablet")
    device = bench.follow(bench.link(tablet))
    assert isinstance(device, Opened)
    session, link = bench.signed_in(tablet), bench.link(tablet)
    opened.close()
    backup = backed_up(store)
    opened = SqliteStore.open(store)
    StaffRows(opened).remove(person.id, 77, entry("staff.remove"))
    opened.close()
    restored(backup, store)
    opened = SqliteStore.open(store)
    bench = StaffBench(StaffRows(opened))
    assert [(m.id, m.name, m.pin, m.removed_ns) for m in bench.table.members() if not m.pin] == [
        (tablet.id, tablet.name, None, None),
        (person.id, "", None, 77),
    ]
    assert (bench.who(session), bench.whose(device.device)) == (None, None)
    assert not isinstance(bench.follow(link), Opened)
    opened.close()


def test_a_store_that_is_beyond_repair_is_replaced_all_the_same(store: Path) -> None:
    """Noise in the store's place, with a log beside it, is set aside as a pair."""
    backup = backed_up(store)
    noise = Random(3).randbytes(9_000)
    store.write_bytes(noise)
    store.with_name("storefloor.db-wal").write_bytes(noise)
    aside = restored(backup, store).aside
    assert [path.read_bytes() for path in aside] == [noise, noise]
    assert aside[1].name == f"{aside[0].name}-wal"
    assert len(entries(store)[2]) == 1


def test_a_backup_beside_a_writing_process_is_one_instant(tmp_path: Path) -> None:
    """Whatever was committed meanwhile: all tables of the backup are those of one and the same commit."""
    path = tmp_path / "store.db"
    command = [sys.executable, "-m", "tests.support.committing_child", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(50):
            child.stdout.readline()
        made = []
        for number in range(3):
            acknowledged = int(child.stdout.readline())
            made.append((acknowledged, backed_up(path, f"{tmp_path.name}-{number}.backup")))
        child.kill()
        child.stdout.read()
    for acknowledged, backup in made:
        rows = checked(backup, path).rows
        number = rows["applied"]
        assert acknowledged <= number
        assert (rows["movements"], rows["alerts"], rows["levels"]) == (2 * number, number, number)
        assert checked(backup, path).contents.sequences == {"lyon-1": number, "nice-2": number}
        backup.unlink()


def test_a_backup_that_is_broken_off_leaves_nothing(store: Path) -> None:
    """An error in the middle leaves no file, neither under the name nor under another."""

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    to = store.parent.parent / "it.backup"
    with pytest.raises(KeyboardInterrupt):
        make_backup(store, to, secret(store), NOW_NS, fail)
    assert [path.name for path in store.parent.parent.iterdir()] == ["data"]


def test_a_backup_never_replaces_a_file(store: Path) -> None:
    """A name that is taken is refused, and the file there stays as it is."""
    to = backed_up(store)
    before = to.read_bytes()
    with pytest.raises(BackupFailed, match="already"):
        backed_up(store)
    assert to.read_bytes() == before


def test_a_folder_that_is_not_there_is_the_backups_fault(store: Path) -> None:
    """The message names the place of the backup, not the store, and how to mend it."""
    with pytest.raises(BackupFailed, match="--to") as caught:
        backed_up(store, "nowhere/it.backup")
    assert "nowhere" in caught.value.path


def test_a_damaged_store_gives_no_backup(store: Path) -> None:
    """What looks like a backup can be restored: a damaged store is refused, and nothing is written."""
    content = bytearray(store.read_bytes())
    content[4096 * 5 : 4096 * 12] = Random(7).randbytes(4096 * 7)
    store.write_bytes(content)
    with pytest.raises(StoreCorrupt) as caught:
        backed_up(store)
    assert caught.value.path == str(store)
    assert not list(store.parent.parent.glob("*backup*"))


def test_every_flipped_bit_is_found(store: Path) -> None:
    """One bit anywhere in a backup, in a text or in a page's unused part, and it is refused."""
    backup, chance = backed_up(store), Random(5)
    good = backup.read_bytes()
    for _ in range(60):
        content = bytearray(good)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        backup.write_bytes(content)
        with pytest.raises((BackupUnusable, SchemaTooNew)):
            checked(backup, store)
    backup.write_bytes(good)
    checked(backup, store)


@pytest.mark.parametrize("kept", [0, 50, 4096, -4096, -1])
def test_a_backup_that_is_cut_is_refused(store: Path, kept: int) -> None:
    """However much of it is left; and the store is as it was."""
    backup = backed_up(store)
    backup.write_bytes(backup.read_bytes()[:kept])
    with pytest.raises(BackupUnusable, match=r"nothing was changed|name a store"):
        restored(backup, store)
    assert len(entries(store)[1]) == 100


def test_what_is_no_backup_is_refused(store: Path, tmp_path: Path) -> None:
    """A missing file, a folder, a text and another program's database."""
    other, text = tmp_path / "other.db", tmp_path / "notes"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE songs (title)")
    connection.close()
    text.write_text("no database " * 100)
    for path in (tmp_path / "missing", tmp_path, text, other):
        with pytest.raises(BackupUnusable) as caught:
            checked(path, store)
        assert str(path) in str(caught.value)


def test_a_backup_of_a_newer_version_is_refused(store: Path) -> None:
    """A store with tables that are not known here is never put in place."""
    copy = store.with_name("newer.db")
    shutil.copy(store, copy)
    connection = sqlite3.connect(copy)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(SchemaTooNew):
        checked(copy, store)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_stores_of_released_versions_are_backed_up_and_restored(tmp_path: Path, version: int) -> None:
    """Before an upgrade as after it: a backup of an older version is restored, and brought up to date at the start."""
    old = tmp_path / "data" / "storefloor.db"
    old.parent.mkdir()
    connection = sqlite3.connect(old)
    connection.executescript((VERSIONS / f"version-{version}.sql").read_text("utf-8"))
    connection.close()
    before = sum(journals(old).values())
    backup = backed_up(old)
    assert checked(backup, old).contents.schema == version
    restored(backup, old)
    assert entries(old)[0] not in {"", checked(backup, old).contents.journal_id}
    assert sum(journals(old).values()) == before > 0


def test_no_restore_while_a_gateway_runs(store: Path) -> None:
    """The lock is held: refused, and nothing is touched."""
    backup = backed_up(store)
    opened = SqliteStore.open(store)
    before = sorted(store.parent.iterdir())
    with pytest.raises(StoreLocked, match="stop"):
        restored(backup, store)
    assert sorted(store.parent.iterdir()) == before
    opened.close()


def test_a_backup_put_in_the_stores_place_by_hand_is_refused(store: Path) -> None:
    """It would go on with a journal that another store writes already: the remedy is the command."""
    shutil.copy(backed_up(store), store)
    for use in (SqliteStore.open, SqliteStore.attach):
        with pytest.raises(StoreCorrupt, match="storefloor restore"):
            use(store)


@pytest.mark.parametrize("state", ["before the swap", "nothing in place", "all in place"])
def test_a_restore_that_was_broken_off_starts_no_gateway_and_can_be_run_again(
    store: Path, state: str
) -> None:
    """Killed at any step of the swap: no gateway starts, on an empty store least of all; a second run ends it."""
    backup = backed_up(store)
    marker = store.with_name("storefloor.db.restoring")
    if state == "all in place":
        restored(backup, store)
    elif state == "nothing in place":
        store.rename(store.with_name("storefloor.db.before-20260101-000000Z"))
        store.with_name(".storefloor.db-abc.new").write_bytes(b"half")
    marker.touch()
    for use in (SqliteStore.open, SqliteStore.attach):
        with pytest.raises(StoreCorrupt, match="again"):
            use(store)
    restored(backup, store, NOW_NS + 5 * SECOND_NS)
    assert len(entries(store)[2]) == 1
    assert not marker.exists()
    assert not list(store.parent.glob(".storefloor*"))


KILLED_CHILD = """
import os, sys
from pathlib import Path
from gateway.storage.backup import check_backup, restore
backup, store, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
seen = 0
def count(event, _):
    global seen
    if event in {"os.rename", "os.remove", "os.link"}:
        seen += 1
        if seen == last:
            os._exit(9)  # before it is done, as a kill would
pepper = store.with_name("api-keys.pepper")
checked = check_backup(backup, pepper)
sys.addaudithook(count)
restore(checked, store, pepper, 10**18, lambda done, total: None)
"""
MAX_STEPS = 30


def test_a_restore_killed_before_any_of_its_steps_loses_nothing(store: Path) -> None:
    """Before each name that is made, changed or removed: no gateway starts then, or one with the whole of the old
    store or of the backup; and the restore, run again, ends well.
    """
    backup, steps, refusals = backed_up(store), 0, list[str]()
    opened = SqliteStore.open(store)
    opened.commit(Commit(2, movements=[movement()]))
    opened.close()
    for last in range(1, MAX_STEPS):
        place = store.parent.parent / f"at-{last}" / store.name
        shutil.copytree(store.parent, place.parent)
        secret(place).write_bytes(b"y" * 32)
        child = [sys.executable, "-c", KILLED_CHILD, str(backup), str(place), str(last)]
        ended = subprocess.run(child, cwd=ROOT, check=False).returncode
        if ended == 0:
            break
        assert ended == 9
        steps += 1
        try:
            SqliteStore.open(place).close()
        except StoreCorrupt as error:
            refusals.append(str(error))
        else:
            assert sum(journals(place).values()) in {100, 101}
        restored(backup, place)
        assert len(entries(place)[2]) == 1
        assert secret(place).read_bytes() == PEPPER
    assert ended == 0
    assert steps > 8
    assert len(refusals) > 4
    assert all("again" in refusal for refusal in refusals)


def test_the_newest_backups_are_kept(store: Path) -> None:
    """Of dated backups the newest stay, in order of time; other files are nobody's business."""
    folder = store.parent.parent / "backups"
    folder.mkdir()
    paths = [backed_up(store, f"backups/{backup_name(NOW_NS + n * SECOND_NS)}", NOW_NS) for n in range(4)]
    mine, left = folder / "notes.txt", folder / f".{paths[0].name}-xyz.new"
    mine.touch()
    left.touch()
    assert keep_newest(folder, 2) == paths[:2]
    assert backups_in(folder) == paths[2:]
    assert mine.exists()
    assert not left.exists()
    assert backups_in(folder / "missing") == []
