"""Till, returns desk and goods-in: what people tell the gateway, with the till's own errors. Pure, seeded."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from simulators.agenda import NS_PER_S
from simulators.benchmark.articles import Article
from simulators.benchmark.clocks import DeviceClock
from simulators.benchmark.families import Family, Range
from simulators.benchmark.messages import HttpEvents, Message, SerialBytes
from simulators.devices.scanner import LineScanner
from simulators.times import rfc3339

STORE = "shop-1"
DESK_CLOCK = "desk"
"""The tills' computer, among the devices that have a clock."""
TILL_SCANNER = "till-1"
MAX_EVENTS_PER_POST = 500
POSTED_AFTER_S: Range = (0.1, 0.8)
SCANNED_AFTER_S: Range = (0.01, 0.05)
SCANNED_TWICE_AFTER_S: Range = (1.2, 3.0)
"""Longer than the window in which one scanner's repeat is the same scan: it rings up twice."""


class Desk:
    """All who type or scan. `send` takes each message; its time is that of its arrival, wires at their best."""

    def __init__(
        self,
        family: Family,
        articles: Sequence[Article],
        rng: Random,
        clock: DeviceClock,
        send: Callable[[Message], None],
    ) -> None:
        self._family = family
        self._articles = [article for article in articles if not article.weight_g] or list(articles)
        self._rng = rng
        self._send = send
        self._clock = clock
        self._scanner = LineScanner()
        self._numbers: dict[str, int] = {}

    def tell_stock(self, pieces: Sequence[tuple[str, str]], now_ns: int) -> None:
        """Tell the gateway of the (EPC, SKU) of what is said to be in stock."""
        in_any_order = self._rng.sample(pieces, len(pieces))
        at_ns = now_ns - max(0, self._clock.shift_ns(now_ns))  # known before the opening, by any clock
        events = [self._event("receive", sku, epc, at_ns) for epc, sku in in_any_order]
        for first in range(0, len(events), MAX_EVENTS_PER_POST):
            self._send(HttpEvents(now_ns, tuple(events[first : first + MAX_EVENTS_PER_POST])))

    def sell(self, article: Article, epc: str | None, now_ns: int) -> str:
        """Ring up one item; return what became of it: told, missed, double or wrong."""
        family, rng = self._family, self._rng
        drawn, other = rng.random(), rng.choice(self._articles)
        again_ns = now_ns + round(rng.uniform(*SCANNED_TWICE_AFTER_S) * NS_PER_S)
        if drawn < family.till_missed_share:
            return "missed"
        drawn -= family.till_missed_share
        is_named = epc is not None and family.till_by == "epc"
        if drawn < family.till_double_share:
            self._ring_up(article, epc if is_named else None, now_ns)
            self._ring_up(article, epc if is_named else None, again_ns)
            return "double"
        drawn -= family.till_double_share
        if drawn < family.till_wrong_share and not is_named and other.sku != article.sku:
            self._ring_up(other, None, now_ns)
            return "wrong"
        self._ring_up(article, epc if is_named else None, now_ns)
        return "told"

    def take_back(self, article: Article, now_ns: int) -> None:
        """Tell of a return, by its SKU."""
        self._post(self._event("return", article.sku, None, now_ns), now_ns)

    def receive(self, article: Article, epc: str | None, now_ns: int) -> None:
        """Tell of a delivered piece, by its tag or by the code on its label."""
        named = epc if self._family.delivery_named_by == "epc" else None
        self._post(self._event("receive", article.sku, named, now_ns), now_ns)

    def write_off(self, article: Article, epc: str | None, now_ns: int) -> None:
        """Tell that a piece is thrown away: to the gateway it is a sale like any other, by its tag."""
        self._post(self._event("sale", article.sku, epc, now_ns), now_ns)

    def _ring_up(self, article: Article, epc: str | None, at_ns: int) -> None:
        if self._family.till_by == "scanner":
            received_ns = at_ns + self._delay_ns(SCANNED_AFTER_S)
            self._send(SerialBytes(received_ns, TILL_SCANNER, self._scanner.scan(article.gtin)))
        else:
            self._post(self._event("sale", article.sku, epc, at_ns), at_ns)

    def _post(self, event: Mapping[str, object], at_ns: int) -> None:
        self._send(HttpEvents(at_ns + self._delay_ns(POSTED_AFTER_S), (event,)))

    def _delay_ns(self, bounds_s: Range) -> int:
        return round(self._rng.uniform(*bounds_s) * NS_PER_S)

    def _event(self, kind: str, sku: str, epc: str | None, at_ns: int) -> dict[str, object]:
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        event: dict[str, object] = {"event_id": f"{kind}-{number:06d}", "type": kind, "store": STORE}
        event |= {"sku": sku, "qty": 1, "at": rfc3339(at_ns + self._clock.shift_ns(at_ns))}
        return event | {"epc": epc} if epc is not None else event
