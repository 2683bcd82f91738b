"""The ledger between HTTP and the pipeline: implements gateway.book_stock.model.LedgerPort. Runtime.

    request ─▶ slices of lines, each once ─▶ pipeline pass ─▶ one commit: figures, movements, verdicts ─▶ told

A slice is one commit, so that no other waits long; a repeat gets the verdicts of those that were decided.
"""

import hashlib
from collections.abc import Callable, Sequence

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.book_stock import desk
from gateway.book_stock.model import BookPage, LedgerLine, LineVerdict
from gateway.engine import Engine
from gateway.once import Once

SLICE = 100
"""Lines of one commit: with all that follows from them they take the loop some 20 ms."""
NO_KEY = "\x1f"
"""No key of a caller's holds this: what stands behind it numbers the slices."""
LETTERS: dict[LineVerdict, str] = {
    "applied": "a",
    "unchanged": "u",
    "older": "o",
    "too_old": "t",
    "time_in_future": "f",
    "unknown_store": "p",
    "unknown_sku": "s",
}
VERDICTS: dict[str, LineVerdict] = {letter: verdict for verdict, letter in LETTERS.items()}


class VerdictsForm:
    """How verdicts are stored: a letter each."""

    def is_lasting(self, outcome: tuple[LineVerdict, ...]) -> bool:  # noqa: ARG002 - the form's
        """Return True: what was taken in, or not, stays so."""
        return True

    def write(self, outcome: tuple[LineVerdict, ...]) -> str:
        """Return verdicts as JSON."""
        return f'"{"".join(LETTERS[verdict] for verdict in outcome)}"'

    def read(self, text: str) -> tuple[LineVerdict, ...]:
        """Return the verdicts that `write` wrote."""
        return tuple(VERDICTS[letter] for letter in text.strip('"'))


class LedgerBooks:
    """The ledger of one gateway."""

    def __init__(self, engine: Engine, once: Once, now_ns: Callable[[], int]) -> None:
        self._state = engine.state
        self._once = once
        self._now_ns = now_ns

    async def tell(
        self, source: str, key: str, lines: Sequence[LedgerLine], actor: Actor
    ) -> Answered[tuple[LineVerdict, ...]]:
        """Take lines in, each once per (source, key). Raises KeyRefused."""
        digest = hashlib.sha256(repr(("ledger", *lines)).encode()).hexdigest()
        verdicts: list[LineVerdict] = []
        replayed = True
        for number, start in enumerate(range(0, max(1, len(lines)), SLICE)):
            answered = await self._once.decide(
                source,
                f"{key}{NO_KEY}{number}" if number else key,
                digest,
                self._decision(lines[start : start + SLICE], actor),
                VerdictsForm(),
            )
            verdicts += answered.outcome
            replayed = replayed and answered.replayed
        return Answered(tuple(verdicts), replayed)

    def _decision(
        self, lines: Sequence[LedgerLine], actor: Actor
    ) -> Callable[[int], tuple[LineVerdict, ...]]:
        return lambda now_ns: desk.tell(self._state, lines, actor, now_ns)

    def page(self, store: str, after: str, limit: int, *, differs: bool) -> BookPage:
        """Return articles of a store behind the SKU `after`."""
        return desk.page(self._state, store, after, limit, self._now_ns(), differs=differs)
