"""Who is on a serial port: listens, then asks each protocol at each baud in turn. Pure.

    per baud:  listen ──▶ a protocol speaks by itself? ask that one ──┐
                 └─▶ ask each protocol that ships at this baud ───────┴─▶ answered: ask the rest, done

The probe is a generator: it yields what is to be exchanged, and is sent what was heard. Who drives it
opens the port, writes and waits; nothing here knows of time but as seconds to wait.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from readers.describe.frames import FrameDescriber
from readers.describe.lines import Line, is_dropped
from readers.describe.registry import STREAM_KINDS
from readers.probes import (
    PROBES,
    SCANNER_BAUDS,
    Identity,
    Probe,
    bauds,
    is_answered,
    with_speech,
)

LISTEN_S = 0.4
"""At two reports a second, a reader that works by itself has spoken."""
ANSWER_S = 0.5
"""A reader answers in some 20 ms, at 9600 bit/s with a long answer in 150."""
ATTEMPTS = 2
"""Asked again where something came that was no answer: noise may have hit it."""
MAX_HEARD_BYTES = 32_768
"""Of one exchange: a second of the fastest wire. A device that floods is judged by its first bytes."""
MAX_SAMPLE_BYTES = 32
LEAST_INTACT_SHARE = 0.25
"""Of what was heard: below it a frame is an accident of noise (one of eight bits of checksum is)."""

_TEXT = frozenset((*range(0x20, 0x7F), *b"\t\r\n\x1d\x03"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """Write `ask` at `baud` and return what is heard within `wait_s`, or until it is `enough`."""

    baud: int
    ask: bytes
    wait_s: float
    enough: Callable[[bytes], bool] = field(default=lambda _heard: False, compare=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to try. `kinds` of PROBES, or "scanner"; no `bauds`: those of the kinds."""

    kinds: tuple[str, ...] = (*PROBES, "scanner")
    bauds: tuple[int, ...] = ()
    listen_s: float = LISTEN_S
    answer_s: float = ANSWER_S
    scan_s: float = 0.0

    def asked_at(self, baud: int) -> Iterator[tuple[str, Probe]]:
        """Yield the probes to make at a baud: where one is given, that one with all kinds."""
        for kind, probe in PROBES.items():
            if kind in self.kinds and (self.bauds or baud in probe.bauds):
                yield kind, probe

    def all_bauds(self) -> tuple[int, ...]:
        """Return the bauds to try, in order."""
        if self.bauds:
            return self.bauds
        return tuple(baud for baud in bauds() if any(True for _ in self.asked_at(baud)))


