"""Thresholds of the alert rules: keys of the table [alerts], good without tuning. Pure."""

from pydantic import BaseModel, Field


class RuleThresholds(BaseModel):
    """When each rule fires and clears, beside those that look at pieces alone."""

    unpicked_before_s: float = Field(
        300, ge=0, le=86_400, description="an order not picked so long before it should lie ready is told"
    )
    collect_soon_s: float = Field(
        7_200,
        ge=0,
        le=30 * 86_400,
        description="an order that lies ready is told so long before its time ends",
    )
