"""What the doctor found, for people and for programs. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from gateway.doctor.evidence import PortEvidence, Watched
from gateway.doctor.findings import Finding
from readers.codecs.json_payload import Json
from readers.errors import Malformed
from readers.identity.epc import decode_epc
from readers.identity.gs1 import identify_scan

SIGNS = {"good": "ok", "note": "..", "problem": "!!"}
"""Two characters before each finding: readable without colours, and by a screen reader."""
MAX_LISTED_TAGS = 10


def port_text(evidence: PortEvidence, found: Iterable[Finding], block: str) -> Iterator[str]:
    """Yield the lines for one port."""
    yield f"{evidence.path}  {evidence.detail}".rstrip()
    yield from finding_text(found)
    if evidence.watched is not None:
        yield from _watched_text(evidence.watched)
    if block:
        yield "   for the site file:"
        yield from (f"      {line}" for line in block.splitlines())


def finding_text(found: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines for findings: what is so, and what to do."""
    for finding in found:
        yield f"{SIGNS[finding.level]} {finding.text}"
        if finding.remedy:
            yield f"   {finding.remedy}"


def _watched_text(watched: Watched) -> Iterator[str]:
    for seen in watched.antennas:
        rate = seen.reads / watched.seconds if watched.seconds else 0.0
        signal = seen.signal
        strength = (
            f", RSSI {signal.lowest:g} to {signal.highest:g} {signal.unit} (median {signal.median:g})"
            if signal
            else ""
        )
        yield f"   antenna {seen.antenna}: {seen.tags} tag(s), {rate:.1f} reads/s{strength}"
    for tag in watched.tags[:MAX_LISTED_TAGS]:
        best = "" if tag.best is None else f", best {tag.best:g}"
        ports = ", ".join(map(str, tag.antennas))
        yield f"      {tag.epc}  {tag.reads} read(s) by {ports}{best}{_names(tag.epc)}"
    if watched.tag_count > MAX_LISTED_TAGS:
        yield f"      and {watched.tag_count - MAX_LISTED_TAGS} more tag(s)"
    for code in watched.codes:
        yield f"   scanned: {code!r}{_code_names(code)}"


def _names(epc: str) -> str:
    try:
        return f", {decode_epc(epc).digital_link_path}"
    except Malformed:
        return ""


def _code_names(code: str) -> str:
    try:
        gtin = identify_scan(code).gtin
    except Malformed as error:
        return f", refused: {error.reason}"
    return f", GTIN {gtin}" if gtin else ", names no product"


def port_json(evidence: PortEvidence, found: Iterable[Finding], block: str) -> dict[str, Json]:
    """Return the same as a JSON object."""
    body: dict[str, Json] = {"path": evidence.path, "detail": evidence.detail}
    identity = evidence.probed.identity
    body["identity"] = None if identity is None else plain(asdict(identity))
    body["baud"] = evidence.probed.baud
    body["tried"] = [plain(asdict(tried)) for tried in evidence.probed.tried]
    body["watched"] = None if evidence.watched is None else plain(asdict(evidence.watched))
    return body | findings_json(found, block)


def findings_json(found: Iterable[Finding], block: str) -> dict[str, Json]:
    """Return findings and the lines to paste, as the end of a JSON object."""
    return {"findings": [plain(asdict(finding)) for finding in found], "config": block}


def plain(value: object) -> Json:
    """Return a value as JSON has it: bytes as hex, sequences as lists, keys as text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return value.hex().upper()
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
    return str(value)
