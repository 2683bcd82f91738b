"""Following the log of changes, off the loop: implements gateway.changes.model.ports.ChangesPort. I/O."""

import asyncio

from gateway.changes.ports import ChangeInfo, ChangesPage
from gateway.storage.ports import GatewayStore

MAX_DIGITS = 18


class ChangeLogReader:
    """Positions are `<journal id>:<sequence>`: those of another journal lead nowhere."""

    def __init__(self, store: GatewayStore) -> None:
        self._store = store

    async def now(self, store: str) -> str:
        """Return the position behind the newest change of a store."""
        return self._position(await asyncio.to_thread(self._store.last_change, store))

    async def after(self, store: str, position: str, limit: int) -> ChangesPage | None:
        """Return the next changes; None where what comes after the position is not known any more."""
        journal_id, _, digits = position.rpartition(":")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
        if journal_id != self._store.journal_id or not is_number:
            return None
        found = await asyncio.to_thread(self._store.changes_after, store, int(digits), limit + 1)
        if found is None:
            return None
        page = found[:limit]
        last = page[-1].seq if page else int(digits)
        return ChangesPage(
            tuple(ChangeInfo(c.seq, c.at_ns, c.type, c.subject) for c in page),
            self._position(last),
            more=len(found) > limit,
        )

    def _position(self, seq: int) -> str:
        return f"{self._store.journal_id}:{seq}"
