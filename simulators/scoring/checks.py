"""What must never be, whatever the shop: checks that fail a run of the benchmark. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulators.scoring.results import PRODUCT, Score

MUST_BE_NONE = {
    "outage_fired": "no alert fires because a reader died",
    "outage_cleared": "no alert clears because a reader died",
}
"""Metrics of the product that have to be 0 where they were judged."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold in one family, and how often it did not."""

    family: str
    words: str
    times: int

    def __str__(self) -> str:
        """Return it as a line."""
        verdict = "passed" if self.times == 0 else f"FAILED, {self.times} time(s)"
        return f"check: {self.family}: {self.words}: {verdict}"


def checks(scores: Sequence[Score]) -> Iterator[Check]:
    """Yield what was checked of the product."""
    for entry in scores:
        for key, words in MUST_BE_NONE.items() if entry.method == PRODUCT else ():
            if not math.isnan(entry.values[key].value):
                yield Check(entry.family, words, round(float(entry.tally.sum_of(key).sum())))
