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
from numpy.typing import NDArray

from gateway.forecast.negative_binomial import Doubles, below, log_none, log_of, size_of
from gateway.forecast.outflow import Coming
from gateway.forecast.rates import Beliefs, Rates, first_belief
from gateway.forecast.score import EDGES, MAX_WEEKS, P_LEAST, Score, score_of
from gateway.forecast.week import HORIZON_H, HOURS_OF_WEEK, NS_PER_HOUR, LocalWeek, WeekProfile

MAX_ARTICLES = 500_000
"""Articles of one store that are followed; what more of them sell is counted and not learned."""
MAX_DEPARTMENTS = 256
"""Means of departments; those beyond share the store's."""
SCORED_AT_ONCE = 2_048
"""Articles that are scored each hour, in turn: enough to be sure within a week, and a millisecond's work."""
LEARNED_AT_ONCE = 128
"""Articles that are learned in a step of some milliseconds."""
MAX_DARK_H = 6
"""Hours without a sign of time after which nothing can be said of them: sales may have gone untold."""
MAX_LATE_H = HOURS_OF_WEEK
"""A sale told later than a week after teaches nothing."""
FIRST_RATE = 1 / 240
"""Pieces per mean hour, of any article before anything is sold: one in ten days, as in a shop of clothes."""
PRIOR_PIECES = 5.0
"""Pieces that the store's mean weighs in a department's, and the first rate in the store's."""
MEANS_MEMORY_H = 8.0 * HOURS_OF_WEEK
FIRST_DISPERSION, MOST_DISPERSION = 1.2, 20.0
DISPERSION_PIECES = 100.0
"""Pieces that the first dispersion weighs against what is seen."""
DISPERSION_KEEP = 0.998
"""Of what was seen of it, each hour: it is forgotten in three weeks."""


class StoreDemand:
    """One store. `department(sku)` names the department whose mean a new article starts from."""

    def __init__(self, week: LocalWeek, prior: Doubles, department: Callable[[str], str]) -> None:
        self.week = week
        self.profile = WeekProfile(prior)
        self.rates = Rates()
        self.scores: dict[int, Score] = {}
        self.dispersion = FIRST_DISPERSION
        self.hour: int | None = None
        self._at_h = 0.0
        self._weight = 1.0
        self._dark_h = 0, 0
        self._department = department
        self._groups: dict[str, int] = {"": 0}
        self._sold_of = np.zeros(MAX_DEPARTMENTS)
        self._exposed_of = np.zeros(MAX_DEPARTMENTS)
        self._available_of = np.zeros(MAX_DEPARTMENTS, np.int64)
        self._prior_rates = np.full(MAX_DEPARTMENTS, FIRST_RATE)
        self._spread = np.zeros(2)
        self._pending: dict[int, int] = {}
        self._late: dict[int, int] = {}
        self._late_at: dict[int, int] = {}
        self._left: dict[int, None] = {}
        self._ends_h: tuple[int, Doubles] | None = None
        self._skus: list[str] = []
        self._dirty: set[int] = set()
        self._dirty_weeks: set[int] = set()
        self._is_dirty = False

    # -- what happens ------------------------------------------------------------------------------

    def sold(self, sku: str, pieces: int, at_ns: int) -> None:
        """Take in pieces that customers took."""
        hour = self._begun(at_ns)
        at_hour = at_ns // NS_PER_HOUR
        dark_from, dark_until = self._dark_h
        is_untold = at_hour < hour - MAX_LATE_H or dark_from <= at_hour < dark_until
        row = None if is_untold else self._row(sku)
        if row is None:
            self._score(at_hour).unlearnt += pieces
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
        at_h, group = self.at_h(at_ns), self._group_of(row)
        if not is_available and self.rates.times.item(row, 1) <= self._at_h:
            self._left[row] = None
        self.rates.expose(row, at_h, is_available=is_available)
        if not self._waiting(row):
            self.rates.learn(row, at_h, 0, self._prior_rates.item(group), self.dispersion)
        self._available_of[group] += 1 if is_available else -1
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
            group = self._groups.get(self._department(sku), 0)
            return first_belief(self._prior_rates.item(group))
        prior_rate = self._prior_rates.item(self._group_of(row))
        return self.rates.beliefs(row, self.at_h(now_ns), self._waiting(row), prior_rate, self.dispersion)

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
            group = self._group_of(row)
            pieces = self._pending.pop(row, 0) + self._late.pop(row, 0)
            self.rates.learn(row, end_h, pieces, self._prior_rates.item(group), self.dispersion)
            sold[group] += pieces
            self._dirty.add(row)
            if number % LEARNED_AT_ONCE == LEARNED_AT_ONCE - 1:
                yield
        self._learn_means(sold)
        for place, pieces in self._late_at.items():
            self.profile.add(place, pieces)
        self.profile.live(self.week.place(hour), of_hour)
        self._score(hour).sold += float(sold.sum())
        self._late_at, self._left = {}, {}
        self._at_h, self.hour = end_h, hour + 1
        self._weight = self.profile.weights.item(self.week.place(hour + 1))
        self._ends_h = None
        self._is_dirty = True

    def _learn_means(self, sold: Doubles) -> None:
        keep = exp(-self._weight / MEANS_MEMORY_H)
        self._sold_of = self._sold_of * keep + sold
        self._exposed_of = self._exposed_of * keep + self._available_of * self._weight
        self._settle_means()

    def _settle_means(self) -> None:
        """Have the departments' means follow from what they sold; those of small ones from the store's too."""
        sold, exposed = float(self._sold_of.sum()), float(self._exposed_of.sum())
        mean = (sold + PRIOR_PIECES) / (exposed + PRIOR_PIECES / FIRST_RATE)
        rates = (self._sold_of + PRIOR_PIECES) / (self._exposed_of + PRIOR_PIECES / mean)
        self._prior_rates = np.clip(rates, 1e-7, 1e4)
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
        score = self._score(hour)
        weights, shapes, hours = self.rates.silent(
            rows, self._at_h, self._prior_rates[self.rates.group[rows]], self.dispersion
        )
        means = shapes / hours * self._weight
        p_none = (weights * np.exp(log_none(means, shapes, self.dispersion))).sum(1)
        pieces = np.array([self._pending.get(row, 0) for row in rows.tolist()], np.float64)
        losses = -np.log(np.maximum(p_none, P_LEAST))
        for i in np.flatnonzero(pieces).tolist():
            terms = zip(weights[i].tolist(), means[i].tolist(), shapes[i].tolist(), strict=True)
            n = int(pieces[i])
            p = sum(w * exp(log_of(m, size_of(m, a, self.dispersion), n)) for w, m, a in terms)
            losses[i] = -log(max(P_LEAST, p))
        mean = (weights * means).sum(1)
        doubt = (weights * (means**2 / shapes + means**2)).sum(1) - mean**2
        self._spread = self._spread * DISPERSION_KEEP + [
            float(((pieces - mean) ** 2 - doubt).sum()),
            float(mean.sum()),
        ]
        _count(score, 1.0 - p_none, pieces > 0, losses)
        self._score_left(score, set(turn.tolist()))

    def _score_left(self, score: Score, turn: set[int]) -> None:
        """Score the articles that were sold out within the hour: at least so many were asked for."""
        for row in self._left:
            n = self._pending.get(row, 0)
            if n == 0 or row not in turn:
                continue
            p_few = p_none = 0.0
            prior_rate = self._prior_rates.item(self._group_of(row))
            for b in self.rates.beliefs(row, self._at_h, 0, prior_rate, self.dispersion):
                mean = b.shape / b.hours * self._weight
                size = size_of(mean, b.shape, self.dispersion)
                p_few += b.weight * below(mean, size, n)
                p_none += b.weight * below(mean, size, 1)
            loss = -log(max(P_LEAST, 1.0 - p_few))
            _count(score, np.array([1.0 - p_none]), np.array([True]), np.array([loss]))

    # -- rows --------------------------------------------------------------------------------------

    def _begun(self, at_ns: int) -> int:
        if self.hour is None:
            self.hour = at_ns // NS_PER_HOUR
            self._weight = self.profile.weights.item(self.week.place(self.hour))
            self._is_dirty = True
        return self.hour

    def _row(self, sku: str) -> int | None:
        row = self.rates.rows.get(sku)
        if row is None and self.rates.used < MAX_ARTICLES:
            row = self.rates.add(sku, self._group(self._department(sku)), self._at_h)
            self._skus.append(sku)
        return row

    def _group(self, department: str) -> int:
        group = self._groups.get(department)
        if group is None:
            group = len(self._groups) if len(self._groups) < MAX_DEPARTMENTS else 0
            self._groups[department] = group
        return group

    def _group_of(self, row: int) -> int:
        return self.rates.group.item(row)

    def _waiting(self, row: int) -> int:
        return self._pending.get(row, 0) + self._late.get(row, 0)

    def _score(self, hour: int) -> Score:
        week = max(hour // HOURS_OF_WEEK, max(self.scores, default=0) - MAX_WEEKS + 1)
        score = self.scores.setdefault(week, Score(first_ns=hour * NS_PER_HOUR))
        score.last_ns = max(score.last_ns, (hour + 1) * NS_PER_HOUR)
        self._dirty_weeks.add(week)
        for old in [w for w in self.scores if w <= week - MAX_WEEKS]:
            del self.scores[old]
            self._dirty_weeks.add(old)
        return score

    # -- persistence -------------------------------------------------------------------------------

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (key, text) of what changed: "" the store, "/week" a score, else an article; None: let go."""
        if self._is_dirty:
            self._is_dirty = False
            yield "", json.dumps(self._saved(), separators=(",", ":"))
        weeks, self._dirty_weeks = self._dirty_weeks, set()
        for week in sorted(weeks):
            score = self.scores.get(week)
            yield f"/{week}", None if score is None else score.to_text()
        rows, self._dirty = self._dirty, set()
        for row in sorted(rows):
            yield self._skus[row], self._row_text(row)

    def restore(self, key: str, text: str) -> None:
        """Take up a row; call `settle` when all are."""
        if key == "":
            self._load(json.loads(text))
        elif key.startswith("/"):
            self.scores[int(key[1:])] = score_of(text)
        elif (row := self._row(key)) is not None:
            *mass, learned_h, since_h, exposed_h, pending, late = json.loads(text)
            self.rates.mass[row] = mass
            self.rates.times[row] = learned_h, np.nan if since_h is None else since_h, exposed_h
            self._available_of[self._group_of(row)] += since_h is not None
            for waiting, pieces in ((self._pending, pending), (self._late, late)):
                if pieces:
                    waiting[row] = pieces

    def settle(self) -> None:
        """Have everything follow from what was restored."""
        self.profile.settle()
        self._settle_means()
        if self.hour is not None:
            self._weight = self.profile.weights.item(self.week.place(self.hour))

    def _row_text(self, row: int) -> str:
        mass = ",".join([f"{x:.9g}" for x in self.rates.mass[row].tolist()])
        times = [None if x != x else x for x in self.rates.times[row].tolist()]
        rest = [*times, self._pending.get(row, 0), self._late.get(row, 0)]
        return f"[{mass},{json.dumps(rest, separators=(',', ':'))[1:]}"

    def _saved(self) -> dict[str, object]:
        of = {
            name: [self._sold_of.item(group), self._exposed_of.item(group)]
            for name, group in self._groups.items()
            if self._exposed_of[group] or self._sold_of[group]
        }
        return {
            "hour": self.hour,
            "at_h": self._at_h,
            "dark": self._dark_h,
            "sold": self.profile.sold.tolist(),
            "lived": self.profile.lived.tolist(),
            "of": of,
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
        for name, (sold, exposed) in saved["of"].items():
            group = self._group(name)
            self._sold_of[group], self._exposed_of[group] = sold, exposed


def _count(score: Score, p: Doubles, came_true: NDArray[np.bool_], losses: Doubles) -> None:
    bins = np.clip(np.searchsorted(EDGES, p, "right") - 1, 0, len(EDGES) - 2)
    sums = [np.bincount(bins, x, len(EDGES) - 1) for x in (np.ones(len(p)), p, came_true)]
    for name, added in zip(("bin_n", "bin_p", "bin_yes"), sums, strict=True):
        setattr(score, name, (np.array(getattr(score, name)) + added).tolist())
    score.n += len(p)
    score.log_loss += float(losses.sum())
    score.brier += float(((p - came_true) ** 2).sum())
