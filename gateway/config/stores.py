"""The shops and their zones: `[[stores]]`, `[[stores.zones]]`. Pure."""

from datetime import UTC
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from gateway.config.channels import BOTH_WAYS, FulfilmentWord
from gateway.config.place import HoursSection, PickMinutesSection, PlaceSection
from gateway.config.section import Id, Section

ZoneRole = Literal["floor", "back_room", "fitting_room", "receiving", "exit", "till"]
STOCK_ROLES = frozenset({"floor", "back_room", "receiving"})
"""Where pieces rest and can be picked; elsewhere they are on someone's arm."""
IN_HAND = "in-hand"
"""The zone of pieces that a shelf lost and no till sold yet: with a customer. In every store."""


class ZoneSection(Section):
    """A part of a store."""

    id: Id
    role: ZoneRole
    name: dict[str, str] = Field(default_factory=dict, description="by language: en, fr")
    rect: tuple[float, float, float, float] | None = Field(
        None, description="x, y, width, height on the floor plan, metres; y grows downwards"
    )


class StoreSection(Section):
    """A shop."""

    id: Id
    name: str = Field(min_length=1, max_length=100)
    timezone: str = Field("Europe/Paris", description="IANA name")
    place: PlaceSection = PlaceSection()
    hours: HoursSection | None = Field(
        None, description="opening hours; without them nothing is told to be ready by a time"
    )
    pick_minutes: PickMinutesSection = PickMinutesSection()
    source: Literal["readers", "ledger"] = Field(
        "readers", description="where its stock is known from: readers, tills and people, or the ERP's ledger"
    )
    fulfilment: tuple[FulfilmentWord, ...] = Field(
        BOTH_WAYS, min_length=1, max_length=2, description="how pieces are given to customers: pickup, ship"
    )
    zones: tuple[ZoneSection, ...] = Field(min_length=1, max_length=200)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value != str(UTC):
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"{value!r} is no IANA time zone: write one such as Europe/Paris") from error
        return value

    @model_validator(mode="after")
    def _zone_ids(self) -> Self:
        ids = [zone.id for zone in self.zones]
        if len(set(ids)) != len(ids):
            twice = next(zone for zone in ids if ids.count(zone) > 1)
            raise ValueError(f"zones: two of them have the id {twice!r}: give each its own")
        if IN_HAND in ids:
            raise ValueError(f"zones: the id {IN_HAND!r} is the gateway's own: choose another")
        return self

    @model_validator(mode="after")
    def _one_zone_of_a_ledger(self) -> Self:
        resting = [zone.id for zone in self.zones if zone.role in STOCK_ROLES]
        if self.source == "ledger" and len(resting) != 1:
            raise ValueError(
                f'zones: {", ".join(resting) or "none"} of floor, back_room or receiving: with source = "ledger" there'
                " is one, for a ledger tells of no zones; leave zones out, and there is"
            )
        return self
