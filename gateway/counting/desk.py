"""Counts decided on the stock as it is at this instant: opened, entered into, submitted, approved. Pure.

The rules of what is compared stand in gateway/counting/line.py, those of an approval in approval.py.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

from gateway.audit import Actor
from gateway.counting.approval import approve
from gateway.counting.book import MAX_LINES, MAX_LIVE, Session
from gateway.counting.line import MAX_EPCS_TOLD, Compared, LineFigures
from gateway.counting.model import (
    MAX_REASON_CHARS,
    Count,
    CountCommand,
    CountEntry,
    CountLine,
    CountOutcome,
    CountState,
    CountTotals,
    Entered,
    EnteredOutcome,
    EntryResult,
    NewCount,
    Refused,
    Verb,
)
from gateway.counting.seeing import READ_BY, believed, first_line, take_reads
from gateway.state import State

MAX_ENTRIES = 20_000
"""Entries of one count, whose ids are known again: what a dozen people scan in a night."""
MAX_COUNTERS = 100
"""People and scanners that count one line."""
DONE: dict[Verb, frozenset[CountState]] = {
    "submit": frozenset({"submitted", "approved"}),
    "approve": frozenset({"approved"}),
    "reject": frozenset({"rejected"}),
    "cancel": frozenset({"cancelled"}),
    "recount": frozenset(),
}
FROM: dict[Verb, frozenset[CountState]] = {
    "submit": frozenset({"open"}),
    "approve": frozenset({"submitted"}),
    "reject": frozenset({"submitted"}),
    "cancel": frozenset({"open", "submitted"}),
    "recount": frozenset({"submitted"}),
}


class CountDesk:
    """Decides on the counts of one state. `depart_now` has presence take effect that was told just now."""

    def __init__(self, state: State, depart_now: Callable[[int], None]) -> None:
        self._state = state
        self._book = state.counting
        self._depart_now = depart_now

    # -- a new one ------------------------------------------------------------------------------------

    def open(self, count_id: str, asked: NewCount, actor: Actor, now_ns: int) -> CountOutcome:
        """Begin a count; what is expected is what is believed now."""
        refusal = self._not_to_open(asked)
        if refusal is not None:
            return refusal
        self._catch_up(now_ns)
        zones = asked.zones or tuple(self._state.site.roles[asked.store])
        count = Count(
            id=count_id,
            store=asked.store,
            state="open",
            zones=tuple(dict.fromkeys(zones)),
            skus=tuple(dict.fromkeys(asked.skus)),
            department=asked.department,
            blind=asked.blind,
            by=asked.by,
            tolerance=asked.tolerance,
            second_key=asked.second_key,
            note=asked.note,
            started_ns=now_ns,
            opened_by=actor.key_id,
        )
        session = Session(count, self._book.department_of, since_ns=now_ns)
        for sku, zone in self._expected(session):
            line = first_line(self._state, count.store, sku, zone, now_ns)
            session.lines[sku, zone] = line
            session.note(line)
        self._book.put(session)
        self._audit(actor, "open", count, ", ".join(count.zones), now_ns)
        return count

    def _not_to_open(self, asked: NewCount) -> Refused | None:
        roles = self._state.site.roles.get(asked.store)
        if roles is None:
            return Refused("unknown_store", f"there is no store {asked.store!r}")
        unknown = [zone for zone in asked.zones if zone not in roles]
        if unknown:
            faults = (("/zones", f"{unknown[0]!r} is not known"),)
            return Refused("unknown_zone", f"no zone {unknown[0]!r} in store {asked.store!r}", faults)
        missing = [sku for sku in asked.skus if self._state.catalogue.article(sku) is None]
        if missing:
            faults = (("/skus", f"{missing[0]!r} is not known"),)
            return Refused("unknown_sku", f"there is no article {missing[0]!r}", faults)
        live = self._book.live(asked.store)
        zones = set(asked.zones or roles)
        for session in live:
            both = sorted(zones & set(session.count.zones))
            if both:
                detail = f"{both[0]} is being counted already: {session.count.id}"
                return Refused("zone_being_counted", detail)
        if len(live) >= MAX_LIVE:
            return Refused("zone_being_counted", f"{MAX_LIVE} counts of this store are not over")
        return None

    def _expected(self, session: Session) -> list[tuple[str, str]]:
        """Return (SKU, zone) of what is believed in the zones that are counted."""
        ledger, count = self._state.ledger, session.count
        found = [
            (sku, zone)
            for store, sku in ledger.line_keys()
            if store == count.store and session.has(sku)
            for zone, pieces in ledger.levels(store, sku).items()
            if pieces > 0 and zone in count.zones
        ]
        return sorted(found)[:MAX_LINES]

    # -- what was seen --------------------------------------------------------------------------------

    def enter(
        self, count_id: str, entries: Iterable[CountEntry], actor: Actor, stores: frozenset[str], now_ns: int
    ) -> EnteredOutcome:
        """Take in what somebody saw, each entry once."""
        session = self._book.get(count_id)
        if session is None or (stores and session.count.store not in stores):
            return _unknown(count_id)
        if session.count.state != "open":
            return Refused("count_not_open", f"the count is {session.count.state}")
        self._catch_up(now_ns)
        results = tuple(self._enter(session, entry, now_ns) for entry in entries)
        applied = sum(result.outcome == "applied" for result in results)
        if applied:
            session.change(entries=session.count.entries + applied)
            self._audit(actor, "enter", session.count, f"{applied} entries", now_ns)
        return Entered(session.count, results)

    def _enter(self, session: Session, entry: CountEntry, now_ns: int) -> EntryResult:
        digest = hashlib.sha256(repr(asdict(entry)).encode()).hexdigest()[:16]
        before = session.entries.get(entry.entry_id)
        if before is not None:
            if before == digest:
                return EntryResult(entry.entry_id, "duplicate", self._sku_of(entry))
            return _refused(entry, "entry_id_reused", "this id was used for another entry", "/entry_id")
        if len(session.entries) >= MAX_ENTRIES:
            return _refused(entry, "count_full", f"a count has at most {MAX_ENTRIES} entries", "/entry_id")
        zone = entry.zone or (session.count.zones[0] if len(session.count.zones) == 1 else "")
        if zone not in session.count.zones:
            return _refused(entry, "zone_not_counted", "the zone is not of this count", "/zone")
        sku = self._sku_of(entry)
        if sku is None or self._state.catalogue.article(sku) is None:
            return _refused(entry, "unknown_sku", "no such article in the catalogue", _named(entry))
        if not session.has(sku):
            return _refused(entry, "sku_not_counted", f"{sku} is not of this count", _named(entry))
        line = session.line_of_move(sku, zone)
        if line is None:
            return _refused(entry, "count_full", f"a count has at most {MAX_LINES} lines", "/sku")
        if line.compared is not None or (_is_again(session) and not line.to_recount):
            return _refused(entry, "not_to_recount", "this line is not to be counted again", "/sku")
        if entry.counter not in line.told and len(line.told) >= MAX_COUNTERS:
            return _refused(entry, "count_full", f"a line has at most {MAX_COUNTERS} counters", "/counter")
        for other in session.count.zones if entry.epc is not None else ():
            if (elsewhere := session.lines.get((sku, other))) is not None and other != zone:
                elsewhere.seen.pop(entry.epc or "", None)
                session.note(elsewhere)
        line.enter(entry, entry.epc, now_ns)
        session.note(line)
        session.entries[entry.entry_id] = digest
        session.new_entries.append(entry.entry_id)
        return EntryResult(entry.entry_id, "applied", sku)

    def _sku_of(self, entry: CountEntry) -> str | None:
        if entry.epc is not None:
            return self._state.identifier.tag(entry.epc)
        return entry.sku or (self._state.catalogue.sku_of(entry.gtin) if entry.gtin else None)

    # -- its steps ------------------------------------------------------------------------------------

    def change(
        self, count_id: str, command: CountCommand, actor: Actor, stores: frozenset[str], now_ns: int
    ) -> CountOutcome:
        """Let a step take effect; one that was done already changes nothing."""
        session = self._book.get(count_id)
        if session is None or (stores and session.count.store not in stores):
            return _unknown(count_id)
        count, verb = session.count, command.verb
        if count.state in DONE[verb]:
            return count
        refusal = _not_now(count, command, actor) or self._not_so(session, command)
        if refusal is not None:
            return refusal
        self._catch_up(now_ns)
        if verb == "submit":
            return self._submit(session, command, actor, now_ns)
        if verb == "recount":
            return self._recount(session, command, actor, now_ns)
        if verb == "approve":
            approve(self._state, session, self._depart_now, now_ns)
        state: CountState = {"approve": "approved", "reject": "rejected"}.get(verb, "cancelled")  # type: ignore[assignment]  # of those
        reason = command.reason[:MAX_REASON_CHARS]
        after = session.change(state=state, closed_ns=now_ns, closed_by=actor.key_id, reason=reason)
        self._book.closed(session, now_ns)
        self._audit(actor, verb, after, reason, now_ns)
        return after

    def _not_so(self, session: Session, command: CountCommand) -> Refused | None:
        """Return what is wrong with what a step names."""
        named = command.incomplete or tuple(zone for _, zone in command.lines)
        foreign = [zone for zone in named if zone not in session.count.zones]
        if foreign:
            return Refused("unknown_zone", f"zone {foreign[0]!r} is not of this count")
        missing = [sku for sku, _ in command.lines if sku and self._state.catalogue.article(sku) is None]
        if missing:
            return Refused("unknown_sku", f"there is no article {missing[0]!r}")
        if command.verb == "submit":
            take_reads(self._state, session, None)
            again = _is_again(session)
            open_lines = (line for line in session.lines.values() if line.to_recount or not again)
            if not any(line.is_counted for line in open_lines):
                detail = "nobody counted anything yet: tell of what there is none too, with qty 0"
                return Refused("nothing_counted", detail)
        return None

    def _submit(self, session: Session, command: CountCommand, actor: Actor, now_ns: int) -> Count:
        tags: dict[str, dict[str, set[str]]] = {}
        again = _is_again(session)
        for line in session.lines.values():
            if line.compared is None and (line.to_recount or not again):
                self._compare(session, line, tags, line.zone in command.incomplete)
                session.note(line)
        lines = [line for line in session.lines.values() if line.compared is not None]
        incomplete = tuple(dict.fromkeys((*session.count.incomplete, *command.incomplete)))
        after = session.change(
            state="submitted",
            submitted_ns=now_ns,
            submitted_by=actor.key_id,
            incomplete=incomplete,
            totals=_totals(lines),
        )
        self._audit(actor, "submit", after, _summary(after), now_ns)
        self._book.to_judge.add(after.store)
        if all(self._is_within(after, line) for line in lines):
            approve(self._state, session, self._depart_now, now_ns)
            after = session.change(state="approved", closed_ns=now_ns, auto=True)
            self._book.closed(session, now_ns)
            self._audit(actor, "approve", after, "within its tolerance", now_ns)
        return after

    def _compare(
        self, session: Session, line: LineFigures, tags: dict[str, dict[str, set[str]]], is_part: bool
    ) -> None:
        """Hold what was seen of a line against what is expected; a part of a zone tells of nothing missing."""
        if is_part and not line.is_counted:
            return
        if line.sku not in tags:
            tags[line.sku] = believed(self._state, session.count.store, line.sku)
        by_tags, missing, extra = self._tags(session, line, tags[line.sku])
        expected = line.expected_now(by_tags=by_tags)
        seen = line.pieces_seen(len(missing), by_tags=by_tags)
        line.counted_at = line.at_compare(by_tags=by_tags)
        line.to_recount = False
        if is_part:
            seen, missing = max(seen, expected), set()
        line.compared = Compared(
            expected, seen, seen - expected, tuple(sorted(missing)), tuple(sorted(extra))
        )

    def _tags(
        self, session: Session, line: LineFigures, places: dict[str, set[str]]
    ) -> tuple[bool, set[str], set[str]]:
        """Return whether tags alone tell of a line, those not seen where they are believed, and those seen elsewhere."""
        tracked = self._state.ledger.tracked_by(session.count.store, line.sku) == "tag"
        live = tracked and session.count.by in READ_BY
        by_tags = tracked and line.is_by_tags(live=live)
        if not tracked or line.is_set or not (live or line.seen):
            return by_tags, set(), set()
        here = places.get(line.zone, set())
        return by_tags, here - line.seen.keys() - line.came.keys(), line.seen.keys() - here

    def _is_within(self, count: Count, line: LineFigures) -> bool:
        assert line.compared is not None  # noqa: S101 - lines that were compared alone
        off = max(abs(line.compared.off), len(line.compared.missing), len(line.compared.extra))
        return not line.moved_meanwhile and count.tolerance.allows(line.compared.expected, off)

    def _recount(self, session: Session, command: CountCommand, actor: Actor, now_ns: int) -> CountOutcome:
        keys = {
            key
            for sku, zone in command.lines
            for key in ([(sku, zone)] if sku else [k for k in session.lines if k[1] == zone])
        }
        for sku, zone in sorted(keys):
            line = session.line_of_move(sku, zone)
            if line is None:
                return Refused("sku_not_counted", f"{sku} in {zone} is not of this count")
            line.begin_again(now_ns, is_named=(sku, zone) in command.lines)
            session.note(line)
        session.since_ns, session.looked_ns = now_ns, 0
        session.taken[:] = False
        after = session.change(state="open", totals=None, submitted_ns=None, submitted_by=None)
        self._book.to_judge.add(after.store)
        self._audit(actor, "recount", after, f"{len(keys)} lines", now_ns)
        return after

    # -- time -----------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Take in what moved, and what readers saw."""
        self._book.catch_up(self._state.ledger.pending)
        for store in self._book.stores_live():
            for session in self._book.live(store):
                take_reads(self._state, session)

    def _catch_up(self, now_ns: int) -> None:
        self._depart_now(now_ns)
        self._book.catch_up(self._state.ledger.pending)

    # -- looking --------------------------------------------------------------------------------------

    def lines(
        self, session: Session, after: tuple[str, str] | None, limit: int, *, counted_alone: bool
    ) -> list[CountLine]:
        """Return lines by zone and SKU, behind `after` = (zone, sku). `counted_alone`: those somebody counted."""
        keys = sorted((zone, sku) for sku, zone in session.lines)
        found: list[CountLine] = []
        for zone, sku in keys:
            line = session.lines[sku, zone]
            is_shown = not counted_alone or line.is_counted or (line.to_recount and line.is_named)
            if is_shown and (after is None or (zone, sku) > after):
                found.append(self._view(session, line))
                if len(found) == limit:
                    break
        return found

    def _view(self, session: Session, line: LineFigures) -> CountLine:
        compared = line.compared
        if compared is None:
            by_tags, missing, extra = self._tags(
                session, line, believed(self._state, session.count.store, line.sku)
            )
            seen = line.pieces_seen(len(missing), by_tags=by_tags)
            expected = line.expected_now(by_tags=by_tags)
            compared = Compared(expected, seen, seen - expected, tuple(sorted(missing)), tuple(sorted(extra)))
        is_seen = line.compared is not None or line.is_counted
        return CountLine(
            sku=line.sku,
            zone=line.zone,
            expected_at_start=line.expected,
            expected=compared.expected,
            seen=compared.seen if is_seen else None,
            missing=max(0, -compared.off),
            extra=max(0, compared.off),
            missing_epcs=compared.missing[:MAX_EPCS_TOLD],
            extra_epcs=compared.extra[:MAX_EPCS_TOLD],
            counters=tuple(sorted(line.told.items())),
            counted_ns=line.counted_ns,
            moved_meanwhile=line.moved_meanwhile,
            to_recount=line.to_recount,
            within_tolerance=None
            if line.compared is None
            else self._is_within(session.count, replace(line, compared=compared)),
        )

    def _audit(self, actor: Actor, verb: str, count: Count, detail: str, now_ns: int) -> None:
        self._state.audit(actor, f"counts.{verb}", count.store, count.id, detail[:MAX_REASON_CHARS], now_ns)


