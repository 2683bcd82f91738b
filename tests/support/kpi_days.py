"""Key figures over stored days that lie in memory, behind the real answers. Pure but for the loop's threads."""

from zoneinfo import ZoneInfo

from gateway.kpis.days import Calendar
from gateway.kpis.kpis import Kpis
from gateway.kpis.model import KpiDay, KpiQuery
from gateway.kpis.reports import KpiReports


class PlainKpiTable:
    """Stored days in a list; answers as the table on disk does."""

    def __init__(self) -> None:
        self.days: list[KpiDay] = []

    def kpi_days(self, query: KpiQuery, limit: int) -> list[KpiDay]:
        whole = query.by != "department" and query.department is None
        found = [
            day
            for day in self.days
            if day.store in query.stores
            and query.first <= day.day <= query.last
            and (day.department is None) == whole
            and query.department in (None, day.department)
        ]
        return sorted(found, key=lambda d: (query.stores.index(d.store), d.day, d.department or ""))[:limit]


class PlainKpis(KpiReports):
    """Implements KpisPort for some stores; `kpis` and `table` are what it answers from."""

    def __init__(self, now_ns: int, stores: tuple[str, ...] = ("lyon-1", "paris-2")) -> None:
        self.kpis = Kpis({store: Calendar(ZoneInfo("Europe/Paris")) for store in stores}, lambda _: "denim")
        self.table = PlainKpiTable()
        super().__init__(self.kpis, self.table, lambda: now_ns)
