"""Rules of alerts beside the built-in ones: `[[alert_rules]]`. Pure."""

from typing import Annotated

from pydantic import Field

from gateway.alert_rules.model import MAX_NAMES, MAX_NOTE_CHARS, AlertRule
from gateway.alerts.records import AlertType, Severity
from gateway.config.section import Id, Section

Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], Field(max_length=MAX_NAMES)]


class AlertRuleSection(Section):
    """How a type of alert is judged somewhere, or for some articles. The most specific rule applies."""

    id: Id
    type: AlertType = Field(description="the type of alert")
    enabled: bool = Field(True, description="false: what it would judge is not judged, nor told")
    stores: Names = Field((), description="ids of stores; none: all")
    zones: Names = Field((), description="ids of zones, of an article the one where it is shown; none: all")
    departments: Names = Field((), description="departments of articles; none: all")
    skus: Names = Field((), description="articles; none: all")
    severity: Severity | None = Field(None, description="info, warning, critical; left out: as usual")
    thresholds: dict[str, float] = Field(
        default_factory=dict, description="by name, what differs from [alerts]; see docs/operators.md"
    )
    note: str = Field("", max_length=MAX_NOTE_CHARS, description="why it is there, for people")

    def rule(self) -> AlertRule:
        """Return it as a rule of this file."""
        return AlertRule(**{name: getattr(self, name) for name in type(self).model_fields}, origin="config")
