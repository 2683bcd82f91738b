"""The desk of staff over a table, with real time in a test's hand; and what a person on each side of it does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.audit import Actor, AuditEntry
from gateway.staff.desk import LINK_PREFIX, StaffDesk, digest_of, new_token
from gateway.staff.model import Link, Member, Opened, Role, SignInRefused
from gateway.staff.pins import hash_pin
from gateway.storage.staff import StaffRows
from tests.support.plain_staff import CHEAP, IDS, KEY, PINS, SALT, PlainStaff, desk_of, member

S = 1_000_000_000
START_NS = 1_795_284_131 * S
HERE = Actor("", "192.0.2.7")


def entry(action: str = "staff.add") -> AuditEntry:
    """Return who did it, for the audit log."""
    return AuditEntry(START_NS, "os:shop", "", action, "", "")


@dataclass
class StaffBench:
    """One desk. `table` is as the command line has it, too; `now_ns` moves by hand."""

    table: PlainStaff | StaffRows = field(default_factory=PlainStaff)
    now_ns: int = START_NS

    def __post_init__(self) -> None:
        self.desk = self.another()

    def another(self) -> StaffDesk:
        """Return the desk of a gateway that was started again."""
        return desk_of(self.table, lambda: self.now_ns, lambda: self.now_ns / S)

    def add(self, role: Role, stores: tuple[str, ...] = (), **changes: object) -> Member:
        """Add somebody, as the command does."""
        made = member(role, stores, **changes)
        self.table.add(made, entry())
        return made

    def link(self, who: Member, lasts_s: int = 3_600) -> str:
        """Make a link, as the command does."""
        token = new_token(LINK_PREFIX)
        self.table.add_link(Link(digest_of(token), who.id, self.now_ns + lasts_s * S), entry("staff.link"))
        return token

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += int(seconds * S)

    def follow(self, token: str, device: Member | None = None) -> Opened | SignInRefused:
        """Follow a link."""
        return asyncio.run(self.desk.follow_link(token, device, HERE))

    def enter(
        self, device: Member, role: Role = "associate", pin: str | None = None
    ) -> Opened | SignInRefused:
        """Enter a PIN, the right one unless another is given."""
        return asyncio.run(self.desk.enter_pin(IDS[role], PINS[role] if pin is None else pin, device, HERE))

    def who(self, token: str | None) -> str | None:
        """Return the id of who is signed in under a token."""
        found = asyncio.run(self.desk.session(token or ""))
        return None if found is None else found.id

    def whose(self, token: str | None) -> str | None:
        """Return the id of whose device a token is."""
        found = asyncio.run(self.desk.device(token or ""))
        return None if found is None else found.id

    def signed_in(self, device: Member, role: Role = "associate") -> str:
        """Return the token of somebody who entered the right PIN."""
        opened = self.enter(device, role)
        assert isinstance(opened, Opened), opened
        assert opened.session is not None
        return opened.session

    def new_pin(self, role: Role, pin: str) -> bool:
        """Give somebody another PIN, as the command does."""
        return self.table.set_pin(IDS[role], hash_pin(pin, KEY, SALT, CHEAP), entry("staff.new-pin"))

    def remove(self, who: Member) -> bool:
        """Remove somebody, as the command does."""
        return self.table.remove(who.id, self.now_ns, entry("staff.remove"))


Make = Callable[[], StaffBench]
