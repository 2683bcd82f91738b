"""What people do about alerts, as the HTTP side asks for it. Plain values and protocols. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.alerts.acts import Act, ActRefused
from gateway.alerts.records import AlertRecord
from gateway.alerts.scores import RuleScore
from gateway.alerts.silences import Matcher, Silence
from gateway.answered import Answered
from gateway.audit import Actor

SilenceRefusal = Literal["beyond_limit", "too_many_open"]


@dataclass(frozen=True, slots=True)
class NewSilence:
    """A silence that is wanted, from now on."""

    matcher: Matcher
    until_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class SilenceRefused:
    """A silence that did not begin. `code` says why."""

    code: SilenceRefusal
    detail: str


SilenceOutcome = Silence | SilenceRefused


class AlertsPort(Protocol):
    """Alerts and silences. `stores`: those that the caller sees; empty: all."""

    async def alert(self, alert_id: str) -> AlertRecord | None:
        """Return an episode, as it is on disk."""
        ...

    async def act(
        self, alert_id: str, act: Act, stores: frozenset[str], actor: Actor
    ) -> AlertRecord | ActRefused:
        """Let somebody act on an episode; return it as it is then, once that is durable."""
        ...

    async def silences(self) -> Sequence[Silence]:
        """Return the silences that are not over, the one that ends first before others."""
        ...

    async def silence(
        self, source: str, key: str, asked: NewSilence, actor: Actor
    ) -> Answered[SilenceOutcome]:
        """Begin a silence, once per key. Raises KeyRefused."""
        ...

    async def end_silence(self, silence_id: str, actor: Actor) -> bool:
        """End a silence now; return False where there is none."""
        ...

    async def scores(self) -> Sequence[RuleScore]:
        """Return what staff said of each rule's alerts."""
        ...
