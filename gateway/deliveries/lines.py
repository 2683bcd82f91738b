"""The lines of a delivery or a transfer as asked, made into lines of articles that are known. Pure."""

from gateway.catalogue.articles import UNIDENTIFIED, Catalogue
from gateway.catalogue.identify import Identifier
from gateway.deliveries.model import DocumentRefused, ExpectedLine, LineAsked

Fault = tuple[str, str]
MOST_FAULTS = 20
"""Enough to repair a document by."""


def known_lines(
    asked: tuple[LineAsked, ...], catalogue: Catalogue, identifier: Identifier, most_pieces: int
) -> tuple[ExpectedLine, ...] | DocumentRefused:
    """Return one line for each article, in order of first mention; a refusal names what is wrong by its line."""
    faults: list[Fault] = []
    unknown: list[Fault] = []
    found: dict[str, ExpectedLine] = {}
    named: set[str] = set()
    for number, line in enumerate(asked):
        sku = _sku_of(line, catalogue)
        here = f"/lines/{number}"
        if sku is None:
            field = "sku" if line.sku is not None else "gtin"
            unknown.append((f"{here}/{field}", f"{line.sku or line.gtin!r} is not known"))
            continue
        faults += _faults(line, sku, here, catalogue, identifier, named)
        before = found.get(sku, ExpectedLine(sku, 0))
        found[sku] = ExpectedLine(sku, before.qty + line.qty, (*before.epcs, *line.epcs))
    if unknown:
        detail = f"there is no article {unknown[0][1].removesuffix(' is not known')}"
        return DocumentRefused("unknown_sku", detail, tuple(unknown[:MOST_FAULTS]))
    pieces = sum(line.qty for line in found.values())
    if pieces > most_pieces:
        faults.append(("/lines", f"{pieces} pieces are more than {most_pieces}: split it"))
    if faults:
        return DocumentRefused("invalid_request", ": ".join(faults[0]), tuple(faults[:MOST_FAULTS]))
    return tuple(found.values())


def _sku_of(line: LineAsked, catalogue: Catalogue) -> str | None:
    if line.sku is not None:
        return line.sku if catalogue.article(line.sku) is not None else None
    return catalogue.sku_of(line.gtin) if line.gtin is not None else None


def _faults(
    line: LineAsked, sku: str, here: str, catalogue: Catalogue, identifier: Identifier, named: set[str]
) -> list[Fault]:
    faults = []
    if line.sku is not None and line.gtin is not None:
        other = catalogue.sku_of(line.gtin)
        if other is not None and other != sku:
            faults.append((f"{here}/gtin", f"is of {other}, not of {sku}"))
    if len(line.epcs) > line.qty:
        faults.append((f"{here}/epcs", f"{len(line.epcs)} tags are more than {line.qty} pieces"))
    for place, epc in enumerate(line.epcs):
        if epc in named:
            faults.append((f"{here}/epcs/{place}", "stands twice"))
        elif identifier.tag(epc) not in {sku, UNIDENTIFIED}:
            faults.append((f"{here}/epcs/{place}", f"is a tag of {identifier.tag(epc)}, not of {sku}"))
        named.add(epc)
    return faults
