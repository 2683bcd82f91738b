"""All deliveries of a gateway, and which of them a piece that came belongs to. Pure.

    a piece came ─▶ a delivery that names its tag ─▶ else the one due first with pieces of no named tag
                 ─▶ else the one due first ─▶ else it was not announced

Rows: "<id>" holds a delivery as it was announced or last changed by a person, "<id>/<line>" how much of a
line has come since: a delivery of a thousand articles is not written anew with each piece.
"""

import json
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from gateway.deliveries.model import (
    Delivery,
    DeliveryQuery,
    ExpectedLine,
    delivery_json,
    delivery_of,
    line_fields,
)

MAX_OPEN = 2_000
"""Deliveries open at once: a chain's week for twenty shops. With 50 kB each they fit 100 MB."""
MAX_CLOSED = 2_000
"""Closed ones that can be looked at; older ones are let go."""
CLOSED_KEPT_NS = 90 * 86_400 * 1_000_000_000

LineKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Landing:
    """A piece that is new in a store. `zone_role`: of the zone where it came; `scanned`: a person scanned it in.

    `left`: another store of the gateway that its tag was last in; None: the tag is new, or it has none.
    """

    store: str
    sku: str
    epc: str | None
    zone_role: str
    scanned: bool
    left: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedPieces:
    """Pieces of one article in one open delivery."""

    delivery: str
    reference: str | None
    due_ns: int
    pieces: int


