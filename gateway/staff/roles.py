"""What each role may do, as scopes; and what the scopes of API keys imply. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gateway.staff.model import Role

SEES = frozenset({"availability:read", "availability:exact"})
ASSOCIATE = SEES | {"reservations:write", "tasks:write", "counts:write", "alerts:write"}
LEAD = ASSOCIATE | {"counts:approve", "alerts:manage", "deliveries:receive"}
MANAGER = LEAD | {"alerts:rules"}
ROLE_SCOPES: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        "associate": ASSOCIATE,
        "lead": LEAD,
        "manager": MANAGER,  # and no bound on what is approved
        "tablet": frozenset(),  # a place to sign in, and nothing more
        "kiosk": frozenset({"availability:read"}),  # customers look at it: bands, never quantities
        "screen": SEES,  # it hangs in the back room: reads all, changes nothing
    }
)
LEAD_APPROVES_PIECES = 10
"""The most that a count may be off in all for a lead to approve it: what is more is worth a second look by a manager."""
IMPLIED = MappingProxyType({"counts:write": "counts:approve", "alerts:write": "alerts:manage"})
"""Of API keys: those that were made before the finer scopes may do what they always did."""


def scopes_of_key(scopes: Iterable[str]) -> frozenset[str]:
    """Return what a key with these scopes may do."""
    given = frozenset(scopes)
    return given | {IMPLIED[scope] for scope in given if scope in IMPLIED}


def may_approve(role: str, pieces_off: int) -> bool:
    """Return whether a role (empty: a key) may approve a count that is off by so many pieces in all."""
    return role != "lead" or pieces_off <= LEAD_APPROVES_PIECES
