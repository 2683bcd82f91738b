"""The books of all stores: an account per article, and how it moves with the stock that it is held against. Pure.

    store with readers:  tills and people ─▶ account          beside the belief, never into it
    ledger store:        every movement ──▶ account ─▶ line   the account is the stock

A movement of a ledger store is recorded with what it made of the account: a sale of before the figure
moves nothing, for the figure has it in it.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from typing import Literal

from gateway.book_stock.account import Account, Figure, Move, Verdict, account_of
from gateway.movements import MovementKind
from gateway.stock.effects import Effect
from gateway.stock.handover import set_pieces
from gateway.stock.line import Line

LineKey = tuple[str, str]
Doubt = Literal["no_ledger", "ledger_too_old"]
"""Why the stock of a ledger store is not known."""
HOME_ORDER = ("back_room", "receiving", "floor", "till", "fitting_room", "exit")
BY_LEDGER, BY_RESTART, BY_CATALOGUE = "ledger", "restart", "catalogue"
"""Causes of movements that bring a line to its account: they are no moves of it."""
NO_MOVES = frozenset({BY_LEDGER, BY_RESTART, BY_CATALOGUE})
IN_FIGURE = "before the ledger's figure, which has it in it"


class BookStock:
    """Accounts by (store, sku). One owner calls it; `dirty_rows` hands over what changed.

    `fresh_ns`: how long a figure is believed in a ledger store.
    """

    def __init__(self, ledger_stores: Collection[str] = (), fresh_ns: int = 0) -> None:
        self.ledger_stores = frozenset(ledger_stores)
        self.fresh_ns = fresh_ns
        self._accounts: dict[LineKey, Account] = {}
        self._kept = set(ledger_stores)
        self._skus: dict[str, list[str]] = {}
        self._dirty: set[LineKey] = set()
        self._due: list[tuple[int, LineKey]] = []

    # -- what is told -------------------------------------------------------------------------------

    def tell(self, store: str, sku: str, figure: Figure) -> Verdict:
        """Take a figure of the ledger in."""
        account = self._account((store, sku))
        is_first = account.figure is None
        verdict = account.tell(figure)
        if verdict == "applied":
            self._kept.add(store)
            self._dirty.add((store, sku))
            if is_first:
                insort(self._skus.setdefault(store, []), sku)
            self._watch((store, sku), figure.as_of_ns)
        return verdict

    def take(self, line: Line, effect: Effect, before: int) -> Effect:
        """Take a movement in, `before` pieces being in the line's levels until now; return it as it is recorded."""
        key = (line.store, line.sku)
        if line.store not in self._kept or effect.cause in NO_MOVES:
            return effect
        if line.store not in self.ledger_stores:
            pieces = _told(line, effect)
            if pieces and self._account(key).note(Move(effect.at_ns, pieces)):
                self._dirty.add(key)
            return effect
        account = self._account(key)
        move = self._move(line, effect, before)
        counts = move is None or account.note(move)
        if move is not None:
            self._dirty.add(key)
            if move.is_count:
                self._watch(key, move.at_ns)
        settle(line, account.pieces)
        if not counts:
            return replace(effect, from_zone=None, to_zone=None, note=IN_FIGURE)
        return effect if effect.to_zone is None else replace(effect, to_zone=home_zone(line.roles))

    def _move(self, line: Line, effect: Effect, before: int) -> Move | None:
        if effect.kind is MovementKind.COUNTED:
            is_whole = effect.to_zone == home_zone(line.roles)
            return Move(effect.at_ns, effect.pieces, is_count=True) if is_whole else None
        pieces = _told(line, effect)
        if pieces is None:
            pieces = sum(line.levels().values()) - before
        return Move(effect.at_ns, pieces) if pieces else None

    def rename(self, line: Line, other: Line) -> None:
        """What moved of an article was of another one: let the other's account have it, and the lines follow."""
        account = self._accounts.pop((line.store, line.sku), None)
        if account is not None:
            theirs = self._account((other.store, other.sku))
            for move in (Move(account.base_ns, account.base), *account.moves):
                if move.pieces or move.is_count:
                    theirs.note(move)
            self._dirty |= {(line.store, line.sku), (other.store, other.sku)}
        if line.store in self.ledger_stores:
            settle(line, 0)
            settle(other, self._account((other.store, other.sku)).pieces)

    # -- what is asked ------------------------------------------------------------------------------

    def account(self, store: str, sku: str) -> Account | None:
        """Return an account, to be read alone."""
        return self._accounts.get((store, sku))

    def doubt(self, store: str, sku: str, now_ns: int) -> Doubt | None:
        """Return why the stock of a ledger store is not known, if it is not."""
        account = self._accounts.get((store, sku))
        told_ns = None if account is None else account.told_ns
        if told_ns is None:
            return "no_ledger"
        return "ledger_too_old" if now_ns >= told_ns + self.fresh_ns else None

    def fresh_until_ns(self, store: str, sku: str) -> int | None:
        """Return until when the stock of a ledger store is known; None where it never was."""
        account = self._accounts.get((store, sku))
        told_ns = None if account is None else account.told_ns
        return None if told_ns is None else told_ns + self.fresh_ns

    def skus(self, store: str, after: str, limit: int) -> list[str]:
        """Return the first `limit` SKUs with a figure behind `after`, in their order."""
        listed = self._skus.get(store, [])
        start = bisect_right(listed, after)
        return listed[start : start + limit]

    # -- time ---------------------------------------------------------------------------------------

    def faded(self, now_ns: int) -> Iterator[LineKey]:
        """Yield the (store, sku) of ledger stores whose newest figure became too old since this was asked last."""
        while self._due and self._due[0][0] <= now_ns:
            key = heappop(self._due)[1]
            if self.doubt(*key, now_ns) is not None:
                yield key

    def compare(self, store: str, sku: str, on_hand: int, now_ns: int) -> None:
        """Take note whether a store's stock differs from its figure now, and since when it does."""
        account = self._accounts.get((store, sku))
        if account is None or account.figure is None:
            return
        since_ns = account.differs_since_ns
        if (on_hand == account.pieces) == (since_ns is not None):
            account.differs_since_ns = now_ns if since_ns is None else None
            self._dirty.add((store, sku))

    def _watch(self, key: LineKey, told_ns: int) -> None:
        if key[0] in self.ledger_stores:
            heappush(self._due, (told_ns + self.fresh_ns, key))

    # -- persistence --------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[LineKey, str | None]]:
        """Return (store, sku) and the account of those that changed; None: there is none any more."""
        rows = [
            (key, None if (account := self._accounts.get(key)) is None else account.to_json())
            for key in self._dirty
        ]
        self._dirty.clear()
        return rows

    def restore(self, rows: Iterable[tuple[LineKey, str]]) -> None:
        """Take up what `dirty_rows` told last."""
        for key, text in rows:
            account = self._accounts[key] = account_of(text)
            if account.figure is not None:
                self._kept.add(key[0])
                self._skus.setdefault(key[0], []).append(key[1])
            if (told_ns := account.told_ns) is not None:
                self._watch(key, told_ns)
        for listed in self._skus.values():
            listed.sort()

    def in_stock(self) -> set[LineKey]:
        """Return the (store, sku) of ledger stores with pieces by their accounts."""
        return {
            key for key, account in self._accounts.items() if key[0] in self.ledger_stores and account.pieces
        }

    def settle_restored(self, line: Line, *, by_scans: bool) -> None:
        """Bring the restored line of a ledger store to its account; where readers told it before, they do no more.

        A line without an account (the store had readers) begins with what it holds by scans and counts. A store
        that has readers now keeps what the ledger told `by_scans` alone: tags and scales prove themselves.
        """
        key = (line.store, line.sku)
        account = self._accounts.get(key)
        if line.store not in self.ledger_stores:
            if account is not None and account.is_stock:
                account.is_stock = False
                self._dirty.add(key)
                if not by_scans:
                    line.pool.clear()
            return
        if account is None:
            if not line.levels():
                settle(line, 0)
                return
            account = self._accounts[key] = Account(base=line.pool.total())
        if not account.is_stock:
            account.is_stock = True
            self._dirty.add(key)
        settle(line, account.pieces)

    def _account(self, key: LineKey) -> Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(is_stock=key[0] in self.ledger_stores)
        return account


def settle(line: Line, pieces: int) -> None:
    """Bring a line of a ledger store to so many pieces, whatever else was known of it."""
    set_pieces(line, home_zone(line.roles), pieces)


def home_zone(roles: Mapping[str, str]) -> str:
    """Return the zone where the pieces of a ledger store lie: its ledger tells of no zones."""
    return min(roles, key=lambda zone: HOME_ORDER.index(roles[zone]))


def _told(line: Line, effect: Effect) -> int | None:
    """Return the pieces that a till or a person said came (or, below 0, went); None: nobody said so.

    What was said counts though the stock did not believe in the piece: so it does in the ledger.
    """
    match effect.kind, effect.cause:
        case MovementKind.SOLD, _:
            return -effect.pieces
        case (MovementKind.RETURNED, "return") | (MovementKind.ARRIVED, "receiving"):
            return effect.pieces
        case MovementKind.TRANSFERRED, "transfer":
            is_coming = any(piece.ref == effect.ref for piece in line.incoming)
            return 0 if is_coming else -effect.pieces
    return None