class DeliveryBook:
    """Deliveries of all stores. `lapse_ns`: pieces so much later than they were due are not counted as incoming."""

    def __init__(self, lapse_ns: int) -> None:
        self._lapse_ns = lapse_ns
        self._all: dict[str, Delivery] = {}
        self._open: dict[LineKey, list[tuple[int, str, int]]] = {}
        """(due_ns, id, line) of the deliveries with pieces to come of an article, those due first before others."""
        self._closed: dict[str, None] = {}
        self._open_ids: dict[str, None] = {}
        self._lapses: list[tuple[int, str]] = []
        self._dirty: dict[str, str | None] = {}
        self.revision = 0
        """Grows with each change: what is computed of deliveries holds as long as it stands."""
        self.touched: set[LineKey] = set()
        """(store, sku) of which other pieces are incoming now; whoever tells of it empties it."""

    # -- looking --------------------------------------------------------------------------------------

    def get(self, delivery_id: str) -> Delivery | None:
        """Return a delivery, open or closed lately."""
        return self._all.get(delivery_id)

    @property
    def is_full(self) -> bool:
        """Return whether no further delivery can be expected."""
        return len(self._open_ids) >= MAX_OPEN

    def open_ones(self) -> Iterator[Delivery]:
        """Yield the deliveries of which pieces may still come."""
        return (self._all[delivery_id] for delivery_id in self._open_ids)

    def find(self, query: DeliveryQuery) -> list[Delivery]:
        """Return the deliveries that a query asks for, those due first before others."""
        after = query.after or (-1, "")
        found = [
            delivery
            for delivery in self._all.values()
            if delivery.store in query.stores
            and (not query.states or delivery.state in query.states)
            and (query.due_before_ns is None or delivery.due_ns < query.due_before_ns)
            and (delivery.due_ns, delivery.id) > after
        ]
        found.sort(key=lambda delivery: (delivery.due_ns, delivery.id))
        return found[: query.limit]

    def pieces(self, store: str, sku: str, now_ns: int) -> list[ExpectedPieces]:
        """Return the pieces that are to come of an article, those due first before others; lapsed ones left out."""
        found = []
        for due_ns, delivery_id, number in self._open.get((store, sku), ()):
            if now_ns <= due_ns + self._lapse_ns:
                delivery = self._all[delivery_id]
                missing = delivery.lines[number].missing
                found.append(ExpectedPieces(delivery_id, delivery.reference, due_ns, missing))
        return found

    def expected(self, store: str, sku: str) -> list[tuple[int, int]]:
        """Return (when, in ns; pieces) of what is to come of an article, in order of time."""
        return [
            (due_ns, self._all[delivery_id].lines[number].missing)
            for due_ns, delivery_id, number in self._open.get((store, sku), ())
        ]

    def next_change_ns(self, store: str, sku: str, now_ns: int) -> int | None:
        """Return when the next delivery of an article will be late, or too late to count; None: none is open."""
        nearest: int | None = None
        for due_ns, _, _ in self._open.get((store, sku), ()):
            end_ns = due_ns if due_ns >= now_ns else due_ns + self._lapse_ns
            if end_ns >= now_ns and (nearest is None or end_ns < nearest):
                nearest = end_ns
        return None if nearest is None else nearest + 1

    # -- changes --------------------------------------------------------------------------------------

    def put(self, delivery: Delivery) -> None:
        """Take up a delivery, or what a person changed of it."""
        before = self._all.get(delivery.id)
        if before is not None:
            self._take_out(before)
            for number in range(len(before.lines)):
                self._dirty[f"{delivery.id}/{number}"] = None
        self._add(delivery)
        self._dirty[delivery.id] = delivery_json(delivery)
        self._tell(delivery)

    def came(self, landing: Landing, now_ns: int) -> bool:
        """Take in a piece that is new in a store; return whether it was expected, and is counted as come."""
        keys = self._open.get((landing.store, landing.sku))
        if not keys:
            return False
        lines = [(d := self._all[key], d.lines[number]) for _, key, number in keys]
        wanted = next((d for d, line in lines if line.names(landing.epc)), None)
        if wanted is None and (landing.scanned or landing.zone_role in {"receiving", "back_room"}):
            fitting = [pair for pair in lines if landing.left is None or pair[0].source == landing.left]
            unnamed = (d for d, line in fitting if line.unnamed)
            wanted = next(unnamed, fitting[0][0] if fitting else None)
        if wanted is None:
            return False
        self.count(wanted, landing.sku, landing.epc, now_ns)
        return True

    def count(self, delivery: Delivery, sku: str, epc: str | None, now_ns: int) -> Delivery:
        """Count one piece of an article as come; return the delivery after it."""
        number = delivery.line_of(sku)
        if number is None or not delivery.lines[number].missing:
            raise ValueError(f"delivery {delivery.id} expects no {sku}")
        return self._replace_line(delivery, number, delivery.lines[number].one_more(epc), now_ns)

    def identified(self, store: str, sku: str, epc: str, now_ns: int) -> None:
        """Take note of the tag of a piece that was counted already, by a scan of its article."""
        for _, key, number in self._open.get((store, sku), ()):
            delivery = self._all[key]
            line = delivery.lines[number]
            if line.names(epc) and line.arrived > len(line.seen):
                self._replace_line(delivery, number, line.known(epc), now_ns)
                return

    def _replace_line(self, before: Delivery, number: int, line: ExpectedLine, now_ns: int) -> Delivery:
        after = before.with_line(number, line, now_ns)
        self._all[before.id] = after
        *_, arrived, seen = line_fields(line)
        row = [arrived, seen, after.version, after.changed_ns, after.closed_ns]
        self._dirty[f"{before.id}/{number}"] = json.dumps(row, separators=(",", ":"))
        if not line.missing:
            self._close_line(after, number)
        if not after.is_open:
            self._end(after.id)
        self._tell(after, line.sku)
        return after

    def advance(self, now_ns: int) -> None:
        """Let go of what is closed for long, and tell of articles whose deliveries are too late to count now."""
        while self._lapses and self._lapses[0][0] < now_ns:
            _, delivery_id = heappop(self._lapses)
            if delivery_id in self._open_ids:
                self._tell(self._all[delivery_id])
        while self._closed:
            oldest = next(iter(self._closed))
            closed_ns = self._all[oldest].closed_ns or 0
            if len(self._closed) <= MAX_CLOSED and closed_ns > now_ns - CLOSED_KEPT_NS:
                break
            self._forget(oldest)

    # -- persistence ----------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (key, text; None: no more) of what changed."""
        rows, self._dirty = list(self._dirty.items()), {}
        return rows

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` told."""
        came: dict[str, list[tuple[int, str]]] = {}
        found: dict[str, Delivery] = {}
        for key, text in rows:
            delivery_id, _, number = key.partition("/")
            if number:
                came.setdefault(delivery_id, []).append((int(number), text))
            else:
                found[key] = delivery_of(text)
        for delivery in found.values():
            for line, text in came.get(delivery.id, ()):
                delivery = _with_row(delivery, line, text)
            self._all[delivery.id] = delivery
        in_order = sorted(self._all.values(), key=lambda d: (d.closed_ns or 0, d.id))
        self._all = {}
        for delivery in in_order:
            self._add(delivery)

    # -- the index ------------------------------------------------------------------------------------

    def _add(self, delivery: Delivery) -> None:
        self._all[delivery.id] = delivery
        if not delivery.is_open:
            self._closed[delivery.id] = None
            return
        self._open_ids[delivery.id] = None
        heappush(self._lapses, (delivery.due_ns + self._lapse_ns, delivery.id))
        for number, line in enumerate(delivery.lines):
            if line.missing:
                places = self._open.setdefault((delivery.store, line.sku), [])
                insort(places, (delivery.due_ns, delivery.id, number))

    def _take_out(self, delivery: Delivery) -> None:
        self._closed.pop(delivery.id, None)
        if delivery.is_open:
            del self._open_ids[delivery.id]
            for number, line in enumerate(delivery.lines):
                if line.missing:
                    self._close_line(delivery, number)
            self._tell(delivery)

    def _close_line(self, delivery: Delivery, number: int) -> None:
        key = delivery.store, delivery.lines[number].sku
        self._open[key].remove((delivery.due_ns, delivery.id, number))
        if not self._open[key]:
            del self._open[key]

    def _end(self, delivery_id: str) -> None:
        del self._open_ids[delivery_id]
        self._closed[delivery_id] = None

    def _forget(self, delivery_id: str) -> None:
        delivery = self._all.pop(delivery_id)
        del self._closed[delivery_id]
        self._dirty[delivery_id] = None
        self._dirty.update({f"{delivery_id}/{number}": None for number in range(len(delivery.lines))})

    def _tell(self, delivery: Delivery, sku: str | None = None) -> None:
        self.revision += 1
        skus = [line.sku for line in delivery.lines] if sku is None else [sku]
        self.touched.update((delivery.store, one) for one in skus)


def _with_row(delivery: Delivery, number: int, text: str) -> Delivery:
    """Return a delivery with what has come of one line."""
    arrived, seen, version, changed_ns, closed_ns = json.loads(text)
    line = delivery.lines[number]
    line = replace(line, arrived=arrived, seen=frozenset(line.epcs[place] for place in seen))
    return replace(
        delivery,
        lines=(*delivery.lines[:number], line, *delivery.lines[number + 1 :]),
        version=max(version, delivery.version),
        changed_ns=max(changed_ns, delivery.changed_ns),
        closed_ns=delivery.closed_ns or closed_ns,
    )
