"""A pipeline that decides at once on the engine of a shop, without a disk. Pure."""

from collections.abc import Callable
from typing import TypeVar

from tests.support.small_site import SmallShop

T = TypeVar("T")


class AtOnce:
    """A pipeline that decides at once, unless it is full."""

    def __init__(self, shop: SmallShop) -> None:
        self.shop = shop
        self.full = False

    def is_full(self) -> bool:
        return self.full

    def clock_now_ns(self) -> int:
        return self.shop.now

    async def decide(self, decide: Callable[[int], T]) -> T:
        return decide(self.shop.now)
