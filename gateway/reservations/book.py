"""The reservations that are open, by what they hold. Pure.

What is reserved is the sum over the rows at the time of the question: a reservation counts until the very
nanosecond at which it expires, whoever writes that down and when. A sum that was taken goes along with the rows
that come and go after it, and is taken anew where the next of them expires.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeVar

from gateway.answered import AnsweredRequest
from gateway.reservations.model import Reservation

K = TypeVar("K")
V = TypeVar("V")

Key = tuple[str, str]
"""(store, sku)."""
MAX_CLOSED = 10_000
CLOSED_KEPT_NS = 600 * 1_000_000_000
"""Reservations that were closed are at hand for so long, and so many: a request that asked for one before
it was closed is decided within that. Later ones are read from disk."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What one reservation holds of an article."""

    pieces: int
    expires_ns: int
    channel: str


@dataclass(slots=True)
class _Sum:
    """The pieces that counted at `at_ns`, and still count as many until the next of them expires."""

    pieces: int
    by_channel: dict[str, int]
    at_ns: int
    until_ns: int | None

    def add(self, row: _Row) -> None:
        """Count a row that came."""
        if row.expires_ns > self.at_ns:
            self.pieces += row.pieces
            self.by_channel[row.channel] = self.by_channel.get(row.channel, 0) + row.pieces
            if self.until_ns is None or row.expires_ns < self.until_ns:
                self.until_ns = row.expires_ns

    def took_out(self, row: _Row) -> bool:
        """Count a row no more that went; return False where the sum must be taken anew: it was the next to expire."""
        if row.expires_ns <= self.at_ns:
            return True
        if row.expires_ns == self.until_ns:
            return False
        self.pieces -= row.pieces
        self.by_channel[row.channel] -= row.pieces
        return True


