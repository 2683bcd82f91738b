"""The door between devices and the gateway: what a transport hands its observations to. Pure.

Back-pressure is part of the contract: while `is_full`, a transport stops reading its port (the
kernel or the broker holds the rest) and waits for `drained`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from readers.errors import Malformed
from readers.observations import Observation


class Intake(Protocol):
    """Takes observations in, in order; never blocks, never raises."""

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        """Take observations in. `on_durable` is called once, on the loop, after all that they
        changed is on disk: the moment to acknowledge a message. An empty offer is durable no
        earlier than the offers before it (a message told twice leaves nothing to offer).
        """
        ...

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:
        """Take note of input that could not be read: counted by reason, a sample kept for people."""
        ...

    def is_full(self) -> bool:
        """Return whether transports must stop reading."""
        ...

    async def drained(self) -> None:
        """Return once there is room again."""
        ...
