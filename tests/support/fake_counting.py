"""Counts and adjustments of the small shop behind the port of the API: the real ones, each pass done at once."""

from collections.abc import Callable
from typing import TypeVar

from gateway.answered import AnsweredRequest
from gateway.counting.office import CountingOffice
from gateway.movements import JournalEntry
from gateway.once import Once
from tests.support.counting_shop import CountingShop

T = TypeVar("T")


class Counted:
    """A shop with five totes on the floor, its office, and a journal of its adjustments."""

    def __init__(self) -> None:
        self.shop = CountingShop(TOTE=5)
        self.full = False
        once = Once(self, self, lambda _: None)
        self.office = CountingOffice(self.shop.engine, self, once, self)

    def is_full(self) -> bool:
        return self.full

    def clock_now_ns(self) -> int:
        return self.shop.now

    async def decide(self, decide: Callable[[int], T]) -> T:
        outcome = decide(self.shop.now)
        self.shop.live(self.shop.now)
        return outcome

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        return None

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        return []

    def adjustments(self, store: str, before_seq: int | None, limit: int) -> list[JournalEntry]:
        found = [
            JournalEntry("j", seq, movement)
            for seq, movement in enumerate(self.shop.movements, 1)
            if movement.store == store and movement.cause == "adjustment"
        ]
        older = [entry for entry in found if before_seq is None or entry.seq < before_seq]
        return older[::-1][:limit]
