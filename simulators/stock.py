"""The truth: where each piece is, and whether it still belongs to the shop. Pure.

A piece stands in one zone (its place on the air) until it is out of the door; it counts as stock
until it is sold or stolen. A piece that someone carries belongs to the zone they stand in; pieces
of an article tracked by weight count under `in-hand` while anybody carries them.

Laws (tests hold it to them): the zones of an article sum to its on_hand;
on_hand of all = opened + delivered + returned - sold - stolen.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from simulators.layout import Article, SiteLayout

IN_HAND = "in-hand"
MAX_CHANGES = 500_000
"""Kept changes: some 4,000 a day, so over a hundred days; the oldest are forgotten beyond it."""
MAX_SOLD = 500
"""Pieces that may still be returned: the older a sale, the less likely, and memory is bounded."""


@dataclass(slots=True, eq=False)
class Piece:
    """One piece. `placements` grows whenever its place, or being carried, changes."""

    id: int
    article: Article
    epc: str
    weight_g: float
    in_stock: bool = False
    stands_in: str | None = None
    carried: bool = False
    placements: int = 0

    @property
    def counted_in(self) -> str | None:
        """Return the zone in which it counts as stock."""
        if not self.in_stock or self.stands_in is None:
            return None
        return IN_HAND if self.carried and self.article.tracked_by == "weight" else self.stands_in


@dataclass(frozen=True, slots=True)
class Truth:
    """What an article really has: pieces in the shop, and by zone (zones without any are left out)."""

    on_hand: int
    zones: dict[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One true change of an article's pieces in some zone, and how it stands after it."""

    at_ns: int
    sku: str
    on_hand: int
    zones: dict[str, int]
    why: str


class Stock:
    """All pieces. Owns them: nobody else changes one."""

    def __init__(
        self, layout: SiteLayout, start_ns: int, on_change: Callable[[Change], None] | None = None
    ) -> None:
        self.changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self.totals: Counter[str] = Counter()
        self.on_air: dict[int, Piece] = {}
        self.sold: deque[tuple[int, Piece]] = deque(maxlen=MAX_SOLD)
        self._pieces: dict[int, Piece] = {}
        self._placed: dict[tuple[str, str], dict[int, Piece]] = {}
        self._levels: dict[str, Counter[str]] = {article.sku: Counter() for article in layout.articles}
        self._changed_ns = {article.sku: start_ns for article in layout.articles}
        self._on_change = on_change
        self._next_id = 0

    def truth(self, sku: str) -> Truth:
        """Return what an article really has."""
        zones = {zone: pieces for zone, pieces in self._levels[sku].items() if pieces}
        return Truth(sum(zones.values()), zones)

    def last_change_ns(self, sku: str) -> int:
        """Return when any zone's count of an article last changed."""
        return self._changed_ns[sku]

    def pieces(self) -> tuple[Piece, ...]:
        """Return every piece that is in the shop, the sold ones on their way out included."""
        return tuple(self._pieces.values())

    def placed(self, sku: str, zone: str) -> list[Piece]:
        """Return the pieces of an article that lie in a zone, in nobody's hand."""
        return list(self._placed.get((sku, zone), {}).values())

    def add(self, article: Article, zone: str, epc: str, weight_g: float, at_ns: int, why: str) -> Piece:
        """A new piece comes into the shop; `why` is opened or delivered."""
        self._next_id += 1
        piece = Piece(self._next_id, article, epc, weight_g)
        self.totals[why] += 1
        self._apply(piece, at_ns, why, in_stock=True, stands_in=zone, carried=False)
        return piece

    def move(self, piece: Piece, zone: str, at_ns: int, why: str, *, carried: bool) -> None:
        """The piece goes to a zone, into or out of a hand; whose it is does not change."""
        self._apply(piece, at_ns, why, in_stock=piece.in_stock, stands_in=zone, carried=carried)

    def sell(self, piece: Piece, at_ns: int) -> None:
        """The piece is the customer's from now on, wherever they stand."""
        self.totals["sold"] += 1
        if piece.epc:
            self.sold.append((at_ns, piece))
        self._apply(piece, at_ns, "sold", in_stock=False, stands_in=piece.stands_in, carried=True)

    def leave(self, piece: Piece, at_ns: int) -> None:
        """The piece is out of the door; stolen, where nobody bought it."""
        if piece.in_stock:
            self.totals["stolen"] += 1
        why = "stolen" if piece.in_stock else "left"
        self._apply(piece, at_ns, why, in_stock=False, stands_in=None, carried=False)

    def enter(self, piece: Piece, zone: str, at_ns: int) -> None:
        """A sold piece comes back through the door in its owner's hand."""
        self._apply(piece, at_ns, "brought back", in_stock=False, stands_in=zone, carried=True)

    def take_back(self, piece: Piece, zone: str, at_ns: int) -> None:
        """The piece is the shop's again."""
        self.totals["returned"] += 1
        self._apply(piece, at_ns, "returned", in_stock=True, stands_in=zone, carried=False)

    def _apply(
        self, piece: Piece, at_ns: int, why: str, *, in_stock: bool, stands_in: str | None, carried: bool
    ) -> None:
        sku = piece.article.sku
        before = piece.counted_in
        if piece.stands_in is not None:
            self._placed.get((sku, piece.stands_in), {}).pop(piece.id, None)
        if (piece.stands_in, piece.carried) != (stands_in, carried):
            piece.placements += 1
        piece.in_stock, piece.stands_in, piece.carried = in_stock, stands_in, carried
        self._enter_in_books(piece)
        after = piece.counted_in
        if before != after:
            self._count(sku, before, after, at_ns, why)

    def _enter_in_books(self, piece: Piece) -> None:
        if piece.stands_in is None:
            self._pieces.pop(piece.id, None)
            self.on_air.pop(piece.id, None)
            return
        self._pieces[piece.id] = piece
        if piece.epc:
            self.on_air[piece.id] = piece
        if piece.in_stock and not piece.carried:
            self._placed.setdefault((piece.article.sku, piece.stands_in), {})[piece.id] = piece

    def _count(self, sku: str, before: str | None, after: str | None, at_ns: int, why: str) -> None:
        level = self._levels[sku]
        if before is not None:
            level[before] -= 1
        if after is not None:
            level[after] += 1
        self._changed_ns[sku] = at_ns
        truth = self.truth(sku)
        change = Change(at_ns, sku, truth.on_hand, truth.zones, why)
        self.changes.append(change)
        if self._on_change is not None:
            self._on_change(change)
