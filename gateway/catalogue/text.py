"""Articles as CSV: one per line under a header, parted by commas or semicolons. Pure."""

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from gateway.catalogue.articles import TrackedBy
from gateway.catalogue.model import NewArticle
from readers.errors import Malformed
from readers.identity.epc import normalise_epc

BOM = "\ufeff"
"""The first character of text files from Windows' editors and from Excel's "CSV UTF-8"."""
CATALOGUE_COLUMNS = (
    "sku", "gtin", "name", "name_en", "name_fr", "tracked_by", "department", "model", "size", "colour",
    "low_stock_at", "safety_stock", "epc",
)  # fmt: skip


class TextRefused(ValueError):  # noqa: N818 - named by what happened
    """Text that is no table of articles. `line`: where; None: the whole of it."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """A line of the file: its number, and its article, or why it is none."""

    line: int
    article: NewArticle | None
    sku: str | None = None
    fault: str | None = None


def article_rows(text: str) -> Iterator[ArticleRow]:
    """Yield the articles of CSV text, line by line. Raises TextRefused where it cannot be read as a table."""
    text = text.removeprefix(BOM)
    if not text.strip():
        columns = ", ".join(CATALOGUE_COLUMNS)
        raise TextRefused(None, f"empty; the first row must name columns of {columns}")
    header = text.split("\n", 1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        _check_columns(reader.fieldnames or ())
        for row in reader:
            line = reader.reader.line_num
            if None in row:
                yield ArticleRow(line, None, fault="more fields than the header has columns")
                continue
            cells = {key: (value or "").strip() for key, value in row.items()}
            try:
                yield ArticleRow(line, _article(cells), cells["sku"])
            except ValueError as error:
                yield ArticleRow(line, None, cells["sku"], str(error))
    except csv.Error as error:
        raise TextRefused(reader.reader.line_num, f"{error}: mend its quotes") from error


def _check_columns(columns: Sequence[str]) -> None:
    for column in columns:
        if column not in CATALOGUE_COLUMNS:
            raise TextRefused(None, f"unknown column {column!r}{_nearest(column)}")
        if columns.count(column) > 1:
            raise TextRefused(None, f"column {column!r} stands twice: remove one of them")
    if "sku" not in columns:
        raise TextRefused(None, "no column 'sku', the one that is required: add it to the first row")


def _nearest(column: str) -> str:
    close = difflib.get_close_matches(column, CATALOGUE_COLUMNS, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f": it must be one of {', '.join(CATALOGUE_COLUMNS)}"


def _article(row: dict[str, str]) -> NewArticle:
    """Return the article of a row; `gtin` and `epc` may hold several, parted by spaces or '|'. Raises ValueError."""
    sku = row["sku"]
    if not 1 <= len(sku) <= 64 or not all(c.isascii() and (c.isalnum() or c in "._-") for c in sku):
        raise ValueError(f"sku {sku!r} must be 1-64 characters of A-Z a-z 0-9 . _ -")
    tracked_by = row.get("tracked_by") or None
    if tracked_by is not None and tracked_by not in get_args(TrackedBy):
        raise ValueError(f"tracked_by {tracked_by!r} must be tag, weight or count")
    name = row.get("name") or sku
    return NewArticle(
        sku=sku,
        gtins=tuple(gtin14(code) for code in row.get("gtin", "").replace("|", " ").split()),
        name={"en": row.get("name_en") or name, "fr": row.get("name_fr") or row.get("name_en") or name},
        tracked_by=tracked_by,  # type: ignore[arg-type]  # checked against the Literal just above
        department=row.get("department") or None,
        model=row.get("model") or None,
        size=row.get("size") or None,
        colour=row.get("colour") or None,
        epcs=tuple(_epc(text) for text in row.get("epc", "").replace("|", " ").split()),
        low_stock_at=_count(row, "low_stock_at"),
        safety_stock=_count(row, "safety_stock"),
    )


def gtin14(code: str) -> str:
    """Return a GTIN-8/12/13/14 as 14 digits, its check digit verified (GS1 General Specifications §7.9)."""
    if not (code.isascii() and code.isdigit()) or len(code) not in (8, 12, 13, 14):
        raise ValueError(f"gtin {code!r} must have 8, 12, 13 or 14 digits")
    gtin = code.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:13]))
    check = -total % 10
    if check != int(gtin[13]):
        raise ValueError(f"gtin {code!r} has a wrong check digit: it should end in {check}")
    return gtin


def _epc(text: str) -> str:
    """Return an EPC as the readers tell it."""
    try:
        return normalise_epc(text)
    except Malformed as error:
        raise ValueError(f"epc {text!r} must be 4 to 124 hex digits, whole bytes") from error


def _count(row: dict[str, str], column: str) -> int | None:
    text = row.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise ValueError(f"{column} {text!r} must be a whole number of pieces")
    return int(text)
