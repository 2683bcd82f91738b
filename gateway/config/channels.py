"""The tables [[channels]] of a site's file: who sells, from where, and how much is kept back from them. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.config.reservations import Channel
from gateway.config.section import Id, Section, Sku

FulfilmentWord = Literal["pickup", "ship"]
BOTH_WAYS: tuple[FulfilmentWord, ...] = ("pickup", "ship")
Pieces = Annotated[int, Field(ge=0, le=1_000)]
MAX_CHANNELS = 32
"""Web, app, marketplaces, tills, social: a shop that sells by more names one of them twice."""
MAX_SKUS = 10_000
"""Articles with a figure of their own in the file; more of them are typed at run time."""


class ChannelSection(Section):
    """A way to sell. With one such table, every request must name a channel that stands in one."""

    id: Channel
    name: str = Field("", max_length=100, description="for people; the id where left out")
    stores: tuple[Id, ...] = Field(
        (), max_length=20, description="ids of the stores it sells from; none: all"
    )
    fulfilment: tuple[FulfilmentWord, ...] = Field(
        BOTH_WAYS, min_length=1, max_length=2, description="how its customers get their pieces: pickup, ship"
    )
    safety_stock: Pieces | Literal["computed"] | None = Field(
        None,
        description='pieces of each article that it never promises, or "computed"; left out: the site\'s',
    )
    safety_stocks: dict[Sku, Pieces] = Field(
        default_factory=dict, max_length=MAX_SKUS, description="pieces by SKU, before all else"
    )
    risk: float = Field(
        0.05, gt=0, le=0.5, description="computed: share of promises of the last piece that may break"
    )
    pick_minutes: int | None = Field(
        None,
        ge=1,
        le=10_080,
        description="computed: from the promise to the pick, minutes of open time; left out: as long as the "
        "store's slowest pick",
    )
    quota: int | None = Field(
        None, ge=0, le=100_000, description="pieces of one article that it may hold in a store at once"
    )
    quota_share: float | None = Field(
        None, ge=0, le=1, description="the same as a share of on_hand, rounded down; the smaller counts"
    )
    min_probability: float | None = Field(
        None, ge=0, le=1, description="it promises and holds nothing less sure; left out: stock.promise_at"
    )
    accept_unknown: bool = Field(
        False, description="whether it may hold pieces whose stock is UNKNOWN, at its risk"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for key in ("stores", "fulfilment"):
            words = getattr(self, key)
            if len(set(words)) != len(words):
                raise ValueError(f"{key}: {next(w for w in words if words.count(w) > 1)!r} stands twice")
        return self
