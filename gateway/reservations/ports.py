"""What api/ may ask of reservations. Pure."""

from typing import Protocol

from gateway.audit import Actor
from gateway.reservations.model import (
    Command,
    Decided,
    NewReservation,
    Outcome,
    Reservation,
    ReservationQuery,
)


class ReservationsPort(Protocol):
    """Pieces promised to someone until a time. What is returned is on disk."""

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        """Hold pieces; a request with the `key` of an earlier one of the same API key gets its answer."""
        ...

    async def change(
        self, actor: Actor, reservation_id: str, command: Command, stores: frozenset[str]
    ) -> Outcome:
        """Let a command take effect on a reservation of one of `stores` (empty: of any)."""
        ...

    async def reservation(self, reservation_id: str) -> Reservation | None:
        """Return a reservation as it is now; None where there is none (any more)."""
        ...

    async def reservations(self, query: ReservationQuery) -> list[Reservation]:
        """Return reservations as they are now, newest first."""
        ...
