"""Where a look or a test has what devices tell go: taken at once, never too much. Pure."""

from collections.abc import Callable, Sequence

from readers.errors import Malformed
from readers.observations import Observation


class OpenIntake:
    """An intake that hands on what was observed, and is never full."""

    def __init__(self, take: Callable[[Sequence[Observation]], None]) -> None:
        self._take = take

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        """Hand on what was observed."""
        self._take(observations)
        if on_durable is not None:
            on_durable()

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:  # noqa: ARG002 - the port's contract
        """Let go of it: its codec has counted it."""
        if on_durable is not None:
            on_durable()

    def is_full(self) -> bool:
        """Return False: it holds nothing back."""
        return False

    async def drained(self) -> None:
        """Return at once."""
