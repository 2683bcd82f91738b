"""The small site with deliveries and transfers that are expected: short words for tests. Pure."""

from gateway.answers import availability
from gateway.audit import Actor, AuditEntry
from gateway.deliveries.desk import DeliveryDesk
from gateway.deliveries.model import (
    Delivery,
    DeliveryOutcome,
    DocumentRefused,
    LineAsked,
    NewDelivery,
)
from gateway.engine import Changes
from gateway.ports.inventory import Availability
from gateway.transfers.desk import TransferDesk
from gateway.transfers.model import NewTransfer, Transfer, TransferOutcome
from tests.support.small_site import STORE, S, SmallShop

ACTOR = Actor("k-erp", "10.0.0.7")
ALL: frozenset[str] = frozenset()
HOUR = 3_600 * S
OTHER = "paris-1"


class DeliveryShop(SmallShop):
    """The small shop, where deliveries are announced."""

    def __init__(self) -> None:
        super().__init__()
        self._documents = 0
        self.audited: list[AuditEntry] = []

    @property
    def desk(self) -> DeliveryDesk:
        """Return the desk of the engine that lives now."""
        return DeliveryDesk(self.engine.state, self.engine.till)

    @property
    def transfer_desk(self) -> TransferDesk:
        """Return the desk of transfers of the engine that lives now."""
        return TransferDesk(self.engine.state, self.engine.till, self.engine.depart_now)

    def live(self, now_ns: int) -> Changes:
        """Let one pass take effect, and keep what was written down of who changed what."""
        changes = super().live(now_ns)
        self.audited += changes.audited
        return changes

    def _id(self) -> str:
        self._documents += 1
        return f"doc-{self._documents:04d}"

    def announce(
        self, *lines: tuple[str, int] | tuple[str, int, tuple[str, ...]], in_s: int = 3_600, **more: str
    ) -> str:
        """Expect (SKU, pieces, EPCs) in some seconds; return the delivery's id."""
        asked = NewDelivery(
            store=more.get("store", STORE),
            lines=tuple(LineAsked(line[0], None, line[1], *line[2:]) for line in lines),
            from_ns=self.now,
            due_ns=self.now + in_s * S,
            reference=more.get("reference"),
            source=more.get("source"),
        )
        made = self.desk.announce(self._id(), asked, ACTOR, self.now)
        assert isinstance(made, Delivery), made
        self.live(self.now)
        return made.id

    def delivery(self, delivery_id: str) -> Delivery:
        """Return a delivery as it is now."""
        found = self.engine.state.deliveries.get(delivery_id)
        assert found is not None
        return found

    def arrived(self, delivery_id: str) -> list[int]:
        """Return how many pieces of each line have come."""
        return [line.arrived for line in self.delivery(delivery_id).lines]

    def receive_all(self, delivery_id: str, zone: str | None = None) -> DeliveryOutcome:
        """Receive what is missing by hand."""
        while True:
            outcome = self.desk.receive(delivery_id, zone, ALL, ACTOR, self.now)
            self.live(self.now)
            if isinstance(outcome, DocumentRefused) or not outcome.is_open:
                return outcome

    def request(self, *lines: tuple[str, int] | tuple[str, int, tuple[str, ...]]) -> Transfer:
        """Ask for a transfer of (SKU, pieces, EPCs) to the other store."""
        asked = tuple(LineAsked(line[0], None, line[1], *line[2:]) for line in lines)
        made = self.transfer_desk.request(self._id(), NewTransfer(STORE, OTHER, asked), ACTOR, self.now)
        assert isinstance(made, Transfer), made
        self.live(self.now)
        return made

    def send(self, *lines: tuple[str, int] | tuple[str, int, tuple[str, ...]]) -> Transfer:
        """Ask for a transfer, and send it."""
        made = self.transfer_desk.send(self.request(*lines).id, ALL, ACTOR, self.now, force=False)
        assert isinstance(made, Transfer), made
        self.live(self.now)
        return made

    def transfer(self, transfer_id: str) -> Transfer:
        """Return a transfer as it is now."""
        found = self.engine.state.transfers.get(transfer_id)
        assert found is not None
        return found

    def receive_transfer(self, transfer_id: str) -> TransferOutcome:
        """Receive what is missing of a transfer by hand."""
        outcome = self.transfer_desk.receive(transfer_id, None, ALL, ACTOR, self.now)
        self.live(self.now)
        return outcome

    def answer(self, sku: str, store: str = STORE) -> Availability:
        """Return what is told of an article now."""
        return availability(self.engine.state, store, sku, 1, self.now)

    def pieces(self, sku: str, store: str = STORE) -> int:
        """Return the pieces of an article in a store."""
        return sum(self.levels(sku, store).values())
