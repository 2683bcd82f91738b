"""What api/ may ask of transfers between stores. Pure."""

from collections.abc import Sequence
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.transfers.model import Ending, NewTransfer, Transfer, TransferOutcome, TransferQuery


class TransfersPort(Protocol):
    """Transfers. What is returned is on disk. `stores` (empty: all): those that the caller sees."""

    @property
    def late_ns(self) -> int:
        """Return after how long on its way a piece is taken not to come."""
        ...

    async def request(
        self, source: str, key: str, asked: NewTransfer, actor: Actor
    ) -> Answered[TransferOutcome]:
        """Ask for pieces to be sent; a request with the `key` of an earlier one of `source` gets its answer.

        Raises KeyRefused.
        """
        ...

    async def transfer(self, transfer_id: str) -> Transfer | None:
        """Return a transfer as it is now; None where there is none (any more)."""
        ...

    async def transfers(self, query: TransferQuery) -> Sequence[Transfer]:
        """Return transfers as they are now, newest first."""
        ...

    async def send(
        self, transfer_id: str, stores: frozenset[str], actor: Actor, *, force: bool
    ) -> TransferOutcome:
        """Let the pieces leave; `force`: those too that are promised to somebody."""
        ...

    async def receive(
        self, transfer_id: str, zone: str | None, stores: frozenset[str], actor: Actor
    ) -> TransferOutcome:
        """Take in all that is missing, by hand, in `zone` (None: where the store receives)."""
        ...

    async def end(
        self, transfer_id: str, ending: Ending, stores: frozenset[str], actor: Actor
    ) -> TransferOutcome:
        """Cancel what was not sent, or close what was, with its difference."""
        ...
