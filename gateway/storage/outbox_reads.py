"""The reading half of the outbox, over whatever gives a reading transaction. SQL over a connection it is given."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from gateway.storage import backlog, outbox
from gateway.storage.backlog_page import BacklogPage
from gateway.storage.ports import OutboxBatch, OutboxGap, OutboxTotals, RefusedLine
from gateway.storage.sql import Sql


class OutboxReads(ABC):
    """What waits for a time-series server; any thread. See gateway/storage/ports.py for what each promises."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Sql]:
        """Give a connection that sees one state of the store throughout."""

    def outbox_after(self, batch_id: int, max_points: int) -> list[OutboxBatch]:
        """Return batches with an id greater than `batch_id`, oldest first."""
        with self._reading() as sql:
            return outbox.batches_after(sql, batch_id, max_points)

    def outbox_totals(self) -> OutboxTotals:
        """Return what waits in all."""
        with self._reading() as sql:
            return outbox.totals(sql)

    def outbox_gaps(self) -> list[OutboxGap]:
        """Return the times that are still to be told, the oldest gap first."""
        with self._reading() as sql:
            return outbox.gaps(sql)

    def backlog_page(self, gap: OutboxGap, limit: int) -> BacklogPage:
        """Return the next page of what is kept of a gap's time, of at most `limit` rows."""
        with self._reading() as sql:
            return backlog.page(sql, gap, limit)

    def refused_lines(self, limit: int) -> list[RefusedLine]:
        """Return the newest lines that the server would not have, newest first."""
        with self._reading() as sql:
            return outbox.refused_lines(sql, limit)
