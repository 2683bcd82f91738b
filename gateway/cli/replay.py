"""`storefloor replay`: what a site would have believed of recorded observations, row by row. Wiring."""

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from gateway.cli.progress import Progress
from gateway.cli.recording_files import STDIO, InputFile, opened_input, opened_output
from gateway.cli.site_file import read_site
from gateway.engine import Engine
from gateway.errors import ConfigError
from gateway.recording.instants import Instants, rfc3339
from gateway.recording.playback import NS_PER_S, Playback
from gateway.recording.reading import LineReader
from gateway.recording.recorded import LineRefused, Recorded
from gateway.recording.rows import ItemRows, LevelRows
from gateway.site import Site

MIN_EVERY_S, MAX_EVERY_S = 0.001, 86_400.0
MAX_TOLD_REFUSALS = 20
"""Refused lines told one by one; the others are counted."""
MAX_SORTED_LINES = 20_000_000
"""Lines that are sorted in memory, some 300 bytes each: 6 GB."""
YOUNG_OBJECTS = 100_000
"""Allocations between two collections of garbage: the lines of a replay are none, and are many."""
EXIT_NOTHING = 1


@dataclass(slots=True)
class Account:
    """What became of the lines: lines == taken + refused."""

    lines: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def refuse(self, error: LineRefused) -> None:
        """Count a line as refused, and tell of it as long as there are few."""
        self.refused[error.reason] += 1
        if self.refused.total() <= MAX_TOLD_REFUSALS:
            print(f"replay: {error}", file=sys.stderr)
        elif self.refused.total() == MAX_TOLD_REFUSALS + 1:
            print("replay: further refused lines are counted, not told", file=sys.stderr)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    parser.add_argument(
        "--input", required=True, metavar="FILE", help="JSON Lines, plain or gzip; - for standard input"
    )
    parser.add_argument(
        "--every", type=float, default=5.0, metavar="SECONDS", help="time between two rows; default: 5"
    )
    parser.add_argument("--levels", metavar="FILE", help="where the levels that changed go; .gz, or -")
    parser.add_argument("--items", metavar="FILE", help="where the items that changed go; .gz, or -")
    parser.add_argument(
        "--from",
        dest="begin",
        metavar="TIME",
        help="write no rows before this (RFC 3339); lines count all the same",
    )
    parser.add_argument(
        "--until", metavar="TIME", help="stop at this time, or go on to it after the last line (RFC 3339)"
    )
    parser.set_defaults(act=replay)


def replay(arguments: argparse.Namespace) -> int:
    """Replay; return 0, or 1 where no line could be taken."""
    if arguments.levels == arguments.items == STDIO:
        raise ConfigError("replay: --levels and --items cannot both be standard output: name a file for one")
    every_ns = _every_ns(arguments.every)
    begin_ns, until_ns = _time(arguments.begin, "--from"), _time(arguments.until, "--until")
    site, catalogue = read_site(arguments.config)
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        with (
            opened_input(arguments.input, "replay") as source,
            opened_output(arguments.levels, "--levels", "replay") as levels,
            opened_output(arguments.items, "--items", "replay") as items,
        ):
            run = _Replay(Playback(Engine(Site(site), catalogue), every_ns), source, begin_ns, until_ns)
            return run.run(levels, items)
    except BrokenPipeError:
        # Whoever reads our rows has enough (`| head`). The rest must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a disk that is full, an input that went away
        raise ConfigError(f"replay: {error.filename or 'a file'}: {error.strerror}") from error


