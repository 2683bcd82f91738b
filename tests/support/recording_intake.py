"""An intake in memory: keeps what it is offered, and says that it is durable when the test does."""

import asyncio
from collections.abc import Callable, Sequence

from readers.errors import Malformed
from readers.observations import Observation


class RecordingIntake:
    """`capacity`: full when as many observations wait for `take`. `commits_at_once`: durable on offer."""

    def __init__(self, capacity: int = 1_000_000, *, commits_at_once: bool = False) -> None:
        self.seen: list[Observation] = []
        self.refused: list[tuple[str, Malformed]] = []
        self.in_line = 0
        """How many wait for room."""
        self._capacity = capacity
        self._commits_at_once = commits_at_once
        self._waiting = 0
        self._undurable: list[Callable[[], None]] = []
        self._room = asyncio.Event()

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        self.seen.extend(observations)
        self._waiting += len(observations)
        self._keep(on_durable)

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:
        self.refused.append((device, error))
        self._keep(on_durable)

    def is_full(self) -> bool:
        return self._waiting >= self._capacity

    async def drained(self) -> None:
        while self.is_full():
            self._room.clear()
            self.in_line += 1
            await self._room.wait()
            self.in_line -= 1

    def take(self) -> None:
        """Make room: all that waited goes on."""
        self._waiting = 0
        self._room.set()

    def commit(self) -> None:
        """Say that all that was offered is on disk."""
        undurable, self._undurable = self._undurable, []
        for on_durable in undurable:
            on_durable()

    def _keep(self, on_durable: Callable[[], None] | None) -> None:
        if on_durable is None:
            return
        if self._commits_at_once:
            on_durable()
        else:
            self._undurable.append(on_durable)
