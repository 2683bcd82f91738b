"""Every route × every scope × (own store, foreign store, one that does not exist, no key, a revoked key), against a table.

The table is what is meant, written down by hand: a route without a line in it fails, and so does a line without a route.
To add a route, add its line to MATRIX.
"""

import contextlib
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.edge import MAX_BODY_BYTES
from gateway.alerts.silences import Matcher, Silence
from gateway.channels.model import ChannelInfo
from gateway.keys import SCOPES
from gateway.ports.callers import Caller
from gateway.webhooks.model import Endpoint
from gateway.webhooks.ports import WebhookState
from tests.support.api_ports import (
    LYON,
    NOW_NS,
    PARIS,
    FakeAuth,
    FakeFeed,
    Floor,
    alert,
    availability,
    explanation,
    reservation,
)
from tests.support.fake_notify import told_target
from tests.support.kpi_days import PlainKpis

OWN, FOREIGN, MISSING = "lyon-1", "paris-1", "nowhere-9"
FEW, READ, EXACT = (), ("availability:read", "availability:exact"), ("availability:exact",)
HOLD, LOOK, INGEST = ("reservations:write",), ("reservations:write", "availability:exact"), ("ingest:write",)
ADMIN = ("admin",)
DELIVER, RECEIVE = INGEST, ("ingest:write", "deliveries:receive")
MOVE, COUNT = ("ingest:write", "counts:write"), ("counts:write",)
APPROVE = ("counts:approve",)
SEE_ALL, SEE_COUNTS = (*EXACT, *MOVE), ("counts:write", "availability:exact")
SEE_DELIVERIES = (*SEE_ALL, "deliveries:receive")
TASK, SEE_TASKS = ("tasks:write",), ("tasks:write", "availability:exact")
IDS = {OWN: "a", FOREIGN: "b", MISSING: "c"}
"""Stands for `{n}` in a line: the last digit of the id of a thing in that store; of none in the third."""
SECURITY = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Line:
    """What is meant of a route. `{s}` and `{n}` in `path` and `body` become a store, and the digit of a thing in it.

    `scopes`: any of them opens it, and `admin`; none: it needs no key. `own`: the status where it is allowed, or those of which
    one is, by what became of the thing before. `also`: a code that is as right, for who sees one side of a thing.
    `foreign`: the code for a key that is bound to another store, for a store that does not exist too; None: the
    request names no store (or it may be of both, as a transfer is: `shows_others`). `missing`: the code for a key of all stores, where the store or thing does not exist.
    """

    scopes: tuple[str, ...]
    path: str
    own: int | tuple[int, ...] = 200
    foreign: str | None = None
    missing: str | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    shows_others: bool = False
    also: str | None = None

    def is_own(self, answer: httpx.Response) -> bool:
        """Return whether that is what is answered where it is allowed."""
        statuses = self.own if isinstance(self.own, tuple) else (self.own,)
        is_conflict = answer.status_code in {409, 412} and answer.status_code in statuses
        return is_conflict or told(answer) in {*map(str, statuses), self.also}


def _named(scopes: tuple[str, ...], path: str, **more: Any) -> Line:
    """Return the line of a route that names a store."""
    return Line(scopes, path, foreign="forbidden_store", missing="unknown_store", **more)


def _thing(scopes: tuple[str, ...], path: str, code: str, **more: Any) -> Line:
    """Return the line of a route that names a thing of a store: one of another store does not exist."""
    return Line(scopes, path, foreign=code, missing=code, **more)


def _booking(verb: str, **more: Any) -> Line:
    return _thing(HOLD, f"/v1/reservations/{'0' * 22}{{n}}{verb}", "unknown_reservation", **more)


def _hook(rest: str, **more: Any) -> Line:
    return _thing(ADMIN, f"/v1/webhook-endpoints/wh_{'0' * 11}{{n}}{rest}", "unknown_webhook", **more)


def _told(rest: str) -> Line:
    return _thing(ADMIN, f"/v1/notify-targets/floor-{{n}}{rest}", "unknown_target")


