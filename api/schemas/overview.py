"""Schema of the staff page's snapshot: one store, all at once. Pure."""

from pydantic import Field

from api.schemas.alerts import Alert
from api.schemas.availability import Quantities
from api.schemas.base import Answer, Interval90Field, SkuField, StatusField, StoreField, Timestamp, TrackedBy
from api.schemas.catalogue import Zone
from api.schemas.devices import Device, Ready


class OverviewStore(Answer):
    """The store shown."""

    id: StoreField
    name: str = Field(description="Name for people.", examples=["Lyon Part-Dieu"])
    timezone: str = Field(description="IANA time zone of the store.", examples=["Europe/Paris"])


class OverviewZone(Zone):
    """A zone with what lies in it."""

    watched: bool = Field(description="Whether a living reader or shelf watches it now.", examples=[True])
    pieces: int = Field(description="Pieces of all articles shown.", examples=[42])


class OverviewArticle(Answer):
    """An article with its stock."""

    sku: SkuField
    name: dict[str, str] = Field(
        description="Name by language code; may be empty.", examples=[{"en": "Straight jeans 32"}]
    )
    size: str | None = Field(description="Its size; null: not in the catalogue.", examples=["32"])
    colour: str | None = Field(description="Its colour; null: not in the catalogue.", examples=["indigo"])
    known: bool = Field(description="False: seen on the floor, and no catalogue names it.", examples=[True])
    tracked_by: TrackedBy = Field(description="How its pieces are counted.", examples=["tag"])
    status: StatusField
    quantities: Quantities = Field(description="The terms of what is available, in pieces.")
    zones: dict[str, int] = Field(
        description="Pieces by zone id; they sum to on_hand.", examples=[{"denim": 3, "back-room": 2}]
    )
    interval_90: Interval90Field
    last_seen_at: Timestamp | None = Field(
        description="Newest evidence of a piece (RFC 3339, UTC); null: never.",
        examples=["2026-11-21T18:02:11Z"],
    )


class Overview(Answer):
    """Everything that the staff page shows of a store, as of `now`."""

    now: Timestamp = Field(
        description="The shop's time as of which this is true (RFC 3339, UTC). No part of the ETag: on 304 "
        "take it from the header `Storefloor-Now`.",
        examples=["2026-11-21T18:02:14Z"],
    )
    speed: float = Field(description="Shop seconds per real second; 1 but in a demo.", examples=[1.0])
    store: OverviewStore = Field(description="The store shown.")
    zones: tuple[OverviewZone, ...] = Field(
        description="Its zones. Pieces that are in none of them (with a customer) come last, as a zone "
        "of the role in_hand.",
    )
    articles: tuple[OverviewArticle, ...] = Field(description="Its articles, by SKU, at most 2,000.")
    more_articles: int = Field(description="Articles left off beyond that bound.", examples=[0])
    alerts: tuple[Alert, ...] = Field(description="Its firing alerts, newest first, at most 200.")
    devices: tuple[Device, ...] = Field(description="Its devices.")
    readiness: Ready = Field(description="How the gateway itself is.")
