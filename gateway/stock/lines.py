"""All lines of stock and their levels, each change written down as a movement; asked and kept here. Pure.

The law: the level of (store, sku, zone) is the sum of the deltas of all movements. It holds by
construction, for deltas are the difference of a line's levels before and after.
"""

from collections.abc import Iterable

from gateway.book_stock.books import BookStock
from gateway.catalogue.articles import Catalogue, TrackedBy
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.stock.effects import Effect
from gateway.stock.line import Line

LineKey = tuple[str, str]


class Lines:
    """Lines by (store, sku). One owner changes them; `drain_*` hand over what changed."""

    def __init__(self, catalogue: Catalogue, roles: dict[str, dict[str, str]]) -> None:
        self.books = BookStock()
        self._catalogue = catalogue
        self._roles = roles
        self._lines: dict[LineKey, Line] = {}
        self._levels: dict[LineKey, dict[str, int]] = {}
        self._changed_ns: dict[LineKey, int] = {}
        self._open: set[LineKey] = set()
        self._movements: list[Movement] = []
        self._points: list[LevelPoint] = []
        self._dirty: set[LineKey] = set()
        self._revisions: dict[LineKey, int] = {}

    # -- answers -----------------------------------------------------------------------------------

    def tracked_by(self, store: str, sku: str) -> TrackedBy:
        """Return how an article is tracked in a store: by count, where its ledger is the stock."""
        if store in self.books.ledger_stores:
            return "count"
        article = self._catalogue.article(sku)
        return article.tracked_by if article else "tag"

    def levels(self, store: str, sku: str) -> dict[str, int]:
        """Return the pieces per zone (zones with none left out)."""
        return self._levels.get((store, sku), {})

    def line(self, store: str, sku: str) -> Line | None:
        """Return a line, to be read alone; None where nothing was ever known of it."""
        return self._lines.get((store, sku))

    def changed_ns(self, store: str, sku: str) -> int | None:
        """Return when a level of the line last changed."""
        return self._changed_ns.get((store, sku))

    def revision(self, store: str, sku: str) -> int:
        """Return a number that rises with each change of a line."""
        return self._revisions.get((store, sku), 0)

    def line_keys(self) -> Iterable[LineKey]:
        """Return all (store, sku) that ever had a piece."""
        return list(self._lines)

    def drain_movements(self) -> list[Movement]:
        """Return the movements since the last drain, in order."""
        movements, self._movements = self._movements, []
        return movements

    @property
    def pending(self) -> list[Movement]:
        """Return the movements that were not drained yet, in order, to be read alone."""
        return self._movements

    def drain_points(self) -> list[LevelPoint]:
        """Return the levels that changed since the last drain."""
        points, self._points = self._points, []
        return points

    # -- persistence -------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[LineKey, str]]:
        """Return (store, sku) and the state of the lines that changed."""
        rows = [(key, self._lines[key].to_json()) for key in self._dirty]
        self._dirty.clear()
        return rows

    def restore_line(self, store: str, sku: str, text: str) -> None:
        """Take up a line's state as it was written."""
        line = self._line(store, sku)
        line.load(text)
        if line.is_open():
            self._open.add((store, sku))

    def restore_tags(self, store: str, sku: str, zone: str, pieces: int) -> None:
        """Take up so many tags where presence believes them."""
        self._line(store, sku).tags[zone] += pieces

    def settle_restored(self, latest: Iterable[LevelPoint], now_ns: int) -> int:
        """Compare restored lines with the stored levels; return how many (store, sku) differed.

        A difference (a zone taken out of the site file) is written down as a movement, never silent.
        """
        stored: dict[LineKey, dict[str, int]] = {}
        for point in latest:
            if point.pieces:
                stored.setdefault((point.store, point.sku), {})[point.zone] = point.pieces
            key = (point.store, point.sku)
            self._changed_ns[key] = max(point.at_ns, self._changed_ns.get(key, 0))
        imbalanced = 0
        for key in stored.keys() | self._lines.keys() | self.books.in_stock():
            if key[0] not in self._roles:
                continue
            line = self._line(*key)
            self.books.settle_restored(line, by_scans=self.tracked_by(*key) == "count")
            self._levels[key] = stored.get(key, {})
            if self._levels[key] != self._lines[key].levels():
                imbalanced += 1
                effect = Effect(
                    MovementKind.ADJUSTED, "restart", now_ns, note="levels and state differed at start"
                )
                self._record(self._lines[key], effect, now_ns)
        return imbalanced

    # -- the one way in ----------------------------------------------------------------------------

    def _line(self, store: str, sku: str) -> Line:
        key = (store, sku)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(store, sku, self._roles[store])
        return line

    def _record(self, line: Line, effect: Effect, now_ns: int, *, with_deltas: bool = True) -> None:
        key = (line.store, line.sku)
        effect = self.books.take(line, effect, sum(self._levels.get(key, {}).values()))
        deltas = self._settle_levels(line, effect.at_ns) if with_deltas else ()
        self._dirty.add(key)
        self._revisions[key] = self._revisions.get(key, 0) + 1
        if line.is_open():
            self._open.add(key)
        self._movements.append(
            Movement(
                kind=effect.kind,
                cause=effect.cause,
                store=line.store,
                sku=line.sku,
                at_ns=effect.at_ns,
                recorded_ns=now_ns,
                pieces=effect.pieces,
                epc=effect.epc,
                from_zone=effect.from_zone,
                to_zone=effect.to_zone,
                deltas=deltas,
                ref=effect.ref,
                note=effect.note,
            )
        )

    def _settle_levels(self, line: Line, at_ns: int) -> tuple[ZoneDelta, ...]:
        key = (line.store, line.sku)
        before = self._levels.get(key, {})
        after = line.levels()
        if before == after:
            return ()
        self._levels[key] = after
        at_ns = max(at_ns, self._changed_ns.get(key, 0))
        self._changed_ns[key] = at_ns
        deltas = []
        for zone in sorted(before.keys() | after.keys()):
            delta = after.get(zone, 0) - before.get(zone, 0)
            if delta:
                deltas.append(ZoneDelta(zone, delta))
                self._points.append(LevelPoint(line.store, line.sku, zone, at_ns, after.get(zone, 0)))
        return tuple(deltas)
