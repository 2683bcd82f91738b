"""The demand of one store, hour by hour: what is sold waits until its hour is over, is scored, then learned. Pure.

sold, available ─▶ this hour ─┬─▶ score a part of the articles against what was believed before
     (rows)      (its end)    ├─▶ learn the articles that sold something; the others need no look
                              └─▶ learn the week's profile, the departments' means, the dispersion
"""

import json
from collections.abc import Callable, Iterator
from math import exp, log
from typing import Any

import numpy as np

from gateway.forecast.departments import MAX_DEPARTMENTS, Departments
from gateway.forecast.negative_binomial import Doubles, below, log_none, log_of, size_of
from gateway.forecast.outflow import Coming
from gateway.forecast.rates import MOST_DISPERSION, Beliefs, Rates, first_belief
from gateway.forecast.score import P_LEAST, Scores
from gateway.forecast.week import HORIZON_H, HOURS_OF_WEEK, NS_PER_HOUR, LocalWeek, WeekProfile

MAX_ARTICLES = 500_000
"""Articles of one store that are followed; what more of them sell is counted and not learned."""
SCORED_AT_ONCE = 2_048
"""Articles that are scored each hour, in turn: enough to be sure within a week, and a millisecond's work."""
LEARNED_AT_ONCE = 64
"""Articles that are learned in a step of a millisecond."""
MAX_DARK_H = 6
"""Hours without a sign of time after which nothing can be said of them: sales may have gone untold."""
MAX_LATE_H = HOURS_OF_WEEK
"""A sale told later than a week after teaches nothing."""
FIRST_DISPERSION = 1.2
DISPERSION_PIECES = 100.0
"""Pieces that the first dispersion weighs against what is seen."""
DISPERSION_KEEP = 0.998
"""Of what was seen of it, each hour: it is forgotten in three weeks."""


