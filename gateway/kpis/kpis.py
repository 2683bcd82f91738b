"""The key figures of all stores of a site: what happens goes to the store that it happens in. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from gateway.calibration import Answered
from gateway.kpis.days import Calendar
from gateway.kpis.model import KpiDay, Rates, Sighting
from gateway.kpis.store import StoreKpis
from gateway.reservations.model import Reservation

NS_PER_S = 1_000_000_000


class Kpis:
    """One owner calls it. `department(sku)`: "" where it has none.

    Its rows: `store/day`, `store/events/DEPARTMENT`, `store/behind/SKU`.
    """

    def __init__(
        self, calendars: Mapping[str, Calendar], department: Callable[[str], str], rates: Rates | None = None
    ) -> None:
        self.stores = {store: StoreKpis(store, calendar, rates) for store, calendar in calendars.items()}
        self._department = department

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Let time pass, before anything of this time is told; in steps, between which others may ask."""
        for store in self.stores.values():
            yield from store.advancing(now_ns)

    def enter(self, seen: Sighting, now_ns: int) -> None:
        """Take up an article of an earlier life; nothing is known of it yet."""
        self.stores[seen.store].enter(seen, now_ns)

    def judge(self, seen: Sighting, now_ns: int) -> None:
        """Take in what is known of an article from now on."""
        self.stores[seen.store].judge(seen, now_ns)

    def reservation(self, before: Reservation | None, after: Reservation) -> None:
        """Take in a change of a reservation; `before` None: it is new."""
        store = self.stores[after.store]
        departments = frozenset(self._department(line.sku) for line in after.lines)
        if before is None:
            store.happened("made", departments)
        if before is not None and before.state == after.state:
            pass
        elif after.state in {"collected", "released", "expired", "short"}:
            store.happened(after.state, departments)
        elif after.state == "ready" and after.ready_ns is not None:
            since_ns = after.created_ns if after.confirmed_ns is None else after.confirmed_ns
            store.took("ready", (after.ready_ns - since_ns) / NS_PER_S, departments)
        had = before is not None and bool(before.risks)
        if after.is_open and had != bool(after.risks):
            store.happened("resecured" if had else "at_risk", departments)

    def counted(self, store: str, sku: str, answered: Answered, pieces: int) -> None:
        """Take in that a person counted an article where `answered` was the answer just before."""
        departments = frozenset({self._department(sku)})
        kpis = self.stores[store]
        if answered.is_unknown:
            kpis.happened("counted_unknown", departments)
            return
        kpis.happened("counted", departments)
        if answered.pieces == pieces:
            kpis.happened("counted_exact", departments)
        kpis.happened("counted_pieces", departments, pieces)
        kpis.happened("counted_error", departments, abs(answered.pieces - pieces))

    def read_sold(self, store: str, reads: int) -> None:
        """Count reads of pieces that were sold: that there were so many is all that is kept of them."""
        self.stores[store].read_sold(reads)

    # -- persistence ----------------------------------------------------------------------------------

    def drain_days(self) -> list[KpiDay]:
        """Return the days that ended since the last call."""
        return [day for store in self.stores.values() for day in store.drain_days()]

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (key, text) of what is to be written down; None: let go."""
        for name, store in self.stores.items():
            for key, text in store.dirty_rows():
                yield f"{name}/{key}", text

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up an earlier life, before `enter`; rows of stores that the site no longer has are let be."""
        of_store: dict[str, dict[str, str]] = {}
        for key, text in rows:
            store, _, rest = key.partition("/")
            of_store.setdefault(store, {})[rest] = text
        for store, own in of_store.items():
            if store in self.stores:
                self.stores[store].restore(own)
