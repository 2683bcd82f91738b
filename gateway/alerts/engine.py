"""The life of alerts: conditions and time in, episodes out. Pure.

    (none) ── fires ──▶ pending ── held for hold_ns ──▶ firing ── clears, held ──▶ resolved
                          └─ no longer fires ──▶ (none)

Rules:
- Holds run on shop time while the condition can be believed. An inhibited alert (its reader is down)
  neither fires nor clears: a pending one waits anew, a firing one stays, marked as suppressed.
- While it fires, its evidence is kept up to date: a text about it must not tell of pieces that are gone.
- One episode per fingerprint at a time; its id is made of fingerprint and start, so a crash between
  two commits cannot make two of it.
- Work is by change and by deadline: no pass over all alerts exists.
"""

import hashlib
import json
from collections.abc import Iterable, KeysView
from dataclasses import asdict, dataclass, replace
from heapq import heappop, heappush

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.rules import Condition


@dataclass(frozen=True, slots=True)
class Holds:
    """How long a condition must hold to fire, and its end to clear, in ns."""

    fire_ns: int
    clear_ns: int


@dataclass(slots=True)
class Live:
    """A pending or firing alert with its running hold. `due_ns` None: no hold runs."""

    record: AlertRecord
    condition: Condition
    due_ns: int | None = None


class AlertEngine:
    """All live alerts of a gateway."""

    def __init__(self, holds: dict[AlertType, Holds]) -> None:
        self._holds = holds
        self._live: dict[str, Live] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._changed: dict[str, AlertRecord] = {}
        self._dirty: set[str] = set()

    def judge(self, condition: Condition, now_ns: int) -> None:
        """Take a fresh verdict in."""
        fingerprint = condition.fingerprint
        live = self._live.get(fingerprint)
        if live is None:
            if condition.fires and condition.inhibited_by is None:
                self._begin(condition, now_ns)
            return
        inhibition_changed = live.condition.inhibited_by != condition.inhibited_by
        live.condition = condition
        if live.record.state == AlertState.PENDING:
            self._judge_pending(fingerprint, live, now_ns)
        else:
            self._judge_firing(fingerprint, live, now_ns, inhibition_changed=inhibition_changed)

    def advance(self, now_ns: int) -> None:
        """Let holds that are over take effect."""
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            due_ns, fingerprint = heappop(self._deadlines)
            live = self._live.get(fingerprint)
            if live is None or live.due_ns != due_ns:
                continue
            live.due_ns = None
            if live.record.state == AlertState.PENDING:
                self._fire(fingerprint, live, due_ns)
            else:
                self._resolve(fingerprint, live, due_ns)

    @property
    def live(self) -> KeysView[str]:
        """Return the fingerprints of all episodes that are pending or firing."""
        return self._live.keys()

    def firing(self) -> list[AlertRecord]:
        """Return the episodes that fire now."""
        return [live.record for live in self._live.values() if live.record.state == AlertState.FIRING]

    def drain(self) -> list[AlertRecord]:
        """Return the episodes that fired, changed or resolved since the last drain."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

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
        self._hold(fingerprint, live, now_ns + self._holds[condition.type].fire_ns)

    def _judge_pending(self, fingerprint: str, live: Live, now_ns: int) -> None:
        condition = live.condition
        if not condition.fires and condition.inhibited_by is None:
            del self._live[fingerprint]
            self._dirty.add(fingerprint)
        elif condition.inhibited_by is not None:
            live.due_ns = None
        elif live.due_ns is None:
            live.record = replace(live.record, since_ns=now_ns)
            self._hold(fingerprint, live, now_ns + self._holds[condition.type].fire_ns)

    def _judge_firing(self, fingerprint: str, live: Live, now_ns: int, *, inhibition_changed: bool) -> None:
        condition = live.condition
        if inhibition_changed:
            self._update(fingerprint, live, replace(live.record, suppressed_by=condition.inhibited_by))
        if condition.inhibited_by is None and condition.fires and condition.evidence != live.record.evidence:
            fresh = replace(live.record, evidence=condition.evidence, zone=condition.zone)
            self._update(fingerprint, live, fresh)
        if condition.inhibited_by is not None or not condition.clears:
            live.due_ns = None
        elif live.due_ns is None:
            self._hold(fingerprint, live, now_ns + self._holds[condition.type].clear_ns)

    def _fire(self, fingerprint: str, live: Live, at_ns: int) -> None:
        condition = live.condition
        fired = replace(
            live.record,
            state=AlertState.FIRING,
            fired_at_ns=at_ns,
            evidence=condition.evidence,
            zone=condition.zone,
        )
        self._update(fingerprint, live, fired)

    def _resolve(self, fingerprint: str, live: Live, at_ns: int) -> None:
        resolved = replace(live.record, state=AlertState.RESOLVED, resolved_at_ns=at_ns, suppressed_by=None)
        self._update(fingerprint, live, resolved)
        del self._live[fingerprint]

    def _update(self, fingerprint: str, live: Live, record: AlertRecord) -> None:
        live.record = record
        self._changed[record.id] = record
        self._dirty.add(fingerprint)

    def _hold(self, fingerprint: str, live: Live, due_ns: int) -> None:
        live.due_ns = due_ns
        heappush(self._deadlines, (due_ns, fingerprint))
        self._dirty.add(fingerprint)

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

    def restore(self, rows: Iterable[str]) -> None:
        """Take up live alerts. A hold that ran is judged anew with the first verdict: time spent down
        proves nothing, so a pending alert waits its full hold again.
        """
        for text in rows:
            raw = json.loads(text)
            raw |= {
                "type": AlertType(raw["type"]),
                "severity": Severity(raw["severity"]),
                "state": AlertState(raw["state"]),
            }
            record = AlertRecord(**raw)
            condition = Condition(
                record.type,
                record.severity,
                record.store,
                fires=record.state == AlertState.PENDING,
                clears=False,
                inhibited_by=record.suppressed_by,
                evidence=record.evidence,
                zone=record.zone,
                sku=record.sku,
                device=record.device,
            )
            self._live[record.fingerprint] = Live(record, condition)
