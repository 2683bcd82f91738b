"""What people are to be told now, grouped and timed: the values that the delivery takes. Pure."""

from dataclasses import dataclass
from typing import Literal

from gateway.alerts.records import AlertRecord, Severity

NoticeKind = Literal["fired", "repeated", "escalated", "resolved", "digest"]
Level = Literal["associate", "lead", "manager"]
LEVELS: tuple[Level, ...] = ("associate", "lead", "manager")
"""Who is told, in the order of escalation."""
MAX_NOTICE_ALERTS = 100
"""Alerts that a notice bears: more is no list that anybody reads. `total` says how many there are."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to people. `id` is made of what it is about, so that the same is never told twice.

    `severity`: the gravest of its alerts. `level`: who is told now; those below were told
    before (of a repetition and of an end they are told too). `total`: of how many alerts it is, `alerts` being the first MAX_NOTICE_ALERTS of them.
    `zone`, `type`: what all of them have in common; None in a digest.
    """

    id: str
    kind: NoticeKind
    store: str
    severity: Severity
    alerts: tuple[AlertRecord, ...]
    level: Level
    at_ns: int
    total: int
    zone: str | None = None
    type: str | None = None
