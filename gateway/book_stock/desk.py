"""Lines of the ledger taken into the state, and its articles compared with what is believed. Pure."""

from collections import Counter
from collections.abc import Sequence

from gateway.answers import availability
from gateway.audit import Actor
from gateway.book_stock.account import Figure
from gateway.book_stock.model import BookPage, BookView, LedgerLine, LineVerdict
from gateway.interchange.tables import instant
from gateway.state import State

MAX_AHEAD_NS = 300 * 1_000_000_000
"""An ERP's clock may run ahead by this; a figure further ahead is a mistake."""
LOOKED_THROUGH = 500
"""Articles of which a page is made at once: a look at each takes a microsecond, an answer a hundred."""


def tell(state: State, lines: Sequence[LedgerLine], actor: Actor, now_ns: int) -> tuple[LineVerdict, ...]:
    """Take lines in; return what became of each."""
    verdicts = tuple(_tell(state, line, now_ns) for line in lines)
    taken = Counter(line.store for line, verdict in zip(lines, verdicts, strict=True) if verdict == "applied")
    for store, count in taken.items():
        state.audit(actor, "ledger.tell", store, "", f"figures: {count}", now_ns)
    return verdicts


def _tell(state: State, line: LedgerLine, now_ns: int) -> LineVerdict:
    store, sku = line.store, line.sku
    if store not in state.site.roles:
        return "unknown_store"
    if state.catalogue.article(sku) is None:
        return "unknown_sku"
    as_of_ns = now_ns if line.as_of_ns is None else line.as_of_ns
    if as_of_ns > now_ns + MAX_AHEAD_NS:
        return "time_in_future"
    as_of_ns = min(as_of_ns, now_ns)
    is_stock = store in state.books.ledger_stores
    was_unknown = is_stock and state.books.doubt(store, sku, now_ns) is not None
    figure = Figure(line.pieces, as_of_ns)
    verdict = state.ledger.tell_figure(store, sku, figure, f"ledger:{instant(as_of_ns)}", now_ns)
    if verdict == "applied":
        state.books.compare(store, sku, sum(state.ledger.levels(store, sku).values()), now_ns)
        if was_unknown:
            state.touched.add((store, sku))
    return verdict


def page(state: State, store: str, after: str, limit: int, now_ns: int, *, differs: bool) -> BookPage:
    """Return articles with a figure behind the SKU `after`; `differs`: those alone that the stock contradicts."""
    skus = state.books.skus(store, after, LOOKED_THROUGH)
    items: list[BookView] = []
    for sku in skus:
        if len(items) == limit:
            return BookPage(tuple(items), items[-1].sku)
        if (not differs or _differs(state, store, sku)) and state.catalogue.article(sku) is not None:
            items.append(_view(state, store, sku, now_ns))
    return BookPage(tuple(items), skus[-1] if len(skus) == LOOKED_THROUGH else None)


def _differs(state: State, store: str, sku: str) -> bool:
    account = state.books.account(store, sku)
    return account is not None and account.pieces != sum(state.ledger.levels(store, sku).values())


def _view(state: State, store: str, sku: str, now_ns: int) -> BookView:
    account = state.books.account(store, sku)
    if account is None or account.figure is None:
        raise KeyError(sku)
    found = availability(state, store, sku, 1, now_ns, is_dated=False)
    belief = None if found.status == "UNKNOWN" else found.belief
    return BookView(
        store=store,
        sku=sku,
        book=account.figure.pieces,
        as_of_ns=account.figure.as_of_ns,
        moved=account.moved,
        on_hand=found.on_hand,
        expected=None if belief is None else belief.expected,
        p_book_or_more=None if belief is None else belief.at_least(account.pieces),
        difference=found.on_hand - account.pieces,
        since_ns=account.differs_since_ns,
    )
