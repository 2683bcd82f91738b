"""How the delivery to InfluxDB is, for health pages and metrics. Pure values."""

from dataclasses import dataclass
from typing import Literal

from gateway.storage.ports import OutboxTotals

DeliveryState = Literal["starting", "up", "away", "denied"]
"""`away`: it comes back by itself; `denied`: an operator must mend something. Nothing is lost in either."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The delivery as it is at this moment. Counts are points since the start of the process.

    `since_ns`: since when it is in this state; `told_back`: points of gaps told from the store;
    `gaps`: gaps that are still to be told; `age_s`: how long the oldest that waits has waited.
    """

    state: DeliveryState
    since_ns: int
    detail: str
    remedy: str
    last_sent_ns: int | None
    sent: int
    told_back: int
    retried: int
    refused: int
    expired: int
    requests: int
    failures: int
    outbox: OutboxTotals
    gaps: int
    age_s: float
