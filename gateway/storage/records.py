"""The other tables: engine state, applied events, alerts and their outbox, dead letters, keys, counters.

SQL over a connection that it is given. Every table here is bounded, by number here or by age in retention.py.
"""

from collections.abc import Sequence

from gateway.alerts.records import STANDING, AlertRecord, AlertState
from gateway.storage.ports import ApiKey, AppliedEvent, DeadLetter, StateRow
from gateway.storage.rows import alert_json, alert_of, key_of, key_row
from gateway.storage.sql import Sql

MAX_DEAD_LETTERS = 1_000
"""Samples for a person to look at; the counts of what was refused are kept elsewhere."""
MAX_OUTBOX = 100_000
"""Alert changes kept while the broker is away, or for a site without one (about 50 MB)."""
MAX_TEXT_CHARS = 500
MAX_SAMPLE_BYTES = 1_024
"""Dead letters are foreign text and bytes: a sample, cut off."""
_ANNOUNCED = frozenset({*STANDING, AlertState.RESOLVED})


def write_state(sql: Sql, rows: Sequence[StateRow]) -> None:
    """Set or delete state rows; of several for one (part, key) the last holds."""
    final = {(row.part, row.key): row.value for row in rows}
    sql.executemany(
        "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (part, key) DO UPDATE SET value = excluded.value",
        [(*name, value) for name, value in final.items() if value is not None],
    )
    sql.executemany(
        "DELETE FROM state WHERE part = ? AND key = ?",
        [name for name, value in final.items() if value is None],
    )


def state_rows(sql: Sql, part: str) -> list[StateRow]:
    """Return all rows of an engine part, by key."""
    rows = sql.execute("SELECT part, key, value FROM state WHERE part = ? ORDER BY key", (part,))
    return [StateRow(*row) for row in rows]


def write_applied(sql: Sql, events: Sequence[AppliedEvent], now_ns: int) -> None:
    """Note events as applied. An event known already is refused.

    Age is counted from `now_ns`, when it was noted, not from the event's own time, which may be long ago.
    """
    if not events:
        return
    sql.executemany(
        "INSERT INTO applied (source, event_id, digest, at_ns, result, recorded_ns) VALUES (?, ?, ?, ?, ?, ?)",
        [(e.source, e.event_id, e.digest, e.at_ns, e.result, now_ns) for e in events],
    )


def applied_event(sql: Sql, source: str, event_id: str) -> AppliedEvent | None:
    """Return the event if it was applied before."""
    row = sql.execute(
        "SELECT source, event_id, digest, at_ns, result FROM applied WHERE source = ? AND event_id = ?",
        (source, event_id),
    ).fetchone()
    return None if row is None else AppliedEvent(*row)


def write_alerts(sql: Sql, records: Sequence[AlertRecord]) -> None:
    """Store each record under its id; a change that people are told of goes to the outbox too."""
    announced: list[tuple[str]] = []
    for record in records:
        text = alert_json(record)
        known = sql.execute("SELECT record FROM alerts WHERE id = ?", (record.id,)).fetchone()
        if known == (text,):
            continue
        sql.execute(
            "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?)",
            (record.id, record.store, str(record.type), str(record.state), record.since_ns, text),
        )
        if record.state in _ANNOUNCED:
            announced.append((text,))
    if announced:
        sql.executemany("INSERT INTO alert_outbox (record) VALUES (?)", announced)
        _keep_newest(sql, "alert_outbox", MAX_OUTBOX)


def alerts(
    sql: Sql,
    store: str | None,
    states: Sequence[AlertState],
    types: Sequence[str],
    before: tuple[int, str] | None,
    limit: int,
    severities: Sequence[str] = (),
    assignee: str | None = None,
) -> list[AlertRecord]:
    """Return alert episodes, newest `since_ns` first and, within one time, greatest id first."""
    where, values = ["1"], list[str | int]()
    if store is not None:
        where.append("store = ?")
        values.append(store)
    if assignee is not None:
        where.append("record ->> '$.assignee' = ?")
        values.append(assignee)
    severity = "record ->> '$.severity'"
    for column, wanted in (("state", states), ("type", types), (severity, severities)):
        if wanted:
            where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values.extend(str(value) for value in wanted)
    if before is not None:
        where.append("(since_ns, id) < (?, ?)")
        values.extend(before)
    rows = sql.execute(
        f"SELECT record FROM alerts WHERE {' AND '.join(where)}"  # noqa: S608 - only names and marks
        " ORDER BY since_ns DESC, id DESC LIMIT ?",
        (*values, max(limit, 0)),
    )
    return [alert_of(text) for (text,) in rows]


