"""For whom an answer is: a channel of the site, how its customer gets the pieces, and what is the shopper's own. Pure."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from api.context import ApiContext
from api.problems import Fault, Problem, pointer
from api.schemas.base import CHANNEL_PATTERN, OWNER_PATTERN, RESERVATION_PATTERN
from gateway.channels.model import Asker, Fulfilment
from gateway.ports.inventory import StoreInfo

ChannelQuery = Annotated[
    str | None,
    Query(
        pattern=CHANNEL_PATTERN,
        description="Channel that the answer is for: its safety stock, quota and stores. Left out: none in particular.",
        examples=["web"],
    ),
]
FulfilmentQuery = Annotated[
    Fulfilment,
    Query(
        description="How the customer gets the pieces: pickup in the store, or ship from it.",
        examples=["pickup"],
    ),
]
ExcludeQuery = Annotated[
    str | None,
    Query(
        pattern=RESERVATION_PATTERN,
        description="Id of a reservation whose pieces count as free: a shopper is not blocked by their own hold.",
        examples=["19aa5d3c6b04f1d27c90be1"],
    ),
]
OwnerRefQuery = Annotated[
    str | None,
    Query(
        pattern=OWNER_PATTERN,
        description="The same for all open reservations of an owner_ref.",
        examples=["cart-81c2"],
    ),
]


def asker_of(
    context: ApiContext,
    part: str,
    *,
    channel: str | None,
    fulfilment: Fulfilment = "pickup",
    exclude: str | None = None,
    owner_ref: str | None = None,
) -> Asker:
    """Return the asker that a request names in its `part` ("query"; of a body ""); raises Problem where it cannot ask."""
    require_channel(context, part, channel, fulfilment)
    return Asker(channel, fulfilment, exclude, owner_ref)


def require_channel(
    context: ApiContext,
    part: str,
    channel: str | None,
    fulfilment: Fulfilment = "pickup",
    name: str = "channel",
) -> None:
    """Raise Problem unknown_channel or fulfilment_not_offered where a channel cannot ask."""
    fault = None if channel is None else context.ports.channels.fault(channel, fulfilment)
    if fault is not None:
        field = name if fault.code == "unknown_channel" else "fulfilment"
        place = pointer((part, field) if part else (field,))
        raise Problem(fault.code, fault.detail, errors=[Fault(place, fault.detail)])


def sold_from(context: ApiContext, stores: Sequence[StoreInfo], channel: str | None) -> list[StoreInfo]:
    """Return the stores that a channel sells from; where the site names no channels, all of them."""
    if channel is None or not context.ports.channels.channels():
        return list(stores)
    return [store for store in stores if channel in store.channels]
