"""The table of the audit log. SQL over a connection that it is given."""

from collections.abc import Sequence

from gateway.audit import AuditEntry, AuditQuery, AuditRow
from gateway.storage.sql import Sql, SqlValue

COLUMNS = "at_ns, key_id, address, action, store, subject, detail"


def write_audit(sql: Sql, entries: Sequence[AuditEntry]) -> None:
    """Append to the log."""
    sql.executemany(
        f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        [(e.at_ns, e.key_id, e.address, e.action, e.store, e.subject, e.detail) for e in entries],
    )


def audit_rows(sql: Sql, query: AuditQuery) -> list[AuditRow]:
    """Return what is asked for, newest first."""
    where, values = _matching(query)
    rows = sql.execute(
        f"SELECT id, {COLUMNS} FROM audit WHERE {where} ORDER BY at_ns DESC, id DESC LIMIT ?",  # noqa: S608 - constants and marks
        (*values, max(query.limit, 0)),
    )
    return [AuditRow(row[0], AuditEntry(*row[1:])) for row in rows]


def _matching(query: AuditQuery) -> tuple[str, list[SqlValue]]:
    """Return the condition on the rows, and its values."""
    where: list[str] = ["TRUE"]
    values: list[SqlValue] = []
    for condition, value in (
        ("action = ?", query.action),
        ("key_id = ?", query.key_id),
        ("at_ns >= ?", query.from_ns),
        ("at_ns < ?", query.to_ns),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    if query.before is not None:
        where.append("(at_ns, id) < (?, ?)")
        values += query.before
    if query.stores is not None:
        where.append(f"store IN ({', '.join('?' * len(query.stores))})")
        values += query.stores
    return " AND ".join(where), values
