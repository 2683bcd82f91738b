"""Notices that wait for a target, those given up, and the log of tries. SQL over a connection it is given."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from gateway.alerts.notices import Notice
from gateway.alerts.records import Severity, record_of
from gateway.delivery.model import NoticeTry, QueuedNotice, WaitingNotice
from gateway.storage.sql import Sql

MAX_WAITING = 2_000
"""Of one target, about 2 MB: a shop tells some dozens a day. Beyond it the oldest is given up, and shown as such."""
MAX_GIVEN_UP = 1_000
"""Of one target, kept for a person to look at, the newest."""
MAX_TRIES = 1_000
"""Tries kept in each target's log, about 200 kB."""
QUEUE_FULL = "too many wait for this target"

_TRY = "target, notice, kind, at_ns, tries, outcome, status, reason, took_ms"


def queue_notices(sql: Sql, queued: Sequence[QueuedNotice]) -> None:
    """Have notices wait for their targets; one that waits already (or was given up) is left as it is."""
    for one in queued:
        sql.execute(
            "INSERT OR IGNORE INTO notices (target, notice, at_ns, tries, given_up, record) VALUES (?, ?, ?, 0, NULL, ?)",
            (one.target, one.notice.id, one.notice.at_ns, _json_of(one.notice)),
        )
    for target in {one.target for one in queued}:
        sql.execute(
            "UPDATE notices SET given_up = ? WHERE id IN (SELECT id FROM notices WHERE target = ? AND given_up IS NULL"
            " ORDER BY id DESC LIMIT -1 OFFSET ?)",
            (QUEUE_FULL, target, MAX_WAITING),
        )
        _bound_given_up(sql, target)


def waiting_notices(sql: Sql, target: str, limit: int) -> list[WaitingNotice]:
    """Return the oldest notices that wait for a target."""
    rows = sql.execute(
        "SELECT id, target, record, tries FROM notices WHERE target = ? AND given_up IS NULL ORDER BY id LIMIT ?",
        (target, max(limit, 0)),
    )
    return [WaitingNotice(row, name, _notice_of(text), tries) for row, name, text, tries in rows]


def notice_totals(sql: Sql) -> dict[str, tuple[int, int]]:
    """Return (waiting, given up) by target."""
    rows = sql.execute(
        "SELECT target, sum(given_up IS NULL), sum(given_up IS NOT NULL) FROM notices GROUP BY target"
    )
    return {target: (waiting, given_up) for target, waiting, given_up in rows}


def settle_notice(sql: Sql, row: int | None, tried: NoticeTry) -> None:
    """Note what became of a try: delivered takes the notice out; `row` None: a test, which waits nowhere."""
    if row is not None and tried.outcome == "delivered":
        sql.execute("DELETE FROM notices WHERE id = ?", (row,))
    elif row is not None:
        given_up = tried.reason if tried.outcome == "given_up" else None
        sql.execute("UPDATE notices SET tries = ?, given_up = ? WHERE id = ?", (tried.tries, given_up, row))
        _bound_given_up(sql, tried.target)
    sql.execute(
        f"INSERT INTO notice_tries ({_TRY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            tried.target, tried.notice, tried.kind, tried.at_ns, tried.tries, tried.outcome, tried.status, tried.reason,
            tried.took_ms,
        ),
    )  # fmt: skip
    sql.execute(
        "DELETE FROM notice_tries WHERE target = ? AND id <="
        " (SELECT id FROM notice_tries WHERE target = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (tried.target, tried.target, MAX_TRIES),
    )


def give_up_before(sql: Sql, target: str, at_ns: int, reason: str) -> int:
    """Give up what waits for a target since before a time; return how many."""
    gone = sql.execute(
        "UPDATE notices SET given_up = ? WHERE target = ? AND given_up IS NULL AND at_ns < ?",
        (reason, target, at_ns),
    ).rowcount
    _bound_given_up(sql, target)
    return gone


def notice_tries(sql: Sql, target: str, limit: int) -> list[NoticeTry]:
    """Return the newest tries of a target, newest first."""
    rows = sql.execute(
        f"SELECT {_TRY} FROM notice_tries WHERE target = ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - a constant
        (target, max(limit, 0)),
    )
    return [NoticeTry(*row) for row in rows]


def forget_targets(sql: Sql, known: Sequence[str]) -> dict[str, int]:
    """Delete all of targets that are not known any more; return how many notices waited, by target."""
    marks = ", ".join("?" * len(known))
    rows = sql.execute(
        f"SELECT target, count(*) FROM notices WHERE given_up IS NULL AND target NOT IN ({marks}) GROUP BY target",  # noqa: S608 - marks
        tuple(known),
    )
    waited: dict[str, int] = dict(rows)
    for table in ("notices", "notice_tries"):
        sql.execute(f"DELETE FROM {table} WHERE target NOT IN ({marks})", tuple(known))  # noqa: S608 - our own names
    return waited


def _bound_given_up(sql: Sql, target: str) -> None:
    sql.execute(
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE target = ? AND given_up IS NOT NULL"
        " ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (target, MAX_GIVEN_UP),
    )


def _json_of(notice: Notice) -> str:
    plain = asdict(notice)
    for alert in plain["alerts"]:
        alert["comments"] = ()  # staff's words are told nowhere, and may be long
    return json.dumps(plain, separators=(",", ":"))


def _notice_of(text: str) -> Notice:
    plain = json.loads(text)
    plain["severity"] = Severity(plain["severity"])
    plain["alerts"] = tuple(record_of(alert) for alert in plain["alerts"])
    return Notice(**plain)
