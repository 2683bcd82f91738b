"""Whether the configured unit weight can be right: what comes and goes must be whole pieces of it. Pure."""

from collections import deque
from collections.abc import Iterable
from statistics import median

KEPT_STEPS = 16
LEAST_STEPS = 8
"""Fewer steps accuse nobody: three foreign things in a row happen."""
LEAST_SHARE = 0.2
"""A step lighter than this share of a piece is a hand, or a thing of no account."""
STEP_SD = 4.0
"""… or it is noise."""
WHOLE_SHARE = 0.12
"""A step so near a multiple of a unit is so many of them."""
WRONG_BELOW = 0.6
"""The configured weight is right while it explains this share of the steps …"""
RIGHT_FROM = 0.8
"""… and another is named only where it explains so many."""
ALIKE_SHARE = 0.06


class UnitCheck:
    """The last steps of one shelf, in grams."""

    def __init__(self, unit_weight_g: float) -> None:
        self._unit_g = unit_weight_g
        self._steps_g: deque[float] = deque(maxlen=KEPT_STEPS)

    def stepped(self, change_g: float, sd_g: float) -> None:
        """Take in by how much the settled weight changed."""
        if abs(change_g) > max(STEP_SD * sd_g, LEAST_SHARE * self._unit_g):
            self._steps_g.append(abs(change_g))

    def better_g(self) -> float | None:
        """Return the weight of what really comes and goes, where the configured one cannot be it."""
        steps_g = self._steps_g
        if len(steps_g) < LEAST_STEPS or _explained(steps_g, self._unit_g) >= WRONG_BELOW:
            return None
        units_g = [_middle(steps_g, step_g) for step_g in steps_g]
        best_g = max(units_g, key=lambda unit_g: (_explained(steps_g, unit_g), unit_g))
        return best_g if _explained(steps_g, best_g) >= RIGHT_FROM else None


def _explained(steps_g: Iterable[float], unit_g: float) -> float:
    fits = [abs(step_g / unit_g - max(1, round(step_g / unit_g))) <= WHOLE_SHARE for step_g in steps_g]
    return sum(fits) / len(fits)


def _middle(steps_g: Iterable[float], step_g: float) -> float:
    return median(other_g for other_g in steps_g if abs(other_g - step_g) <= ALIKE_SHARE * step_g)
