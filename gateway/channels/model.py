"""Who sells, to whom and how: what a question about stock says of its asker, and what may be asked of channels. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.audit import Actor

Fulfilment = Literal["pickup", "ship"]
SafetySource = Literal[
    "typed_for_store", "typed", "file", "article", "channel", "computed", "site"
]  # fmt: skip
NOT_SOLD_HERE, NOT_OFFERED_HERE = "not_sold_here", "not_offered_here"


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom an answer is. `channel` None: for none in particular.

    What the reservation `exclude` and the holds of `owner_ref` have counts as free: it is the shopper's own.
    """

    channel: str | None = None
    fulfilment: Fulfilment = "pickup"
    exclude: str | None = None
    owner_ref: str | None = None


ANYBODY = Asker()


@dataclass(frozen=True, slots=True)
class ChannelFault:
    """Why a channel cannot ask at all. `near`: the nearest names that exist."""

    code: Literal["unknown_channel", "fulfilment_not_offered"]
    detail: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetyStock:
    """Pieces that are not promised, and which rule says so.

    Where it is computed: of how long a time (`window_s`), with which `risk`, and the `expected` pieces that
    customers in the store take meanwhile.
    """

    pieces: int
    source: SafetySource
    window_s: float | None = None
    risk: float | None = None
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How many pieces of an article a channel may have reserved in a store at once, and has."""

    limit: int
    reserved: int

    @property
    def left(self) -> int:
        """Return how many more it may reserve."""
        return max(0, self.limit - self.reserved)


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel as others see it. `safety_stock` "computed": by the demand, with `risk`; None: the site's."""

    id: str
    name: str
    stores: tuple[str, ...]
    fulfilment: tuple[Fulfilment, ...]
    safety_stock: int | Literal["computed"] | None
    risk: float | None
    quota: int | None
    quota_share: float | None
    min_probability: float | None
    accept_unknown: bool


@dataclass(frozen=True, slots=True)
class TypedSafety:
    """The figure typed at run time for a channel and an article (None: none), and what is in force, by store."""

    typed: int | None
    in_force: tuple[tuple[str, SafetyStock], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What it costs a store's own customers that pieces are sent away.

    `left`: pieces that may still be promised after. `lost`: pieces of those sent that its customers would have
    bought within a week, on the mean. `days_left`: how long the rest lasts, on the mean, at most that week; None:
    nobody buys at its shelves. `is_low`: the rest is at or below where staff are told, and was not before.
    """

    left: int
    lost: float
    days_left: float | None
    is_low: bool


class ChannelRefused(Exception):  # noqa: N818 - named by what happened
    """A figure that was not taken. `code` says why."""

    def __init__(self, code: Literal["too_many_figures", "overloaded"], detail: str) -> None:
        super().__init__(detail)
        self.code: Literal["too_many_figures", "overloaded"] = code
        self.detail = detail


class ChannelsPort(Protocol):
    """The channels of the site; empty: a channel is the caller's own word."""

    def channels(self) -> Sequence[ChannelInfo]:
        """Return all channels, in the order of the site's file."""
        ...

    def fault(self, channel: str | None, fulfilment: Fulfilment) -> ChannelFault | None:
        """Return why a channel cannot ask at all; None where it can."""
        ...

    def safety(self, channel: str, sku: str, store: str | None) -> TypedSafety:
        """Return what is kept back of an article that exists, in one store or (None) in all of the channel's."""
        ...

    async def set_safety(
        self, actor: Actor, channel: str, sku: str, store: str | None, pieces: int | None
    ) -> TypedSafety:
        """Type a figure, for a store or (None) all of them; None takes it back. Raises ChannelRefused."""
        ...

    def taken(self, store: str, sku: str, qty: int, channel: str | None) -> Taken | None:
        """Return what it costs a store to send pieces away; None where there is no such store or article."""
        ...
