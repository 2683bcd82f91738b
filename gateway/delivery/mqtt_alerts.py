"""Alerts to the broker: from the durable outbox, in order, marked when the broker has them. Runtime.

At least once: a crash between the broker's answer and the mark sends an alert again. Receivers tell
a repeat by `id` and `state`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.alerts.records import AlertRecord
from gateway.storage.errors import StoreFull, StoreReadOnly
from gateway.storage.ports import GatewayStore
from readers.errors import DeviceRefused, LinkLost

log = logging.getLogger(__name__)

BATCH = 100
RETRY_S = 5.0
"""Real seconds until the outbox is looked at again after a failure; a new alert wakes it at once."""


class Publisher(Protocol):
    """A broker to publish to."""

    async def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Return once the broker has it; raise LinkLost otherwise."""
        ...


class Marker(Protocol):
    """Takes note of what was delivered."""

    async def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Return once durable."""
        ...


class MqttAlerts:
    """Publishes each change of an alert to `topic` (its `{store}` filled in)."""

    def __init__(
        self,
        store: GatewayStore,
        writer: Marker,
        broker: Publisher,
        topic: str,
        encode: Callable[[AlertRecord], bytes],
    ) -> None:
        self._store = store
        self._writer = writer
        self._broker = broker
        self._topic = topic
        self._encode = encode
        self._wake = asyncio.Event()
        self.published = 0
        self.failures = 0
        self.refused = 0

    def wake(self) -> None:
        """Say that there may be something to publish."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._wake.clear()
            if not await self._deliver_all():
                try:
                    async with asyncio.timeout(RETRY_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            else:
                await self._wake.wait()

    async def _deliver_all(self) -> bool:
        """Publish the whole outbox; return False where the broker could not be reached, or the disk is full."""
        while waiting := await asyncio.to_thread(self._store.unpublished_alerts, BATCH):
            for outbox_id, record in waiting:
                try:
                    topic = self._topic.replace("{store}", record.store)
                    await self._broker.publish(topic, self._encode(record))
                except LinkLost as error:
                    if self.failures == 0:
                        log.info("alerts wait for the broker: %s", error.detail)
                    self.failures += 1
                    return False
                except DeviceRefused as error:
                    self.refused += 1
                    log.warning("alert %s: the broker will not have it: %s", record.id, error)
                else:
                    self.published += 1
                try:
                    await self._writer.mark_published([outbox_id])
                except (StoreFull, StoreReadOnly) as error:  # the pipeline waits for the disk, and so do we
                    log.info("alert %s will be published again: %s", record.id, error)
                    return False
            self.failures = 0
        return True
