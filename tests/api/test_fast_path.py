"""Answers given again ahead of the framework: the framework's own, to the byte, and never too long."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from api.context import ApiSettings
from api.limits import Quota
from api.remembered import LIFE_S, MAX_REMEMBERED, Remembered, Shown
from gateway.ports.callers import Caller
from tests.support.api_ports import (
    EXACT,
    LYON_EXACT,
    NOW_NS,
    READ,
    Floor,
    RawExchange,
    availability,
    http_scope,
)

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
PER_REQUEST = {"x-trace-id", "ratelimit"}
S = 1_000_000_000


def ask(floor: Floor, scope: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Return status, fields but for those of the single request, and body."""
    exchange = RawExchange()
    asyncio.run(floor.app({**scope, "state": {}}, exchange.receive, exchange.send))
    fields = {name: value for name, value in exchange.headers.items() if name not in PER_REQUEST}
    return exchange.status, fields, exchange.body


def hits(floor: Floor) -> int:
    """Return how many answers were given again so far."""
    remembered: Remembered = floor.app.state.context.remembered
    return remembered.hits


@pytest.mark.parametrize("key", [EXACT, READ, LYON_EXACT])
@pytest.mark.parametrize("query", ["", "qty=2"])
@pytest.mark.parametrize("condition", ["none", "same", "other", "any"])
def test_a_remembered_answer_is_the_frameworks(key: str, query: str, condition: str) -> None:
    """Status, fields and body, whoever asks and however; each key has answers of its own."""
    floor = Floor()
    first = ask(floor, http_scope(ONE, key, query=query))
    wanted = {"none": {}, "same": {"if_none_match": first[1]["etag"]}, "any": {"if_none_match": "*"},
              "other": {"if_none_match": 'W/"x"'}}[condition]  # fmt: skip
    again = ask(floor, http_scope(ONE, key, query=query, **wanted))
    assert hits(floor) == 1
    assert again == ask(Floor(), http_scope(ONE, key, query=query, **wanted))
    assert (again[0] == 304) == (condition in {"same", "any"})


def test_what_changed_is_told_at_once() -> None:
    """An answer rests on its article's stamp; another article's answer stands."""
    floor = Floor()
    other = "/v1/stores/lyon-1/availability/TEE-WHT-M"
    before, beside = ask(floor, http_scope(ONE)), ask(floor, http_scope(other))
    floor.inventory.found["lyon-1", "DEN-501-32"] = availability(on_hand=1, available=0)
    assert ask(floor, http_scope(ONE))[2] != before[2]
    assert hits(floor) == 0
    assert ask(floor, http_scope(other)) == beside
    assert hits(floor) == 1


def test_nothing_is_given_again_for_long_or_after_its_end() -> None:
    """A second of real time, or the end of validity in the shop's: then it is asked anew."""
    floor = Floor()
    ask(floor, http_scope(ONE))
    floor.real_s = LIFE_S * 0.9
    ask(floor, http_scope(ONE))
    assert hits(floor) == 1
    floor.real_s = LIFE_S
    ask(floor, http_scope(ONE))
    assert hits(floor) == 1
    found = floor.inventory.found["lyon-1", "DEN-501-32"]
    floor.inventory.found["lyon-1", "DEN-501-32"] = replace(found, valid_until_ns=NOW_NS + 5 * S)
    ask(floor, http_scope(ONE))
    floor.clock.at_ns = NOW_NS + 5 * S
    ask(floor, http_scope(ONE))
    assert hits(floor) == 1


def test_the_seconds_that_are_left_are_counted_anew() -> None:
    """Cache-Control tells of the request's own instant."""
    floor = Floor()
    first = ask(floor, http_scope(ONE))[1]["cache-control"]
    floor.clock.at_ns += 7 * S
    second = ask(floor, http_scope(ONE))[1]["cache-control"]
    assert hits(floor) == 1
    assert int(first.partition("max-age=")[2]) - int(second.partition("max-age=")[2]) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"query": "exclude_reservation=19aa5d3c6b04f1d27c90be1"},
        {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"},
    ],
    ids=["a shopper's own hold", "a caller's trace"],
)
def test_what_is_no_plain_look_up_is_the_frameworks(change: dict[str, str]) -> None:
    """It is neither remembered nor answered from memory."""
    floor = Floor()
    ask(floor, http_scope(ONE))
    for _ in range(2):
        assert ask(floor, http_scope(ONE, **change))[0] == 200
    assert hits(floor) == 0


def test_a_revoked_key_gets_nothing_that_it_got_before() -> None:
    """Nor does a key of another name, or one that no more sees the store."""
    floor = Floor()
    assert ask(floor, http_scope(ONE))[0] == 200
    caller = floor.auth.callers.pop(EXACT)
    assert ask(floor, http_scope(ONE))[0] == 401
    floor.auth.callers[EXACT] = Caller("another", caller.scopes, frozenset({"paris-2"}))
    assert ask(floor, http_scope(ONE))[0] == 403
    assert hits(floor) == 0


def test_a_stranger_host_is_refused_as_ever() -> None:
    """Rebinding reaches no answer that a known host got."""
    floor = Floor()
    assert ask(floor, http_scope(ONE))[0] == 200
    stranger = http_scope(ONE)
    stranger["headers"][0] = (b"host", b"evil.example")
    assert ask(floor, stranger)[0] == 421
    assert hits(floor) == 0


def test_limits_count_all_requests() -> None:
    """One that is answered from memory is taken out of the quota too, and the one too many is refused."""
    floor = Floor(settings=ApiSettings(key_quota=Quota(1, 3)))
    assert [ask(floor, http_scope(ONE))[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    assert hits(floor) == 2


def test_memory_is_bounded() -> None:
    """The oldest go."""
    remembered = Remembered(lambda _store, _sku: 0, lambda: 0.0)
    shown = Shown("s", "x", 0, b"", "", (), (), 9, 9, 1.0)
    for number in range(MAX_REMEMBERED + 5):
        remembered.keep((str(number), b"", "k"), shown)
    assert len(remembered) == MAX_REMEMBERED
    assert remembered.find(("4", b"", "k"), 1) is None
    assert remembered.find(("5", b"", "k"), 1) is shown
