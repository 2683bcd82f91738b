"""The load of a busy shop from threads: reads, weights and a till's events, with account of what was acknowledged."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.processes import Gateway
from tests.support.scripted_devices import COUNTED, FRONT, TAGGED, Scripted, epc

READS_EVERY_S = 0.1
NEW_TAGS_PER_ROUND = 2
MAX_TAGS = 300
EVENTS_PER_POST = 5
FIRST_SERIAL = 5_000


class BusyShop:
    """Reader, shelf and till at work until closed. What the gateway does not answer stays `unanswered`.

    `tags`: seen at least once. `events`: every event ever sent, by id; `acknowledged`: the ids of those
    that were answered.
    """

    def __init__(self, gateway: Gateway, scripted: Scripted) -> None:
        self.tags: list[str] = []
        self.pieces_on_shelf = 1
        self.events: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()
        self.rounds = 0
        self._scripted = scripted
        self._url, self._key = gateway.url, gateway.key
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True)
            for work in (self._devices_at_work, self._till_at_work)
        ]

    def has_done(self, acknowledged: int, rounds: int) -> bool:
        """Return whether so many events were answered, and so many rounds of reads sent."""
        return len(self.acknowledged) >= acknowledged and self.rounds >= rounds

    @property
    def unanswered(self) -> list[dict[str, Any]]:
        """Return the events that nobody answered for: they may have been applied, or not."""
        return [event for event_id, event in self.events.items() if event_id not in self.acknowledged]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30.0)
        if self._errors and error is None:
            raise self._errors[0]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a thread's outermost edge: told when the load ends
            self._errors.append(error)

    def _devices_at_work(self) -> None:
        while not self._stop.wait(READS_EVERY_S):
            self.rounds += 1
            for _ in range(NEW_TAGS_PER_ROUND if len(self.tags) < MAX_TAGS else 0):
                self.tags.append(epc(TAGGED[len(self.tags) % 2], FIRST_SERIAL + len(self.tags)))
            self._scripted.see(self.tags, FRONT)
            self.pieces_on_shelf = 1 + self.rounds // 40
            self._scripted.weigh(self.pieces_on_shelf)

    def _till_at_work(self) -> None:
        with httpx.Client(
            base_url=self._url, headers={"Authorization": f"Bearer {self._key}"}, timeout=5.0
        ) as http:
            while not self._stop.wait(0.01):
                batch = [self._new_event() for _ in range(EVENTS_PER_POST)]
                try:
                    answer = http.post("/v1/events", json={"events": batch})
                except httpx.TransportError:
                    continue
                assert answer.status_code == 200, answer.text
                results = answer.json()["results"]
                assert all(result["outcome"] == "applied" for result in results), results
                self.acknowledged.update(result["event_id"] for result in results)

    def _new_event(self) -> dict[str, Any]:
        at = datetime.fromtimestamp(self._scripted.clock.now_ns() // 1_000_000_000, UTC)
        event = {
            "event_id": f"delivery-{len(self.events)}",
            "type": "receive",
            "store": "lyon-1",
            "sku": COUNTED,
            "zone": "back-room",
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.events[str(event["event_id"])] = event
        return event
