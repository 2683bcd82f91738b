"""Who is signed in where, and who may: the staff of one gateway, from its tables. Runtime.

Implements gateway.staff.model.StaffPort. The tables are believed for FRESH_S, as those of the keys: the command line
writes them beside the gateway. Times are real ones, however fast a demo's shop lives.

    PIN:  one at a time ─▶ a pause? ─▶ scrypt, off the loop ─▶ right: written, then told
                                                            └▶ wrong: written, then told
"""

import asyncio
import contextlib
import hashlib
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from gateway.audit import Actor, AuditEntry
from gateway.staff.model import (
    Kind,
    Member,
    Mistakes,
    Opened,
    SignIn,
    SignInRefused,
    StaffTable,
)
from gateway.staff.patience import device_key, patience_of, person_key
from gateway.staff.pins import COST, SALT_BYTES, hash_pin, is_pin
from gateway.storage.errors import StoreError

S = 1_000_000_000
FRESH_S = 2.0
"""How long the tables are believed: a removed member is out within this."""
AT_ONCE_S = 0.2
"""Whoever signs in may have been added a moment ago: then the tables are read again, no more often than this."""
USE_STEP_NS = 300 * S
"""A sign-in's last use is written no more finely: enough to end it when it is idle, and no record of who did what when."""
SHARED_IDLE_NS, SHARED_NS = 1_800 * S, 12 * 3_600 * S
"""On a shared tablet: half an hour without a request, and never over night."""
OWN_IDLE_NS, OWN_NS = 3 * 86_400 * S, 30 * 86_400 * S
"""On a phone of one's own, which has a lock of its own: over a weekend, and a month."""
DEVICE_IDLE_NS, DEVICE_NS = 90 * 86_400 * S, 400 * 86_400 * S
"""A device stays enrolled over a season in a drawer; browsers keep no cookie for longer than 400 days (RFC 6265bis)."""
MAX_TRYING = 8
"""PINs that wait to be looked at, one after the other: half a second's work. More are asked to come again."""
MAX_TOKEN_CHARS = 100
"""Longer than any token that is given out: what is longer is not looked up."""
SESSION_PREFIX, DEVICE_PREFIX, LINK_PREFIX = "ss_", "sd_", "sl_"
TOKEN_BYTES = 32

Aside = Callable[[Callable[[], object]], Awaitable[object]]
"""Runs what writes where that may block, and waits for it: the writer's thread."""


