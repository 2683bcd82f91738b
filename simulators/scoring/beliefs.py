"""What one method believed over time, written down as it came to believe it. Pure."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

ANSWER_EVERY_NS = 60 * 1_000_000_000
"""How often every article is asked for: P(N ≥ 1), and whether one piece is promised."""
OUTLOOK_EVERY_NS = 1_800 * 1_000_000_000
OUTLOOK_HOURS = (3, 24)
"""How often every article is asked when its pieces will be gone, and within how many hours from then."""


@dataclass(slots=True)
class BeliefLog:
    """The beliefs of one method, in order of the time at which it held them.

    `items`: (at_ns, epc, zone), zone None: not believed in the store any more; None where the method
    knows no single items. `levels`: (at_ns, sku, zone, pieces); None: they follow from the items.
    `chances`, `promises`: an answer per article and minute (articles × minutes, the n-th at
    start + (n + 1) · 60 s), P(N ≥ 1) and whether one piece would be promised; None: one piece or more
    is believed, and believed surely. `alerts`: (fired_at_ns, type, sku); None: the rule of the scorer
    is applied to what is believed. `cleared`: the same of alerts that ended. `outlooks`: (at_ns, sku, hours, P(all
    its pieces are gone within them)). `inputs` says what the method was given.
    """

    name: str
    inputs: str
    items: list[tuple[int, str, str | None]] | None = None
    levels: list[tuple[int, str, str, int]] | None = None
    chances: NDArray[np.float32] | None = None
    promises: NDArray[np.bool_] | None = None
    alerts: list[tuple[int, str, str]] | None = None
    cleared: list[tuple[int, str, str]] = field(default_factory=list)
    outlooks: list[tuple[int, str, int, float]] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
