"""A delivery as a CSV file: one line per article, what is of the whole delivery repeated on each. Pure.

store,reference,from,expected_at,sku,gtin,qty,epcs
lyon-1,ASN-20931,dc-nord,2026-11-24T07:00:00Z,DEN-501-32,,6,
"""

import csv
import io
from difflib import get_close_matches

from pydantic import ValidationError

from api.bodies import faults_of
from api.problems import MAX_ERRORS, Fault, Problem, echo
from api.schemas.deliveries import DeliveryIn
from api.schemas.documents import DocumentLineIn
from gateway.deliveries.model import MAX_LINES

OF_ALL = ("store", "reference", "from", "expected_at", "expected_from", "expected_to")
OF_LINE = ("sku", "gtin", "qty", "epcs")
COLUMNS = (*OF_ALL, *OF_LINE)
CSV_EXAMPLE = (
    "store,reference,from,expected_at,sku,gtin,qty,epcs\n"
    "lyon-1,ASN-20931,dc-nord,2026-11-24T07:00:00Z,DEN-501-32,,6,\n"
)


def delivery_of_csv(text: str) -> tuple[DeliveryIn, list[int]]:
    """Return the delivery, and the line of the file that each of its lines stood on.

    Raises Problem invalid_request; its pointers are /line/<number>/<column>, the header being line 1.
    """
    rows = _rows(text)
    faults: list[Fault] = []
    of_all = {name: rows[0][1][name] for name in OF_ALL if rows[0][1].get(name)}
    lines = []
    for number, row in rows:
        lines.append(_line(number, row, faults))
        faults += [
            Fault(f"/line/{number}/{name}", f"differs from line {rows[0][0]}: one file is one delivery")
            for name in OF_ALL
            if (row.get(name) or None) != of_all.get(name)
        ]
    if not faults:
        try:
            delivery = DeliveryIn.model_validate({**of_all, "lines": [line for line in lines if line]})
        except ValidationError as error:
            found = faults_of(error, DeliveryIn)
            faults = [Fault(f"/line/{rows[0][0]}{fault.pointer}", fault.reason) for fault in found]
        else:
            return delivery, [number for number, _ in rows]
    detail = "; ".join(f"{fault.pointer}: {fault.reason}" for fault in faults[:3])
    raise Problem("invalid_request", detail, errors=faults[:MAX_ERRORS])


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """Return (line of the file, values by column) of each line that is not empty."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        rows: list[tuple[int, dict[str, str]]] = []
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if len(values) > len(header):
                raise _problem(f"/line/{reader.line_num}", f"{len(values)} values, {len(header)} columns")
            if len(rows) == MAX_LINES:
                raise _problem("", f"more than {MAX_LINES:,} lines: split the file")
            pairs = zip(header, (value.strip() for value in values), strict=False)
            rows.append((reader.line_num, dict(pairs)))
    except csv.Error as error:
        raise _problem(f"/line/{reader.line_num}", str(error)) from error
    if not rows:
        raise _problem("", "there is no line below the header")
    return rows


def _check_header(header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS:
            near = get_close_matches(name[:64], COLUMNS, n=1)
            hint = f": did you mean {near[0]!r}?" if near else f"; known are {', '.join(COLUMNS)}"
            raise _problem("/line/1", f"unknown column {echo(name)}{hint}")
        if header.count(name) > 1:
            raise _problem("/line/1", f"column {name!r} stands twice")
    for name in ("store", "qty"):
        if name not in header:
            raise _problem("/line/1", f"column {name!r} is missing")


def _line(number: int, row: dict[str, str], faults: list[Fault]) -> DocumentLineIn | None:
    """Return a line of the delivery; None where it is wrong, which is noted."""
    given: dict[str, object] = {name: row[name] for name in ("sku", "gtin") if row.get(name)}
    given["epcs"] = row.get("epcs", "").split()
    qty = row.get("qty", "")
    given["qty"] = int(qty) if qty.isascii() and qty.isdecimal() and len(qty) < 10 else qty
    try:
        return DocumentLineIn.model_validate(given)
    except ValidationError as error:
        faults += faults_of(error, DocumentLineIn, ("line", number))
        return None


def _problem(pointer: str, reason: str) -> Problem:
    return Problem(
        "invalid_request", f"{pointer}: {reason}" if pointer else reason, errors=[Fault(pointer, reason)]
    )
