"""`storefloor export`: journal, levels, alerts or the audit log as flat rows, beside a running gateway. I/O."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from gateway.cli.paths import store_path
from gateway.cli.progress import Progress
from gateway.cli.recording_files import STDIO, opened_output
from gateway.config.file import load_site
from gateway.errors import ConfigError
from gateway.interchange.lines import Format, encode, encode_header
from gateway.interchange.tables import NS_PER_S, TABLES, Row
from gateway.storage.backup import require_readable
from gateway.storage.connection import opened_file
from gateway.storage.exporting import (
    Reading,
    Wanted,
    alert_pages,
    audit_pages,
    count,
    journal_pages,
    level_pages,
)
from gateway.storage.sql import Sql

PAGES = MappingProxyType(
    {"journal": journal_pages, "levels": level_pages, "alerts": alert_pages, "audit": audit_pages}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("table", choices=sorted(TABLES), help="what to export")
    parser.add_argument("--config", type=Path, help="the site's TOML file: export its store")
    parser.add_argument(
        "--file", type=Path, help="export this store or backup instead, such as one that a restore set aside"
    )
    parser.add_argument("--from", dest="from_ns", metavar="TIME", help="not before: 2026-11-21 or RFC 3339")
    parser.add_argument("--to", dest="to_ns", metavar="TIME", help="before this time")
    parser.add_argument("--store", help="of this store alone")
    parser.add_argument("--sku", help="of this article alone")
    parser.add_argument(
        "--format", choices=("jsonl", "csv"), help="default: by the name of --out, else jsonl"
    )
    parser.add_argument(
        "--out", default=STDIO, metavar="FILE", help="- for standard output (the default); .gz packs"
    )
    parser.set_defaults(act=_export)


def _export(arguments: argparse.Namespace) -> int:
    path = _source(arguments)
    wanted = Wanted(store=arguments.store, sku=arguments.sku, **_times(arguments))
    form = format_of(arguments.format, arguments.out)
    require_readable(path)
    reading: Callable[[], AbstractContextManager[Sql]] = partial(opened_file, path)
    try:
        rows = _written(arguments.table, reading, wanted, form, arguments.out)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader had enough
        return 0
    except OSError as error:
        raise ConfigError(f"export: --out {arguments.out} cannot be written: {error.strerror}") from error
    print(f"{rows:,} rows of {arguments.table}", file=sys.stderr)
    return 0


def _written(table: str, reading: Reading, wanted: Wanted, form: Format, out: str) -> int:
    with reading() as sql:
        total = count(sql, table)
    done = 0
    with opened_output(out, "--out", "export") as file, Progress(total) as bar:
        if file is None:
            return 0
        file.write(encode_header(TABLES[table], form).encode())
        pages: Iterator[list[Row]] = PAGES[table](reading, wanted)
        for page in pages:
            file.write(encode(TABLES[table], page, form).encode())
            done += len(page)
            bar.show(done, f"{done:,} rows")
    return done


def _source(arguments: argparse.Namespace) -> Path:
    if (arguments.config is None) == (arguments.file is None):
        raise ConfigError("export: name the site with --config, or a store or backup with --file")
    if arguments.file is not None:
        return Path(arguments.file)
    return store_path(load_site(arguments.config), arguments.config.parent)


def _times(arguments: argparse.Namespace) -> dict[str, int]:
    given = {"from_ns": ("--from", arguments.from_ns), "to_ns": ("--to", arguments.to_ns)}
    return {name: time_of(option, text) for name, (option, text) in given.items() if text is not None}


def time_of(option: str, text: str) -> int:
    """Return the nanoseconds of a date or an RFC 3339 time; one without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text!r}: write 2026-11-21, or 2026-11-21T18:02:11Z") from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * NS_PER_S + moment.microsecond * 1_000


def format_of(chosen: str | None, name: str) -> Format:
    """Return the format asked for, or that of a file's name."""
    if chosen is None:
        chosen = "csv" if name.removesuffix(".gz").endswith(".csv") else "jsonl"
    return "csv" if chosen == "csv" else "jsonl"
