"""The tables of reservations and of answered requests. SQL over a connection that it is given.

A reservation is one row: its record as JSON, and beside it what is searched by. `owner_ref` stands in a
column alone, so that it can be erased without the rest.
"""

import json
from collections.abc import Sequence

from gateway.answered import AnsweredRequest
from gateway.reservations.model import (
    OPEN_STATES,
    Forgetting,
    Reservation,
    ReservationQuery,
    reservation_of,
)
from gateway.storage.sql import Sql, SqlValue

NEVER_NS = 2**63 - 1
_STATE_NOW = "CASE WHEN closed_ns IS NULL AND expires_ns <= ? THEN 'expired' ELSE state END"


def write_reservations(sql: Sql, reservations: Sequence[Reservation]) -> None:
    """Write new reservations, and the newest version of known ones, whose owner is never another: a newer version
    may lack it, and one that was erased meanwhile stays so.
    """
    if reservations:
        sql.executemany(
            "INSERT INTO reservations (id, store, state, owner_ref, created_ns, expires_ns, closed_ns, record)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET store = excluded.store,"
            " state = excluded.state, expires_ns = excluded.expires_ns,"
            " owner_ref = CASE WHEN excluded.owner_ref IS NULL THEN NULL ELSE reservations.owner_ref END,"
            " closed_ns = excluded.closed_ns, record = excluded.record",
            [_row(reservation) for reservation in reservations],
        )


def _row(r: Reservation) -> tuple[SqlValue, ...]:
    return (r.id, r.store, r.state, r.owner_ref, r.created_ns, r.expires_ns, r.closed_ns, r.to_json())


def write_answered(sql: Sql, requests: Sequence[AnsweredRequest]) -> None:
    """Note requests as answered. One whose key was used long ago, and was not let go yet, takes its place."""
    if requests:
        sql.executemany(
            "INSERT OR REPLACE INTO idempotency (source, key, digest, at_ns, result) VALUES (?, ?, ?, ?, ?)",
            [(r.source, r.key, r.digest, r.at_ns, r.result) for r in requests],
        )


def forget(sql: Sql, what: Forgetting) -> None:
    """Let go of what is old, the oldest first, a bounded number of rows at a time."""
    sql.execute(
        "UPDATE reservations SET owner_ref = NULL WHERE id IN (SELECT id FROM reservations"
        " WHERE owner_ref IS NOT NULL AND closed_ns < ? ORDER BY closed_ns LIMIT ?)",
        (what.owners_before_ns, what.most),
    )
    sql.execute(
        "DELETE FROM reservations WHERE id IN"
        " (SELECT id FROM reservations WHERE closed_ns < ? ORDER BY closed_ns LIMIT ?)",
        (what.closed_before_ns, what.most),
    )
    sql.execute(
        "DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE at_ns < ? ORDER BY at_ns LIMIT ?)",
        (what.answered_before_ns, what.most),
    )


def open_reservations(sql: Sql) -> list[Reservation]:
    """Return the reservations that were open when they last changed, oldest first."""
    rows = sql.execute(
        "SELECT record, owner_ref FROM reservations WHERE closed_ns IS NULL ORDER BY created_ns, id"
    )
    return [_reservation(*row) for row in rows]


def reservation(sql: Sql, reservation_id: str) -> Reservation | None:
    """Return one reservation as it was written last."""
    row = sql.execute("SELECT record, owner_ref FROM reservations WHERE id = ?", (reservation_id,)).fetchone()
    return None if row is None else _reservation(*row)


def reservations(sql: Sql, query: ReservationQuery, now_ns: int) -> list[Reservation]:
    """Return reservations as they were written last, newest first; `now_ns` decides which have expired."""
    where, values, index = ["1"], list[SqlValue](), ""
    if query.due_ns is not None or (query.states and OPEN_STATES.issuperset(query.states)):
        where.append("closed_ns IS NULL AND expires_ns > ? AND expires_ns <= ?")
        values += [now_ns, NEVER_NS if query.due_ns is None else query.due_ns]
        index = "INDEXED BY reservations_open"  # the open ones are few among the closed of months
    if query.stores:
        where.append(f"store IN ({_marks(query.stores)})")
        values += query.stores
    if query.states:
        where.append(f"{_STATE_NOW} IN ({_marks(query.states)})")
        values += [now_ns, *query.states]
    if query.owner_ref is not None:
        where.append("owner_ref = ?")
        values.append(query.owner_ref)
    if query.before is not None:
        where.append("(created_ns, id) < (?, ?)")
        values += query.before
    rows = sql.execute(
        f"SELECT record, owner_ref FROM reservations {index} WHERE {' AND '.join(where)}"  # noqa: S608 - only names and marks
        " ORDER BY created_ns DESC, id DESC LIMIT ?",
        (*values, max(query.limit, 0)),
    )
    return [_reservation(*row) for row in rows]


def answered_request(sql: Sql, source: str, key: str) -> AnsweredRequest | None:
    """Return the request of a caller that had this key."""
    row = sql.execute(
        "SELECT source, key, digest, at_ns, result FROM idempotency WHERE source = ? AND key = ?",
        (source, key),
    ).fetchone()
    return None if row is None else AnsweredRequest(*row)


def answered_keys(sql: Sql, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
    """Return (source, key, at_ns) of the newest `limit` requests answered after a time, oldest first."""
    rows = sql.execute(
        "SELECT source, key, at_ns FROM idempotency WHERE at_ns > ? ORDER BY at_ns DESC, id DESC LIMIT ?",
        (after_ns, limit),
    )
    return rows.fetchall()[::-1]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _reservation(record: str, owner_ref: str | None) -> Reservation:
    return reservation_of(json.loads(record), owner_ref)
