"""The counts of all stores, what each line of them came to, and how right the numbers were by the day. Pure.

For key figures: `days(store, since, until)` returns the tally of each (day, department); `sessions(query)` and
`lines(id)` return the counts themselves, as long as they are kept.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gateway.counting.line import LineFigures, line_of
from gateway.counting.model import Count, CountQuery, count_json, count_of
from gateway.movements import Movement, MovementKind

MAX_LIVE = 16
"""Counts of one store that are open or wait for approval: one per zone of a large shop."""
MAX_CLOSED, CLOSED_KEPT_NS = 100, 90 * 86_400 * 1_000_000_000
"""Counts of one store that are kept when they are over, and how long: a quarter, for an auditor's questions."""
MAX_LINES = 20_000
"""Lines of one count: the articles of a large shop, each in a zone or two."""
MAX_LINES_KEPT = 2_000
"""Lines kept of a count that is over, those that were off: the right ones are in its totals."""
MAX_TALLY_DAYS = 800
"""Days of which the tally is kept, for two seasons to be compared; a few rows a day."""
OUT_UNNAMED = frozenset({MovementKind.SOLD, MovementKind.TRANSFERRED})
KNOWN_CAUSES = frozenset({"pairing", "restart", "ledger"})


@dataclass(slots=True)
class DayTally:
    """What counts of one day proved of one department, in lines and pieces.

    `right`: lines of which the level answered just before the count was exactly what was found; `off`: pieces
    that the others were off by, either way; `unknown`: lines of which nothing was promised, in no other figure.
    """

    lines: int = 0
    right: int = 0
    answered: int = 0
    counted: int = 0
    off: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Session:
    """A count with its lines while it is kept. `entries`: a hash of each by its id, while it is open.

    `taken`, by row of the presence: tags that were taken in since the start, to be passed over at the next look.
    """

    count: Count
    department_of: Callable[[str], str | None]
    lines: dict[tuple[str, str], LineFigures] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    dirty: set[tuple[str, str]] = field(default_factory=set)
    new_entries: list[str] = field(default_factory=list)
    tags: int = 0
    taken: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    looked_ns: int = 0
    since_ns: int = 0
    is_dirty: bool = True

    def note(self, line: LineFigures) -> None:
        """Have a line written with the next commit."""
        self.dirty.add((line.sku, line.zone))

    def line_of_move(self, sku: str, zone: str) -> LineFigures | None:
        """Return the line that a movement is of; one of an article of which there was none at the start is new."""
        line = self.lines.get((sku, zone))
        count = self.count
        if line is None and zone in count.zones and self.has(sku) and len(self.lines) < MAX_LINES:
            line = LineFigures(sku, zone, 0, count.started_ns, (0, None, None, False))
            self.lines[sku, zone] = line
        return line

    def has(self, sku: str) -> bool:
        """Return whether an article is to be counted."""
        count = self.count
        if count.skus:
            return sku in count.skus
        return count.department is None or self.department_of(sku) == count.department

    def change(self, **changes: object) -> Count:
        """Change the count; its version grows."""
        self.count = replace(self.count, version=self.count.version + 1, **changes)  # type: ignore[arg-type]  # by name
        self.is_dirty = True
        return self.count