def _is_again(session: Session) -> bool:
    """Return whether some lines are counted once more, and the others stand."""
    return any(line.to_recount for line in session.lines.values())


def _not_now(count: Count, command: CountCommand, actor: Actor) -> Refused | None:
    if command.version is not None and command.version != count.version:
        return Refused("count_changed", f"it is at version {count.version}, not {command.version}")
    if count.state not in FROM[command.verb]:
        if command.verb == "recount" and count.state == "open":
            return Refused("count_not_submitted", "it is being counted: a recount is of what was submitted")
        return Refused(
            "count_over" if not count.is_live else "count_not_submitted", f"the count is {count.state}"
        )
    if command.verb == "approve" and count.second_key and actor.key_id == count.submitted_by:
        return Refused("second_key_needed", "whoever submitted this count does not approve it")
    return None


def _totals(lines: list[LineFigures]) -> CountTotals:
    compared = [line.compared for line in lines if line.compared is not None]
    return CountTotals(
        lines=len(compared),
        right=sum(not c.off and not c.missing and not c.extra for c in compared),
        expected=sum(c.expected for c in compared),
        counted=sum(c.seen for c in compared),
        off=sum(abs(c.off) for c in compared),
    )


def _summary(count: Count) -> str:
    totals = count.totals or CountTotals()
    return f"{totals.right} of {totals.lines} lines right, {totals.off} pieces off"


def _unknown(count_id: str) -> Refused:
    return Refused("unknown_count", f"there is no count {count_id!r}")


def _named(entry: CountEntry) -> str:
    return "/epc" if entry.epc is not None else "/gtin" if entry.gtin is not None else "/sku"


def _refused(entry: CountEntry, code: str, detail: str, pointer: str) -> EntryResult:
    return EntryResult(entry.entry_id, "refused", None, code, detail, pointer)
