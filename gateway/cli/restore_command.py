"""`storefloor restore`: puts a backup in the store's place, and sets aside what was there. I/O."""

import argparse
import time
from pathlib import Path

from gateway.cli.backup_command import described, shown
from gateway.cli.paths import store_path
from gateway.cli.progress import Progress
from gateway.config.file import load_site
from gateway.keys import PEPPER_FILE
from gateway.storage.backup import check_backup, restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    parser.add_argument(
        "--from", type=Path, required=True, dest="source", metavar="BACKUP", help="a file that backup made"
    )
    parser.add_argument(
        "--check", action="store_true", help="only say what the backup holds, and if it is good"
    )
    parser.set_defaults(act=_restore)


def _restore(arguments: argparse.Namespace) -> int:
    store = store_path(load_site(arguments.config), arguments.config.parent)
    pepper = store.with_name(PEPPER_FILE)
    backup = check_backup(arguments.source, pepper)
    for line in described(backup):
        print(line)
    if arguments.check:
        return 0
    with Progress(1) as bar:
        restored = restore(backup, store, pepper, time.time_ns(), shown(bar, "written"))
    print(f"restored  {store}")
    print(
        f"journal   {restored.journal_id} is new: streams are reset; {backup.contents.journal_id} stays readable"
    )
    for path in restored.aside:
        print(f"aside     {path}")
    if restored.still_revoked:
        print(f"keys      {restored.still_revoked} revoked since the backup stay revoked")
    print(
        "next      start the gateway; what happened since the backup, it does not know: see docs/storage.md"
    )
    return 0
