"""What telling a target needs, and what the API asks of it. Pure."""

from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.alerts.notices import Notice
from gateway.alerts.records import AlertRecord
from gateway.delivery.model import NoticeTry, Target, TargetState, WaitingNotice
from gateway.delivery.retries import Outcome
from gateway.delivery.wording import AlertText


class Courier(Protocol):
    """Puts notices into words and carries them."""

    def ready(self, target: Target, notice: Notice) -> Callable[[int], Outcome]:
        """Return what sends a notice: called with the number of the try, off the loop, for it blocks."""
        ...


class Queue(Protocol):
    """Where notices wait on disk."""

    def waiting(self, target: str, limit: int) -> list[WaitingNotice]:
        """Return the oldest notices that wait for a target."""
        ...

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return how many notices (wait, were given up) by target."""
        ...

    def tries(self, target: str, limit: int) -> list[NoticeTry]:
        """Return the newest tries of a target, newest first."""
        ...

    async def settle(self, row: int | None, tried: NoticeTry) -> None:
        """Note what became of a try, durably; `row` None: a test."""
        ...

    async def give_up_before(self, target: str, at_ns: int, reason: str) -> int:
        """Give up what waits since before a time, durably; return how many."""
        ...

    async def forget_targets(self, known: Sequence[str]) -> None:
        """Delete all of targets that are not known any more; the log says how many notices waited."""
        ...


class NotifyPort(Protocol):
    """What the API asks of the delivery of notices, and of the words for alerts."""

    def languages(self) -> Sequence[str]:
        """Return the codes of the languages that alerts can be told in, the site's own first."""
        ...

    def text(self, alert: AlertRecord, language: str) -> AlertText:
        """Return an alert in words, in one of these languages."""
        ...

    def targets(self) -> Sequence[Target]:
        """Return all targets, in the order of the site's file."""
        ...

    async def states(self) -> Sequence[TargetState]:
        """Return how each target fares, in the order of the site's file."""
        ...

    async def tries(self, target_id: str, limit: int) -> Sequence[NoticeTry]:
        """Return the newest tries of a target, newest first."""
        ...

    async def test(self, target_id: str) -> NoticeTry:
        """Send a target one message that says nothing, now; return what became of it."""
        ...
