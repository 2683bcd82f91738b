"""Thresholds of the alert rules: keys of the table [alerts], good without tuning. Pure."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from gateway.config.notices import NoticesSection
from gateway.config.section import Section


class RuleThresholds(BaseModel):
    """When each rule fires and clears, beside those that look at pieces alone."""

    reorder_risk: float = Field(
        0.5, gt=0, le=1, description="low_stock too where it is sold out before its next delivery this surely"
    )
    reorder_clear_below: float = Field(
        0.3, ge=0, lt=1, description="that clears below this probability (less than reorder_risk)"
    )
    stock_out_below: float = Field(
        0.1, gt=0, lt=0.6, description="stock_out fires where one is in the store less surely than this"
    )
    stock_out_clear_above: float = Field(
        0.6, gt=0, lt=1, description="it clears above this (more than stock_out_below)"
    )
    shelf_empty_below: float = Field(
        0.5,
        gt=0,
        le=10,
        description="a shelf is empty where fewer pieces than this are expected on the floor",
    )
    shelf_empty_clear_above: float = Field(
        0.95, gt=0, le=10, description="it is filled where more are (more than shelf_empty_below)"
    )
    behind_above: float = Field(
        0.8, gt=0, lt=1, description="that is told where one lies in the back room more surely than this"
    )
    predicted_within_s: float = Field(
        86_400, ge=3_600, le=14 * 86_400, description="a stock-out is predicted so long ahead"
    )
    predicted_above: float = Field(
        0.5, gt=0, lt=1, description="predicted_stock_out fires above this probability"
    )
    predicted_clear_below: float = Field(
        0.3, ge=0, lt=1, description="it clears below this (less than predicted_above)"
    )
    coverage_below: float = Field(
        0.5, gt=0, lt=1, description="coverage_low fires where less of a zone is seen, its readers alive"
    )
    coverage_clear_above: float = Field(
        0.8, gt=0, le=1, description="it clears where as much is seen again (more than coverage_below)"
    )
    coverage_hold_s: float = Field(
        600, ge=0, le=86_400, description="coverage must be low this long to be told"
    )
    clock_off_s: float = Field(
        60,
        ge=2,
        le=86_400,
        description="a device's clock is told that is off by more; its times are corrected",
    )
    phantom_below: float = Field(
        0.2, gt=0, lt=0.6, description="phantom_inventory: the ledger has some, and one is there less surely"
    )
    phantom_unsold_below: float = Field(
        0.0001,
        ge=0,
        lt=0.5,
        description="phantom_inventory too where it is this unlikely that nothing sold for so long; 0: never",
    )
    phantom_hold_s: float = Field(
        3_600, ge=0, le=7 * 86_400, description="that must be so this long to be told"
    )
    stray_tags_per_h: float = Field(
        120,
        ge=2,
        le=100_000,
        description="stray_reads fires where an antenna meets so many tags of no known article in an hour",
    )
    stray_clear_below: float = Field(
        30, ge=1, lt=100_000, description="it clears below this (less than stray_tags_per_h)"
    )
    misplaced_after_s: float = Field(
        900, ge=0, le=86_400, description="a piece that rests so long where its article is not shown is noted"
    )
    unpicked_before_s: float = Field(
        300, ge=0, le=86_400, description="an order not picked so long before it should lie ready is told"
    )
    collect_soon_s: float = Field(
        7_200,
        ge=0,
        le=30 * 86_400,
        description="an order that lies ready is told so long before its time ends",
    )

    @model_validator(mode="after")
    def _thresholds_apart(self) -> Self:
        for above, below in (
            ("reorder_risk", "reorder_clear_below"),
            ("stock_out_clear_above", "stock_out_below"),
            ("shelf_empty_clear_above", "shelf_empty_below"),
            ("predicted_above", "predicted_clear_below"),
            ("coverage_clear_above", "coverage_below"),
            ("stray_tags_per_h", "stray_clear_below"),
        ):
            if getattr(self, below) >= getattr(self, above):
                raise ValueError(
                    f"{below} = {getattr(self, below)} must be below {above} = {getattr(self, above)}"
                )
        return self


class AlertsSection(Section, RuleThresholds):
    """When staff are told. Fire and clear thresholds are apart, each with its hold time."""

    low_stock_at: int = Field(2, ge=0, le=10_000, description="fires at this many available pieces or fewer")
    low_stock_clear_at: int = Field(4, ge=1, le=10_000, description="clears at this many or more")
    hold_s: float = Field(600, ge=0, le=86_400, description="a condition must hold this long to fire")
    clear_hold_s: float = Field(60, ge=0, le=86_400, description="its end must hold this long to clear")
    reader_down_hold_s: float = Field(
        30, ge=0, le=3_600, description="a reader must be silent this much longer"
    )
    delivery_late_s: float = Field(
        7_200, ge=0, le=30 * 86_400, description="a delivery not seen whole so long after it was due is told"
    )
    notices: NoticesSection = NoticesSection()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.low_stock_clear_at <= self.low_stock_at:
            raise ValueError(
                f"low_stock_clear_at = {self.low_stock_clear_at} must be above low_stock_at = {self.low_stock_at}"
            )
        return self
