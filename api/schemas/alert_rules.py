"""Schemas of the rules that alerts are judged by. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.alerts import WORDS
from api.schemas.base import SKU_PATTERN, STORE_PATTERN, Answer, Question
from gateway.alert_rules.model import MAX_NAMES, MAX_NOTE_CHARS
from gateway.alerts.records import AlertType, Severity

RULE_PATTERN = r"^[a-z0-9-]{1,48}$"
"""Of those that are there: the ids of the built-in rules are longer than others may be."""
Place = Annotated[str, Field(pattern=STORE_PATTERN)]

StoresIn = Annotated[
    tuple[Place, ...],
    Field(
        max_length=MAX_NAMES,
        description="Ids of the stores that it is for; empty: all.",
        examples=[["lyon-1"]],
    ),
]
ZonesIn = Annotated[
    tuple[Place, ...],
    Field(
        max_length=MAX_NAMES,
        description="Ids of the zones that it is for, of an article the one where it is shown; empty: all.",
        examples=[["denim"]],
    ),
]
DepartmentsIn = Annotated[
    tuple[Annotated[str, Field(pattern=WORDS, max_length=100)], ...],
    Field(max_length=MAX_NAMES, description="Departments of articles; empty: all.", examples=[["denim"]]),
]
SkusIn = Annotated[
    tuple[Annotated[str, Field(pattern=SKU_PATTERN)], ...],
    Field(max_length=MAX_NAMES, description="Articles; empty: all.", examples=[["DEN-501-32"]]),
]
EnabledIn = Annotated[
    bool,
    Field(
        description="false: what it would judge is not judged, and what stands of it ends (`rule_off`).",
        examples=[True],
    ),
]
SeverityIn = Annotated[
    Severity | None, Field(description="Severity of its alerts; null: the type's own.", examples=["warning"])
]
ThresholdsIn = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], float],
    Field(
        max_length=20,
        description="By name, those of its type (docs/operators.md); durations in seconds. What is left out is as in "
        "the type's default rule.",
        examples=[{"fire_at": 3, "clear_at": 6}],
    ),
]
NoteIn = Annotated[
    str,
    Field(
        max_length=MAX_NOTE_CHARS,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Why it is there, for people.",
        examples=["Empties within the hour on Saturdays"],
    ),
]


class AlertRulePatch(Question):
    """What is to be different; what is left out stays. `thresholds` are replaced as a whole."""

    enabled: EnabledIn = True
    stores: StoresIn = ()
    zones: ZonesIn = ()
    departments: DepartmentsIn = ()
    skus: SkusIn = ()
    severity: SeverityIn = None
    thresholds: ThresholdsIn = Field(default_factory=dict)
    note: NoteIn = ""


class AlertRuleIn(AlertRulePatch):
    """A new rule."""

    id: str = Field(
        pattern=r"^[a-z0-9-]{1,32}$", description="Its id, which no other rule has.", examples=["denim-low"]
    )
    type: AlertType = Field(description="The type of alert that it judges.", examples=["low_stock"])


class RuleInForce(Answer):
    """What a rule judges by: its own values, and for the rest its type's default rule's."""

    severity: Severity = Field(description="Severity of its alerts.", examples=["warning"])
    thresholds: dict[str, float] = Field(
        description="All thresholds of its type, by name; durations in seconds.",
        examples=[{"fire_at": 3, "clear_at": 6, "hold_s": 600, "clear_hold_s": 60}],
    )


class AlertRule(Answer):
    """One rule."""

    id: str = Field(description="Its id.", examples=["denim-low"])
    type: AlertType = Field(description="The type of alert that it judges.", examples=["low_stock"])
    origin: Literal["default", "config", "api"] = Field(
        description="Where it comes from: built in (values of `[alerts]`), from the site's file, or from here.",
        examples=["api"],
    )
    enabled: bool = Field(description="Whether it judges.", examples=[True])
    stores: tuple[str, ...] = Field(description="Stores that it is for; empty: all.", examples=[["lyon-1"]])
    zones: tuple[str, ...] = Field(description="Zones that it is for; empty: all.", examples=[["denim"]])
    departments: tuple[str, ...] = Field(description="Departments; empty: all.", examples=[[]])
    skus: tuple[str, ...] = Field(description="Articles; empty: all.", examples=[[]])
    severity: Severity | None = Field(
        description="Severity of its alerts; null: the type's own.", examples=[None]
    )
    thresholds: dict[str, float] = Field(
        description="What it says itself, by name; durations in seconds.",
        examples=[{"fire_at": 3, "clear_at": 6}],
    )
    in_force: RuleInForce = Field(description="What it judges by, with what it does not say itself.")
    note: str = Field(description="Why it is there, for people.", examples=["Empties within the hour"])
    version: int = Field(ge=1, description="Counts its changes: the ETag holds it.", examples=[1])
    problem: str | None = Field(
        description="Why it judges nothing though it is kept: it does not fit to the site's file any more. null: it fits.",
        examples=[None],
    )


class AlertRuleList(Answer):
    """The rules of the caller's stores: the built-in ones first, then by id."""

    items: tuple[AlertRule, ...] = Field(description="The rules.")
