"""Counts as the API shows them: what is expected of a blind count is hidden from who counts. Pure."""

from api.problems import Fault, Problem
from api.times import rfc3339, rfc3339_or_none
from gateway.counting.model import Adjustment, Count, CountLine, Refused
from gateway.ports.callers import Caller


def shows_expected(count: Count, caller: Caller) -> bool:
    """Return whether a caller may see what is expected: a blind count shows it once it is approved, or to those who
    may see all quantities anyhow."""
    return caller.may("availability:exact") or not count.blind or count.state == "approved"


def count_body(count: Count, caller: Caller) -> dict[str, object]:
    """Return a count as JSON."""
    totals = count.totals if shows_expected(count, caller) else None
    return {
        "id": count.id,
        "store": count.store,
        "state": count.state,
        "zones": count.zones,
        "skus": count.skus,
        "department": count.department,
        "blind": count.blind,
        "by": count.by,
        "tolerance": {"pieces": count.tolerance.pieces, "percent": count.tolerance.percent},
        "second_key": count.second_key,
        "note": count.note,
        "started_at": rfc3339(count.started_ns),
        "submitted_at": rfc3339_or_none(count.submitted_ns),
        "closed_at": rfc3339_or_none(count.closed_ns),
        "opened_by": count.opened_by,
        "submitted_by": count.submitted_by,
        "closed_by": count.closed_by,
        "auto": count.auto,
        "reason": count.reason,
        "incomplete": count.incomplete,
        "entries": count.entries,
        "totals": None
        if totals is None
        else {
            "lines": totals.lines,
            "right": totals.right,
            "expected": totals.expected,
            "counted": totals.counted,
            "off": totals.off,
        },
        "version": count.version,
    }


def line_body(line: CountLine, *, shown: bool) -> dict[str, object]:
    """Return a line as JSON; not `shown`: without anything that tells what is expected."""
    return {
        "sku": line.sku,
        "zone": line.zone,
        "seen": line.seen,
        "expected": line.expected if shown else None,
        "expected_at_start": line.expected_at_start if shown else None,
        "missing": line.missing if shown else None,
        "extra": line.extra if shown else None,
        "missing_epcs": line.missing_epcs if shown else None,
        "extra_epcs": line.extra_epcs if shown else None,
        "moved_meanwhile": line.moved_meanwhile if shown else None,
        "within_tolerance": line.within_tolerance if shown else None,
        "counters": [{"counter": counter, "qty": qty} for counter, qty in line.counters],
        "counted_at": rfc3339_or_none(line.counted_ns),
        "to_recount": line.to_recount,
    }


def adjustment_body(adjustment: Adjustment) -> dict[str, object]:
    """Return an adjustment as JSON."""
    return {
        "id": adjustment.id,
        "store": adjustment.store,
        "sku": adjustment.sku,
        "at": rfc3339(adjustment.at_ns),
        "zones": [{"zone": zone, "pieces": pieces} for zone, pieces in adjustment.zones],
        "reason": adjustment.reason,
        "reference": adjustment.reference,
        "note": adjustment.note,
        "epcs": adjustment.epcs,
        "on_hand": adjustment.on_hand,
    }


def refused_problem(refused: Refused, caller: Caller, headers: dict[str, str]) -> Problem:
    """Return a refusal as a problem; the pieces there are now go to those alone who may see quantities."""
    if refused.code == "overloaded":
        headers = {**headers, "retry-after": "1"}
    more: dict[str, object] = {}
    if refused.current is not None and caller.may("availability:exact"):
        more["current"] = refused.current
    errors = [Fault(pointer, reason) for pointer, reason in refused.faults]
    return Problem(refused.code, refused.detail, errors=errors, headers=headers, more=more)
