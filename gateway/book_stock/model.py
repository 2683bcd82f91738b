"""Lines of an ERP's ledger, what becomes of them, and how they compare: plain values and their port. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.answered import Answered
from gateway.audit import Actor

MAX_LINES = 5_000
"""Lines of one request: 1 MiB of them, and fifty commits."""
MAX_BOOK_PIECES = 1_000_000

LineVerdict = Literal[
    "applied", "unchanged", "older", "too_old", "time_in_future", "unknown_store", "unknown_sku"
]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """So many pieces of an article in a store by the ledger, at an instant; None: at the one that it is told."""

    store: str
    sku: str
    pieces: int
    as_of_ns: int | None


@dataclass(frozen=True, slots=True)
class BookView:
    """An article in a store by the ledger, against the belief. Counts in pieces.

    `book` is the figure, `moved` what tills and people told since; difference = on_hand - (book + moved).
    `expected`, `p_book_or_more`: of the belief; None where nothing is believed. `since_ns`: since when they
    differ; None: they do not.
    """

    store: str
    sku: str
    book: int
    as_of_ns: int
    moved: int
    on_hand: int
    expected: float | None
    p_book_or_more: float | None
    difference: int
    since_ns: int | None


@dataclass(frozen=True, slots=True)
class BookPage:
    """Some articles of a store, by SKU. `after`: where the next page begins; None: there is no other."""

    items: tuple[BookView, ...]
    after: str | None


class LedgerPort(Protocol):
    """What the ERP believes."""

    async def tell(
        self, source: str, key: str, lines: Sequence[LedgerLine], actor: Actor
    ) -> Answered[tuple[LineVerdict, ...]]:
        """Take lines in, each once per (source, key); return their verdicts, in order, once they are on disk.

        Raises KeyRefused.
        """
        ...

    def page(self, store: str, after: str, limit: int, *, differs: bool) -> BookPage:
        """Return articles of a store behind the SKU `after`; fewer than `limit`, where looking on would take long."""
        ...
