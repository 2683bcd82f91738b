"""A transfer as a value: what goes from one store to another, and how much of it has come. Pure.

    requested ─▶ sent ─▶ partly_received ─▶ received
        │          └───────────┴──────────▶ closed      (with a difference: what did not come)
        └─▶ cancelled

A piece is in its old store's stock until it is sent, on its way from then on, and in the new store's once
it is seen or scanned in there; in two it never is. Times in ns.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from gateway.deliveries.model import DocumentRefused, ExpectedLine, LineAsked, line_fields, line_of_fields

TransferState = Literal["requested", "sent", "partly_received", "received", "closed", "cancelled"]
Ending = Literal["closed", "cancelled"]

MAX_LINES = 100
"""Articles of one transfer: more is a delivery."""
MAX_PIECES = 1_000
"""Pieces of one transfer, which all leave in one step: more would stop the gateway for a moment."""
REF = "transfer"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer. `closed_ns`: when the last piece came, or it was ended. `version` grows with each change."""

    id: str
    from_store: str
    to_store: str
    lines: tuple[ExpectedLine, ...]
    created_ns: int
    changed_ns: int
    reference: str | None = None
    sent_ns: int | None = None
    ending: Ending | None = None
    closed_ns: int | None = None
    version: int = 1

    @property
    def state(self) -> TransferState:
        """Return where it stands."""
        if self.closed_ns is not None:
            return self.ending or "received"
        if self.sent_ns is None:
            return "requested"
        return "partly_received" if self.arrived else "sent"

    @property
    def arrived(self) -> int:
        """Return the pieces that have come."""
        return sum(line.arrived for line in self.lines)

    @property
    def missing(self) -> int:
        """Return the pieces that have not come."""
        return sum(line.missing for line in self.lines)

    @property
    def is_open(self) -> bool:
        """Return whether anything may still happen to it."""
        return self.closed_ns is None

    def ref(self, piece: int) -> str:
        """Return how the movements of its nth piece name it."""
        return f"{REF}:{self.id}:{piece}"

    def difference(self, now_ns: int, late_ns: int) -> int:
        """Return the pieces that were sent and will not come: of a closed one, and of one sent so long ago."""
        if self.sent_ns is None or (self.is_open and now_ns <= self.sent_ns + late_ns):
            return 0
        return self.missing

    def changed(self, now_ns: int, **changes: Any) -> "Transfer":
        """Return it after a change: one version on, and closed where nothing of it is to come any more."""
        after = replace(self, changed_ns=now_ns, version=self.version + 1, **changes)
        is_over = after.ending is not None or not after.missing
        return replace(after, closed_ns=now_ns) if is_over and after.is_open else after


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """What is asked to go from one store to another."""

    from_store: str
    to_store: str
    lines: tuple[LineAsked, ...]
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class TransferQuery:
    """Which transfers, newest first: before the place (created_ns, id), where one is given.

    `stores`: those of which a transfer's store of departure or of arrival is one.
    """

    stores: tuple[str, ...]
    states: tuple[str, ...] = ()
    before: tuple[int, str] | None = None
    limit: int = 50


TransferOutcome = Transfer | DocumentRefused


def transfer_json(transfer: Transfer) -> str:
    """Return a transfer as JSON."""
    fields = {
        "id": transfer.id,
        "from_store": transfer.from_store,
        "to_store": transfer.to_store,
        "lines": [line_fields(line) for line in transfer.lines],
        "created_ns": transfer.created_ns,
        "changed_ns": transfer.changed_ns,
        "reference": transfer.reference,
        "sent_ns": transfer.sent_ns,
        "ending": transfer.ending,
        "closed_ns": transfer.closed_ns,
        "version": transfer.version,
    }
    return json.dumps(fields, separators=(",", ":"))


def transfer_of(text: str) -> Transfer:
    """Return the transfer that `transfer_json` wrote."""
    fields = json.loads(text)
    return Transfer(**fields | {"lines": tuple(line_of_fields(line) for line in fields["lines"])})