class CountBook:
    """All counts. One owner calls it; `dirty_rows` hands over what changed."""

    def __init__(self, department_of: Callable[[str], str | None]) -> None:
        self.department_of = department_of
        self._sessions: dict[str, Session] = {}
        self._live: dict[str, dict[str, Session]] = {}
        self._tallies: dict[tuple[str, str, str], DayTally] = {}
        self._gone: list[str] = []
        self._dirty_tallies: set[tuple[str, str, str]] = set()
        self._taken = 0
        self.to_judge: set[str] = set()
        """Stores of which what waits for approval may have changed."""

    # -- what is asked --------------------------------------------------------------------------------

    def get(self, count_id: str) -> Session | None:
        """Return a count, to be changed by the desk alone."""
        return self._sessions.get(count_id)

    def live(self, store: str) -> list[Session]:
        """Return the counts of a store that are not over, oldest first."""
        return list(self._live.get(store, {}).values())

    def stores_live(self) -> list[str]:
        """Return the stores that have counts that are not over."""
        return [store for store, live in self._live.items() if live]

    def sessions(self, query: CountQuery) -> list[Count]:
        """Return the counts of a store, newest first."""
        found = [s.count for s in self._sessions.values() if s.count.store == query.store]
        if query.states:
            found = [count for count in found if count.state in query.states]
        if query.before is not None:
            found = [count for count in found if (count.started_ns, count.id) < query.before]
        return sorted(found, key=lambda c: (c.started_ns, c.id), reverse=True)[: query.limit]

    def days(self, store: str, since: str = "", until: str = "9999") -> Iterator[tuple[str, str, DayTally]]:
        """Yield (day, department, tally) of a store by local days such as 2026-11-21, `until` left out, in order."""
        for (place, day, department), tally in sorted(self._tallies.items(), key=lambda item: item[0]):
            if place == store and since <= day < until:
                yield day, department, tally

    # -- what happens ---------------------------------------------------------------------------------

    def put(self, session: Session) -> None:
        """Take a new count up."""
        count = session.count
        self._sessions[count.id] = session
        self._live.setdefault(count.store, {})[count.id] = session
        self.to_judge.add(count.store)

    def closed(self, session: Session, now_ns: int) -> None:
        """Take note that a count is over: its right lines and its entries go, and old counts with them."""
        self._live[session.count.store].pop(session.count.id, None)
        self.to_judge.add(session.count.store)
        session.dirty |= session.lines.keys()
        off = [key for key, line in session.lines.items() if line.compared is not None and line.compared.off]
        session.lines = {key: session.lines[key] for key in sorted(off)[:MAX_LINES_KEPT]}
        for line in session.lines.values():
            line.seen.clear()
        self._gone += [f"e/{session.count.id}/{entry}" for entry in session.entries]
        session.entries, session.new_entries = {}, []
        self._forget(session.count.store, now_ns)

    def tally(self, store: str, day: str, department: str) -> DayTally:
        """Return the tally of a day, to be added to."""
        key = (store, day, department)
        self._dirty_tallies.add(key)
        tally = self._tallies.setdefault(key, DayTally())
        days = sorted({d for place, d, _ in self._tallies if place == store})
        for old in days[:-MAX_TALLY_DAYS]:
            for gone in [k for k in self._tallies if k[0] == store and k[1] == old]:
                del self._tallies[gone]
                self._dirty_tallies.add(gone)
        return tally

    def catch_up(self, pending: Sequence[Movement]) -> None:
        """Take in what changed levels since the last call. `pending`: all that was not drained yet, in order."""
        fresh = pending[self._taken :]
        self._taken = len(pending)
        for movement in fresh if any(self._live.values()) else ():
            for session in self._live.get(movement.store, {}).values():
                _moved(session, movement)

    def drained(self) -> None:
        """Take note that all movements were taken in and handed on."""
        self._taken = 0

    def _forget(self, store: str, now_ns: int) -> None:
        closed = [s for s in self._sessions.values() if s.count.store == store and not s.count.is_live]
        closed.sort(key=lambda s: s.count.closed_ns or 0)
        for number, session in enumerate(closed):
            if number < len(closed) - MAX_CLOSED or (session.count.closed_ns or 0) < now_ns - CLOSED_KEPT_NS:
                name = session.count.id
                self._gone += [f"l/{name}/{sku}/{zone}" for sku, zone in session.lines.keys() | session.dirty]
                self._gone.append(f"s/{name}")
                del self._sessions[name]

    # -- persistence ----------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (key, JSON; None: gone) of what changed since the last call."""
        rows: list[tuple[str, str | None]] = []
        for name, session in self._sessions.items():
            if session.is_dirty:
                session.is_dirty = False
                rows.append((f"s/{name}", json.dumps(count_json(session.count), separators=(",", ":"))))
            for sku, zone in session.dirty:
                line = session.lines.get((sku, zone))
                rows.append((f"l/{name}/{sku}/{zone}", None if line is None else line.to_json()))
            session.dirty = set()
            rows += [(f"e/{name}/{entry}", session.entries[entry]) for entry in session.new_entries]
            session.new_entries = []
        for key in self._dirty_tallies:
            tally = self._tallies.get(key)
            text = None if tally is None else json.dumps(asdict(tally), separators=(",", ":"))
            rows.append(("t/" + "/".join(key), text))
        rows += [(key, None) for key in self._gone]
        self._gone, self._dirty_tallies = [], set()
        return rows

    def restore(self, rows: Iterable[tuple[str, str]], stores: Iterable[str]) -> None:
        """Take up what `dirty_rows` wrote of `stores`; a store that the site no longer has is forgotten."""
        here = set(stores)
        kept = sorted(rows, key=lambda row: "stle".index(row[0][0]))  # a session before its lines
        for key, text in kept:
            part, _, rest = key.partition("/")
            if part == "t":
                store, day, department = rest.split("/", 2)
                self._tallies[store, day, department] = DayTally(**json.loads(text))
                continue
            name, _, rest = rest.partition("/")
            if part == "s":
                count = count_of(json.loads(text))
                if count.store in here:
                    session = self._sessions[name] = Session(count, self.department_of, is_dirty=False)
                    if count.is_live:
                        self._live.setdefault(count.store, {})[name] = session
            elif (found := self._sessions.get(name)) is None:
                self._gone.append(key)
            elif part == "l":
                sku, zone = rest.split("/", 1)
                found.lines[sku, zone] = line_of(sku, zone, text)
                found.tags += len(found.lines[sku, zone].seen)
                found.since_ns = max(found.since_ns, found.lines[sku, zone].since_ns)
            else:
                found.entries[rest] = text
        self.to_judge |= here


