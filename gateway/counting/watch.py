"""The alert of counts that differ beyond their tolerance, and wait for somebody to decide. Pure.

One alert per store tells of all of them. It ends when each was approved, rejected, counted anew or cancelled.
"""

from collections.abc import Iterator

from gateway.alert_rules.book import RuleBook
from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import Condition
from gateway.counting.book import CountBook

MAX_ZONES_CHARS = 100


def count_conditions(book: CountBook, rules: RuleBook) -> Iterator[Condition]:
    """Yield the verdict on each store of which counts changed since the last call."""
    stores, book.to_judge = sorted(book.to_judge), set()
    for store in stores:
        waiting = [s.count for s in book.live(store) if s.count.state == "submitted"]
        evidence: Evidence = {}
        if waiting:
            totals = [count.totals for count in waiting if count.totals is not None]
            zones = ", ".join(sorted({zone for count in waiting for zone in count.zones}))
            evidence = {
                "counts": len(waiting),
                "first": waiting[0].id,
                "lines": sum(t.lines - t.right for t in totals),
                "pieces": sum(t.off for t in totals),
                "zones": zones[:MAX_ZONES_CHARS],
            }
        rule = rules.pick(AlertType.COUNT_VARIANCE, store)
        yield Condition(
            AlertType.COUNT_VARIANCE,
            rule.gravity,
            store,
            fires=bool(waiting),
            clears=not waiting,
            inhibited_by=None,
            evidence=evidence,
            zone=waiting[0].zones[0] if waiting else None,
            rule=rule,
        )
