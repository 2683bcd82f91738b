"""More than one process: kill -9 loses nothing acknowledged, and tools work beside the gateway."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.movements import LevelPoint
from gateway.storage.ports import ApiKey, Commit, StateRow
from gateway.storage.sqlite import SqliteStore
from tests.support.source import ROOT
from tests.support.stores import alert, movement

KILLS = 10
MAX_COMMITS_PER_LIFE = 60


def _acknowledged_before_the_kill(path: Path, count: int) -> int:
    """Start a child that commits, kill it after `count` acknowledgements; return the last that it printed."""
    command = [sys.executable, "-m", "tests.support.committing_child", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(count)]
        child.kill()
        lines += child.stdout.readlines()
    return int([line for line in lines if line.endswith("\n")][-1])


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    """After each of ten kills at random instants: every acknowledged commit is there, and none by halves."""
    path, chance, known = tmp_path / "store.db", random.Random(11), 0
    for _ in range(KILLS):
        count = chance.randint(1, MAX_COMMITS_PER_LIFE)
        acknowledged = _acknowledged_before_the_kill(path, count)
        assert acknowledged >= known + count
        store = SqliteStore.open(path)
        known = store.last_seq("lyon-1")
        assert acknowledged <= known
        assert [e.seq for e in store.entries_after("lyon-1", 0, known + 9)] == list(range(1, known + 1))
        assert store.last_seq("nice-2") == known
        assert store.state_rows("part") == [StateRow("part", "number", str(known))]
        assert store.latest_levels() == [LevelPoint("lyon-1", "A", "front", known, known)]
        assert store.alerts(limit=1) == [alert(f"a{known}", since_ns=known)]
        assert len(store.unpublished_alerts(known + 9)) == known
        assert all(store.applied_event("till", f"e{number}") for number in range(1, known + 1))
        assert store.applied_event("till", f"e{known + 1}") is None
        store.close()


KEY_CHILD = """
import sys
from pathlib import Path
from gateway.storage.ports import ApiKey
from gateway.storage.sqlite import SqliteStore
store = SqliteStore.attach(Path(sys.argv[1]))
if sys.argv[2] == "add":
    store.add_key(ApiKey("k1", "till", "0a", ("admin",), (), 5))
else:
    print(store.revoke_key("k1", 9), store.last_seq("lyon-1"))
store.close()
"""


def _tool(path: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", KEY_CHILD, str(path), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_keys_are_managed_beside_a_running_gateway(tmp_path: Path) -> None:
    """A tool adds and revokes keys in a store that a gateway has open, and both go on."""
    path = tmp_path / "store.db"
    store = SqliteStore.open(path)
    store.commit(Commit(1, movements=[movement()]))
    _tool(path, "add")
    key = ApiKey("k1", "till", "0a", ("admin",), (), 5)
    assert store.keys() == [key]
    store.commit(Commit(2, movements=[movement()]))
    assert _tool(path, "revoke") == "True 2\n"
    assert store.keys()[0].revoked_at_ns == 9
    assert store.commit(Commit(3, movements=[movement()])).entries[0].seq == 3
    store.close()


def test_a_key_can_be_made_before_the_first_start(tmp_path: Path) -> None:
    """A tool makes the store where there is none; the gateway then finds its key."""
    _tool(tmp_path / "store.db", "add")
    store = SqliteStore.open(tmp_path / "store.db")
    [key] = store.keys()
    assert key.id == "k1"
    store.close()


def test_an_attached_store_never_commits(tmp_path: Path) -> None:
    """One process allots sequences: a tool that tries is a bug, and told so."""
    store = SqliteStore.attach(tmp_path / "store.db")
    with pytest.raises(RuntimeError):
        store.commit(Commit(1, movements=[movement()]))
    store.close()


def test_readers_in_many_threads_see_whole_commits(tmp_path: Path) -> None:
    """Whatever a reader sees while commits go on is a whole commit: two zones always sum to ten."""
    store = SqliteStore.open(tmp_path / "store.db", synchronous="OFF")

    def write() -> None:
        for number in range(400):
            front = LevelPoint("lyon-1", "A", "front", number, number % 11)
            back = LevelPoint("lyon-1", "A", "back", number, 10 - number % 11)
            store.commit(Commit(number, levels=[front, back]))

    def read(_: int) -> set[int]:
        return {sum(point.pieces for point in store.latest_levels()) for _ in range(60)}

    with ThreadPoolExecutor(13) as threads:
        writing = threads.submit(write)
        seen = set().union(*threads.map(read, range(12)))
        writing.result()
    assert seen <= {0, 10}
    assert {(step.minimum, step.maximum) for step in store.history("lyon-1", "A", 0, 400, 50)} == {(10, 10)}
    store.close()