def _moved(session: Session, movement: Movement) -> None:
    """Take one movement into the lines of a count."""
    known, faded = is_known(movement), _is_faded(movement)
    unnamed = movement.epc is None and movement.kind in OUT_UNNAMED
    if movement.kind in OUT_UNNAMED and movement.epc is not None:
        _sold(session, movement)
    for delta in movement.deltas:
        line = session.line_of_move(movement.sku, delta.zone)
        if line is None:
            continue
        session.note(line)
        line.moved(delta.pieces, known=known, faded=faded)
        if delta.pieces < 0 and unnamed:
            line.sold_unnamed -= delta.pieces
        if movement.epc is not None and delta.pieces < 0:
            line.left(movement.epc)
        elif movement.epc is not None:
            line.came[movement.epc] = None
    if not movement.deltas and movement.epc is not None and movement.kind is MovementKind.DEPARTED:
        line = session.lines.get((movement.sku, movement.from_zone or ""))
        if line is not None and not line.told and line.left(movement.epc):  # the tag of a sale by article
            line.sold_unnamed = max(0, line.sold_unnamed - 1)
            session.note(line)


def _sold(session: Session, movement: Movement) -> None:
    """A tag was sold, or sent away, that a submitted count had found where nobody believed it: it is gone again."""
    for zone in session.count.zones:
        line = session.lines.get((movement.sku, zone))
        if line is None or line.compared is None or movement.epc not in line.compared.extra:
            continue
        extra = tuple(epc for epc in line.compared.extra if epc != movement.epc)
        off = line.compared.off - (0 if movement.deltas else 1)
        line.compared = replace(line.compared, extra=extra, off=off)
        session.note(line)


def is_known(movement: Movement) -> bool:
    """Return whether a movement corrected what was known, and moved nothing."""
    if movement.kind is MovementKind.COUNTED:
        return True
    if movement.kind is not MovementKind.ADJUSTED:
        return movement.cause == "count"
    reason = movement.note.partition(";")[0]
    return movement.cause in KNOWN_CAUSES or (
        movement.cause == "adjustment" and reason in {"lost", "found", "correction"}
    )


def _is_faded(movement: Movement) -> bool:
    """Return whether readers lost a tag, or found one again: the belief changed, nothing may have moved."""
    return movement.cause == "silence" or movement.note == "was only unseen"
