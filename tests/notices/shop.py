"""A shop whose articles run out and come back, told over HTTP and by scanners over MQTT; and who is told of it. I/O.

    POST /v1/events ─────────────┐                          ┌─▶ mail ─▶ MailTarget
                                 ├─▶ gateway ─▶ alerts ─────┼─▶ POST ─▶ HttpTarget
    scans ─ QoS 1 ─▶ Mosquitto ──┘                          ├─▶ signed webhook ─▶ HttpTarget
                                                            ├─▶ Mosquitto ─▶ a client
                                                            └─▶ the stream ─▶ a page
Half of the articles sell out at a stroke, told by a till over HTTP (stock_out); the others run low, piece by piece,
scanned (low_stock). What nobody answered is told again, under the same name.
"""

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.plain_mqtt import PlainMqtt
from tests.support.processes import Gateway

STORE = "lyon-1"
PIECES, LOW = 4, 2
HOLD_S = 0.3
TOLD_S = 2 * HOLD_S
"""After an alert was seen, longer than the window in which it is gathered with others."""
MOST_OPEN = 16
"""Conditions at once: no message lists more than 50."""
PER_POST = 100
LOOKED_AT = 100
"""Alerts looked at for what became of a few conditions: each article may have one that nobody meant."""
SITE = """
[gateway]
data_dir = "data"
[api]
port = {api_port}
requests_per_s = 1_000_000
requests_burst = 10_000_000
[mqtt]
port = {mqtt_port}
[catalogue]
csv = "articles.csv"
[webhooks]
allow_networks = ["127.0.0.0/8"]
allow_http = true
[alerts]
low_stock_at = 2
low_stock_clear_at = 4
hold_s = {hold_s}
clear_hold_s = {hold_s}
[alerts.notices]
group_window_s = {hold_s}
repeat_s = 0
escalate_lead_s = 0
quiet_when_closed = false
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back-room", role = "back_room" }}, {{ id = "till", role = "till" }}]
[[scanners]]
id = "till-1"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "till"
role = "till"
topic = "till-1"
repeat_window_s = 0
[[scanners]]
id = "goods-1"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "back-room"
role = "receiving"
topic = "goods-1"
repeat_window_s = 0
[[mappings]]
name = "codes"
[[mappings.scans]]
topic = "scan/{{device}}"
text = "code"
time = "at"
time_format = "unix_ns"
[[notify]]
id = "mail"
kind = "email"
types = ["stock_out", "low_stock"]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
sender = "alerts@shop.example"
to = ["floor@shop.example"]
[[notify]]
id = "post"
kind = "http"
types = ["stock_out", "low_stock"]
url = "http://127.0.0.1:{post_port}/notices"
body = '{{"id": "{{id}}", "kind": "{{kind}}", "total": "{{total}}", "text": "{{text}}"}}'
"""


def gtin_of(number: int) -> str:
    """Return a GTIN-14 with its check digit (GS1 General Specifications §7.9)."""
    digits = f"0301234{number:06d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def sku_of(number: int) -> str:
    """Return the SKU of an article."""
    return f"ART-{number:05d}"


def write_shop(folder: Path, articles: int, **ports: int) -> Path:
    """Write the site and its articles; return the site's file."""
    site = folder / "site.toml"
    site.write_text(SITE.format(hold_s=HOLD_S, **ports), "utf-8")
    rows = "".join(f"{sku_of(n)},{gtin_of(n)},{sku_of(n)},count\n" for n in range(articles))
    (folder / "articles.csv").write_text(f"sku,gtin,name_en,tracked_by\n{rows}", "utf-8")
    return site


@dataclass(slots=True)
class Condition:
    """An article that ran out: seen to fire at `fired_s`, then told (`is_told`) and on its way back, then over."""

    number: int
    fired_s: float | None = None
    is_told: bool = False

    @property
    def sku(self) -> str:
        """Return the article."""
        return sku_of(self.number)

    @property
    def is_scanned(self) -> bool:
        """Return whether it is told by scanners."""
        return self.number % 2 == 1

    @property
    def type(self) -> str:
        """Return the alert that is to come of it."""
        return "low_stock" if self.is_scanned else "stock_out"


