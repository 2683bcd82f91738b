"""Files of other systems: read in many forms, and garbage is refused in words, never with another error."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.book_stock.text import LedgerRow, ledger_rows
from gateway.catalogue.model import NewArticle
from gateway.catalogue.text import TextRefused, article_rows
from gateway.interchange.tables import RowRefused

words = st.sampled_from(
    ["store", "sku", "qty", "as_of", "gtin", "name", "\n", "\r\n", ",", ";", '"', "'", "|", " ", "\ufeff", "\0", "1", "-",
     "A", "4006381333931", "count", "low_stock_at", "\ud800"]
)  # fmt: skip
texts = st.one_of(st.text(), st.lists(words, max_size=40).map("".join))


@given(texts)
@example("x" * 200_000)
@example("store,sku,qty\n" + "y" * 200_000 + ",A,1\n")
def test_garbage_is_no_ledger(text: str) -> None:
    """Each row is one or says why not; else the whole is refused."""
    with contextlib.suppress(RowRefused):
        for row in ledger_rows(text):
            assert (row.fault is None) == (row.store is not None and row.sku is not None)
            assert row.line > 1


@given(texts)
@example("sku," + "x" * 200_000)
@example("sku,name\nA," + "y" * 200_000)
def test_garbage_is_no_catalogue(text: str) -> None:
    """The same of articles."""
    with contextlib.suppress(TextRefused):
        for row in article_rows(text):
            assert (row.article is None) == (row.fault is not None)
            assert row.line > 1


lines = st.lists(
    st.tuples(
        st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
        st.integers(-99, 10**6),
    ),
    max_size=20,
)


@pytest.mark.parametrize("mark", [",", ";"])
@given(lines)
def test_what_a_ledger_writes_is_read(mark: str, written: list[tuple[str, str, int]]) -> None:
    """Columns in any order, either mark: the same rows, with the numbers of their lines."""
    text = mark.join(("qty", "store", "sku")) + "\r\n"
    text += "".join(mark.join((str(qty), store, sku)) + "\r\n" for store, sku, qty in written)
    found = list(ledger_rows(text))
    assert found == [LedgerRow(n, *line) for n, line in enumerate(written, 2)]


def test_an_articles_empty_cells_set_nothing() -> None:
    """But for its name, which is its SKU then; several codes may stand in a cell."""
    (row,) = article_rows("sku,gtin,tracked_by,safety_stock\nA,4006381333931|03012345000017,,\n")
    assert row.article == NewArticle("A", ("04006381333931", "03012345000017"), {"en": "A", "fr": "A"})
