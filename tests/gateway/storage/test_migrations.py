"""Stores of every released version: they open, are brought up to date, and answer as they did."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import AuditQuery
from gateway.kpis.model import KpiQuery
from gateway.movements import LevelPoint
from gateway.storage.errors import SchemaTooOld, StoreError
from gateway.storage.ports import Commit
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.schema import SCHEMA_VERSION
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store, movement

STORES = Path(__file__).parents[2] / "vectors" / "stores"
VERSIONS = range(1, SCHEMA_VERSION)


def old_store(folder: Path, version: int) -> tuple[Path, dict[str, Any]]:
    """Make the store of a released version again from its dump; return its path and what that version answered."""
    path = folder / "storefloor.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((STORES / f"version-{version}.sql").read_text("utf-8"))
    return path, json.loads((STORES / f"version-{version}.json").read_text("utf-8"))


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Return a store of each released version before this one, and its answers."""
    return old_store(tmp_path, request.param)


@pytest.fixture
def migrated(old: tuple[Path, dict[str, Any]]) -> Iterator[tuple[SqliteStore, dict[str, Any]]]:
    """Return it opened, and so migrated."""
    store = SqliteStore.open(old[0])
    yield store, old[1]
    store.close()


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [*database.iterdump(), str(database.execute("PRAGMA user_version").fetchall())]


def test_every_answer_is_as_before(migrated: tuple[SqliteStore, dict[str, Any]]) -> None:
    """Journal, levels, history, as-of, state, events, alerts, samples and keys: all that the old version answered."""
    store, told = migrated
    from_ns, to_ns = told["from_ns"], told["to_ns"]
    assert (store.journal_id, store.version) == (told["journal_id"], told["version"])
    assert {name: store.last_seq(name) for name in told["last_seq"]} == told["last_seq"]
    entries = store.entries_after("lyon-1", 0, 999)
    assert [[e.seq, e.movement.note, e.movement.at_ns] for e in entries] == told["entries"]
    latest = store.latest_levels()
    assert sorted([p.store, p.sku, p.zone, p.at_ns, p.pieces] for p in latest) == told["latest"]
    for at, levels in told["levels_at"].items():
        assert store.levels_at("lyon-1", "DEN-501-32", int(at)) == levels
    for sku, zone, step_ns, steps in told["history"]:
        found = store.history("lyon-1", sku, from_ns, to_ns, step_ns, zone)
        assert [[s.at_ns, s.minimum, s.maximum] for s in found] == [
            [at, low, high] for at, low, _, high in steps
        ]
        assert [s.mean for s in found] == pytest.approx([mean for _, _, mean, _ in steps])
    assert [[r.part, r.key, r.value] for part in ("tag", "line") for r in store.state_rows(part)] == told[
        "state"
    ]
    events = [store.applied_event("till-1", f"e{n}") for n in (0, 5, 35)]
    assert [event.result for event in events if event] == told["applied"]
    assert [[a.id, str(a.state), a.since_ns, a.resolved_at_ns] for a in store.alerts()] == told["alerts"]
    assert [[number, a.id] for number, a in store.unpublished_alerts(9)] == told["unpublished"]
    assert [[x.device, x.reason, x.sample.hex()] for x in store.dead_letters(9)] == told["dead_letters"]
    kept = store.keys()
    assert [[k.id, k.name, k.revoked_at_ns] for k in kept] == told["keys"]


def test_what_version_2_knew_is_known(tmp_path: Path) -> None:
    """Reservations, the answers to keys, the log of changes and webhook endpoints."""
    path, told = old_store(tmp_path, 2)
    store = SqliteStore.open(path)
    open_ones = [[r.id, r.store, r.state, r.expires_ns] for r in store.open_reservations()]
    changes = store.changes_after("lyon-1", 0, 9) or []
    assert open_ones == told["reservations"] != []
    assert [list(name) for name in store.answered_keys(0, 9)] == told["answered"] != []
    assert [[c.seq, c.type, c.subject] for c in changes] == told["changes"] != []
    assert [[e.id, e.url] for e in store.webhook_endpoints()] == told["webhooks"] != []
    store.close()


