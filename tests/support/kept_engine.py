"""An engine with everything that it hands over kept in memory, as a store on disk would keep it. Pure.

`live` is one pass; `restart` gives all that was kept to a new engine, as after a crash between passes;
`check_laws` holds the sum of what was handed over against what the engine believes.
"""

from collections import Counter
from collections.abc import Callable

from gateway.alerts.records import AlertRecord, AlertState
from gateway.engine import Changes, Engine
from gateway.movements import LevelPoint, Movement
from gateway.reservations.model import Reservation
from gateway.storage.ports import Snapshot, StateRow


class KeptEngine:
    """One engine after another over the same kept rows. `make` gives a new one that knows nothing."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self.engine = make()
        self.rows: dict[tuple[str, str], StateRow] = {}
        self.snapshots: dict[tuple[str, str], Snapshot] = {}
        self.latest: dict[tuple[str, str, str], LevelPoint] = {}
        self.alerts: dict[str, AlertRecord] = {}
        self.movements: list[Movement] = []
        self.reservations: dict[str, Reservation] = {}
        self.restarts = 0

    def live(self, now_ns: int) -> Changes:
        """Let one pass take effect, and keep what it changed."""
        self.engine.advance(now_ns)
        changes = self.engine.drain()
        for row in changes.state:
            if row.value is None:
                self.rows.pop((row.part, row.key), None)
            else:
                self.rows[row.part, row.key] = row
        for snapshot in changes.snapshots:
            self.snapshots[snapshot.part, snapshot.prefix] = snapshot
            for part, key in [
                k for k in self.rows if k[0] == snapshot.part and k[1].startswith(snapshot.prefix)
            ]:
                del self.rows[part, key]
        for point in changes.points:
            self.latest[point.store, point.sku, point.zone] = point
        self.reservations |= {r.id: r for r in changes.reservations}
        self.alerts |= {alert.id: alert for alert in changes.alerts}
        self.movements += changes.movements
        return changes

    def restart(self, now_ns: int) -> None:
        """Lose all that was not kept."""
        self.engine = self._make()
        kept = list(self.rows.values()), list(self.latest.values()), now_ns, list(self.snapshots.values())
        self.engine.restore(*kept)
        self.engine.restore_reservations([r for r in self.reservations.values() if r.is_open])
        self.restarts += 1

    def firing(self) -> list[AlertRecord]:
        """Return the alerts that fire, as a reader of the store sees them."""
        return [alert for alert in self.alerts.values() if alert.state is AlertState.FIRING]

    def check_laws(self) -> None:
        """Stages account for all that came in; levels are the sums of movements, and never negative."""
        state = self.engine.state
        assert state.counts.is_conserved(), state.counts
        assert state.presence.counts.is_conserved(), state.presence.counts
        assert self.engine.imbalanced == 0
        sums: Counter[tuple[str, str, str]] = Counter()
        for movement in self.movements:
            for delta in movement.deltas:
                sums[movement.store, movement.sku, delta.zone] += delta.pieces
        kept = {key: point.pieces for key, point in self.latest.items() if point.pieces}
        believed = {
            (store, sku, zone): pieces
            for store, sku in state.ledger.line_keys()
            for zone, pieces in state.ledger.levels(store, sku).items()
        }
        assert {key: pieces for key, pieces in sums.items() if pieces} == kept == believed
        assert all(pieces > 0 for pieces in believed.values())
