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

from gateway.errors import ConfigError
from readers.describe.hex_text import HexDescriber
from readers.describe.lines import Describer, Line, is_dropped
from readers.describe.payload import PayloadDescriber, PayloadLinesDescriber
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS

CHUNK_BYTES = 65_536
EXIT_ALL_REFUSED = 1
STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = sorted((*STREAM_KINDS, *PAYLOAD_KINDS))
    parser.add_argument("--kind", required=True, choices=kinds, metavar="KIND", help=", ".join(kinds))
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
    parser.set_defaults(act=decode)


def decode(arguments: argparse.Namespace) -> int:
    """Tell what is in the input; return 0 when anything could be read."""
    describer = _describer(arguments)
    with _opened(arguments.file) as source:
        try:
            return _tell_all(describer, source, _print)
        except BrokenPipeError:
            # Whoever reads our output has enough (`| head`). The rest must not raise again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


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


def _describer(arguments: argparse.Namespace) -> Describer:
    kind: str = arguments.kind
    if kind in STREAM_KINDS:
        for option in ("topic", "retained", "lines"):
            if getattr(arguments, option):
                raise ConfigError(f"decode: --{option} is for MQTT kinds, which {kind} is not: leave it out")
        stream_kind = STREAM_KINDS[kind]
        inner = stream_kind.make()
        return HexDescriber(inner) if arguments.hex and stream_kind.medium == "wire" else inner
    describe = PAYLOAD_KINDS[kind].describe
    retained, now_ns, topic = arguments.retained, time.time_ns(), arguments.topic or ""
    payload: Describer
    if arguments.lines:
        if arguments.lines == "topic" and arguments.topic:
            raise ConfigError("decode: --lines topic has a topic in each line: leave --topic out")
        has_topics = arguments.lines == "topic"
        payload = PayloadLinesDescriber(
            describe, None if has_topics else topic, retained=retained, now_ns=now_ns
        )
    else:
        payload = PayloadDescriber(describe, topic, retained=retained, now_ns=now_ns)
    return HexDescriber(payload) if arguments.hex else payload


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below, in a generator of its own
    except OSError as error:
        raise ConfigError(f"decode: {file} cannot be read: {error.strerror}") from error
    with source:
        yield source


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    """Yield what there is, as it comes: a person may be watching a live port."""
    while data := os.read(source.fileno(), CHUNK_BYTES):
        yield data


def _print(line: Line) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
