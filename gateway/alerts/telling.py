"""Whom to tell what of which alerts, and when: grouped, repeated, escalated, quiet by night. Pure.

    alert fires ──▶ gathering ── window over ──▶ told ──┬─ repeated, escalated while nobody sees to it
                        └── the shop is closed, or of a type for digests ──▶ waiting ── it opens ──▶ digest, told

Rules:
- Alerts of one store, zone, type and severity that fire within a window are one thread, told once. Of critical
  ones the first is told at once, what follows within the window when that is over.
- Nobody is told of what is suppressed (inhibited or silenced), acknowledged or snoozed; what was not told while
  it was suppressed is told after. What is let go of, or whose snooze is over, is told anew.
- What clears before it was told is never told. What was told and is over is told, grouped alike, once, to all
  whom it had risen to; not by night, where nobody would do anything about it.
- Each notice's id is made of its thread and a number that is written down with it: the same is never two.
- Work is by change and by deadline: a thread is looked through when it is told, and at no other time.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from heapq import heappop, heappush
from typing import Literal

from gateway.alerts.notices import LEVELS, MAX_NOTICE_ALERTS, Notice, NoticeKind
from gateway.alerts.quiet import DisturbingHours
from gateway.alerts.records import AlertRecord, AlertState, Severity, record_of

GRAVITY = tuple(Severity)
GroupKey = tuple[str, str | None, str, str]
"""Store, zone, type, severity."""
Standing = Callable[[str], AlertRecord | None]
"""Returns the episode of a fingerprint that stands now."""


@dataclass(frozen=True, slots=True)
class TellingRule:
    """When people are told. `repeat_ns` 0: never again. `escalate_ns`: from each level to the next; 0: never.

    `escalate_from`: graver ones and these are escalated. `digest_only`: types that never disturb.
    """

    window_ns: int
    repeat_ns: int
    escalate_ns: tuple[int, int]
    escalate_from: Severity
    digest_only: frozenset[str]


@dataclass(slots=True)
class Thread:
    """Alerts that are told together. `number`: notices told of it. `due_ns` None: nothing is to come of itself."""

    id: str
    key: GroupKey
    phase: Literal["gathering", "told", "waiting"]
    due_ns: int | None
    level: int = 0
    number: int = 0
    repeat_ns: int | None = None
    escalate_ns: int | None = None
    members: set[str] = field(default_factory=set)

    @property
    def is_critical(self) -> bool:
        """Return whether it passes by night."""
        return self.key[3] == Severity.CRITICAL


@dataclass(slots=True)
class Member:
    """An alert as it was told: its episode, its thread, whether it was ever told, whether it is suppressed.

    `joined`: how many threads it was in: the first in a thread names it. `level`: the highest that was told of it.
    """

    alert_id: str
    thread: str | None = None
    is_told: bool = False
    is_hushed: bool = False
    joined: int = 0
    level: int = 0


@dataclass(slots=True)
class Ended:
    """Alerts of one group that were told up to one level and are over: told together at `due_ns`.

    `records`: by id, the first of them.
    """

    key: GroupKey
    due_ns: int
    total: int = 0
    level: int = 0
    records: dict[str, AlertRecord] = field(default_factory=dict)


class Teller:
    """What people were told of a gateway's alerts, and what they are to be told yet."""

    def __init__(self, rule: TellingRule, hours: DisturbingHours) -> None:
        self._rule = rule
        self._hours = hours
        self._members: dict[str, Member] = {}
        self._threads: dict[str, Thread] = {}
        self._ended: dict[str, Ended] = {}
        self._gathering: dict[GroupKey, str] = {}
        self._waiting: dict[str, set[str]] = {}
        self._told_ns: dict[str, int] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._dirty: set[str] = set()

    def note(self, record: AlertRecord, now_ns: int) -> None:
        """Take note of an episode that changed."""
        member = self._members.get(record.fingerprint)
        if record.state is AlertState.RESOLVED:
            if member is not None and member.alert_id == record.id:
                self._end(record, member, now_ns)
            return
        if member is None or member.alert_id != record.id:
            member = self._members[record.fingerprint] = Member(record.id)
        is_hushed = record.suppressed_by is not None
        if member.is_hushed != is_hushed:
            member.is_hushed = is_hushed
            self._dirty.add(f"m|{record.fingerprint}")
        thread = self._threads.get(member.thread or "")
        if record.state is not AlertState.FIRING or (is_hushed and thread is not None and not thread.number):
            self._leave(record.fingerprint, member)
        elif not is_hushed and thread is None:
            self._join(record, member, now_ns)

    def advance(self, now_ns: int, standing: Standing) -> list[Notice]:
        """Return what is to be told by now."""
        told: list[Notice] = []
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            due_ns, name = heappop(self._deadlines)
            kind, _, rest = name.partition("|")
            if kind == "o" and (ended := self._ended.get(rest)) is not None and ended.due_ns == due_ns:
                told += self._tell_ended(rest, ended, now_ns)
            elif kind == "r" and self._told_ns.get(rest, due_ns) + self._rule.window_ns <= due_ns:
                del self._told_ns[rest]
                self._dirty.add(name)
            elif kind == "t" and (thread := self._threads.get(rest)) is not None and thread.due_ns == due_ns:
                told += self._tell(thread, now_ns, standing)
        return told

    # -- membership -------------------------------------------------------------------------------

    def _join(self, record: AlertRecord, member: Member, now_ns: int) -> None:
        key: GroupKey = (record.store, record.zone, str(record.type), str(record.severity))
        thread = self._threads.get(self._gathering.get(key, ""))
        if thread is None:
            thread = self._begin(key, f"{record.id}|{member.joined}", now_ns)
        thread.members.add(record.fingerprint)
        member.thread = thread.id
        member.joined += 1
        self._dirty.add(f"m|{record.fingerprint}")

    def _begin(self, key: GroupKey, first: str, now_ns: int) -> Thread:
        due_ns = now_ns + self._rule.window_ns
        if key[3] == Severity.CRITICAL:
            told_ns = self._told_ns.get(_name(key))
            due_ns = now_ns if told_ns is None else max(now_ns, told_ns + self._rule.window_ns)
        thread = Thread(_digest(f"{key}|{first}"), key, "gathering", due_ns)
        self._threads[thread.id] = thread
        self._gathering[key] = thread.id
        self._set_due(thread, due_ns)
        return thread

    def _leave(self, fingerprint: str, member: Member) -> None:
        thread = self._threads.get(member.thread or "")
        member.thread = None
        self._dirty.add(f"m|{fingerprint}")
        if thread is not None:
            thread.members.discard(fingerprint)
            if not thread.members:
                self._forget(thread)

    def _end(self, record: AlertRecord, member: Member, now_ns: int) -> None:
        self._leave(record.fingerprint, member)
        del self._members[record.fingerprint]
        if not member.is_told or member.is_hushed or record.type in self._rule.digest_only:
            return
        key: GroupKey = (record.store, record.zone, str(record.type), str(record.severity))
        name = f"{_name(key)}|{member.level}" if member.level else _name(key)
        ended = self._ended.get(name)
        if ended is None:
            ended = self._ended[name] = Ended(key, now_ns + self._rule.window_ns, level=member.level)
            heappush(self._deadlines, (ended.due_ns, f"o|{name}"))
        ended.total += 1
        if len(ended.records) < MAX_NOTICE_ALERTS:
            ended.records[record.id] = record
            self._dirty.add(f"e|{name}|{record.id}")
        self._dirty.add(f"o|{name}")

    def _forget(self, thread: Thread) -> None:
        self._threads.pop(thread.id, None)
        self._settle(thread)
        self._dirty.add(f"t|{thread.id}")

    def _settle(self, thread: Thread) -> None:
        """Let a thread neither gather nor wait any more."""
        if self._gathering.get(thread.key) == thread.id:
            del self._gathering[thread.key]
        self._waiting.get(thread.key[0], set()).discard(thread.id)

    # -- telling ----------------------------------------------------------------------------------

    def _tell(self, thread: Thread, now_ns: int, standing: Standing) -> list[Notice]:
        if thread.phase == "waiting":
            return self._tell_digest(thread, now_ns, standing)
        self._settle(thread)
        opens_ns = None if thread.is_critical else self._hours.quiet_until(thread.key[0], now_ns)
        if thread.key[2] in self._rule.digest_only:
            opens_ns = self._hours.next_digest(thread.key[0], now_ns)
        if opens_ns is not None:
            thread.phase = "waiting"
            self._waiting.setdefault(thread.key[0], set()).add(thread.id)
            self._set_due(thread, opens_ns)
            return []
        kind: NoticeKind = "fired" if thread.phase == "gathering" else "repeated"
        if thread.phase == "told" and thread.escalate_ns is not None and thread.escalate_ns <= now_ns:
            kind = "escalated"
        alerts = self._tellable(thread, standing)
        if not alerts:  # all of it is suppressed now
            self._arm(thread, now_ns)
            return []
        thread.level += kind == "escalated"
        self._was_told(thread, alerts, now_ns, keeps_escalation=kind == "repeated")
        store, zone, type_, _ = thread.key
        return [
            Notice(
                _digest(f"{thread.id}|{thread.number}"),
                kind,
                store,
                Severity(thread.key[3]),
                tuple(alerts[:MAX_NOTICE_ALERTS]),
                LEVELS[thread.level],
                now_ns,
                len(alerts),
                zone,
                type_,
            )
        ]

    def _tell_digest(self, first: Thread, now_ns: int, standing: Standing) -> list[Notice]:
        """Tell all that waited in a store for its opening, as one."""
        store = first.key[0]
        due = [self._threads[thread_id] for thread_id in sorted(self._waiting.get(store, ()))]
        due = [thread for thread in due if thread.due_ns is not None and thread.due_ns <= now_ns]
        alerts: list[AlertRecord] = []
        for thread in due:
            self._settle(thread)
            found = self._tellable(thread, standing)
            alerts += found
            if found:
                self._was_told(thread, found, now_ns)
            else:
                self._arm(thread, now_ns)
        if not alerts:
            return []
        alerts.sort(key=lambda alert: (-GRAVITY.index(alert.severity), alert.since_ns, alert.id))
        name = _digest(f"digest|{first.id}|{first.number}|{store}")
        shown = tuple(alerts[:MAX_NOTICE_ALERTS])
        return [Notice(name, "digest", store, alerts[0].severity, shown, LEVELS[0], now_ns, len(alerts))]

    def _tell_ended(self, name: str, ended: Ended, now_ns: int) -> list[Notice]:
        del self._ended[name]
        self._dirty |= {f"o|{name}", *(f"e|{name}|{alert_id}" for alert_id in ended.records)}
        store, zone, type_, severity = ended.key
        if severity != Severity.CRITICAL and self._hours.quiet_until(store, now_ns) is not None:
            return []
        return [
            Notice(
                _digest(f"resolved|{name}|{ended.due_ns}"),
                "resolved",
                store,
                Severity(severity),
                tuple(
                    sorted(ended.records.values(), key=lambda alert: (alert.resolved_at_ns or 0, alert.id))
                ),
                LEVELS[ended.level],
                now_ns,
                ended.total,
                zone,
                type_,
            )
        ]

    def _tellable(self, thread: Thread, standing: Standing) -> list[AlertRecord]:
        found = [record for name in thread.members if (record := standing(name)) is not None]
        found = [r for r in found if r.state is AlertState.FIRING and r.suppressed_by is None]
        return sorted(found, key=lambda record: (record.since_ns, record.id))

    def _was_told(
        self, thread: Thread, alerts: Iterable[AlertRecord], now_ns: int, *, keeps_escalation: bool = False
    ) -> None:
        thread.number += 1
        if thread.is_critical:
            self._told_ns[_name(thread.key)] = now_ns
            heappush(self._deadlines, (now_ns + self._rule.window_ns, f"r|{_name(thread.key)}"))
            self._dirty.add(f"r|{_name(thread.key)}")
        for record in alerts:
            member = self._members[record.fingerprint]
            if not member.is_told or member.level < thread.level:
                member.is_told, member.level = True, max(member.level, thread.level)
                self._dirty.add(f"m|{record.fingerprint}")
        self._arm(thread, now_ns, keeps_escalation=keeps_escalation)

    def _arm(self, thread: Thread, now_ns: int, *, keeps_escalation: bool = False) -> None:
        """Set when a thread is told again; what is for digests is told once."""
        rule, thread.phase = self._rule, "told"
        is_repeated = bool(rule.repeat_ns) and thread.key[2] not in rule.digest_only
        thread.repeat_ns = now_ns + rule.repeat_ns if is_repeated else None
        if not keeps_escalation:
            after_ns = self._escalates_after(thread)
            thread.escalate_ns = now_ns + after_ns if after_ns else None
        times = [at_ns for at_ns in (thread.repeat_ns, thread.escalate_ns) if at_ns is not None]
        self._set_due(thread, min(times, default=None))

    def _escalates_after(self, thread: Thread) -> int:
        """Return how long nobody may see to a thread until the next level is told; 0: it never is."""
        rule, (_, _, type_, severity) = self._rule, thread.key
        may_rise = GRAVITY.index(Severity(severity)) >= GRAVITY.index(rule.escalate_from)
        if not may_rise or type_ in rule.digest_only or thread.level >= len(rule.escalate_ns):
            return 0
        return rule.escalate_ns[thread.level]

    def _set_due(self, thread: Thread, due_ns: int | None) -> None:
        thread.due_ns = due_ns
        if due_ns is not None:
            heappush(self._deadlines, (due_ns, f"t|{thread.id}"))
        self._dirty.add(f"t|{thread.id}")

    # -- persistence ------------------------------------------------------------------------------

    def dirty_rows(self) -> Iterator[tuple[str, str | None]]:
        """Yield (key, state as JSON; None: no more) of what changed."""
        for name in self._dirty:
            row = self._row(*name.partition("|")[::2])
            yield name, None if row is None else json.dumps(row, separators=(",", ":"))
        self._dirty.clear()

    def _row(self, kind: str, rest: str) -> object:
        """Return what is kept under a key; None: nothing. Of a thread not its members: each has its own row."""
        if kind == "m":
            return None if (member := self._members.get(rest)) is None else asdict(member)
        if kind == "t":
            return None if (thread := self._threads.get(rest)) is None else _of_thread(thread)
        if kind == "r":
            return self._told_ns.get(rest)
        ended = self._ended.get(rest if kind == "o" else rest.rpartition("|")[0])
        if ended is None:
            return None
        return (
            [*ended.key, ended.due_ns, ended.total, ended.level]
            if kind == "o"
            else asdict(ended.records[rest.rpartition("|")[2]])
        )

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what was told in an earlier life."""
        records: list[tuple[str, AlertRecord]] = []
        for name, text in rows:
            kind, _, rest = name.partition("|")
            raw = json.loads(text)
            match kind:
                case "m":
                    self._members[rest] = Member(**raw)
                case "t":
                    store, zone, type_, severity = raw.pop("key")
                    self._threads[rest] = Thread(key=(store, zone, type_, severity), **raw)
                case "r":
                    self._told_ns[rest] = raw
                    heappush(self._deadlines, (raw + self._rule.window_ns, name))
                case "o":
                    store, zone, type_, severity, due_ns, total, *level = (
                        raw  # no level: of an earlier version
                    )
                    self._ended[rest] = Ended((store, zone, type_, severity), due_ns, total, *level)
                    heappush(self._deadlines, (due_ns, name))
                case _:
                    records.append((rest.rpartition("|")[0], record_of(raw)))
        for group, record in records:
            if group in self._ended:
                self._ended[group].records[record.id] = record
        self._take_up()

    def _take_up(self) -> None:
        for fingerprint, member in self._members.items():
            if (thread := self._threads.get(member.thread or "")) is not None:
                thread.members.add(fingerprint)
            else:
                member.thread = None
        for thread in self._threads.values():
            if thread.phase == "gathering":
                self._gathering[thread.key] = thread.id
            elif thread.phase == "waiting":
                self._waiting.setdefault(thread.key[0], set()).add(thread.id)
            if thread.due_ns is not None:
                heappush(self._deadlines, (thread.due_ns, f"t|{thread.id}"))


def _name(key: GroupKey) -> str:
    return "|".join(part or "" for part in key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _of_thread(thread: Thread) -> dict[str, object]:
    return {each.name: getattr(thread, each.name) for each in fields(thread) if each.name != "members"}
