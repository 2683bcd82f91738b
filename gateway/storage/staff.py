"""The tables of staff: members, links, sign-ins, mistakes. Implements gateway.staff.model.StaffTable. SQL over a store.

Any process writes them: the command line beside a running gateway, as it does with keys.
"""

import json
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gateway.audit import AuditEntry
from gateway.staff.model import MAX_REMOVED, MAX_SIGN_INS, Link, Member, Mistakes, SignIn
from gateway.staff.patience import person_key
from gateway.storage.audit import write_audit
from gateway.storage.sql import Sql

T = TypeVar("T")
_MEMBER = "id, name, role, stores, pin, created_ns, removed_ns"
_SIGN_IN = "digest, kind, staff, device, opened_ns, used_ns, idle_ns, ends_ns"


class Transactions(Protocol):
    """A store, as something that runs transactions."""

    def written(self, work: Callable[[Sql], T], *, is_flushed: bool = True) -> T:
        """Do `work` in a transaction of its own, and return what it does."""
        ...

    def looked_up(self, work: Callable[[Sql], T]) -> T:
        """Return what `work` reads of one state of the store."""
        ...

    def give_back_names(self) -> None:
        """Overwrite in the log what was deleted."""
        ...


class StaffRows:
    """The tables, over a store."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    # -- reading ----------------------------------------------------------------------------------

    def members(self) -> list[Member]:
        """Return all members, the removed ones too, oldest first."""
        return self._store.looked_up(_members)

    def sign_ins(self) -> list[SignIn]:
        """Return all sign-ins, those too that are over."""
        query = f"SELECT {_SIGN_IN} FROM staff_sessions"  # noqa: S608 - a constant
        return self._store.looked_up(lambda sql: [SignIn(*row) for row in sql.execute(query)])

    def mistakes(self) -> list[Mistakes]:
        """Return what is remembered of mistakes."""
        query = "SELECT who, level, at_ns FROM staff_failures"
        return self._store.looked_up(lambda sql: [Mistakes(*row) for row in sql.execute(query)])

    # -- the gateway's ------------------------------------------------------------------------------

    def open(self, opened: Sequence[SignIn], now_ns: int, forgiven: str | None = None) -> None:
        """Write sign-ins, forget those that are over, and the mistakes of who is forgiven."""

        def work(sql: Sql) -> None:
            _open(sql, opened, now_ns)
            if forgiven is not None:
                sql.execute("DELETE FROM staff_failures WHERE who = ?", (forgiven,))

        self._store.written(work)

    def take_link(
        self,
        digest: str,
        now_ns: int,
        opened: Callable[[Member], Sequence[SignIn]],
        audited: Callable[[Member], AuditEntry],
    ) -> Member | None:
        """Use a link up, and write what it opens; None where there is no such link (any more)."""

        def work(sql: Sql) -> Member | None:
            sql.execute("DELETE FROM staff_links WHERE expires_ns <= ?", (now_ns,))
            row = sql.execute(
                "DELETE FROM staff_links WHERE digest = ? RETURNING staff", (digest,)
            ).fetchone()
            member = next((m for m in _members(sql) if row is not None and m.id == row[0]), None)
            if member is None or member.removed_ns is not None:
                return None
            _open(sql, opened(member), now_ns)
            write_audit(sql, [audited(member)])
            return member

        return self._store.written(work)

    def use(self, digest: str, used_ns: int) -> None:
        """Note when a sign-in was used last; a power cut may take that back."""
        values = (used_ns, digest)
        self._store.written(
            lambda sql: sql.execute("UPDATE staff_sessions SET used_ns = ? WHERE digest = ?", values),
            is_flushed=False,
        )

    def end(self, digest: str) -> None:
        """Delete a sign-in."""
        self._store.written(lambda sql: sql.execute("DELETE FROM staff_sessions WHERE digest = ?", (digest,)))

    def mistake(self, mistakes: Sequence[Mistakes], forgotten: Sequence[str], audited: AuditEntry) -> None:
        """Write how often PINs were wrong; nothing is remembered of the `forgotten` any more."""

        def work(sql: Sql) -> None:
            rows = [(one.who, one.level, one.at_ns) for one in mistakes]
            sql.executemany("DELETE FROM staff_failures WHERE who = ?", [(who,) for who in forgotten])
            sql.executemany("INSERT OR REPLACE INTO staff_failures VALUES (?, ?, ?)", rows)
            write_audit(sql, [audited])

        self._store.written(work)

    # -- the command line's -------------------------------------------------------------------------

    def add(self, member: Member, audited: AuditEntry) -> None:
        """Store a new member."""

        def work(sql: Sql) -> None:
            row = (
                member.id,
                member.name,
                member.role,
                json.dumps(member.stores),
                member.pin,
                member.created_ns,
            )
            sql.execute(f"INSERT INTO staff ({_MEMBER}) VALUES (?, ?, ?, ?, ?, ?, NULL)", row)  # noqa: S608 - a constant
            write_audit(sql, [audited])

        self._store.written(work)

    def add_link(self, link: Link, audited: AuditEntry) -> None:
        """Store a link; an earlier one of the same member, not followed yet, is void."""

        def work(sql: Sql) -> None:
            sql.execute("DELETE FROM staff_links WHERE staff = ?", (link.member,))
            sql.execute(
                "INSERT INTO staff_links VALUES (?, ?, ?)", (link.digest, link.member, link.expires_ns)
            )
            write_audit(sql, [audited])

        self._store.written(work)

    def set_pin(self, member_id: str, pin: str, audited: AuditEntry) -> bool:
        """Give a person another PIN and end where they are signed in; return whether there is such a person."""

        def work(sql: Sql) -> bool:
            query = "UPDATE staff SET pin = ? WHERE id = ? AND removed_ns IS NULL"
            if not sql.execute(query, (pin, member_id)).rowcount:
                return False
            sql.execute("DELETE FROM staff_sessions WHERE staff = ?", (member_id,))
            sql.execute("DELETE FROM staff_links WHERE staff = ?", (member_id,))
            sql.execute("DELETE FROM staff_failures WHERE who = ?", (person_key(member_id),))
            write_audit(sql, [audited])
            return True

        return self._store.written(work)

    def remove(self, member_id: str, now_ns: int, audited: AuditEntry) -> bool:
        """Take a member's name, PIN, links and sign-ins away for good; return whether there was such a member."""

        def work(sql: Sql) -> bool:
            if not forget_member(sql, member_id, now_ns):
                return False
            write_audit(sql, [audited])
            return True

        is_removed = self._store.written(work)
        if is_removed:
            self._store.give_back_names()
        return is_removed


