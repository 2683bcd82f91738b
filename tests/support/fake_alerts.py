"""Alerts of two stores in memory: a port that asks the rules themselves, and a clock that stands."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.alerts.acts import Act, ActRefused, acted
from gateway.alerts.ports import NewSilence, SilenceOutcome
from gateway.alerts.records import AlertRecord
from gateway.alerts.scores import RuleScore, RuleScores
from gateway.alerts.silences import Silence, SilenceBook
from gateway.answered import Answered
from gateway.audit import Actor


class FakeAlerts:
    """Implements AlertsPort. `kept`: the episodes by id; `told` hears of each that somebody changed."""

    def __init__(self, now_ns: int, told: Callable[[AlertRecord], None] = lambda _: None) -> None:
        self.now_ns = now_ns
        self.told = told
        self.kept: dict[str, AlertRecord] = {}
        self.book = SilenceBook()
        self.scored = RuleScores()
        self.answers: dict[tuple[str, str], Silence] = {}

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
        if not isinstance(after, ActRefused):
            self.kept[alert_id] = after
            self.scored.note(found, after)
            self.told(after)
        return after

    async def silences(self) -> Sequence[Silence]:
        return self.book.active(self.now_ns)

    async def silence(
        self, source: str, key: str, asked: NewSilence, actor: Actor
    ) -> Answered[SilenceOutcome]:
        if (source, key) in self.answers:
            return Answered(self.answers[source, key], replayed=True)
        silence_id = f"si_{len(self.answers):012x}"
        made = Silence(silence_id, asked.matcher, asked.until_ns, asked.reason, actor.key_id, self.now_ns)
        self.book.add(made)
        self.answers[source, key] = made
        return Answered(made)

    async def end_silence(self, silence_id: str, actor: Actor) -> bool:
        is_there = self.book.get(silence_id) is not None
        self.book.drop(silence_id)
        return is_there

    async def scores(self) -> Sequence[RuleScore]:
        return self.scored.all()
