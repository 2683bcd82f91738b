"""What a request for pieces could have at this instant, by the answer that its channel would get; else what instead. Pure."""

from dataclasses import replace

from gateway.answers import availability
from gateway.catalogue.articles import Article
from gateway.channels.model import Asker
from gateway.reservations.grant import Room, room_of
from gateway.reservations.model import (
    LineAsked,
    NewReservation,
    OtherVariant,
    Refusal,
    ReservedLine,
    Risk,
    Shortfall,
)
from gateway.state import State

MAX_ALTERNATIVES = 5
"""Stores named where the one asked for cannot give: a shopper looks at no more."""
MAX_VARIANT_LOOKS = 12
"""Looks at other sizes and colours for one refusal, 0.1 ms each: a storm on a hot article is full of refusals."""


class Offers:
    """Looks at the stock of one state; changes nothing."""

    def __init__(self, state: State) -> None:
        self._state = state

    def no_channel(self, asked: NewReservation) -> Refusal | None:
        """Return the refusal of a channel that is not there, or does not offer what is asked."""
        fault = self._state.channels.fault(asked.channel, asked.fulfilment)
        if fault is None:
            return None
        pointer = "/channel" if fault.code == "unknown_channel" else "/fulfilment"
        return Refusal(fault.code, fault.detail, faults=((pointer, fault.detail),))

    def least(self, asked: NewReservation) -> float:
        """Return how surely pieces must be there: as asked, and never less surely than the channel wants."""
        channels = self._state.channels
        if asked.min_probability is None:
            return channels.promise_at(asked.channel)
        return max(asked.min_probability, channels.least(asked.channel) or 0.0)

    def accepted(
        self, store: str, lines: tuple[ReservedLine, ...], asked: NewReservation, now_ns: int
    ) -> tuple[Risk, ...]:
        """Return the risks that a channel accepts: pieces of which nothing is known now."""
        if not self._state.channels.accepts_unknown(asked.channel):
            return ()
        return tuple(
            Risk(line.sku, "stock_unknown")
            for line in lines
            if self.room(store, line.sku, asked, now_ns).unknown
        )

    def unknown(self, stores: tuple[str, ...], lines: tuple[LineAsked, ...]) -> Refusal | None:
        """Return the refusal of stores or articles that are not there. `lines`: as they stood in the request."""
        for store in stores:
            if store not in self._state.site.roles:
                return Refusal("unknown_store", f"there is no store {store!r}")
        faults = tuple(
            (f"/lines/{at}/sku", f"{line.sku!r} is not known")
            for at, line in enumerate(lines)
            if self._state.catalogue.article(line.sku) is None
        )
        if faults:
            missing = faults[0][1].removesuffix(" is not known")
            return Refusal("unknown_sku", f"there is no article {missing}", faults=faults)
        return None

    def secured(
        self, store: str, lines: tuple[LineAsked, ...], asked: NewReservation, now_ns: int
    ) -> tuple[ReservedLine, ...] | Refusal:
        """Return what of the lines could be had in a store; a refusal where its stock is not known."""
        found = []
        for line in lines:
            room = self.room(store, line.sku, asked, now_ns)
            if room.unknown and not self._state.channels.accepts_unknown(asked.channel):
                return Refusal("stock_unknown", f"the stock of {line.sku} in {store} is not known now")
            found.append(ReservedLine(line.sku, line.qty, room.granted(line.qty, self.least(asked))))
        return tuple(found)

    def room(self, store: str, sku: str, asked: NewReservation, now_ns: int) -> Room:
        """Return the room for a request: the very answer that its channel would get now."""
        asker = Asker(asked.channel, asked.fulfilment)
        return room_of(availability(self._state, store, sku, 1, now_ns, is_dated=False, asker=asker))

    def shortage(
        self,
        tried: list[tuple[str, tuple[ReservedLine, ...] | Refusal]],
        lines: tuple[LineAsked, ...],
        asked: NewReservation,
        now_ns: int,
    ) -> Refusal:
        """Return the refusal of what no store tried has all of: what is short, and what could be had instead."""
        shortfalls = tuple(
            shortfall
            for store, _ in tried
            for line in lines
            if (shortfall := self._shortfall(store, line, asked, now_ns)) is not None
        )
        alternatives: list[str] = []
        for store in asked.others:
            if len(alternatives) < MAX_ALTERNATIVES and store not in asked.stores:
                found = self.secured(store, lines, asked, now_ns)
                if not isinstance(found, Refusal) and is_whole(found):
                    alternatives.append(store)
        named = ", ".join(f"{s.requested} of {s.sku} in {s.store}" for s in shortfalls[:3])
        refusal = Refusal("insufficient_availability", f"not all can be had: {named}")
        refusals = [found for _, found in tried if isinstance(found, Refusal)]
        if len(refusals) == len(tried):
            refusal = refusals[0]
        return replace(
            refusal,
            shortfalls=shortfalls,
            alternatives=tuple(alternatives),
            variants=self._variants(shortfalls, asked, now_ns),
        )

    def _variants(
        self, shortfalls: tuple[Shortfall, ...], asked: NewReservation, now_ns: int
    ) -> tuple[OtherVariant, ...]:
        """Return other sizes and colours of what is short that the stores asked have as many of, nearest in kind first."""
        found: list[OtherVariant] = []
        looks = MAX_VARIANT_LOOKS
        for sku, qty in {s.sku: s.requested for s in shortfalls}.items():
            for other in _alike(self._state.catalogue.variants(sku)):
                if looks < len(asked.stores):
                    return tuple(found)
                looks -= len(asked.stores)
                line = (LineAsked(other, qty),)
                tried = [(store, self.secured(store, line, asked, now_ns)) for store in asked.stores]
                able = tuple(store for store, got in tried if not isinstance(got, Refusal) and is_whole(got))
                if able:
                    found.append(OtherVariant(sku, other, able))
        return tuple(found)

    def _shortfall(self, store: str, line: LineAsked, asked: NewReservation, now_ns: int) -> Shortfall | None:
        room = self.room(store, line.sku, asked, now_ns)
        if room.unknown and not self._state.channels.accepts_unknown(asked.channel):
            return Shortfall(store, line.sku, line.qty, 0, room.unknown[0])
        granted = room.granted(line.qty, self.least(asked))
        if granted >= line.qty:
            return None
        reason = room.short_of(line.qty)
        return Shortfall(store, line.sku, line.qty, granted, reason, room.probability(line.qty))


def is_whole(lines: tuple[ReservedLine, ...]) -> bool:
    """Return whether all that was asked for is had."""
    return all(line.secured == line.requested for line in lines)


def _alike(variants: list[Article]) -> list[str]:
    """Return the SKUs behind the first article, those of the same size or colour first."""
    if not variants:
        return []
    wanted, *others = variants
    others.sort(key=lambda other: (other.size != wanted.size) + (other.colour != wanted.colour))
    return [other.sku for other in others]
