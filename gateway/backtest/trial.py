"""What is asked of a backtest, and one made of it: which past is needed, which rules judge it. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.alert_rules.model import AlertRule
from gateway.alerts.engine import AlertEngine, holds_of
from gateway.alerts.records import AlertType
from gateway.backtest.judge import LEARNED_BEFORE_NS, RuleJudge, trial_book, why_not
from gateway.backtest.model import DEFAULT_HORIZON_NS, MAX_DAYS, NS_PER_S, Lived, Past, Score
from gateway.backtest.picture import Shown
from gateway.backtest.run import JUDGED_BEFORE_NS, Backtest
from gateway.backtest.score import score
from gateway.backtest.shop import PastShop
from gateway.catalogue.articles import Catalogue
from gateway.delivery.language import Language
from gateway.site import Site

TrialRefusal = Literal["rule_not_testable", "too_much_history", "bad_period"]
MAX_PERIOD_NS = MAX_DAYS * 86_400 * NS_PER_S


class TrialRefused(ValueError):  # noqa: N818 - named by what happened
    """A rule that is not tried. `code` says why in a word, `detail` in a sentence."""

    def __init__(self, code: TrialRefusal, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule, and the past that it is tried on: [from_ns, to_ns) of some stores."""

    rule: AlertRule
    stores: tuple[str, ...]
    from_ns: int
    to_ns: int
    horizon_ns: int = DEFAULT_HORIZON_NS

    @property
    def past_from_ns(self) -> int:
        """Return from when on the past is needed: what is learned and judged before the period too."""
        is_predicted = self.rule.type is AlertType.PREDICTED_STOCK_OUT
        return self.from_ns - (LEARNED_BEFORE_NS if is_predicted else JUDGED_BEFORE_NS)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a trial. `from_ns`: the period's begin, later than asked for where older history was let go."""

    trial: Trial
    from_ns: int
    score: Score
    lived: tuple[Lived, ...]


def checked(trial: Trial) -> Trial:
    """Return a trial that can be made, in the stores that its rule names; raise TrialRefused."""
    reason = why_not(trial.rule.type)
    if reason is not None:
        detail = f"A rule of {trial.rule.type} cannot be tried on stored history: {reason}."
        raise TrialRefused("rule_not_testable", detail)
    if not trial.from_ns < trial.to_ns:
        raise TrialRefused("bad_period", "The period must begin before it ends, and before now.")
    if trial.to_ns - trial.from_ns > MAX_PERIOD_NS:
        raise TrialRefused("bad_period", f"The period is longer than {MAX_DAYS} days: try a shorter one.")
    stores = tuple(store for store in trial.stores if not trial.rule.stores or store in trial.rule.stores)
    return Trial(trial.rule, stores, trial.from_ns, trial.to_ns, trial.horizon_ns)


class Trying:
    """A trial under way. `past(store, from_ns, to_ns)` reads what is stored; `tried` stands when `running` is over."""

    def __init__(
        self,
        trial: Trial,
        past: Callable[[str, int, int], Past],
        site: Site,
        catalogue: Catalogue,
        max_movements: int,
    ) -> None:
        """Raises TrialRefused; RuleRefused where the rule cannot stand."""
        self.trial = checked(trial)
        self.movements = 0
        self.tried: Tried | None = None
        self._past = past
        self._site = site
        self._catalogue = catalogue
        self._rules = trial_book(site, self.trial.rule, catalogue)
        self._max_movements = max_movements

    def running(self) -> Iterator[int]:
        """Try the rule, store by store; yield how many of all `movements` are behind, every few milliseconds.

        Raises TrialRefused where there are more than may be tried.
        """
        pasts = [self._past(store, self.trial.past_from_ns, self.trial.to_ns) for store in self.trial.stores]
        self.movements = sum(past.movements for past in pasts)
        if self.movements > self._max_movements:
            raise too_much(f"{self.movements:,} movements, and {self._max_movements:,} are tried at once")
        lived: list[Lived] = []
        done = 0
        for past in pasts:
            test = self._backtest(past)
            for so_far in test.running():
                yield done + so_far
            done += past.movements
            lived.append(test.lived)
        from_ns = max((one.from_ns for one in lived), default=self.trial.from_ns)
        self.tried = Tried(self.trial, from_ns, score(lived, self.trial.horizon_ns), tuple(lived))

    def _backtest(self, past: Past) -> Backtest:
        shop = PastShop(self._site, self._catalogue, self._rules, past)
        holds = holds_of(self._rules.whole(self.trial.rule))
        alerts = AlertEngine(dict.fromkeys(AlertType, holds))
        judge = RuleJudge(self.trial.rule, self._rules, self._site, self._catalogue, shop)
        return Backtest(past, shop, alerts, judge, self.trial.from_ns)


def too_much(what: str) -> TrialRefused:
    """Return the refusal of a period that holds more than may be tried."""
    return TrialRefused(
        "too_much_history",
        f"The period and what leads up to it hold {what}: try a shorter one, one store,"
        " or `storefloor alerts backtest`.",
    )


def shown(tried: Tried, site: Site, language: Language) -> Shown:
    """Return what the picture of a trial is of."""
    timezones = {store.id: ZoneInfo(store.timezone) for store in site.config.stores}
    zones = {one.store: timezones[one.store] for one in tried.lived}
    return Shown(str(tried.trial.rule.type), tried.from_ns, tried.trial.to_ns, zones, language)
