"""Why no stock alert of an article may fire or clear now: one of its own zones is out of sight. Pure.

Its own are the zones where its pieces are believed, the one where it is shown, and, while none is believed anywhere, those
that more would come to. What the reader of another department sees says nothing about it.
"""

from collections.abc import Container

from gateway.alerts.records import AlertType
from gateway.availability import UNWATCHED
from gateway.channels.model import NOT_OFFERED_HERE, NOT_SOLD_HERE
from gateway.config.stores import STOCK_ROLES
from gateway.ports.inventory import Availability
from gateway.state import State

BEHIND = frozenset({"back_room", "receiving"})
CLOSED = frozenset({NOT_SOLD_HERE, NOT_OFFERED_HERE})
"""Why nothing is promised, whatever there is: no doubt about what there is."""


def inhibition(state: State, view: Availability, home: str | None, live_alerts: Container[str]) -> str | None:
    """Return the fingerprint of the alert that tells of it, else what is unwatched, or doubted; None: nothing is.

    `home`: the zone where the article is shown; None: it is not known, so it may be any.
    """
    roles = state.site.roles[view.store]
    for zone in view.zones:
        place = state.site.place_id.get((view.store, zone.zone))
        is_dim = zone.coverage is not None and place in state.dim and roles.get(zone.zone) in STOCK_ROLES
        if (is_dim or not zone.watched) and is_own(
            zone.zone, zone.pieces, roles.get(zone.zone), view.on_hand, home
        ):
            readers = () if place is None else state.site.places[place].readers
            for kind in (AlertType.READER_DOWN, AlertType.COVERAGE_LOW):
                for reader in readers:
                    fingerprint = f"{kind}|{view.store}||{reader}"
                    if fingerprint in live_alerts:
                        return fingerprint
            return f"{UNWATCHED}:{zone.zone}"
    if view.status != "UNKNOWN":
        return None
    others = (reason for reason in view.reasons if not reason.startswith(UNWATCHED) and reason not in CLOSED)
    return next(others, None)


def is_own(zone: str, pieces: int, role: str | None, on_hand: int, home: str | None) -> bool:
    """Return whether a zone that holds so many of all `on_hand` pieces of an article says something about it."""
    if pieces > 0:
        return True
    if role not in STOCK_ROLES:
        return False
    return home is None or zone == home or (on_hand == 0 and role in BEHIND)
