"""`storefloor keys create | list | revoke`: works beside a running gateway. I/O."""

import argparse
import getpass
import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.audit import OS_USER, AuditEntry, cut
from gateway.cli.paths import store_path
from gateway.config.file import load_site
from gateway.errors import ConfigError
from gateway.keys import SCOPES, issue, load_pepper
from gateway.storage.sqlite import SqliteStore
from gateway.storage.staff import has_secrets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("--name", required=True, help="who or what will use it")
    create.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, help="what it may do; repeat for more"
    )
    create.add_argument("--store", action="append", default=[], help="bind it to a store; repeat for more")
    create.set_defaults(act=_create)
    actions.add_parser("list", help="list all keys (never their secrets)").set_defaults(act=_list)
    revoke = actions.add_parser("revoke", help="end a key; a running gateway follows within seconds")
    revoke.add_argument("id")
    revoke.set_defaults(act=_revoke)
    for action in actions.choices.values():
        action.add_argument("--config", type=Path, required=True, help="the site's TOML file")


def _create(arguments: argparse.Namespace) -> int:
    site = load_site(arguments.config)
    stores = {store.id for store in site.stores}
    for store in arguments.store:
        if store not in stores:
            raise ConfigError(f"--store {store!r} is none of {', '.join(sorted(stores))}")
    path = store_path(site, arguments.config.parent)
    table = SqliteStore.attach(path)
    try:
        pepper = load_pepper(path.parent, keys_exist=has_secrets(table))
        key, token = issue(arguments.name, arguments.scope, arguments.store, time.time_ns(), pepper)
        scopes = f"{key.name}: {', '.join(key.scopes)}"
        told = cut(f"{scopes}; {', '.join(key.stores)}" if key.stores else scopes)
        place = key.stores[0] if len(key.stores) == 1 else ""
        table.add_key(key, _entry("keys.create", place, key.id, told))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    finally:
        table.close()
    print(f"key: {token}")
    print(f"id: {key.id}   (shown once: keep it now; revoke it with `storefloor keys revoke {key.id}`)")
    return 0


def _entry(action: str, store: str, key_id: str, told: str = "") -> AuditEntry:
    """Return who works on the command line, for the audit log: the operating system's user, from here."""
    return AuditEntry(time.time_ns(), f"{OS_USER}{getpass.getuser()}", "", action, store, key_id, told)


def _list(arguments: argparse.Namespace) -> int:
    table = SqliteStore.attach(store_path(load_site(arguments.config), arguments.config.parent))
    try:
        keys = table.keys()
    finally:
        table.close()
    for key in keys:
        made = datetime.fromtimestamp(key.created_at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")
        state = "revoked" if key.revoked_at_ns else "active"
        stores = ",".join(key.stores) or "all stores"
        print(f"{key.id}  {state:7}  {made}  {stores}  {','.join(key.scopes)}  {key.name}")
    if not keys:
        print("no keys yet: make one with `storefloor keys create`")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    table = SqliteStore.attach(store_path(load_site(arguments.config), arguments.config.parent))
    try:
        entry = _entry("keys.revoke", "", arguments.id)
        found = table.revoke_key(arguments.id, entry.at_ns, entry)
    finally:
        table.close()
    print(f"{arguments.id}: revoked" if found else f"{arguments.id}: no such active key")
    return 0 if found else 1
