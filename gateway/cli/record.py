"""`storefloor record`: the gateway of a site, and a recording of all that it takes. Wiring."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import uvloop

from gateway.cli.run import add_arguments as add_run_arguments
from gateway.cli.run import gateway_run, start_logging
from gateway.cli.serve import serve
from gateway.errors import ConfigError
from gateway.recording.parts import Parts
from gateway.recording.recorder import MIN_BYTES, Recorder

MAX_BYTES = 1_000_000_000
"""Some fifty million reads, at about 20 bytes each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: those of `run`, and the recording's."""
    add_run_arguments(parser)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="the recording, JSON Lines; .gz to pack it"
    )
    parser.add_argument(
        "--max-bytes", type=int, default=MAX_BYTES, metavar="N",
        help=f"end the recording, not the gateway, at this size; default: {MAX_BYTES}",
    )  # fmt: skip
    parser.add_argument(
        "--keep-bytes", type=int, metavar="N",
        help="go on for ever, in numbered files of --max-bytes each (NAME-000001.jsonl.gz …), and delete the oldest of "
        "them beyond so many bytes in all; at least twice --max-bytes",
    )  # fmt: skip
    parser.set_defaults(act=record)


def record(arguments: argparse.Namespace) -> int:
    """Run until stopped, and record."""
    start_logging(verbose=arguments.verbose)
    if arguments.max_bytes < MIN_BYTES:
        raise ConfigError(f"record: --max-bytes {arguments.max_bytes} must be at least {MIN_BYTES}")
    keep_bytes: int | None = arguments.keep_bytes
    if keep_bytes is not None and keep_bytes < 2 * arguments.max_bytes:
        least = 2 * arguments.max_bytes
        raise ConfigError(f"record: --keep-bytes {keep_bytes} must be at least {least}, twice --max-bytes")
    run = gateway_run(arguments)
    try:
        parts = None if keep_bytes is None else Parts(arguments.output, keep_bytes)
        recorder = Recorder(arguments.output, arguments.max_bytes, parts)
    except FileExistsError as error:
        raise ConfigError(f"record: {arguments.output} exists: name another file, or move it away") from error
    except OSError as error:
        raise ConfigError(f"record: {arguments.output} cannot be written: {error.strerror}") from error
    try:
        with recorder:
            uvloop.run(serve(replace(run, tap=recorder)))
    finally:
        _tell(recorder)
    return 0


def _tell(recorder: Recorder) -> None:
    left_out = f", {recorder.left_out} left out" if recorder.left_out else ""
    why = f" ({recorder.ended})" if recorder.ended else ""
    told = (
        f"record: {recorder.path}: {recorder.recorded} lines, {recorder.written_bytes} bytes{left_out}{why}"
    )
    print(told, file=sys.stderr)
