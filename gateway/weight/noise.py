"""What a load cell's readings scatter by at rest, learned from their differences. Pure."""

from collections import deque
from statistics import median

PRIOR_SD_G = 5.0
"""A cheap 20 kg cell behind an HX711, before it has shown its own scatter."""
PRIOR_READINGS = 8
"""The prior weighs as many differences as this."""
LEAST_SD_G = 1.0
"""Devices round to whole grams: no cell is taken to be finer."""
KEPT_DIFFERENCES = 61
"""About a minute at 1 Hz: long enough for a median, short enough to follow a cell that grows noisy."""
HAND_SD = 8.0
"""A difference beyond this many deviations is a hand or a step, and no noise."""
MEDIAN_TO_SD = 1.0483
"""Median of |difference of two normal readings| to the deviation of one: 1 / (0.6745 · √2)."""
RECKON_EVERY = 8
"""The median is taken anew with every so many differences: it moves slowly."""


class Noise:
    """Scatter of one cell."""

    def __init__(self) -> None:
        self.sd_g = PRIOR_SD_G
        self._differences: deque[float] = deque(maxlen=KEPT_DIFFERENCES)
        self._fresh = 0
        self._last_g: float | None = None

    def feed(self, weight_g: float) -> None:
        """Take a reading in."""
        last_g, self._last_g = self._last_g, weight_g
        if last_g is None or (difference_g := abs(weight_g - last_g)) > HAND_SD * self.sd_g:
            return
        self._differences.append(difference_g)
        self._fresh += 1
        if self._fresh >= RECKON_EVERY:
            self._fresh = 0
            self._reckon()

    def restore(self, sd_g: float) -> None:
        """Take up the scatter of an earlier life, until this one has shown its own."""
        self.sd_g = max(LEAST_SD_G, sd_g)

    def _reckon(self) -> None:
        seen = len(self._differences)
        sd_g = MEDIAN_TO_SD * median(self._differences)
        self.sd_g = max(LEAST_SD_G, (PRIOR_READINGS * PRIOR_SD_G + seen * sd_g) / (PRIOR_READINGS + seen))
