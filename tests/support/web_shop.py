"""A web shop that holds pieces, confirms and releases, with account of what was acknowledged: part of a busy shop's load."""

import threading
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.scripted_devices import COUNTED

HOLD_EVERY_S, REFUSED_WAIT_S = 0.04, 0.05
TTL_S = 14_400
"""The longest there is: holds that are only held outlive most shops of a crash run."""
NEXT = (("release", "released"), ("confirm", "confirmed"), None)
"""What becomes of one hold after another, and the state that it has then."""


@dataclass(slots=True)
class Hold:
    """One reservation wanted: `id` and `state` as they were acknowledged last, `wanted` what is asked for now."""

    key: str
    id: str = ""
    state: str = ""
    wanted: str = "held"


class WebShop:
    """One client of /v1/reservations: it asks again, under the same key, until somebody answers.

    `holds`: every reservation that was granted, and the one that is being asked for; `repeated` counts those
    granted before the answer was lost.
    """

    def __init__(self, name: str, url: str, key: str) -> None:
        self.holds: list[Hold] = []
        self.asking: Hold | None = None
        self.repeated = 0
        self._name = name
        self._url, self._key = url, key
        self._asked = 0

    def work(self, may_work: threading.Event, stop: threading.Event) -> None:
        """Hold pieces until `stop`, while it may; what was begun is ended."""
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=5.0) as http:
            pause_s = HOLD_EVERY_S
            while not stop.wait(pause_s):
                if self.asking is None:
                    if not may_work.is_set():
                        continue
                    self._asked += 1
                    self.asking = Hold(f"{self._name}-{self._asked}")
                try:
                    self._go_on(http, self.asking)
                    pause_s = HOLD_EVERY_S
                except httpx.TransportError:
                    pause_s = REFUSED_WAIT_S

    def _go_on(self, http: httpx.Client, hold: Hold) -> None:
        """Take the next step of a hold's life; raise TransportError where nobody answered."""
        if not hold.id:
            self._ask(http, hold)
            return
        step = NEXT[self._asked % len(NEXT)]
        if step is not None:
            hold.wanted = step[1]
            answer = http.post(f"/v1/reservations/{hold.id}/{step[0]}")
            if answer.status_code != 200:  # told a second time: what the first one did is to be seen
                answer = http.get(f"/v1/reservations/{hold.id}")
            self._take(answer, hold)
            assert hold.state in {step[1], "expired"}, answer.text
        self.asking = None

    def _ask(self, http: httpx.Client, hold: Hold) -> None:
        body: dict[str, Any] = {
            "store": "lyon-1",
            "lines": [{"sku": COUNTED, "qty": 1}],
            "channel": "web",
            "owner_ref": hold.key,
            "ttl_s": TTL_S,
        }
        answer = http.post("/v1/reservations", json=body, headers={"Idempotency-Key": hold.key})
        if answer.status_code == 409 and answer.json()["code"] == "insufficient_availability":
            self.asking = None
        elif answer.status_code != 409:  # 409: the first request is still at work
            self.repeated += answer.headers.get("idempotent-replayed") == "true"
            self._take(answer, hold)
            self.holds.append(hold)

    def _take(self, answer: httpx.Response, hold: Hold) -> None:
        assert answer.status_code in {200, 201}, answer.text
        told = answer.json()
        assert hold.id in {"", told["id"]}, answer.text
        assert told["owner_ref"] == hold.key, answer.text
        hold.id, hold.state = told["id"], told["state"]
