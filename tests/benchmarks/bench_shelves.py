"""Weight shelves over simulated days: the product's rule against absolute rounding and two delta trackers.

    python -m tests.benchmarks.bench_shelves [--days 7] [--seeds 1] [--units 50,100,200,500,1000]

Each shelf reports once a second (simulators/weighed_shelf.py: hands, sales, refills, foreign things,
drift); every fifth second is scored, hands and settling included. Exact: share of seconds with the
right count. MAE: mean error in pieces. ECE: mean gap between P(N >= 1) as told and as it came true, in
ten classes of equal width. A unit below about twice the noise cannot be weighed: it is here to show it.
"""

import argparse
from collections.abc import Callable
from random import Random
from time import process_time
from typing import Protocol

from gateway.weight.distribution import at_least
from gateway.weight.shelves import Shelf
from simulators.weighed_shelf import BASE, HARD, ShelfParams, WeighedShelf, replace
from tests.support.figures import figure
from tests.support.weight_rules import AbsoluteRounding, DeltaTracker

S = 1_000_000_000
SCORE_EVERY_S = 5
UNITS_G = "10,50,100,200,500,1000"
CLASSES = 10
FAMILIES = {"base": BASE, "hard": HARD, "wide": replace(BASE, spread_share=0.05)}


class Rule(Protocol):
    """What counts a shelf."""

    pieces: int | None

    def feed(self, weight_g: float, at_ns: int, /) -> object:
        """Take a reading in."""


RULES: dict[str, Callable[[ShelfParams], Rule]] = {
    "belief": lambda p: Shelf("bench", p.unit_weight_g, p.tare_g, 15 * S),
    "absolute": lambda p: AbsoluteRounding(p.unit_weight_g, p.tare_g),
    "delta 3 s": lambda p: DeltaTracker(p.unit_weight_g, p.tare_g, 3 * S),
    "delta 15 s": lambda p: DeltaTracker(p.unit_weight_g, p.tare_g, 15 * S),
}


class Score:
    """Errors of one rule."""

    def __init__(self) -> None:
        self.scored = self.exact = self.error = self.doubtful = self.surely_exact = 0
        self.took_s = 0.0
        self._classes = [[0, 0.0, 0] for _ in range(CLASSES)]

    def take(self, rule: Rule, pieces: int) -> None:
        """Score one second."""
        counted = rule.pieces or 0
        self.scored += 1
        self.exact += counted == pieces
        self.error += abs(counted - pieces)
        if isinstance(rule, Shelf):
            p = at_least(rule.distribution(), 1)
            in_doubt = rule.in_doubt
        else:
            p, in_doubt = float(counted >= 1), False
        self.doubtful += in_doubt
        self.surely_exact += counted == pieces and not in_doubt
        entry = self._classes[min(CLASSES - 1, int(p * CLASSES))]
        entry[0] += 1
        entry[1] += p
        entry[2] += pieces >= 1

    def ece(self) -> float:
        """Return the expected calibration error of P(N >= 1)."""
        return sum(abs(told - true) for _, told, true in self._classes) / self.scored

    def tell(self, name: str, is_belief: bool) -> None:
        """Print the figures."""
        figure(f"{name}, exact", 100 * self.exact / self.scored, "%")
        figure(f"{name}, MAE", self.error / self.scored, "pieces")
        figure(f"{name}, ECE of P(N >= 1)", self.ece(), "probability")
        if is_belief:
            sure = self.scored - self.doubtful
            figure(f"{name}, in doubt", 100 * self.doubtful / self.scored, "%")
            figure(f"{name}, exact where not in doubt", 100 * self.surely_exact / max(1, sure), "%")


def run(family: str, unit_g: float, seeds: int, days: float, names: list[str]) -> float:
    """Play shelves of one kind, tell the figures, and return what a reading cost the product, in us."""
    params = replace(FAMILIES[family], unit_weight_g=unit_g)
    scores = {name: Score() for name in names}
    readings = 0
    for seed in range(seeds):
        played = list(WeighedShelf(params, Random(f"{family}/{unit_g}/{seed}")).readings(int(days * 86_400)))
        readings += len(played)
        for name, score in scores.items():
            rule = RULES[name](params)
            started = process_time()
            for weighed in played:
                rule.feed(weighed.weight_g, (1 + weighed.at_s) * S)
                if weighed.at_s % SCORE_EVERY_S == 0:
                    score.take(rule, weighed.pieces)
            score.took_s += process_time() - started
    for name, score in scores.items():
        score.tell(f"shelf {family}, {unit_g:g} g, {name}", name == "belief")
    return 1e6 * scores["belief"].took_s / readings if "belief" in scores else 0.0


def main() -> None:
    """Run all families and unit weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--units", default=UNITS_G)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--rules", default=",".join(RULES))
    asked = parser.parse_args()
    costs = [
        run(family, float(unit_g), asked.seeds, asked.days, asked.rules.split(","))
        for family in asked.families.split(",")
        for unit_g in asked.units.split(",")
    ]
    figure("shelf, cost of a reading with its score", sum(costs) / len(costs), "us")


if __name__ == "__main__":
    main()
