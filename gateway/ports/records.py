"""What was, as api/ asks for it: histories, alerts, what was refused. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.alerts.records import AlertRecord, AlertState


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One step of a history, pieces; mean weighted by time."""

    at_ns: int
    minimum: int
    mean: float
    maximum: int


@dataclass(frozen=True, slots=True)
class DeadLetterInfo:
    """Something that was refused, kept as a sample for people."""

    device: str
    reason: str
    detail: str
    sample: bytes
    at_ns: int


RecordsRefusalCode = Literal["old_records_unavailable", "too_many_changes"]


class RecordsRefused(Exception):  # noqa: N818 - named by what happened
    """What was so long ago is kept in another place, which gives no answer now, or not to so much."""

    def __init__(self, code: RecordsRefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class RecordsPort(Protocol):
    """What was: read from disk, off the loop. Levels may raise RecordsRefused for times long ago."""

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        """Return the history of a level: of one zone, or of the whole store."""
        ...

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was."""
        ...

    async def alerts(
        self,
        *,
        stores: Sequence[str],
        states: Sequence[AlertState],
        types: Sequence[str],
        before: tuple[int, str] | None,
        limit: int,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest first; empty `stores`: all."""
        ...

    async def dead_letters(self, limit: int) -> list[DeadLetterInfo]:
        """Return what was refused last, newest first, of all devices."""
        ...
