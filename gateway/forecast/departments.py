"""How fast the articles of each department of one store sell on the mean: what a new article starts from. Pure."""

from collections.abc import Callable
from math import exp

import numpy as np

from gateway.forecast.negative_binomial import Doubles
from gateway.forecast.rates import LEAST_RATE, MOST_RATE
from gateway.forecast.week import HOURS_OF_WEEK

MAX_DEPARTMENTS = 256
"""Departments with a mean of their own; those beyond share one."""
FIRST_RATE = 1 / 240
"""Pieces per mean hour, of any article before anything is sold: one in ten days, as in a shop of clothes."""
PRIOR_PIECES = 5.0
"""Pieces that the store's mean weighs in a department's, and the first rate in the store's."""
MEMORY_H = 8.0 * HOURS_OF_WEEK
"""Mean hours after which what was sold is forgotten but for 1/e."""
OTHERS = 0
"""The number of the articles that are in no department."""


class Departments:
    """The means of one store. `department(sku)`: the name of an article's, "" where it is in none."""

    def __init__(self, department: Callable[[str], str]) -> None:
        self._department = department
        self._numbers: dict[str, int] = {"": OTHERS}
        self._sold = np.zeros(MAX_DEPARTMENTS)
        self._exposed = np.zeros(MAX_DEPARTMENTS)
        self.available = np.zeros(MAX_DEPARTMENTS, np.int64)
        self.rates: Doubles = np.full(MAX_DEPARTMENTS, FIRST_RATE)

    def number(self, sku: str) -> int:
        """Return the number of an article's department, a new one where need be."""
        return self._numbered(self._department(sku))

    def rate_of_new(self, sku: str) -> float:
        """Return the rate from which an article starts of which nothing was heard, in pieces per mean hour."""
        return self.rates.item(self._numbers.get(self._department(sku), OTHERS))

    def live(self, hours: float, sold: Doubles) -> None:
        """Take in an hour of the world: so many mean hours, pieces by department, with all that are available now."""
        keep = exp(-hours / MEMORY_H)
        self._sold = self._sold * keep + sold
        self._exposed = self._exposed * keep + self.available * hours
        self.settle()

    def settle(self) -> None:
        """Have the rates follow from what was sold; those of small departments from the store's, too."""
        sold, exposed = float(self._sold.sum()), float(self._exposed.sum())
        mean = (sold + PRIOR_PIECES) / (exposed + PRIOR_PIECES / FIRST_RATE)
        rates = (self._sold + PRIOR_PIECES) / (self._exposed + PRIOR_PIECES / mean)
        self.rates = np.clip(rates, LEAST_RATE, MOST_RATE)

    def saved(self) -> dict[str, list[float]]:
        """Return (sold, exposed) by name, of those that have any."""
        return {
            name: [self._sold.item(number), self._exposed.item(number)]
            for name, number in self._numbers.items()
            if self._exposed[number] or self._sold[number]
        }

    def load(self, saved: dict[str, list[float]]) -> None:
        """Take up what `saved` returned; call `settle` afterwards."""
        for name, (sold, exposed) in saved.items():
            number = self._numbered(name)
            self._sold[number], self._exposed[number] = sold, exposed

    def _numbered(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = len(self._numbers) if len(self._numbers) < MAX_DEPARTMENTS else OTHERS
            self._numbers[name] = number
        return number