ONE = "/v1/stores/{s}/availability/DEN-501-32"
SALE = {"event_id": "1", "type": "sale", "store": "{s}", "sku": "DEN-501-32", "at": "2026-11-21T18:02:11Z"}
BASKET = {"lines": [{"sku": "DEN-501-32", "qty": 1}], "stores": ["{s}"]}
FIGURE = {"store": "{s}", "sku": "DEN-501-32", "qty": 4, "as_of": "2026-11-21T18:02:11Z"}
KEYED = {"Idempotency-Key": "k1"}
PAGE = {"X-Storefloor": "1"}

MATRIX = {
    "GET /v1/stores/{store}/availability/{sku}": _named(READ, ONE),
    "GET /v1/availability": _named(READ, "/v1/availability?sku=DEN-501-32&store={s}"),
    "POST /v1/availability/query": _named(
        READ, "/v1/availability/query", body={"items": [{"sku": "DEN-501-32", "qty": 1}], "stores": ["{s}"]}
    ),
    "POST /v1/pickup-options": _named(READ, "/v1/pickup-options", body=BASKET),
    "POST /v1/ship-options": _named(READ, "/v1/ship-options", body=BASKET),
    "GET /v1/stores/{store}/availability/{sku}/history": _named(EXACT, f"{ONE}/history"),
    "GET /v1/stores/{store}/availability/{sku}/explain": _named(EXACT, f"{ONE}/explain"),
    "GET /v1/stream": _named(READ, "/v1/stream?store={s}"),
    "GET /v1/changes": _named(EXACT, "/v1/changes?store={s}"),
    "POST /v1/webhook-endpoints": _named(
        ADMIN, "/v1/webhook-endpoints", own=201, body={"url": "https://shop.example", "stores": ["{s}"]},
        headers=KEYED,
    ),
    "GET /v1/webhook-endpoints": Line(ADMIN, "/v1/webhook-endpoints"),
    "GET /v1/webhook-endpoints/{endpoint}": _hook(""),
    "PATCH /v1/webhook-endpoints/{endpoint}": _hook("", body={"description": "till"}),
    "DELETE /v1/webhook-endpoints/{endpoint}": _hook("", own=204),
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret": _hook("/rotate-secret"),
    "POST /v1/webhook-endpoints/{endpoint}/test": _hook("/test"),
    "POST /v1/webhook-endpoints/{endpoint}/replay": _hook("/replay", body={"store": "{s}", "after": 1}),
    "GET /v1/webhook-endpoints/{endpoint}/deliveries": _hook("/deliveries"),
    "GET /v1/notify-targets": Line(("alerts:rules",), "/v1/notify-targets"),
    "POST /v1/notify-targets/{target}/test": _told("/test"),
    "GET /v1/notify-targets/{target}/deliveries": _told("/deliveries"),
    "POST /v1/reservations": _named(
        HOLD, "/v1/reservations", own=201, headers=KEYED,
        body={"store": "{s}", "lines": [{"sku": "DEN-501-32", "qty": 1}], "channel": "web"},
    ),
    "GET /v1/reservations": _named(LOOK, "/v1/reservations?store={s}"),
    "GET /v1/reservations/{id}": _thing(
        LOOK, f"/v1/reservations/{'0' * 22}{{n}}", "unknown_reservation"
    ),
    "PATCH /v1/reservations/{id}": _booking("", body={"ttl_s": 60}, headers={"If-Match": '"1"'}),
    "POST /v1/reservations/{id}/confirm": _booking("/confirm"),
    "POST /v1/reservations/{id}/release": _booking("/release"),
    "POST /v1/reservations/{id}/pick": _booking("/pick", body={"lines": [{"sku": "DEN-501-32", "qty": 1}]}),
    "POST /v1/reservations/{id}/ready": _booking("/ready"),
    "POST /v1/reservations/{id}/collect": _booking("/collect"),
    "POST /v1/reservations/{id}/short": _booking("/short"),
    "POST /v1/reservations/{id}/transfer": _booking("/transfer", body={"store": OWN}),
    "POST /v1/events": Line(
        INGEST, "/v1/events", foreign="forbidden_store", body={"events": [SALE]}
    ),
    "POST /v1/ingest/{device}": _thing(INGEST, "/v1/ingest/{d}", "unknown_device", body={}),
    "POST /v1/ledger": Line(
        INGEST, "/v1/ledger", foreign="forbidden_store", body={"lines": [FIGURE]}, headers=KEYED
    ),
    "GET /v1/ledger": _named(EXACT, "/v1/ledger?store={s}"),
    "GET /v1/overview": _named(EXACT, "/v1/overview?store={s}"),
    "GET /v1/alerts": _named(EXACT, "/v1/alerts?store={s}"),
    "GET /v1/calibration": _named(EXACT, "/v1/calibration?store={s}"),
    "GET /v1/forecast/{sku}": _named(EXACT, "/v1/forecast/DEN-501-32?store={s}"),
    "GET /v1/forecast-accuracy": _named(EXACT, "/v1/forecast-accuracy?store={s}"),
    "GET /v1/kpis": _named(EXACT, "/v1/kpis?store={s}"),
    "GET /v1/stores": Line(READ, "/v1/stores"),
    "GET /v1/channels": Line(READ, "/v1/channels"),
    "GET /v1/channels/{id}/safety-stock/{sku}": _named(ADMIN, "/v1/channels/web/safety-stock/DEN-501-32?store={s}"),
    "PUT /v1/channels/{id}/safety-stock/{sku}": _named(
        ADMIN, "/v1/channels/web/safety-stock/DEN-501-32?store={s}", body={"pieces": 2}
    ),
    "GET /v1/articles": Line(READ, "/v1/articles"),
    "GET /v1/articles/resolve": Line(READ, "/v1/articles/resolve?code=DEN-501-32"),
    "PUT /v1/articles": Line(ADMIN, "/v1/articles", body={"articles": [{"sku": "NEW"}]}),
    "GET /v1/devices": _named(EXACT, "/v1/devices?store={s}"),
    "GET /v1/dead-letters": _named(EXACT, "/v1/dead-letters?store={s}"),
    "GET /v1/unmatched-topics": Line(EXACT, "/v1/unmatched-topics"),
    "GET /v1/audit": _named(ADMIN, "/v1/audit?store={s}"),
    "GET /livez": Line(FEW, "/livez"),
    "GET /readyz": Line(FEW, "/readyz"),
    "GET /metrics": Line(FEW, "/metrics"),
    "GET /v1/problems": Line(FEW, "/v1/problems"),
    "GET /v1/problems/{code}": Line(FEW, "/v1/problems/not_found"),
    "GET /docs": Line(FEW, "/docs"),
    "GET /docs/docs.css": Line(FEW, "/docs/docs.css"),
    "GET /docs/docs.js": Line(FEW, "/docs/docs.js"),
    "GET /openapi.json": Line(FEW, "/openapi.json"),
    "GET /session": Line(SCOPES, "/session"),
    "POST /session": Line(FEW, "/session", body={"key": "all|admin"}),
    "DELETE /session": Line(FEW, "/session", own=204, headers=PAGE),
    "GET /session/people": Line(("tasks:write", "alerts:write"), "/session/people"),
    "DELETE /session/device": Line(FEW, "/session/device", own=204, headers=PAGE),
}  # fmt: skip


