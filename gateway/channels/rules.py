"""What each channel may promise: where it sells, what is kept back from it, and how much it may hold. Pure.

The safety stock of an article is the first figure of: typed at run time for the channel and the store, typed for
the channel, the channel's `safety_stocks`, the article's own, the channel's `safety_stock` (a figure, or computed by
the demand), the site's. What is said of an article comes before what is said of all; then the channel before the site.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from math import floor
from typing import Protocol

from gateway.catalogue.articles import Article
from gateway.channels.model import (
    NOT_OFFERED_HERE,
    NOT_SOLD_HERE,
    Asker,
    ChannelFault,
    Fulfilment,
    QuotaUse,
    SafetySource,
    SafetyStock,
)
from gateway.config.channels import ChannelSection
from gateway.site import Site, ns

MAX_FIGURES = 200_000
"""Figures typed at run time, 200 B each: every article of a large shop for several channels."""
COMPUTED_EVERY_NS = 60 * 1_000_000_000
"""A computed figure holds for the minute: demand moves by the hour, and computing it costs 0.1 ms."""
MAX_COMPUTED = 50_000
"""Figures of this minute that are remembered; all are forgotten there, and computed anew."""
NS_PER_MINUTE = 60 * 1_000_000_000
FLOOR_SLACK = 1e-9
"""0.29 of 100 pieces are 29, though not in binary."""


class OutflowForecast(Protocol):
    """Of the demand forecast, what is asked here."""

    def safety_stock(self, store: str, sku: str, now_ns: int, window_s: float, risk: float) -> int:
        """Return the smallest s with P(more than s pieces go within the next `window_s` seconds) <= risk."""
        ...

    def expected(self, store: str, sku: str, now_ns: int, until_ns: int) -> float:
        """Return the pieces that will be asked for until `until_ns`, on the mean."""
        ...


class ChannelRules:
    """The rules of one site, and the figures typed at run time. `demand`: None where nothing forecasts."""

    def __init__(self, site: Site, demand: Callable[[], OutflowForecast | None] = lambda: None) -> None:
        self._site = site
        self._demand = demand
        self.sections = {section.id: section for section in site.config.channels}
        self._stores = {c.id: frozenset(c.stores or site.roles) for c in site.config.channels}
        self._ways = {store.id: frozenset(store.fulfilment) for store in site.config.stores}
        self._figures: dict[tuple[str, str, str], int] = {}
        self._computed: dict[tuple[str, str, str], tuple[int, SafetyStock]] = {}

    # -- who may ask ----------------------------------------------------------------------------------

    def fault(self, channel: str | None, fulfilment: Fulfilment) -> ChannelFault | None:
        """Return why a channel cannot ask at all. Where the site has no table of channels, every name goes."""
        if channel is None or not self.sections:
            return None
        section = self.sections.get(channel)
        if section is None:
            near = tuple(get_close_matches(channel, list(self.sections), n=3))
            named = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.sections)}"
            return ChannelFault("unknown_channel", f"there is no channel {channel!r}: {named}", near)
        if fulfilment not in section.fulfilment:
            detail = f"channel {channel!r} does not offer {fulfilment!r}, but {', '.join(section.fulfilment)}"
            return ChannelFault("fulfilment_not_offered", detail)
        return None

    def sells_from(self, channel: str | None, store: str) -> bool:
        """Return whether a channel sells from a store; one that stands in no table does from all."""
        stores = self._stores.get(channel or "")
        return stores is None or store in stores

    def closed(self, store: str, asker: Asker) -> str | None:
        """Return why nothing of a store may be promised to an asker; None where something may."""
        if not self.sells_from(asker.channel, store):
            return NOT_SOLD_HERE
        return None if asker.fulfilment in self._ways[store] else NOT_OFFERED_HERE

    def has_customers(self, store: str) -> bool:
        """Return whether customers come to a store: to one that ships alone nobody does."""
        return "pickup" in self._ways[store]

    # -- how much -------------------------------------------------------------------------------------

    def safety(self, store: str, article: Article, channel: str | None, now_ns: int) -> SafetyStock:
        """Return the pieces of an article that a channel never promises in a store, and by which rule."""
        section = self.sections.get(channel or "")
        found = None if section is None else self._of_article(section, store, article.sku)
        if found is not None:
            return found
        if article.safety_stock is not None:
            return SafetyStock(article.safety_stock, "article")
        if section is not None and section.safety_stock == "computed":
            computed = self._computed_for(section, store, article.sku, now_ns)
            if computed is not None:
                return computed
        elif section is not None and isinstance(section.safety_stock, int):
            return SafetyStock(section.safety_stock, "channel")
        return SafetyStock(self._site.config.stock.safety_stock, "site")

    def _of_article(self, section: ChannelSection, store: str, sku: str) -> SafetyStock | None:
        """Return what is said of this article for a channel."""
        places: tuple[tuple[str, SafetySource], ...] = ((store, "typed_for_store"), ("", "typed"))
        for place, source in places if self._figures else ():
            pieces = self._figures.get((section.id, sku, place))
            if pieces is not None:
                return SafetyStock(pieces, source)
        pieces = section.safety_stocks.get(sku)
        return None if pieces is None else SafetyStock(pieces, "file")

    def _computed_for(self, section: ChannelSection, store: str, sku: str, now_ns: int) -> SafetyStock | None:
        """Return what is kept back for the customers who come before the pick; None where nothing forecasts them."""
        demand = self._demand()
        if demand is None:
            return None
        key = section.id, store, sku
        at_ns = now_ns - now_ns % COMPUTED_EVERY_NS
        known = self._computed.get(key)
        if known is None or known[0] != at_ns:
            if len(self._computed) >= MAX_COMPUTED:
                self._computed.clear()
            until_ns = self._picked_by(section, store, at_ns)
            window_s = (until_ns - at_ns) / ns(1)
            pieces = demand.safety_stock(store, sku, at_ns, window_s, section.risk)
            expected = demand.expected(store, sku, at_ns, until_ns)
            known = at_ns, SafetyStock(pieces, "computed", window_s, section.risk, expected)
            self._computed[key] = known
        return known[1]

    def _picked_by(self, section: ChannelSection, store: str, now_ns: int) -> int:
        """Return when pieces that are promised now are picked: after so many minutes of open time."""
        minutes = section.pick_minutes
        if minutes is None:
            minutes_of, roles = self._site.pick_minutes[store], self._site.roles[store].values()
            minutes = max((minutes_of[role] for role in roles if role in minutes_of), default=0)
        work_ns = minutes * NS_PER_MINUTE
        hours = self._site.hours.get(store)
        until_ns = None if hours is None else hours.after_open(now_ns, work_ns)
        return now_ns + work_ns if until_ns is None else until_ns

    def has_quota(self, channel: str | None) -> bool:
        """Return whether a channel may hold only so many."""
        section = self.sections.get(channel or "")
        return section is not None and (section.quota is not None or section.quota_share is not None)

    def quota(self, channel: str | None, on_hand: int, reserved: int) -> QuotaUse | None:
        """Return how many of the pieces on hand a channel may hold, `reserved` of them being its own already."""
        section = self.sections.get(channel or "")
        if section is None:
            return None
        limits = [] if section.quota is None else [section.quota]
        if section.quota_share is not None:
            limits.append(floor(section.quota_share * on_hand + FLOOR_SLACK))
        return QuotaUse(min(limits), reserved) if limits else None

    # -- how surely -----------------------------------------------------------------------------------

    def promise_at(self, channel: str | None) -> float:
        """Return how surely pieces must be there to be promised to a channel."""
        least = self.least(channel)
        return self._site.config.stock.promise_at if least is None else least

    def least(self, channel: str | None) -> float | None:
        """Return the channel's own least probability; None where it has none."""
        section = self.sections.get(channel or "")
        return None if section is None else section.min_probability

    def accepts_unknown(self, channel: str) -> bool:
        """Return whether a channel may hold what is UNKNOWN."""
        section = self.sections.get(channel)
        return (section is not None and section.accept_unknown) or (
            channel in self._site.config.reservations.accept_unknown
        )

    # -- figures typed at run time --------------------------------------------------------------------

    def typed(self, channel: str, sku: str, store: str | None) -> int | None:
        """Return the figure typed for a channel and an article, in one store or for all of them."""
        return self._figures.get((channel, sku, store or ""))

    def has_room(self, channel: str, sku: str, store: str | None) -> bool:
        """Return whether a figure can be typed."""
        return len(self._figures) < MAX_FIGURES or (channel, sku, store or "") in self._figures

    def type(self, channel: str, sku: str, store: str | None, pieces: int | None) -> tuple[str, str | None]:
        """Take a figure, None: take it back; return (key, text) of the row that keeps it."""
        place = channel, sku, store or ""
        if pieces is None:
            self._figures.pop(place, None)
        else:
            self._figures[place] = pieces
        return "/".join(place), None if pieces is None else str(pieces)

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what was typed in an earlier life; those of channels that are not there now wait for them."""
        for key, text in rows:
            channel, sku, store = key.split("/")
            self._figures[channel, sku, store] = int(text)
