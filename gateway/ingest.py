"""What devices post by HTTP, taken in as if it came through the broker: implements IngestPort. Runtime.

body ─▶ events ─▶ the device's codec ─▶ duplicates ─▶ intake ─▶ durable ─▶ answer
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.ports.intake import Ingested, IngestRefused, RefusalCode
from readers.codecs.json_payload import split_json
from readers.errors import Malformed
from readers.intake import Intake
from readers.mqtt_router import Decoded, MqttRouter

SLICE = 32
"""Events decoded before the loop gets its turn: at 15 to 55 µs each, a slice stays under 2 ms."""
MAX_KEPT_REFUSALS = 20
"""Events of one body whose samples are kept for people; the others are counted alone."""
ROOM_WAIT_S = 10.0
"""How long a body waits for room in the gateway, real seconds, before its sender is told to try again."""
REFUSALS: Mapping[str, RefusalCode] = {"too_large": "body_too_large", "too_many": "too_many_events"}


class HandIn(Protocol):
    """Hands in what a device said; returns how many of its observations were new."""

    def __call__(self, part: Decoded) -> int:
        """Hand it in."""
        ...


class Ingest:
    """The devices that send messages, by id with their stores."""

    def __init__(
        self,
        stores: Mapping[str, str],
        router: MqttRouter,
        hand_in: HandIn,
        intake: Intake,
        now_ns: Callable[[], int],
    ) -> None:
        self._stores = dict(stores)
        self._router = router
        self._hand_in = hand_in
        self._intake = intake
        self._now_ns = now_ns

    def store_of(self, device: str) -> str | None:
        """Return the store of a device that sends messages; None for others, and where there is none."""
        return self._stores.get(device)

    async def ingest(self, device: str, body: bytes) -> Ingested:
        """Take in what a device posted; return when it is durable. Raises IngestRefused."""
        try:
            # Off the loop: a body of 1 MiB takes 20 to 30 ms.
            events = await asyncio.to_thread(split_json, body)
        except Malformed as error:
            raise IngestRefused(REFUSALS.get(error.reason, "bad_json"), error.detail) from error
        await self._wait_for_room()
        dropped: Counter[str] = Counter()
        new = refused = 0
        for number, event in enumerate(events):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            part = self._router.decode_posted(device, event, self._now_ns())
            if part.error is not None:
                dropped[part.error.reason] += 1
                refused += 1
                if refused > MAX_KEPT_REFUSALS:
                    continue
            fresh = self._hand_in(part)
            new += fresh
            if part.observations and not fresh:
                dropped["duplicate"] += 1
        await self._durable()
        return Ingested(device, len(events), len(events) - dropped.total(), new, dict(dropped))

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(ROOM_WAIT_S):
                while self._intake.is_full():
                    await self._intake.drained()
        except TimeoutError as error:
            raise IngestRefused("overloaded", f"no room within {ROOM_WAIT_S:g} s") from error

    async def _durable(self) -> None:
        """Return once all that was handed in before is on disk."""
        durable = asyncio.Event()
        self._intake.offer((), on_durable=durable.set)
        await durable.wait()
