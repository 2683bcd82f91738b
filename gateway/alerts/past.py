"""An alert as it read before it was over, for those who were away meanwhile. Pure."""

from dataclasses import replace

from gateway.alerts.records import AlertRecord, AlertState


def as_it_was(record: AlertRecord, at_ns: int) -> AlertRecord:
    """Return how an alert that is over read when it changed at an earlier time; else, and where somebody had seen to it
    by then, how it reads now.

    Its evidence is that of its end. What somebody did and took back before it was over is not known any more.
    """
    over_ns, seen_to_ns = record.resolved_at_ns, record.changed_at_ns
    if record.state is not AlertState.RESOLVED or over_ns is None or at_ns >= over_ns:
        return record
    if seen_to_ns is not None and seen_to_ns <= at_ns:
        return record
    fired = replace(record, state=AlertState.FIRING, resolved_at_ns=None, resolved_reason=None)
    return replace(fired, changed_at_ns=None, changed_by=None)
