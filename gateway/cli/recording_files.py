"""Files of a recording: lines in from plain text, gzip or standard input; rows out to the same. I/O.

A gzip file that ends in the middle (its writer was killed) is read up to where it can be.
"""

import gzip
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from gateway.errors import ConfigError
from gateway.recording.instants import Instants
from gateway.recording.reading import MAX_LINE_BYTES

CHUNK_BYTES = 1 << 20
STDIO = "-"
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WBITS = 31
GZIP_LEVEL = 5
"""Rows compress to a tenth; level 9 takes four times as long for a few per cent less."""
SPOOL_BYTES = 256 << 20
"""Standard input is kept in memory up to this, then in a temporary file: it is read twice."""
MAX_CARRIED_BYTES = MAX_LINE_BYTES + 1
"""Of a line without an end this much is kept: enough for its refusal."""

_RECEIVED = re.compile(rb'"received"\s*:\s*"([^"\\]*)"')


class InputFile:
    """The lines of a recording. `is_cut`: it ended in the middle of its compression."""

    def __init__(self, file: BinaryIO, size_bytes: int, name: str) -> None:
        self._file = file
        self._name = name
        self.size_bytes = size_bytes
        self.is_cut = False

    @property
    def read_bytes(self) -> int:
        """Return how far the file is read, in bytes on disk."""
        return self._file.tell()

    def blocks(self) -> Iterator[bytes]:
        """Yield whole lines, many at a time, each with its end."""
        self._file.seek(0)
        self.is_cut = False
        rest = b""
        for chunk in self._chunks():
            data = rest + chunk
            end = data.rfind(b"\n") + 1
            if end:
                yield data[:end]
            rest = data[end:][:MAX_CARRIED_BYTES]
        if rest and not self.is_cut:  # of a file that was cut, the last line is no line
            yield rest + b"\n"

    def is_sorted(self) -> bool:
        """Return whether the lines come in the order of their received times."""
        last_ns, parse = 0, Instants().parse
        for block in self.blocks():
            found = _RECEIVED.findall(block)
            if all(map(_is_plain_utc, found)):
                # In UTC the text's order is that of time, once its Z is gone.
                stripped = [text[:-1] for text in found]
                if not stripped:
                    continue
                if stripped != sorted(stripped):
                    return False
                found = [found[0], found[-1]]
            for text in found:
                try:
                    at_ns = parse(text.decode("ascii", "replace"))
                except ValueError:
                    continue  # refused when it is read
                if at_ns < last_ns:
                    return False
                last_ns = at_ns
        return True

    def _chunks(self) -> Iterator[bytes]:
        first = self._file.read(2)
        self._file.seek(0)
        read: Callable[[], bytes] = lambda: self._file.read(CHUNK_BYTES)  # noqa: E731 - shorter than a function
        if first != GZIP_MAGIC:
            while data := read():
                yield data
            return
        yield from self._inflated(read)

    def _inflated(self, read: Callable[[], bytes]) -> Iterator[bytes]:
        """Yield what a gzip file of any number of members holds, as far as it goes."""
        member, began = zlib.decompressobj(wbits=GZIP_WBITS), False
        while data := read():
            while data:
                began = True
                try:
                    yield member.decompress(data, CHUNK_BYTES)
                    while member.unconsumed_tail:
                        yield member.decompress(member.unconsumed_tail, CHUNK_BYTES)
                except zlib.error as error:
                    raise ConfigError(f"{self._name}: its gzip data is damaged: {error}") from error
                if not member.eof:
                    break
                data = member.unused_data.lstrip(b"\0")  # padding between members is allowed
                member, began = zlib.decompressobj(wbits=GZIP_WBITS), False
        self.is_cut = began


def _is_plain_utc(text: bytes) -> bool:
    return text.endswith(b"Z") and text[10:11] == b"T"


@contextmanager
def opened_input(name: str, command: str) -> Iterator[InputFile]:
    """Give the lines of a file; of standard input or a pipe, which is kept aside, for it is read twice."""
    with ExitStack() as opened:
        try:
            file = sys.stdin.buffer if name == STDIO else opened.enter_context(Path(name).open("rb"))
            if name != STDIO and file.seekable():
                source = InputFile(file, os.fstat(file.fileno()).st_size, name)
            else:
                spool = opened.enter_context(tempfile.SpooledTemporaryFile(SPOOL_BYTES))
                while data := file.read(CHUNK_BYTES):
                    spool.write(data)
                source = InputFile(cast("BinaryIO", spool), spool.tell(), name)
        except OSError as error:
            raise ConfigError(f"{command}: --input {name} cannot be read: {error.strerror}") from error
        yield source


@contextmanager
def opened_output(name: str | None, option: str, command: str) -> Iterator[IO[bytes] | None]:
    """Give a file to write to: standard output for `-`, gzip where the name ends in .gz, None for None.

    The same rows give the same bytes: no name and no time of its making are in a gzip file.
    """
    if name is None:
        yield None
    elif name == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        try:
            file = Path(name).open("wb")  # noqa: SIM115 - closed below: only the opening is the operator's fault
        except OSError as error:
            raise ConfigError(f"{command}: {option} {name} cannot be written: {error.strerror}") from error
        with file:
            if not name.endswith(".gz"):
                yield file
                return
            with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed:
                yield cast("IO[bytes]", packed)
