"""One shopper of a storm: holds pieces, lets them go, collects them; repeats, gives up, and asks again. Runtime."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from tests.storm.books import Books, Hold, pieces_of
from tests.storm.connection import Answer, Connection, Gone

STORE = "lyon-1"
REPEATED = 0.2
"""The share of requests for holds that bear the key of an earlier one."""
CANCELLED = 0.05
"""The share of requests whose sender hangs up before the answer."""
AT_ONCE = 0.3
"""The share of repeats that come while the first request is at work."""
LEFT = 0.004
"""The share of holds that are left to expire: while they last, nobody has their pieces."""
SHORT_TTL_S, LONG_TTL_S = 30, 14_400
AGAIN_S = 0.05
"""A shopper whom nobody answered asks again after this."""
REMEMBERED = 50


@dataclass(slots=True)
class Tally:
    """What came of the requests of all shoppers."""

    requests: int = 0
    """Those that were answered."""
    granted: int = 0
    refused: int = 0
    repeated: int = 0
    replayed: int = 0
    in_progress: int = 0
    cancelled: int = 0
    unanswered: int = 0
    released: int = 0
    collected: int = 0
    expired: int = 0
    amended: int = 0


@dataclass(slots=True)
class Asked:
    """A request for a hold, and the answer that its repeats must get."""

    key: str
    body: dict[str, Any]
    answer: Answer | None = None


@dataclass(slots=True)
class Shopper:
    """Goes on until `tally.requests` reaches `most`. `unexpected`: answers that no contract knows."""

    name: str
    connection: Connection
    other: Connection
    rng: Random
    books: Books
    tally: Tally
    skus: list[str]
    most: int
    unexpected: list[str]
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    number: int = 0

    async def shop(self) -> None:
        """Hold pieces and let them go, one reservation after the other; leave nothing in doubt."""
        while self.tally.requests < self.most:
            hold = await self._hold()
            while hold is not None:
                hold = await self._go_on(hold)

    # -- a hold -----------------------------------------------------------------------------------------

    async def _hold(self) -> Hold | None:
        if self.asked and self.rng.random() < REPEATED:
            await self._repeat(self.rng.choice(self.asked))
        self.number += 1
        asked = Asked(f"{self.name}-{self.number}", self._wish())
        answer = await self._ask_for(asked)
        asked.answer = answer
        self.asked.append(asked)
        if answer.status != 201:
            self.tally.refused += 1
            if answer.code != "insufficient_availability":
                self._wonder(answer)
            return None
        self.tally.granted += 1
        return self.books.grant(asked.key, answer.body, _end_of(answer.body), time.time())

    def _wish(self) -> dict[str, Any]:
        """Return what somebody wants: one to three lines of hot articles, some named twice, in any order."""
        skus = self.rng.choices(self.skus, k=self.rng.choice((1, 1, 2, 2, 3)))
        ttl_s = SHORT_TTL_S if self.rng.random() < LEFT else LONG_TTL_S
        lines = [{"sku": sku, "qty": self.rng.choice((1, 1, 2))} for sku in skus]
        return {
            "store": STORE,
            "lines": lines,
            "channel": "web",
            "owner_ref": f"{self.name}-{self.number}",
            "ttl_s": ttl_s,
            "allow_partial": self.rng.random() < 0.2,
        }

    async def _ask_for(self, asked: Asked) -> Answer:
        """Return the answer to a request for a hold, asked for as often as it takes."""
        cancel = self.rng.random() < CANCELLED
        twice = not cancel and self.rng.random() < REPEATED * AT_ONCE
        while True:
            try:
                if twice:
                    self.tally.repeated += 1
                    twice = False
                    answer = self._one_of(
                        await asyncio.gather(
                            self._post(self.connection, asked),
                            self._post(self.other, asked),
                            return_exceptions=True,
                        )
                    )
                else:
                    answer = await self._post(self.connection, asked, cancel=cancel)
            except Gone:
                self.tally.cancelled += cancel
                self.tally.unanswered += not cancel
                cancel = False
                await asyncio.sleep(AGAIN_S)
                continue
            if answer.code not in {"idempotency_in_progress", "overloaded"}:
                return answer
            self.tally.in_progress += 1
            await asyncio.sleep(AGAIN_S)

    def _one_of(self, answers: Sequence[Answer | BaseException]) -> Answer:
        """Return the answer of two that came to one key; both may not be grants of different reservations.

        Raises Gone where nobody answered.
        """
        told = [answer for answer in answers if isinstance(answer, Answer)]
        if len({answer.body["id"] for answer in told if answer.status == 201}) > 1:
            self.books.doubled.append(f"two at once: {told}")
        if not told:
            raise Gone
        decided = [answer for answer in told if answer.code != "idempotency_in_progress"]
        self.tally.in_progress += len(told) - len(decided)
        return (decided or told)[0]

    async def _repeat(self, asked: Asked) -> None:
        """Send a request of some time ago again: it gets the answer that it got, and does nothing."""
        self.tally.repeated += 1
        answer = await self._ask_for(asked)
        self.tally.replayed += answer.headers.get("idempotent-replayed") == "true"
        before = asked.answer
        if before is None or answer.status != before.status or answer.body.get("id") != before.body.get("id"):
            self.books.doubled.append(f"{asked.key} was answered {before}, and then {answer}")

    async def _post(self, connection: Connection, asked: Asked, *, cancel: bool = False) -> Answer:
        answer = await connection.ask(
            "POST", "/v1/reservations", asked.body, cancel=cancel, Idempotency_Key=asked.key
        )
        self.tally.requests += 1
        return answer

    # -- what becomes of it -------------------------------------------------------------------------------

    async def _go_on(self, hold: Hold) -> Hold | None:
        """Take the next step; return the hold where it goes on."""
        if hold.state == "confirmed":
            return await self._step(hold, "collect")
        if hold.until_s - time.time() < SHORT_TTL_S + 1:
            self.tally.expired += 1
            return None  # left to expire
        drawn = self.rng.random()
        if drawn < 0.25:
            return await self._step(hold, "confirm")
        if drawn < 0.4:
            return await self._amend(hold)
        return await self._step(hold, "release")

    async def _step(self, hold: Hold, verb: str) -> Hold | None:
        if verb != "confirm":
            self.books.unsure(hold)
        answer = await self._until_answered("POST", f"/v1/reservations/{hold.id}/{verb}")
        if answer.status != 200:
            self._wonder(answer)
            return None
        hold.state, hold.version, hold.until_s = (
            answer.body["state"],
            answer.body["version"],
            _end_of(answer.body),
        )
        if verb == "collect":
            self.tally.collected += 1
            self.books.collect(hold, time.time())
            await self._deliver(hold)
            return None
        if verb == "release":
            self.tally.released += 1
            return None
        self.books.sure(hold, time.time())
        return hold

    async def _amend(self, hold: Hold) -> Hold | None:
        """Ask for another quantity of one article; what is on its way is not sure."""
        self.books.unsure(hold)
        sku = self.rng.choice(sorted(hold.pieces))
        body = {"lines": [{"sku": sku, "qty": self.rng.randint(1, 3)}]}
        path = f"/v1/reservations/{hold.id}"
        answer = await self._until_answered("PATCH", path, body, If_Match=f'"{hold.version}"')
        if answer.code == "reservation_changed":  # the first try took effect, and its answer was lost
            answer = await self._until_answered("GET", path)
        self.tally.amended += answer.status == 200
        if answer.code == "insufficient_availability":
            answer = await self._until_answered("GET", path)
        if answer.status != 200:
            self._wonder(answer)
            return None
        hold.pieces, hold.version = pieces_of(answer.body), answer.body["version"]
        self.books.sure(hold, time.time())
        return hold

    async def _deliver(self, hold: Hold) -> None:
        """As many pieces come in again, so that the storm does not run dry."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        events = [
            {
                "event_id": f"{hold.id}-{sku}",
                "type": "receive",
                "store": STORE,
                "sku": sku,
                "qty": pieces,
                "at": at,
            }
            for sku, pieces in hold.pieces.items()
        ]
        if events:
            self.books.received.update(hold.pieces)  # before they are sent: somebody may hold them at once
            answer = await self._until_answered("POST", "/v1/events", {"events": events})
            if answer.status != 200 or answer.body["applied"] + answer.body["duplicate"] != len(events):
                self._wonder(answer)

    async def _until_answered(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        while True:
            try:
                answer = await self.connection.ask(method, path, body, **headers)
            except Gone:
                self.tally.unanswered += 1
            else:
                self.tally.requests += 1
                if answer.code != "overloaded":
                    return answer
            await asyncio.sleep(AGAIN_S)

    def _wonder(self, answer: Answer) -> None:
        self.unexpected.append(f"{answer.status} {answer.body}")


def _end_of(told: dict[str, Any]) -> float:
    """Return until when a reservation is held, seconds of the epoch."""
    ends = told.get("expires_at") or told.get("collect_by")
    return datetime.fromisoformat(str(ends)).timestamp()
