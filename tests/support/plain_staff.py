"""The tables of staff in memory, what the HTTP side needs of them, and the people of a test's shop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gateway.audit import AuditEntry
from gateway.staff.desk import DEVICE_PREFIX, StaffDesk, digest_of
from gateway.staff.model import PEOPLE, Link, Member, Mistakes, Role, SignIn, StaffTable
from gateway.staff.patience import person_key
from gateway.staff.pins import hash_pin

CHEAP = 4
"""scrypt at next to no cost: what it costs is no matter of these tests."""
KEY, SALT = b"a shop's secret", b"0123456789abcdef"
PINS: dict[Role, str] = {"associate": "280741", "lead": "391852", "manager": "402963"}
IDS: dict[Role, str] = {
    "associate": "st_00000000000a",
    "lead": "st_00000000000b",
    "manager": "st_00000000000c",
    "tablet": "sd_00000000000d",
    "kiosk": "sd_00000000000e",
    "screen": "sd_00000000000f",
}
DEVICE_TOKEN = f"{DEVICE_PREFIX}the tablet of the tests"
NS_PER_DAY = 86_400 * 10**9


def member(role: Role, stores: tuple[str, ...] = (), **changes: object) -> Member:
    """Return somebody of a role, with the PIN of it; or a device."""
    pin = hash_pin(PINS[role], KEY, SALT, CHEAP) if role in PEOPLE else None
    plain = Member(IDS[role], role.capitalize(), role, stores, pin, 1)
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


@dataclass
class PlainStaff:
    """Implements StaffTable, and what the command line does to it, over dictionaries."""

    kept: dict[str, Member] = field(default_factory=dict)
    opened: dict[str, SignIn] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    failures: dict[str, Mistakes] = field(default_factory=dict)
    audited: list[AuditEntry] = field(default_factory=list)

    def members(self) -> list[Member]:
        return sorted(self.kept.values(), key=lambda one: (one.created_ns, one.id))

    def sign_ins(self) -> list[SignIn]:
        return list(self.opened.values())

    def mistakes(self) -> list[Mistakes]:
        return list(self.failures.values())

    def open(self, opened: Sequence[SignIn], now_ns: int, forgiven: str | None = None) -> None:
        self.opened = {d: one for d, one in self.opened.items() if not one.is_over(now_ns)}
        self.opened |= {one.digest: one for one in opened}
        self.failures.pop(forgiven or "", None)

    def take_link(
        self,
        digest: str,
        now_ns: int,
        opened: Callable[[Member], Sequence[SignIn]],
        audited: Callable[[Member], AuditEntry],
    ) -> Member | None:
        link = self.links.pop(digest, None)
        found = self.kept.get(link.member) if link is not None and link.expires_ns > now_ns else None
        if found is None or found.removed_ns is not None:
            return None
        self.open(opened(found), now_ns)
        self.audited.append(audited(found))
        return found

    def use(self, digest: str, used_ns: int) -> None:
        if digest in self.opened:
            self.opened[digest] = replace(self.opened[digest], used_ns=used_ns)

    def end(self, digest: str) -> None:
        self.opened.pop(digest, None)

    def mistake(self, mistakes: Sequence[Mistakes], forgotten: Sequence[str], audited: AuditEntry) -> None:
        self.failures = {who: one for who, one in self.failures.items() if who not in forgotten}
        self.failures |= {one.who: one for one in mistakes}
        self.audited.append(audited)

    def add(self, member: Member, audited: AuditEntry) -> None:
        self.kept[member.id] = member
        self.audited.append(audited)

    def add_link(self, link: Link, audited: AuditEntry) -> None:
        self.links = {digest: one for digest, one in self.links.items() if one.member != link.member}
        self.links[link.digest] = link
        self.audited.append(audited)

    def set_pin(self, member_id: str, pin: str, audited: AuditEntry) -> bool:
        found = self.kept.get(member_id)
        if found is None or found.removed_ns is not None:
            return False
        self.kept[member_id] = replace(found, pin=pin)
        self._sign_out(member_id)
        self.audited.append(audited)
        return True

    def remove(self, member_id: str, now_ns: int, audited: AuditEntry) -> bool:
        found = self.kept.get(member_id)
        if found is None or found.removed_ns is not None:
            return False
        self.kept[member_id] = replace(found, name="", pin=None, removed_ns=now_ns)
        self._sign_out(member_id)
        self.opened = {d: one for d, one in self.opened.items() if one.device != member_id}
        self.audited.append(audited)
        return True

    def _sign_out(self, member_id: str) -> None:
        self.opened = {d: one for d, one in self.opened.items() if one.member != member_id}
        self.links = {d: one for d, one in self.links.items() if one.member != member_id}
        self.failures.pop(person_key(member_id), None)


def a_shop_of_staff(now_ns: int = 0) -> PlainStaff:
    """Return one person of each role, and a tablet that is enrolled under DEVICE_TOKEN."""
    table = PlainStaff({IDS[role]: member(role) for role in ("associate", "lead", "manager", "tablet")})
    digest = digest_of(DEVICE_TOKEN)
    lasts_ns = 100 * 365 * NS_PER_DAY  # whatever the time of the test
    table.opened[digest] = SignIn(
        digest, "device", IDS["tablet"], "", now_ns, now_ns, lasts_ns, now_ns + lasts_ns
    )
    return table


def desk_of(
    table: StaffTable,
    now_ns: Callable[[], int] = lambda: 0,
    monotonic_s: Callable[[], float] = lambda: 0.0,
) -> StaffDesk:
    """Return the real desk over a table in memory."""

    async def write(work: Callable[[], object]) -> object:
        return work()

    return StaffDesk(table, KEY, write, now_ns, monotonic_s, pin_cost=CHEAP)
