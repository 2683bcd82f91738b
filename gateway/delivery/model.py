"""Targets of notices, notices that wait for one, and what became of each try. Pure values."""

from dataclasses import dataclass, field, replace
from typing import Literal

from gateway.alerts.notices import LEVELS, Level, Notice
from gateway.alerts.records import Severity

TlsMode = Literal["starttls", "tls", "none"]
HttpMethod = Literal["POST", "PUT"]
TEST = "test"
"""Begins the id of a notice that an administrator asked for."""
GRAVITY = tuple(Severity)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, and from whom to whom they go. Secrets are in no repr."""

    host: str
    port: int
    tls: TlsMode
    sender: str
    to: tuple[str, ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class HttpHook:
    """Where a body is posted to. The URL of a chat is a secret, as are values of headers: in no repr."""

    url: str = field(repr=False)
    method: HttpMethod
    headers: dict[str, str] = field(repr=False)
    body: str


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to tell: of which stores, severities and types (empty: all), at which level, in which language."""

    id: str
    channel: MailServer | HttpHook
    stores: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    level: Level = "associate"
    language: str = "en"
    digest: bool = True

    @property
    def kind(self) -> Literal["email", "http"]:
        """Return how it is told."""
        return "email" if isinstance(self.channel, MailServer) else "http"


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A notice for one target, on its way into the store."""

    target: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """A notice that a target was not told yet. `row`: its place; `tries`: how often it was tried."""

    row: int
    target: str
    notice: Notice
    tries: int


@dataclass(frozen=True, slots=True)
class NoticeTry:
    """One try, for the log. `outcome`: delivered, retry (it is tried again), given_up."""

    target: str
    notice: str
    kind: str
    at_ns: int
    tries: int
    outcome: Literal["delivered", "retry", "given_up"]
    status: int | None
    reason: str
    took_ms: int


@dataclass(slots=True)
class TargetCounts:
    """Of one target since start. `given_up` counts what will never be told to it."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True)
class TargetState:
    """How a target fares. `state`: idle (nothing was tried yet), ok, failing; `failing`: tries in a row in vain;
    `waiting`, `given_up`: notices on disk; `last_error` bears no secret.
    """

    target: Target
    state: Literal["idle", "ok", "failing"]
    waiting: int
    given_up: int
    failing: int
    counts: TargetCounts
    last_try_ns: int | None = None
    last_delivered_ns: int | None = None
    last_error: str = ""
    next_try_s: float | None = None


def routed(targets: tuple[Target, ...], notices: list[Notice]) -> list[QueuedNotice]:
    """Return which target is told which notices, each with the alerts alone that it asked for."""
    found: list[QueuedNotice] = []
    for notice in notices:
        told = [(target, part) for target in targets if (part := _part_of(target, notice)) is not None]
        levels = {target.level for target, _ in told}
        found += [QueuedNotice(t.id, part) for t, part in told if t.level in _levels_told(notice, levels)]
    return found


def _part_of(target: Target, notice: Notice) -> Notice | None:
    if target.stores and notice.store not in target.stores:
        return None
    if notice.kind == "digest" and not target.digest:
        return None
    alerts = tuple(
        alert
        for alert in notice.alerts
        if (not target.severities or alert.severity in target.severities)
        and (not target.types or alert.type in target.types)
    )
    if len(alerts) == len(notice.alerts):
        return notice
    if not alerts:
        return None
    gravest = max((alert.severity for alert in alerts), key=GRAVITY.index)
    return replace(notice, alerts=alerts, total=len(alerts), severity=gravest)


def _levels_told(notice: Notice, levels: set[Level]) -> set[Level]:
    """Return who is told of those there are: an escalation that nobody of its level takes goes to the next below.

    A repetition reminds all that were told before, and an end is told to all of them.
    """
    upto = LEVELS[: LEVELS.index(notice.level) + 1]
    if notice.kind in {"repeated", "resolved"}:
        return set(upto)
    return next(({level} for level in reversed(upto) if level in levels), set())
