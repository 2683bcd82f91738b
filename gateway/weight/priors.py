"""What may happen to a shelf between two rests, and how likely it is before it is weighed. Pure.

The shares are of rests that something preceded: most touches change nothing, a few take or put back
a piece, a delivery puts many, and now and then somebody leaves a thing that is no piece.
"""

from functools import cache
from math import log, pi

SAME = 0.70
TAKEN, PUT = 0.18, 0.06
NEXT_PIECE = 0.4
"""Each further piece in one go is so much rarer."""
ANY_TAKEN, ANY_PUT = 0.015, 0.05
ANY_UP_TO = 25
"""A whole shelf cleared or filled: any number up to this is as likely as another."""
FOREIGN = 0.01
FOREIGN_GONE = 0.08
LIFTED = 2e-3
"""The shelf weighs less than it can: a hand lifts it for a while, or its own parts were taken."""
LIFT_GONE = 0.8
SHIFTED = 0.02
"""The weight is off by less than counts: a price tag, a thing too light to matter."""
ODD_PIECE = 0.004
"""A piece weighs otherwise than its spread allows: opened, wet, or a larger pack."""
BOTH = 0.3
"""A foreign thing and pieces move in one go: so much rarer than chance would have it."""
KNOCKED = 1e-6
"""The zero jumped far: somebody moved the cell, or the device weighed itself anew."""
THING_G = 200.0
THING_LOG_SD = 1.2
"""What a foreign thing weighs: half of them more than a bottle of shampoo, one in fifty above 2.3 kg."""


@cache
def log_change(pieces: int) -> float:
    """Return the log share of rests at which `pieces` more (or fewer) stand on the shelf."""
    if pieces == 0:
        return log(SAME)
    count = abs(pieces)
    near, far = (PUT, ANY_PUT) if pieces > 0 else (TAKEN, ANY_TAKEN)
    beyond = max(1.0, count / ANY_UP_TO) ** 2
    return log(near * (1 - NEXT_PIECE) * NEXT_PIECE ** (count - 1) + far / ANY_UP_TO / beyond)


def log_thing(weight_g: float) -> float:
    """Return the log density (per gram) of a foreign thing's weight: log-normal."""
    off = log(weight_g / THING_G) / THING_LOG_SD
    return -0.5 * (log(2 * pi) + off * off) - log(weight_g * THING_LOG_SD)


def log_normal(off_g: float, variance_g2: float) -> float:
    """Return the log density of a normal error."""
    return -0.5 * (log(2 * pi * variance_g2) + off_g * off_g / variance_g2)
