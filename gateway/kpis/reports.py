"""Answers for key figures: stored days from disk, today from memory. Implements gateway.kpis.model.KpisPort. Runtime."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.kpis.kpis import Kpis
from gateway.kpis.model import (
    MAX_KPI_ROWS,
    KpiDay,
    KpiQuery,
    KpiReport,
    KpiRow,
    KpiStore,
    TooManyRowsError,
)
from gateway.kpis.tally import Tally, tally_of


class KpiTable(Protocol):
    """The days that are over, on disk."""

    def kpi_days(self, query: KpiQuery, limit: int) -> list[KpiDay]:
        """Return up to `limit` stored days that a question is about."""
        ...


class KpiReports:
    """The key figures of one gateway. `now_ns`: the shop's clock."""

    def __init__(self, kpis: Kpis, table: KpiTable, now_ns: Callable[[], int]) -> None:
        self._kpis = kpis
        self._table = table
        self._now_ns = now_ns

    def today(self, store: str) -> int:
        """Return the number of a store's local day now."""
        return self._kpis.stores[store].calendar.day_of(self._now_ns()).number

    async def report(self, query: KpiQuery) -> KpiReport:
        """Return the sums asked for. Raises TooManyRowsError."""
        live = [day for store in query.stores for day in self._live(store, query)]
        stores = tuple(self._store(store) for store in query.stores)
        rows = await asyncio.to_thread(self._rows, query, live)
        return KpiReport(rows, stores)

    def _store(self, store: str) -> KpiStore:
        kpis = self._kpis.stores[store]
        return KpiStore(store, kpis.since_ns, kpis.calendar.hours is not None, self.today(store))

    def _live(self, store: str, query: KpiQuery) -> Iterable[KpiDay]:
        """Yield the day that is not over, as it stands in memory."""
        kpis = self._kpis.stores[store]
        if kpis.day is None or not query.first <= kpis.day.number <= query.last:
            return
        for department, tally in kpis.today():
            if (
                department == query.department
                if query.department is not None
                else ((department is None) == (query.by != "department"))
            ):
                yield KpiDay(store, kpis.day.number, department, tally.to_json())

    def _rows(self, query: KpiQuery, live: list[KpiDay]) -> tuple[KpiRow, ...]:
        """Read the stored days and sum them up; in a thread."""
        stored = self._table.kpi_days(query, MAX_KPI_ROWS + 1)
        if len(stored) > MAX_KPI_ROWS:
            raise TooManyRowsError
        ongoing = {(day.store, day.day) for day in live}
        days = [day for day in stored if (day.store, day.day) not in ongoing] + live
        return summed(days, query)


def summed(days: Iterable[KpiDay], query: KpiQuery) -> tuple[KpiRow, ...]:
    """Return the days as rows of the kind asked for, in order of store, department and day."""
    rows: dict[tuple[str, str, int], KpiRow] = {}
    for day in days:
        number = day.day if query.by == "day" else None
        key = (day.store, day.department or "", number or 0)
        row = rows.setdefault(key, KpiRow(day.store, day.department, number, 0, Tally()))
        row.days += 1
        row.tally.add(tally_of(day.record))
    order = {store: place for place, store in enumerate(query.stores)}
    return tuple(rows[key] for key in sorted(rows, key=lambda key: (order[key[0]], *key[1:])))