@dataclass(slots=True)
class Conditions:
    """Raises conditions one after the other and lets them be over once they fired. `step` is called often.

    `told_again`: requests that were sent again for want of an answer.
    """

    gateway: Gateway
    mqtt: PlainMqtt
    total: int
    begun: int = 0
    over: int = 0
    told_again: int = 0
    _open: dict[str, Condition] = field(default_factory=dict)
    _unsent: list[dict[str, Any]] = field(default_factory=list)
    _scanned_ns: int = 0
    _has_asked: bool = False

    @property
    def is_done(self) -> bool:
        """Return whether each came and went."""
        return self.over == self.total

    def stock(self) -> None:
        """Receive the pieces of all articles, while nobody disturbs."""
        for first in range(0, self.total, PER_POST):
            numbers = range(first, min(first + PER_POST, self.total))
            events = [self._event("receive", sku_of(number), f"first-{number}") for number in numbers]
            results = self.gateway.post("/v1/events", {"events": events})["results"]
            assert {result["outcome"] for result in results} == {"applied"}, results

    def step(self, most: int) -> None:
        """Raise up to `most` further conditions, tell what is to be told, look at what became of it."""
        for _ in range(min(most, MOST_OPEN - len(self._open), self.total - self.begun)):
            condition = Condition(self.begun)
            self._open[condition.sku] = condition
            self.begun += 1
            self._bring_about(condition, "sale")
        with contextlib.suppress(httpx.TransportError):  # it was killed, or starts
            self._send()
            self._look()
            self._bring_back()

    def _bring_about(self, condition: Condition, kind: str) -> None:
        if not condition.is_scanned:
            self._unsent.append(self._event(kind, condition.sku, f"{kind}-{condition.number}"))
            return
        topic = "scan/till-1" if kind == "sale" else "scan/goods-1"
        for _ in range(PIECES - LOW):
            self._scanned_ns = max(time.time_ns(), self._scanned_ns + 1_000)
            self.mqtt.publish(topic, f'{{"code": "{gtin_of(condition.number)}", "at": {self._scanned_ns}}}')

    def _event(self, kind: str, sku: str, name: str) -> dict[str, Any]:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {"event_id": name, "type": kind, "store": STORE, "sku": sku, "qty": PIECES, "at": at}

    def _send(self) -> None:
        if not self._unsent:
            return
        self.told_again += self._has_asked
        self._has_asked = True
        results = self.gateway.post("/v1/events", {"events": self._unsent[:PER_POST]})["results"]
        assert {result["outcome"] for result in results} <= {"applied", "duplicate"}, results
        del self._unsent[:PER_POST]
        self._has_asked = False

    def _look(self) -> None:
        """Take in what fires and what is over."""
        if not self._open:
            return
        types = ["stock_out", "low_stock"]
        found = self.gateway.get("/v1/alerts", limit=LOOKED_AT, type=types)["items"]
        for alert in found:
            condition = self._open.get(alert["sku"])
            if condition is None or alert["type"] != condition.type:
                continue
            if alert["state"] == "firing" and condition.fired_s is None:
                condition.fired_s = time.monotonic()
            elif alert["state"] == "resolved":
                del self._open[condition.sku]
                self.over += 1

    def _bring_back(self) -> None:
        """Let articles come back of which people are to be told by now: what is over before is never told."""
        told_s = time.monotonic() - TOLD_S
        fired = [one for one in self._open.values() if one.fired_s is not None and not one.is_told]
        due = [one for one in fired if (one.fired_s or 0.0) < told_s]
        if due:
            self.gateway.get(
                "/v1/tasks", store=STORE, limit=1
            )  # answered after a pass, which tells what is due
        for condition in due:
            condition.is_told = True
            self._bring_about(condition, "receive")

    def skus(self) -> list[str]:
        """Return the articles of all conditions."""
        return [sku_of(number) for number in range(self.total)]
