"""Tries rules on the store of a running gateway: aside, one at a time, at half a core, for a while. Runtime.

    request ─▶ one thread: a millisecond or two of work, as much of rest, ··· ─▶ answer, or "too much history"

A backtest is arithmetic in Python, which the loop and the writer would have to wait for: it rests as long as it
works, and neither ever waits for more than one of its slices.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from gateway.alert_rules.book import RuleRefused
from gateway.backtest.model import Past
from gateway.backtest.picture import picture
from gateway.backtest.ports import BacktestAnswer, BacktestAsked, BacktestRefused, answer_of
from gateway.backtest.trial import Trial, TrialRefused, Tried, Trying, shown, too_much
from gateway.catalogue.articles import Catalogue
from gateway.delivery.language import Language
from gateway.site import Site, ns

MAX_MOVEMENTS: Final = 500_000
"""Of one question; what is beyond is tried on the command line, which has a core of its own."""
MAX_S: Final = 55.0
"""A person at a page waits no longer, and proxies give up after a minute."""
LEAST_REST_S: Final = 0.000_5
"""A shorter sleep is none."""


class PastStore(Protocol):
    """What is stored."""

    def past(self, store: str, from_ns: int, to_ns: int, settle_ns: int) -> Past:
        """Return what is stored of a store over a time."""
        ...


class BacktestOffice:
    """Implements gateway.backtest.ports.BacktestPort. `languages`: by code, those that a picture may be asked for in."""

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        store: PastStore,
        now_ns: Callable[[], int],
        languages: Mapping[str, Language],
        *,
        max_movements: int = MAX_MOVEMENTS,
        max_s: float = MAX_S,
    ) -> None:
        self._site = site
        self._catalogue = catalogue
        self._store = store
        self._now_ns = now_ns
        self._languages = languages
        self._max_movements = max_movements
        self._max_s = max_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backtest")
        self._is_busy = False
        self._is_closed = False

    async def backtest(self, asked: BacktestAsked) -> BacktestAnswer | BacktestRefused:
        """Try a rule."""
        if self._is_busy or self._is_closed:
            return BacktestRefused("backtest_busy", "Another rule is being tried: one at a time.")
        to_ns = min(asked.to_ns, self._now_ns())
        trial = Trial(asked.rule, tuple(asked.stores), asked.from_ns, to_ns, asked.horizon_ns)
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
            tried = self._tried(trial)
            svg = None
            if asked.picture is not None:
                svg = picture(
                    tried.score, tried.lived, shown(tried, self._site, self._languages[asked.picture])
                )
            return answer_of(tried, svg)
        finally:
            self._is_busy = False

    def _tried(self, trial: Trial) -> Tried:
        until_s = time.monotonic() + self._max_s
        trying = Trying(trial, self._past, self._site, self._catalogue, self._max_movements)
        worked_s = time.monotonic()
        for _ in trying.running():
            now_s = time.monotonic()
            if now_s > until_s or self._is_closed:
                raise too_much(f"more than {self._max_s:g} s of work")
            time.sleep(max(LEAST_REST_S, now_s - worked_s))
            worked_s = time.monotonic()
        if trying.tried is None:
            raise RuntimeError("a trial that came to its end has no result")
        return trying.tried

    def _past(self, store: str, from_ns: int, to_ns: int) -> Past:
        return self._store.past(store, from_ns, to_ns, ns(self._site.config.presence.settle_s))
