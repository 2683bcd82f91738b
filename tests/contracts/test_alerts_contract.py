"""What people do about alerts, by the port that the API asks: in memory, as its tests have it, and the office itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import pytest

from gateway.alerts.acts import Acknowledge, ActRefused, Assign, Feedback, Resolve
from gateway.alerts.ports import AlertsPort, NewSilence, SilenceRefused
from gateway.alerts.records import AlertRecord, AlertType
from gateway.alerts.silences import MAX_SILENCE_NS, MAX_SILENCES, Matcher, Silence
from gateway.answered import KeyRefused
from gateway.audit import Actor
from tests.support.alert_shop import AlertShop
from tests.support.fake_alerts import FakeAlerts
from tests.support.noticing import alert
from tests.support.small_site import S

T = TypeVar("T")

ANNE = Actor("anne", "127.0.0.1")
EVERYWHERE: frozenset[str] = frozenset()


class Bench(Protocol):
    """Alerts with one that fires, and their clock."""

    @property
    def port(self) -> AlertsPort: ...

    @property
    def now_ns(self) -> int: ...

    @property
    def firing(self) -> AlertRecord: ...

    def later(self, seconds: int) -> None: ...


class InMemory:
    """The fake of the tests of the API."""

    def __init__(self) -> None:
        self.port = FakeAlerts(1_800_000_000 * S)
        self.firing = alert()
        self.port.kept[self.firing.id] = self.firing

    @property
    def now_ns(self) -> int:
        return self.port.now_ns

    def later(self, seconds: int) -> None:
        self.port.now_ns += seconds * S


class InTheGateway:
    """The office over a whole engine."""

    def __init__(self) -> None:
        self._shop = AlertShop()
        self._shop.run(1)
        self._shop.shop.alive.discard("front")
        self._shop.run(200)
        self.port = self._shop.office
        (self.firing,) = (a for a in self._shop.shop.firing() if a.type is AlertType.READER_DOWN)

    @property
    def now_ns(self) -> int:
        return self._shop.shop.now

    def later(self, seconds: int) -> None:
        self._shop.shop.now += seconds * S


@pytest.fixture(params=[InMemory, InTheGateway])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return alerts of each kind."""
    made: Bench = request.param()
    return made


