"""A gateway with the usual fault: it looks whether there is enough, and writes the hold down afterwards.

Between the two lies one commit, as between a SELECT and an INSERT of two transactions. It stands here alone,
so that the storm can be shown to catch it.
"""

import sys

import gateway.cli.serve
from gateway.answered import KeyRefused
from gateway.audit import Actor
from gateway.cli import main
from gateway.holds import Holds, OutcomeForm
from gateway.reservations.model import Decided, NewReservation, Outcome, Refusal, Reservation


class CarelessHolds(Holds):
    """Checks, then inserts; once per key, as it should be."""

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        """Hold pieces that were there a moment ago."""
        desk, book = self._desk, self._book

        def check(now_ns: int) -> Outcome:
            outcome = desk.reserve(self._new_id(now_ns), asked, now_ns)
            if isinstance(outcome, Reservation):  # it is not to be written yet
                book._forget(outcome.id)
                del book._changed[outcome.id]
            return outcome

        found = await self._pipeline.decide(check)

        def insert(_: int) -> Outcome:
            if isinstance(found, Reservation):
                book.put(found)
            return found

        try:
            answered = await self._once.decide(actor.key_id, key, repr(asked), insert, OutcomeForm())
        except KeyRefused as refused:
            return Decided(Refusal(refused.code, refused.detail))
        return Decided(answered.outcome, answered.replayed)


if __name__ == "__main__":
    gateway.cli.serve.Holds = CarelessHolds  # type: ignore[misc]  # the one place where the fault comes in
    sys.exit(main())
