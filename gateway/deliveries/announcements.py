"""What is expected in the stores, as the ledger tells of each piece that comes in. Pure.

piece ─┬─ was sent from another store ─▶ its transfer
       └─ is new here ─▶ a delivery that expects it, if it came in at the back, was scanned in, or is named
"""

from gateway.deliveries.book import DeliveryBook, Landing
from gateway.presence.absent import STRANGER
from gateway.presence.belief import BeliefPresence
from gateway.stock.effects import Effect
from gateway.transfers.book import TransferBook


class Announcements:
    """Implements gateway.stock.announced.Announcements."""

    def __init__(
        self,
        deliveries: DeliveryBook,
        transfers: TransferBook,
        presence: BeliefPresence,
        roles: dict[str, dict[str, str]],
    ) -> None:
        self._deliveries = deliveries
        self._transfers = transfers
        self._presence = presence
        self._roles = roles

    def is_expected(self, store: str, sku: str, effect: Effect, now_ns: int) -> bool:
        """Take in a piece that is new in a store; return whether a delivery expected it, and counts it as come.

        A tag that this gateway knew in another store is no delivery (somebody brings back what was bought
        there), unless it is named, or the delivery comes from that store.
        """
        landing = Landing(
            store=store,
            sku=sku,
            epc=effect.epc,
            zone_role=self._roles[store].get(effect.to_zone or "", ""),
            scanned=effect.cause == "receiving",
            left=None if effect.epc is None else self.left(effect.epc, store),
        )
        return self._deliveries.came(landing, now_ns)

    def left(self, epc: str, here: str) -> str | None:
        """Return another store that a tag departed from."""
        for name, belief in self._presence.stores.items():
            if name != here and (tag := belief.absent.tags.get(epc)) is not None and tag.state != STRANGER:
                return name
        return None

    def came(self, store: str, sku: str, ref: str, epc: str | None, now_ns: int) -> None:  # noqa: ARG002 - the port's
        """Take in that a piece which was sent as `ref` from another store has come."""
        self._transfers.came(ref, sku, epc, now_ns)

    def identified(self, store: str, sku: str, epc: str, now_ns: int) -> None:
        """Take in the tag of a piece that was scanned in before."""
        self._deliveries.identified(store, sku, epc, now_ns)
