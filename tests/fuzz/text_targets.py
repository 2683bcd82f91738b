"""EPCs, scanned texts, captures, catalogues and site files under fuzz. Pure but for the files that seed it."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from random import Random

from gateway.config.file import parse_catalogue, parse_site
from gateway.errors import ConfigError
from readers.codecs.scanner import decode_text
from readers.describe.lines import is_dropped
from readers.describe.registry import STREAM_KINDS
from readers.errors import Malformed
from readers.identity.check_digit import has_check_digit
from readers.identity.epc import decode_epc, normalise_epc
from readers.identity.gs1 import ScanKind, identify_scan
from readers.identity.percent import decode_percent
from tests.fuzz.mutation import Mutator
from tests.fuzz.target import Target, check_reason
from tests.support.vectors import vectors

MAX_LINES = 16
"""Lines that a capture may have beyond two for each of its bytes."""
GS1_TOKENS = (
    b"\x1d", b"]C1", b"]Q3", b"]d2", b"]E0", b"]E4", b"]I1", b"01", b"17", b"10", b"21", b"8003", b"http://",
    b"https://", b"/01/", b"/eh", b"/ex", b"%", b"%2F", b"?", b"&17=", b"#", b"HTTPS://ID.GS1.ORG",
)  # fmt: skip


Check = Callable[[bytes], bool]
"""Holds what a decoder makes of an input to its laws; returns whether it decoded."""


class TextTarget(Target):
    """A function of bytes that has no state."""

    def __init__(
        self,
        rng: Random,
        seeds: Sequence[bytes],
        check: Callable[[bytes], None],
        tokens: Sequence[bytes] = (),
    ) -> None:
        self._mutator = Mutator(rng, seeds, tokens)
        self._check = check

    def next_input(self) -> bytes:
        return self._mutator.next()

    def feed(self, data: bytes) -> None:
        self.taken += self._check(data)


def _check_epc(data: bytes) -> bool:
    taken = False
    for text in (data.hex(), data.decode("latin-1")):
        try:
            identity = decode_epc(text)
            normalise_epc(text)
        except Malformed as error:
            check_reason(error.reason, "epc_")
        else:
            assert identity.gtin is None or has_check_digit(identity.gtin), identity
            assert decode_percent(identity.digital_link_path).startswith(f"/{identity.ai}/{identity.key}")
            taken = True
    return taken


def _check_scan(data: bytes) -> bool:
    try:
        identity = identify_scan(decode_text(data))
    except Malformed as error:
        check_reason(error.reason)
        return False
    assert (identity.gtin is not None) == (identity.kind is ScanKind.PRODUCT), identity
    assert identity.gtin is None or has_check_digit(identity.gtin), identity
    return identity.gtin is not None


def _check_capture(kind: str) -> Check:
    def check(data: bytes) -> bool:
        describer = STREAM_KINDS[kind].make()
        lines = describer.feed(data[: len(data) // 2])
        lines += describer.feed(data[len(data) // 2 :])
        lines += describer.finish()
        assert len(lines) <= MAX_LINES + 2 * len(data)
        return any(not is_dropped(line) for line in lines)

    return check


def _check_config(parse: Callable[[str, str], object]) -> Check:
    def check(data: bytes) -> bool:
        try:
            parse(data.decode("utf-8", "replace"), "a file")
        except ConfigError:
            return False
        return True

    return check


def _hex_seeds(name: str) -> list[bytes]:
    return [bytes.fromhex(v["data"]) for v in vectors(name) if len(v["data"]) % 2 == 0]


def _captures(kind: str) -> Callable[[Random], Target]:
    def make(rng: Random) -> Target:
        if kind in ("gs1", "scanner"):
            seeds = [v["data"].encode() + b"\r\n" for v in vectors("scan")]
        elif kind == "epc":
            seeds = [v["data"].encode() + b"\n" for v in vectors("epc")]
        else:
            seeds = _hex_seeds(kind)
        return TextTarget(rng, seeds, _check_capture(kind), (b"\n", b"\r"))

    return make


def _articles() -> list[bytes]:
    """Return pieces of the shipped catalogue, each with its header."""
    lines = _shipped("demo-articles.csv").splitlines(keepends=True)
    return [lines[0] + b"".join(lines[at : at + 6]) for at in range(1, len(lines), 5)]


def _sites() -> list[bytes]:
    """Return the shipped demo's site, whole: a piece of one is no site."""
    return [_shipped("demo.toml")]


def _shipped(name: str) -> bytes:
    return files("config").joinpath(name).read_bytes()


TEXT_TARGETS: dict[str, Callable[[Random], Target]] = {
    "epc": lambda rng: TextTarget(rng, _hex_seeds("epc"), _check_epc, (b"\x30", b"\xfa", b"\x00")),
    "scanned text": lambda rng: TextTarget(
        rng, [v["data"].encode() for v in vectors("scan")], _check_scan, GS1_TOKENS
    ),
    **{f"capture {kind}": _captures(kind) for kind in STREAM_KINDS},
}
RARE_TARGETS: dict[str, Callable[[Random], Target]] = {
    "catalogue": lambda rng: TextTarget(
        rng, _articles(), _check_config(parse_catalogue), (b",", b";", b'"', b"\n")
    ),
    "site file": lambda rng: TextTarget(
        rng,
        _sites(),
        _check_config(parse_site),
        (b"[[readers]]\n", b"=", b'"', b"[", b"\n"),
    ),
}
"""Files that a person writes, read once at the start, and hundreds of times dearer than what devices send."""
