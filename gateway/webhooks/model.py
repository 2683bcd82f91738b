"""Endpoints, messages and what became of them. Pure values."""

from dataclasses import dataclass, field

from gateway.changes.model import ChangeType

TYPES: tuple[ChangeType, ...] = ("availability", "alert", "reservation", "task")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where messages go. Empty `types`: all; `stores` are named, so that a new store is told to nobody unasked.

    `generation` numbers its secrets: each rotation makes the next, and for a while the one before still signs.
    `disabled_reason`: why nothing is sent; empty while it is enabled.
    """

    id: str
    url: str
    types: tuple[ChangeType, ...]
    stores: tuple[str, ...]
    description: str
    created_ns: int
    generation: int = 1
    rotated_ns: int | None = None
    disabled_reason: str = ""

    @property
    def is_enabled(self) -> bool:
        """Return whether messages are sent to it."""
        return not self.disabled_reason


@dataclass(frozen=True, slots=True)
class Position:
    """How far an endpoint is in a store's log: `seq` is done with; `told` is that of its last message, which may
    lie before it (what it did not ask for is passed over).
    """

    endpoint: str
    store: str
    journal_id: str
    seq: int
    told: int


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint at its making, with the ends of its stores' logs: what comes after them is told."""

    endpoint: Endpoint
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its id is the same at each try, so that a receiver can tell a repeat."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered. `retry_after_s`: when it wants to be asked again, where it said so."""

    status: int
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """It was taken. `note`: what is to be said of it all the same."""

    status: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """It may be taken later: the same message again, after this or after the schedule's wait."""

    reason: str
    status: int | None = None
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never be taken: the next one."""

    reason: str
    status: int


@dataclass(frozen=True, slots=True)
class Disable:
    """Nobody is there any more: no further message."""

    reason: str
    status: int | None = None


@dataclass(slots=True)
class WebhookCounts:
    """Since start: messages taken, tried in vain, given up, and faults of ours; endpoints, of them disabled, now."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    faults: int = 0
    endpoints: int = 0
    disabled: int = 0


Outcome = Delivered | Retry | GiveUp | Disable


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try of a message, for the log. `status` None: no answer; `reason` empty: delivered."""

    endpoint: str
    message_id: str
    type: str
    at_ns: int
    tries: int
    status: int | None
    reason: str
    took_ms: int
    bytes: int = field(default=0)
