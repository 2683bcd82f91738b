"""How the upkeep of a store goes: sizes, what was let go, and the last look for damage. Plain values. Pure."""

from dataclasses import dataclass, field

from gateway.storage.sizes import Sizes


@dataclass(slots=True)
class StoreUpkeep:
    """Written by the janitor and the look for damage, read by /metrics.

    `is_held`: nothing is let go, for the clock is not trusted. `checked_ns`: when the whole file was
    last found whole (shop's time; None: not yet in this life), which took `check_s` real seconds.
    """

    sizes: Sizes = field(default_factory=lambda: Sizes(0, 0, 0))
    let_go: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    failures: int = 0
    pages_given_back: int = 0
    is_held: bool = False
    checked_ns: int | None = None
    check_s: float = 0.0
