"""An alert that is over, as it read before: for those who were away meanwhile."""

from dataclasses import replace

from gateway.alerts.past import as_it_was
from gateway.alerts.records import AlertState
from tests.support.noticing import AT_NS, S, alert

FIRED = alert(1)
OVER = replace(FIRED, state=AlertState.RESOLVED, resolved_at_ns=AT_NS + 60 * S)


def test_an_alert_that_is_over_fired_before() -> None:
    """Until the instant of its end; what stands reads as it does."""
    assert as_it_was(OVER, AT_NS) == as_it_was(OVER, AT_NS + 60 * S - 1) == FIRED
    assert as_it_was(OVER, AT_NS + 60 * S) is OVER
    assert as_it_was(FIRED, AT_NS - S) is FIRED


def test_what_a_person_ended_fired_before() -> None:
    """Without their word for it."""
    ended = replace(OVER, changed_at_ns=OVER.resolved_at_ns, changed_by="k1", resolved_reason="rebuilt")
    assert as_it_was(ended, AT_NS) == FIRED


def test_of_what_somebody_had_seen_to_nothing_is_made_up() -> None:
    """Before that it fired; after it, it is told as it reads now."""
    seen_to = replace(OVER, changed_at_ns=AT_NS + 30 * S, changed_by="k1")
    assert as_it_was(seen_to, AT_NS + 29 * S) == FIRED
    assert as_it_was(seen_to, AT_NS + 30 * S) is seen_to
