"""The audit log as the HTTP side sees it, off the loop: implements gateway.audit.AuditPort. I/O."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.audit import Actor, AuditQuery, AuditRow
from gateway.state import State


class AuditTable(Protocol):
    """The log on disk."""

    def audit_rows(self, query: AuditQuery) -> list[AuditRow]:
        """Return what is asked for, newest first."""
        ...


class AuditLog:
    """Reads the table; what is noted goes through the state into the next pass's commit."""

    def __init__(self, table: AuditTable, state: State, now_ns: Callable[[], int]) -> None:
        self._table = table
        self._state = state
        self._now_ns = now_ns

    async def rows(self, query: AuditQuery) -> list[AuditRow]:
        """Return what is asked for, newest first."""
        return await asyncio.to_thread(self._table.audit_rows, query)

    def note(self, actor: Actor, action: str, store: str, subject: str, detail: str = "") -> None:
        """Have something written down with the next pass's commit."""
        self._state.audit(actor, action, store, subject, detail, self._now_ns())
