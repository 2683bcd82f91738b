"""Transfers between HTTP and the pipeline: implements gateway.transfers.ports.TransfersPort. Runtime.

request ─▶ (once per key) ─▶ pipeline pass ─▶ one commit ─▶ told
"""

import hashlib
import secrets
from collections.abc import Callable

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.deliveries.model import DocumentRefused
from gateway.engine import Engine
from gateway.once import Decisions, Once
from gateway.site import ns
from gateway.transfers.desk import TransferDesk
from gateway.transfers.model import (
    Ending,
    NewTransfer,
    Transfer,
    TransferOutcome,
    TransferQuery,
    transfer_json,
    transfer_of,
)

ID_BITS = 48
OVERLOADED = DocumentRefused("overloaded", "the gateway holds more input than it can write")


class TransferForm:
    """How the answer to a request is stored: a transfer is; a refusal is decided anew."""

    def is_lasting(self, outcome: TransferOutcome) -> bool:
        """Return whether the outcome answers the repeats too."""
        return isinstance(outcome, Transfer)

    def write(self, outcome: TransferOutcome) -> str:
        """Return the outcome as JSON."""
        if isinstance(outcome, DocumentRefused):
            raise TypeError("a refusal is not stored")
        return transfer_json(outcome)

    def read(self, text: str) -> TransferOutcome:
        """Return the outcome that `write` wrote."""
        return transfer_of(text)


class TransferOffice:
    """The transfers of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once) -> None:
        self._desk = TransferDesk(engine.state, engine.till, engine.depart_now)
        self._book = engine.state.transfers
        self._pipeline = pipeline
        self._once = once
        self._late_ns = ns(engine.site.config.stock.incoming_late_s)

    @property
    def late_ns(self) -> int:
        """Return after how long on its way a piece is taken not to come."""
        return self._late_ns

    async def request(
        self, source: str, key: str, asked: NewTransfer, actor: Actor
    ) -> Answered[TransferOutcome]:
        """Ask for pieces to be sent, once per key. Raises KeyRefused."""
        digest = hashlib.sha256(f"transfer {asked!r}".encode()).hexdigest()
        transfer_id = f"tr_{secrets.randbits(ID_BITS):012x}"
        return await self._once.decide(
            source,
            key,
            digest,
            lambda now_ns: self._desk.request(transfer_id, asked, actor, now_ns),
            TransferForm(),
        )

    async def transfer(self, transfer_id: str) -> Transfer | None:
        """Return a transfer as it is now; after a pass, so that nothing is told that a crash could take back."""
        return await self._pipeline.decide(lambda _: self._book.get(transfer_id))

    async def transfers(self, query: TransferQuery) -> list[Transfer]:
        """Return transfers as they are now, newest first."""
        return await self._pipeline.decide(lambda _: self._book.find(query))

    async def send(
        self, transfer_id: str, stores: frozenset[str], actor: Actor, *, force: bool
    ) -> TransferOutcome:
        """Let the pieces leave."""
        return await self._decide(
            lambda now_ns: self._desk.send(transfer_id, stores, actor, now_ns, force=force)
        )

    async def receive(
        self, transfer_id: str, zone: str | None, stores: frozenset[str], actor: Actor
    ) -> TransferOutcome:
        """Take in all that is missing, by hand."""
        return await self._decide(lambda now_ns: self._desk.receive(transfer_id, zone, stores, actor, now_ns))

    async def end(
        self, transfer_id: str, ending: Ending, stores: frozenset[str], actor: Actor
    ) -> TransferOutcome:
        """Cancel what was not sent, or close what was, with its difference."""
        return await self._decide(lambda now_ns: self._desk.end(transfer_id, ending, stores, actor, now_ns))

    async def _decide(self, decide: Callable[[int], TransferOutcome]) -> TransferOutcome:
        return OVERLOADED if self._pipeline.is_full() else await self._pipeline.decide(decide)
