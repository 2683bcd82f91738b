"""The table of the audit log. SQL over a connection that it is given."""

from collections.abc import Sequence

from gateway.audit import AuditEntry
from gateway.storage.sql import Sql


def write_audit(sql: Sql, entries: Sequence[AuditEntry]) -> None:
    """Append to the log."""
    sql.executemany(
        "INSERT INTO audit (at_ns, key_id, address, action, store, subject, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(e.at_ns, e.key_id, e.address, e.action, e.store, e.subject, e.detail) for e in entries],
    )
