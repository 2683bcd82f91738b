"""The ledger as CSV: store,sku,qty[,as_of], with a header, parted by commas or semicolons. Pure."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.interchange.lines import decode
from gateway.interchange.tables import Column, RowRefused, Table

LEDGER = Table(
    "ledger",
    (
        Column("store", rule=re.compile(r"[a-z0-9-]{1,32}", re.ASCII)),
        Column("sku", rule=re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)),
        Column("qty", "integer"),
        Column("as_of", is_nullable=True),
    ),
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line of the file: its number, and its cells, or why it is none."""

    line: int
    store: str | None = None
    sku: str | None = None
    qty: int = 0
    as_of: str | None = None
    fault: str | None = None


def ledger_rows(text: str) -> Iterator[LedgerRow]:
    """Yield the rows of CSV text. Raises RowRefused where it has no header that is one."""
    try:
        yield from _rows(text)
    except csv.Error as error:
        raise RowRefused(f"line 1 is no CSV ({error})") from error


def _rows(text: str) -> Iterator[LedgerRow]:
    for number, row in decode(LEDGER, io.StringIO(text, newline=""), "csv"):
        if isinstance(row, RowRefused):
            if number == 1:
                raise RowRefused(f"line 1 {row}")
            yield LedgerRow(number, fault=str(row).partition(" (a spreadsheet")[0])
            continue
        store, sku, qty, as_of = row
        yield LedgerRow(
            number,
            str(store),
            str(sku),
            qty if isinstance(qty, int) else 0,
            None if as_of is None else str(as_of),
        )