class _Replay:
    """One replay: lines in, rows out, and an account of both."""

    def __init__(
        self, playback: Playback, source: InputFile, begin_ns: int | None, until_ns: int | None
    ) -> None:
        self._playback = playback
        self._source = source
        self._begin_ns = begin_ns or 0
        self._until_ns = until_ns
        self._account = Account()
        self._rows = 0

    def run(self, levels: IO[bytes] | None, items: IO[bytes] | None) -> int:
        """Write all rows, then the summary."""
        started_s = time.perf_counter()
        lines: Iterable[Recorded] = self._recorded()
        if not self._source.is_sorted():
            print("replay: the lines are not in the order of `received`: sorting them", file=sys.stderr)
            lines = sorted(self._bounded(lines), key=lambda line: line.received_ns)
        makers = [
            (rows, out)
            for rows, out in (
                (LevelRows(self._playback.engine), levels),
                (ItemRows(self._playback.engine), items),
            )
            if out is not None
        ]
        with Progress(self._source.size_bytes) as progress:
            for done in self._playback.play(lines, self._until_ns):
                for rows, out in makers:
                    rows.take(done.changes)
                    if done.is_row and done.now_ns >= self._begin_ns:
                        self._write(rows.rows(done.now_ns), out)
                if done.is_row:
                    progress.show(
                        self._source.read_bytes, f"{rfc3339(done.now_ns)} {self._account.taken} lines"
                    )
        return self._tell(time.perf_counter() - started_s)

    def _write(self, rows: list[str], out: IO[bytes]) -> None:
        if rows:
            self._rows += len(rows)
            out.write(("\n".join(rows) + "\n").encode())

    def _recorded(self) -> Iterator[Recorded]:
        account, read_lines, number = self._account, LineReader().read_lines, 1
        for block in self._source.blocks():
            for recorded in read_lines(block, number):
                account.lines += 1
                if isinstance(recorded, LineRefused):
                    account.refuse(recorded)
                else:
                    account.taken += 1
                    yield recorded
            number += block.count(b"\n")

    def _bounded(self, lines: Iterable[Recorded]) -> Iterator[Recorded]:
        for line in lines:
            if self._account.taken > MAX_SORTED_LINES:
                raise ConfigError(
                    f"replay: more than {MAX_SORTED_LINES} lines out of order: sort the file first"
                )
            yield line

    # -- the summary ----------------------------------------------------------------------------------

    def _tell(self, took_s: float) -> int:
        account, events = self._account, self._playback.events
        refused = account.refused.total()
        tell = _told
        if self._source.is_cut:
            tell("the input ends in the middle of its compression: read up to there")
        tell(f"lines: {account.lines} = {account.taken} taken + {refused} refused{_reasons(account.refused)}")
        is_conserved = self._tell_observations() and account.lines == account.taken + refused
        if events:
            tell(f"till events: {events.total()}{_reasons(events)}")
        rate = self._playback.counts.received / took_s if took_s > 0 else 0.0
        tell(f"rows: {self._rows}; {took_s:.1f} s, {rate:.0f} observations/s")
        if not is_conserved:
            tell(
                "lines or observations are unaccounted for: this is an error of storefloor, please report it"
            )
        return 0 if is_conserved and (account.taken or not account.lines) else EXIT_NOTHING

    def _tell_observations(self) -> bool:
        """Tell what became of the observations; return whether all are accounted for."""
        before, inside = self._playback.counts, self._playback.engine.state.counts
        dropped = before.dropped + inside.dropped
        held = before.held + inside.held
        _told(
            f"observations: {before.received} in = {inside.passed} passed + {dropped.total()} dropped"
            f"{_reasons(dropped)} + {held} held"
        )
        return before.received == inside.passed + dropped.total() + held


def _told(text: str) -> None:
    print(f"replay: {text}", file=sys.stderr)


def _reasons(counts: Counter[str]) -> str:
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()) if count)
    return f" ({told})" if told else ""


def _every_ns(every_s: float) -> int:
    if not MIN_EVERY_S <= every_s <= MAX_EVERY_S:
        raise ConfigError(
            f"replay: --every {every_s:g} must lie between {MIN_EVERY_S:g} and {MAX_EVERY_S:g} s"
        )
    return round(every_s * NS_PER_S)


def _time(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        return Instants().parse(text)
    except ValueError as error:
        raise ConfigError(f"replay: {option}: {error}") from error