class Book:
    """All open reservations, and those closed lately. One owner changes it.

    Open ones are as many as the pieces that they hold, so they are bounded by the stock itself.
    """

    def __init__(self) -> None:
        self._open: dict[str, Reservation] = {}
        self._closed: OrderedDict[str, Reservation] = OrderedDict()
        self._by_key: dict[Key, dict[str, _Row]] = {}
        self._by_owner: dict[str, dict[str, None]] = {}
        self._with_picks: dict[Key, dict[str, None]] = {}
        self._sums: dict[Key, _Sum] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._changed: dict[str, Reservation] = {}
        self._answered: list[AnsweredRequest] = []
        self.transitions: list[tuple[Reservation | None, Reservation]] = []
        """(before, after) of each change since the last pass, for whoever counts them and empties this."""

    # -- answers --------------------------------------------------------------------------------------

    def get(self, reservation_id: str) -> Reservation | None:
        """Return a reservation that is open or was closed lately."""
        return self._open.get(reservation_id) or self._closed.get(reservation_id)

    def reserved(
        self, store: str, sku: str, now_ns: int, excluded: Collection[str] = (), channel: str | None = None
    ) -> int:
        """Return the pieces of an article that are promised to somebody now, by any channel or by one.

        `excluded`: ids of reservations whose pieces are left out.
        """
        rows = self._by_key.get((store, sku))
        if not rows:
            return 0
        total = self._sum((store, sku), now_ns)
        pieces = total.pieces if channel is None else total.by_channel.get(channel, 0)
        for name in excluded:
            row = rows.get(name)
            if row is not None and now_ns < row.expires_ns and channel in (None, row.channel):
                pieces -= row.pieces
        return pieces

    def of_owner(self, owner_ref: str) -> Collection[str]:
        """Return the ids of the open reservations of an owner."""
        return self._by_owner.get(owner_ref, ())

    def next_expiry_ns(self, store: str, sku: str, now_ns: int) -> int | None:
        """Return when the next of the reservations that count here ends."""
        return self._sum((store, sku), now_ns).until_ns if (store, sku) in self._by_key else None

    def _sum(self, key: Key, now_ns: int) -> "_Sum":
        """Return the sum over the rows that count now; one that nothing has ended since is as good as new."""
        known = self._sums.get(key)
        if known is None or not known.at_ns <= now_ns < (known.until_ns or now_ns + 1):
            counting = [row for row in self._by_key[key].values() if now_ns < row.expires_ns]
            until_ns = min((row.expires_ns for row in counting), default=None)
            by_channel: dict[str, int] = {}
            for row in counting:
                by_channel[row.channel] = by_channel.get(row.channel, 0) + row.pieces
            known = self._sums[key] = _Sum(sum(by_channel.values()), by_channel, now_ns, until_ns)
        return known

    def holding(self, store: str, sku: str, now_ns: int) -> list[Reservation]:
        """Return the reservations that count, in the order in which they were made."""
        rows = self._by_key.get((store, sku), {})
        found = [self._open[name] for name in rows if self._open[name].counts_at(now_ns)]
        return sorted(found, key=lambda reservation: (reservation.created_ns, reservation.id))

    def picked_by(self, store: str, sku: str, epc: str) -> str | None:
        """Return the id of the reservation that a tag was picked for."""
        for name in self._with_picks.get((store, sku), {}):
            line = self._open[name].line(sku)
            if line is not None and epc in line.epcs:
                return name
        return None

    def picked(self, store: str, sku: str, now_ns: int) -> tuple[list[str], int]:
        """Return the tags that were picked for reservations that count, and how many pieces without a tag."""
        epcs: list[str] = []
        unnamed = 0
        for name in self._with_picks.get((store, sku), {}):
            line = self._open[name].line(sku)
            if line is not None and self._open[name].counts_at(now_ns):
                epcs += line.epcs
                unnamed += line.picked - len(line.epcs)
        return epcs, unnamed

    def holds(self, key: Key) -> bool:
        """Return whether an open reservation holds a piece of an article in a store."""
        return key in self._by_key

    def keys(self) -> list[Key]:
        """Return each (store, sku) of which an open reservation holds a piece."""
        return list(self._by_key)

    def open(self) -> list[Reservation]:
        """Return the open reservations; some may have expired by now."""
        return list(self._open.values())

    # -- changes --------------------------------------------------------------------------------------

    def put(self, reservation: Reservation) -> None:
        """Take a new reservation in, or the next version of one."""
        self.transitions.append((self._open.get(reservation.id), reservation))
        self._forget(reservation.id)
        self._take(reservation)
        self._changed[reservation.id] = reservation

    def _forget(self, reservation_id: str) -> None:
        before = self._open.pop(reservation_id, None)
        if before is None:
            return
        if before.owner_ref is not None:
            _drop(self._by_owner, before.owner_ref, reservation_id)
        for line in before.lines:
            key = (before.store, line.sku)
            row = _drop(self._by_key, key, reservation_id)
            known = self._sums.get(key)
            if known is not None and (row is None or key not in self._by_key or not known.took_out(row)):
                del self._sums[key]
            _drop(self._with_picks, key, reservation_id)

    def _take(self, reservation: Reservation) -> None:
        if not reservation.is_open:
            self._closed[reservation.id] = reservation
            self._closed.move_to_end(reservation.id)
            if len(self._closed) > MAX_CLOSED:
                self._closed.popitem(last=False)
            return
        self._open[reservation.id] = reservation
        if reservation.owner_ref is not None:
            self._by_owner.setdefault(reservation.owner_ref, {})[reservation.id] = None
        for line in reservation.lines:
            key = (reservation.store, line.sku)
            row = _Row(line.secured, reservation.expires_ns, reservation.channel)
            rows = self._by_key.setdefault(key, {})
            if reservation.id in rows:  # two lines of one article: never granted, yet no sum may break on it
                self._sums.pop(key, None)
            rows[reservation.id] = row
            if (known := self._sums.get(key)) is not None:
                known.add(row)
            if line.picked:
                self._with_picks.setdefault(key, {})[reservation.id] = None
        heappush(self._deadlines, (reservation.expires_ns, reservation.id))

    def answered(self, request: AnsweredRequest) -> None:
        """Have the answer to a request with a key written with the next commit."""
        self._answered.append(request)

    def expired(self, now_ns: int) -> list[Reservation]:
        """Return the reservations whose time is over, each once; let go of those closed long ago."""
        over = []
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            expires_ns, name = heappop(self._deadlines)
            reservation = self._open.get(name)
            if reservation is not None and reservation.expires_ns == expires_ns:
                over.append(reservation)
        while self._closed:
            name, oldest = next(iter(self._closed.items()))
            if oldest.changed_ns > now_ns - CLOSED_KEPT_NS:
                break
            del self._closed[name]
        return over

    @property
    def unwritten(self) -> int:
        """Return how many rows the next commit has of reservations and answered requests."""
        return len(self._changed) + len(self._answered)

    def drain(self) -> tuple[list[Reservation], list[AnsweredRequest]]:
        """Return what changed since the last drain: each reservation once, as it is now; answered requests."""
        changed, self._changed = list(self._changed.values()), {}
        answered, self._answered = self._answered, []
        return changed, answered

    def restore(self, reservations: Iterable[Reservation]) -> None:
        """Take up the open reservations of an earlier life."""
        for reservation in reservations:
            self._take(reservation)


def _drop(index: dict[K, dict[str, V]], key: K, reservation_id: str) -> V | None:
    """Take a reservation out of an index, and its key with the last one; return what stood there."""
    rows = index.get(key)
    if rows is None:
        return None
    dropped = rows.pop(reservation_id, None)
    if not rows:
        del index[key]
    return dropped
