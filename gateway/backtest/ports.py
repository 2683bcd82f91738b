"""Trying a rule on stored history, as the HTTP side asks for it. Plain values and protocols. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.alert_rules.model import AlertRule
from gateway.backtest.model import Judged, Score
from gateway.backtest.trial import TrialRefusal
from gateway.backtest.words import Language

BacktestRefusal = Literal[TrialRefusal, "unknown_rule", "rule_refused", "backtest_busy"]
__all__ = [
    "AlertRule",
    "BacktestAnswer",
    "BacktestAsked",
    "BacktestPort",
    "BacktestRefusal",
    "BacktestRefused",
    "Judged",
    "Language",
    "Score",
]


@dataclass(frozen=True, slots=True)
class BacktestAsked:
    """A rule (by its id, or as it would be) and the past that it is tried on. `picture` None: none is drawn."""

    rule: AlertRule | str
    stores: Sequence[str]
    from_ns: int
    to_ns: int
    horizon_ns: int
    picture: Language | None = None


@dataclass(frozen=True, slots=True)
class BacktestAnswer:
    """What the rule would have told. `from_ns`: of the period, later than asked for where history was let go."""

    rule: AlertRule
    stores: tuple[str, ...]
    from_ns: int
    to_ns: int
    score: Score
    svg: str | None


@dataclass(frozen=True, slots=True)
class BacktestRefused:
    """A rule that was not tried. `code` says why."""

    code: BacktestRefusal
    detail: str


class BacktestPort(Protocol):
    """Tries one rule at a time."""

    async def backtest(self, asked: BacktestAsked) -> BacktestAnswer | BacktestRefused:
        """Return what a rule would have told in the past; it may take half a minute."""
        ...
