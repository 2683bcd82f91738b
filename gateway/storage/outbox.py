"""What waits for a time-series server: written with each commit, bounded, read by id. SQL over a connection.

    commit ─▶ outbox ─▶ delivered: settled           full: the oldest leaves, its time becomes a gap
    gap    ─▶ told from levels, movements and alerts (backlog.py) ─▶ closed

A commit made while nobody encoded (the server was not configured, an import) is noticed by its version
at the next `begin`, and its time becomes a gap too: so the first gap of a store is all its history.
"""

from collections.abc import Iterator, Sequence

from gateway.movements import JournalEntry
from gateway.storage.ports import (
    Commit,
    DeadLetter,
    OutboxBatch,
    OutboxGap,
    OutboxTotals,
    RefusedLine,
    SeriesEncoder,
    Settlement,
)
from gateway.storage.records import write_dead_letters
from gateway.storage.sql import Sql

MAX_ROW_BYTES = 128 * 1024
"""A commit's lines are parted at this: so what is read at once is bounded whatever a commit brought."""
MAX_READ_BYTES = 2 * 1024 * 1024
"""Bytes that one reading returns at most (and one row more)."""
DROPPED_AT_ONCE = 200
"""Rows looked at together when a full outbox lets go."""
MAX_REFUSED = 10_000
"""Refused lines kept for a person, the newest; their number is not lost."""
SAMPLES_AT_ONCE = 3
"""Of the lines refused at once, those shown among the dead letters: a thousand would hide the devices' own."""
MAX_REASON_CHARS = 500
MAX_LINE_BYTES = 4_096
LATE_NS = 3_600 * 10**9
"""A gap begins this much before its oldest point and commit: evidence may come late, a clock be set."""
NO_END_NS = 2**63 - 1
SERVER = "influxdb"
"""What dead letters call it, beside the names of devices."""
FULL, UNTOLD, ASKED = "outbox_full", "not_told", "asked"
"""Why times are to be told from the store: the outbox was full, nobody encoded then, a person asked."""


class OutboxWriter:
    """Writes what each commit tells, as `encoder` says it, and keeps the outbox below `max_bytes`."""

    def __init__(self, encoder: SeriesEncoder, max_bytes: int) -> None:
        self._encoder = encoder
        self._max_bytes = max_bytes

    def begin(self, sql: Sql, version: int) -> None:
        """Note the times of commits that were made without an encoder; `version` is the store's newest."""
        [(told, at_ns)] = sql.execute("SELECT version, at_ns FROM outbox_totals").fetchall()
        if told != version:
            add_gap(sql, UNTOLD, max(at_ns - LATE_NS, 0), NO_END_NS)
            sql.execute("UPDATE outbox_totals SET version = ?", (version,))

    def append(self, sql: Sql, commit: Commit, entries: Sequence[JournalEntry], version: int) -> None:
        """Write the lines of a commit, within its transaction."""
        body = self._encoder.encode(entries, commit.levels, commit.alerts)
        lines = b"\n".join(part for part in (body, *commit.lines) if part)
        rows = list(_rows(lines))
        oldest_ns = min((point.at_ns for point in commit.levels), default=commit.at_ns)
        oldest_ns = min((entry.movement.at_ns for entry in entries), default=oldest_ns)
        at_ns = commit.at_ns or oldest_ns  # an import has no instant of its own
        [(total_bytes, last_id)] = sql.execute(
            "UPDATE outbox_totals SET points = points + ?, bytes = bytes + ?, version = ?, at_ns = ?,"
            " last_id = last_id + ? RETURNING bytes, last_id",
            (
                sum(points for points, _ in rows),
                sum(len(part) for _, part in rows),
                version,
                at_ns,
                len(rows),
            ),
        ).fetchall()
        oldest_ns = min(oldest_ns, at_ns)
        sql.executemany(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?)",
            [
                (last_id - len(rows) + n, points, at_ns, oldest_ns, part)
                for n, (points, part) in enumerate(rows, 1)
            ],
        )
        if total_bytes > self._max_bytes:
            _let_go(sql, total_bytes - self._max_bytes)