class StaffDesk:
    """The staff of one gateway. `write` runs what writes a table where that may block; `now_ns` is real time."""

    def __init__(
        self,
        table: StaffTable,
        pin_key: bytes,
        write: Aside,
        now_ns: Callable[[], int] = time.time_ns,
        monotonic_s: Callable[[], float] = time.monotonic,
        *,
        pin_cost: int = COST,
    ) -> None:
        self._table = table
        self._pin_key = pin_key
        self._write = write
        self._now_ns = now_ns
        self._monotonic_s = monotonic_s
        self._nobody = hash_pin("", pin_key, bytes(SALT_BYTES), pin_cost)
        self._members: dict[str, Member] = {}
        self._sign_ins: dict[str, SignIn] = {}
        self._read_at_s = float("-inf")
        self._tables = asyncio.Lock()
        self._one_tries = asyncio.Lock()
        self._trying = 0

    # -- who is it ----------------------------------------------------------------------------------

    async def session(self, token: str, *, is_use: bool = True) -> Member | None:
        """Return who is signed in under a session's token; None where nobody is (any more)."""
        return await self._signed_in(token, "session", is_use=is_use)

    async def device(self, token: str, *, is_use: bool = True) -> Member | None:
        """Return whose device it is; None where it is not enrolled (any more)."""
        return await self._signed_in(token, "device", is_use=is_use)

    async def people_on(self, device: Member) -> list[Member]:
        """Return who may sign in on a device, by name."""
        await self._refresh(AT_ONCE_S)
        return _by_name(one for one in self._members.values() if _may_sign_in(one, device))

    async def people_of(self, stores: frozenset[str]) -> list[Member]:
        """Return the people of some stores (empty: of all), by name."""
        await self._refresh(FRESH_S)
        return _by_name(
            one
            for one in self._members.values()
            if one.is_person and (not stores or not one.stores or stores & set(one.stores))
        )

    async def _signed_in(self, token: str, kind: Kind, *, is_use: bool) -> Member | None:
        if len(token) > MAX_TOKEN_CHARS:
            return None
        await self._refresh(FRESH_S)
        found = self._sign_ins.get(digest_of(token))
        now_ns = self._now_ns()
        if found is None or found.kind != kind or found.is_over(now_ns):
            return None
        if is_use and now_ns - found.used_ns >= USE_STEP_NS:
            await self._use(found, now_ns)
        return self._members.get(found.member)

    async def _use(self, found: SignIn, now_ns: int) -> None:
        """Note that a sign-in is used, coarsely."""
        async with self._tables:
            if (
                found.digest not in self._sign_ins
                or now_ns - self._sign_ins[found.digest].used_ns < USE_STEP_NS
            ):
                return
            self._sign_ins[found.digest] = replace(found, used_ns=now_ns)
            with contextlib.suppress(StoreError):  # a full disk signs nobody out
                await self._write(lambda: self._table.use(found.digest, now_ns))

    # -- signing in ---------------------------------------------------------------------------------

    async def enter_pin(self, person: str, pin: str, device: Member, actor: Actor) -> Opened | SignInRefused:
        """Sign a person in on a device; one try at a time, so that none slips through while another is looked at."""
        if self._trying >= MAX_TRYING:
            return SignInRefused("too_many_tries", "Many PINs are being looked at: enter it again.", 1)
        self._trying += 1
        try:
            async with self._one_tries:
                return await self._tried(person, pin, device, actor)
        except StoreError:
            return SignInRefused("overloaded", "The gateway cannot write at the moment.", 1)
        finally:
            self._trying -= 1

    async def _tried(self, person: str, pin: str, device: Member, actor: Actor) -> Opened | SignInRefused:
        await self._refresh(AT_ONCE_S)
        known = {one.who: one for one in await asyncio.to_thread(self._table.mistakes)}
        asked = person_key(person), device_key(device.id)
        now_ns = self._now_ns()
        pause_ns = max(patience_of(who).pause_ns(known.get(who), now_ns) for who in asked)
        if pause_ns:
            return _pause(pause_ns)
        member = self._members.get(person)
        if member is not None and not _may_sign_in(member, device):
            member = None
        kept = member.pin if member is not None and member.pin is not None else self._nobody
        is_right = await asyncio.to_thread(is_pin, pin, kept, self._pin_key)
        if member is None or not is_right:
            return await self._wrong(known, asked, person, device, actor)
        is_own = device.is_person
        token, session = _new("session", member.id, device.id, now_ns, is_own=is_own)
        await self._opened([session], lambda: self._table.open([session], now_ns, asked[0]))
        return Opened(member, token, None, _lasts_s(session))

    async def _wrong(
        self, known: dict[str, Mistakes], asked: tuple[str, str], person: str, device: Member, actor: Actor
    ) -> SignInRefused:
        now_ns = self._now_ns()
        mistakes = [patience_of(who).after(known.get(who), who, now_ns) for who in asked]
        forgiven = [
            who for who, one in known.items() if who not in asked and not patience_of(who).level(one, now_ns)
        ]
        entry = AuditEntry(now_ns, device.id, actor.address, "session.refuse", "", person, "wrong PIN")
        await self._write(lambda: self._table.mistake(mistakes, forgiven, entry))
        pause_ns = max(patience_of(one.who).pause_ns(one, now_ns) for one in mistakes)
        detail = "The name and the PIN do not go together."
        return SignInRefused("wrong_pin", detail, math.ceil(pause_ns / S))

    async def follow_link(self, token: str, device: Member | None, actor: Actor) -> Opened | SignInRefused:
        """Sign in whoever a link is for, once; what is not enrolled yet becomes their device."""
        now_ns = self._now_ns()
        tokens: dict[Kind, str] = {}
        opened: list[SignIn] = []

        def sign_ins(member: Member) -> Sequence[SignIn]:
            is_own = device is None or device.is_person
            if not member.is_person or device is None:
                tokens["device"], enrolled = _new("device", member.id, "", now_ns, is_own=True)
                opened.append(enrolled)
            if member.is_person:
                on = member.id if device is None else device.id
                tokens["session"], session = _new("session", member.id, on, now_ns, is_own=is_own)
                opened.append(session)
            return opened

        def entry(member: Member) -> AuditEntry:
            place = member.stores[0] if len(member.stores) == 1 else ""
            return AuditEntry(now_ns, member.id, actor.address, "session.open", place, member.id, "by link")

        try:
            async with self._tables:
                member = None
                if len(token) <= MAX_TOKEN_CHARS:
                    member = await self._taken(digest_of(token), now_ns, sign_ins, entry)
                if member is not None:
                    self._members[member.id] = member
                    self._sign_ins |= {one.digest: one for one in opened}
        except StoreError:
            return SignInRefused("overloaded", "The gateway cannot write at the moment.", 1)
        if member is None:
            detail = "The link was used before, has expired, or never was: ask for a new one."
            return SignInRefused("unknown_link", detail)
        lasts_s = _lasts_s(opened[-1]) if "session" in tokens else 0
        return Opened(member, tokens.get("session"), tokens.get("device"), lasts_s)

    async def _taken(
        self,
        digest: str,
        now_ns: int,
        sign_ins: Callable[[Member], Sequence[SignIn]],
        entry: Callable[[Member], AuditEntry],
    ) -> Member | None:
        found: list[Member | None] = []
        await self._write(lambda: found.append(self._table.take_link(digest, now_ns, sign_ins, entry)))
        return found[0]

    async def leave(self, token: str) -> None:
        """End a sign-in of either kind, if there is one."""
        digest = digest_of(token[: MAX_TOKEN_CHARS + 1])
        await self._refresh(FRESH_S)
        async with self._tables:
            if self._sign_ins.pop(digest, None) is not None:
                await self._write(lambda: self._table.end(digest))

    # -- the tables ---------------------------------------------------------------------------------

    async def _opened(self, opened: Sequence[SignIn], write: Callable[[], object]) -> None:
        async with self._tables:
            await self._write(write)
            self._sign_ins |= {one.digest: one for one in opened}

    async def _refresh(self, fresh_s: float) -> None:
        """Read the tables if they were read longer than `fresh_s` ago; nobody writes them from here meanwhile."""
        if self._monotonic_s() - self._read_at_s < fresh_s:
            return
        async with self._tables:
            now_s = self._monotonic_s()
            if now_s - self._read_at_s < fresh_s:
                return
            members, sign_ins = await asyncio.to_thread(
                lambda: (self._table.members(), self._table.sign_ins())
            )
            self._members = {one.id: one for one in members if one.removed_ns is None}
            self._sign_ins = {one.digest: one for one in sign_ins}
            self._read_at_s = now_s


