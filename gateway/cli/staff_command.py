"""`storefloor staff add | list | link | new-pin | remove`: people and shared devices, beside a running gateway. I/O."""

import argparse
import getpass
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gateway.audit import OS_USER, AuditEntry, cut
from gateway.cli.paths import store_path
from gateway.config.file import load_site
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
from gateway.keys import load_pepper
from gateway.staff.desk import LINK_PREFIX, digest_of, new_token
from gateway.staff.model import DEVICES, MAX_MEMBERS, PEOPLE, Link, Member, Role
from gateway.staff.pins import SALT_BYTES, fault_of, hash_pin, key_of, new_pin
from gateway.storage.sqlite import SqliteStore
from gateway.storage.staff import StaffRows, has_secrets

MAX_NAME_CHARS = 64
LINK_HOURS = 24
"""How long a link waits to be followed: over a night; who finds it later has nothing."""
MAX_LINK_HOURS = 7 * 24
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - to be recognised, not bound
NS_PER_S = 1_000_000_000


class Made(NamedTuple):
    """A new member, and the PIN that they are told once; None for a device."""

    member: Member
    pin: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser(
        "add", help="add a person, who gets a PIN, or a shared device, which gets a link"
    )
    add.add_argument("--name", required=True, help="what colleagues call them; or where the device is")
    add.add_argument(
        "--role", required=True, choices=(*PEOPLE, *DEVICES),
        help="of a person: associate, lead, manager; of a device: tablet (people sign in there), kiosk (for customers), "
        "screen (for the back room)",
    )  # fmt: skip
    add.add_argument("--store", action="append", default=[], help="bind them to a store; repeat for more")
    add.add_argument("--link", action="store_true", help="print a link, too, that signs a person in")
    add.set_defaults(act=_add)
    actions.add_parser("list", help="list people and devices").set_defaults(act=_list)
    link = actions.add_parser("link", help="print a link that signs a person in, or enrols a device, once")
    link.set_defaults(act=_link)
    pin = actions.add_parser("new-pin", help="give a person another PIN, and sign them out everywhere")
    pin.set_defaults(act=_new_pin)
    remove = actions.add_parser("remove", help="sign them out everywhere and take their name away, for good")
    remove.set_defaults(act=_remove)
    for action in (link, pin, remove):
        action.add_argument("id", help="as `staff list` shows it")
    for action in (add, pin):
        action.add_argument(
            "--choose-pin", action="store_true", help="ask for the PIN, or read it from the standard input"
        )
    for action in (add, link):
        action.add_argument(
            "--hours", type=int, default=LINK_HOURS, help=f"a link's life (default {LINK_HOURS})"
        )
        action.add_argument(
            "--url", help="the page's address, where others reach it by another than [api] says"
        )
    for action in actions.choices.values():
        action.add_argument("--config", type=Path, required=True, help="the site's TOML file")


def _add(arguments: argparse.Namespace) -> int:
    site = load_site(arguments.config)
    _require_link_hours(arguments.hours)
    stores = {store.id for store in site.stores}
    for store in arguments.store:
        if store not in stores:
            raise ConfigError(f"--store {store!r} is none of {', '.join(sorted(stores))}")
    store = _attached(site, arguments)
    try:
        made = make_member(
            store, arguments.name, arguments.role, arguments.store,
            _chosen_pin() if arguments.choose_pin else None, os_user(),
        )  # fmt: skip
        print(f"id: {made.member.id}")
        if made.pin is not None and not arguments.choose_pin:
            print(f"pin: {made.pin}   (shown once; another is made with `storefloor staff new-pin`)")
        if arguments.link or not made.member.is_person:
            _print_link(store, site, made.member, arguments)
    finally:
        store.close()
    return 0


def make_member(
    store: SqliteStore, name: str, role: Role, stores: list[str], pin: str | None, by: str
) -> Made:
    """Store a new member, with a PIN of ours where none is chosen. Raises ConfigError."""
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or name != name.strip():
        raise ConfigError(
            f"--name {name[:MAX_NAME_CHARS]!r}: write 1 to {MAX_NAME_CHARS} printable characters"
        )
    rows = StaffRows(store)
    members = [one for one in rows.members() if one.removed_ns is None]
    if len(members) >= MAX_MEMBERS:
        raise ConfigError(
            f"there are {MAX_MEMBERS} people and devices: `storefloor staff remove` those who left"
        )
    if any(one.name.casefold() == name.casefold() for one in members):
        raise ConfigError(
            f"--name {name!r}: there is one of that name: add an initial, so that nobody picks the wrong one"
        )
    kept = None
    if role in PEOPLE:
        pin = new_pin(secrets.randbelow) if pin is None else pin
        kept = _hashed(store, pin)
    else:
        pin = None
    prefix = "st" if role in PEOPLE else "sd"
    now_ns = time.time_ns()
    member = Member(f"{prefix}_{secrets.token_hex(6)}", name, role, tuple(sorted(set(stores))), kept, now_ns)
    told = cut(f"{role}; {', '.join(member.stores) or 'all stores'}")  # a name could not be taken out again
    rows.add(member, _entry(by, "staff.add", member, told))
    return Made(member, pin)


