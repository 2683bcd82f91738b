"""Whom to tell of alerts, and when: `[alerts.notices]`. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.section import Section
from gateway.opening_hours import parse_span


def _minute(text: str) -> str:
    try:
        parse_span(f"{text}-24:00")
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of the day: write one such as 08:00") from error
    return text


TimeOfDay = Annotated[str, AfterValidator(_minute)]
TypeName = Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")]


class NoticesSection(Section):
    """When people are disturbed, and by how many messages."""

    group_window_s: float = Field(
        300, ge=0, le=86_400, description="alerts of one kind in one zone within this are told together"
    )
    repeat_s: float = Field(
        7_200, ge=0, le=7 * 86_400, description="told again after this while nobody acknowledges; 0: never"
    )
    escalate_lead_s: float = Field(
        1_800, ge=0, le=7 * 86_400, description="then the floor lead is told; 0: never"
    )
    escalate_manager_s: float = Field(
        3_600, ge=0, le=7 * 86_400, description="after that, so much later, the manager; 0: never"
    )
    escalate_from: Literal["info", "warning", "critical"] = Field(
        "critical", description="alerts of this severity and graver ones are escalated"
    )
    quiet_when_closed: bool = Field(
        True, description="what is not critical waits for the store's opening, and is told as one digest"
    )
    digest_only: tuple[TypeName, ...] = Field(
        ("misplaced_item", "gate_exit_unpaid"),
        max_length=50,
        description="types that never disturb: told with the digest alone",
    )
    language: str = Field(
        "en",
        pattern=r"^[a-z]{2,3}$",
        description="of alerts in the API, for who asks for none: a file of config/messages",
    )
    digest_at: TimeOfDay = Field("08:00", description="time of the digest in stores that have no hours")
