"""What is known of the pieces of one shelf: their weight as configured, their spread as learned. Pure."""

from collections import deque
from dataclasses import dataclass
from math import sqrt

PRIOR_SPREAD = 0.015
"""Deviation of a piece's weight, as a share of it: 1 % measured on packed goods, and somewhat more."""
PRIOR_STEPS = 8
"""The prior weighs as many steps as this."""
LEAST_SPREAD, MOST_SPREAD = 0.01, 0.08
"""Learned within these bounds: goods that vary more cannot be counted by weight."""
KEPT_STEPS = 40
LARGEST_STEP = 4
"""Steps of more pieces tell more of the unit weight than of the spread."""
LARGEST_OFF_SHARE = 0.12
"""A step further off than this share of a piece tells no more than this: it may be no piece at all."""


@dataclass(frozen=True, slots=True)
class Goods:
    """The article of a shelf."""

    unit_weight_g: float
    spread_share: float = PRIOR_SPREAD

    @property
    def piece_g2(self) -> float:
        """Return the variance of one piece's weight."""
        return (self.spread_share * self.unit_weight_g) ** 2


class Spread:
    """How much the pieces of one shelf differ, learned from steps whose count is sure."""

    def __init__(self) -> None:
        self.share = PRIOR_SPREAD
        self._seen: deque[float] = deque(maxlen=KEPT_STEPS)

    def stepped(self, pieces: int, off_g: float, noise_g2: float, unit_weight_g: float) -> None:
        """Learn of `pieces` more or fewer that weighed `off_g` more than as many units."""
        count = abs(pieces)
        if not 1 <= count <= LARGEST_STEP:
            return
        bound = LARGEST_OFF_SHARE**2
        self._seen.append(max(-bound, min(bound, (off_g * off_g - noise_g2) / unit_weight_g**2)) / count)
        variance = (PRIOR_STEPS * PRIOR_SPREAD**2 + sum(self._seen)) / (PRIOR_STEPS + len(self._seen))
        self.share = min(max(sqrt(max(0.0, variance)), LEAST_SPREAD), MOST_SPREAD)

    def restore(self, share: float) -> None:
        """Take up the spread of an earlier life, until this one has shown its own."""
        self.share = min(max(share, LEAST_SPREAD), MOST_SPREAD)
