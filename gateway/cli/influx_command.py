"""`storefloor influx status | check | backfill`: beside a running gateway, or without one. I/O."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.cli.influx_parts import connected
from gateway.cli.influx_settings import influx_settings
from gateway.cli.old_levels import ask_once
from gateway.cli.paths import store_path
from gateway.config.file import load_site
from gateway.config.influx import InfluxSection
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
from gateway.metrics.samples import waiting_line
from gateway.storage.errors import StoreError
from gateway.storage.influx.errors import InfluxError, ServerDenies
from gateway.storage.outbox import ASKED, NO_END_NS
from gateway.storage.ports import OutboxGap
from gateway.storage.sqlite import SqliteStore

SHOWN_LINES = 5
SHOWN_CHARS = 160
NS_PER_S = 10**9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser("status", help="tell what waits for InfluxDB, and what it would not have")
    status.set_defaults(act=_status)
    check = actions.add_parser("check", help="write one line to it: is it there, is the secret right?")
    check.set_defaults(act=_check)
    backfill = actions.add_parser("backfill", help="have the gateway tell it (again) what the store keeps")
    backfill.add_argument("--from", dest="from_ns", type=_instant, default=0, help="ISO time, UTC unless said; default: all")  # fmt: skip
    backfill.add_argument(
        "--to", dest="to_ns", type=_instant, default=NO_END_NS, help="ISO time; default: now"
    )
    backfill.set_defaults(act=_backfill)
    for action in actions.choices.values():
        action.add_argument("site", type=Path, help="the site's TOML file")


def _instant(text: str) -> int:
    """Return an ISO date or time as ns since the epoch."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-01-31T10:00") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp()) * NS_PER_S


def _read(path: Path) -> tuple[SiteConfig, InfluxSection]:
    site = load_site(path)
    if site.influxdb is None:
        raise ConfigError(f"{path}: no table [influxdb]: write one as docs/influxdb.md describes it")
    return site, site.influxdb


def _status(arguments: argparse.Namespace) -> int:
    site, section = _read(arguments.site)
    store = SqliteStore.attach(store_path(site, arguments.site.parent))
    try:
        totals, gaps = store.outbox_totals(), store.outbox_gaps()
        refused = store.refused_lines(SHOWN_LINES)
    finally:
        store.close()
    print(f"{section.url}, bucket {section.bucket}")
    since = "" if totals.oldest_at_ns is None else f", the oldest of {_told(totals.oldest_at_ns)}"
    print(f"waiting:   {totals.points} point(s), {totals.bytes} byte(s){since}")
    for gap in gaps:
        print(f"to tell:   {_gap(gap)}")
    print(f"let go:    {totals.let_go} point(s) of a full outbox, told later from the store")
    print(f"set aside: {totals.refused} line(s)")
    for line in refused:
        text = line.line.decode(errors="replace")[:SHOWN_CHARS]
        print(f"  {_told(line.at_ns)}  {text!r}: {line.reason[:SHOWN_CHARS]}")
    return 0


def _told(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _gap(gap: OutboxGap) -> str:
    start = "the beginning" if gap.from_ns == 0 else _told(gap.from_ns)
    end = "now" if gap.to_ns == NO_END_NS else _told(gap.to_ns)
    points = f", {gap.points} point(s)" if gap.points else ""
    state = f"under way at {gap.cursor}" if gap.cursor else "not begun"
    return f"{start} to {end} ({gap.reason}{points}): {state}"


def _check(arguments: argparse.Namespace) -> int:
    site, section = _read(arguments.site)
    settings = influx_settings(section, arguments.site.parent)
    line = waiting_line(site.stores[0].id, time.time_ns())
    try:
        connected(settings).write(line.encode())
    except InfluxError as error:
        remedy = f": {error.remedy}" if isinstance(error, ServerDenies) else ""
        print(f"storefloor: {section.url}: {error.detail}{remedy}", file=sys.stderr)
        return 1
    print(f"{section.url} took a line into {section.bucket}")
    if section.read_history:
        try:
            ask_once(settings)
        except StoreError as error:
            print(f"storefloor: read_history: {error}", file=sys.stderr)
            return 1
        print(f"{section.url} answers what is asked of {section.bucket}")
    return 0


def _backfill(arguments: argparse.Namespace) -> int:
    site, _ = _read(arguments.site)
    if arguments.from_ns >= arguments.to_ns:
        raise ConfigError("--from must lie before --to")
    store = SqliteStore.attach(store_path(site, arguments.site.parent))
    try:
        store.ask_backfill(ASKED, arguments.from_ns, arguments.to_ns)
    finally:
        store.close()
    print("asked: a running gateway begins within seconds, another when it is started")
    return 0