def make_link(store: SqliteStore, member: Member, hours: int, by: str) -> str:
    """Store a new link of a member; return its token."""
    token = new_token(LINK_PREFIX)
    expires_ns = time.time_ns() + hours * 3_600 * NS_PER_S
    entry = _entry(by, "staff.link", member, f"for {hours} h")
    StaffRows(store).add_link(Link(digest_of(token), member.id, expires_ns), entry)
    return token


def os_user() -> str:
    """Return who works on the command line, for the audit log."""
    return f"{OS_USER}{getpass.getuser()}"


def link_address(page: str, token: str) -> str:
    """Return the link of a token: behind the `#`, which no browser sends and so no log has."""
    return f"{page.rstrip('/')}/#link={token}"


def _list(arguments: argparse.Namespace) -> int:
    store = _attached(load_site(arguments.config), arguments)
    try:
        members = [one for one in StaffRows(store).members() if one.removed_ns is None]
    finally:
        store.close()
    for one in members:
        print(
            f"{one.id}  {one.role:9}  {_day(one.created_ns)}  {','.join(one.stores) or 'all stores'}  {one.name}"
        )
    if not members:
        print("nobody yet: add people and tablets with `storefloor staff add`")
    return 0


def _link(arguments: argparse.Namespace) -> int:
    site = load_site(arguments.config)
    _require_link_hours(arguments.hours)
    store = _attached(site, arguments)
    try:
        _print_link(store, site, _member(store, arguments.id), arguments)
    finally:
        store.close()
    return 0


def _new_pin(arguments: argparse.Namespace) -> int:
    store = _attached(load_site(arguments.config), arguments)
    try:
        member = _member(store, arguments.id)
        if not member.is_person:
            raise ConfigError(
                f"{arguments.id} is a {member.role}, which has no PIN: `storefloor staff link` enrols it anew"
            )
        pin = _chosen_pin() if arguments.choose_pin else new_pin(secrets.randbelow)
        entry = _entry(os_user(), "staff.new-pin", member)
        StaffRows(store).set_pin(member.id, _hashed(store, pin), entry)
    finally:
        store.close()
    if not arguments.choose_pin:
        print(f"pin: {pin}   (shown once)")
    print(f"{member.name} is signed out everywhere; a running gateway follows within seconds")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    store = _attached(load_site(arguments.config), arguments)
    try:
        member = _member(store, arguments.id)
        StaffRows(store).remove(member.id, time.time_ns(), _entry(os_user(), "staff.remove", member))
    finally:
        store.close()
    print(
        f"{arguments.id}: removed, with the name; what they did stays under that id. Backups of before have the name."
    )
    return 0


def _member(store: SqliteStore, member_id: str) -> Member:
    found = [one for one in StaffRows(store).members() if one.id == member_id and one.removed_ns is None]
    if not found:
        raise ConfigError(f"{member_id!r}: nobody has this id: `storefloor staff list` shows who is there")
    return found[0]


def _print_link(store: SqliteStore, site: SiteConfig, member: Member, arguments: argparse.Namespace) -> None:
    token = make_link(store, member, arguments.hours, os_user())
    until = datetime.fromtimestamp(time.time() + arguments.hours * 3_600, UTC).strftime("%Y-%m-%d %H:%M")
    print(f"link: {link_address(arguments.url or _page(site), token)}")
    print(f"      (open it on the device itself; it works once, until {until} UTC; it is as good as a key)")


def _page(site: SiteConfig) -> str:
    """Return the page's address as well as the site's file knows it."""
    api = site.api
    names = [name for name in api.allowed_hosts if api.trusted_proxies or api.host in EVERYWHERE]
    if names and api.trusted_proxies:
        return f"https://{names[0]}"
    host = names[0] if names else "<this machine>" if api.host in EVERYWHERE else api.host
    scheme = "https" if api.tls_certificate is not None else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{api.port}"


def _chosen_pin() -> str:
    """Return a PIN that somebody types: not echoed, never in the shell's history. Raises ConfigError."""
    pin = getpass.getpass("PIN: ").strip() if sys.stdin.isatty() else sys.stdin.readline().strip()
    fault = fault_of(pin)
    if fault is not None:
        raise ConfigError(f"the PIN: {fault}")
    if sys.stdin.isatty() and getpass.getpass("again: ").strip() != pin:
        raise ConfigError("the two PINs differ: try again")
    return pin


def _hashed(store: SqliteStore, pin: str) -> str:
    pepper = load_pepper(store.path.parent, keys_exist=has_secrets(store))
    return hash_pin(pin, key_of(pepper), secrets.token_bytes(SALT_BYTES))


def _require_link_hours(hours: int) -> None:
    if not 1 <= hours <= MAX_LINK_HOURS:
        raise ConfigError(f"--hours {hours} must be 1 to {MAX_LINK_HOURS}")


def _attached(site: SiteConfig, arguments: argparse.Namespace) -> SqliteStore:
    return SqliteStore.attach(store_path(site, arguments.config.parent))


def _entry(by: str, action: str, member: Member, told: str = "") -> AuditEntry:
    place = member.stores[0] if len(member.stores) == 1 else ""
    return AuditEntry(time.time_ns(), by, "", action, place, member.id, told)


def _day(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%d")
