"""From the broker to the intake: route, drop what was told twice, acknowledge what is durable. I/O.

message ─▶ router ─▶ per device ─┬─ observations ─▶ duplicates ─▶ intake.offer ──┐ durable for
                                 └─ error ──────────────────────▶ intake.refuse ─┴▶ all: ack
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from readers.counts import StageCounts
from readers.duplicates import Duplicates
from readers.intake import Intake
from readers.mqtt_router import Decoded, MqttRouter
from readers.protocol import MqttMessage


class Source(Protocol):
    """What can be told to wait."""

    def pause(self) -> None:
        """Send no more messages."""
        ...

    def resume(self) -> None:
        """Send messages again."""
        ...


class MqttIntake:
    """Give `on_message` to the client, and `run` beside it.

    `read_counts` is in observations per device: received == passed + dropped (duplicate).
    """

    def __init__(self, router: MqttRouter, intake: Intake, duplicates: Duplicates | None = None) -> None:
        self.router = router
        self.read_counts = {device: StageCounts() for device in router.device_counts}
        self._intake = intake
        self._duplicates = duplicates or Duplicates()
        self._full = asyncio.Event()

    def on_message(self, message: MqttMessage, acknowledge: Callable[[], None]) -> None:
        """Hand a message in; acknowledge it once, when it is durable for every device it concerns."""
        decoded = self.router.route(message)
        if not decoded:
            acknowledge()  # of no device: a subscription that the broker kept from an older configuration
            return
        done = _once_all(len(decoded), acknowledge)
        for part in decoded:
            self.hand_in(part, done)
        if self._intake.is_full():
            self._full.set()

    async def run(self, source: Source) -> None:
        """Hold the source while the intake is full, until cancelled."""
        while True:
            await self._full.wait()
            source.pause()
            await self._intake.drained()
            self._full.clear()
            source.resume()

    def hand_in(self, part: Decoded, on_durable: Callable[[], None] | None = None) -> int:
        """Hand in what one device said; return how many of its observations were new."""
        if part.error is not None:
            self._intake.refuse(part.device, part.error, on_durable=on_durable)
            return 0
        counts = self.read_counts[part.device]
        fresh = self._duplicates.fresh(part.device, part.observations)
        counts.received += len(part.observations)
        counts.passed += len(fresh)
        if len(fresh) < len(part.observations):
            counts.drop("duplicate", len(part.observations) - len(fresh))
        # Offered even when nothing is left: the first telling may not be durable yet, and an empty
        # offer is so no earlier than those before it.
        self._intake.offer(fresh, on_durable=on_durable)
        return len(fresh)


def _once_all(parts: int, acknowledge: Callable[[], None]) -> Callable[[], None]:
    """Return what to call once per part; the last call acknowledges."""
    waiting = parts

    def done() -> None:
        nonlocal waiting
        waiting -= 1
        if waiting == 0:
            acknowledge()

    return done
