"""The queue of notices over the gateway's store and its writer. Runtime."""

import logging
from collections.abc import Sequence

from gateway.delivery.model import NoticeTry, WaitingNotice
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer

log = logging.getLogger(__name__)


class StoredNotices:
    """Implements gateway.delivery.ports.Queue: writes go between two commits of the writer's thread."""

    def __init__(self, store: SqliteStore, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def waiting(self, target: str, limit: int) -> list[WaitingNotice]:
        """Return the oldest notices that wait for a target."""
        return self._store.waiting_notices(target, limit)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return how many notices (wait, were given up) by target."""
        return self._store.notice_totals()

    def tries(self, target: str, limit: int) -> list[NoticeTry]:
        """Return the newest tries of a target, newest first."""
        return self._store.notice_tries(target, limit)

    async def settle(self, row: int | None, tried: NoticeTry) -> None:
        """Note what became of a try, durably; `row` None: a test."""
        await self._writer.aside(lambda: self._store.settle_notice(row, tried))

    async def give_up_before(self, target: str, at_ns: int, reason: str) -> int:
        """Give up what waits since before a time, durably; return how many."""
        return await self._writer.aside(lambda: self._store.give_up_notices(target, at_ns, reason))

    async def forget_targets(self, known: Sequence[str]) -> None:
        """Delete all of targets that are not known any more; the log says how many notices waited."""

        def forget() -> None:  # said where it is done: a stop that comes between finds it said
            for target, waited in self._store.forget_notice_targets(known).items():
                log.warning(
                    "%d notices waited for %r, which the site's file does not name any more", waited, target
                )

        await self._writer.aside(forget)
