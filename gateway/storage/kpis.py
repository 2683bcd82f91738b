"""The table of days' key figures. SQL over a connection that it is given."""

from collections.abc import Iterator, Sequence

from gateway.kpis.model import KpiDay, KpiQuery
from gateway.storage.sql import Sql, SqlValue

WHOLE, DEPARTMENT = 0, 1
EPOCH_DAY = 719_163
"""The number of 1970-01-01 among days since 0001-01-01."""


def write_kpi_days(sql: Sql, days: Sequence[KpiDay]) -> None:
    """Write days that ended; one that was written before is written anew."""
    if days:
        sql.executemany("INSERT OR REPLACE INTO kpis VALUES (?, ?, ?, ?, ?)", [_row(day) for day in days])


def _row(day: KpiDay) -> tuple[SqlValue, ...]:
    kind = WHOLE if day.department is None else DEPARTMENT
    return day.store, kind, day.day, day.department or "", day.record


def kpi_days(sql: Sql, query: KpiQuery, limit: int) -> list[KpiDay]:
    """Return up to `limit` stored days that a question is about, by store, day and department."""
    kind = DEPARTMENT if query.by == "department" or query.department is not None else WHOLE
    found: list[KpiDay] = []
    for store in query.stores:
        where = "store = ? AND kind = ? AND day BETWEEN ? AND ?"
        values: list[SqlValue] = [store, kind, query.first, query.last]
        if query.department is not None:
            where += " AND department = ?"
            values.append(query.department)
        rows = sql.execute(
            f"SELECT day, department, record FROM kpis WHERE {where} ORDER BY day, department LIMIT ?",  # noqa: S608 - only marks
            (*values, limit - len(found)),
        )
        found += [KpiDay(store, day, None if kind == WHOLE else name, text) for day, name, text in rows]
        if len(found) >= limit:
            break
    return found


def let_go_kpis(sql: Sql, before_day: int) -> Iterator[int]:
    """Delete days before one, a store at a time; yield how many rows each had."""
    store = ""
    while row := sql.execute(
        "SELECT store FROM kpis WHERE store > ? ORDER BY store LIMIT 1", (store,)
    ).fetchone():
        (store,) = row
        for kind in (WHOLE, DEPARTMENT):
            yield sql.execute(
                "DELETE FROM kpis WHERE store = ? AND kind = ? AND day < ?", (store, kind, before_day)
            ).rowcount
