"""Pieces that rest on the floor where their article is not shown: a note for whoever tidies up. Pure.

An article is shown where its pieces were put most; a floor zone that saw hardly any of them is foreign to it. Only
tags tell one zone from another.
"""

from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import ArticleView, Condition, rule_for
from gateway.state import State

LEAST_STOOD = 10
"""Pieces that must have been put down before anybody says where an article belongs."""
FOREIGN_SHARE = 0.1


def misplaced_condition(state: State, view: ArticleView, now_ns: int) -> Condition | None:
    """Return the verdict on an article; None where it is not known where it belongs.

    It fires while the shop is open: at night nobody carries things, and somebody may be filling shelves.
    """
    stood = state.stood.get((view.store, view.sku))
    if stood is None or stood.total() < LEAST_STOOD or state.ledger.tracked_by(view.store, view.sku) != "tag":
        return None
    roles, most = state.site.roles[view.store], FOREIGN_SHARE * stood.total()
    foreign = {
        zone: pieces
        for zone, pieces in sorted(state.ledger.levels(view.store, view.sku).items())
        if pieces > 0 and roles.get(zone) == "floor" and zone != view.home_zone and stood[zone] <= most
    }
    hours = state.site.hours.get(view.store)
    evidence: Evidence = {}
    if foreign:
        evidence = {"pieces": sum(foreign.values()), "zones": ", ".join(foreign), "to_zone": view.home_zone}
    rule = rule_for(AlertType.MISPLACED_ITEM, view, state.rules)
    return Condition(
        AlertType.MISPLACED_ITEM,
        rule.gravity,
        view.store,
        fires=bool(foreign) and (hours is None or hours.is_open(now_ns)),
        clears=not foreign,
        inhibited_by=view.inhibited_by,
        evidence=evidence,
        zone=next(iter(foreign), None),
        sku=view.sku,
        rule=rule,
    )
