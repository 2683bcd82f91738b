"""Serial sessions under fuzz: broken frames, and frames whose checksum is right and whose content is not. Pure."""

from collections.abc import Callable
from random import Random

from readers.protocol import SerialProtocol, Steps
from readers.registry import serial_kind
from readers.settings import ScannerSettings
from simulators.devices import cf_frames, m100_frames, r2000_frames, uhfreader_frames
from simulators.devices.m100_frames import Framing
from tests.fuzz.mutation import Mutator
from tests.fuzz.target import Target, check_counts, check_observations
from tests.support.reader_kinds import KINDS, ReaderKind, random_epcs
from tests.support.vectors import vectors

START_NS = 1_795_255_200_000_000_000
SOUND_SHARE = 0.4
"""Inputs with a checksum that is right: to break bytes alone seldom passes it."""
MAX_WRITTEN_BYTES = 4_096
"""More than any conversation says in answer to one input."""

Sound = Callable[[Random, bytes], bytes]
"""Draws a frame with a right checksum; the bytes are the session's last command."""


def _body(rng: Random, most: int = 60) -> bytes:
    return rng.randbytes(rng.randrange(most) if rng.random() < 0.9 else rng.randrange(160))


def _m100(framing: Framing) -> Sound:
    def sound(rng: Random, last: bytes) -> bytes:
        code = (
            last[2] if len(last) > 2 and rng.random() < 0.7 else rng.choice((0x22, 0xFF, rng.randrange(256)))
        )
        return m100_frames.frame(framing, rng.choice((1, 2, rng.randrange(256))), code, _body(rng))

    return sound


def _uhf(rng: Random, last: bytes) -> bytes:
    code = last[2] if len(last) > 2 and rng.random() < 0.6 else rng.choice((0x01, 0xEE, rng.randrange(256)))
    status = rng.choice((0, 1, 2, 3, 4, 0x28, rng.randrange(256)))
    return uhfreader_frames.answer(rng.choice((0, 0, 0xFF)), code, status, _body(rng))


def _cf(rng: Random, last: bytes) -> bytes:
    code = int.from_bytes(last[2:4], "big") if rng.random() < 0.6 else rng.choice((1, rng.randrange(1 << 16)))
    return cf_frames.answer(0, code, rng.choice((0, 0, 1, 0x12, rng.randrange(256))), _body(rng))


def _r2000(rng: Random, last: bytes) -> bytes:
    code = last[3] if len(last) > 3 and rng.random() < 0.6 else rng.choice((0x89, rng.randrange(256)))
    return r2000_frames.answer(rng.choice((1, 1, 0xFF)), code, _body(rng))


SOUND: dict[str, Sound] = {
    "m100-bb": _m100(Framing.BB), "m100-aa": _m100(Framing.AA), "cf": _cf, "r2000": _r2000,
    "uhfreader18": _uhf, "uhfreader288-answer": _uhf, "uhfreader288-real-time": _uhf,
}  # fmt: skip
ODD_SCANNER = ScannerSettings(
    "scanner-1", terminators=(b"\r\n", b"\r", b"\x03"), prefix=b"A", max_code_bytes=40, gs_replacement=b"~"
)


class SerialTarget(Target):
    """One session for all inputs, as on a line: time passes, the port is at times opened anew."""

    def __init__(self, session: SerialProtocol, rng: Random, mutator: Mutator, most_held: int) -> None:
        self._session = session
        self._rng = rng
        self._mutator = mutator
        self._most_held = most_held
        self._now_ns = START_NS
        self._take(session.opened(self._now_ns))

    def next_input(self) -> bytes:
        return self._mutator.next()

    def feed(self, data: bytes) -> None:
        rng, session = self._rng, self._session
        at = 0 if rng.random() < 0.5 else rng.randrange(len(data) + 1)
        for chunk in (data[:at], data[at:]):
            self._now_ns += rng.randrange(1, 100_000_000)
            self._take(session.feed(chunk, self._now_ns))
        chance = rng.random()
        if chance < 0.02:
            self._now_ns += rng.randrange(60_000_000_000)
        if session.deadline_ns is not None and session.deadline_ns <= self._now_ns:
            self._take(session.tick(self._now_ns))
        if chance > 0.995:
            self._take(session.opened(self._now_ns))

    def state(self) -> object:
        return self._session

    def _take(self, steps: Steps) -> None:
        check_observations(steps.observations)
        self.taken += len(steps.observations)
        assert sum(map(len, steps.writes)) <= MAX_WRITTEN_BYTES
        check_counts(self._session.bytes_counts)
        check_counts(self._session.frame_counts)
        assert self._session.bytes_counts.held <= self._most_held
        self._said(steps.writes)

    def _said(self, writes: list[bytes]) -> None:
        """Take note of what the session asks."""


class ReaderTarget(SerialTarget):
    """An RFID reader, which is asked and answers."""

    def __init__(self, kind: ReaderKind, rng: Random) -> None:
        self._last = b""
        self._sound = SOUND[kind.name]
        reports = [kind.report(random_epcs(rng, kind.tags_per_report), rng) for _ in range(40)]
        written = [bytes.fromhex(v["data"]) for v in vectors(kind.kind)]
        super().__init__(kind.session(), rng, Mutator(rng, reports + written), kind.max_frame_bytes)

    def next_input(self) -> bytes:
        if self._rng.random() < SOUND_SHARE:
            return self._sound(self._rng, self._last)
        return super().next_input()

    def _said(self, writes: list[bytes]) -> None:
        self._last = writes[-1] if writes else self._last


def scanner_target(settings: ScannerSettings, rng: Random) -> SerialTarget:
    """Return a scanner's line."""
    texts = [v["data"].encode() for v in vectors("scan")]
    seeds = [text + end for text in texts for end in (b"\r\n", b"\r", b"\n", b"\x03", b"")]
    seeds += [settings.prefix + seed for seed in seeds]
    mutator = Mutator(rng, seeds, (b"\r", b"\n", b"\r\n", b"\x03", b"\x1d", b"~", b"A"))
    return SerialTarget(serial_kind("scanner").make(settings), rng, mutator, settings.max_code_bytes + 2)


def _reader(kind: ReaderKind) -> Callable[[Random], Target]:
    return lambda rng: ReaderTarget(kind, rng)


SERIAL_TARGETS: dict[str, Callable[[Random], Target]] = {
    **{f"serial {kind.name}": _reader(kind) for kind in KINDS},
    "serial scanner": lambda rng: scanner_target(ScannerSettings("scanner-1"), rng),
    "serial scanner, odd": lambda rng: scanner_target(ODD_SCANNER, rng),
}
