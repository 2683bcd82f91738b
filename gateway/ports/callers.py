"""Who asks, and what they may. Pure."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key's id, its scopes and the stores it is bound to (empty: all).

    Somebody who signed in has the id of a member of staff there, and a `role`; a key has none.
    """

    key_id: str
    scopes: frozenset[str]
    stores: frozenset[str]
    role: str = ""

    def may(self, scope: str) -> bool:
        """Return whether the caller holds `scope` (admin holds all)."""
        return scope in self.scopes or "admin" in self.scopes

    def sees(self, store: str) -> bool:
        """Return whether the caller is allowed in `store`."""
        return not self.stores or store in self.stores


class AuthPort(Protocol):
    """Who a bearer token is."""

    async def caller(self, token: str) -> Caller | None:
        """Return the caller behind an API key; None where it is unknown or revoked."""
        ...

    def known(self, token: str) -> Caller | None:
        """Return the caller behind an API key that needs no looking up; None says nothing of the key."""
        ...