def digest_of(token: str) -> str:
    """Return what is kept of a token, so that neither the store nor the time of a look-up tells one. 64 hex digits."""
    return hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=32).hexdigest()


def new_token(prefix: str) -> str:
    """Return a new random token, 256 bits: there is nothing to guess, so a fast digest is right for it."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def _new(kind: Kind, member: str, device: str, now_ns: int, *, is_own: bool) -> tuple[str, SignIn]:
    """Return a new sign-in with its token."""
    if kind == "device":
        token, idle_ns, lasts_ns = new_token(DEVICE_PREFIX), DEVICE_IDLE_NS, DEVICE_NS
    elif is_own:
        token, idle_ns, lasts_ns = new_token(SESSION_PREFIX), OWN_IDLE_NS, OWN_NS
    else:
        token, idle_ns, lasts_ns = new_token(SESSION_PREFIX), SHARED_IDLE_NS, SHARED_NS
    return token, SignIn(digest_of(token), kind, member, device, now_ns, now_ns, idle_ns, now_ns + lasts_ns)


def _lasts_s(session: SignIn) -> int:
    return (session.ends_ns - session.opened_ns) // S


def _may_sign_in(person: Member, device: Member) -> bool:
    """Return whether somebody may enter a PIN on a device: all of a shared tablet's stores, one on their own."""
    if not person.is_person or person.pin is None or not person.shares_a_store(device):
        return False
    return device.role == "tablet" or device.id == person.id


def _by_name(found: Iterable[Member]) -> list[Member]:
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def _pause(pause_ns: int) -> SignInRefused:
    wait_s = math.ceil(pause_ns / S)
    return SignInRefused("too_many_tries", f"The PIN was wrong too often: wait {wait_s} s.", wait_s)
