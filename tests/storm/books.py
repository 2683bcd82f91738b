"""What the shoppers of a storm know for sure: who holds what, and that it is never more than there was. Pure.

A hold counts from the answer that granted it until a request is sent that may end it, or until it expires;
collected pieces count from the answer on. So the sum is at most what the gateway itself had promised at that
instant, and if it is above the pieces that ever came in, something was sold that was not there.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Pieces = dict[str, int]
"""By SKU."""


@dataclass(slots=True)
class Hold:
    """A reservation as it was told last: its pieces, and until when they are surely held (seconds of the epoch)."""

    id: str
    key: str
    pieces: Pieces
    until_s: float
    version: int
    state: str = "held"


@dataclass(slots=True)
class Books:
    """The account of one storm. `oversold`, `doubled`: what was found wrong, in words."""

    received: Counter[str] = field(default_factory=Counter)
    collected: Counter[str] = field(default_factory=Counter)
    granted: dict[str, str] = field(default_factory=dict)
    """Reservation id by idempotency key."""
    oversold: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    _sure: dict[str, Hold] = field(default_factory=dict)
    _held: Counter[str] = field(default_factory=Counter)

    def grant(self, key: str, told: dict[str, Any], until_s: float, now_s: float) -> Hold:
        """Take a granted reservation in."""
        hold = Hold(str(told["id"]), key, pieces_of(told), until_s, int(told["version"]))
        if self.granted.setdefault(key, hold.id) != hold.id:
            self.doubled.append(f"key {key} made {self.granted[key]} and {hold.id}")
        self.sure(hold, now_s)
        return hold

    def sure(self, hold: Hold, now_s: float) -> None:
        """Count a hold from now on."""
        self.unsure(hold)
        self._sure[hold.id] = hold
        self._held.update(hold.pieces)
        self.check(hold.pieces, now_s)

    def unsure(self, hold: Hold) -> None:
        """Do not count a hold any more: a request is on its way that may end it."""
        known = self._sure.pop(hold.id, None)
        if known is not None:
            self._held.subtract(known.pieces)

    def collect(self, hold: Hold, now_s: float) -> None:
        """The pieces of a hold were handed over."""
        self.unsure(hold)
        self.collected.update(hold.pieces)
        self.check(hold.pieces, now_s)

    def check(self, skus: Pieces, now_s: float) -> None:
        """Note where more is promised and gone than ever came in."""
        if any(self._held[sku] + self.collected[sku] > self.received[sku] for sku in skus):
            for hold in [hold for hold in self._sure.values() if hold.until_s <= now_s]:
                self.unsure(hold)
            self.oversold += [
                f"{sku}: {self._held[sku]} held and {self.collected[sku]} collected of {self.received[sku]}"
                for sku in skus
                if self._held[sku] + self.collected[sku] > self.received[sku]
            ]


def pieces_of(told: dict[str, Any]) -> Pieces:
    """Return the pieces that a reservation secures."""
    secured: Counter[str] = Counter()
    for line in told["lines"]:
        secured[line["sku"]] += line["secured"]
    return {sku: pieces for sku, pieces in secured.items() if pieces}