def has_secrets(store: Transactions) -> bool:
    """Return whether the store holds anything that the secret beside it verifies: keys, or people's PINs."""
    query = "SELECT EXISTS (SELECT 1 FROM api_keys) OR EXISTS (SELECT 1 FROM staff)"
    return bool(store.looked_up(lambda sql: sql.execute(query).fetchone()[0]))


def forget_member(sql: Sql, member_id: str, now_ns: int) -> bool:
    """Take a member's name and all ways in away; return whether there was such a member."""
    query = "UPDATE staff SET name = '', pin = NULL, removed_ns = ? WHERE id = ? AND removed_ns IS NULL"
    if not sql.execute(query, (now_ns, member_id)).rowcount:
        return False
    sql.execute("DELETE FROM staff_sessions WHERE staff = ? OR device = ?", (member_id, member_id))
    sql.execute("DELETE FROM staff_links WHERE staff = ?", (member_id,))
    sql.execute("DELETE FROM staff_failures WHERE who = ?", (person_key(member_id),))
    sql.execute(
        "DELETE FROM staff WHERE id IN (SELECT id FROM staff WHERE removed_ns IS NOT NULL"
        " ORDER BY removed_ns DESC, id LIMIT -1 OFFSET ?)",
        (MAX_REMOVED,),
    )
    return True


def _members(sql: Sql) -> list[Member]:
    rows = sql.execute(f"SELECT {_MEMBER} FROM staff ORDER BY created_ns, id")  # noqa: S608 - a constant
    return [
        Member(one, name, role, tuple(json.loads(stores)), *rest) for one, name, role, stores, *rest in rows
    ]


def _open(sql: Sql, opened: Sequence[SignIn], now_ns: int) -> None:
    sql.execute("DELETE FROM staff_sessions WHERE ends_ns <= ? OR used_ns + idle_ns <= ?", (now_ns, now_ns))
    sql.executemany(
        f"INSERT INTO staff_sessions ({_SIGN_IN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        [
            (s.digest, s.kind, s.member, s.device, s.opened_ns, s.used_ns, s.idle_ns, s.ends_ns)
            for s in opened
        ],
    )
    sql.execute(
        "DELETE FROM staff_sessions WHERE digest IN"
        " (SELECT digest FROM staff_sessions ORDER BY used_ns DESC LIMIT -1 OFFSET ?)",
        (MAX_SIGN_INS,),
    )
