"""Every write beside the gateway's commits, over whatever gives a transaction. SQL over a connection it is given."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from gateway.audit import AuditEntry
from gateway.delivery.model import NoticeTry
from gateway.storage import notices, records, webhooks
from gateway.storage.audit import write_audit
from gateway.storage.outbox import add_gap
from gateway.storage.ports import ApiKey
from gateway.storage.sql import Sql
from gateway.webhooks.model import Delivery, Endpoint, Position

T = TypeVar("T")


class TableWrites(ABC):
    """The writes beside commits: keys, endpoints, notices. See gateway/storage/ports.py for what each promises."""

    @abstractmethod
    def _writing(self, *, is_flushed: bool = True) -> AbstractContextManager[Sql]:
        """Give the writing connection within a transaction, committed at the end or rolled back."""

    def ask_backfill(self, reason: str, from_ns: int, to_ns: int) -> None:
        """Have times told to the time-series server (again) from what is kept; any process, any thread."""
        with self._writing() as sql:
            add_gap(sql, reason, from_ns, to_ns)

    def add_key(self, key: ApiKey, audited: AuditEntry | None = None) -> None:
        """Store a new API key, and who made it; any process, any thread."""
        with self._writing() as sql:
            records.add_key(sql, key)
            write_audit(sql, [audited] if audited is not None else [])

    def revoke_key(self, key_id: str, at_ns: int, audited: AuditEntry | None = None) -> bool:
        """Mark a key as revoked, and who did it where there was one; any process, any thread."""
        with self._writing() as sql:
            is_revoked = records.revoke_key(sql, key_id, at_ns)
            write_audit(sql, [audited] if audited is not None and is_revoked else [])
            return is_revoked

    def keep_webhook(
        self,
        endpoint: Endpoint | None,
        positions: Sequence[Position],
        delivery: Delivery | None,
        audited: AuditEntry | None = None,
    ) -> None:
        """Write an endpoint, how far it was told, a try, and who changed it. Writer thread only."""
        with self._writing() as sql:
            if endpoint is not None:
                webhooks.put_endpoint(sql, endpoint)
            webhooks.put_positions(sql, positions)
            if delivery is not None:
                webhooks.add_delivery(sql, delivery)
            write_audit(sql, [audited] if audited is not None else [])

    def drop_webhook(self, endpoint_id: str, audited: AuditEntry) -> bool:
        """Delete an endpoint with all of it; return whether there was one. Writer thread only."""
        with self._writing() as sql:
            is_dropped = webhooks.drop_endpoint(sql, endpoint_id)
            write_audit(sql, [audited] if is_dropped else [])
            return is_dropped

    def settle_notice(self, row: int | None, tried: NoticeTry) -> None:
        """Note what became of a try to tell a target a notice. Writer thread only."""
        with self._writing() as sql:
            notices.settle_notice(sql, row, tried)

    def give_up_notices(self, target: str, at_ns: int, reason: str) -> int:
        """Give up what waits for a target since before a time; return how many. Writer thread only."""
        with self._writing() as sql:
            return notices.give_up_before(sql, target, at_ns, reason)

    def forget_notice_targets(self, known: Sequence[str]) -> dict[str, int]:
        """Delete all of targets that are not known any more; return how many notices waited. Writer thread only."""
        with self._writing() as sql:
            return notices.forget_targets(sql, known)

    def housekeep(self, work: Callable[[Sql], T]) -> T:
        """Do `work` in a transaction that is not flushed: a power cut may undo it, and it is done again.

        For what is promised to nobody (gateway/storage/retention.py). Writer thread only.
        """
        with self._writing(is_flushed=False) as sql:
            return work(sql)

    def written(self, work: Callable[[Sql], T], *, is_flushed: bool = True) -> T:
        """Do `work` in a transaction of its own, and return what it does; any process, any thread."""
        with self._writing(is_flushed=is_flushed) as sql:
            return work(sql)
