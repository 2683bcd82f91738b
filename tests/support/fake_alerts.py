"""Alerts of two stores in memory: a port that asks the rules themselves, and a clock that stands."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

from gateway.alerts.acts import Act, ActRefused, acted
from gateway.alerts.office import SilenceForm
from gateway.alerts.ports import NewSilence, SilenceOutcome, SilenceRefused
from gateway.alerts.records import AlertRecord
from gateway.alerts.scores import RuleScore, RuleScores
from gateway.alerts.silences import MAX_SILENCE_NS, Silence, SilenceBook
from gateway.answered import Answered
from gateway.audit import Actor
from gateway.once import Once
from tests.support.fake_documents import NothingAnswered

T = TypeVar("T")


class FakeAlerts:
    """Implements AlertsPort. `kept`: the episodes by id; `told` hears of each that somebody changed."""

    def __init__(self, now_ns: int, told: Callable[[AlertRecord], None] = lambda _: None) -> None:
        self.now_ns = now_ns
        self.told = told
        self.kept: dict[str, AlertRecord] = {}
        self.book = SilenceBook()
        self.scored = RuleScores()
        self._numbers = count()
        self._once = Once(self, NothingAnswered(), lambda _: None)

    async def alert(self, alert_id: str) -> AlertRecord | None:
        return self.kept.get(alert_id)

    async def act(
        self, alert_id: str, act: Act, stores: frozenset[str], actor: Actor
    ) -> AlertRecord | ActRefused:
        await asyncio.sleep(0)
        found = self.kept.get(alert_id)
        if found is None or (stores and found.store not in stores):
            return ActRefused("unknown_alert", f"there is no alert {alert_id}")
        after = acted(found, act, actor.key_id, self.now_ns)
        if not isinstance(after, ActRefused) and after != found:
            self.kept[alert_id] = after
            self.scored.note(found, after)
            self.told(after)
        return after

    async def silences(self) -> Sequence[Silence]:
        return self.book.active(self.now_ns)

    async def silence(
        self, source: str, key: str, asked: NewSilence, actor: Actor
    ) -> Answered[SilenceOutcome]:
        return await self._once.decide(
            source, key, repr(asked), lambda _: self._begun(asked, actor), SilenceForm()
        )

    def _begun(self, asked: NewSilence, actor: Actor) -> SilenceOutcome:
        if not self.now_ns < asked.until_ns <= self.now_ns + MAX_SILENCE_NS:
            return SilenceRefused("beyond_limit", "a silence ends in the future, within 366 days")
        silence_id = f"si_{next(self._numbers):012x}"
        made = Silence(silence_id, asked.matcher, asked.until_ns, asked.reason, actor.key_id, self.now_ns)
        return made if self.book.add(made) else SilenceRefused("too_many_open", "end some")

    async def end_silence(self, silence_id: str, actor: Actor) -> bool:
        silence = self.book.get(silence_id)
        if silence is None or not silence.is_active(self.now_ns):
            return False
        self.book.drop(silence_id)
        return True

    async def scores(self) -> Sequence[RuleScore]:
        return self.scored.all()

    # -- gateway.once.Decisions -------------------------------------------------------------------

    def is_full(self) -> bool:
        return False

    def clock_now_ns(self) -> int:
        return self.now_ns

    async def decide(self, decide: Callable[[int], T]) -> T:
        return decide(self.now_ns)
