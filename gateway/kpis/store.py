"""The key figures of one store as time passes: what is, times how long it is so, per department and day. Pure.

    article judged ─▶ its department's counters (so many on the floor, so many behind, …)
    time passed    ─▶ area += counter × open time, only when a counter changes, or a day ends

So a change costs the same however many articles there are. Rules:
- What counts is what was known at the time: a later correction does not rewrite an hour that is over.
- Time that nobody lived through (the gateway was down, the machine slept) is unknown for every article.
- An article counts from its first piece until ASSORTMENT_NS after its last one left.
- A refill is timed where the floor was seen empty and then seen filled; with doubt between, it is not.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.kpis.days import Calendar, Day
from gateway.kpis.model import KpiDay, Rate, Rates, Sighting
from gateway.kpis.tally import (
    BEHIND,
    BOUNDS,
    ELSEWHERE,
    FLOOR,
    MICRO,
    NONE,
    OUT,
    SHELF_SLOTS,
    SHELF_UNKNOWN,
    SLOTS,
    STOCK_UNKNOWN,
    Event,
    Tally,
    Timing,
    tally_of,
)

NS_PER_S = 1_000_000_000
NS_PER_HOUR = 3_600 * NS_PER_S
MAX_STEP_NS = 900 * NS_PER_S
"""Passes come by the second (in a demo, by the minute of its clock): after a longer pause nobody looked."""
MAX_GAP_DAYS = 31
"""Whole days that are written down as unknown after a pause; of a longer one only that it was."""
ASSORTMENT_NS = 28 * 86_400 * NS_PER_S
"""Nobody misses an article on the shelf that has been gone for four weeks: a season is over."""
SAVED_EVERY_NS = 600 * NS_PER_S
"""The areas are written down this often: what a crash takes of them is told as unknown."""
FORGOTTEN_AT_ONCE = 2_000
"""Articles looked at before the loop gets its turn, at the end of a day: half a millisecond."""
MAX_DEPARTMENTS = 64
OTHERS = "(others)"
"""Departments beyond the first 64 of a store are summed up under this name."""
NO_CHANGE: tuple[int, ...] = (0,) * BOUNDS


class _Line(NamedTuple):
    """One article as it counts now. `stock`: OUT, STOCK_UNKNOWN, or -1; `rates`: of demand, where it is out."""

    department: str
    shelf: int
    stock: int
    rates: tuple[int, ...] = NO_CHANGE


@dataclass(slots=True)
class _Account:
    """One department's counters now, and its areas of the day so far. `settled_ns`: open time taken in."""

    counts: list[int] = field(default_factory=lambda: [0] * SLOTS)
    rates: list[int] = field(default_factory=lambda: [0] * BOUNDS)
    areas: list[int] = field(default_factory=lambda: [0] * SLOTS)
    lost: list[int] = field(default_factory=lambda: [0] * BOUNDS)
    settled_ns: int = 0

    def settle(self, open_ns: int) -> None:
        """Take in the open time up to `open_ns` of the day."""
        passed_ns = open_ns - self.settled_ns
        if passed_ns:
            self.settled_ns = open_ns
            for slot, articles in enumerate(self.counts):
                if articles:
                    self.areas[slot] += articles * passed_ns
            for bound, rate in enumerate(self.rates):
                if rate:
                    self.lost[bound] += rate * passed_ns

    def shift(self, line: _Line, sign: int) -> None:
        """Count an article in, or out."""
        self.counts[line.shelf] += sign
        if line.stock >= 0:
            self.counts[line.stock] += sign
        if line.rates is not NO_CHANGE:
            for bound, rate in enumerate(line.rates):
                self.rates[bound] += sign * rate


