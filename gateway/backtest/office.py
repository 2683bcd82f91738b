"""Tries rules on the store of a running gateway: aside, one at a time, at half a core, for a while. Runtime.

    request ─▶ one thread: a millisecond or two of work, as much of rest, ··· ─▶ answer, or "too much history"

A backtest is arithmetic in Python, which the loop and the writer would have to wait for: it rests as long as it
works, and neither ever waits for more than one of its slices.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from gateway.alert_rules.book import RuleBook, RuleRefused
from gateway.backtest.model import Past
from gateway.backtest.picture import picture
from gateway.backtest.ports import BacktestAnswer, BacktestAsked, BacktestRefused
from gateway.backtest.score import score
from gateway.backtest.trial import Trial, TrialRefused, Tried, backtest, checked, shown
from gateway.catalogue import Catalogue
from gateway.site import Site, ns

MAX_MOVEMENTS: Final = 500_000
"""Of one question; what is beyond is tried on the command line, which has a core of its own."""
MAX_S: Final = 30.0
"""A person at a page waits no longer, nor do proxies."""
LEAST_REST_S: Final = 0.000_5
"""A shorter sleep is none."""


class PastStore(Protocol):
    """What is stored."""

    def past(self, store: str, from_ns: int, to_ns: int, settle_ns: int) -> Past:
        """Return what is stored of a store over a time."""
        ...


class BacktestOffice:
    """Implements gateway.backtest.ports.BacktestPort."""

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        rules: RuleBook,
        store: PastStore,
        now_ns: Callable[[], int],
        *,
        max_movements: int = MAX_MOVEMENTS,
        max_s: float = MAX_S,
    ) -> None:
        self._site = site
        self._catalogue = catalogue
        self._rules = rules
        self._store = store
        self._now_ns = now_ns
        self._max_movements = max_movements
        self._max_s = max_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backtest")
        self._is_busy = False
        self._is_closed = False

    async def backtest(self, asked: BacktestAsked) -> BacktestAnswer | BacktestRefused:
        """Try a rule."""
        rule = self._rules.get(asked.rule) if isinstance(asked.rule, str) else asked.rule
        if rule is None:
            return BacktestRefused("unknown_rule", f"There is no alert rule {asked.rule!r}.")
        if self._is_busy or self._is_closed:
            return BacktestRefused("backtest_busy", "Another rule is being tried: one at a time.")
        to_ns = min(asked.to_ns, self._now_ns())
        trial = Trial(rule, tuple(asked.stores), asked.from_ns, to_ns, asked.horizon_ns)
        self._is_busy = True
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._answer, trial, asked)
        except TrialRefused as refused:
            return BacktestRefused(refused.code, refused.detail)
        except RuleRefused as refused:
            return BacktestRefused("rule_refused", str(refused))

    def close(self) -> None:
        """Break off what is under way; idempotent."""
        self._is_closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    # -- in the thread -----------------------------------------------------------------------------

    def _answer(self, trial: Trial, asked: BacktestAsked) -> BacktestAnswer:
        try:
            tried = self._tried(checked(trial))
            svg = None
            if asked.picture is not None:
                svg = picture(tried.score, tried.lived, shown(tried, self._site, asked.picture))
            return BacktestAnswer(
                tried.trial.rule, tried.trial.stores, tried.from_ns, trial.to_ns, tried.score, svg
            )
        finally:
            self._is_busy = False

    def _tried(self, trial: Trial) -> Tried:
        until_s = time.monotonic() + self._max_s
        lived = []
        left = self._max_movements
        for store in trial.stores:
            settle_ns = ns(self._site.config.presence.settle_s)
            past = self._store.past(store, trial.past_from_ns, trial.to_ns, settle_ns)
            left -= past.movements
            if left < 0:
                raise TrialRefused(
                    "too_much_history", self._too_much("more movements than a request may try")
                )
            test = backtest(trial, past, self._site, self._catalogue)
            worked_s = time.monotonic()
            for _ in test.running():
                now_s = time.monotonic()
                if now_s > until_s or self._is_closed:
                    raise TrialRefused(
                        "too_much_history", self._too_much(f"more than {self._max_s:g} s of work")
                    )
                time.sleep(max(LEAST_REST_S, now_s - worked_s))
                worked_s = time.monotonic()
            lived.append(test.lived)
        from_ns = max((one.from_ns for one in lived), default=trial.from_ns)
        return Tried(trial, from_ns, score(lived, trial.horizon_ns), tuple(lived))

    def _too_much(self, what: str) -> str:
        return f"The period holds {what}: try a shorter one, or one store, or `storefloor alerts backtest`."
