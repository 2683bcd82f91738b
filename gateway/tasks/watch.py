"""Makes tasks of what changed in a pass, ticks them off by what the tags show, withdraws those nobody needs. Pure.

    movements ─▶ progress, completed          alerts ─┬─▶ made, or joined to the task about the same shelf
    reservations, counts ─▶ made, ticked off          └─▶ its cause gone: withdrawn; where pieces came, the rest is
                                                          waited for, then completed
Rules:
- A cause (an episode of an alert, a line of a reservation, a zone of a count) makes one task; when that is over, by
  hand too, it is not made again until the cause was gone and came anew.
- What is counted as done is a tag that came into the zone, each once; one that is carried back is taken off again.
  Tags that were only unseen, and pieces that customers put back onto a weighed shelf, were brought by nobody.
- Work is by change: no pass over all tasks exists.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from gateway.alerts.records import AlertRecord, AlertState
from gateway.config.stores import IN_HAND
from gateway.counting.book import Session
from gateway.movements import Movement, MovementKind
from gateway.reservations.model import Reservation, ReservedLine
from gateway.state import State
from gateway.tasks import rules
from gateway.tasks.book import TOO_MANY, TaskBook
from gateway.tasks.model import CauseType, Task, TaskState, VerifiedBy

LINGER_NS = 1_800 * 1_000_000_000
"""The rest of a refill is waited for so long after its shelf was filled: a second walk to the back room."""
TICKED = frozenset({"replenish", "put_back"})
"""Kinds whose work is that a piece comes into a zone."""
BROUGHT = frozenset({MovementKind.MOVED, MovementKind.ARRIVED})
UNSEEN_NOTE = "was only unseen"
CONFIRMED = frozenset({"confirmed", "picking", "ready"})


class TaskWatch:
    """Keeps the tasks of one state. `standing`: the alerts that fire now, asked once, after a start."""

    def __init__(self, state: State, standing: Callable[[], Iterable[AlertRecord]]) -> None:
        self._state = state
        self._book: TaskBook = state.tasks
        self._standing = standing
        self._has_begun = False
        self._lingering: set[str] = set()

    def take(
        self,
        alerts: Iterable[AlertRecord],
        movements: Iterable[Movement],
        reservations: Iterable[Reservation],
        now_ns: int,
    ) -> None:
        """Take in what one pass changed."""
        if not self._has_begun:
            self._has_begun = True
            self._lingering = {task.id for task in self._book.live() if task.lingers_until_ns is not None}
            alerts, reservations = [*self._standing(), *alerts], [*self._state.book.open(), *reservations]
        for movement in movements:
            self._moved(movement, now_ns)
        for record in alerts:
            self._told(record, now_ns)
        for hold in reservations:
            self._held(hold, now_ns)
        for name in list(self._lingering):
            self._linger(name, now_ns)
        self._book.advance(now_ns)

    # -- progress by tags -------------------------------------------------------------------------------

    def _moved(self, movement: Movement, now_ns: int) -> None:
        if movement.kind not in BROUGHT or not self._book.has_line(movement.store, movement.sku):
            return
        if movement.note == UNSEEN_NOTE or movement.from_zone == IN_HAND:
            return
        tasks = [task for task in self._book.of_line(movement.store, movement.sku) if task.kind in TICKED]
        if movement.epc is not None:
            self._take_off(tasks, movement)
        pieces = sum(d.pieces for d in movement.deltas if d.pieces > 0 and d.zone == movement.to_zone)
        for task in tasks:
            if pieces <= 0:
                break
            if task.to_zone == movement.to_zone and task.epc in (None, movement.epc):
                pieces -= self._bring(task.id, movement.epc, pieces, now_ns)

    def _take_off(self, tasks: list[Task], movement: Movement) -> None:
        """A tag that was brought is carried away again."""
        for task in tasks:
            if movement.epc in task.seen and movement.to_zone != task.to_zone:
                seen = tuple(epc for epc in task.seen if epc != movement.epc)
                self._book.put(task.changed(seen=seen, done=max(0, task.done - 1)))

    def _bring(self, task_id: str, epc: str | None, pieces: int, now_ns: int) -> int:
        """Count pieces that came; return how many of them this task was for."""
        task = self._book.get(task_id)
        if task is None or not task.is_live:
            return 0
        if epc is not None and epc in task.seen:
            return pieces
        taken = min(pieces, task.qty - task.done)
        seen = task.seen if epc is None else (*task.seen, epc)
        task = task.changed(done=task.done + taken, seen=seen)
        if task.lingers_until_ns is not None:
            task = replace(task, lingers_until_ns=now_ns + LINGER_NS)
        self._book.put(task)
        if task.done >= task.qty:
            self._close(task, "completed", now_ns, verified_by="rfid")
        return taken

    # -- alerts -----------------------------------------------------------------------------------------

    def _told(self, record: AlertRecord, now_ns: int) -> None:
        if str(record.type) not in rules.OF_ALERT or record.sku is None:
            return
        if record.state == AlertState.PENDING:
            return
        if record.state == AlertState.RESOLVED:
            self._gone("alert", record.fingerprint, record.sku, now_ns)
            return
        kind, cause = rules.OF_ALERT[str(record.type)], rules.alert_cause(record)
        known = self._book.latest(kind, "alert", record.fingerprint, record.sku)
        if known is None or not known.is_live:
            is_news = known is None or not _has(known, cause.ref, cause.episode)
            if is_news and record.suppressed_by is None:
                self._make_or_join(rules.of_alert(self._state, record, now_ns))
            return
        if not _has(known, cause.ref, cause.episode):
            known = replace(known.with_cause(cause), lingers_until_ns=None)
            self._book.put(known, is_told=False)
        if known.state == "open" and not known.done:
            self._update(known, rules.of_alert(self._state, record, now_ns))

    def _make_or_join(self, task: Task | None) -> None:
        """Take a new task in, or give its cause to the one that asks for the same already."""
        if task is None or self._book.get(task.id) is not None:
            return
        for other in self._book.of_line(task.store, task.sku or ""):
            is_same = (other.kind, other.to_zone, other.epc) == (task.kind, task.to_zone, task.epc)
            if is_same and other.causes[0].type == "alert":
                self._book.put(replace(other.with_cause(task.causes[0]), lingers_until_ns=None))
                return
        self._make(task)

    def _make(self, task: Task) -> None:
        if self._book.get(task.id) is not None:
            return
        if self._book.is_full(task.store):
            self._book.not_made[TOO_MANY] += 1
            return
        self._book.put(task)

    def _update(self, task: Task, fresh: Task | None) -> None:
        """Let a task that nobody began ask for what is right by now."""
        if fresh is None:
            return
        now = (fresh.qty, fresh.from_zone, fresh.to_zone, fresh.priority)
        if now != (task.qty, task.from_zone, task.to_zone, task.priority):
            qty, from_zone, to_zone, priority = now
            self._book.put(task.changed(qty=qty, from_zone=from_zone, to_zone=to_zone, priority=priority))

    # -- reservations -----------------------------------------------------------------------------------

    def _held(self, hold: Reservation, now_ns: int) -> None:
        for task in self._book.of_cause("reservation", hold.id):
            if task.store != hold.store and task.is_wanted:  # another store is to give the pieces
                self._end(task, "reservation", hold.id, now_ns)
        is_wanted = hold.state in CONFIRMED
        for line in hold.lines if is_wanted else ():
            self._picked(hold, line, now_ns)
            self._sought(hold, line, now_ns)
        skus = {line.sku for line in hold.lines if line.secured and is_wanted}
        for task in self._book.of_cause("reservation", hold.id):
            if task.sku in skus or not task.is_wanted:
                continue
            if task.is_live and hold.state == "collected":
                by = _by_tags(hold, task.sku)
                task = self._close(task.changed(done=task.qty), "completed", now_ns, verified_by=by)
            self._end(task, "reservation", hold.id, now_ns)

    def _picked(self, hold: Reservation, line: ReservedLine, now_ns: int) -> None:
        """Have the pieces of a line picked, until they are."""
        known = self._book.latest("pick", "reservation", hold.id, line.sku)
        is_over = line.is_picked or hold.state == "ready"
        is_more = known is not None and known.state == "completed" and line.secured > known.qty
        if known is None or is_more or not (known.is_live or known.is_wanted):
            if not is_over and line.secured:
                episode = "" if known is None else str(hold.version)
                self._make(rules.of_line(self._state, "pick", hold, line, episode, now_ns))
            return
        if not known.is_live or not line.secured:
            return
        qty, done = max(1, line.secured), line.secured if is_over else min(line.picked, line.secured)
        due_ns = min(known.due_ns or hold.expires_ns, hold.expires_ns)
        if (qty, done, due_ns) != (known.qty, known.done, known.due_ns):
            known = known.changed(qty=qty, done=done, due_ns=due_ns)
            self._book.put(known)
        if is_over:
            self._close(known, "completed", now_ns, verified_by=_by_tags(hold, line.sku))

    def _sought(self, hold: Reservation, line: ReservedLine, now_ns: int) -> None:
        """Have the pieces of a line looked for while nobody knows where they are."""
        reasons = {risk.reason for risk in hold.risks if risk.sku == line.sku}
        known = self._book.latest("find", "reservation", hold.id, line.sku)
        if reasons & rules.LOOKED_FOR:
            if known is None or (not known.is_live and not known.is_wanted):
                self._make(rules.of_line(self._state, "find", hold, line, str(hold.changed_ns), now_ns))
        elif known is not None and known.is_wanted and not reasons:
            if known.is_live:
                known = self._close(known.changed(done=known.qty), "completed", now_ns, verified_by="rfid")
            self._end(known, "reservation", hold.id, now_ns)

    # -- counts -----------------------------------------------------------------------------------------

    def counts(self, stores: Iterable[str], now_ns: int) -> None:
        """Take in how the counts of these stores stand."""
        for store in stores:
            for session in self._state.counting.live(store):
                if session.count.state == "open":
                    self._to_count(session, now_ns)
            for task in [t for t in self._book.live() if t.store == store and t.causes[0].type == "count"]:
                self._counted(task, now_ns)

    def _to_count(self, session: Session, now_ns: int) -> None:
        count = session.count
        for zone in count.zones:
            again = [
                line.since_ns for line in session.lines.values() if line.zone == zone and line.to_recount
            ]
            episode = str(max(again)) if again else ""
            known = self._book.latest("count", "count", count.id, zone)
            if known is None or (again and not _has(known, count.id, episode)):
                priority = rules.OF_SEVERITY["warning"]
                self._make(rules.of_count(count.store, count.id, zone, episode, priority, now_ns))

    def _counted(self, task: Task, now_ns: int) -> None:
        cause = task.causes[0]
        session = self._state.counting.get(cause.ref)
        if session is not None and session.count.state == "open":
            return
        if session is not None and session.count.state in {"submitted", "approved", "rejected"}:
            by: VerifiedBy = "rfid" if session.count.by == "rfid" else "user"
            task = self._close(task.changed(done=task.qty), "completed", now_ns, verified_by=by)
        self._end(task, "count", cause.ref, now_ns)

    # -- how tasks end ----------------------------------------------------------------------------------

    def _gone(self, type_: CauseType, ref: str, about: str | None, now_ns: int) -> None:
        for task in self._book.of_cause(type_, ref):
            if task.is_wanted and task.sku == about:
                self._end(task, type_, ref, now_ns)

    def _end(self, task: Task, type_: CauseType, ref: str, now_ns: int) -> None:
        """Take note that a cause is gone; withdraw its task where that was the last, and nothing was done."""
        causes = tuple(replace(c, gone=True) if (c.type, c.ref) == (type_, ref) else c for c in task.causes)
        task = replace(task, causes=causes)
        self._book.put(task, is_told=False)
        if not task.is_live or task.is_wanted:
            return
        if task.kind in TICKED and task.done:
            self._book.put(task.changed(lingers_until_ns=now_ns + LINGER_NS))
            self._lingering.add(task.id)
        else:
            self._close(task, "withdrawn", now_ns)

    def _linger(self, name: str, now_ns: int) -> None:
        """Wait for the rest of what a task asked for, as long as there is any, and not forever."""
        task = self._book.get(name)
        if task is None or not task.is_live or task.lingers_until_ns is None:
            self._lingering.discard(name)
            return
        is_rest_there = task.sku is None or rules.pieces_behind(self._state, task.store, task.sku)
        if task.lingers_until_ns <= now_ns or not is_rest_there or not task.done:
            self._close(task, "completed" if task.done else "withdrawn", now_ns, verified_by="rfid")
            self._lingering.discard(name)

    def _close(
        self, task: Task, state: TaskState, now_ns: int, *, verified_by: VerifiedBy | None = None
    ) -> Task:
        verified_by = verified_by if state == "completed" else None
        task = task.changed(state=state, closed_ns=now_ns, verified_by=verified_by, lingers_until_ns=None)
        self._book.put(task)
        return task


def _has(task: Task, ref: str, episode: str) -> bool:
    return any((cause.ref, cause.episode) == (ref, episode) for cause in task.causes)


def _by_tags(hold: Reservation, sku: str | None) -> VerifiedBy:
    """Return whether tags, or a person's word alone, tell that a line was picked."""
    line = hold.line(sku or "")
    return "rfid" if line is not None and line.epcs and len(line.epcs) >= line.secured else "user"
