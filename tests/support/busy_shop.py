"""The load of a busy shop from threads: reads, weights, scans and a till's events, with account of what was acknowledged."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.processes import Gateway
from tests.support.scripted_devices import COUNTED, FRONT, TAGGED, WEIGHED, Scripted, epc
from tests.support.web_shop import WebShop

READS_EVERY_S = 0.15
NEW_TAGS_PER_ROUND = 2
RECEIVED_PER_POST = 4
FIRST_SERIAL = 5_000
CLIENT_EVERY_S, REFUSED_WAIT_S = 0.02, 0.05
ROUNDS_PER_PIECE = 40
"""Rounds of reads after which one more piece is put onto the shelf: it has settled by then."""


class Client:
    """One till or ERP with its own connection: it tells a batch again, unchanged, until somebody answers.

    `events`: every event ever sent, by id; `acknowledged`: the ids of those that were answered, and when a
    batch had to be told again, `late` counts what became of its events. `pieces`: the level that all of
    `events` make.
    """

    def __init__(self, name: str, gateway: Gateway, now_ns: Callable[[], int]) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.acknowledged: list[str] = []
        self.late: dict[str, int] = {}
        self.pieces = 0
        self._name = name
        self._url, self._key = gateway.url, gateway.key
        self._now_ns = now_ns

    def work(self, may_work: threading.Event, stop: threading.Event) -> None:
        """Post batches until `stop`, while it may."""
        with httpx.Client(
            base_url=self._url, headers={"Authorization": f"Bearer {self._key}"}, timeout=5.0
        ) as http:
            pause_s, told = CLIENT_EVERY_S, 0
            batch: list[dict[str, Any]] = []
            while not stop.wait(pause_s):
                if not batch:
                    if not may_work.is_set():
                        continue
                    batch, told = self._new_batch(), 0
                told += 1
                try:
                    answer = http.post("/v1/events", json={"events": batch})
                except httpx.TransportError:
                    pause_s = REFUSED_WAIT_S
                    continue
                pause_s = CLIENT_EVERY_S
                self._take(answer, is_new=told == 1)
                batch = []

    def _take(self, answer: httpx.Response, *, is_new: bool) -> None:
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        allowed = {"applied"} if is_new else {"applied", "duplicate"}
        assert {result["outcome"] for result in results} <= allowed, results
        if not is_new:
            for result in results:
                self.late[result["outcome"]] = self.late.get(result["outcome"], 0) + 1
        self.acknowledged.extend(result["event_id"] for result in results)

    def _new_batch(self) -> list[dict[str, Any]]:
        """Return a delivery, and a sale out of it."""
        self.pieces += RECEIVED_PER_POST - 1
        received = [self._new_event("receive", zone="back-room") for _ in range(RECEIVED_PER_POST)]
        return [*received, self._new_event("sale")]

    def _new_event(self, kind: str, **more: str) -> dict[str, Any]:
        at = datetime.fromtimestamp(self._now_ns() // 1_000_000_000, UTC)
        event = {
            "event_id": f"{self._name}-{len(self.events)}",
            "type": kind,
            "store": "lyon-1",
            "sku": COUNTED,
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **more,
        }
        self.events[str(event["event_id"])] = event
        return event


class BusyShop:
    """Reader, shelf, scanner, clients and a web shop at work until closed. `tags`: seen at least once.

    The site needs the scanner: `write_site(more=A_SCANNER)`.
    """

    def __init__(
        self,
        gateway: Gateway,
        scripted: Scripted,
        *,
        clients: int,
        max_tags: int,
    ) -> None:
        self.tags: list[str] = []
        self.pieces_on_shelf = 1
        self.rounds = 0
        self.scripted = scripted
        self.clients = [
            Client(f"client-{number}", gateway, scripted.clock.now_ns) for number in range(clients)
        ]
        self.web_shop = WebShop("web", gateway.url, gateway.key)
        self._max_tags = max_tags
        self._stop = threading.Event()
        self._may_work = threading.Event()
        self._may_work.set()
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True)
            for work in (
                self._devices_at_work,
                *(self._worker(client) for client in (*self.clients, self.web_shop)),
            )
        ]

    @property
    def events(self) -> Mapping[str, dict[str, Any]]:
        """Every event ever sent, by id."""
        return {key: event for client in self.clients for key, event in list(client.events.items())}

    @property
    def acknowledged(self) -> list[str]:
        """The ids of the events that were answered."""
        return [event_id for client in self.clients for event_id in list(client.acknowledged)]

    @property
    def unanswered(self) -> list[dict[str, Any]]:
        """Return the events that nobody answered for: they may have been applied, or not."""
        answered = set(self.acknowledged)
        return [event for event_id, event in self.events.items() if event_id not in answered]

    @property
    def counted_pieces(self) -> int:
        """The pieces of the counted article that all events and scans make."""
        return sum(client.pieces for client in self.clients) + len(self.scripted.scanned_ns)

    @property
    def pieces(self) -> dict[str, int]:
        """The pieces of each article once everything that was said is known."""
        tagged = {sku: len(self.tags[i::2]) for i, sku in enumerate(TAGGED)}
        return {**tagged, WEIGHED: self.pieces_on_shelf, COUNTED: self.counted_pieces}

    def hold_clients(self) -> None:
        """Let no client begin another batch; one that was not answered is told again all the same."""
        self._may_work.clear()

    def let_clients(self) -> None:
        """Let them work on."""
        self._may_work.set()

    def close(self) -> None:
        """End all work; idempotent."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30.0)

    def check(self) -> None:
        """Raise what a thread died of."""
        if self._errors:
            raise self._errors[0]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a thread's outermost edge: told when the load ends
            self._errors.append(error)

    def _worker(self, client: Client | WebShop) -> Callable[[], None]:
        return lambda: client.work(self._may_work, self._stop)

    def _devices_at_work(self) -> None:
        while not self._stop.wait(READS_EVERY_S):
            self.rounds += 1
            for _ in range(NEW_TAGS_PER_ROUND if len(self.tags) < self._max_tags else 0):
                self.tags.append(epc(TAGGED[len(self.tags) % 2], FIRST_SERIAL + len(self.tags)))
            self.scripted.see(self.tags, FRONT)
            self.pieces_on_shelf = 1 + self.rounds // ROUNDS_PER_PIECE
            self.scripted.weigh(self.pieces_on_shelf)
            self.scripted.scan()
