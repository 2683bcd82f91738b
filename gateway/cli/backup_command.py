"""`storefloor backup`: a checked copy of the store in one file, beside a running gateway. I/O."""

import argparse
import time
from pathlib import Path

from gateway.cli.paths import data_dir, store_path
from gateway.cli.progress import Progress
from gateway.config.file import load_site
from gateway.errors import ConfigError
from gateway.keys import PEPPER_FILE
from gateway.recording.instants import rfc3339
from gateway.storage.backup import (
    BACKUPS_FOLDER,
    Backup,
    OnStep,
    backup_name,
    backups_in,
    keep_newest,
    make_backup,
)

MB = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    parser.add_argument(
        "--to",
        metavar="FILE|FOLDER/",
        help="a new file, or a folder where it is named by the time; default: backups in gateway.data_dir",
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="in a folder: delete all backups but the N newest"
    )
    parser.set_defaults(act=_backup)


def _backup(arguments: argparse.Namespace) -> int:
    base = arguments.config.parent
    site = load_site(arguments.config)
    store, now_ns = store_path(site, base), time.time_ns()
    folder, to = _place(arguments.to, data_dir(site, base), now_ns)
    if arguments.keep is not None and (folder is None or arguments.keep < 1):
        raise ConfigError("--keep counts the backups of a folder, 1 or more: name a folder with --to")
    if not store.exists():
        raise ConfigError(f"{store} is not there: there is nothing to back up before the first start")
    started_s = time.monotonic()
    with Progress(1) as bar:
        made = make_backup(store, to, store.with_name(PEPPER_FILE), now_ns, shown(bar, "copied"))
    took_s = time.monotonic() - started_s
    for line in described(made):
        print(line)
    print(f"took      {took_s:.1f} s")
    if folder is not None and arguments.keep is not None:
        gone = keep_newest(folder, arguments.keep)
        print(f"kept      {len(backups_in(folder))} backups there, deleted {len(gone)}")
    return 0


def _place(to: str | None, data: Path, now_ns: int) -> tuple[Path | None, Path]:
    """Return the folder of dated backups, if it is one, and the file to write."""
    folder = data / BACKUPS_FOLDER if to is None else Path(to)
    if to is not None and not to.endswith("/") and not folder.is_dir():
        if not folder.parent.is_dir():
            raise ConfigError(f"--to {to}: there is no folder {folder.parent}; make it, or end the name in /")
        return None, folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--to {folder}: cannot be made: {error.strerror}") from error
    return folder, folder / backup_name(now_ns)


def shown(bar: Progress, text: str) -> OnStep:
    """Return what shows on `bar` how many pages are done."""

    def step(done: int, total: int) -> None:
        bar.show(done, f"{text} {done:,} of {total:,} pages", total)

    return step


def described(backup: Backup) -> list[str]:
    """Return what a person wants to know of a backup, a line each."""
    contents = backup.contents
    last = ", ".join(f"{store} {seq}" for store, seq in sorted(contents.sequences.items()))
    rows = ", ".join(f"{table} {count:,}" for table, count in backup.rows.items() if count)
    made = "a store, not a backup" if backup.made_at_ns is None else rfc3339(backup.made_at_ns)
    secret = "with" if backup.pepper is not None else "without"
    return [
        f"backup    {backup.path}",
        f"made      {made}",
        f"journal   {contents.journal_id}; last sequence: {last or 'none yet'}",
        f"rows      {rows}",
        f"size      {backup.size_bytes / MB:.1f} MB, checked, {secret} the secret of the API keys",
    ]
