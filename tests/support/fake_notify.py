"""Targets of notices in memory, for tests of the API."""

from collections.abc import Sequence

from gateway.alerts.records import AlertRecord
from gateway.delivery.model import HttpHook, NoticeTry, Target, TargetCounts, TargetState
from gateway.delivery.wording import AlertText
from tests.support.noticing import wordings


def told_target(name: str, *stores: str) -> Target:
    """Return a target of some stores; none: all."""
    return Target(name, HttpHook("https://chat.example/s3cret", "POST", {"x-token": "s3cret"}, "{}"), stores)


class FakeNotify:
    """Implements NotifyPort: each test of a target is taken."""

    def __init__(self, at_ns: int) -> None:
        self.at_ns = at_ns
        self.kept: list[Target] = []
        self.wordings = {"en": wordings()["en"], **wordings()}  # the site's own first

    def languages(self) -> Sequence[str]:
        return tuple(self.wordings)

    def text(self, alert: AlertRecord, language: str) -> AlertText:
        return self.wordings[language].text(alert)

    def targets(self) -> Sequence[Target]:
        return self.kept

    async def states(self) -> Sequence[TargetState]:
        counts = TargetCounts(3, 1, 0)
        return [
            TargetState(t, "failing", 2, 1, 4, counts, self.at_ns, None, "status 503", 12.34)
            for t in self.kept
        ]

    async def tries(self, target_id: str, limit: int) -> Sequence[NoticeTry]:
        return [await self.test(target_id)][:limit]

    async def test(self, target_id: str) -> NoticeTry:
        return NoticeTry(target_id, "test-1", "fired", self.at_ns, 1, "delivered", 200, "", 12)