def _delivery(scopes: tuple[str, ...], rest: str, **more: Any) -> Line:
    return _thing(scopes, f"/v1/deliveries/{{dl}}{rest}", "unknown_delivery", **more)


def _transfer(scopes: tuple[str, ...], rest: str, **more: Any) -> Line:
    return Line(scopes, f"/v1/transfers/{{tr}}{rest}", missing="unknown_transfer", shows_others=True, **more)


def _count(rest: str, scopes: tuple[str, ...] = COUNT, **more: Any) -> Line:
    return _named(scopes, f"/v1/stores/{{s}}/counts/{{cn}}{rest}", **more)


def _task(rest: str, scopes: tuple[str, ...] = TASK, **more: Any) -> Line:
    return _thing(scopes, f"/v1/tasks/{{tk}}{rest}", "unknown_task", **more)


STEP = (200, 201, 409, 412)
"""What a step of a thing's life answers, by how far it has come."""
MATRIX |= {
    "POST /v1/deliveries": _named(
        DELIVER, "/v1/deliveries", own=201, headers=KEYED,
        body={"store": "{s}", "expected_at": "2027-01-15T09:00:00Z", "lines": [{"sku": "TOTE", "qty": 1}]},
    ),
    "GET /v1/deliveries": _named(SEE_DELIVERIES, "/v1/deliveries?store={s}"),
    "GET /v1/deliveries/{id}": _delivery(SEE_DELIVERIES, ""),
    "PATCH /v1/deliveries/{id}": _delivery(
        DELIVER, "", own=STEP, body={"expected_to": "2027-01-16T09:00:00Z"},
        headers={"If-Match": '"1"'},
    ),
    "POST /v1/deliveries/{id}/receive": _delivery(RECEIVE, "/receive", own=STEP),
    "POST /v1/deliveries/{id}/close": _delivery(RECEIVE, "/close", own=STEP),
    "POST /v1/deliveries/{id}/cancel": _delivery(DELIVER, "/cancel", own=STEP),
    "POST /v1/transfers": Line(
        MOVE, "/v1/transfers", own=201, headers=KEYED, shows_others=True,
        body={"from": OWN, "to": FOREIGN, "lines": [{"sku": "TOTE", "qty": 1}]},
    ),
    "GET /v1/transfers": _named(SEE_ALL, "/v1/transfers?store={s}", shows_others=True),
    "GET /v1/transfers/{id}": _transfer(SEE_ALL, ""),
    "POST /v1/transfers/{id}/send": _transfer(MOVE, "/send", own=STEP),
    "POST /v1/transfers/{id}/receive": _transfer(MOVE, "/receive", own=STEP, also="forbidden_store"),
    "POST /v1/transfers/{id}/close": _transfer(MOVE, "/close", own=STEP, also="forbidden_store"),
    "POST /v1/transfers/{id}/cancel": _transfer(MOVE, "/cancel", own=STEP),
    "POST /v1/stores/{store}/counts": _named(
        COUNT, "/v1/stores/{s}/counts", own=STEP, headers=KEYED,
        body={"zones": ["floor"], "blind": True, "by": "hand"},
    ),
    "GET /v1/stores/{store}/counts": _named(SEE_COUNTS, "/v1/stores/{s}/counts"),
    "GET /v1/stores/{store}/counts/{id}": _count("", SEE_COUNTS),
    "GET /v1/stores/{store}/counts/{id}/lines": _count("/lines", SEE_COUNTS),
    "POST /v1/stores/{store}/counts/{id}/lines": _count(
        "/lines", own=STEP, headers=KEYED, body={"entries": [{"entry_id": "e1", "sku": "TOTE"}]}
    ),
    "POST /v1/stores/{store}/counts/{id}/submit": _count("/submit", own=STEP),
    "POST /v1/stores/{store}/counts/{id}/recount": _count(
        "/recount", own=STEP, headers={"If-Match": '"1"'},
        body={"lines": [{"sku": "TOTE", "zone": "floor"}]},
    ),
    "POST /v1/stores/{store}/counts/{id}/approve": _count("/approve", APPROVE, own=STEP, headers={"If-Match": '"1"'}),
    "POST /v1/stores/{store}/counts/{id}/reject": _count("/reject", APPROVE, own=STEP, headers={"If-Match": '"1"'}),
    "POST /v1/stores/{store}/counts/{id}/cancel": _count("/cancel", own=STEP),
    "POST /v1/stores/{store}/adjustments": _named(
        APPROVE, "/v1/stores/{s}/adjustments", own=STEP, headers=KEYED,
        body={"sku": "TOTE", "zone": "floor", "delta": 1, "change_from": 5, "reason": "found"},
    ),
    "GET /v1/stores/{store}/adjustments": _named(SEE_COUNTS, "/v1/stores/{s}/adjustments"),
    "POST /v1/tasks": _named(
        TASK, "/v1/tasks", own=201, headers=KEYED, body={"store": "{s}", "kind": "count", "to_zone": "floor"}
    ),
    "GET /v1/tasks": _named(SEE_TASKS, "/v1/tasks?store={s}"),
    "GET /v1/tasks/{id}": _task("", SEE_TASKS),
    "POST /v1/tasks/{id}/claim": _task("/claim", own=STEP, body={"by": "handheld-3"}),
    "POST /v1/tasks/{id}/unclaim": _task("/unclaim", own=STEP),
    "POST /v1/tasks/{id}/complete": _task("/complete", own=STEP),
    "POST /v1/tasks/{id}/fail": _task("/fail", own=STEP, body={"reason": "not found"}),
}  # fmt: skip

