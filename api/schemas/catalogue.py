"""Schemas of stores and articles. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, NextCursor, Phase, SkuField, StoreField, Timestamp, TrackedBy
from gateway.channels import Fulfilment


class Zone(Answer):
    """A part of a store."""

    id: str = Field(description="Id of the zone.", examples=["denim"])
    role: str = Field(
        description="floor, back_room, fitting_room, receiving, exit or till.", examples=["floor"]
    )
    name: dict[str, str] = Field(
        description="Name by language code; may be empty.", examples=[{"en": "Denim wall", "fr": "Mur denim"}]
    )
    rect: tuple[float, float, float, float] | None = Field(
        description="x, y, width and height on the floor plan in metres; null: not drawn.",
        examples=[[8, 5, 6, 5]],
    )
    phase: Phase | None = Field(
        description="How well the zone's readers are known by now: prior (by general experience alone), "
        "learning (by some reads of their own), learned (by enough of them); null: no reader sees tags there, "
        "or nothing is learned of it.",
        examples=["learned"],
    )
    phase_since: Timestamp | None = Field(
        description="Since when it is in that phase (RFC 3339, UTC); null: without a phase.",
        examples=["2026-11-20T18:02:11Z"],
    )


class Position(Answer):
    """A point on the earth (WGS 84)."""

    latitude: float = Field(description="Degrees north.", examples=[45.7605])
    longitude: float = Field(description="Degrees east.", examples=[4.8597])


class StorePlace(Answer):
    """Where a store is."""

    address: str = Field(description="For people; may be empty.", examples=["Part-Dieu, 69003 Lyon"])
    position: Position | None = Field(description="Where it is on the map; null: not given.")


class Store(Answer):
    """A store that the caller sees."""

    id: StoreField
    name: str = Field(description="Name for people.", examples=["Lyon Part-Dieu"])
    timezone: str = Field(description="IANA time zone of the store.", examples=["Europe/Paris"])
    source: Literal["readers", "ledger"] = Field(
        description="Where its stock is known from.", examples=["readers"]
    )
    place: StorePlace = Field(description="Where it is.")
    channels: tuple[str, ...] = Field(
        description="Channels that sell from it; empty: none does, or the site names no channels at all.",
        examples=[["web"]],
    )
    fulfilment: tuple[Fulfilment, ...] = Field(
        description="How it gives pieces to customers: pickup, ship.", examples=[["pickup", "ship"]]
    )
    hours: dict[str, tuple[str, ...]] | None = Field(
        description="Opening hours by weekday (mon … sun), on the store's own clock; an empty list: closed; "
        "a span that ends before it begins ends on the next day; null: not given.",
        examples=[
            {
                "mon": ["10:00-19:30"],
                "tue": ["10:00-19:30"],
                "wed": [],
                "thu": [],
                "fri": [],
                "sat": [],
                "sun": [],
            }
        ],
    )
    special_hours: dict[str, tuple[str, ...]] = Field(
        description="Hours of single days by date, instead of their weekday's; an empty list: closed.",
        examples=[{"2026-12-25": []}],
    )
    zones: tuple[Zone, ...] = Field(description="Its zones.")


class StoreList(Answer):
    """The stores that the caller sees."""

    items: tuple[Store, ...] = Field(description="Stores, in the order of the site's file.")


class Article(Answer):
    """An article, or a product seen on the floor that no catalogue names."""

    sku: SkuField
    gtins: tuple[str, ...] = Field(description="GTIN-14s of the article.", examples=[["03012345000024"]])
    name: dict[str, str] = Field(
        description="Name by language code; may be empty.", examples=[{"en": "Straight jeans 32"}]
    )
    tracked_by: TrackedBy = Field(description="How its pieces are counted.", examples=["tag"])
    known: bool = Field(description="False: seen on the floor, and no catalogue names it.", examples=[True])
    department: str | None = Field(description="Department; null: not given.", examples=["denim"])
    model: str | None = Field(description="Model; null: not given.", examples=["DEN-501"])
    size: str | None = Field(description="Size; null: not given.", examples=["32"])
    colour: str | None = Field(description="Colour; null: not given.", examples=["indigo"])


class ArticleList(Answer):
    """A page of articles, by SKU; products that no catalogue names come last."""

    items: tuple[Article, ...] = Field(description="The articles of this page.")
    next_cursor: NextCursor
