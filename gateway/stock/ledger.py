"""The ledger: what readers saw, people and tills said and time settled, taken into lines of stock. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gateway.book_stock.account import Figure, Verdict
from gateway.book_stock.books import BY_CATALOGUE, BY_LEDGER, home_zone, settle
from gateway.catalogue.articles import Catalogue
from gateway.movements import MovementKind
from gateway.stock import correction, counted, tagged, weighed
from gateway.stock.announced import Announcements, NothingAnnounced
from gateway.stock.correction import Correction
from gateway.stock.effects import Effect, StockRule
from gateway.stock.handover import give
from gateway.stock.line import Announced, Line
from gateway.stock.lines import LineKey, Lines

EXPIRE_EVERY_NS = 60 * 1_000_000_000
"""Pairings are settled by the minute; their windows are hours."""


class Ledger(Lines):
    """Stock of all stores. One owner calls it; `drain_*` hand over what changed.

    `books`: what the ERP's ledger says; the stock of its ledger stores.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        roles: dict[str, dict[str, str]],
        rule: StockRule,
        announcements: Announcements | None = None,
    ) -> None:
        super().__init__(catalogue, roles)
        self._announcements: Announcements = announcements or NothingAnnounced()
        self._rule = rule
        self._expired_ns = 0

    # -- what readers saw -------------------------------------------------------------------------

    def tag_arrived(
        self, store: str, sku: str, epc: str, zone: str, at_ns: int, now_ns: int, *, came_back: bool
    ) -> None:
        """A tag came into a store."""
        from_other = not came_back and self._announcements.left(epc, store) is not None
        self._apply(
            store,
            sku,
            now_ns,
            lambda line: tagged.arrived(line, epc, zone, at_ns, came_back=came_back, from_other=from_other),
        )

    def tag_moved(
        self, store: str, sku: str, epc: str, from_zone: str, zone: str, at_ns: int, now_ns: int
    ) -> None:
        """A tag went from zone to zone."""
        self._apply(store, sku, now_ns, lambda line: tagged.moved(line, epc, from_zone, zone, at_ns))

    def tag_departed(
        self,
        store: str,
        sku: str,
        epc: str,
        zone: str,
        at_ns: int,
        now_ns: int,
        last_seen_ns: int,
        cause: str,
    ) -> None:
        """A tag left by a gate, or fell silent."""
        self._apply(
            store, sku, now_ns, lambda line: tagged.departed(line, epc, zone, at_ns, last_seen_ns, cause)
        )

    def tag_transferred(
        self, sku: str, epc: str, source: tuple[str, str], target: tuple[str, str], at_ns: int, now_ns: int
    ) -> None:
        """A tag turned up in another store; `source` and `target` are (store, zone)."""
        self._apply(
            source[0],
            sku,
            now_ns,
            lambda line: tagged.transferred_out(line, epc, source[1], at_ns, target[0]),
        )
        self._apply(
            target[0], sku, now_ns, lambda line: tagged.transferred_in(line, epc, target[1], at_ns, source[0])
        )

    def shelf_settled(
        self, store: str, sku: str, device: str, zone: str, pieces: int, at_ns: int, now_ns: int
    ) -> None:
        """A weight shelf settled at a number of pieces."""
        line = self._line(store, sku)
        if device not in line.shelves:
            self._record(line, weighed.shelf_met(line, device, zone, pieces, at_ns), now_ns)
        while (old := line.shelves.get(device, (zone, 0))[1]) != pieces:
            count = old + (1 if pieces > old else -1)
            self._record(line, weighed.shelf_step(line, device, zone, count, at_ns), now_ns)

    # -- what people and tills said ----------------------------------------------------------------

    def sold(self, store: str, sku: str, ref: str, at_ns: int, now_ns: int) -> None:
        """A till sold one piece by its SKU."""
        rule = {"tag": tagged.sold, "weight": weighed.sold, "count": counted.sold}[
            self.tracked_by(store, sku)
        ]
        self._apply(store, sku, now_ns, lambda line: rule(line, ref, at_ns))

    def sold_epc(
        self, store: str, sku: str, epc: str, zone: str | None, ref: str, at_ns: int, now_ns: int
    ) -> None:
        """A till sold this very tag, believed in `zone`."""
        self._apply(store, sku, now_ns, lambda line: tagged.sold_epc(line, epc, ref, at_ns, zone))

    def returned(
        self,
        store: str,
        sku: str,
        zone: str,
        epc: str | None,
        ref: str,
        at_ns: int,
        now_ns: int,
        *,
        is_here: bool,
    ) -> None:
        """A piece was brought back at `zone`. `is_here`: `epc` is believed in this store, so the piece is counted."""

        def effect(line: Line) -> Effect:
            match self.tracked_by(store, sku):
                case "tag":
                    return tagged.returned(line, ref, at_ns, zone, epc, is_here=is_here)
                case "weight":
                    return weighed.returned(line, ref, at_ns, zone)
                case _:
                    return counted.added(line, MovementKind.RETURNED, "return", ref, at_ns, zone)

        self._apply(store, sku, now_ns, effect)

    def received(
        self,
        store: str,
        sku: str,
        zone: str,
        epc: str | None,
        ref: str,
        at_ns: int,
        now_ns: int,
        *,
        is_here: bool,
        by_document: bool = False,
        sent_as: str | None = None,
    ) -> None:
        """A piece was scanned in at `zone`. `is_here`: `epc` is believed in this store, so the piece is counted.

        `by_document`: somebody says so of a delivery or a transfer, which counts it by itself; `sent_as`: the ref
        of the movement by which it was sent here.
        """

        def effect(line: Line) -> Effect:
            if sent_as is not None:
                line.take_incoming(epc, ref=sent_as)
            match self.tracked_by(store, sku):
                case "tag":
                    came_in = tagged.received(
                        line, ref, at_ns, zone, epc, is_here=is_here, by_document=by_document
                    )
                case "weight":
                    came_in = replace(weighed.received(line, ref, at_ns, zone), is_new=True)
                case _:
                    came_in = replace(
                        counted.added(line, MovementKind.ARRIVED, "receiving", ref, at_ns, zone), is_new=True
                    )
            if by_document or not came_in.is_new:  # a piece that was counted already is no other's
                return replace(came_in, is_new=False)
            coming = line.take_any_incoming() if epc is None else line.take_incoming(epc)
            return came_in if coming is None else replace(came_in, is_new=False, came=coming.ref)

        self._apply(store, sku, now_ns, effect)

    def sent(
        self,
        store: str,
        sku: str,
        epc: str | None,
        zone: str | None,
        to_store: str,
        ref: str,
        at_ns: int,
        now_ns: int,
        *,
        is_there: bool,
    ) -> None:
        """A piece was sent to another store. `zone`: where its tag `epc` was believed until now; None where no
        tag was named, or it is not believed in this store. `is_there`: it is believed in the other already.
        """
        by_tag = self.tracked_by(store, sku) == "tag"
        rule = tagged.sent if by_tag else counted.sent
        effect = self._apply(store, sku, now_ns, lambda line: rule(line, epc, ref, at_ns, zone, to_store))
        if effect.came is not None:
            return  # its tag was seen there before it was told to be sent
        if not is_there:
            announced = Announced(ref, "transfer", at_ns, epc=epc)
            self._apply(to_store, sku, now_ns, lambda line: counted.announced(line, announced, store))
        else:
            self._announcements.came(to_store, sku, ref, epc, now_ns)

    def not_coming(self, store: str, sku: str, refs: Collection[str]) -> None:
        """Pieces that were sent as `refs` will not come, somebody says: they are on their way no more."""
        line = self._lines.get((store, sku))
        if line is not None:
            line.incoming = [piece for piece in line.incoming if piece.ref not in refs]
            self._dirty.add((store, sku))

    def incoming(self, store: str, sku: str) -> int:
        """Return how many pieces are on their way to a store."""
        line = self._lines.get((store, sku))
        return 0 if line is None else len(line.incoming)

    def counted(
        self, store: str, sku: str, zone: str, pieces: int, ref: str, at_ns: int, now_ns: int
    ) -> None:
        """A person counted `pieces` in a zone."""
        rule = tagged.counted if self.tracked_by(store, sku) == "tag" else counted.counted
        self._apply(store, sku, now_ns, lambda line: rule(line, zone, pieces, ref, at_ns))

    def corrected(self, store: str, sku: str, zone: str, delta: int, by: Correction, now_ns: int) -> None:
        """A person says that a zone holds `delta` pieces more; its level, which may not fall below 0, follows."""
        by_tag = self.tracked_by(store, sku) == "tag"
        self._apply(
            store, sku, now_ns, lambda line: correction.corrected(line, zone, delta, by, by_tag=by_tag)
        )

    def tag_gone(
        self, store: str, sku: str, epc: str, zone: str, by: Correction, now_ns: int, *, pays: bool
    ) -> None:
        """A person says that a tag is not where it is believed. `pays`: it may be what an open sale took."""
        self._apply(store, sku, now_ns, lambda line: correction.tag_gone(line, epc, zone, by, pays=pays))

    def tag_found(self, store: str, sku: str, epc: str, zone: str, by: Correction, now_ns: int) -> None:
        """A person found a tag that was not believed in the store."""
        self._apply(store, sku, now_ns, lambda line: correction.tag_found(line, epc, zone, by))

    def tag_put(
        self, store: str, sku: str, epc: str, from_zone: str, zone: str, by: Correction, now_ns: int
    ) -> None:
        """A person found a tag in another zone than it was believed in."""
        self._apply(store, sku, now_ns, lambda line: correction.tag_put(line, epc, from_zone, zone, by))

    def tell_figure(self, store: str, sku: str, figure: Figure, ref: str, now_ns: int) -> Verdict:
        """The ERP's ledger says how many there are. In a ledger store they are the stock, with what moved since."""
        verdict = self.books.tell(store, sku, figure)
        account = self.books.account(store, sku)
        if verdict == "applied" and account is not None and store in self.books.ledger_stores:
            line = self._line(store, sku)
            moved = account.pieces - figure.pieces
            settle(line, account.pieces)
            if line.levels() != self._levels.get((store, sku), {}):
                note = f"{figure.pieces} by the ledger" + (f", and {moved:+d} since" if moved else "")
                pieces = abs(account.pieces - sum(self._levels.get((store, sku), {}).values()))
                zone = home_zone(line.roles)
                effect = Effect(
                    MovementKind.ADJUSTED, BY_LEDGER, now_ns, pieces=pieces, to_zone=zone, ref=ref, note=note
                )
                self._record(line, effect, now_ns)
        return verdict

    def rename_tags(
        self, store: str, sku: str, new: str, tags: Mapping[str, int], epc: str | None, now_ns: int
    ) -> None:
        """So many tags per zone are of another article, says the catalogue. `epc`: the tag, where it is one."""
        line, other = self._line(store, sku), self._line(store, new)
        line.tags -= Counter(tags)
        while line.debts and line.payable() < 0:
            line.debts.pop(0)
        other.tags.update(tags)
        self._record_renamed(line, other, sum(tags.values()), epc, now_ns)

    def rename(self, store: str, sku: str, new: str, now_ns: int) -> None:
        """All that is known of an article is of another one, says the catalogue."""
        line = self._lines.get((store, sku))
        if line is not None:
            other = self._line(store, new)
            pieces = sum(line.levels().values())
            give(line, other)
            self.books.rename(line, other)
            self._record_renamed(line, other, pieces, None, now_ns)

    def _record_renamed(self, line: Line, other: Line, pieces: int, epc: str | None, now_ns: int) -> None:
        kind, cause = MovementKind.ADJUSTED, BY_CATALOGUE
        self._record(
            line,
            Effect(kind, cause, now_ns, pieces=pieces, epc=epc, note=f"is {other.sku} by the catalogue"),
            now_ns,
        )
        self._record(
            other,
            Effect(kind, cause, now_ns, pieces=pieces, epc=epc, note=f"was {line.sku} by the catalogue"),
            now_ns,
        )

    def not_sold(self, store: str, sku: str, ref: str, now_ns: int) -> None:
        """A sale by SKU took no piece that has a tag: one that was never read, or the scan was wrong."""
        line = self._lines[store, sku]
        effect = tagged.not_sold(line, ref, now_ns)
        if effect is not None:
            self._record(line, effect, now_ns)

    def owing(self) -> list[LineKey]:
        """Return the lines of tagged articles with sales that no departure has paid."""
        return [key for key in self._open if self._lines[key].debts and self.tracked_by(*key) == "tag"]

    def sales_owed(self, store: str, sku: str) -> list[tuple[str, int]]:
        """Return (ref, at_ns) of the sales that no departure has paid, oldest first."""
        line = self._lines.get((store, sku))
        return sorted(((d.ref, d.at_ns) for d in line.debts), key=lambda d: d[1]) if line else []

    def unread(self, store: str, sku: str) -> int:
        """Return the pieces that are known by a scan or a count alone."""
        line = self._lines.get((store, sku))
        return line.pool.total() + len(line.credits) if line else 0

    # -- time --------------------------------------------------------------------------------------

    def expire(
        self,
        now_ns: int,
        is_watched: Callable[[str, str], bool],
        in_hand_kept: Callable[[str, str], int] = lambda _store, _sku: 0,
    ) -> None:
        """Settle pairings whose window is over; `is_watched(store, zone)` tells where tags can prove themselves.

        `in_hand_kept(store, sku)`: pieces in hand that somebody picked for a customer, and that stay.
        """
        if now_ns - self._expired_ns < EXPIRE_EVERY_NS:
            return
        self._expired_ns = now_ns
        for key in list(self._open):
            self._expire_line(key, now_ns, is_watched, in_hand_kept(*key))

    def _expire_line(
        self, key: LineKey, now_ns: int, is_watched: Callable[[str, str], bool], in_hand_kept: int
    ) -> None:
        line = self._lines[key]
        before = line.to_json()
        line.incoming = [piece for piece in line.incoming if piece.at_ns > now_ns - self._rule.incoming_ns]
        if self.tracked_by(*key) == "weight":
            effects = weighed.expired(line, now_ns, self._rule, in_hand_kept)
        else:
            watched = all(is_watched(key[0], zone) for zone, n in line.tags.items() if n > 0)
            effects = tagged.expired(line, now_ns, self._rule, watched=watched)
        if not effects and line.levels() != self._levels.get(key, {}):
            note = "charged to another zone"
            effects = [Effect(MovementKind.MOVED, "pairing", now_ns, note=note)]
        for place, effect in enumerate(effects):
            # All deltas go to the last effect of a settlement: their sum is what the line lost or gained.
            self._record(line, effect, now_ns, with_deltas=place == len(effects) - 1)
        if line.to_json() != before:
            self._dirty.add(key)
        if not line.is_open():
            self._open.discard(key)

    # -- the one way in ----------------------------------------------------------------------------

    def _apply(self, store: str, sku: str, now_ns: int, rule: Callable[[Line], Effect]) -> Effect:
        line = self._line(store, sku)
        effect = rule(line)
        self._record(line, effect, now_ns)
        self._announce(line, effect, now_ns)
        return effect

    def _announce(self, line: Line, effect: Effect, now_ns: int) -> None:
        """Let what is expected know of a piece that came in."""
        store, sku, epc = line.store, line.sku, effect.epc
        if effect.came is not None:
            self._announcements.came(store, sku, effect.came, epc, now_ns)
        elif effect.is_new:
            if self._announcements.is_expected(store, sku, effect, now_ns) and epc is not None:
                tagged.delivered(line, epc)
        elif effect.kind is MovementKind.ARRIVED and effect.cause == "pairing" and epc is not None:
            self._announcements.identified(store, sku, epc, now_ns)