RULES = ("alerts:rules",)
ALARM, MANAGE, SEE_ALARMS = ("alerts:write",), ("alerts:manage",), ("alerts:write", "availability:exact")


def _alarm(rest: str, scopes: tuple[str, ...] = ALARM, **more: Any) -> Line:
    return _thing(scopes, f"/v1/alerts/{{al}}{rest}", "unknown_alert", **more)


MATRIX |= {
    "GET /v1/alerts/{id}": _alarm("", SEE_ALARMS),
    "POST /v1/alert-rules/test": _named(
        EXACT, "/v1/alert-rules/test", body={"type": "low_stock", "stores": ["{s}"]}
    ),
    "POST /v1/alert-rules/{id}/test": _named(
        EXACT, "/v1/alert-rules/default-low-stock/test", body={"stores": ["{s}"]}
    ),
    "GET /v1/alert-rules": Line(SEE_ALARMS, "/v1/alert-rules"),
    "POST /v1/alert-rules": _named(
        RULES, "/v1/alert-rules", own=STEP, headers=KEYED,
        body={"id": "rule-{n}", "type": "low_stock", "stores": ["{s}"]},
    ),
    "GET /v1/alert-rules/{id}": _thing(SEE_ALARMS, "/v1/alert-rules/{ru}", "unknown_rule"),
    "PATCH /v1/alert-rules/{id}": _thing(RULES, "/v1/alert-rules/{ru}", "unknown_rule", body={"enabled": True}),
    "DELETE /v1/alert-rules/{id}": _thing(
        RULES, "/v1/alert-rules/{ru}", "unknown_rule", own=(204, 412), headers={"If-Match": '"99"'}
    ),
    "GET /v1/alert-precision": Line(SEE_ALARMS, "/v1/alert-precision"),
    "POST /v1/alerts/{id}/ack": _alarm("/ack"),
    "POST /v1/alerts/{id}/unack": _alarm("/unack"),
    "POST /v1/alerts/{id}/snooze": _alarm("/snooze", body={"until": "2027-01-15T20:00:00Z"}),
    "POST /v1/alerts/{id}/assign": _alarm("/assign", MANAGE, body={"user": "Camille"}),
    "POST /v1/alerts/{id}/resolve": _alarm("/resolve", MANAGE, body={"reason": "rebuilt"}),
    "POST /v1/alerts/{id}/comment": _alarm("/comment", body={"text": "on their way"}),
    "POST /v1/alerts/{id}/feedback": _alarm("/feedback", body={"useful": True}),
    "GET /v1/silences": Line(SEE_ALARMS, "/v1/silences"),
    "POST /v1/silences": _named(
        MANAGE, "/v1/silences", own=201, headers=KEYED,
        body={"store": "{s}", "until": "2027-01-15T20:00:00Z", "reason": "rebuilt"},
    ),
    "DELETE /v1/silences/{id}": _thing(MANAGE, "/v1/silences/{si}", "unknown_silence", own=204),
}  # fmt: skip

