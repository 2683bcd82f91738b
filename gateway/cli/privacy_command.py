"""`storefloor privacy erase | pseudonym`: a customer's reference out of the store, a tag's pseudonym in it. I/O.

Both work beside a running gateway.
"""

import argparse
import getpass
import time
from pathlib import Path

from gateway.audit import OS_USER, AuditEntry
from gateway.cli.paths import store_path
from gateway.config.file import load_site
from gateway.keys import load_pepper
from gateway.serials import key_of, pseudonym
from gateway.storage.backup import BACKUPS_FOLDER, backups_in
from gateway.storage.privacy import Erased
from gateway.storage.sqlite import SqliteStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    erase = actions.add_parser("erase", help="take an owner_ref out of all reservations, at once")
    erase.add_argument("--owner", required=True, metavar="REF", help="the owner_ref, as the e-shop gave it")
    erase.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    erase.add_argument(
        "--rewrite", action="store_true", help="write the whole file anew, with the gateway stopped"
    )
    erase.set_defaults(act=_erase)
    of_tag = actions.add_parser("pseudonym", help="tell what stands for a tag in old movements")
    of_tag.add_argument("--epc", required=True, help="the EPC, upper-case hex")
    of_tag.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    of_tag.set_defaults(act=_pseudonym)


def _erase(arguments: argparse.Namespace) -> int:
    path = store_path(load_site(arguments.config), arguments.config.parent)
    table = SqliteStore.open(path) if arguments.rewrite else SqliteStore.attach(path)
    try:
        erased = table.erase_owner(arguments.owner, _entry())
    finally:
        table.close()
    for line in told(erased, backups_in(path.parent / BACKUPS_FOLDER)):
        print(line)
    return 1 if erased.remains else 0


def _pseudonym(arguments: argparse.Namespace) -> int:
    path = store_path(load_site(arguments.config), arguments.config.parent)
    pepper = load_pepper(path.parent, keys_exist=True)
    print(pseudonym(key_of(pepper), arguments.epc))
    return 0


def _entry() -> AuditEntry:
    """Return who did it, for the audit log; whose reference it was is not written down again."""
    return AuditEntry(
        time.time_ns(), f"{OS_USER}{getpass.getuser()}", "", "privacy.erase", "", "owner_ref", ""
    )


def told(erased: Erased, backups: list[Path]) -> list[str]:
    """Return what to tell of an erasure: what was done, and what is left to do by hand."""
    lines = [f"erased: owner_ref of {erased.reservations} reservations"]
    if erased.remains:
        lines.append(
            f"left: its bytes still stand somewhere in {', '.join(erased.remains)}: run this again in a minute; if"
            " that does not help, stop the gateway and run it with --rewrite"
        )
    if backups:
        lines.append(
            f"left: {len(backups)} backups made before hold what they held: delete them, or let them age"
            f" ({backups[0].name} to {backups[-1].name})"
        )
    lines.append("left: what the e-shop, tills and your own exports hold of this person")
    return lines
