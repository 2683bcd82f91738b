"""Every read of the store, over whatever gives a reading transaction. SQL over a connection it is given."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager

from gateway.alerts.records import AlertRecord, AlertState
from gateway.answered import AnsweredRequest
from gateway.audit import AuditQuery, AuditRow
from gateway.backtest.model import Past
from gateway.changes.model import Change
from gateway.delivery.model import NoticeTry, WaitingNotice
from gateway.kpis.model import KpiDay, KpiQuery
from gateway.movements import JournalEntry, LevelPoint
from gateway.reservations.model import Reservation, ReservationQuery
from gateway.storage import changes, level_reads, notices, records, snapshots, webhooks
from gateway.storage import reservations as table
from gateway.storage.audit import audit_rows
from gateway.storage.journal import JournalTable
from gateway.storage.kpis import kpi_days
from gateway.storage.past import past_of
from gateway.storage.ports import ApiKey, AppliedEvent, DeadLetter, HistoryStep, SeriesKey, Snapshot, StateRow
from gateway.storage.resolution import Kept
from gateway.storage.sql import Sql
from gateway.storage.steps import Window
from gateway.webhooks.model import Delivery, Endpoint, Position


class StoreReads(ABC):
    """The reading half of a store; any thread. See gateway/storage/ports.py for what each promises."""

    def __init__(self, journal: JournalTable) -> None:
        self._journal = journal

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Sql]:
        """Give a connection that sees one state of the store throughout."""

    @property
    def journal_id(self) -> str:
        """Return the id of this journal."""
        return self._journal.journal_id

    def entries_after(self, store: str, seq: int, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` with a sequence greater than `seq`, in order."""
        with self._reading() as sql:
            return self._journal.entries_after(sql, store, seq, limit)

    def adjustments(self, store: str, before_seq: int | None, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` that are adjustments by people, newest first."""
        with self._reading() as sql:
            return self._journal.adjustments(sql, store, before_seq, limit)

    def first_seq(self, store: str) -> int:
        """Return the oldest sequence of `store` that is kept; `last_seq + 1` where none is."""
        with self._reading() as sql:
            return self._journal.first_seq(sql, store)

    def opening_balances(self, store: str) -> dict[tuple[str, str], int]:
        """Return pieces by (sku, zone): the sum of all deltas before `first_seq`, of older journals too."""
        with self._reading() as sql:
            return self._journal.opening_balances(sql, store)

    def last_seq(self, store: str) -> int:
        """Return the newest sequence of `store`; 0 before the first."""
        with self._reading() as sql:
            return self._journal.last_seq(sql, store)

    def changes_after(self, store: str, seq: int, limit: int) -> list[Change] | None:
        """Return up to `limit` changes after `seq`, in order; None where some of them are gone, or never were."""
        with self._reading() as sql:
            return changes.changes_after(sql, store, seq, limit)

    def last_change(self, store: str) -> int:
        """Return the newest sequence of a store's changes; 0 before the first."""
        with self._reading() as sql:
            return changes.last_change(sql, store)

    def kpi_days(self, query: KpiQuery, limit: int) -> list[KpiDay]:
        """Return up to `limit` stored days of key figures, by store, day and department."""
        with self._reading() as sql:
            return kpi_days(sql, query, limit)

    def webhook_endpoints(self) -> list[Endpoint]:
        """Return all webhook endpoints, oldest first."""
        with self._reading() as sql:
            return webhooks.endpoints(sql)

    def webhook_positions(self) -> list[Position]:
        """Return how far each webhook endpoint was told of each store."""
        with self._reading() as sql:
            return webhooks.positions(sql)

    def webhook_deliveries(self, endpoint_id: str, limit: int) -> list[Delivery]:
        """Return the newest tries of an endpoint, newest first."""
        with self._reading() as sql:
            return webhooks.deliveries(sql, endpoint_id, limit)

    def waiting_notices(self, target: str, limit: int) -> list[WaitingNotice]:
        """Return the oldest notices that wait for a target."""
        with self._reading() as sql:
            return notices.waiting_notices(sql, target, limit)

    def notice_totals(self) -> dict[str, tuple[int, int]]:
        """Return how many notices (wait, were given up) by target."""
        with self._reading() as sql:
            return notices.notice_totals(sql)

    def notice_tries(self, target: str, limit: int) -> list[NoticeTry]:
        """Return the newest tries of a target of notices, newest first."""
        with self._reading() as sql:
            return notices.notice_tries(sql, target, limit)

    def alert(self, alert_id: str) -> AlertRecord | None:
        """Return one alert episode."""
        with self._reading() as sql:
            return records.alert(sql, alert_id)

    def latest_levels(self) -> list[LevelPoint]:
        """Return the latest point of every series."""
        with self._reading() as sql:
            return level_reads.latest_levels(sql)

    def latest_many(self, keys: Collection[SeriesKey]) -> list[LevelPoint]:
        """Return the latest point of each of these series; unknown ones are left out."""
        with self._reading() as sql:
            return level_reads.latest_many(sql, keys)

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return steps over [from_ns, to_ns); raise ValueError beyond steps.MAX_STEPS of them."""
        window = Window(from_ns, to_ns, step_ns)
        with self._reading() as sql:
            return level_reads.history(sql, store, sku, window, zone)

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was at `at_ns`."""
        with self._reading() as sql:
            return level_reads.levels_at(sql, store, sku, at_ns)

    def kept(self) -> Kept:
        """Return from when on each table of levels is whole."""
        with self._reading() as sql:
            return level_reads.kept(sql)

    def past(self, store: str, from_ns: int, to_ns: int, settle_ns: int) -> Past:
        """Return what is stored of a store over a time, its steps read page by page as they are asked for."""
        return past_of(self._reading, store, from_ns, to_ns, settle_ns)

    def state_rows(self, part: str) -> list[StateRow]:
        """Return all rows of an engine part, by key."""
        with self._reading() as sql:
            return records.state_rows(sql, part)

    def snapshots(self, part: str) -> Iterator[Snapshot]:
        """Yield all snapshots of an engine part, by prefix, a few at a time: no commit may come between."""
        prefix = ""
        while True:
            with self._reading() as sql:
                found = snapshots.snapshots_after(sql, part, prefix)
            yield from found
            if not found:
                return
            prefix = found[-1].prefix

    def applied_event(self, source: str, event_id: str) -> AppliedEvent | None:
        """Return the event if it was applied before (and not let go since)."""
        with self._reading() as sql:
            return records.applied_event(sql, source, event_id)

    def open_reservations(self) -> list[Reservation]:
        """Return the reservations that were open when they last changed, oldest first."""
        with self._reading() as sql:
            return table.open_reservations(sql)

    def reservation(self, reservation_id: str) -> Reservation | None:
        """Return one reservation as it was written last."""
        with self._reading() as sql:
            return table.reservation(sql, reservation_id)

    def reservations(self, query: ReservationQuery, now_ns: int) -> list[Reservation]:
        """Return reservations as they were written last, newest first."""
        with self._reading() as sql:
            return table.reservations(sql, query, now_ns)

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        """Return the request of a caller that had this key, if it is kept."""
        with self._reading() as sql:
            return table.answered_request(sql, source, key)

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        """Return (source, key, at_ns) of the newest `limit` requests answered after a time, oldest first."""
        with self._reading() as sql:
            return table.answered_keys(sql, after_ns, limit)

    def alerts(
        self,
        *,
        store: str | None = None,
        states: Sequence[AlertState] = (),
        types: Sequence[str] = (),
        before: tuple[int, str] | None = None,
        limit: int = 200,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest `since_ns` first."""
        with self._reading() as sql:
            return records.alerts(sql, store, states, types, before, limit, severities, assignee)

    def unpublished_alerts(self, limit: int) -> list[tuple[int, AlertRecord]]:
        """Return alert changes not yet marked as published, oldest first, with their outbox id."""
        with self._reading() as sql:
            return records.unpublished_alerts(sql, limit)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest dead letters, newest first."""
        with self._reading() as sql:
            return records.dead_letters(sql, limit)

    def audit_rows(self, query: AuditQuery) -> list[AuditRow]:
        """Return what is asked for of the audit log, newest first."""
        with self._reading() as sql:
            return audit_rows(sql, query)

    def keys(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too."""
        with self._reading() as sql:
            return records.keys(sql)

    def dropped(self) -> dict[str, int]:
        """Return how many rows the bounded tables (alert_outbox, dead_letters) have let go so far."""
        with self._reading() as sql:
            return records.dropped(sql)
