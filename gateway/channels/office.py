"""Channels between HTTP and the pipeline: implements gateway.channels.model.ChannelsPort. Runtime."""

from collections.abc import Callable, Sequence

from gateway.audit import Actor
from gateway.channels.model import ChannelFault, ChannelInfo, ChannelRefused, Fulfilment, Taken, TypedSafety
from gateway.channels.ship_cost import taken
from gateway.config.channels import ChannelSection
from gateway.once import Decisions
from gateway.state import State
from gateway.storage.ports import StateRow


class ChannelDesk:
    """The channels of one gateway. `pipeline` decides in its turn."""

    def __init__(self, state: State, pipeline: Decisions, now_ns: Callable[[], int]) -> None:
        self._state = state
        self._rules = state.channels
        self._pipeline = pipeline
        self._now_ns = now_ns
        every = tuple(state.site.roles)
        self._channels = [_info(section, every) for section in self._rules.sections.values()]

    def channels(self) -> Sequence[ChannelInfo]:
        """Return all channels, in the order of the site's file."""
        return self._channels

    def fault(self, channel: str | None, fulfilment: Fulfilment) -> ChannelFault | None:
        """Return why a channel cannot ask at all."""
        return self._rules.fault(channel, fulfilment)

    def safety(self, channel: str, sku: str, store: str | None) -> TypedSafety:
        """Return what is kept back of an article that exists, in one store or in all of the channel's."""
        article = self._state.catalogue.article(sku)
        if article is None:
            raise KeyError(sku)
        now_ns = self._now_ns()
        return TypedSafety(
            self._rules.typed(channel, sku, store),
            tuple(
                (name, self._rules.safety(name, article, channel, now_ns))
                for name in self._places(channel, store)
            ),
        )

    async def set_safety(
        self, actor: Actor, channel: str, sku: str, store: str | None, pieces: int | None
    ) -> TypedSafety:
        """Type a figure, or take it back; it is on disk when this returns. Raises ChannelRefused."""
        if self._pipeline.is_full():
            raise ChannelRefused("overloaded", "the gateway holds more input than it can write")

        def decide(now_ns: int) -> bool:
            if pieces is not None and not self._rules.has_room(channel, sku, store):
                return False
            before = self._rules.typed(channel, sku, store)
            if before != pieces:
                self._take(actor, channel, sku, store, pieces, now_ns)
            return True

        if not await self._pipeline.decide(decide):
            raise ChannelRefused("too_many_figures", "no more figures can be typed: take some back")
        return self.safety(channel, sku, store)

    def _take(
        self, actor: Actor, channel: str, sku: str, store: str | None, pieces: int | None, now_ns: int
    ) -> None:
        before = self._rules.typed(channel, sku, store)
        key, text = self._rules.type(channel, sku, store, pieces)
        self._state.rows.append(StateRow("safety", key, text))
        detail = f"{_said(before)} -> {_said(pieces)}"
        self._state.audit(actor, "channels.safety_stock", store or "", f"{channel}/{sku}", detail, now_ns)
        self._state.touched.update((name, sku) for name in self._places(channel, store))

    def taken(self, store: str, sku: str, qty: int, channel: str | None) -> Taken | None:
        """Return what it costs a store to send pieces away."""
        article = self._state.catalogue.article(sku)
        if article is None or store not in self._state.site.roles:
            return None
        return taken(self._state, store, article, qty, channel, self._now_ns())

    def _places(self, channel: str, store: str | None) -> list[str]:
        stores = self._state.site.roles if store is None else (store,)
        return [name for name in stores if self._rules.sells_from(channel, name)]


def _said(pieces: int | None) -> str:
    return "none" if pieces is None else str(pieces)


def _info(section: ChannelSection, every_store: tuple[str, ...]) -> ChannelInfo:
    return ChannelInfo(
        id=section.id,
        name=section.name or section.id,
        stores=section.stores or every_store,
        fulfilment=section.fulfilment,
        safety_stock=section.safety_stock,
        risk=section.risk if section.safety_stock == "computed" else None,
        quota=section.quota,
        quota_share=section.quota_share,
        min_probability=section.min_probability,
        accept_unknown=section.accept_unknown,
    )
