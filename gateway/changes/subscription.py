"""What a client of the stream asks to be told. Plain values. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which events, and how. Empty sets mean all.

    `is_banded`: availability is told in bands, and then alone, only when its band or status changes. `on_band`: told
    in full, but only then. `snapshot`: the present state of all of it comes first. `beats`: a sign of life that scripts
    of a browser hear, every other second.
    """

    stores: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    is_banded: bool = False
    on_band: bool = False
    snapshot: bool = False
    beats: bool = False

    def may_want(self, type_: str) -> bool:
        """Return whether something of this type may be asked for."""
        return not self.types or type_ in self.types

    def wants(self, type_: str, store: str, sku: str | None) -> bool:
        """Return whether something of this type, store and article is asked for; what has no article always is."""
        return (
            (not self.stores or store in self.stores)
            and self.may_want(type_)
            and (not self.skus or sku is None or sku in self.skus)
        )
