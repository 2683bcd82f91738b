"""Metrics of what is told and what is not: notices by target, webhooks, alerts to the broker, tasks. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from gateway.delivery.model import TargetState
from gateway.metrics.exposition import family, metric
from gateway.tasks.book import TOO_MANY
from gateway.webhooks.model import WebhookCounts


class Published(Protocol):
    """Alerts to the broker, since start: those that it took, and those that it will not have."""

    @property
    def published(self) -> int:
        """Return how many it took."""
        ...

    @property
    def refused(self) -> int:
        """Return how many it refused: nobody was told of them there."""
        ...


def task_lines(not_made: Mapping[str, int]) -> Iterator[str]:
    """Yield how many tasks were not made, by reason: the usual one first, also where there are none."""
    name = "storefloor_tasks_not_made_total"
    yield from family(name, "counter", "tasks that were not made, by reason")
    for reason in (TOO_MANY, *sorted(not_made.keys() - {TOO_MANY})):
        yield f'{name}{{reason="{reason}"}} {not_made.get(reason, 0)}'


def published_lines(published: Published) -> Iterator[str]:
    """Yield what became of alerts at the broker."""
    taken, refused = published.published, published.refused
    yield from metric("storefloor_alerts_published_total", "counter", "alerts that the broker took", taken)
    yield from metric(
        "storefloor_alerts_refused_total", "counter", "alerts that the broker will not have", refused
    )


def notice_lines(states: Sequence[TargetState]) -> Iterator[str]:
    """Yield what became of notices, by target."""
    for name, kind, text, value_of in NOTICE_METRICS if states else ():
        yield from family(name, kind, text)
        for state in states:
            yield f'{name}{{target="{state.target.id}"}} {value_of(state)}'


NOTICE_METRICS: tuple[tuple[str, str, str, Callable[[TargetState], int]], ...] = (
    ("storefloor_notices_waiting", "gauge", "notices that wait for a target", lambda s: s.waiting),
    (
        "storefloor_notices_given_up",
        "gauge",
        "notices kept that a target will never be told",
        lambda s: s.given_up,
    ),
    (
        "storefloor_notices_given_up_total",
        "counter",
        "notices that were refused again and again, or not taken for a day",
        lambda s: s.counts.given_up,
    ),
    (
        "storefloor_notices_delivered_total",
        "counter",
        "notices that were taken",
        lambda s: s.counts.delivered,
    ),
    (
        "storefloor_notices_failed_total",
        "counter",
        "tries of notices that were not taken",
        lambda s: s.counts.failed,
    ),
    (
        "storefloor_notify_target_failing",
        "gauge",
        "tries in a row that a target did not take",
        lambda s: s.failing,
    ),
    (
        "storefloor_notices_faults_total",
        "counter",
        "faults of storefloor itself, see its log",
        lambda s: s.counts.faults,
    ),
)


def webhook_lines(counts: WebhookCounts) -> Iterator[str]:
    """Yield what became of webhook messages."""
    for name, kind, text, value in _webhook_metrics(counts):
        yield from metric(f"storefloor_webhook_{name}", kind, text, value)


def _webhook_metrics(counts: WebhookCounts) -> list[tuple[str, str, str, int]]:
    """Return (name, kind, text, value) of what became of webhook messages."""
    return [
        ("messages_delivered_total", "counter", "messages that were taken", counts.delivered),
        ("tries_failed_total", "counter", "tries of messages that were not taken", counts.failed),
        (
            "messages_given_up_total",
            "counter",
            "messages that a receiver called wrong each time",
            counts.given_up,
        ),
        (
            "faults_total",
            "counter",
            "turns that ended by a fault of storefloor itself, see its log",
            counts.faults,
        ),
        ("endpoints", "gauge", "endpoints", counts.endpoints),
        ("endpoints_disabled", "gauge", "endpoints that nothing is sent to", counts.disabled),
    ]
