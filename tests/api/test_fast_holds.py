"""Holds answered ahead of the framework: status, fields in their order, body and effect are the framework's own."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.context import ApiSettings
from api.limits import Quota
from gateway.audit import Actor
from gateway.reservations.model import Decided, NewReservation, OtherVariant, Refusal, Shortfall
from tests.support.api_ports import (
    ADMIN,
    LYON_RESERVE,
    READ,
    RESERVE,
    FakeReservations,
    Floor,
    RawExchange,
    http_scope,
)

PATH = "/v1/reservations"
TRACE = "ab" * 16
GOOD: dict[str, Any] = {"store": "lyon-1", "lines": [{"sku": "DEN-501-32", "qty": 2}], "channel": "web"}
REFUSALS = (
    Refusal("insufficient_availability", "no", (Shortfall("lyon-1", "DEN-501-32", 2, 1, "not_enough", 0.5),),
            ("paris-2",), (), (OtherVariant("DEN-501-32", "TEE-WHT-M", ("lyon-1",)),)),
    Refusal("stock_unknown", "unseen"),
    Refusal("unknown_sku", "no such", faults=(("/lines/0/sku", "not known"),)),
    Refusal("idempotency_in_progress", "wait"),
    Refusal("idempotency_key_reused", "another"),
    Refusal("overloaded", "full"),
    Refusal("beyond_limit", "long", faults=(("/ttl_s", "at most 1 now"),)),
)  # fmt: skip


class Noted(FakeReservations):
    """Notes who asked; fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.actors: list[tuple[Actor, str]] = []
        self.fails = False

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        self.actors.append((actor, key))
        if self.fails:
            raise RuntimeError("the disk is gone")
        return await super().reserve(actor, key, asked)


def floor_of(quota: Quota | None = None) -> Floor:
    """Return a floor whose reservations are noted."""
    return Floor(
        settings=ApiSettings(key_quota=quota or Quota(1e6, 1_000_000), body_timeout_s=0.2),
        reservations=Noted(),
    )


def slow(floor: Floor) -> Floor:
    """Return a floor whose app knows the framework's way alone."""
    floor.app.fast_holds = None  # type: ignore[attr-defined]  # App's own, which is typed as FastAPI
    return floor


def taken(floor: Floor) -> int:
    """Return how many requests were answered ahead of the framework."""
    return int(floor.app.fast_holds.answered)  # type: ignore[attr-defined]  # as above


def scope_of(
    body: bytes, key: str | None = RESERVE, query: str = "", path: str = PATH, **changes: str | None
) -> dict[str, Any]:
    """Return the scope of a POST; a header of `changes` that is None is left out."""
    fields = {
        "content_type": "application/json",
        "content_length": str(len(body)),
        "idempotency_key": "k1",
        "traceparent": f"00-{TRACE}-{'cd' * 8}-01",
    } | changes
    return http_scope(
        path, key, query, "POST", **{name: value for name, value in fields.items() if value is not None}
    )


def answered(floor: Floor, scope: dict[str, Any], *parts: bytes) -> tuple[Any, ...]:
    """Return all that is to be seen of an answer, and what the gateway heard."""
    incoming = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]
    exchange = RawExchange(incoming=incoming)
    asyncio.run(floor.app({**scope, "state": {}}, exchange.receive, exchange.send))
    kept = floor.reservations
    assert isinstance(kept, Noted)
    fields = exchange.messages[0]["headers"] if exchange.messages else []
    return (
        [message["type"] for message in exchange.messages],
        exchange.status if exchange.messages else None,
        fields,
        exchange.body,
        list(kept.asked),
        list(kept.actors),
        dict(floor.app.state.context.counts.responses),
        floor.app.state.context.counts.crashes,
    )


QUICK, USUAL = floor_of(), slow(floor_of())
"""Two gateways that are asked the same: to make one takes as long as a hundred questions."""


