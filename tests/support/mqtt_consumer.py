"""A consumer of MQTT messages that a test runs, watches and stops."""

import asyncio
import contextlib
from collections.abc import Callable
from random import Random
from typing import Self

from readers.backoff import BackoffPolicy
from readers.mqtt_client import MqttClient, OnMessage
from readers.protocol import MqttMessage
from readers.settings import MqttSettings
from tests.support.clocks import RealClock
from tests.support.waiting import until

QUICK = BackoffPolicy(first_s=0.02, limit_s=0.1, steady_s=0.0)


class Consumer:
    """Keeps what it hears. `acks_at_once`, else the test calls `acks[n]()`. `hears` takes its place."""

    def __init__(
        self,
        settings: MqttSettings,
        *filters: str,
        acks_at_once: bool = True,
        hears: OnMessage | None = None,
    ) -> None:
        self.messages: list[MqttMessage] = []
        self.acks: list[Callable[[], None]] = []
        self.client = MqttClient(
            settings, hears or self._on_message, RealClock().now_ns, policy=QUICK, rng=Random(1)
        )
        self.client.subscribe(filters)
        self._acks_at_once = acks_at_once
        self._task: asyncio.Task[None] | None = None

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.client.run())
        await self.until_connected()
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def until_connected(self, times: int = 1) -> None:
        await until(
            lambda: self.client.connected and self.client.health().opened_count >= times,
            f"connected {times} times",
        )

    async def until_heard(self, *payloads: bytes) -> None:
        await until(lambda: set(payloads) <= set(self.payloads), f"heard {payloads!r:.200}")

    def _on_message(self, message: MqttMessage, acknowledge: Callable[[], None]) -> None:
        self.messages.append(message)
        self.acks.append(acknowledge)
        if self._acks_at_once:
            acknowledge()
        if message.payload == b"crash":
            raise RuntimeError("a consumer's bug")