SITE_WIDE = {"GET /v1/unmatched-topics", "PUT /v1/articles"}
"""What is of the whole site: a key that is bound to stores is refused, with a code of its own."""

NUMBERS = itertools.count()


def a_shop(**parts: Any) -> Floor:
    """Return an app over the two stores of the table."""
    return Floor(feed=FakeFeed([b": ping\n\n"]), kpis=PlainKpis(NOW_NS, (OWN, FOREIGN)), **parts)


SHOP = a_shop()


def routes() -> Iterator[str]:
    """Yield each method and path of the app."""
    for route in SHOP.app.routes:
        if isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in sorted(route.methods))


def fresh(shop: Floor) -> None:
    """Give a shop its keys and things anew: one key for each scope, for all stores and bound to one."""
    shop.auth.callers = {
        f"{bound}|{scope}": Caller(f"{bound}|{scope}", frozenset({scope}), frozenset(stores))
        for scope in SCOPES
        for bound, stores in (("all", ()), ("own", (OWN,)))
    }
    shop.inventory.explained[FOREIGN, "DEN-501-32"] = explanation(store=FOREIGN)
    held = {f"{'0' * 22}{IDS[store]}": store for store in (OWN, FOREIGN)}
    shop.reservations.kept = {name: reservation(id=name, store=store) for name, store in held.items()}
    shop.reservations.answers.clear()
    hooks = [
        Endpoint(f"wh_{'0' * 11}{IDS[s]}", "https://a.example", (), (s,), "", NOW_NS) for s in (OWN, FOREIGN)
    ]
    shop.webhooks.kept = {hook.id: WebhookState(hook, 0, {hook.stores[0]: 1}) for hook in hooks}
    shop.webhooks.answers.clear()
    shop.notify.kept = [told_target(f"floor-{IDS[s]}", s) for s in (OWN, FOREIGN)] + [told_target("all")]
    shop.channels.listed = [
        ChannelInfo("web", "Web shop", (OWN, FOREIGN), ("ship",), 1, None, None, None, None, False)
    ]
    shop.inventory.places = [LYON, replace(PARIS, id=FOREIGN)]
    shop.inventory.found[FOREIGN, "DEN-501-32"] = availability(store=FOREIGN)
    shop.ingest.stores = {"r700-back": OWN, "paris-r": FOREIGN}
    for store, number in ((OWN, 1), (FOREIGN, 2)):
        kept = alert(number, store=store)
        shop.alerts.kept[kept.id] = kept
        shop.alerts.book.add(
            Silence(THINGS["{si}"][store], Matcher(store), 2 * NOW_NS, "rebuilt", "all|admin", NOW_NS)
        )
    shop.real_s += 3_600.0  # nobody's quota is used up