def compare(scope: dict[str, Any], *parts: bytes, is_taken: bool) -> Any:
    """Assert that both ways answer alike, and whether the quick one did; return the status."""
    before = taken(QUICK)
    for floor in (QUICK, USUAL):
        floor.reservations.__init__()  # type: ignore[misc]  # made anew in its place
    seen = answered(QUICK, scope, *parts)
    assert seen == answered(USUAL, scope, *parts)
    assert taken(QUICK) - before == is_taken
    return seen[1]


@pytest.mark.parametrize("key", [RESERVE, LYON_RESERVE, ADMIN])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"owner_ref": "cart-1", "ttl_s": 60, "allow_partial": True, "min_probability": 0},
        {"fulfilment": "ship", "lines": [{"sku": "DEN-501-32"}, {"sku": "TEE-WHT-M", "qty": 3}]},
        {"store": None, "stores_ranked": ["lyon-1", "lyon-1"]},
    ],
)
def test_a_plain_hold_is_granted_as_ever(key: str, more: dict[str, Any]) -> None:
    """Byte for byte, to each kind of key; the gateway hears the same of it."""
    body = json.dumps(GOOD | more).encode()
    assert compare(scope_of(body, key), body, is_taken=True) == 201


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON "])
def test_the_type_may_be_written_as_http_allows(content_type: str) -> None:
    """Parameters, capitals and blanks are the same type."""
    body = json.dumps(GOOD).encode()
    assert compare(scope_of(body, content_type=content_type), body, is_taken=True) == 201


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_refusal_is_worded_as_ever(refusal: Refusal) -> None:
    """With its own headers, and to a repeat as to the first."""
    body, before = json.dumps(GOOD).encode(), taken(QUICK)
    for floor in (QUICK, USUAL):
        floor.reservations.__init__()  # type: ignore[misc]  # made anew in its place
        floor.reservations.refuses = refusal
    for number in (1, 2):
        seen = answered(QUICK, scope_of(body), body)
        assert seen == answered(USUAL, scope_of(body), body)
        assert seen[1] >= 400
        assert taken(QUICK) - before == number


def test_a_repeat_is_marked_as_ever() -> None:
    """By either way, whichever was first."""
    body, scope = json.dumps(GOOD).encode(), scope_of(json.dumps(GOOD).encode())
    floor = floor_of()
    first = answered(floor, scope, body)
    again = answered(floor, scope, body)
    usual = answered(slow(floor), scope, body)
    assert [field for field in again[2] if field[0] != b"ratelimit"] == [
        field for field in usual[2] if field[0] != b"ratelimit"
    ]
    assert (again[1], again[3]) == (usual[1], usual[3])
    assert (b"idempotent-replayed", b"true") in again[2]
    assert (again[3], len(again[4])) == (first[3], 1)


