"""A store held against what was acknowledged: what is lost, what is doubled, which law of stock is broken.

Looks at one store over many lives: each look reads what the journal has gained since the last one, and the
final one reads all of it again. It knows the product's records, and none of its rules.
"""

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from gateway.movements import JournalEntry, Movement, MovementKind
from gateway.reservations.model import ReservationQuery
from gateway.storage.sqlite import SqliteStore
from tests.support.scripted_devices import COUNTED
from tests.support.web_shop import Hold

STORE = "lyon-1"
PAGE = 1_000
NEVER = {MovementKind.DEPARTED, MovementKind.ADJUSTED}
"""What a crash may not bring about: nothing leaves the shop of these tests, and levels are never put right."""


@dataclass(slots=True)
class Findings:
    """What is wrong. `lost` and `doubled` bear the names of events, scans and tags."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.broken)

    def __str__(self) -> str:
        return f"lost {self.lost[:20]}, doubled {self.doubled[:20]}, broken {self.broken[:20]}"


class Audit:
    """What was seen of one store's journal until now."""

    def __init__(self) -> None:
        self.found = Findings()
        self.seq = 0
        self._journal_id = ""
        self._sums: Counter[tuple[str, str]] = Counter()
        self._refs: Counter[str] = Counter()
        self._arrivals: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def look(self, store: SqliteStore, acknowledged: Collection[str]) -> None:
        """Read what is new in the journal; the events `acknowledged` must be in it, each once."""
        self._journal_id = self._journal_id or store.journal_id
        if store.journal_id != self._journal_id:
            self.found.broken.append(f"journal {self._journal_id} became {store.journal_id}")
        if store.last_seq(STORE) < self.seq:
            self.found.broken.append(f"the journal ends at {store.last_seq(STORE)}, after {self.seq}")
        while page := store.entries_after(STORE, self.seq, PAGE):
            for entry in page:
                self._take(entry)
        self._check_levels(store)
        self.found.lost += [event_id for event_id in acknowledged if not self._refs[event_id]]
        forgotten = [event_id for event_id in acknowledged if not _is_known(store, event_id)]
        self.found.broken += [f"{event_id} would be applied again" for event_id in forgotten]

    def look_at_holds(self, store: SqliteStore, holds: Collection[Hold], asking: Hold | None) -> None:
        """See that each hold that was granted is there as it was acknowledged, or as it was being asked to be."""
        for hold in holds:
            kept = store.reservation(hold.id)
            if kept is None:
                self.found.lost.append(f"reservation {hold.key}")
            elif kept.state not in {hold.state, hold.wanted if hold is asking else hold.state, "expired"}:
                self.found.broken.append(
                    f"reservation {hold.key} is {kept.state}, acknowledged as {hold.state}"
                )

    def look_at_all_holds(self, store: SqliteStore, holds: Collection[Hold]) -> None:
        """See that there is no reservation but those that were granted, each once."""
        self.look_at_holds(store, holds, None)
        known = {hold.id for hold in holds}
        owners: Counter[str | None] = Counter()
        query = ReservationQuery(limit=PAGE)
        while page := store.reservations(query, 0):
            owners.update(reservation.owner_ref for reservation in page)
            self.found.broken += [f"nobody was granted {r.owner_ref}" for r in page if r.id not in known]
            query = replace(query, before=(page[-1].created_ns, page[-1].id))
        self.found.doubled += [f"reservation {owner}" for owner, count in owners.items() if count > 1]

    def look_at_all(
        self, store: SqliteStore, events: Collection[str], scans: Collection[str], tags: Collection[str]
    ) -> None:
        """Read the whole journal again: it is what was read bit by bit, and has all that was ever said, once."""
        self.look(store, events)
        again, seq = hashlib.sha256(), 0
        while page := store.entries_after(STORE, seq, PAGE):
            for entry in page:
                again.update(repr(entry).encode())
            seq = page[-1].seq
        if again.digest() != self._digest.digest():
            self.found.broken.append("the past of the journal has changed")
        self.found.lost += [name for name in scans if not self._refs[name]]
        self.found.lost += [epc for epc in tags if not self._arrivals[epc]]
        known = {*events, *scans}
        self.found.broken += [f"nobody said {ref}" for ref in self._refs if ref not in known]

    def _take(self, entry: JournalEntry) -> None:
        if entry.seq != self.seq + 1:
            self.found.broken.append(f"sequence {entry.seq} follows {self.seq}")
        self.seq = entry.seq
        self._digest.update(repr(entry).encode())
        movement = entry.movement
        for delta in movement.deltas:
            self._sums[movement.sku, delta.zone] += delta.pieces
        if movement.kind in NEVER:
            self.found.broken.append(f"{movement.kind}: {movement}")
        name, seen = self._named(movement)
        if name is not None:
            seen[name] += 1
            if seen[name] == 2:
                self.found.doubled.append(name)

    def _named(self, movement: Movement) -> tuple[str | None, Counter[str]]:
        """Return what may come only once, and the count that it belongs to."""
        if movement.epc is not None:
            return movement.epc if movement.kind is MovementKind.ARRIVED else None, self._arrivals
        return movement.ref if movement.sku == COUNTED else None, self._refs

    def _check_levels(self, store: SqliteStore) -> None:
        latest = {(p.sku, p.zone): p.pieces for p in store.latest_levels() if p.store == STORE and p.pieces}
        sums = {key: pieces for key, pieces in self._sums.items() if pieces}
        if sums != latest:
            self.found.broken.append(f"levels {latest} are not the sums of the journal {sums}")
        if any(pieces < 0 for pieces in latest.values()):
            self.found.broken.append(f"levels below 0: {latest}")


def _is_known(store: SqliteStore, event_id: str) -> bool:
    """Return whether the store would know a repeat of this event, by whichever key it came."""
    return any(store.applied_event(key.id, event_id) for key in store.keys())  # noqa: SIM118 - a store is no mapping