def told(answer: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(answer)


def begun(bench: Bench, seconds: int, key: str = "k", source: str = "anne", **matcher: str) -> Silence:
    asked = NewSilence(Matcher(**matcher), bench.now_ns + seconds * S, "rebuilt")
    outcome = told(bench.port.silence(source, key, asked, ANNE)).outcome
    assert isinstance(outcome, Silence), outcome
    return outcome


def test_an_act_is_answered_with_the_alert_as_it_is_then(bench: Bench) -> None:
    """Whoever asks afterwards finds it the same; who did it is on it; to do it again changes nothing."""
    before = bench.firing
    assert told(bench.port.alert(before.id)) == before
    bench.later(1)
    after = told(bench.port.act(before.id, Acknowledge(), frozenset({before.store}), ANNE))
    assert isinstance(after, AlertRecord)
    assert (after.id, after.state, after.changed_by) == (before.id, "acknowledged", "anne")
    assert after.changed_at_ns == bench.now_ns
    assert told(bench.port.alert(before.id)) == after
    assert told(bench.port.act(before.id, Acknowledge(), EVERYWHERE, ANNE)) == after


def test_an_alert_that_is_not_there_or_not_ones_own_is_unknown(bench: Bench) -> None:
    """An id that nobody gave and a store that the caller does not see are told alike, and nothing is changed."""
    unknown = told(bench.port.act("a-none", Acknowledge(), EVERYWHERE, ANNE))
    foreign = told(bench.port.act(bench.firing.id, Acknowledge(), frozenset({"elsewhere-9"}), ANNE))
    assert isinstance(unknown, ActRefused)
    assert isinstance(foreign, ActRefused)
    assert (unknown.code, foreign.code) == ("unknown_alert", "unknown_alert")
    assert told(bench.port.alert("a-none")) is None
    assert told(bench.port.alert(bench.firing.id)) == bench.firing


def test_what_is_over_takes_no_more_work_but_is_still_judged(bench: Bench) -> None:
    """Nobody is given an alert that was resolved by hand; whether it was right is said all the same, and scored."""
    alert_id = bench.firing.id
    resolved = told(bench.port.act(alert_id, Resolve("seen to"), EVERYWHERE, ANNE))
    assert isinstance(resolved, AlertRecord)
    assert resolved.state == "resolved"
    late = told(bench.port.act(alert_id, Assign("ben"), EVERYWHERE, ANNE))
    assert isinstance(late, ActRefused), late
    judged = told(bench.port.act(alert_id, Feedback(useful=False), EVERYWHERE, ANNE))
    assert isinstance(judged, AlertRecord)
    assert [(s.useful, s.false) for s in told(bench.port.scores())] == [(0, 1)]


def test_a_silence_begins_once_for_each_key(bench: Bench) -> None:
    """Its repeat is answered with it, word for word; another key or another sender gets one of its own."""
    asked = NewSilence(Matcher(store="lyon-1"), bench.now_ns + 60 * S, "rebuilt")
    first = told(bench.port.silence("anne", "k1", asked, ANNE))
    again = told(bench.port.silence("anne", "k1", asked, ANNE))
    assert (first.replayed, again.replayed, again.outcome) == (False, True, first.outcome)
    others = [told(bench.port.silence(*name, asked, ANNE)) for name in (("anne", "k2"), ("ben", "k1"))]
    assert [other.replayed for other in others] == [False, False]
    ids = {silence.id for silence in told(bench.port.silences())}
    assert len(ids) == 3


def test_a_key_that_was_used_for_another_silence_is_refused(bench: Bench) -> None:
    """Whoever uses a key twice is told so, and nothing begins."""
    begun(bench, 60, store="lyon-1")
    with pytest.raises(KeyRefused, match="other content") as refused:
        begun(bench, 90, store="lyon-1")
    assert refused.value.code == "idempotency_key_reused"
    assert len(told(bench.port.silences())) == 1


@pytest.mark.parametrize("until_ns", [0, MAX_SILENCE_NS + S])
def test_a_silence_ends_in_the_future_and_within_a_year(bench: Bench, until_ns: int) -> None:
    """One that does not is refused and not kept, and its key is free for a better one."""
    asked = NewSilence(Matcher(sku="TOTE"), bench.now_ns + until_ns, "for ever")
    outcome = told(bench.port.silence("anne", "k", asked, ANNE)).outcome
    assert isinstance(outcome, SilenceRefused)
    assert outcome.code == "beyond_limit"
    assert told(bench.port.silences()) == []
    better = begun(bench, 60)
    assert told(bench.port.silences()) == [better]


def test_there_is_room_for_so_many_silences(bench: Bench) -> None:
    """One more is refused until one is ended."""
    kept = [begun(bench, 60 + number, f"k{number}") for number in range(MAX_SILENCES)]
    asked = NewSilence(Matcher(), bench.now_ns + 60 * S, "one more")
    refused = told(bench.port.silence("anne", "more", asked, ANNE)).outcome
    assert isinstance(refused, SilenceRefused)
    assert refused.code == "too_many_open"
    assert told(bench.port.end_silence(kept[0].id, ANNE))
    assert isinstance(told(bench.port.silence("anne", "more", asked, ANNE)).outcome, Silence)


def test_silences_are_told_by_their_end_and_end_once(bench: Bench) -> None:
    """The one that ends first comes first; one that was ended, or that is over, is told no more and ends no more."""
    long, short = begun(bench, 7_200, "long", store="lyon-1"), begun(bench, 600, "short", store="lyon-1")
    middle = begun(bench, 3_600, "middle", sku="TOTE")
    assert told(bench.port.silences()) == [short, middle, long]
    assert told(bench.port.end_silence(middle.id, ANNE))
    assert not told(bench.port.end_silence(middle.id, ANNE))
    bench.later(601)
    assert told(bench.port.silences()) == [long]
    assert not told(bench.port.end_silence(short.id, ANNE))
    assert not told(bench.port.end_silence("si_none", ANNE))