@dataclass(frozen=True, slots=True)
class Tried:
    """What was heard at one baud. `intact_bytes`: in frames of the protocol that took most of it."""

    baud: int
    kinds: tuple[str, ...]
    heard_bytes: int = 0
    intact_bytes: int = 0
    sample: bytes = b""
    is_echo: bool = False


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found out. `identity` None: nobody answered."""

    tried: tuple[Tried, ...]
    identity: Identity | None = None
    baud: int | None = None


Probing = Generator[Exchange, bytes, Probed]


def probe_port(plan: Plan) -> Probing:
    """Find out who is there."""
    tried: list[Tried] = []
    for baud in plan.all_bauds():
        identity, what = yield from _try_baud(plan, baud)
        tried.append(what)
        if identity is not None:
            return Probed(tuple(tried), identity, baud)
    for baud in plan.bauds or SCANNER_BAUDS if "scanner" in plan.kinds and plan.scan_s else ():
        heard = yield Exchange(baud, b"", plan.scan_s, _is_scan)
        tried.append(_tried(baud, ("scanner",), heard, b""))
        if _is_scan(heard):
            return Probed(tuple(tried), _SCANNER, baud)
    return Probed(tuple(tried))


def _try_baud(plan: Plan, baud: int) -> Generator[Exchange, bytes, tuple[Identity | None, Tried]]:
    unasked = yield Exchange(baud, b"", plan.listen_s)
    heard, asked = unasked, b""
    if "scanner" in plan.kinds and _is_scan(unasked):
        return _SCANNER, _tried(baud, ("scanner",), unasked, b"")
    speaker = _speaker(unasked, plan)
    probes = [(kind, probe) for kind, probe in plan.asked_at(baud) if speaker in (None, kind)]
    if speaker is not None and not probes:
        probes = [(speaker, PROBES[speaker])]
    for kind, probe in probes:
        for knock in probe.knocks:
            answer = b""
            for _ in range(ATTEMPTS):
                answer = yield Exchange(baud, knock.ask, plan.answer_s, _until_answered(kind, probe))
                heard, asked = heard + answer, asked + knock.ask
                if not answer or answer == knock.ask or _is_answer(kind, probe, answer):
                    break
            if not _is_answer(kind, probe, answer):
                continue
            for question in knock.then:
                answer += yield Exchange(baud, question, plan.answer_s, _until_frame(kind))
            lines, what = describe(kind, unasked + answer), _tried(baud, (kind,), unasked + answer, b"")
            return with_speech(probe.identify(lines), describe(kind, unasked)), what
    what = _tried(baud, tuple(kind for kind, _ in probes), heard, asked)
    if speaker is None:
        return None, what
    return with_speech(PROBES[speaker].identify(describe(speaker, heard)), describe(speaker, unasked)), what


_SCANNER = Identity("scanner", "code scanner", "sends lines of text", speaks_first=True)


def describe(kind: str, heard: bytes) -> list[Line]:
    """Return the lines of what was heard."""
    describer = STREAM_KINDS[kind].make()
    return describer.feed(heard) + describer.finish()


def intact_bytes(kind: str, heard: bytes) -> int:
    """Return how many of the bytes are in intact frames of a framed kind."""
    describer = STREAM_KINDS[kind].make()
    describer.feed(heard)
    describer.finish()
    return describer.counts.passed if isinstance(describer, FrameDescriber) else 0


def _speaker(unasked: bytes, plan: Plan) -> str | None:
    """Return the kind whose frames come without being asked for, if one does."""
    shares = {kind: intact_bytes(kind, unasked) for kind in PROBES if kind in plan.kinds}
    kind = max(shares, key=lambda name: shares[name], default=None)
    if kind is None or shares[kind] <= LEAST_INTACT_SHARE * len(unasked):
        return None
    return kind if any(line.get("frame") != "command" for line in describe(kind, unasked)) else None


def _is_answer(kind: str, probe: Probe, heard: bytes) -> bool:
    """Return whether a reader of the kind answered, and not an accident of noise."""
    is_clear = intact_bytes(kind, heard) > LEAST_INTACT_SHARE * len(heard)
    return is_clear and is_answered(probe, describe(kind, heard))


def _until_answered(kind: str, probe: Probe) -> Callable[[bytes], bool]:
    return lambda heard: _is_answer(kind, probe, heard)


def _until_frame(kind: str) -> Callable[[bytes], bool]:
    return lambda heard: any(line.get("frame") == "answer" for line in describe(kind, heard))


def _is_scan(heard: bytes) -> bool:
    """Return whether this is text in whole lines: a scanner's code, whatever it names."""
    is_text = bool(heard) and heard[-1:] in b"\r\n\x03" and not set(heard) - _TEXT
    return is_text and any(not is_dropped(line) for line in describe("scanner", heard))


def _tried(baud: int, kinds: tuple[str, ...], heard: bytes, asked: bytes) -> Tried:
    intact = max((intact_bytes(kind, heard) for kind in PROBES), default=0)
    is_echo = bool(asked) and heard == asked
    return Tried(baud, kinds, len(heard), intact, heard[:MAX_SAMPLE_BYTES], is_echo)
