from random import Random

from hypothesis import given
from hypothesis import strategies as st

from readers.backoff import Backoff, BackoffPolicy

POLICIES = st.builds(
    BackoffPolicy,
    first_s=st.floats(0.01, 5),
    limit_s=st.floats(5, 60),
    factor=st.floats(1, 4),
    jitter=st.floats(0, 1),
    steady_s=st.just(5.0),
)


@given(policy=POLICIES, seed=st.integers(), attempts=st.integers(1, 2_000))
def test_every_delay_lies_within_its_jittered_ceiling(policy, seed, attempts):
    """However many attempts fail, a delay is at most the limit and at least its ceiling less the jitter."""
    backoff = Backoff(policy, Random(seed))
    ceiling_s = policy.first_s
    for _ in range(attempts):
        delay_s = backoff.next_s()
        assert ceiling_s * (1 - policy.jitter) <= delay_s <= ceiling_s <= policy.limit_s
        ceiling_s = min(ceiling_s * policy.factor, policy.limit_s)


def test_delays_double_up_to_the_limit():
    """Without jitter the delays are the ceilings themselves."""
    backoff = Backoff(BackoffPolicy(first_s=1, limit_s=5, factor=2, jitter=0), Random(0))
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]


def test_a_link_that_lasted_starts_over_and_one_that_flaps_does_not():
    """Only a link that was up for `steady_s` earns the first delay again."""
    backoff = Backoff(BackoffPolicy(first_s=1, limit_s=60, jitter=0, steady_s=5), Random(0))
    backoff.next_s()
    backoff.lasted(4.9)
    assert backoff.next_s() == 2
    backoff.lasted(5.0)
    assert backoff.next_s() == 1
