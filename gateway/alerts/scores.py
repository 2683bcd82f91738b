"""How often the alerts of each rule were of use, by what staff said: counts, and what they prove. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, lgamma, log

from gateway.alert_rules.model import default_id
from gateway.alerts.records import AlertRecord, AlertType

PRIOR = 0.5
"""Of both counts (Jeffreys): without a word said, the precision may be anything."""
SHARE = 0.9
"""Of the interval: the same as of quantities."""
MAX_RULES = 1_000
"""Rules that are scored: the types, and what people add to them."""


@dataclass(frozen=True, slots=True)
class RuleScore:
    """What was said of one rule's alerts. `precision` None: nobody said anything; `interval_90`: where it lies."""

    rule: str
    useful: int
    false: int

    @property
    def precision(self) -> float | None:
        """Return the share that was useful."""
        said = self.useful + self.false
        return self.useful / said if said else None

    @property
    def interval_90(self) -> tuple[float, float]:
        """Return the bounds of the precision with 90 % probability (Beta posterior, Jeffreys prior)."""
        a, b = self.useful + PRIOR, self.false + PRIOR
        tail = (1 - SHARE) / 2
        low = beta_quantile(tail, a, b) if self.useful else 0.0
        high = beta_quantile(1 - tail, a, b) if self.false else 1.0
        return low, high


@dataclass(slots=True)
class RuleScores:
    """The scores of a gateway's rules, counted over all time."""

    _counts: dict[str, list[int]] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)

    def note(self, before: AlertRecord, after: AlertRecord) -> None:
        """Take note of what was said of an episode; a changed mind is counted once."""
        if before.useful is after.useful:
            return
        rule = after.rule or default_id(after.type)
        if rule not in self._counts and len(self._counts) >= MAX_RULES:
            return
        counts = self._counts.setdefault(rule, [0, 0])
        if before.useful is not None:
            counts[0 if before.useful else 1] -= 1
        if after.useful is not None:
            counts[0 if after.useful else 1] += 1
        self._dirty.add(rule)

    def all(self) -> list[RuleScore]:
        """Return the scores of all rules that anything was said of, by name."""
        return [RuleScore(rule, *counts) for rule, counts in sorted(self._counts.items())]

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (rule, counts as JSON; None: no more) of what changed."""
        for rule in self._dirty:
            counts = self._counts.get(rule)
            yield rule, None if counts is None else json.dumps(counts)
        self._dirty.clear()

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what was said in an earlier life; before rules had ids, they went by their types' names."""
        for name, text in rows:
            rule = default_id(name) if name in set(AlertType) else name
            self._counts[rule] = json.loads(text)
            if rule != name:
                self._dirty |= {rule, name}


@lru_cache(maxsize=1_024)
def beta_quantile(p: float, a: float, b: float) -> float:
    """Return where the Beta(a, b) distribution reaches `p`, to 1e-6."""
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_share(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b) (DLMF 8.17.22)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    if x <= 0:
        return 0.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    return front / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction's denominator, from its far end: 200 terms are exact for counts below 10,000."""
    value = 1.0
    for term in range(200, 0, -1):
        m = term // 2
        if term % 2 == 0:
            part = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            part = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        value = 1 + part / value
    return value