def test_what_version_3_knew_is_known(tmp_path: Path) -> None:
    """The audit log, key figures, and what people are to be told."""
    path, told = old_store(tmp_path, 3)
    store = SqliteStore.open(path)
    audit = [row.entry for row in store.audit_rows(AuditQuery())]
    days = store.kpi_days(KpiQuery(("lyon-1",), 0, 999_999, "store"), 9)
    assert [[e.at_ns, e.key_id, e.action, e.subject, e.detail] for e in audit] == told["audit"] != []
    assert [[d.store, d.day, d.department, d.record] for d in days] == told["kpi_days"] != []
    waiting, tries = store.waiting_notices("chat", 9), store.notice_tries("chat", 9)
    assert [[n.target, n.notice.id, n.tries] for n in waiting] == told["notices"] != []
    assert [[t.notice, t.outcome, t.status] for t in tries] == told["notice_tries"] != []
    store.close()


def test_it_goes_on_where_it_was(migrated: tuple[SqliteStore, dict[str, Any]]) -> None:
    """The next movement has the next sequence, the next commit the next version; it is migrated once."""
    store, told = migrated
    committed = store.commit(Commit(told["to_ns"], movements=[movement()]))
    assert committed.entries[0].seq == told["last_seq"]["lyon-1"] + 1
    assert committed.version == told["version"] + 1
    store.close()
    again = SqliteStore.open(store.path)
    assert again.version == committed.version
    again.close()


def test_rollups_are_filled_from_what_is_there(migrated: tuple[SqliteStore, dict[str, Any]]) -> None:
    """Days, and the sums over zones, are those that the same points give when they are written today."""
    store, told = migrated
    window = told["from_ns"], told["to_ns"] // DAY_NS * DAY_NS + DAY_NS
    rows = store._connection.execute(
        "SELECT store, sku, zone, at_ns, pieces FROM levels JOIN series ON id = series ORDER BY at_ns"
    ).fetchall()
    with a_store() as fresh:
        for row in rows:
            fresh.append([LevelPoint(*row)])
        for table, start in (("hourly", "hour_ns"), ("daily", "day_ns")):
            query = (
                f"SELECT store, sku, zone, {start}, minimum, maximum, round(piece_ns / 1e9), last"  # noqa: S608 - our names
                f" FROM {table} JOIN series ON id = series"
                " WHERE NOT (zone = '' AND minimum = maximum)"  # a sum that stays has a row, or none
                " ORDER BY 1, 2, 3, 4"
            )
            assert store._connection.execute(query).fetchall() == fresh._connection.execute(query).fetchall()
        for sku in ("DEN-501-32", "TEE-M"):
            for step_ns in (HOUR_NS, DAY_NS, 3 * DAY_NS):
                asked = ("lyon-1", sku, *window, step_ns)
                assert store.history(*asked) == fresh.history(*asked) != []


@pytest.mark.parametrize(
    "spoil",
    ["CREATE TABLE opening (stands_in_the_way)", "DROP TABLE latest"],
    ids=["a table stands in the way", "rollups cannot be filled"],
)
def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, spoil: str) -> None:
    """Whether a statement fails or the filling of new tables: nothing of it stays, and a mended file migrates."""
    path, _ = old_store(tmp_path, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute(spoil)
    before = _dump(path)
    for _ in range(2):
        with pytest.raises(StoreError):
            SqliteStore.open(path)
        assert _dump(path) == before


def test_tools_leave_an_old_store_alone(old: tuple[Path, dict[str, Any]]) -> None:
    """Only a gateway migrates: a tool says that the store is older, and changes nothing."""
    before = _dump(old[0])
    with pytest.raises(SchemaTooOld, match="start the gateway"):
        SqliteStore.attach(old[0])
    assert _dump(old[0]) == before


def test_a_store_made_today_has_the_tables_of_one_that_was_migrated(old: tuple[Path, dict[str, Any]]) -> None:
    """Both ways lead to the same schema."""
    store = SqliteStore.open(old[0])
    query = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name"
    with a_store() as fresh:
        assert store._connection.execute(query).fetchall() == fresh._connection.execute(query).fetchall()
    store.close()
