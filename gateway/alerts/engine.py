"""The life of alerts: conditions, what people do, and time in; episodes out. Pure.

    (none) ── may be ──▶ pending ── held for fire_ns, fires ──▶ firing ◀──▶ acknowledged, snoozed
                           └─ cannot be ──▶ (none)                └──── clears, held ────┴──▶ resolved

Rules:
- The hold begins when the condition may be so, and ends when it fires, the hold over: a piece that is believed gone after
  minutes of silence was gone when the silence began.
- Holds run on shop time while the condition can be believed. An inhibited alert (its reader is down)
  neither fires nor clears: a pending one waits anew, one that fired stays, whatever people made of it,
  marked as suppressed.
- A condition bears the rule that judged it: its holds count. What a rule that is switched off would judge is not
  judged, and what stands of it ends at once, for that reason. A hold that runs goes on as it began.
- While it stands, its evidence is kept up to date: a text about it must not tell of pieces that are gone.
- A snooze ends at its time, and the alert fires on. A silenced alert lives on, marked as suppressed.
- What a person resolved comes back only once its condition was over (held for clear_ns) and fired anew.
- One episode per fingerprint at a time; its id is made of fingerprint and start, so a crash between
  two commits cannot make two of it.
- Work is by change and by deadline: no pass over all alerts exists, but when a silence is made.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, KeysView
from dataclasses import asdict, dataclass, replace
from heapq import heappop, heappush

from gateway.alert_rules.model import AlertRule
from gateway.alerts.acts import Act, ActRefused, acted
from gateway.alerts.records import RULE_OFF, SILENCE, STANDING, AlertRecord, AlertState, AlertType, record_of
from gateway.alerts.rules import Condition
from gateway.alerts.silences import Silence, SilenceBook


@dataclass(frozen=True, slots=True)
class Holds:
    """How long a condition must hold to fire, and its end to clear, in ns."""

    fire_ns: int
    clear_ns: int


def holds_of(rule: AlertRule) -> Holds:
    """Return the holds of a rule that has all its thresholds."""
    return Holds(rule.ns("hold_s"), rule.ns("clear_hold_s"))


@dataclass(slots=True)
class Live:
    """An alert that is not over, with its running hold; or one that people resolved, until its condition is over.

    `due_ns` None: no hold runs. `silence`: the id of what silences it. `held`: pending, its hold is over.
    """

    record: AlertRecord
    condition: Condition
    due_ns: int | None = None
    silence: str | None = None
    held: bool = False


class AlertEngine:
    """All live alerts of a gateway. `department` returns the department of a SKU, for silences. `holds`: of each type's
    default rule.
    """

    def __init__(
        self, holds: dict[AlertType, Holds], department: Callable[[str], str] = lambda _: ""
    ) -> None:
        self.silences = SilenceBook()
        self._holds = holds
        self._department = department
        self._live: dict[str, Live] = {}
        self._fingerprints: dict[str, str] = {}
        self._silenced: dict[str, set[str]] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._changed: dict[str, AlertRecord] = {}
        self._dirty: set[str] = set()

    def judge(self, condition: Condition, now_ns: int) -> None:
        """Take a fresh verdict in."""
        fingerprint = condition.fingerprint
        live = self._live.get(fingerprint)
        if condition.rule is not None and not condition.rule.enabled:
            if live is not None:
                self._switch_off(fingerprint, live, now_ns)
            return
        if live is None:
            if condition.may_be and condition.inhibited_by is None:
                self._begin(condition, now_ns)
            return
        live.condition = condition
        if live.record.state is AlertState.PENDING:
            self._judge_pending(fingerprint, live, now_ns)
            return
        if live.record.state is not AlertState.RESOLVED:
            self._judge_standing(fingerprint, live, now_ns)
        if condition.inhibited_by is not None or not condition.clears:
            live.due_ns = None
        elif live.due_ns is None:
            self._hold(fingerprint, live, now_ns + self._holds_of(condition).clear_ns)

    def advance(self, now_ns: int) -> None:
        """Let holds, snoozes and silences that are over take effect, in the order of their times."""
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            due_ns, name = heappop(self._deadlines)
            if name.startswith(SILENCE):
                self._end_silence(name.removeprefix(SILENCE), due_ns)
            elif (live := self._live.get(name)) is not None:
                if live.due_ns == due_ns:
                    live.due_ns = None
                    self._end_hold(name, live, due_ns)
                if live.record.state is AlertState.SNOOZED and live.record.snoozed_until_ns == due_ns:
                    self._wake(name, live, due_ns)

    @property
    def live(self) -> KeysView[str]:
        """Return the fingerprints of all alerts that are pending or stand, and of those whose end people said,
        but no evidence yet.
        """
        return self._live.keys()

    def firing(self) -> list[AlertRecord]:
        """Return the episodes that fire now and that nobody sees to."""
        return [live.record for live in self._live.values() if live.record.state is AlertState.FIRING]

    def standing(self) -> list[AlertRecord]:
        """Return the episodes that fired and are not over."""
        return [live.record for live in self._live.values() if live.record.state in STANDING]

    def episode(self, alert_id: str) -> AlertRecord | None:
        """Return an episode that stands, by its id; None: it is over, or never was."""
        live = self._live.get(self._fingerprints.get(alert_id, ""))
        return None if live is None or live.record.id != alert_id else live.record

    def standing_as(self, fingerprint: str) -> AlertRecord | None:
        """Return the episode of a fingerprint that fired and is not over."""
        live = self._live.get(fingerprint)
        return None if live is None or live.record.state not in STANDING else live.record

    def drain(self) -> list[AlertRecord]:
        """Return the episodes that fired, changed or resolved since the last drain."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def changed(self) -> Iterable[AlertRecord]:
        """Return what the next drain will."""
        return self._changed.values()

    # -- what people do ---------------------------------------------------------------------------

    def act(self, record: AlertRecord, act: Act, by: str, now_ns: int) -> AlertRecord | ActRefused:
        """Let somebody act on an episode; return it as it is then. One that is over is given as it was stored."""
        fingerprint = self._fingerprints.get(record.id, "")
        live = self._live.get(fingerprint)
        before = record if live is None else live.record
        after = acted(before, act, by, now_ns)
        if isinstance(after, ActRefused) or after is before:
            return after
        if live is None:
            self._changed[after.id] = after
            return after
        self._update(fingerprint, live, after)
        if after.state is AlertState.SNOOZED and after.snoozed_until_ns is not None:
            heappush(self._deadlines, (after.snoozed_until_ns, fingerprint))
        if after.state is AlertState.RESOLVED:
            self._forget_silence(fingerprint, live)
        return after

    def silence(self, silence: Silence, now_ns: int) -> bool:
        """Begin a silence, for what stands too; return False where there is no room for one more."""
        if not self.silences.add(silence):
            return False
        heappush(self._deadlines, (silence.until_ns, SILENCE + silence.id))
        for fingerprint, live in self._live.items():
            if live.record.state in STANDING:
                self._see_silence(fingerprint, live, now_ns)
        return True

    def end_silence(self, silence_id: str, now_ns: int) -> None:
        """End a silence now."""
        self.silences.drop(silence_id)
        for fingerprint in sorted(self._silenced.pop(silence_id, ())):
            if (live := self._live.get(fingerprint)) is not None:
                self._see_silence(fingerprint, live, now_ns)

    def _end_silence(self, silence_id: str, due_ns: int) -> None:
        silence = self.silences.get(silence_id)
        if silence is not None and silence.until_ns <= due_ns:
            self.end_silence(silence_id, due_ns)

    # -- transitions ------------------------------------------------------------------------------

    def _begin(self, condition: Condition, now_ns: int) -> None:
        fingerprint = condition.fingerprint
        record = AlertRecord(
            id=hashlib.sha256(f"{fingerprint}|{now_ns}".encode()).hexdigest()[:16],
            fingerprint=fingerprint,
            type=condition.type,
            severity=condition.severity,
            store=condition.store,
            state=AlertState.PENDING,
            since_ns=now_ns,
            zone=condition.zone,
            sku=condition.sku,
            device=condition.device,
            evidence=condition.evidence,
        )
        live = self._live[fingerprint] = Live(record, condition)
        self._hold(fingerprint, live, now_ns + self._holds_of(condition).fire_ns)

    def _holds_of(self, condition: Condition) -> Holds:
        return self._holds[condition.type] if condition.rule is None else holds_of(condition.rule)

    def switch_off(self, rule_of: Callable[[AlertRecord], AlertRule], now_ns: int) -> None:
        """End what stands of rules that are switched off. `rule_of`: the rule that applies to an alert now."""
        for fingerprint, live in list(self._live.items()):
            if not rule_of(live.record).enabled:
                self._switch_off(fingerprint, live, now_ns)

    def _switch_off(self, fingerprint: str, live: Live, now_ns: int) -> None:
        if live.record.state in STANDING:
            self._end(fingerprint, live, now_ns, RULE_OFF)
        self._remove(fingerprint, live)

    def _judge_pending(self, fingerprint: str, live: Live, now_ns: int) -> None:
        condition = live.condition
        if not condition.may_be and condition.inhibited_by is None:
            self._remove(fingerprint, live)
        elif condition.inhibited_by is not None:
            live.due_ns, live.held = None, False
        elif live.held:
            self._end_hold(fingerprint, live, now_ns)
        elif live.due_ns is None:
            live.record = replace(live.record, since_ns=now_ns)
            self._hold(fingerprint, live, now_ns + self._holds_of(condition).fire_ns)

    def _judge_standing(self, fingerprint: str, live: Live, now_ns: int) -> None:
        """Keep what is told of an alert up to date."""
        condition, fresh = live.condition, live.record
        if condition.inhibited_by is None and condition.fires and condition.evidence != fresh.evidence:
            fresh = replace(fresh, evidence=condition.evidence, zone=condition.zone)
        if fresh.zone != live.record.zone:
            self._note_silence(fingerprint, live, fresh, now_ns)
        suppressed_by = _suppressed_by(live)
        if fresh.suppressed_by != suppressed_by:
            fresh = replace(fresh, suppressed_by=suppressed_by)
        if fresh is not live.record:
            self._update(fingerprint, live, fresh)

    def _end_hold(self, fingerprint: str, live: Live, at_ns: int) -> None:
        if live.record.state is AlertState.PENDING:
            live.held = not live.condition.fires
            if not live.held:
                self._fire(fingerprint, live, at_ns)
            return
        if live.record.state is not AlertState.RESOLVED:
            self._end(fingerprint, live, at_ns)
        self._remove(fingerprint, live)

    def _end(self, fingerprint: str, live: Live, at_ns: int, reason: str | None = None) -> None:
        over = replace(live.record, state=AlertState.RESOLVED, resolved_at_ns=at_ns, resolved_reason=reason)
        self._update(fingerprint, live, replace(over, suppressed_by=None, snoozed_until_ns=None))

    def _fire(self, fingerprint: str, live: Live, at_ns: int) -> None:
        condition = live.condition
        fired = replace(
            live.record,
            state=AlertState.FIRING,
            fired_at_ns=at_ns,
            severity=condition.severity,
            evidence=condition.evidence,
            zone=condition.zone,
            rule=None if condition.rule is None else condition.rule.id,
        )
        self._fingerprints[fired.id] = fingerprint
        self._note_silence(fingerprint, live, fired, at_ns)
        self._update(fingerprint, live, replace(fired, suppressed_by=_suppressed_by(live)))

    def _wake(self, fingerprint: str, live: Live, at_ns: int) -> None:
        woken = replace(live.record, state=AlertState.FIRING, snoozed_until_ns=None)
        self._update(fingerprint, live, replace(woken, changed_at_ns=at_ns, changed_by=None))

    def _remove(self, fingerprint: str, live: Live) -> None:
        del self._live[fingerprint]
        self._fingerprints.pop(live.record.id, None)
        self._forget_silence(fingerprint, live)
        self._dirty.add(fingerprint)

    def _update(self, fingerprint: str, live: Live, record: AlertRecord) -> None:
        live.record = record
        self._changed[record.id] = record
        self._dirty.add(fingerprint)

    def _hold(self, fingerprint: str, live: Live, due_ns: int) -> None:
        live.due_ns = due_ns
        heappush(self._deadlines, (due_ns, fingerprint))
        self._dirty.add(fingerprint)

    # -- silences ---------------------------------------------------------------------------------

    def _see_silence(self, fingerprint: str, live: Live, at_ns: int) -> None:
        self._note_silence(fingerprint, live, live.record, at_ns)
        if live.record.suppressed_by != (suppressed_by := _suppressed_by(live)):
            self._update(fingerprint, live, replace(live.record, suppressed_by=suppressed_by))

    def _note_silence(self, fingerprint: str, live: Live, record: AlertRecord, at_ns: int) -> None:
        self._forget_silence(fingerprint, live)
        department = self._department(record.sku) if record.sku is not None else ""
        live.silence = self.silences.match(record, department, at_ns)
        if live.silence is not None:
            self._silenced.setdefault(live.silence, set()).add(fingerprint)

    def _forget_silence(self, fingerprint: str, live: Live) -> None:
        if live.silence is not None:
            self._silenced.get(live.silence, set()).discard(fingerprint)
        live.silence = None

    # -- persistence ------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (fingerprint, state as JSON; None: no longer live) of what changed."""
        rows: list[tuple[str, str | None]] = []
        for fingerprint in self._dirty:
            live = self._live.get(fingerprint)
            rows.append(
                (fingerprint, json.dumps(asdict(live.record), separators=(",", ":")) if live else None)
            )
        self._dirty.clear()
        return rows

    def restore(self, rows: Iterable[str], silences: Iterable[str] = ()) -> None:
        """Take up live alerts and silences. A hold that ran is judged anew with the first verdict: time spent
        down proves nothing, so a pending alert waits its full hold again.
        """
        for silence in self.silences.restore(silences):
            heappush(self._deadlines, (silence.until_ns, SILENCE + silence.id))
        for text in rows:
            self._take_up(record_of(json.loads(text)))

    def _take_up(self, record: AlertRecord) -> None:
        by = record.suppressed_by
        condition = Condition(
            record.type,
            record.severity,
            record.store,
            fires=record.state is AlertState.PENDING,
            clears=False,
            inhibited_by=None if by is not None and by.startswith(SILENCE) else by,
            evidence=record.evidence,
            zone=record.zone,
            sku=record.sku,
            device=record.device,
        )
        live = self._live[record.fingerprint] = Live(record, condition)
        if record.state is not AlertState.PENDING:
            self._fingerprints[record.id] = record.fingerprint
        if record.state in STANDING:
            # One that ended meanwhile is found too: its deadline is over, and ends it with the first pass.
            self._note_silence(record.fingerprint, live, record, at_ns=0)
        if record.snoozed_until_ns is not None:
            heappush(self._deadlines, (record.snoozed_until_ns, record.fingerprint))


def _suppressed_by(live: Live) -> str | None:
    if live.condition.inhibited_by is not None:
        return live.condition.inhibited_by
    return None if live.silence is None else SILENCE + live.silence
