"""Rate limits: the bucket's rule, and what a caller sees of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import ApiSettings
from api.limits import Limiter, Quota
from tests.support.api_ports import EXACT, LYON_EXACT, READ, Floor

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
TIGHT = ApiSettings(key_quota=Quota(per_s=1.0, burst=3), stranger_quota=Quota(per_s=0.5, burst=2))


class Watch:
    """A clock that is set."""

    now_s = 100.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now_s


@given(
    per_s=st.floats(0.1, 1_000),
    burst=st.integers(1, 50),
    waits_s=st.lists(st.floats(0, 5), min_size=1, max_size=80),
)
def test_no_caller_gets_more_than_its_bucket_and_what_flowed_in(
    per_s: float, burst: int, waits_s: list[float]
) -> None:
    """In any stretch of time at most burst + time x rate requests go on; what is told to be left, is."""
    watch = Watch()
    limiter = Limiter(Quota(per_s, burst), watch)
    taken_s: list[float] = []
    for wait_s in waits_s:
        watch.now_s += wait_s
        allowance = limiter.take("till")
        if allowance.is_allowed:
            taken_s.append(watch.now_s)
            for first, since_s in enumerate(taken_s):
                assert len(taken_s) - first <= burst + (watch.now_s - since_s) * per_s + 1e-3
        else:
            assert allowance.left == 0
    for _ in range(limiter.take("till").left):
        assert limiter.take("till").is_allowed


def test_a_refused_caller_may_go_on_after_the_time_it_was_told() -> None:
    """Retry-After is enough, asking meanwhile costs nothing, and another caller never notices."""
    watch = Watch()
    limiter = Limiter(Quota(per_s=0.5, burst=2), watch)
    assert [limiter.take("till").left for _ in range(2)] == [1, 0]
    refused = [limiter.take("till") for _ in range(50)]
    assert {allowance.retry_after_s for allowance in refused} == {2}
    assert limiter.refused == 50
    assert limiter.take("shop").is_allowed
    watch.now_s += 2.0
    assert limiter.take("till").is_allowed


def test_what_costs_more_takes_more_and_never_more_than_all() -> None:
    """A dear request takes its cost; one dearer than the bucket waits until it is full, not for ever."""
    watch = Watch()
    limiter = Limiter(Quota(per_s=1.0, burst=10), watch)
    assert limiter.take("shop", 4).left == 6
    assert limiter.take("shop", 7).retry_after_s == 1
    watch.now_s += 4.0
    assert limiter.take("shop", 1_000).is_allowed


def test_memory_is_bounded_by_who_asks_now() -> None:
    """Callers whose bucket is full again are forgotten; of too many at once, the quietest is let off."""
    watch = Watch()
    limiter = Limiter(Quota(per_s=1.0, burst=2), watch, max_callers=100)
    for number in range(1_000):
        limiter.take(f"address-{number}")
        assert len(limiter) <= 100
    watch.now_s += 60.0
    limiter.take("last")
    assert len(limiter) == 1


def test_each_answer_tells_what_is_left_and_429_when_to_come_back() -> None:
    """The draft's two fields with every answer to a key; beyond the quota a problem with Retry-After."""
    floor = Floor(TIGHT)
    answers = [floor.get(ONE) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["ratelimit"] for a in answers] == [
        '"key";r=2;t=1', '"key";r=1;t=2', '"key";r=0;t=3', '"key";r=0;t=3',
    ]  # fmt: skip
    assert {a.headers["ratelimit-policy"] for a in answers} == {'"key";q=3;w=3'}
    assert answers[3].headers["retry-after"] == "1"
    assert answers[3].json()["code"] == "too_many_requests"
    floor.real_s += 1.0
    assert floor.get(ONE).status_code == 200


def test_a_key_has_its_own_quota() -> None:
    """One key's flood refuses nobody else."""
    floor = Floor(TIGHT)
    for _ in range(5):
        floor.get(ONE, EXACT)
    assert floor.get(ONE, EXACT).status_code == 429
    assert floor.get(ONE, READ).status_code == 200
    assert floor.get(ONE, LYON_EXACT).status_code == 200


def test_errors_of_a_key_count_too() -> None:
    """A question that is refused was a request: what is asked wrongly over and over is limited as well."""
    floor = Floor(TIGHT)
    statuses = [floor.get("/v1/stores/nowhere/availability/X").status_code for _ in range(4)]
    assert statuses == [404, 404, 404, 429]


@pytest.mark.parametrize("key", [None, "nonsense"])
def test_an_address_without_a_key_is_limited_by_itself(key: str | None) -> None:
    """Guessing keys is slow, and does not slow down those who have one."""
    floor = Floor(TIGHT)
    assert [floor.get(ONE, key).status_code for _ in range(3)] == [401, 401, 429]
    assert floor.get(ONE).status_code == 200


def test_signing_in_with_a_wrong_key_counts_as_a_stranger() -> None:
    """The page's sign-in is no way around the limit of guesses."""
    floor = Floor(TIGHT)
    body = {"key": "nonsense"}
    assert [floor.ask("POST", "/session", json=body).status_code for _ in range(3)] == [401, 401, 429]
    assert floor.ask("POST", "/session", json={"key": EXACT}).status_code == 200


def test_health_is_never_limited() -> None:
    """Watchdogs and Prometheus need no key, and are not counted."""
    floor = Floor(TIGHT)
    for path in ("/livez", "/readyz", "/metrics") * 3:
        answer = floor.get(path, None)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers
