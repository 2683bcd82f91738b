"""Schemas of the stream's events: the JSON after `data:`. Pure."""

from pydantic import Field

from api.schemas.availability import BandField, Quantities
from api.schemas.base import Answer, Interval90Field, SkuField, StatusField, StoreField, Timestamp


class BandedEvent(Answer):
    """`event: availability` for a key without availability:exact: after a change of status or band, no quantity."""

    store: StoreField
    sku: SkuField
    status: StatusField
    band: BandField


class SnapshotEnd(Answer):
    """`event: snapshot`: all that is subscribed was told; from here on changes follow."""

    subjects: int = Field(
        description="How many articles in stores, alerts, devices and reservations were told.", examples=[412]
    )


class AvailabilityEvent(Answer):
    """`event: availability`: the stock of an article in a store, after a change."""

    store: StoreField
    sku: SkuField
    status: StatusField
    quantities: Quantities = Field(description="The terms of what is available, in pieces.")
    zones: dict[str, int] = Field(
        description="Pieces by zone id; they sum to on_hand.", examples=[{"denim": 3, "back-room": 2}]
    )
    interval_90: Interval90Field
    at: Timestamp | None = Field(
        description="When the stock last changed (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