class StoreKpis:
    """One store. `rates`: how fast articles sell, where that is known."""

    def __init__(self, store: str, calendar: Calendar, rates: Rates | None = None) -> None:
        self.store = store
        self.calendar = calendar
        self.since_ns: int | None = None
        self.day: Day | None = None
        self._rates = rates
        self._at_ns = 0
        self._open_ns = 0
        self._first_open_ns = 0
        self._lines: dict[str, _Line] = {}
        self._accounts: dict[str, _Account] = {}
        self._events: dict[str | None, Tally] = {}
        self._behind_since: dict[str, int] = {}
        self._empty_since: dict[str, int] = {}
        self._closed: list[KpiDay] = []
        self._rows: dict[str, str | None] = {}
        self._dirty_events: set[str | None] = set()
        self._saved_ns = 0
        self._sold_reads = 0

    # -- what happens ---------------------------------------------------------------------------------

    def enter(self, seen: Sighting, now_ns: int) -> None:
        """Take up an article of which nothing is known yet in this life."""
        if not self._is_past(seen, now_ns):
            self._place(seen.sku, _Line(self._department(seen.department), SHELF_UNKNOWN, STOCK_UNKNOWN))
            self._note_empty(seen, now_ns)

    def judge(self, seen: Sighting, now_ns: int) -> None:
        """Take in what is known of an article from now on. Time must have been advanced to `now_ns`."""
        before = self._lines.get(seen.sku)
        if self._is_past(seen, now_ns):
            self._leave(seen.sku)
            return
        shelf, stock = _slots(seen)
        department = self._department(seen.department)
        self._note_empty(seen, now_ns)
        if before is not None and (before.department, before.shelf, before.stock) == (
            department,
            shelf,
            stock,
        ):
            return
        self._note_refill(seen.sku, before, shelf, now_ns)
        rates = self._rates_of(seen.sku, now_ns) if stock == OUT else NO_CHANGE
        if before is not None and before.stock == stock == OUT:
            rates = before.rates
        self._place(seen.sku, _Line(department, shelf, stock, rates))

    def happened(self, event: Event, departments: frozenset[str], n: int = 1) -> None:
        """Count something, for the store and for the departments that it is about."""
        for name in (None, *{self._department(d) for d in departments}):
            self._tally(name).events[event] += n

    def read_sold(self, reads: int) -> None:
        """Count reads of sold pieces; written down with the areas, for what follows from one is nothing."""
        self._sold_reads += reads

    def took(self, timing: Timing, seconds: float, departments: frozenset[str]) -> None:
        """Note how long something took."""
        for name in (None, *{self._department(d) for d in departments}):
            self._tally(name).took(timing, seconds)

    # -- time -----------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """Let time pass; days that are over are closed."""
        for _ in self.advancing(now_ns):
            pass

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Do what `advance` does, in steps, between which others may ask and nothing may be told."""
        if self.day is None:
            self._begin(now_ns)
        if self.day is None or now_ns <= self._at_ns:
            return
        number = self.day.number
        if now_ns - self._at_ns > MAX_STEP_NS:
            self._pass_unlived(now_ns)
        else:
            self._pass(now_ns)
        if self.day.number != number:
            yield
            yield from self._forgetting_past(now_ns)

    def _begin(self, now_ns: int) -> None:
        self.since_ns, self._at_ns = now_ns, now_ns
        self._open(self.calendar.day_of(now_ns), now_ns)

    def _open(self, day: Day, at_ns: int) -> None:
        self.day = day
        self._open_ns = self._first_open_ns = day.open_until(at_ns)
        for account in self._accounts.values():
            account.settled_ns = self._open_ns

    def _pass(self, now_ns: int) -> None:
        while self.day is not None and now_ns >= self.day.end_ns:
            end_ns = self.day.end_ns
            self._open_ns = self.day.open_until(end_ns)
            self._close()
            self._open(self.calendar.day_of(end_ns), end_ns)
        if self.day is not None:
            self._at_ns = now_ns
            self._open_ns = self.day.open_until(now_ns)

    def _pass_unlived(self, now_ns: int) -> None:
        """Let time pass in which nobody looked: every article is unknown in it."""
        self._settle()
        known = {name: (account.counts, account.rates) for name, account in self._accounts.items()}
        for account in self._accounts.values():
            articles = sum(account.counts[:SHELF_SLOTS])
            account.counts, account.rates = [0] * SLOTS, [0] * BOUNDS
            account.counts[SHELF_UNKNOWN] = account.counts[STOCK_UNKNOWN] = articles
        today = self.calendar.day_of(now_ns)
        if self.day is not None and today.number - self.day.number > MAX_GAP_DAYS:
            self._open_ns = self.day.open_until(self.day.end_ns)
            self._close()
            self._open(today, today.start_ns)
        self._pass(now_ns)
        self._settle()
        for name, (counts, rates) in known.items():
            self._accounts[name].counts, self._accounts[name].rates = counts, rates

    def _settle(self) -> None:
        for account in self._accounts.values():
            account.settle(self._open_ns)

    def _close(self) -> None:
        """Write the day down, and begin with nothing."""
        self._take_sold_reads()
        for department, tally in self.today():
            number = 0 if self.day is None else self.day.number
            self._closed.append(KpiDay(self.store, number, department, tally.to_json()))
        for name, account in self._accounts.items():
            self._accounts[name] = _Account(account.counts, account.rates)
        for about in self._events:
            self._rows[_events_key(about)] = None
        self._events, self._dirty_events = {}, set()
        self._saved_ns = 0

    def _forgetting_past(self, now_ns: int) -> Iterator[None]:
        """Take out the articles that have been gone for so long that nobody expects them."""
        for place, (sku, since_ns) in enumerate(list(self._empty_since.items())):
            if since_ns + ASSORTMENT_NS < now_ns:
                self._leave(sku)
            if place % FORGOTTEN_AT_ONCE == FORGOTTEN_AT_ONCE - 1:
                yield

    # -- answers --------------------------------------------------------------------------------------

    def today(self) -> Iterator[tuple[str | None, Tally]]:
        """Yield (department, sums) of the day so far, the whole store (None) first."""
        self._settle()
        open_ns = self._open_ns - self._first_open_ns
        tallies: dict[str | None, Tally] = {None: Tally(open_ns)}
        for name, account in self._accounts.items():
            found = Tally(open_ns, list(account.areas), list(account.lost), self._rates is not None)
            tallies[name] = found
            tallies[None].add_articles(found)
        for about, happened in self._events.items():
            tallies.setdefault(about, Tally(open_ns)).add(happened)
        if self._sold_reads:
            tallies[None].events["reads_of_sold"] += self._sold_reads
        yield from tallies.items()

    def whole(self) -> Tally:
        """Return the sums of the whole store's day so far."""
        return dict(self.today())[None]

    def articles(self) -> list[int]:
        """Return how many articles are so now, by slot."""
        return [sum(account.counts[slot] for account in self._accounts.values()) for slot in range(SLOTS)]

    # -- persistence ----------------------------------------------------------------------------------

    def drain_days(self) -> list[KpiDay]:
        """Return the days that were closed since the last call."""
        closed, self._closed = self._closed, []
        return closed

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (key, text) of what is to be written down; None: let go."""
        if self.day is not None and self._at_ns - self._saved_ns >= SAVED_EVERY_NS:
            self._saved_ns = self._at_ns
            self._rows["day"] = self._day_text()
            self._take_sold_reads()
        for about in self._dirty_events:
            self._rows[_events_key(about)] = self._events[about].to_json()
        self._dirty_events.clear()
        rows, self._rows = self._rows, {}
        yield from rows.items()

    def _take_sold_reads(self) -> None:
        if self._sold_reads:
            self.happened("reads_of_sold", frozenset(), self._sold_reads)
            self._sold_reads = 0

    def _day_text(self) -> str:
        self._settle()
        areas = {name: [account.areas, account.lost] for name, account in self._accounts.items()}
        day = 0 if self.day is None else self.day.number
        return json.dumps([self.since_ns, day, self._at_ns, self._open_ns - self._first_open_ns, areas])

    def restore(self, rows: dict[str, str]) -> None:
        """Take up an earlier life's rows, before any article is entered."""
        if "day" not in rows:
            return
        self.since_ns, number, self._at_ns, counted_ns, areas = json.loads(rows["day"])
        self._saved_ns = self._at_ns
        day = self.day = self.calendar.day(number)
        self._at_ns = min(max(self._at_ns, day.start_ns), day.end_ns)
        self._open_ns = day.open_until(self._at_ns)
        self._first_open_ns = self._open_ns - counted_ns
        for name, (of_articles, lost) in areas.items():
            self._accounts[name] = _Account(areas=of_articles, lost=lost, settled_ns=self._open_ns)
        for key, text in rows.items():
            kind, _, name = key.partition("/")
            if kind == "events":
                self._events[name.removeprefix("d:") if name else None] = tally_of(text)
            elif kind == "behind":
                self._behind_since[name] = int(text)

    # -- articles -------------------------------------------------------------------------------------

    def _department(self, name: str) -> str:
        return name if name in self._accounts or len(self._accounts) < MAX_DEPARTMENTS else OTHERS

    def _account(self, name: str) -> _Account:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _Account(settled_ns=self._open_ns)
        return account

    def _place(self, sku: str, line: _Line) -> None:
        before = self._lines.get(sku)
        if before is not None:
            self._count(before, -1)
        self._lines[sku] = line
        self._count(line, 1)

    def _count(self, line: _Line, sign: int) -> None:
        account = self._account(line.department)
        account.settle(self._open_ns)
        account.shift(line, sign)

    def _leave(self, sku: str) -> None:
        self._empty_since.pop(sku, None)
        self._end_refill(sku)
        line = self._lines.pop(sku, None)
        if line is not None:
            self._count(line, -1)

    def _is_past(self, seen: Sighting, now_ns: int) -> bool:
        return seen.on_hand == 0 and (seen.changed_ns or 0) + ASSORTMENT_NS < now_ns

    def _note_empty(self, seen: Sighting, now_ns: int) -> None:
        if seen.on_hand == 0:
            self._empty_since.setdefault(seen.sku, seen.changed_ns or now_ns)
        else:
            self._empty_since.pop(seen.sku, None)

    def _rates_of(self, sku: str, now_ns: int) -> tuple[int, ...]:
        rate = None if self._rates is None else self._rates.rate(self.store, sku, now_ns)
        return NO_CHANGE if rate is None else _micro(rate)

    def _note_refill(self, sku: str, before: _Line | None, shelf: int, now_ns: int) -> None:
        """Time how long a floor stood empty with stock behind: see the rules above."""
        if shelf == BEHIND:
            if sku not in self._behind_since:
                self._behind_since[sku] = now_ns
                self._rows[f"behind/{sku}"] = str(now_ns)
        elif shelf != SHELF_UNKNOWN:
            since_ns = self._behind_since.get(sku)
            if since_ns is not None and before is not None and (before.shelf, shelf) == (BEHIND, FLOOR):
                seconds = self.calendar.open_between(since_ns, now_ns) / NS_PER_S
                self.took("refill", seconds, frozenset({before.department}))
            self._end_refill(sku)

    def _end_refill(self, sku: str) -> None:
        if self._behind_since.pop(sku, None) is not None:
            self._rows[f"behind/{sku}"] = None

    def _tally(self, name: str | None) -> Tally:
        self._dirty_events.add(name)
        tally = self._events.get(name)
        if tally is None:
            tally = self._events[name] = Tally()
        return tally


def _events_key(name: str | None) -> str:
    return "events/" if name is None else f"events/d:{name}"


def _micro(rate: Rate) -> tuple[int, ...]:
    """Return a rate in millionths of a piece per open hour: whole numbers add up without drift."""
    return tuple(round(MICRO * bound) for bound in (rate.low, rate.mean, rate.high))


def _slots(seen: Sighting) -> tuple[int, int]:
    """Return where an article counts: how it stands, and whether it can be sold."""
    if not seen.is_known:
        return SHELF_UNKNOWN, STOCK_UNKNOWN
    stock = OUT if seen.available == 0 else -1
    if seen.on_hand == 0:
        return NONE, stock
    if not seen.is_shelf_known:
        return SHELF_UNKNOWN, stock
    if seen.floor > 0:
        return FLOOR, stock
    return BEHIND if seen.behind > 0 else ELSEWHERE, stock