def _rows(lines: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (points, body) of rows, parted between lines."""
    start = 0
    while start < len(lines):
        end = len(lines)
        if end - start > MAX_ROW_BYTES:
            end = lines.rfind(b"\n", start, start + MAX_ROW_BYTES)
            if end < start:  # one line longer than a row
                end = lines.find(b"\n", start)
                end = len(lines) if end < start else end
        yield lines.count(b"\n", start, end) + 1, lines[start:end]
        start = end + 1


def _let_go(sql: Sql, excess_bytes: int) -> None:
    """Delete the oldest rows until so many bytes are gone, and note their times."""
    gone_bytes = points = last_id = 0
    from_ns, to_ns = NO_END_NS, 0
    while gone_bytes < excess_bytes:
        rows = sql.execute(
            "SELECT id, points, at_ns, oldest_ns, length(body) FROM outbox WHERE id > ? ORDER BY id LIMIT ?",
            (last_id, DROPPED_AT_ONCE),
        ).fetchall()
        if not rows:
            break
        for row_id, row_points, at_ns, oldest_ns, size in rows:
            last_id = row_id
            points += row_points
            gone_bytes += size
            from_ns, to_ns = min(from_ns, oldest_ns), max(to_ns, at_ns)
            if gone_bytes >= excess_bytes:
                break
    sql.execute("DELETE FROM outbox WHERE id <= ?", (last_id,))
    sql.execute(
        "UPDATE outbox_totals SET points = points - ?, bytes = bytes - ?, let_go = let_go + ?",
        (points, gone_bytes, points),
    )
    add_gap(sql, FULL, max(from_ns - LATE_NS, 0), to_ns + 1, points)


def add_gap(sql: Sql, reason: str, from_ns: int, to_ns: int, points: int = 0) -> None:
    """Note times to be told, together with those of the same reason that nobody began to tell yet."""
    grown = sql.execute(
        "UPDATE outbox_gaps SET from_ns = min(from_ns, ?), to_ns = max(to_ns, ?), points = points + ?"
        " WHERE reason = ? AND cursor = ''",
        (from_ns, to_ns, points, reason),
    )
    if not grown.rowcount:
        sql.execute(
            "INSERT INTO outbox_gaps (reason, from_ns, to_ns, points, cursor) VALUES (?, ?, ?, ?, '')",
            (reason, from_ns, to_ns, points),
        )


def settle(sql: Sql, settlement: Settlement) -> None:
    """Take out what was delivered, keep what was refused, and note how far a gap was told."""
    if settlement.through_id:
        [(points, size)] = sql.execute(
            "SELECT coalesce(sum(points), 0), coalesce(sum(length(body)), 0) FROM outbox WHERE id <= ?",
            (settlement.through_id,),
        ).fetchall()
        sql.execute("DELETE FROM outbox WHERE id <= ?", (settlement.through_id,))
        sql.execute("UPDATE outbox_totals SET points = points - ?, bytes = bytes - ?", (points, size))
    if settlement.refused:
        _keep_refused(sql, settlement.refused)
    if settlement.gap_id is not None and settlement.gap_cursor is None:
        sql.execute("DELETE FROM outbox_gaps WHERE id = ?", (settlement.gap_id,))
    elif settlement.gap_id is not None:
        sql.execute(
            "UPDATE outbox_gaps SET cursor = ? WHERE id = ?", (settlement.gap_cursor, settlement.gap_id)
        )


def _keep_refused(sql: Sql, refused: Sequence[RefusedLine]) -> None:
    kept = refused[-MAX_REFUSED:]
    sql.executemany(
        "INSERT INTO outbox_refused (at_ns, reason, line) VALUES (?, ?, ?)",
        [(r.at_ns, r.reason[:MAX_REASON_CHARS], r.line[:MAX_LINE_BYTES]) for r in kept],
    )
    sql.execute(
        "DELETE FROM outbox_refused WHERE id <= (SELECT max(id) FROM outbox_refused) - ?", (MAX_REFUSED,)
    )
    sql.execute("UPDATE outbox_totals SET refused = refused + ?", (len(refused),))
    write_dead_letters(
        sql,
        [DeadLetter(SERVER, "line_refused", r.reason, r.line, r.at_ns) for r in refused[:SAMPLES_AT_ONCE]],
    )


def batches_after(sql: Sql, batch_id: int, max_points: int) -> list[OutboxBatch]:
    """Return the batches after `batch_id`: no more than `max_points` and MAX_READ_BYTES, at least one."""
    found: list[OutboxBatch] = []
    points = size = 0
    for row in sql.execute(
        "SELECT id, points, at_ns, body FROM outbox WHERE id > ? ORDER BY id LIMIT ?", (batch_id, max_points)
    ):
        batch = OutboxBatch(*row)
        points += batch.points
        size += len(batch.body)
        if found and (points > max_points or size > MAX_READ_BYTES):
            break
        found.append(batch)
    return found


def totals(sql: Sql) -> OutboxTotals:
    """Return what waits in all."""
    [(points, size, let_go, refused, oldest_at_ns)] = sql.execute(
        "SELECT points, bytes, let_go, refused, (SELECT at_ns FROM outbox ORDER BY id LIMIT 1)"
        " FROM outbox_totals"
    ).fetchall()
    return OutboxTotals(points, size, let_go, refused, oldest_at_ns)


def gaps(sql: Sql) -> list[OutboxGap]:
    """Return what is still to be told from the store, the oldest gap first."""
    rows = sql.execute("SELECT id, reason, from_ns, to_ns, points, cursor FROM outbox_gaps ORDER BY id")
    return [OutboxGap(*row) for row in rows]


def refused_lines(sql: Sql, limit: int) -> list[RefusedLine]:
    """Return the newest lines that the server would not have."""
    rows = sql.execute(
        "SELECT at_ns, reason, line FROM outbox_refused ORDER BY id DESC LIMIT ?", (max(limit, 0),)
    )
    return [RefusedLine(*row) for row in rows]