class StoreDemand:
    """One store. `department(sku)` names the department whose mean a new article starts from."""

    def __init__(
        self,
        week: LocalWeek,
        prior: Doubles,
        department: Callable[[str], str],
        max_articles: int = MAX_ARTICLES,
    ) -> None:
        self._max_articles = max_articles
        self.week = week
        self.profile = WeekProfile(prior)
        self.rates = Rates()
        self.scores = Scores()
        self.departments = Departments(department)
        self.dispersion = FIRST_DISPERSION
        self.hour: int | None = None
        self._at_h = 0.0
        self._weight = 1.0
        self._dark_h = 0, 0
        self._spread = np.zeros(2)
        self._pending: dict[int, int] = {}
        self._late: dict[int, int] = {}
        self._late_at: dict[int, int] = {}
        self._left: dict[int, None] = {}
        self._ends_h: tuple[int, Doubles] | None = None
        self._skus: list[str] = []
        self._dirty: set[int] = set()
        self._is_dirty = False
        self._told_h: float | None = None

    # -- what happens ------------------------------------------------------------------------------

    def sold(self, sku: str, pieces: int, at_ns: int) -> None:
        """Take in pieces that customers took."""
        hour = self._begun(at_ns)
        self._told_h = max(self.at_h(at_ns), self._told_h or 0.0)
        at_hour = at_ns // NS_PER_HOUR
        dark_from, dark_until = self._dark_h
        is_untold = at_hour < hour - MAX_LATE_H or dark_from <= at_hour < dark_until
        row = None if is_untold else self._row(sku)
        if row is None:
            self.scores.at(at_hour).unlearnt += pieces
            return
        waiting = self._pending if at_hour >= hour else self._late
        waiting[row] = waiting.get(row, 0) + pieces
        self._dirty.add(row)
        if at_hour < hour:
            place = self.week.place(at_hour)
            self._late_at[place] = self._late_at.get(place, 0) + pieces
            self._is_dirty = True

    def available(self, sku: str, at_ns: int, *, is_available: bool) -> None:
        """Note whether customers can take an article from now on."""
        known = self.rates.rows.get(sku)
        if known is None and not is_available:
            return
        if known is not None and self.rates.is_available(known) == is_available:
            return
        self._begun(at_ns)
        row = self._row(sku)
        if row is None:
            return
        at_h = self.at_h(at_ns)
        if not is_available and self.rates.times.item(row, 1) <= self._at_h:
            self._left[row] = None
        self.rates.expose(row, at_h, is_available=is_available)
        if not self._waiting(row):
            self.rates.learn(row, at_h, 0, self._prior_rate(row), self._dispersion(row))
        self.departments.available[self.rates.group[row]] += 1 if is_available else -1
        self._dirty.add(row)

    def confirm(self, sku: str, at_ns: int) -> None:
        """Take it that an article is there, though it does not sell: what its silence means is learned by now."""
        row = self.rates.rows.get(sku)
        if row is not None and not self._waiting(row):
            self.rates.learn(row, self.at_h(at_ns), 0, self._prior_rate(row), self._dispersion(row))
            self._dirty.add(row)

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Learn the hours that are over, in steps between which nothing may be told."""
        now_hour = now_ns // NS_PER_HOUR
        hour = self._begun(now_ns)
        if now_hour - hour > MAX_DARK_H:
            yield from self._close()
            self._dark_h = hour + 1, now_hour
            self.hour = now_hour
            self._weight = self.profile.weights.item(self.week.place(now_hour))
        while self.hour is not None and self.hour < now_hour:
            yield from self._close()

    # -- what is believed --------------------------------------------------------------------------

    def beliefs(self, sku: str, now_ns: int) -> Beliefs:
        """Return what is believed of an article's rate now."""
        row = self.rates.rows.get(sku)
        if row is None:
            return first_belief(self.departments.rate_of_new(sku))
        waiting, prior_rate = self._waiting(row), self._prior_rate(row)
        return self.rates.beliefs(row, self.at_h(now_ns), waiting, prior_rate, self._dispersion(row))

    def unsold(self, first: int, count: int) -> list[tuple[str, float, float]]:
        """Return (SKU, P(nothing sold), pieces expected) of the articles of some rows that customers could take, over
        the time since each last sold, came back or was confirmed, until a till of the store last told a sale: a
        till that is silent proves nothing.
        """
        if self._told_h is None:
            return []
        rows = np.arange(first, min(first + count, self.rates.used))
        rows = rows[self.rates.times[rows, 1] < self._told_h]
        rows = rows[[not self._waiting(row) for row in rows.tolist()]] if len(rows) else rows
        prior_rates = self.departments.rates[self.rates.group[rows]]
        dispersions = self.rates.dispersions(rows, self.dispersion)
        ps, expected = self.rates.unsold(rows, self._told_h, prior_rates, dispersions)
        skus = (self._skus[row] for row in rows.tolist())
        return list(zip(skus, ps.tolist(), expected.tolist(), strict=True))

    def unsold_of(self, sku: str) -> tuple[float, float]:
        """Return (P(nothing sold), pieces expected) of an article, as `unsold`; (1, 0) where nothing is known."""
        row = self.rates.rows.get(sku)
        found = [] if row is None else self.unsold(row, 1)
        return (found[0][1], found[0][2]) if found else (1.0, 0.0)

    def dispersion_of(self, sku: str) -> float:
        """Return variance / mean of what an article sells in an hour, beyond what its rate explains."""
        row = self.rates.rows.get(sku)
        return self.dispersion if row is None else self._dispersion(row)

    def at_h(self, at_ns: int) -> float:
        """Return a time of this hour in mean hours of the store."""
        if self.hour is None:
            return self._at_h
        passed = (at_ns - self.hour * NS_PER_HOUR) / NS_PER_HOUR
        return self._at_h + self._weight * min(1.0, max(0.0, passed))

    def ends_h(self, now_ns: int) -> Doubles:
        """Return the mean hours from the start of this hour of the world to the ends of it and those after."""
        hour = now_ns // NS_PER_HOUR
        if self._ends_h is None or self._ends_h[0] != hour:
            self._ends_h = hour, np.cumsum(self.profile.weights[self.week.ahead(hour)])
        return self._ends_h[1]

    def start_h(self, now_ns: int) -> float:
        """Return now in mean hours from the start of this hour of the world."""
        return self._from_start(now_ns, now_ns)

    def hours_until(self, now_ns: int, until_ns: int) -> float:
        """Return the mean hours between now and a time, which is taken to lie within the horizon."""
        return max(0.0, self._from_start(now_ns, until_ns) - self.start_h(now_ns))

    def time_of(self, now_ns: int, hours: float) -> int:
        """Return when so many mean hours from now are over, ns; at most the horizon."""
        ends = self.ends_h(now_ns)
        sought = hours + self.start_h(now_ns)
        i = min(int(np.searchsorted(ends, sought)), len(ends) - 1)
        before = ends.item(i - 1) if i else 0.0
        share = min(1.0, (sought - before) / max(1e-12, ends.item(i) - before))
        return int((now_ns // NS_PER_HOUR + i) * NS_PER_HOUR + share * NS_PER_HOUR)

    def coming(self, now_ns: int, deliveries: list[tuple[int, int]]) -> Coming:
        """Return deliveries as (mean hours from now, pieces), those beyond the horizon left out."""
        last_ns = now_ns + (HORIZON_H - 1) * NS_PER_HOUR
        return [(self.hours_until(now_ns, at_ns), pieces) for at_ns, pieces in deliveries if at_ns < last_ns]

    def _from_start(self, now_ns: int, at_ns: int) -> float:
        ends = self.ends_h(now_ns)
        passed = max(0.0, (at_ns - now_ns // NS_PER_HOUR * NS_PER_HOUR) / NS_PER_HOUR)
        i = int(passed)
        if i >= len(ends):
            return ends.item(-1)
        before = ends.item(i - 1) if i else 0.0
        return before + (passed - i) * (ends.item(i) - before)

    # -- an hour ends ------------------------------------------------------------------------------

    def _close(self) -> Iterator[None]:
        hour = self._begun(0)
        end_h = self._at_h + self._weight
        self._score_rows(hour)
        yield
        sold, of_hour = np.zeros(MAX_DEPARTMENTS), sum(self._pending.values())
        for number, row in enumerate(sorted(self._pending.keys() | self._late.keys())):
            prompt, late = self._pending.pop(row, 0), self._late.pop(row, 0)
            pieces, prior_rate = prompt + late, self._prior_rate(row)
            if prompt:
                self.rates.see_clumps(row, prompt, self._weight, prior_rate)
            self.rates.learn(row, end_h, pieces, prior_rate, self._dispersion(row))
            sold[self.rates.group[row]] += pieces
            self._dirty.add(row)
            if number % LEARNED_AT_ONCE == LEARNED_AT_ONCE - 1:
                yield
        self.departments.live(self._weight, sold)
        self._settle_dispersion()
        for place, pieces in self._late_at.items():
            self.profile.add(place, pieces)
        self.profile.live(self.week.place(hour), of_hour)
        self.scores.at(hour).sold += float(sold.sum())
        self._late_at, self._left = {}, {}
        self._at_h, self.hour = end_h, hour + 1
        self._weight = self.profile.weights.item(self.week.place(hour + 1))
        self._ends_h = None
        self._is_dirty = True

    def _settle_dispersion(self) -> None:
        seen, due = self._spread.tolist()
        dispersion = (seen + DISPERSION_PIECES * FIRST_DISPERSION) / (due + DISPERSION_PIECES)
        self.dispersion = min(MOST_DISPERSION, max(1.0, dispersion))

    def _score_rows(self, hour: int) -> None:
        """Score this hour's turn of articles: those that were available from its start."""
        used = self.rates.used
        if used == 0:
            return
        first = hour * SCORED_AT_ONCE % used if used > SCORED_AT_ONCE else 0
        turn = np.arange(first, min(first + SCORED_AT_ONCE, used))
        rows = turn[self.rates.times[turn, 1] <= self._at_h]
        dispersions = self.rates.dispersions(rows, self.dispersion)
        prior_rates = self.departments.rates[self.rates.group[rows]]
        weights, shapes, hours = self.rates.silent(rows, self._at_h, prior_rates, dispersions)
        means = shapes / hours * self._weight
        p_none = (weights * np.exp(log_none(means, shapes, dispersions[:, None]))).sum(1)
        pieces = np.array([self._pending.get(row, 0) for row in rows.tolist()], np.float64)
        losses = -np.log(np.maximum(p_none, P_LEAST))
        for i in np.flatnonzero(pieces).tolist():
            terms = zip(weights[i].tolist(), means[i].tolist(), shapes[i].tolist(), strict=True)
            n, dispersion = int(pieces[i]), dispersions.item(i)
            p = sum(w * exp(log_of(m, size_of(m, a, dispersion), n)) for w, m, a in terms)
            losses[i] = -log(max(P_LEAST, p))
        mean = (weights * means).sum(1)
        doubt = (weights * (means**2 / shapes + means**2)).sum(1) - mean**2
        self._spread = self._spread * DISPERSION_KEEP + [
            float(((pieces - mean) ** 2 - doubt).sum()),
            float(mean.sum()),
        ]
        self.scores.count(hour, 1.0 - p_none, pieces > 0, losses)
        self._score_left(hour, set(turn.tolist()))

    def _score_left(self, hour: int, turn: set[int]) -> None:
        """Score the articles that were sold out within the hour: at least so many were asked for."""
        for row in self._left:
            n = self._pending.get(row, 0)
            if n == 0 or row not in turn:
                continue
            p_few = p_none = 0.0
            dispersion = self._dispersion(row)
            for b in self.rates.beliefs(row, self._at_h, 0, self._prior_rate(row), dispersion):
                mean = b.shape / b.hours * self._weight
                size = size_of(mean, b.shape, dispersion)
                p_few += b.weight * below(mean, size, n)
                p_none += b.weight * below(mean, size, 1)
            loss = -log(max(P_LEAST, 1.0 - p_few))
            self.scores.count(hour, np.array([1.0 - p_none]), np.array([True]), np.array([loss]))

    # -- rows --------------------------------------------------------------------------------------

    def _begun(self, at_ns: int) -> int:
        if self.hour is None:
            self.hour = at_ns // NS_PER_HOUR
            self._weight = self.profile.weights.item(self.week.place(self.hour))
            self._is_dirty = True
        return self.hour

    def _row(self, sku: str) -> int | None:
        row = self.rates.rows.get(sku)
        if row is None and self.rates.used < self._max_articles:
            row = self.rates.add(sku, self.departments.number(sku), self._at_h)
            self._skus.append(sku)
        return row

    def _prior_rate(self, row: int) -> float:
        return self.departments.rates.item(self.rates.group.item(row))

    def _dispersion(self, row: int) -> float:
        return self.rates.dispersion(row, self.dispersion)

    def _waiting(self, row: int) -> int:
        return self._pending.get(row, 0) + self._late.get(row, 0)

    # -- persistence -------------------------------------------------------------------------------

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (key, text) of what changed: "" the store, "/week" a score, else an article; None: let go."""
        if self._is_dirty:
            self._is_dirty = False
            yield "", json.dumps(self._saved(), separators=(",", ":"))
        for week, text in self.scores.dirty_rows():
            yield f"/{week}", text
        rows, self._dirty = self._dirty, set()
        for row in sorted(rows):
            yield self._skus[row], self._row_text(row)

    def restore(self, key: str, text: str) -> None:
        """Take up a row; call `settle` when all are."""
        if key == "":
            self._load(json.loads(text))
        elif key.startswith("/"):
            self.scores.restore(key[1:], text)
        elif (row := self._row(key)) is not None:
            *numbers, learned_h, since_h, exposed_h, pending, late = json.loads(text)
            self.rates.mass[row], self.rates.clumps[row] = numbers[:-2], numbers[-2:]
            self.rates.times[row] = learned_h, np.nan if since_h is None else since_h, exposed_h
            self.departments.available[self.rates.group[row]] += since_h is not None
            for waiting, pieces in ((self._pending, pending), (self._late, late)):
                if pieces:
                    waiting[row] = pieces

    def settle(self) -> None:
        """Have everything follow from what was restored."""
        self.profile.settle()
        self.departments.settle()
        self._settle_dispersion()
        if self.hour is not None:
            self._weight = self.profile.weights.item(self.week.place(self.hour))

    def _row_text(self, row: int) -> str:
        numbers = self.rates.mass[row].tolist() + self.rates.clumps[row].tolist()
        mass = ",".join([f"{x:.9g}" for x in numbers])
        times = [None if x != x else x for x in self.rates.times[row].tolist()]
        rest = [*times, self._pending.get(row, 0), self._late.get(row, 0)]
        return f"[{mass},{json.dumps(rest, separators=(',', ':'))[1:]}"

    def _saved(self) -> dict[str, object]:
        return {
            "hour": self.hour,
            "at_h": self._at_h,
            "dark": self._dark_h,
            "sold": self.profile.sold.tolist(),
            "lived": self.profile.lived.tolist(),
            "of": self.departments.saved(),
            "spread": self._spread.tolist(),
            "late": sorted(self._late_at.items()),
        }

    def _load(self, saved: dict[str, Any]) -> None:
        self.hour, self._at_h = saved["hour"], saved["at_h"]
        self._dark_h = saved["dark"][0], saved["dark"][1]
        self.profile.sold[:] = saved["sold"]
        self.profile.lived[:] = saved["lived"]
        self._spread[:] = saved["spread"]
        self._late_at = dict(saved["late"])
        self.departments.load(saved["of"])
