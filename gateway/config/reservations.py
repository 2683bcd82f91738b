"""The table [reservations] of a site's file: how long pieces are held, and when a hold is at risk. Pure."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.config.section import Section

Channel = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
MIN_TTL_S, MAX_TTL_S = 30, 14_400


class ReservationsSection(Section):
    """Pieces promised to someone until a time."""

    ttl_s: int = Field(
        600, ge=MIN_TTL_S, le=MAX_TTL_S, description="a hold lasts so long where the request does not say"
    )
    max_held_s: int = Field(
        MAX_TTL_S,
        ge=MIN_TTL_S,
        le=86_400,
        description="a hold is not extended beyond this, from its beginning",
    )
    collect_s: int = Field(
        3 * 86_400, ge=600, le=30 * 86_400, description="time to collect after the order is confirmed"
    )
    max_collect_s: int = Field(
        14 * 86_400,
        ge=600,
        le=90 * 86_400,
        description="time to collect that may be asked for, from confirming",
    )
    at_risk_below: float = Field(
        0.7, ge=0, le=0.89, description="a hold is at risk where its pieces are there less surely than this"
    )
    unknown_grace_s: int = Field(
        120, ge=0, le=86_400, description="stock may be unknown for this long before its holds are at risk"
    )
    accept_unknown: tuple[Channel, ...] = Field(
        (), max_length=32, description="channels that may hold pieces whose stock is UNKNOWN, at their risk"
    )
    erase_owner_after_s: int = Field(
        7 * 86_400, ge=86_400, le=365 * 86_400, description="owner_ref is erased this long after the end"
    )
    forget_after_s: int = Field(
        90 * 86_400, ge=86_400, le=3_650 * 86_400, description="closed reservations are deleted after this"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_held_s < self.ttl_s:
            raise ValueError(f"max_held_s = {self.max_held_s} must be at least ttl_s = {self.ttl_s}")
        if self.max_collect_s < self.collect_s:
            raise ValueError(
                f"max_collect_s = {self.max_collect_s} must be at least collect_s = {self.collect_s}"
            )
        if self.forget_after_s < self.erase_owner_after_s:
            raise ValueError(
                f"forget_after_s = {self.forget_after_s} must be at least "
                f"erase_owner_after_s = {self.erase_owner_after_s}"
            )
        return self
