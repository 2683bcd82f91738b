"""What the store keeps of a stretch of time, page by page, for a server that was not told. SQL over a connection.

    levels by series ─▶ hours, days by series ─▶ movements by journal ─▶ alerts by id ─▶ end

Where retention let the single changes go, the level at the end of each hour (then day) that had one is
told instead.

A cursor is JSON text of the last row told: a page can be told again, and none is left out.
"""

import json
from dataclasses import replace

from gateway.alerts.records import AlertRecord, AlertState
from gateway.movements import LevelPoint
from gateway.storage.backlog_page import START, BacklogPage
from gateway.storage.level_reads import kept
from gateway.storage.levels import TOTAL
from gateway.storage.ports import OutboxGap
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.rows import MOVEMENT_COLUMNS, alert_of, journal_entry
from gateway.storage.sql import Sql

_LEVELS = """SELECT series.id, store, sku, zone, levels.at_ns, pieces FROM series CROSS JOIN levels
    ON levels.series = series.id
    WHERE series.id >= ?1 AND zone <> ?6 AND levels.at_ns >= iif(series.id = ?1, ?2, ?3) AND levels.at_ns < ?4
    ORDER BY series.id, levels.at_ns LIMIT ?5"""
_ROLLUPS = {
    "hourly": """SELECT series.id, store, sku, zone, hourly.hour_ns, last FROM series CROSS JOIN hourly
    ON hourly.series = series.id
    WHERE series.id >= ?1 AND zone <> ?6 AND hourly.hour_ns >= iif(series.id = ?1, ?2, ?3) AND hourly.hour_ns < ?4
    ORDER BY series.id, hourly.hour_ns LIMIT ?5""",
    "daily": """SELECT series.id, store, sku, zone, daily.day_ns, last FROM series CROSS JOIN daily
    ON daily.series = series.id
    WHERE series.id >= ?1 AND zone <> ?6 AND daily.day_ns >= iif(series.id = ?1, ?2, ?3) AND daily.day_ns < ?4
    ORDER BY series.id, daily.day_ns LIMIT ?5""",
}
_MOVEMENTS = f"""SELECT journal, journal_id, store, seq, {MOVEMENT_COLUMNS} FROM movements
    JOIN journals ON number = journal
    WHERE (journal, store, seq) > (?, ?, ?) AND recorded_ns >= ? AND recorded_ns < ?
    ORDER BY journal, store, seq LIMIT ?"""  # noqa: S608 - a constant
_ALERTS = "SELECT id, record FROM alerts WHERE id > ? ORDER BY id LIMIT ?"


def page(sql: Sql, gap: OutboxGap, limit: int) -> BacklogPage:
    """Return the next page of a gap, of at most `limit` rows (alerts: rows of up to three changes)."""
    part, *last = json.loads(gap.cursor or START)
    if part == "levels":
        return _level_page(sql, gap, limit, *last)
    if part == "hourly":
        return _rollup_page(sql, gap, limit, part, HOUR_NS, kept(sql).levels, ["daily", 0, -1], *last)
    if part == "daily":
        return _rollup_page(sql, gap, limit, part, DAY_NS, kept(sql).hourly, ["movements", 0, "", 0], *last)
    if part == "movements":
        return _movement_page(sql, gap, limit, *last)
    return _alert_page(sql, gap, limit, *last)


def _level_page(sql: Sql, gap: OutboxGap, limit: int, series: int, at_ns: int) -> BacklogPage:
    rows = sql.execute(
        _LEVELS, (series, max(at_ns + 1, gap.from_ns), gap.from_ns, gap.to_ns, limit, TOTAL)
    ).fetchall()
    points = tuple(LevelPoint(*row[1:]) for row in rows)
    cursor = ["levels", rows[-1][0], rows[-1][4]] if len(rows) == limit else ["hourly", 0, -1]
    return BacklogPage(levels=points, cursor=json.dumps(cursor))


def _rollup_page(
    sql: Sql,
    gap: OutboxGap,
    limit: int,
    table: str,
    width_ns: int,
    finer_from_ns: int,
    then: list[object],
    series: int,
    at_ns: int,
) -> BacklogPage:
    """Return levels at the ends of hours or days, up to where something finer is kept."""
    from_ns, end_ns = gap.from_ns - width_ns, min(gap.to_ns, finer_from_ns) - width_ns + 1
    rows = sql.execute(
        _ROLLUPS[table], (series, max(at_ns + 1, from_ns), from_ns, end_ns, limit, TOTAL)
    ).fetchall()
    points = tuple(
        LevelPoint(store, sku, zone, start_ns + width_ns - 1, pieces)
        for _, store, sku, zone, start_ns, pieces in rows
    )
    cursor = [table, rows[-1][0], rows[-1][4]] if len(rows) == limit else then
    return BacklogPage(levels=points, cursor=json.dumps(cursor))


def _movement_page(sql: Sql, gap: OutboxGap, limit: int, journal: int, store: str, seq: int) -> BacklogPage:
    rows = sql.execute(_MOVEMENTS, (journal, store, seq, gap.from_ns, gap.to_ns, limit)).fetchall()
    entries = tuple(journal_entry(row[1], row[2], row[3:]) for row in rows)
    cursor: list[object] = ["alerts", ""]
    if len(rows) == limit:
        cursor = ["movements", rows[-1][0], rows[-1][2], rows[-1][3]]
    return BacklogPage(entries=entries, cursor=json.dumps(cursor))


def _alert_page(sql: Sql, gap: OutboxGap, limit: int, alert_id: str) -> BacklogPage:
    rows = sql.execute(_ALERTS, (alert_id, limit)).fetchall()
    changes = [
        change
        for _, text in rows
        for change, at_ns in _changes(alert_of(text))
        if gap.from_ns <= at_ns < gap.to_ns
    ]
    cursor = json.dumps(["alerts", rows[-1][0]]) if len(rows) == limit else None
    return BacklogPage(alerts=tuple(changes), cursor=cursor)


def _changes(record: AlertRecord) -> list[tuple[AlertRecord, int]]:
    """Return each change of an episode that people were told of, with its time."""
    fired = replace(record, state=AlertState.FIRING, changed_at_ns=None)
    told = [(fired, record.fired_at_ns)]
    if record.state in {AlertState.ACKNOWLEDGED, AlertState.SNOOZED}:
        told.append((record, record.changed_at_ns))
    told.append((replace(record, state=AlertState.RESOLVED), record.resolved_at_ns))
    return [(change, at_ns) for change, at_ns in told if at_ns is not None]
