"""What people do to an alert, and what it is afterwards: one table of states and acts. Pure.

              firing        acknowledged  snoozed       resolved
    ack       acknowledged  –             acknowledged  refused
    unack     –             firing        firing        refused
    snooze    snoozed       snoozed       snoozed       refused
    resolve   resolved      resolved      resolved      –
    assign    as it was, with another assignee          refused
    comment, feedback: as it was, in every state

"–": it is so already, and nothing changes: each act may be sent again.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from gateway.alerts.records import MAX_COMMENTS, AlertRecord, AlertState, Comment

NS_PER_S = 1_000_000_000
MAX_SNOOZE_NS = 90 * 86_400 * NS_PER_S
"""A season: what is to be quiet for longer is a rule to be changed."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody sees to it: nobody is told again."""


@dataclass(frozen=True, slots=True)
class Unacknowledge:
    """Nobody sees to it any more; a snooze ends too."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Nobody is told until a time; then it fires on."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Assign:
    """Who is to see to it; None: nobody in particular."""

    user: str | None


@dataclass(frozen=True, slots=True)
class Resolve:
    """It is over, somebody says. It comes back once its condition was over and came again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Words of staff. The same words of the same key stand once: the request was sent again."""

    text: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """Whether the alert was of use; the last word counts."""

    useful: bool


Act = Acknowledge | Unacknowledge | Snooze | Assign | Resolve | Remark | Feedback
ACTIONS: dict[type[Act], str] = {
    Acknowledge: "alerts.ack",
    Unacknowledge: "alerts.unack",
    Snooze: "alerts.snooze",
    Assign: "alerts.assign",
    Resolve: "alerts.resolve",
    Remark: "alerts.comment",
    Feedback: "alerts.feedback",
}
"""Names of the acts in the audit log."""
ActRefusal = Literal["unknown_alert", "wrong_state", "beyond_limit", "overloaded"]


@dataclass(frozen=True, slots=True)
class ActRefused:
    """An act that changed nothing. `code` says why."""

    code: ActRefusal
    detail: str


def acted(record: AlertRecord, act: Act, by: str, now_ns: int) -> AlertRecord | ActRefused:
    """Return an episode after an act; the very same record where it is so already."""
    match act:
        case Remark(text):
            return _remarked(record, text, by, now_ns)
        case Feedback(useful):
            return record if record.useful is useful else replace(record, useful=useful)
        case Resolve(reason) if record.state is AlertState.RESOLVED:
            return record
        case _ if record.state in {AlertState.PENDING, AlertState.RESOLVED}:
            return ActRefused("wrong_state", f"alert {record.id} is {record.state}")
        case Assign(user):
            return record if record.assignee == user else replace(record, assignee=user)
        case Resolve(reason):
            over = _in_state(record, AlertState.RESOLVED, by, now_ns)
            return replace(over, resolved_at_ns=now_ns, resolved_reason=reason, suppressed_by=None)
        case Snooze(until_ns):
            return _snoozed(record, until_ns, by, now_ns)
        case Acknowledge():
            return _in_state(record, AlertState.ACKNOWLEDGED, by, now_ns)
        case Unacknowledge():
            return _in_state(record, AlertState.FIRING, by, now_ns)


def said(act: Act) -> str:
    """Return an act as words for the audit log."""
    match act:
        case Snooze(until_ns):
            return f"until {datetime.fromtimestamp(until_ns // NS_PER_S, UTC).isoformat()}"
        case Assign(user):
            return user or "nobody"
        case Resolve(reason):
            return reason
        case Remark(text):
            return text
        case Feedback(useful):
            return "useful" if useful else "not useful"
        case _:
            return ""


def _in_state(record: AlertRecord, state: AlertState, by: str, now_ns: int) -> AlertRecord:
    if record.state is state:
        return record
    return replace(record, state=state, snoozed_until_ns=None, changed_at_ns=now_ns, changed_by=by)


def _snoozed(record: AlertRecord, until_ns: int, by: str, now_ns: int) -> AlertRecord | ActRefused:
    if record.state is AlertState.SNOOZED and record.snoozed_until_ns == until_ns:
        return record
    if not now_ns < until_ns <= now_ns + MAX_SNOOZE_NS:
        return ActRefused("beyond_limit", "a snooze ends in the future, within 90 days")
    snoozed = replace(record, state=AlertState.SNOOZED, snoozed_until_ns=until_ns)
    return replace(snoozed, changed_at_ns=now_ns, changed_by=by)


def _remarked(record: AlertRecord, text: str, by: str, now_ns: int) -> AlertRecord | ActRefused:
    if any(comment.by == by and comment.text == text for comment in record.comments):
        return record
    if len(record.comments) >= MAX_COMMENTS:
        return ActRefused("beyond_limit", f"an alert bears {MAX_COMMENTS} comments at most")
    return replace(record, comments=(*record.comments, Comment(now_ns, by, text)))
