"""When a notice that was not taken is tried again, and when it is given up. Pure."""

from gateway.webhooks.model import Answer, Delivered, GiveUp, Retry

WAITS_S = (5.0, 15.0, 60.0, 300.0, 600.0, 900.0)
"""Waits between tries; the last one repeats. Shorter than those of webhooks: an alert is worth little after hours."""
JITTER = 0.2
"""Each wait is longer or shorter by up to this share: many gateways must not come back at one instant."""
MAX_AGE_NS = 86_400 * 10**9
"""What could not be told for a day is given up: by then it is told anew (repeated), or over."""
REFUSED_TRIES = 5
"""Tries of a notice that its receiver calls wrong: theirs may be half deployed. Then the next one."""
MAX_RETRY_AFTER_S = 3_600.0
WRONG_MESSAGE = frozenset({400, 406, 409, 413, 415, 422})
"""Statuses that are about the body; others (401, 403, 404) are about the target, which somebody has to mend."""

Outcome = Delivered | Retry | GiveUp


def judged_http(answer: Answer, tries: int) -> Outcome:
    """Return what an answer to the `tries`-th try means."""
    status = answer.status
    if 200 <= status < 300:
        return Delivered(status)
    if 300 <= status < 400:
        return Retry(f"status {status}: redirects are not followed", status)
    if status in WRONG_MESSAGE:
        return refused(f"status {status}", status, tries)
    asked_s = answer.retry_after_s
    return Retry(f"status {status}", status, None if asked_s is None else min(asked_s, MAX_RETRY_AFTER_S))


def refused(reason: str, status: int, tries: int) -> Outcome:
    """Return what it means that a receiver calls a message wrong."""
    if tries >= REFUSED_TRIES:
        return GiveUp(f"{reason}, {tries} times", status)
    return Retry(reason, status)


def wait_s(failing: int, asked_s: float | None, chance: float) -> float:
    """Return how long to wait after the `failing`-th failure in a row; `chance` in [0, 1) is the jitter's."""
    if asked_s is not None:
        return asked_s
    return WAITS_S[min(failing, len(WAITS_S)) - 1] * (1 + JITTER * (2 * chance - 1))
