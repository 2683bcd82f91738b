"""What to do with an answer, and when to try again. Pure."""

from gateway.webhooks.model import Answer, Delivered, Disable, GiveUp, Outcome, Retry

WAITS_S = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0)
"""Waits between tries; the last one repeats."""
JITTER = 0.2
"""Each wait is longer or shorter by up to this share: many gateways must not come back at one instant."""
MAX_RETRY_AFTER_S = 86_400.0
DISABLE_AFTER_S = 5 * 86_400.0
"""An endpoint that took nothing for so long is disabled, told, and enabled again by a person."""
REFUSED_TRIES = 5
"""Tries of a message that its receiver calls wrong: a deployment of theirs may be half done. Then the next one."""


def judged(answer: Answer, tries: int) -> Outcome:
    """Return what an answer to the `tries`-th try means."""
    status = answer.status
    if 200 <= status < 300:
        return Delivered(status)
    if status == 410:
        return Disable("the receiver answered 410 Gone", status)
    if status in {408, 425, 429} or status >= 500:
        wait_s = None if answer.retry_after_s is None else min(answer.retry_after_s, MAX_RETRY_AFTER_S)
        return Retry(f"status {status}", status, wait_s)
    if 300 <= status < 400:
        return Retry(f"status {status}: redirects are not followed", status)
    if tries >= REFUSED_TRIES:
        return GiveUp(f"status {status}, {tries} times", status)
    return Retry(f"status {status}", status)


def wait_s(tries: int, asked_s: float | None, chance: float) -> float:
    """Return how long to wait after the `tries`-th try failed; `chance` in [0, 1) is the jitter's."""
    if asked_s is not None:
        return asked_s
    return WAITS_S[min(tries, len(WAITS_S)) - 1] * (1 + JITTER * (2 * chance - 1))
