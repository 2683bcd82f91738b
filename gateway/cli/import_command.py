"""`storefloor import`: takes up exported journals and levels, while the gateway is stopped. I/O.

The file is read twice: first to see that every line is good, then to write it in batches. So a bad line
is told before anything is written, and a kill in the middle leaves whole batches: import again.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from gateway.cli.export_command import format_of
from gateway.cli.paths import store_path
from gateway.cli.progress import Progress
from gateway.cli.recording_files import InputFile, opened_input
from gateway.config.file import load_site
from gateway.errors import ConfigError
from gateway.interchange.lines import Format, decode
from gateway.interchange.tables import TABLES, Row, RowRefused, Table
from gateway.storage.connection import opened_file
from gateway.storage.importing import Import, JournalImport, LevelImport
from gateway.storage.sqlite import SqliteStore

BATCH_ROWS = 5_000
"""Rows of one transaction."""
MAX_SHOWN = 20
"""Refused lines that are told one by one; all are counted."""

IMPORTS: dict[str, type[JournalImport] | type[LevelImport]] = {
    "journal": JournalImport,
    "levels": LevelImport,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("table", choices=sorted(IMPORTS), help="what the file holds")
    parser.add_argument(
        "file", help="a file of `storefloor export`; - for standard input; gzip is known by itself"
    )
    parser.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    parser.add_argument(
        "--format", choices=("jsonl", "csv"), help="default: by the name of the file, else jsonl"
    )
    parser.add_argument(
        "--skip-refused", action="store_true", help="import the good lines of a file that has bad ones"
    )
    parser.set_defaults(act=_import)


def _import(arguments: argparse.Namespace) -> int:
    path = store_path(load_site(arguments.config), arguments.config.parent)
    table = TABLES[arguments.table]
    form = format_of(arguments.format, arguments.file)
    store = SqliteStore.open(path)  # checks, migrates and locks it: no gateway may run
    try:
        with opened_input(arguments.file, "import") as source:
            made: Import = IMPORTS[arguments.table](path)
            refused = _judge(made, path, source, table, form)
            if source.is_cut:
                raise ConfigError(
                    f"import: {arguments.file} ends in the middle of its gzip data; nothing was imported"
                )
            if refused and not arguments.skip_refused:
                raise ConfigError(
                    f"import: {refused:,} lines are refused, so nothing was imported: mend them, "
                    "or leave them out with --skip-refused"
                )
            _write(made, path, source, table, form, skips=refused > 0)
    finally:
        store.close()
    done = made.imported
    old = f"; {done.too_old:,} older than [storage] keeps" if done.too_old else ""
    print(
        f"{done.rows:,} rows: {done.added:,} added, {done.replaced:,} replaced, {done.same:,} were there; "
        f"{refused:,} refused{old}"
    )
    return 0


def _judge(made: Import, path: Path, source: InputFile, table: Table, form: Format) -> int:
    """Read all lines, tell those that are refused, and return how many they are."""
    refused = 0
    with opened_file(path) as sql, Progress(source.size_bytes) as bar:
        for number, row in decode(table, _lines(source), form):
            reason = str(row) if isinstance(row, RowRefused) else made.refusal(sql, row)
            if reason is not None:
                refused += 1
                if refused <= MAX_SHOWN:
                    print(f"line {number}: {reason}", file=sys.stderr)
            if number % BATCH_ROWS == 0:
                bar.show(source.read_bytes, f"{number:,} lines judged")
    if refused > MAX_SHOWN:
        print(f"… and {refused - MAX_SHOWN:,} more", file=sys.stderr)
    return refused


def _write(made: Import, path: Path, source: InputFile, table: Table, form: Format, *, skips: bool) -> None:
    """Write the good lines; `skips`: without those that contradict the store."""
    with opened_file(path, writes=True) as sql, Progress(source.size_bytes) as bar:
        rows = (
            row
            for _, row in decode(table, _lines(source), form)
            if not isinstance(row, RowRefused) and not (skips and made.refusal(sql, row))
        )
        for batch in _batches(rows):
            made.write(sql, batch)
            bar.show(source.read_bytes, f"{made.imported.rows:,} rows written")


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _lines(source: InputFile) -> Iterator[str]:
    """Yield the lines of a file; bytes that are no UTF-8 become what no column takes."""
    for block in source.blocks():
        for line in block.split(b"\n")[:-1]:
            yield line.decode("utf-8", "surrogateescape") + "\n"
