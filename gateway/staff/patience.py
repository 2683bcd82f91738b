"""How long to wait after wrong PINs: longer each time, and forgiven with time. Pure.

Each mistake adds one to a level, which sinks by one every `leak_ns`. From `free` on each mistake is followed by a pause
in which no PIN is looked at, a right one neither: 30 s, twice as long each time, up to 15 minutes. So some hundred
guesses a day at one person, of a million: a chance of one in ten thousand.
"""

from dataclasses import dataclass

from gateway.staff.model import Mistakes

S = 1_000_000_000
FIRST_PAUSE_NS = 30 * S
MAX_PAUSE_NS = 900 * S
"""Long enough against guessing; short enough that a colleague who mistypes on purpose keeps nobody out for a shift."""
MAX_OVER = 6
"""A level rises so far above `free` and no further: what was done in an hour is forgiven within some hours."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many mistakes at once are let pass, and how fast they are forgiven."""

    free: int
    leak_ns: int

    def level(self, known: Mistakes | None, now_ns: int) -> float:
        """Return how high the level is now."""
        if known is None:
            return 0.0
        return max(0.0, known.level - max(0, now_ns - known.at_ns) / self.leak_ns)

    def after(self, known: Mistakes | None, who: str, now_ns: int) -> Mistakes:
        """Return what is remembered after one more mistake."""
        return Mistakes(who, min(self.level(known, now_ns) + 1.0, float(self.free + MAX_OVER)), now_ns)

    def pause_ns(self, known: Mistakes | None, now_ns: int) -> int:
        """Return how long no PIN is looked at from now on; 0: it is."""
        if known is None or known.level < self.free:
            return 0
        pause_ns = min(MAX_PAUSE_NS, FIRST_PAUSE_NS << int(known.level - self.free))
        # a clock that was set back makes nobody wait longer than the pause
        return min(pause_ns, max(0, known.at_ns + pause_ns - now_ns))


OF_PERSON = Patience(free=5, leak_ns=3_600 * S)
"""Somebody who mistypes four times in a row has forgotten their PIN."""
OF_DEVICE = Patience(free=20, leak_ns=900 * S)
"""A shared tablet sees the mistakes of all: several people mistype within the hour, and nobody 20 times."""


def person_key(member_id: str) -> str:
    """Return the name under which mistakes at a person's PIN are remembered."""
    return f"person:{member_id}"


def device_key(member_id: str) -> str:
    """Return the name under which mistakes on a device are remembered."""
    return f"device:{member_id}"


def patience_of(who: str) -> Patience:
    """Return the patience with whom such a name is of."""
    return OF_PERSON if who.startswith("person:") else OF_DEVICE
