"""The table [storage] of a site's file: what is kept, and for how long. Pure."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.config.section import Section
from gateway.storage.retention_rule import Retention

DAY_NS = 86_400 * 1_000_000_000
Days = Annotated[int, Field(ge=1, le=36_500)]


class StorageSection(Section):
    """How long each thing is kept, days of the shop's time. The stock itself never ages."""

    levels_days: Days = Field(
        90, ge=7, description="every change of a level; what is older is told by the hour"
    )
    hourly_days: Days = Field(
        730, ge=7, description="levels by the hour: minimum, mean, maximum; what is older, by the day"
    )
    daily_days: Days = Field(3_650, ge=7, description="levels by the day; what is older is not told at all")
    movements_days: Days = Field(
        730, ge=7, description="the journal of movements; what older ones added up to is kept"
    )
    applied_days: Days = Field(
        30, ge=2, description="ids of events that were taken in: a repeat that is older is applied again"
    )
    alerts_days: Days = Field(365, description="alerts, from when they were resolved")
    dead_letters_days: Days = Field(90, description="samples of what could not be read (1,000 at most)")
    audit_days: Days = Field(365, description="the audit log: who changed what, when and from where")
    kpis_days: Days = Field(3_650, description="the key figures of each day of each store and department")

    @model_validator(mode="after")
    def _coarser_for_longer(self) -> Self:
        for longer, shorter in (("hourly_days", "levels_days"), ("daily_days", "hourly_days")):
            if getattr(self, longer) < getattr(self, shorter):
                raise ValueError(
                    f"{longer} = {getattr(self, longer)} must be at least {shorter} = {getattr(self, shorter)}"
                )
        return self

    def retention(self) -> Retention:
        """Return it as the store takes it."""
        return Retention(
            levels_ns=self.levels_days * DAY_NS,
            hourly_ns=self.hourly_days * DAY_NS,
            daily_ns=self.daily_days * DAY_NS,
            movements_ns=self.movements_days * DAY_NS,
            applied_ns=self.applied_days * DAY_NS,
            alerts_ns=self.alerts_days * DAY_NS,
            dead_letters_ns=self.dead_letters_days * DAY_NS,
            audit_ns=self.audit_days * DAY_NS,
            kpis_ns=self.kpis_days * DAY_NS,
        )
