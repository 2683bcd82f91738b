"""Staff as values: people, devices with a sign-in of their own, links, sign-ins, mistakes; and the ports. Pure.

    link ──▶ a device is enrolled (tablet, kiosk, screen), or a person signs in, on a phone of their own
    name + PIN, on an enrolled device alone ──▶ a person signs in

A member is a person or a device. A sign-in is of one of two kinds: a `device` says where people may sign in (and lets a
kiosk or a screen look), a `session` says who acts now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.audit import Actor, AuditEntry

Role = Literal["associate", "lead", "manager", "tablet", "kiosk", "screen"]
Kind = Literal["session", "device"]

PEOPLE: tuple[Role, ...] = ("associate", "lead", "manager")
DEVICES: tuple[Role, ...] = ("tablet", "kiosk", "screen")
MAX_MEMBERS = 1_000
"""People and devices at a time, of one gateway: a few stores have some hundreds."""
MAX_SIGN_INS = 4_000
"""Sign-ins that are kept, of both kinds: some per member; beyond it the one that was used longest ago ends."""
MAX_REMOVED = 1_000
"""Removed members, the newest, kept without their names: so that a restored backup does not bring them back."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a device. `pin`: its hash, None where there is none; empty `stores`: all; a removed one has no name."""

    id: str
    name: str
    role: Role
    stores: tuple[str, ...]
    pin: str | None
    created_ns: int
    removed_ns: int | None = None

    @property
    def is_person(self) -> bool:
        """Return whether it is a person, not a device."""
        return self.role in PEOPLE

    def shares_a_store(self, other: "Member") -> bool:
        """Return whether there is a store that both are of."""
        return not self.stores or not other.stores or bool(set(self.stores) & set(other.stores))


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a member is signed in, under the digest of the token in a cookie. Times are real, in ns.

    `device`: id of the member on whose device a session was opened. It ends at `ends_ns`, and `idle_ns` after `used_ns`.
    """

    digest: str
    kind: Kind
    member: str
    device: str
    opened_ns: int
    used_ns: int
    idle_ns: int
    ends_ns: int

    def is_over(self, now_ns: int) -> bool:
        """Return whether it has ended."""
        return now_ns >= self.ends_ns or now_ns - self.used_ns >= self.idle_ns


@dataclass(frozen=True, slots=True)
class Link:
    """A link that signs in once, under the digest of its token."""

    digest: str
    member: str
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Mistakes:
    """How often a PIN was wrong of late: `level` was so high at `at_ns`, after the last one."""

    who: str
    level: float
    at_ns: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What a sign-in gave: the tokens for the cookies, each None where nothing of the kind was opened."""

    member: Member
    session: str | None
    device: str | None
    session_s: int = 0


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Why nobody was signed in. `code` is a problem's; `retry_after_s` 0: to ask again does not help."""

    code: Literal["wrong_pin", "unknown_link", "too_many_tries", "overloaded"]
    detail: str
    retry_after_s: int = 0


class StaffPort(Protocol):
    """Staff as the HTTP side sees them."""

    async def session(self, token: str, *, is_use: bool = True) -> Member | None:
        """Return who is signed in under a session's token; None where nobody is (any more). `is_use`: it is not idle."""
        ...

    async def device(self, token: str, *, is_use: bool = True) -> Member | None:
        """Return whose device it is: a tablet, kiosk or screen, or a person with their own; None: it is not enrolled."""
        ...

    async def people_on(self, device: Member) -> list[Member]:
        """Return who may sign in on a device, by name."""
        ...

    async def people_of(self, stores: frozenset[str]) -> list[Member]:
        """Return the people of some stores (empty: of all), by name."""
        ...

    async def enter_pin(self, person: str, pin: str, device: Member, actor: Actor) -> Opened | SignInRefused:
        """Sign a person in on a device."""
        ...

    async def follow_link(self, token: str, device: Member | None, actor: Actor) -> Opened | SignInRefused:
        """Sign in whoever a link is for, once; what is not enrolled yet becomes their device."""
        ...

    async def leave(self, token: str) -> None:
        """End a sign-in of either kind, if there is one."""
        ...


class StaffTable(Protocol):
    """Where staff are stored. Any process may write: each call is one durable transaction. Blocks."""

    def members(self) -> list[Member]:
        """Return all members, the removed ones too, oldest first."""
        ...

    def sign_ins(self) -> list[SignIn]:
        """Return all sign-ins, those too that are over."""
        ...

    def mistakes(self) -> list[Mistakes]:
        """Return what is remembered of mistakes."""
        ...

    def open(self, opened: Sequence[SignIn], now_ns: int, forgiven: str | None = None) -> None:
        """Write sign-ins, forget those that are over, and the mistakes of who is forgiven."""
        ...

    def take_link(
        self,
        digest: str,
        now_ns: int,
        opened: Callable[[Member], Sequence[SignIn]],
        audited: Callable[[Member], AuditEntry],
    ) -> Member | None:
        """Use a link up, and write what it opens; None where there is no such link (any more)."""
        ...

    def use(self, digest: str, used_ns: int) -> None:
        """Note when a sign-in was used last."""
        ...

    def end(self, digest: str) -> None:
        """Delete a sign-in."""
        ...

    def mistake(self, mistakes: Sequence[Mistakes], forgotten: Sequence[str], audited: AuditEntry) -> None:
        """Write how often PINs were wrong; nothing is remembered of the `forgotten` any more."""
        ...
