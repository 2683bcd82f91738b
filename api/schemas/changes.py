"""Schemas of the log of changes. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, StoreField, Timestamp

ChangeTypeField = Literal["availability", "alert", "reservation", "task"]
POSITION_EXAMPLE = "6f1c2a0b9d3e4f51:20417"


class ChangeItem(Answer):
    """Something that reads differently since this sequence."""

    sequence: int = Field(description="Its number in the store's log; none is left out.", examples=[20417])
    at: Timestamp = Field(
        description="When the gateway knew (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    type: ChangeTypeField = Field(description="What it is about.", examples=["availability"])
    subject: str = Field(
        description="The SKU, or the id of the alert, reservation or task.", examples=["DEN-501-32"]
    )
    href: str = Field(
        description="Where it reads as it does now.", examples=["/v1/stores/lyon-1/availability/DEN-501-32"]
    )


class ChangeList(Answer):
    """The next changes of a store, in order; one subject may come more than once."""

    store: StoreField
    items: tuple[ChangeItem, ...] = Field(description="The changes; empty where there are none yet.")
    after: str = Field(
        description="Give it as `after` for what comes next. It is good until changes are let go, weeks later, or the "
        "gateway is restored from a backup.",
        examples=[POSITION_EXAMPLE],
    )
    more: bool = Field(description="Whether there are more already.", examples=[False])
