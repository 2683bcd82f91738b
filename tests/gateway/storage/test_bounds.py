"""Every table is bounded, what it lets go is counted, and a full disk takes nothing with it."""

from pathlib import Path

import pytest

from gateway.movements import LevelPoint
from gateway.storage import records
from gateway.storage.errors import StoreFull
from gateway.storage.levels import LevelWriter
from gateway.storage.ports import Commit, DeadLetter
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store, alert, movement


def test_the_newest_dead_letters_are_kept() -> None:
    """Beyond 1,000 the oldest go, and are counted; a sample is cut off, and text that is none escaped."""
    with a_store() as store:
        letters = [DeadLetter("m100", "checksum", f"n{number}", b"\xbb", number) for number in range(1_500)]
        store.commit(Commit(1, dead_letters=letters[:700]))
        store.commit(Commit(2, dead_letters=letters[700:]))
        assert store.dead_letters(5_000) == letters[:499:-1]
        assert store.dropped() == {"dead_letters": 500}
        store.commit(Commit(3, dead_letters=[DeadLetter("m\ud800", "r", "x" * 9_999, b"y" * 9_999, 4)]))
        [letter] = store.dead_letters(1)
        assert letter == DeadLetter("m\\ud800", "r", "x" * 500, b"y" * 1_024, 4)


def test_the_alert_outbox_is_bounded() -> None:
    """Where nobody takes changes, the oldest go and are counted; the alerts themselves stay."""
    with a_store() as store:
        store.commit(Commit(1, alerts=[alert("a0")]))
        store._connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT ?)"
            " INSERT INTO alert_outbox (record) SELECT record FROM n, (SELECT record FROM alerts)",
            (records.MAX_OUTBOX - 1,),
        )
        store.commit(Commit(2, alerts=[alert("a1"), alert("a2")]))
        assert store._connection.execute("SELECT count(*), max(id) FROM alert_outbox").fetchone() == (
            records.MAX_OUTBOX,
            records.MAX_OUTBOX + 2,
        )
        assert store.dropped() == {"alert_outbox": 2}
        assert [record.id for record in store.alerts()] == ["a2", "a1", "a0"]


def test_series_are_forgotten_and_found_again() -> None:
    """A store with more series than are remembered writes on, each series where it belongs."""
    with a_store() as store:
        store._levels = LevelWriter(max_series=3)
        for round_ in range(3):
            points = [LevelPoint("s", f"A{sku}", "z", 10 * round_, round_) for sku in range(5)]
            store.commit(Commit(round_, levels=points))
        assert set(store.latest_levels()) == {LevelPoint("s", f"A{sku}", "z", 20, 2) for sku in range(5)}
        assert [step.mean for step in store.history("s", "A3", 0, 30, 10)] == [0, 1, 2]


def test_a_full_disk_takes_nothing_with_it(tmp_path: Path) -> None:
    """A commit that finds no space raises StoreFull and leaves nothing; once there is space, all goes on."""
    store = SqliteStore.open(tmp_path / "store.db")
    store.commit(Commit(1, movements=[movement()]))
    [(pages,)] = store._connection.execute("PRAGMA page_count").fetchall()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(StoreFull) as caught:
        store.commit(Commit(2, movements=[movement(note="x" * 300) for _ in range(500)], alerts=[alert("a")]))
    assert "free space" in str(caught.value)
    assert (store.last_seq("lyon-1"), store.alerts()) == (1, [])
    store._connection.execute("PRAGMA max_page_count = 1000000")
    committed = store.commit(Commit(3, movements=[movement()]))
    assert (committed.entries[0].seq, committed.version) == (2, 2)
    store.close()
