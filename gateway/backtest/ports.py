"""Trying a rule on stored history, as the HTTP side asks for it. Plain values and protocols. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.alert_rules.model import AlertRule
from gateway.backtest.model import Judged, Score
from gateway.backtest.trial import TrialRefusal, Tried

BacktestRefusal = Literal[TrialRefusal, "rule_refused", "backtest_busy"]
__all__ = [
    "AlertRule",
    "BacktestAnswer",
    "BacktestAsked",
    "BacktestPort",
    "BacktestRefusal",
    "BacktestRefused",
    "Judged",
    "Score",
    "answer_of",
]


@dataclass(frozen=True, slots=True)
class BacktestAsked:
    """A rule and the past that it is tried on. `picture`: the code of its language; None: none is drawn."""

    rule: AlertRule
    stores: Sequence[str]
    from_ns: int
    to_ns: int
    horizon_ns: int
    picture: str | None = None


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


def answer_of(tried: Tried, svg: str | None) -> BacktestAnswer:
    """Return what a trial found."""
    trial = tried.trial
    return BacktestAnswer(trial.rule, trial.stores, tried.from_ns, trial.to_ns, tried.score, svg)


class BacktestPort(Protocol):
    """Tries one rule at a time."""

    async def backtest(self, asked: BacktestAsked) -> BacktestAnswer | BacktestRefused:
        """Return what a rule would have told in the past; it may take a minute."""
        ...