THINGS = {
    "{d}": {OWN: "r700-back", FOREIGN: "paris-r", MISSING: "no-device"},
    "{dl}": {MISSING: "dl_" + "0" * 12},
    "{tr}": {MISSING: "tr_" + "0" * 12},
    "{cn}": {MISSING: "0" * 23},
    "{tk}": {MISSING: "tk_" + "0" * 16},
    "{ru}": {MISSING: "rule-c"},
    "{al}": {OWN: "a0001", FOREIGN: "a0002", MISSING: "a0003"},
    "{si}": {store: f"si_{'a' * 11}{n}" for store, n in ((OWN, 1), (FOREIGN, 2), (MISSING, 3))},
}
"""What stands for a thing of a store in a path: devices, and ids that `made` fills in."""


async def make_things(client: httpx.AsyncClient, shop: Floor) -> None:
    """Have a delivery, a transfer and a count in each store, once."""
    if OWN in THINGS["{cn}"]:
        return
    fresh(shop)
    for mark, name in (
        ("{dl}", "POST /v1/deliveries"), ("{tr}", "POST /v1/transfers"), ("{cn}", "POST /v1/stores/{store}/counts"),
        ("{tk}", "POST /v1/tasks"), ("{ru}", "POST /v1/alert-rules"),
    ):  # fmt: skip
        for store in (OWN, FOREIGN):
            line = MATRIX[name]
            headers = {
                "Authorization": "Bearer all|admin",
                "Idempotency-Key": f"{name}{store}".replace(" ", ""),
            }
            body = json.loads(filled(json.dumps(line.body), store))
            made = await client.post(filled(line.path, store), json=body, headers=headers)
            assert made.status_code == 201, made.text
            THINGS[mark][store] = made.json()["id"]


def filled(text: str, store: str) -> str:
    """Return a line's text for a store."""
    text = text.replace("{s}", store).replace("{n}", IDS[store])
    for mark, ids in THINGS.items():
        text = text.replace(mark, ids.get(store, ""))
    return text


