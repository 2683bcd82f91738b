"""A store's place in the world and in the week: `[stores.place]`, `[stores.hours]`, `[stores.pick_minutes]`. Pure."""

from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from gateway.config.section import Section
from gateway.opening_hours import WEEKDAYS, OpeningHours, parse_span


def _hours(text: str) -> str:
    parse_span(text)
    return text


Hours = Annotated[str, AfterValidator(_hours)]
DayHours = Annotated[tuple[Hours, ...], Field(max_length=6)]


class PlaceSection(Section):
    """Where a store is: for `near`, and for people."""

    address: str = Field("", max_length=200, description="for people: street, postcode, town")
    latitude: float | None = Field(None, ge=-90, le=90, description="degrees north (WGS 84)")
    longitude: float | None = Field(None, ge=-180, le=180, description="degrees east (WGS 84)")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together: write both, or none")
        return self


class HoursSection(Section):
    """When somebody is there, on the store's own clock: "09:00-19:30"; a day that is left out is closed."""

    mon: DayHours = Field((), description='Monday, such as ["10:00-19:00"], or in two parts')
    tue: DayHours = Field((), description="Tuesday")
    wed: DayHours = Field((), description="Wednesday")
    thu: DayHours = Field((), description="Thursday")
    fri: DayHours = Field((), description="Friday")
    sat: DayHours = Field((), description="Saturday")
    sun: DayHours = Field((), description="Sunday")
    special: dict[date, DayHours] = Field(
        default_factory=dict,
        max_length=400,
        description="single days by date, instead of the weekday's; an empty list is a closed day",
    )

    @model_validator(mode="after")
    def _open_at_all(self) -> Self:
        if not any(getattr(self, day) for day in WEEKDAYS) and not any(self.special.values()):
            raise ValueError("no day has hours: write at least one, or leave the table out")
        return self

    def opening_hours(self, zone: ZoneInfo) -> OpeningHours:
        """Return the hours as a rule."""
        weekly = tuple(tuple(parse_span(text) for text in getattr(self, day)) for day in WEEKDAYS)
        special = {day: tuple(parse_span(text) for text in spans) for day, spans in self.special.items()}
        return OpeningHours(zone, weekly, special)


class PickMinutesSection(Section):
    """How long a piece takes from the order to the counter, by the role of its zone, minutes of open time."""

    floor: int = Field(15, ge=0, le=10_080, description="from the sales floor")
    back_room: int = Field(30, ge=0, le=10_080, description="from the back room")
    receiving: int = Field(60, ge=0, le=10_080, description="from a delivery that is not put away")
