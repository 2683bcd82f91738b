"""Deliveries, transfers and tasks of the small shop behind the ports of the API: the real ones, each pass done at once."""

from collections.abc import Callable
from typing import TypeVar

from gateway.alert_rules.office import RuleOffice
from gateway.answered import AnsweredRequest
from gateway.deliveries.office import DeliveryOffice
from gateway.once import Once
from gateway.tasks.office import TaskOffice
from gateway.transfers.office import TransferOffice
from tests.support.delivery_shop import DeliveryShop

T = TypeVar("T")


class AtOnce:
    """Implements gateway.once.Decisions over a shop: what is decided has its pass before it is told."""

    def __init__(self, shop: DeliveryShop) -> None:
        self._shop = shop
        self.full = False

    def is_full(self) -> bool:
        return self.full

    def clock_now_ns(self) -> int:
        return self._shop.now

    async def decide(self, decide: Callable[[int], T]) -> T:
        outcome = decide(self._shop.now)
        self._shop.live(self._shop.now)
        return outcome


class NothingAnswered:
    """Implements gateway.once.AnsweredTable: no request of an earlier life is known."""

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        return None

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        return []


class Documents:
    """The ports of a shop's documents."""

    def __init__(self, shop: DeliveryShop | None = None) -> None:
        self.shop = shop or DeliveryShop()
        self.pipeline = AtOnce(self.shop)
        once = Once(self.pipeline, NothingAnswered(), lambda _: None)
        self.deliveries = DeliveryOffice(self.shop.engine, self.pipeline, once)
        self.transfers = TransferOffice(self.shop.engine, self.pipeline, once)
        self.tasks = TaskOffice(self.shop.engine, self.pipeline, once)
        self.alert_rules = RuleOffice(self.shop.engine, self.pipeline, once)