def alert(sql: Sql, alert_id: str) -> AlertRecord | None:
    """Return one alert episode."""
    row = sql.execute("SELECT record FROM alerts WHERE id = ?", (alert_id,)).fetchone()
    return None if row is None else alert_of(row[0])


def unpublished_alerts(sql: Sql, limit: int) -> list[tuple[int, AlertRecord]]:
    """Return the oldest changes in the outbox with their ids."""
    rows = sql.execute("SELECT id, record FROM alert_outbox ORDER BY id LIMIT ?", (max(limit, 0),))
    return [(outbox_id, alert_of(text)) for outbox_id, text in rows]


def mark_published(sql: Sql, outbox_ids: Sequence[int]) -> None:
    """Take changes out of the outbox."""
    sql.executemany("DELETE FROM alert_outbox WHERE id = ?", [(outbox_id,) for outbox_id in outbox_ids])


def write_dead_letters(sql: Sql, letters: Sequence[DeadLetter]) -> None:
    """Keep samples of what was refused, the newest MAX_DEAD_LETTERS of them."""
    if not letters:
        return
    sql.executemany(
        "INSERT INTO dead_letters (device, reason, detail, sample, at_ns) VALUES (?, ?, ?, ?, ?)",
        [
            (
                _storable(x.device),
                _storable(x.reason),
                _storable(x.detail),
                x.sample[:MAX_SAMPLE_BYTES],
                x.at_ns,
            )
            for x in letters
        ],
    )
    _keep_newest(sql, "dead_letters", MAX_DEAD_LETTERS)


def dead_letters(sql: Sql, limit: int) -> list[DeadLetter]:
    """Return the newest dead letters, newest first."""
    rows = sql.execute(
        "SELECT device, reason, detail, sample, at_ns FROM dead_letters ORDER BY id DESC LIMIT ?",
        (max(limit, 0),),
    )
    return [DeadLetter(*row) for row in rows]


def add_key(sql: Sql, key: ApiKey) -> None:
    """Store a new API key; an id that is taken is refused."""
    sql.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?)", key_row(key))


def revoke_key(sql: Sql, key_id: str, at_ns: int) -> bool:
    """Mark a key as revoked; return whether there was one to revoke."""
    changed = sql.execute(
        "UPDATE api_keys SET revoked_at_ns = ? WHERE id = ? AND revoked_at_ns IS NULL", (at_ns, key_id)
    )
    return changed.rowcount > 0


def keys(sql: Sql) -> list[ApiKey]:
    """Return all keys, oldest first."""
    return [key_of(row) for row in sql.execute("SELECT * FROM api_keys ORDER BY created_at_ns, id")]


def dropped(sql: Sql) -> dict[str, int]:
    """Return how many rows each bounded table has let go since the store was created, and points too old to keep."""
    rows = sql.execute(
        "SELECT name, value FROM counters WHERE name IN ('alert_outbox', 'dead_letters', 'levels_too_old')"
    )
    return dict(rows)


def _keep_newest(sql: Sql, table: str, count: int) -> None:
    """Delete all but the newest `count` rows of a table of ours (its ids have no gaps), and count them."""
    gone = sql.execute(
        f"DELETE FROM {table} WHERE id <= (SELECT max(id) FROM {table}) - ?",  # noqa: S608 - our own names
        (count,),
    ).rowcount
    if gone:
        sql.execute(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (table, gone),
        )


def _storable(text: str) -> str:
    """Return foreign text cut off, and with lone surrogates (which no file can hold) escaped."""
    return text[:MAX_TEXT_CHARS].encode("utf-8", "backslashreplace").decode("utf-8")
