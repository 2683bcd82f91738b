"""Schemas of channels: who sells, what is kept back from them, how much they may hold. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, Question, SkuField, StoreField
from gateway.channels.model import Fulfilment, SafetySource

MAX_TYPED_PIECES = 1_000


class ChannelRules(Answer):
    """What a channel may promise, as the site's file says."""

    safety_stock: int | Literal["computed"] | None = Field(
        description="Pieces of each article that it never promises; computed: by the demand until the pick; null: the "
        "site's own.",
        examples=["computed"],
    )
    risk: float | None = Field(
        description="Of a computed one: share (0 to 1) of promises of the last piece that may break; null: not computed.",
        examples=[0.05],
    )
    quota: int | None = Field(
        description="Pieces of one article that it may hold in a store at once; null: no such bound.",
        examples=[20],
    )
    quota_share: float | None = Field(
        description="The same as a share (0 to 1) of the pieces on hand; the smaller counts; null: no such bound.",
        examples=[None],
    )
    min_probability: float | None = Field(
        description="It promises nothing less sure (0 to 1); null: as the site does.", examples=[0.95]
    )
    accept_unknown: bool = Field(
        description="Whether it may hold pieces whose stock is UNKNOWN.", examples=[False]
    )


class Channel(Answer):
    """A way to sell."""

    id: str = Field(description="Its name in requests.", examples=["web"])
    name: str = Field(description="Name for people.", examples=["Web shop"])
    stores: tuple[str, ...] = Field(
        description="Ids of the stores that it sells from, of those that the key sees.", examples=[["lyon-1"]]
    )
    fulfilment: tuple[Fulfilment, ...] = Field(
        description="How its customers get their pieces.", examples=[["pickup", "ship"]]
    )
    rules: ChannelRules | None = Field(description="What it may promise; null without availability:exact.")


class ChannelList(Answer):
    """The channels of the site; empty: the site names none, and any word is a channel."""

    items: tuple[Channel, ...] = Field(description="Channels, in the order of the site's file.")


class SafetyRule(Answer):
    """What is kept back of an article, and which rule says so."""

    pieces: int = Field(ge=0, description="Pieces that are never promised.", examples=[2])
    source: SafetySource = Field(
        description="typed_for_store, typed: at run time, for the channel; file: the channel's safety_stocks; article: "
        "the article's own; channel, computed: the channel's safety_stock; site: that under [stock].",
        examples=["computed"],
    )
    window_s: int | None = Field(
        description="Of a computed one: seconds from the promise to the pick; null: not computed.",
        examples=[2700],
    )
    risk: float | None = Field(
        description="Of a computed one: probability (0 to 1) accepted that more than `pieces` go meanwhile; null: not "
        "computed.",
        examples=[0.05],
    )
    expected_outflow: float | None = Field(
        description="Of a computed one: pieces that customers in the store are expected to take meanwhile; null: not "
        "computed.",
        examples=[0.62],
    )


class QuotaInForce(Answer):
    """How many pieces of an article a channel may hold in a store at once."""

    pieces: int = Field(ge=0, description="The bound, pieces.", examples=[20])
    reserved: int = Field(ge=0, description="Pieces of it that are held.", examples=[3])
    left: int = Field(ge=0, description="Pieces that it may still hold.", examples=[17])


class SafetyStockIn(Question):
    """A figure typed for a channel and an article."""

    pieces: int | None = Field(
        ge=0,
        le=MAX_TYPED_PIECES,
        description="Pieces that the channel never promises; null takes the figure back.",
        examples=[2],
    )


class SafetyInStore(SafetyRule):
    """What is in force in one store."""

    store: StoreField


class SafetyStockTyped(Answer):
    """The figure typed for a channel and an article, and what is in force."""

    channel: str = Field(description="Id of the channel.", examples=["web"])
    sku: SkuField
    store: str | None = Field(
        description="Id of the store that it is typed for; null: for all that the channel sells from.",
        examples=[None],
    )
    pieces: int | None = Field(description="The figure typed; null: none.", examples=[2])
    in_force: tuple[SafetyInStore, ...] = Field(description="What is kept back now, by store, and why.")
