"""A short run of `make powercut`, and that it can tell a loss."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.durability.disk import NoDisk
from tests.durability.powercut import Tally, run, tell, what_is_left
from tests.durability.progress import Progress
from tests.support.committing_child import numbered

CUTS = 12


def needing_a_disk(work: Callable[[], dict[str, Tally]]) -> dict[str, Tally]:
    """Return what `work` gives; skip where there can be no disk to cut, or fail where nothing may skip."""
    try:
        return work()
    except NoDisk as error:
        if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(f"power cuts cannot be tried here, and nothing may skip: {error}")
        pytest.skip(str(error))


def test_nothing_acknowledged_is_lost_in_a_power_cut() -> None:
    """A dozen cuts amid group commits: all that was acknowledged is there, whole; at NORMAL it is not."""
    tallies = needing_a_disk(lambda: run(CUTS, seed=7, progress=Progress(CUTS, "cuts")))
    assert tell(tallies) == []
    assert tallies["FULL"].cuts == CUTS
    assert tallies["FULL"].amid > 0


def test_a_control_that_loses_nothing_makes_the_run_void() -> None:
    """Cuts that cut nothing prove nothing: the run fails then."""
    full = Tally(cuts=20, amid=15, acknowledged=900)
    assert any("void" in text for text in tell({"FULL": full, "NORMAL": Tally(cuts=3, amid=3)}))
    lossy = Tally(cuts=3, cuts_with_loss=1, lost=4)
    assert tell({"FULL": full, "NORMAL": lossy}) == []
    assert tell({"FULL": lossy, "NORMAL": lossy}) == ["4 acknowledged commits were lost in 1 of 3 cuts"]


def test_a_store_that_is_gone_or_there_by_halves_is_told(tmp_path: Path) -> None:
    """What is left is looked at in every table, and a store that is not there has no commit."""
    path = tmp_path / STORE_FILE
    assert what_is_left(path) == (-1, [])
    store = SqliteStore.open(path)
    store.commit(numbered(1))
    store.close()
    assert what_is_left(path) == (1, [])
    store = SqliteStore.open(path)
    half = numbered(2)
    half.state.clear()
    store.commit(half)
    store.close()
    assert what_is_left(path) == (2, ["state differ after commit 2"])
    path.write_bytes(b"")
    assert what_is_left(path)[1][0].startswith("does not open")
