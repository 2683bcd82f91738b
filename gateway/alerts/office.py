"""Alerts between HTTP and the pipeline: implements gateway.alerts.ports.AlertsPort. Runtime.

request ─▶ (silences: once per key) ─▶ pipeline pass ─▶ one commit ─▶ told
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

from gateway.alerts.acts import ACTIONS, Act, ActRefused, said
from gateway.alerts.ports import NewSilence, SilenceOutcome, SilenceRefused
from gateway.alerts.records import AlertRecord, AlertState
from gateway.alerts.scores import RuleScore
from gateway.alerts.silences import MAX_SILENCE_NS, MAX_SILENCES, Silence, silence_json, silence_of
from gateway.answered import Answered
from gateway.audit import Actor, cut
from gateway.engine import Engine
from gateway.once import Decisions, Once

ID_BITS = 48
TRIES = 3
"""An episode that ends between the look at the disk and the pass is looked up once more; it ends once."""


class StoredAlerts(Protocol):
    """The episodes on disk."""

    def alert(self, alert_id: str) -> AlertRecord | None:
        """Return one alert episode."""
        ...


class SilenceForm:
    """How the answer to a new silence is stored; a refusal is decided anew."""

    def is_lasting(self, outcome: SilenceOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Silence)

    def write(self, outcome: SilenceOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, SilenceRefused):
            raise TypeError("a refusal is not stored")
        return silence_json(outcome)

    def read(self, text: str) -> SilenceOutcome:
        """Return the outcome that `write` wrote."""
        return silence_of(text)


class AlertOffice:
    """What people do about the alerts of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once, stored: StoredAlerts) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._once = once
        self._stored = stored
        self._one_at_a_time = asyncio.Lock()

    async def alert(self, alert_id: str) -> AlertRecord | None:
        """Return an episode, as it is on disk."""
        return await asyncio.to_thread(self._stored.alert, alert_id)

    async def act(
        self, alert_id: str, act: Act, stores: frozenset[str], actor: Actor
    ) -> AlertRecord | ActRefused:
        """Let somebody act on an episode; return it as it is then, once that is durable."""
        unknown = ActRefused("unknown_alert", f"there is no alert {alert_id}")
        if self._pipeline.is_full():
            return ActRefused("overloaded", "the gateway holds more input than it can write")
        outcome = await self._pipeline.decide(
            lambda now_ns: self._acted(alert_id, None, act, actor, stores, now_ns)
        )
        if outcome is not None:
            return outcome
        async with self._one_at_a_time:  # what is over lies on disk alone: two changes at once would lose one
            for _ in range(TRIES):
                stored = await self.alert(alert_id)
                if stored is None:
                    return unknown
                outcome = await self._pipeline.decide(
                    lambda now_ns, stored=stored: self._acted(alert_id, stored, act, actor, stores, now_ns)  # type: ignore[misc] # its type is that of `stored`
                )
                if outcome is not None:
                    return outcome
        return unknown

    def _acted(
        self,
        alert_id: str,
        stored: AlertRecord | None,
        act: Act,
        actor: Actor,
        stores: frozenset[str],
        now_ns: int,
    ) -> AlertRecord | ActRefused | None:
        """Return the outcome of an act; None where the episode is not live, and must be looked up first."""
        record = self._engine.alerts.episode(alert_id) or stored
        if record is not None and stores and record.store not in stores:
            return ActRefused("unknown_alert", f"there is no alert {alert_id}")
        if record is None or (record is stored and stored.state is not AlertState.RESOLVED):
            return None
        after = self._engine.alerts.act(record, act, actor.key_id, now_ns)
        if not isinstance(after, ActRefused) and after != record:
            self._engine.alert_scores.note(record, after)
            action, detail = ACTIONS[type(act)], cut(said(act))
            self._engine.state.audit(actor, action, record.store, record.id, detail, now_ns)
        return after

    # -- silences ---------------------------------------------------------------------------------

    async def silences(self) -> Sequence[Silence]:
        """Return the silences that are not over, the one that ends first before others."""
        return await self._pipeline.decide(self._engine.alerts.silences.active)

    async def silence(
        self, source: str, key: str, asked: NewSilence, actor: Actor
    ) -> Answered[SilenceOutcome]:
        """Begin a silence, once per key. Raises KeyRefused."""
        digest = hashlib.sha256(f"silence {asked!r}".encode()).hexdigest()
        silence_id = f"si_{secrets.randbits(ID_BITS):012x}"

        def begin(now_ns: int) -> SilenceOutcome:
            return self._begin(silence_id, asked, actor, now_ns)

        return await self._once.decide(source, key, digest, begin, SilenceForm())

    def _begin(self, silence_id: str, asked: NewSilence, actor: Actor, now_ns: int) -> SilenceOutcome:
        if not now_ns < asked.until_ns <= now_ns + MAX_SILENCE_NS:
            return SilenceRefused("beyond_limit", "a silence ends in the future, within 366 days")
        silence = Silence(silence_id, asked.matcher, asked.until_ns, asked.reason, actor.key_id, now_ns)
        if not self._engine.alerts.silence(silence, now_ns):
            return SilenceRefused("too_many_open", f"there are {MAX_SILENCES} silences: end some")
        meant = ", ".join(f"{name} {value}" for name, value in asdict(asked.matcher).items() if value)
        detail = cut(f"{meant}: {asked.reason}")
        self._engine.state.audit(
            actor, "silences.begin", asked.matcher.store or "", silence_id, detail, now_ns
        )
        return silence

    async def end_silence(self, silence_id: str, actor: Actor) -> bool:
        """End a silence now; return False where there is none."""

        def end(now_ns: int) -> bool:
            silence = self._engine.alerts.silences.get(silence_id)
            if silence is None or not silence.is_active(now_ns):
                return False
            self._engine.alerts.end_silence(silence_id, now_ns)
            store = silence.matcher.store or ""
            self._engine.state.audit(actor, "silences.end", store, silence_id, cut(silence.reason), now_ns)
            return True

        return await self._pipeline.decide(end)

    # -- scores -----------------------------------------------------------------------------------

    async def scores(self) -> Sequence[RuleScore]:
        """Return what staff said of each rule's alerts."""
        return await self._pipeline.decide(lambda _: self._engine.alert_scores.all())
