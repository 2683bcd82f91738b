"""What an answer means, and when to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.model import Answer, Delivered, Disable, GiveUp, Retry
from gateway.webhooks.schedule import JITTER, MAX_RETRY_AFTER_S, REFUSED_TRIES, WAITS_S, judged, wait_s


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_taken_is_taken(status: int) -> None:
    """Any 2xx."""
    assert judged(Answer(status), 1) == Delivered(status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_for_as_long_as_it_takes(status: int) -> None:
    """However often; Retry-After is followed, within a day."""
    assert judged(Answer(status), 1_000) == Retry(f"status {status}", status)
    assert judged(Answer(status, 7.0), 1) == Retry(f"status {status}", status, 7.0)
    assert judged(Answer(status, 1e9), 1) == Retry(f"status {status}", status, MAX_RETRY_AFTER_S)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_the_receiver_calls_wrong_is_given_up_in_the_end(status: int) -> None:
    """One message that it cannot read does not keep all others from it."""
    assert isinstance(judged(Answer(status), REFUSED_TRIES - 1), Retry)
    assert isinstance(judged(Answer(status), REFUSED_TRIES), GiveUp)


def test_gone_is_gone_and_a_redirect_is_not_followed() -> None:
    """410 ends the endpoint; a redirect could lead anywhere."""
    assert isinstance(judged(Answer(410), 1), Disable)
    outcome = judged(Answer(302), 99)
    assert isinstance(outcome, Retry)
    assert "redirects are not followed" in outcome.reason


@given(tries=st.integers(1, 100), chance=st.floats(0, 1, exclude_max=True))
def test_waits_grow_to_a_bound_and_are_never_quite_the_same(tries: int, chance: float) -> None:
    """Within the jitter of the schedule; what the receiver asked for is kept to the second."""
    base = WAITS_S[min(tries, len(WAITS_S)) - 1]
    assert base * (1 - JITTER) <= wait_s(tries, None, chance) <= base * (1 + JITTER)
    assert wait_s(tries, 42.0, chance) == 42.0
