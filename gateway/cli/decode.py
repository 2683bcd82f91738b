"""`storefloor decode`: what is in a capture of a device, a JSON object a line. I/O."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.cli.captures import Format, format_of, kinds
from gateway.errors import ConfigError
from readers.describe.events import EventDescriber
from readers.describe.hex_text import HexDescriber
from readers.describe.lines import Describer, Line, is_dropped
from readers.describe.payload import PayloadDescriber, PayloadLinesDescriber

CHUNK_BYTES = 65_536
EXIT_ALL_REFUSED = 1
STDIN = "-"
MQTT_OPTIONS = ("topic", "retained", "lines")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--kind", choices=kinds(), metavar="KIND", help=", ".join(kinds()))
    parser.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help="default: standard input")
    parser.add_argument(
        "--hex",
        action="store_true",
        help="the input is hex text: any spacing, its lines joined to one stream",
    )
    parser.add_argument("--topic", help="the MQTT topic that a payload came on; some kinds tell by it")
    parser.add_argument("--retained", action="store_true", help="the payload was a retained message")
    parser.add_argument(
        "--lines",
        choices=("payload", "topic"),
        help="MQTT kinds, one message a line: its payload alone, or `topic payload` (mosquitto_sub -v)",
    )
    parser.add_argument("--config", type=Path, help="with --device: the site's TOML file")
    parser.add_argument("--device", metavar="ID", help="read as this device of the site, in place of --kind")
    parser.set_defaults(act=decode)


def decode(arguments: argparse.Namespace) -> int:
    """Tell what is in the input; return 0 when anything could be read."""
    describer = _describer(arguments, format_of(arguments.kind, arguments.config, arguments.device))
    with _opened(arguments.file) as source:
        try:
            return _tell_all(describer, source, _print)
        except BrokenPipeError:
            # Whoever reads our output has enough (`| head`). The rest must not raise again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


def _describer(arguments: argparse.Namespace, form: Format) -> Describer:
    if isinstance(form, EventDescriber):
        payloads = _payloads(arguments, form)
        return HexDescriber(payloads) if arguments.hex else payloads
    for option in MQTT_OPTIONS:
        if getattr(arguments, option):
            raise ConfigError(f"decode: --{option} is for MQTT kinds: leave it out")
    stream = form.make()
    return HexDescriber(stream) if arguments.hex and form.medium == "wire" else stream


def _payloads(arguments: argparse.Namespace, describe: EventDescriber) -> Describer:
    topic, now_ns = arguments.topic or "", time.time_ns()
    if not arguments.lines:
        return PayloadDescriber(describe, topic, retained=arguments.retained, now_ns=now_ns)
    if arguments.lines == "payload":
        return PayloadLinesDescriber(describe, topic, retained=arguments.retained, now_ns=now_ns)
    if topic:
        raise ConfigError("decode: with --lines topic each line has its topic: leave --topic out")
    return PayloadLinesDescriber(describe, None, retained=arguments.retained, now_ns=now_ns)


def _tell_all(describer: Describer, source: BinaryIO, tell: Callable[[Line], None]) -> int:
    was_read = False

    def tell_each(lines: Iterable[Line]) -> None:
        nonlocal was_read
        for line in lines:
            was_read = was_read or not is_dropped(line)
            tell(line)
        sys.stdout.flush()

    for data in _chunks(source):
        tell_each(describer.feed(data))
    tell_each(describer.finish())
    return 0 if was_read else EXIT_ALL_REFUSED


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below: only the opening is the operator's fault
    except OSError as error:
        raise ConfigError(f"decode: {file} cannot be read: {error.strerror}") from error
    with source:
        yield source


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    """Yield what there is, as it comes: a person may be watching a live port."""
    try:
        while data := os.read(source.fileno(), CHUNK_BYTES):
            yield data
    except IsADirectoryError as error:
        raise ConfigError(f"decode: {error.strerror}: name a file") from error


def _print(line: Line) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