async def asked(
    client: httpx.AsyncClient,
    name: str,
    key: str | None,
    store: str = OWN,
    *,
    shop: Floor,
    more_headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    """Return the answer to a line's request, as a page of strangers would send it."""
    await make_things(client, shop)
    fresh(shop)
    line = MATRIX[name]
    headers = {"Origin": "https://evil.example", **line.headers, **(more_headers or {})}
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"k{next(NUMBERS)}"
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    if line.body is not None and "content" not in more:
        more["json"] = json.loads(filled(json.dumps(line.body), store))
    elif "content" in more:
        headers["Content-Type"] = "application/json"
    return await client.request(name.split()[0], filled(line.path, store), headers=headers, **more)


def told(answer: httpx.Response) -> str:
    """Return a refusal's code, or that of the first item of a batch, else the status."""
    if answer.headers.get("content-type", "").startswith("application/") and answer.content:
        body = answer.json()
        if answer.status_code >= 400:
            return str(body["code"])
        if body.get("results") and body["results"][0].get("code"):
            return str(body["results"][0]["code"])
    return str(answer.status_code)


def without_echo(answer: httpx.Response, store: str) -> tuple[int, str]:
    """Return an answer without what it repeats of the question, and without its trace id."""
    words = [
        store,
        f"{'0' * 22}{IDS[store]}",
        f"{'0' * 11}{IDS[store]}",
        f"floor-{IDS[store]}",
        *(ids[store] for ids in THINGS.values()),
    ]
    text = answer.text.replace(answer.headers["x-trace-id"], "?")
    return answer.status_code, re.sub("|".join(map(re.escape, words)), "?", text)


def documented(name: str) -> dict[str, Any]:
    """Return the answers of an operation, by status; none where it is no part of the document."""
    method, _, path = name.partition(" ")
    operation: dict[str, Any] = SHOP.app.openapi()["paths"].get(path, {}).get(method.lower(), {})
    return dict(operation.get("responses", {}))


def check_edge(answer: httpx.Response, name: str = "") -> None:
    """Check what every answer bears, and what none does; and that an operation's document has told of it."""
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-trace-id"])
    answers = documented(name)
    if not answers:
        return
    assert str(answer.status_code) in answers
    if answer.status_code >= 400:
        assert f"`{answer.json()['code']}`" in answers[str(answer.status_code)]["description"]
    elif answer.status_code in {200, 201}:
        assert "etag" not in answer.headers or "ETag" in answers[str(answer.status_code)]["headers"]
        assert "etag" in answer.headers or "304" not in answers


def test_the_table_and_the_app_name_the_same_routes() -> None:
    """A new route has a line; a line has a route."""
    assert sorted(routes()) == sorted(MATRIX)


async def check_line(client: httpx.AsyncClient, name: str, shop: Floor) -> None:
    """Ask a line's question as everybody there is; fail where an answer is not what is meant."""
    line = MATRIX[name]
    ask = partial(asked, client, name, shop=shop)
    for key, code in ((None, "missing_key"), ("revoked", "unknown_key")):
        answer = await ask(key)
        check_edge(answer, name)
        assert told(answer) == code if line.scopes else line.is_own(answer), key
        assert not line.scopes or "www-authenticate" in answer.headers
    for scope in SCOPES:
        opens = not line.scopes or scope in (*line.scopes, "admin")
        for bound in ("all", "own"):
            answer = await ask(f"{bound}|{scope}")
            check_edge(answer, name)
            if bound == "own" and name in SITE_WIDE and opens:
                assert told(answer) == "forbidden_store"
            elif opens:
                assert line.is_own(answer), (bound, scope, told(answer))
            else:
                assert told(answer) == "insufficient_scope", (bound, scope)
            may_show = bound == "all" or line.shows_others or not line.scopes
            assert may_show or f'"{FOREIGN}"' not in answer.text
        if line.foreign is not None:
            foreign, missing = await ask(f"own|{scope}", FOREIGN), await ask(f"own|{scope}", MISSING)
            check_edge(foreign, name)
            assert told(foreign) == (line.foreign if opens else "insufficient_scope"), scope
            assert without_echo(foreign, FOREIGN) == without_echo(missing, MISSING), scope
            everywhere = await ask(f"all|{scope}", FOREIGN)
            assert line.is_own(everywhere) if opens else told(everywhere) == "insufficient_scope", scope
        if line.missing is not None:
            nowhere = await ask(f"all|{scope}", MISSING)
            check_edge(nowhere, name)
            assert told(nowhere) == (line.missing if opens else "insufficient_scope"), scope


@pytest.mark.parametrize("name", [name for name in routes() if name in MATRIX])
def test_a_route_opens_to_whom_it_should_and_to_nobody_else(name: str) -> None:
    """By scope, by store, without a key and with one that was revoked; a store that is not the caller's answers as
    one that does not exist does, to the byte.
    """
    SHOP.with_client(partial(check_line, name=name, shop=SHOP))


@pytest.mark.parametrize(
    "name", [name for name in routes() if name in MATRIX and name.split()[0] in {"POST", "PUT", "PATCH"}]
)
def test_a_body_is_bounded_and_a_preflight_is_no_leave(name: str) -> None:
    """413 beyond the bound whoever asks, and no answer to OPTIONS that a browser would take for a yes."""

    async def run(client: httpx.AsyncClient) -> None:
        answer = await asked(client, name, "all|admin", shop=SHOP, content=b" " * (MAX_BODY_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        check_edge(answer, name)
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": name.split()[0]}
        preflight = await client.options(filled(MATRIX[name].path, OWN), headers=headers)
        assert (preflight.status_code, preflight.json()["code"]) == (405, "method_not_allowed")
        check_edge(preflight)

    SHOP.with_client(run)


@pytest.mark.parametrize("name", [name for name in routes() if name in MATRIX and name.startswith("GET /v1")])
def test_who_has_an_answer_is_not_sent_it_again(name: str) -> None:
    """304 without a body to its ETag, wherever the document says so; to others' keys it is another question."""

    async def run(client: httpx.AsyncClient) -> None:
        answer = await asked(client, name, "all|admin", shop=SHOP)
        if "304" in documented(name):
            validator = {"If-None-Match": answer.headers["etag"]}
            again = await asked(client, name, "all|admin", shop=SHOP, more_headers=validator)
            assert (again.status_code, again.content) == (304, b"")
            check_edge(again, name)
            assert "Authorization" in again.headers["vary"] or not MATRIX[name].scopes

    SHOP.with_client(run)


def test_the_document_names_the_scopes_of_the_table() -> None:
    """What /docs says and what is meant are the same."""
    paths = SHOP.app.openapi()["paths"]
    told_of = {
        f"{method.upper()} {path}": sorted(
            {scope for way in operation["security"] for scope in way.get("key", ())}
        )
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    meant = {name: sorted(line.scopes) for name, line in MATRIX.items() if name in told_of}
    meant["GET /session"] = told_of["GET /session"]  # any key may ask who it is
    assert told_of == meant


def test_the_guide_tells_each_scope_what_it_opens() -> None:
    """docs/api.md has a row for each scope, and names each route that needs no key."""
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z]+:?[a-z]*)` \| (.+) \|$", guide, flags=re.MULTILINE))
    used = {scope for name, line in MATRIX.items() if name != "GET /session" for scope in line.scopes}
    assert used <= set(rows)
    for name, line in MATRIX.items():
        path = name.split()[1].split("/{")[0]
        if not line.scopes and not path.startswith(("/docs/", "/session")):
            assert f"`{path}`" in guide, path


class Everybody(FakeAuth):
    """Takes each key for one that may do all."""

    async def caller(self, token: str) -> Caller | None:
        return Caller(token, frozenset({"admin"}), frozenset())


def test_each_line_would_notice_an_app_that_lets_everybody_in() -> None:
    """The same questions to such an app fail, on every route that needs a key."""
    shop = a_shop(auth=Everybody())

    async def run(client: httpx.AsyncClient) -> set[str]:
        passed = set()
        for name in MATRIX:
            with contextlib.suppress(AssertionError):
                await check_line(client, name, shop)
                passed.add(name)
        return passed

    assert shop.with_client(run) == {name for name, line in MATRIX.items() if not line.scopes}