def test_an_error_is_a_500_with_the_same_trace(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted and logged once, as at the edge."""
    quick, usual, body = floor_of(), slow(floor_of()), json.dumps(GOOD).encode()
    quick.reservations.fails = usual.reservations.fails = True  # type: ignore[attr-defined]  # the fake's
    seen = answered(quick, scope_of(body), body)
    assert [record.message for record in caplog.records] == [f"trace {TRACE}: POST '{PATH}' failed"]
    assert seen == answered(usual, scope_of(body), body)
    assert (seen[1], seen[-1], taken(quick)) == (500, 1, 1)


AMISS: dict[str, dict[str, Any]] = {
    "no key": {"key": None},
    "unknown key": {"key": "key-nobody"},
    "no scope": {"key": READ},
    "foreign store": {"key": LYON_RESERVE, "body": GOOD | {"store": "paris-2"}},
    "no such store": {"body": GOOD | {"store": "nowhere"}},
    "no idempotency key": {"idempotency_key": None},
    "bad idempotency key": {"idempotency_key": "a b"},
    "other type": {"content_type": "text/plain"},
    "no type": {"content_type": None},
    "a query": {"query": "x=1"},
    "no length": {"content_length": None},
    "bad length": {"content_length": "twelve"},
    "too long": {"content_length": str(2**21)},
    "endless length": {"content_length": "9" * 30},
    "chunked": {"content_length": None, "transfer_encoding": "chunked"},
    "not json": {"body": b"{"},
    "no object": {"body": b"[]"},
    "no text": {"body": b"\xff"},
    "unknown field": {"body": GOOD | {"stor": "x"}},
    "twice": {"body": b'{"store":"lyon-1","channel":"web","channel":"web","lines":[{"sku":"A"}]}'},
    "two places": {"body": GOOD | {"stores_ranked": ["lyon-1"]}},
    "no lines": {"body": GOOD | {"lines": []}},
    "basic": {"authorization": "Basic eDp5", "key": None},
    "other path": {"path": f"{PATH}/"},
}


@pytest.mark.parametrize("name", AMISS)
def test_what_is_amiss_is_the_frameworks(name: str) -> None:
    """It is refused there, once, in the usual words; a body of unknown length is read there."""
    more = dict(AMISS[name])
    body = more.pop("body", GOOD)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    is_refused = compare(scope_of(raw, **more), raw, is_taken=False) >= 400
    assert is_refused == (name not in {"no length", "chunked"})


@pytest.mark.parametrize("name", [b"host", b"authorization", b"content-type", b"idempotency-key"])
def test_a_field_that_stands_twice_is_the_frameworks(name: bytes) -> None:
    """Which of the two counts is decided in one place."""
    body = json.dumps(GOOD).encode()
    scope = scope_of(body)
    scope["headers"].append((name, b"other"))
    compare(scope, body, is_taken=False)


def test_a_stranger_host_is_refused_as_ever() -> None:
    """421, before anything is read."""
    body = json.dumps(GOOD).encode()
    scope = scope_of(body)
    scope["headers"][0] = (b"host", b"evil.example")
    assert compare(scope, body, is_taken=False) == 421


def test_a_body_in_parts_is_the_frameworks() -> None:
    """It is put together there, the first part too."""
    body = json.dumps(GOOD).encode()
    assert compare(scope_of(body), body[:9], body[9:], is_taken=False) == 201


def test_a_body_that_never_comes_is_waited_for_by_the_framework() -> None:
    """Nothing was received for it before, and the wait has its end."""
    assert compare(scope_of(b"x" * 9), is_taken=False) == 408


def test_limits_count_all_requests_once() -> None:
    """The one too many is refused, in the usual words, and takes nothing; a bad request takes one."""
    body = json.dumps(GOOD).encode()
    quick, usual = floor_of(Quota(1, 3)), slow(floor_of(Quota(1, 3)))
    for sent in (body, b"{", body, body, body):
        assert answered(quick, scope_of(sent), sent) == answered(usual, scope_of(sent), sent)
    assert taken(quick) == 2
    for floor in (quick, usual):
        floor.real_s = 1.0
    assert answered(quick, scope_of(body), body)[1] == 201


VALUES = st.sampled_from(
    [None, True, 0, 1, 2.5, -1, "", "lyon-1", "paris-2", "nowhere", "web", "DEN-501-32", [], ["lyon-1"],
     {}, [{"sku": "A"}], [{"sku": "DEN-501-32", "qty": 2}], [{"sku": "A", "qty": 0}], "é", "a b"]
)  # fmt: skip
FIELDS = st.sampled_from(
    ["store", "stores_ranked", "lines", "channel", "fulfilment", "owner_ref", "ttl_s", "allow_partial",
     "min_probability", "stores"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.dictionaries(FIELDS, VALUES, max_size=2),
    key=st.sampled_from([RESERVE, LYON_RESERVE, READ]),
    cut=st.sampled_from([0, 0, 0, 1]),
    once=st.sampled_from(["k1", "k2", "k 3"]),
)
def test_whatever_is_asked_is_answered_alike(changes: dict[str, Any], key: str, cut: int, once: str) -> None:
    """Good requests and bad ones, one after the other, by both ways."""
    body = json.dumps(GOOD | changes).encode()
    body = body[: len(body) - cut]
    scope = scope_of(body, key, idempotency_key=once)
    assert answered(QUICK, scope, body) == answered(USUAL, scope, body)
